/** A back end over `node:crypto`, independent of those in the library: OpenSSL through another door. */
import { constants, createHash, createPublicKey, type KeyObject, verify as verifySignature } from "node:crypto";
import type { Crypto, PublicKey, SignatureAlgorithm } from "../../src/crypto/crypto.js";

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

function keyObject(key: PublicKey): KeyObject {
  if (key.type === "rsa") {
    const exponent = Buffer.from(key.exponent.toString(16).padStart(8, "0"), "hex");
    return createPublicKey({ format: "jwk", key: { kty: "RSA", n: base64url(key.modulus), e: base64url(exponent) } });
  }
  if (key.type === "ed25519")
    return createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: base64url(key.point) } });
  const size = (key.point.length - 1) / 2;
  const [x, y] = [key.point.subarray(1, 1 + size), key.point.subarray(1 + size)].map(base64url);
  return createPublicKey({ format: "jwk", key: { kty: "EC", crv: key.curve, x: x ?? "", y: y ?? "" } });
}

function matches(algorithm: SignatureAlgorithm, key: PublicKey): boolean {
  return key.type === (algorithm.name === "ECDSA" ? "ec" : algorithm.name === "Ed25519" ? "ed25519" : "rsa");
}

export const nodeCrypto: Crypto = {
  name: "node:crypto",
  digest: async (hash, message) => new Uint8Array(createHash(hash.replace("-", "")).update(message).digest()),
  async verify(algorithm, key, signature, message) {
    if (!matches(algorithm, key)) return false;
    try {
      const object = keyObject(key);
      if (algorithm.name === "Ed25519") return verifySignature(null, message, object, signature);
      const hash = algorithm.hash.replace("-", "");
      if (algorithm.name === "ECDSA")
        return verifySignature(hash, message, { key: object, dsaEncoding: "ieee-p1363" }, signature);
      const padding =
        algorithm.name === "RSA-PSS"
          ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.saltLength }
          : { padding: constants.RSA_PKCS1_PADDING };
      return verifySignature(hash, message, { key: object, ...padding }, signature);
    } catch {
      return false;
    }
  },
};

/** What a back end was asked for. */
export interface CountedCrypto extends Crypto {
  /** Signatures in flight at the same time, at most. */
  readonly peak: () => number;
  readonly verified: () => number;
}

/** Counts the signatures that go through `crypto`. */
export function countVerifications(crypto: Crypto): CountedCrypto {
  let total = 0;
  let running = 0;
  let peak = 0;
  return {
    name: crypto.name,
    digest: (hash, message) => crypto.digest(hash, message),
    async verify(...request) {
      total++;
      peak = Math.max(peak, ++running);
      try {
        return await crypto.verify(...request);
      } finally {
        running--;
      }
    },
    verified: () => total,
    peak: () => peak,
  };
}
