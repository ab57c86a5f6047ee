/**
 * What can be told of a key and a signature without a back end (FIPS 186-5, section 6.4.2; SP 800-186, appendix D.1; RFC 8017,
 * sections 5.2.2 and 9.1.2; RFC 8032, section 5.1.7). Both back ends ask here first, for two reasons: engines answer hostile
 * input differently (one crashed on a point off its curve), and what an engine refuses after this it cannot do, which is not "no".
 */

import { fromBigEndian, fromLittleEndian, powMod } from "./bigint.js";
import {
  COORDINATE_BYTES,
  type CurveName,
  type HashName,
  isUsableRsaKey,
  type PublicKey,
  type RsaPublicKey,
  type SignatureAlgorithm,
} from "./crypto.js";

/** Bytes of a digest (FIPS 180-4). */
export const HASH_BYTES: Readonly<Record<HashName, number>> = { "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 };

/** y^2 = x^3 - 3x + b over the integers modulo p, with n points (SP 800-186, section 3.2.1). */
interface Curve {
  readonly p: bigint;
  readonly b: bigint;
  readonly n: bigint;
}

const CURVES: Readonly<Record<CurveName, Curve>> = {
  "P-256": {
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  "P-384": {
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  "P-521": {
    p: 0x1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffn,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    n: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
};

/** The field of edwards25519, and the order of its base point (RFC 8032, section 5.1). */
const ED25519_P = 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffedn;
const ED25519_L = 0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3edn;

/** Whether `key` is a public key at all: a point on its curve and of large order, or an RSA key within our bounds. */
export function isUsableKey(key: PublicKey): boolean {
  switch (key.type) {
    case "ec":
      return isOnCurve(key.curve, key.point);
    case "rsa":
      return isUsableRsaKey(key);
    case "ed25519":
      return isEd25519Point(key.point);
  }
}

/** Whether `signature` is one that a key of this type and size can have made. */
export function isUsableSignature(algorithm: SignatureAlgorithm, key: PublicKey, signature: Uint8Array): boolean {
  switch (algorithm.name) {
    case "ECDSA":
      return key.type === "ec" && hasUsableScalars(key.curve, signature);
    case "Ed25519":
      return key.type === "ed25519" && signature.length === 64 && fromLittleEndian(signature.subarray(32)) < ED25519_L;
    case "RSA-PSS":
      return key.type === "rsa" && fitsModulus(key, signature) && hasRoomForSalt(key, algorithm);
    case "RSASSA-PKCS1-v1_5":
      return key.type === "rsa" && fitsModulus(key, signature);
  }
}

function isOnCurve(name: CurveName, point: Uint8Array): boolean {
  const size = COORDINATE_BYTES[name];
  // Compressed and hybrid points and infinity (SEC 1, section 2.3.3) differ in their first byte or their length.
  if (point.length !== 1 + 2 * size || point[0] !== 4) return false;
  const { p, b } = CURVES[name];
  const x = fromBigEndian(point.subarray(1, 1 + size));
  const y = fromBigEndian(point.subarray(1 + size));
  return x < p && y < p && (y * y - (x * x - 3n) * x - b) % p === 0n;
}

/** r and s from 1 to n - 1; a high s is genuine (design, rule 7). */
function hasUsableScalars(curve: CurveName, signature: Uint8Array): boolean {
  const size = COORDINATE_BYTES[curve];
  if (signature.length !== 2 * size) return false;
  const { n } = CURVES[curve];
  const r = fromBigEndian(signature.subarray(0, size));
  const s = fromBigEndian(signature.subarray(size));
  return r > 0n && r < n && s > 0n && s < n;
}

/** As long as the modulus and, as a number, below it (RFC 8017, section 5.2.2). */
function fitsModulus({ modulus }: RsaPublicKey, signature: Uint8Array): boolean {
  if (signature.length !== modulus.length) return false;
  const at = signature.findIndex((byte, index) => byte !== modulus[index]);
  return at >= 0 && (signature[at] as number) < (modulus[at] as number);
}

/** RFC 8017, section 9.1.2, step 3: emLen is at least hLen + sLen + 2. */
function hasRoomForSalt(
  { modulus }: RsaPublicKey,
  { hash, saltLength }: { hash: HashName; saltLength: number },
): boolean {
  const encodedBytes = modulus[0] === 1 ? modulus.length - 1 : modulus.length;
  return Number.isInteger(saltLength) && saltLength >= 0 && encodedBytes >= HASH_BYTES[hash] + saltLength + 2;
}

/**
 * Whether 32 bytes decode (RFC 8032, section 5.1.3) to a point of large order. A point whose order divides 8 makes signatures
 * that hold for many messages, and engines differ on it. With d = -121665/121666 and fractions cleared, such a point has
 * y (y^2 - 1) (d y^4 + 2 y^2 - 1) = 0, and x^2 = (y^2 - 1) / (d y^2 + 1) has a root if Euler's criterion says so.
 */
function isEd25519Point(point: Uint8Array): boolean {
  if (point.length !== 32) return false;
  const y = fromLittleEndian(point) & ((1n << 255n) - 1n);
  if (y >= ED25519_P) return false;
  const y2 = (y * y) % ED25519_P;
  const orderDivides8 = y * (y2 - 1n) * (121666n * (2n * y2 - 1n) - 121665n * y2 * y2);
  if (orderDivides8 % ED25519_P === 0n) return false;
  // (y^2 - 1) and its divisor multiplied instead of divided: a square stays a square.
  const square = (y2 - 1n) * 121666n * (121666n - 121665n * y2);
  return powMod(((square % ED25519_P) + ED25519_P) % ED25519_P, (ED25519_P - 1n) / 2n, ED25519_P) === 1n;
}
