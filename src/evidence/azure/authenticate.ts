/** Is it genuine, as far as the wrapper goes: runtime claims to the hardware's report data, attestation key to the claims, quote to the key, registers to the quote. */

import type { RsaPublicKey } from "../../crypto/crypto.js";
import { concatBytes, equalBytes, joinBytes } from "../../encoding/bytes.js";
import { isJsonObject, type JsonObject, member } from "../../encoding/json.js";
import { MalformedError } from "../../encoding/malformed.js";
import { fromBase64Url, toHex } from "../../encoding/text.js";
import type { BindingRequest } from "../../expected/binding.js";
import type { AuthenticateContext, Authenticated, Child } from "../kind.js";
import type { HclReport } from "./hcl.js";
import { SHA256_BANK, type TpmQuote } from "./quote.js";
import type { AzureSettings } from "./settings.js";
import type { AzureEvidence } from "./wrappers.js";

type Context = AuthenticateContext<AzureSettings>;

const ID = "azure-cvm";

/** The hardware's report is a part of its own, and its report data must be the digest of the runtime claims, then zeros. */
export function unwrap({ hcl, tdQuote, vcek }: AzureEvidence): readonly Child[] {
  const common = { role: "cpu", binding: claimsBinding(hcl) } as const;
  if (hcl.hardware === "sev-snp")
    return [
      {
        ...common,
        name: "snp",
        bytes: hcl.hardwareReport,
        endorsements: vcek === undefined ? [] : [vcek],
        accept: ["sev-snp"],
      },
    ];
  return tdQuote === undefined ? [] : [{ ...common, name: "tdx", bytes: tdQuote, endorsements: [], accept: ["tdx"] }];
}

function claimsBinding({ hash, claimsBytes }: HclReport): BindingRequest {
  return {
    form: "layout",
    layout: {
      name: "azure-runtime-claims",
      takes: { data: "any" },
      values: async ({ data }, digest) => ({ reportData: padded(await digest(hash, data)) }),
    },
    inputs: { data: claimsBytes },
  };
}

function padded(digest: Uint8Array): Uint8Array {
  return concatBytes(digest, new Uint8Array(64 - digest.length));
}

export async function authenticate(evidence: AzureEvidence, context: Context): Promise<Authenticated<undefined>> {
  const { ledger } = context;
  const { hcl, tdQuote, quote } = evidence;
  if (hcl.hardware === "tdx" && tdQuote === undefined) ledger.undetermined(`${ID}/hardware`, "td-quote-missing");
  else ledger.passed(`${ID}/hardware`, { hardware: hcl.hardware });
  await checkClaims(hcl, context);
  const key = attestationKey(hcl, context);
  if (quote === undefined) {
    ledger.undetermined(`${ID}/quote-signature`, "tpm-quote-missing");
    ledger.skipped(`${ID}/pcrs`, `${ID}/quote-signature`);
    return { trusted: undefined };
  }
  if (key === undefined) ledger.skipped(`${ID}/quote-signature`, `${ID}/attestation-key`);
  else await checkSignature(quote, evidence.signature, key, context);
  await checkPcrs(quote, evidence.pcrs, context);
  return { trusted: undefined };
}

async function checkClaims({ hash, claimsBytes, reportData }: HclReport, { ledger, crypto }: Context): Promise<void> {
  const id = `${ID}/runtime-claims`;
  const digest = await ledger.attempt(id, () => crypto.digest(hash, claimsBytes));
  if (digest === undefined) return;
  const params = { hash, expected: toHex(digest), found: toHex(reportData) };
  ledger.judge(id, equalBytes(padded(digest), reportData), "runtime-claims-mismatch", params);
}

const KEY_ID = "HCLAkPub";

/** By its name: neither the first key nor the encryption key will do. */
function attestationKey({ claims }: HclReport, { ledger }: Context): RsaPublicKey | undefined {
  const id = `${ID}/attestation-key`;
  const keys = member(claims, "keys");
  const listed = Array.isArray(keys) ? keys.filter((key): key is JsonObject => isJsonObject(key)) : [];
  const named = listed.filter((key) => member(key, "kid") === KEY_ID);
  const [only, second] = named;
  if (only === undefined || second !== undefined) {
    ledger.failed(id, "attestation-key-missing", { count: named.length });
    return undefined;
  }
  const key = rsaKey(only);
  ledger.judge(id, key !== undefined, "attestation-key-form");
  return key;
}

function rsaKey(jwk: JsonObject): RsaPublicKey | undefined {
  const n = member(jwk, "n");
  if (member(jwk, "kty") !== "RSA" || member(jwk, "e") !== "AQAB" || typeof n !== "string") return undefined;
  try {
    const modulus = fromBase64Url(n);
    return modulus.length === 256 && (modulus[0] as number) >= 0x80
      ? { type: "rsa", modulus, exponent: 65537 }
      : undefined;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

async function checkSignature(
  { message }: TpmQuote,
  signature: Uint8Array,
  key: RsaPublicKey,
  { ledger, crypto }: Context,
): Promise<void> {
  const id = `${ID}/quote-signature`;
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
  const valid = await ledger.attempt(id, () => crypto.verify(algorithm, key, signature, message));
  if (valid !== undefined) ledger.judge(id, valid, "signature-invalid");
}

/** The quote says which registers it is over: exactly those that are listed, of the SHA-256 bank, in their order (CVE-2022-0317). */
async function checkPcrs(quote: TpmQuote, pcrs: readonly Uint8Array[], { ledger, crypto }: Context): Promise<void> {
  const id = `${ID}/pcrs`;
  const [only, second] = quote.selections;
  const selected = only?.registers ?? [];
  const same = selected.length === pcrs.length && selected.every((register, index) => register === index);
  if (only === undefined || second !== undefined || only.bank !== SHA256_BANK || !same || pcrs.length === 0)
    return ledger.failed(id, "pcr-selection", {
      banks: quote.selections.map(({ bank }) => `0x${bank.toString(16)}`),
      selected,
      listed: pcrs.length,
    });
  const digest = await ledger.attempt(id, () => crypto.digest("SHA-256", joinBytes(pcrs)));
  if (digest !== undefined)
    ledger.judge(id, equalBytes(digest, quote.pcrDigest), "pcr-digest-mismatch", {
      count: pcrs.length,
      expected: toHex(digest),
      found: toHex(quote.pcrDigest),
    });
}
