/** The enclave of Microsoft Azure Attestation that holds a signing key: the quote in the key's certificate (Open Enclave, extension 1.3.6.1.4.1.311.105.1). */

import type { Crypto, PublicKey } from "../../crypto/crypto.js";
import { concatBytes } from "../../encoding/bytes.js";
import { demand } from "../../encoding/malformed.js";
import { reader } from "../../encoding/reader.js";
import { toBase64, toUtf8 } from "../../encoding/text.js";
import type { Certificate } from "../../trust/certificate.js";
import type { Jwk } from "../../trust/jws.js";
import type { Child, ChildResult } from "../kind.js";

export interface Enclave {
  readonly certificate: Certificate;
  /** What the enclave vouches for. */
  readonly key: PublicKey;
  readonly quote: Uint8Array;
}

const QUOTE_EXTENSION = "1.3.6.1.4.1.311.105.1";
const OE_HEADER_BYTES = 16;

/** Of the offered keys the one of this name, where its certificate carries a quote. @throws MalformedError for a quote that is not wrapped as Open Enclave does */
export function enclaveOf(offered: readonly Jwk[], kid: unknown): Enclave | undefined {
  const named = offered.filter((jwk) => typeof kid === "string" && jwk.kid === kid);
  const certificate = named.length === 1 ? named[0]?.certificates[0] : undefined;
  const value = certificate?.extensions.get(QUOTE_EXTENSION)?.value;
  // The certificate's key, whatever stands beside it in the JWK: that is what the quote names.
  if (certificate?.publicKey === undefined || value === undefined) return undefined;
  const r = reader(value);
  demand(r.u32le("version") === 1, "Open Enclave report of another version than 1");
  demand(r.u32le("type") === 2, "Open Enclave report that is no remote one", 4);
  demand(r.u64le("size") === BigInt(value.length - OE_HEADER_BYTES), "size of the Open Enclave report does not fit", 8);
  return { certificate, key: certificate.publicKey, quote: r.take(r.remaining, "quote") };
}

/** The key as PEM (64 characters a line, a line feed behind each) with the zero that ends a string in C. */
function pemWithZero({ spki }: Certificate): Uint8Array {
  const lines = toBase64(spki).match(/.{1,64}/g) ?? [];
  const pem = ["-----BEGIN PUBLIC KEY-----", ...lines, "-----END PUBLIC KEY-----", ""].join("\n");
  return concatBytes(toUtf8(pem), Uint8Array.of(0));
}

/** Its digest is the key's name, and the report data of the quote. */
export async function keyName({ certificate }: Enclave, crypto: Pick<Crypto, "digest">): Promise<string> {
  return toBase64(await crypto.digest("SHA-256", pemWithZero(certificate)));
}

/** The quote as a part of its own, whose report data is the digest of the key, then zeros. */
export function enclaveChild({ certificate, quote }: Enclave): Child {
  return {
    name: "service",
    role: "cpu",
    bytes: quote,
    endorsements: [],
    accept: ["sgx"],
    binding: {
      form: "layout",
      layout: {
        name: "maa-signing-key",
        takes: { data: "any" },
        values: async ({ data }, digest) => ({
          reportData: concatBytes(await digest("SHA-256", data), new Uint8Array(32)),
        }),
      },
      inputs: { data: pemWithZero(certificate) },
    },
  };
}

/** Whose enclaves are Microsoft Azure Attestation's: MRSIGNER and product of the quotes in its published keys. */
const MAA_SIGNER = "74ba5fba208571cf99e1f7158e6536a05bbb6ce7807eef8f6a97f64a7af64b83";
const MAA_PRODUCT = 1;

export function isMaa({ claims }: ChildResult): boolean {
  return claims.mrsigner === MAA_SIGNER && claims.isvProdId === MAA_PRODUCT && claims.debug === false;
}
