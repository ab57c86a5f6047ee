/** `tee-verify/noble`: the back end in pure JavaScript, for plain-http pages, old engines and hardened JavaScript (design, rule 11). */

import { ed25519 } from "@noble/curves/ed25519.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import type { Crypto, PublicKey, SignatureAlgorithm } from "./crypto.js";
import { verifyPkcs1, verifyPss } from "./rsa.js";
import { isUsableKey, isUsableSignature } from "./usable.js";

const HASHES = { "SHA-256": sha256, "SHA-384": sha384, "SHA-512": sha512 };
const CURVES = { "P-256": p256, "P-384": p384, "P-521": p521 };

/**
 * Cryptography without WebCrypto: ECDSA and Ed25519 (RFC 8032, strict) by `@noble/curves`, hashes by `@noble/hashes`, RSA over BigInt.
 *
 * One signature takes milliseconds where WebCrypto takes a tenth of one, on the calling thread. Verification handles public values alone,
 * so nothing here needs constant time.
 *
 * @example
 * import { verify } from "tee-verify";
 * import { noble } from "tee-verify/noble";
 *
 * const verdict = await verify(evidence, { expected, binding, crypto: noble });
 */
export const noble: Crypto = {
  name: "noble",
  digest: async (hash, message) => HASHES[hash](message),
  verify: async (algorithm, key, signature, message) =>
    isUsableSignature(algorithm, key, signature) && isUsableKey(key) && holds(algorithm, key, signature, message),
};

/** A key of another type than the algorithm's was refused by `isUsableSignature`. */
function holds(algorithm: SignatureAlgorithm, key: PublicKey, signature: Uint8Array, message: Uint8Array): boolean {
  if (algorithm.name === "Ed25519") {
    return key.type === "ed25519" && ed25519.verify(signature, message, key.point, { zip215: false });
  }
  const digest = HASHES[algorithm.hash];
  if (algorithm.name === "ECDSA") {
    const options = { lowS: false, prehash: false };
    return key.type === "ec" && CURVES[key.curve].verify(signature, digest(message), key.point, options);
  }
  if (key.type !== "rsa") return false;
  if (algorithm.name === "RSASSA-PKCS1-v1_5") return verifyPkcs1(key, algorithm.hash, digest, signature, message);
  return verifyPss(key, algorithm, digest, signature, message);
}
