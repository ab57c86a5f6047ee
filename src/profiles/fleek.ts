/** Fleek Network's SGX enclaves: a DCAP quote as any other, whose report data is of the TLS certificate's key (fleek-network/fleek-sgx, ra-tls). */

import { octetsOfBitString, oid, readDer, sequence, TAG } from "../encoding/der.js";
import { MalformedError } from "../encoding/malformed.js";
import type { LayoutBinding } from "../expected/binding.js";
import type { BindingLayout } from "../expected/layouts.js";
import { copyBytes } from "../expected/read.js";

const RSA = "1.2.840.113549.1.1.1";

/**
 * Binds the quote to the TLS key of the enclave, which you take from the certificate of your own connection (SubjectPublicKeyInfo, DER):
 * SHA-256 of the RSA key within it (PKCS #1), then 32 zero bytes. Neither a nonce nor the network's shared key is in the quote: it is as old
 * as the certificate.
 *
 * @throws TypeError for what is no RSA key
 * @example
 * const verdict = await verify(quote, { expected: { sgx: { mrenclave } }, binding: fleekChannel(spki), fetch });
 */
export function fleekChannel(spki: Uint8Array): LayoutBinding {
  const publicKey = copyBytes(spki, "spki");
  rsaKey(publicKey);
  return { publicKey, layout: LAYOUT };
}

const LAYOUT: BindingLayout = {
  name: "fleek-channel",
  takes: { publicKey: "any" },
  async values({ publicKey }, digest) {
    const reportData = new Uint8Array(64);
    reportData.set(await digest("SHA-256", rsaKey(publicKey)));
    return { reportData };
  },
};

/** The RSAPublicKey in a SubjectPublicKeyInfo. */
function rsaKey(spki: Uint8Array): Uint8Array {
  try {
    const fields = sequence(readDer(spki), "SubjectPublicKeyInfo");
    const algorithm = sequence(fields.any("algorithm"), "algorithm");
    const name = oid(algorithm.next(TAG.oid, "algorithm"));
    const key = octetsOfBitString(fields.next(TAG.bitString, "key"), "key");
    fields.end("SubjectPublicKeyInfo");
    if (name === RSA) return key;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
  }
  throw new TypeError("spki must be an RSA key as SubjectPublicKeyInfo, DER");
}
