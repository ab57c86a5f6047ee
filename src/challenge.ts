/** For both ends of a challenge: a fresh nonce, and the report data that answers it (design, section 2). */

import type { Crypto } from "./crypto/crypto.js";
import { CryptoUnavailableError } from "./crypto/crypto.js";
import { defaultCrypto } from "./crypto/webcrypto.js";
import { bindingDigest, MINIMUM_NONCE_BYTES } from "./expected/binding.js";
import { copyBytes } from "./expected/read.js";

/**
 * A nonce of 32 random bytes for one question to one agent.
 *
 * @example
 * const { nonce } = createChallenge();
 */
export function createChallenge(): { readonly nonce: Uint8Array } {
  return { nonce: globalThis.crypto.getRandomValues(new Uint8Array(32)) };
}

/**
 * The 64 bytes that the attesting side puts into its report data:
 * `SHA-512("tee-verify/binding/v1" || 00 || u32be(len) || nonce || u32be(len) || SPKI DER)`, an absent key having length 0.
 *
 * @param binding `nonce` of at least 16 bytes, and the channel's key as SubjectPublicKeyInfo (DER)
 * @throws TypeError for a short nonce
 * @example
 * const reportData = await reportDataFor({ nonce, publicKey: spki });
 */
export async function reportDataFor(
  binding: { readonly nonce: Uint8Array; readonly publicKey?: Uint8Array },
  crypto?: Crypto,
): Promise<Uint8Array> {
  const nonce = copyBytes(binding.nonce, "nonce");
  if (nonce.length < MINIMUM_NONCE_BYTES) throw new TypeError(`nonce must have at least ${MINIMUM_NONCE_BYTES} bytes`);
  const publicKey = binding.publicKey === undefined ? undefined : copyBytes(binding.publicKey, "publicKey");
  // It would be the same as none: the other end would believe its channel bound.
  if (publicKey?.length === 0) throw new TypeError("publicKey must not be empty; leave it out");
  const backEnd = crypto ?? defaultCrypto();
  if (backEnd === undefined)
    throw new CryptoUnavailableError("there is no WebCrypto here: pass `noble` from tee-verify/noble");
  return bindingDigest(nonce, publicKey, backEnd);
}
