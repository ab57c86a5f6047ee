/** The one seam to cryptography: what the library asks of a back end, and nothing more (design, rule 11). */

export type HashName = "SHA-256" | "SHA-384" | "SHA-512";
export type CurveName = "P-256" | "P-384" | "P-521";

/** Bytes of one coordinate, which is also the length of r and of s in a raw signature. */
export const COORDINATE_BYTES: Readonly<Record<CurveName, number>> = { "P-256": 32, "P-384": 48, "P-521": 66 };

export interface EcPublicKey {
  readonly type: "ec";
  readonly curve: CurveName;
  /** SEC 1 uncompressed point: `04`, x, y. */
  readonly point: Uint8Array;
}

export interface RsaPublicKey {
  readonly type: "rsa";
  /** Big-endian, without leading zeros. */
  readonly modulus: Uint8Array;
  /** Odd, 3 to 2^32 - 1. */
  readonly exponent: number;
}

export interface Ed25519PublicKey {
  readonly type: "ed25519";
  /** 32 bytes (RFC 8032, section 5.1.5). */
  readonly point: Uint8Array;
}

/** `pinned` marks the long-lived key of a pinned issuer: only such a key may be kept imported between calls. */
export type PublicKey = (EcPublicKey | RsaPublicKey | Ed25519PublicKey) & { readonly pinned?: true };

export type SignatureAlgorithm =
  /** FIPS 186-5; the signature is r || s, each as long as a coordinate (IEEE P1363). High s is genuine (design, rule 7). */
  | { readonly name: "ECDSA"; readonly hash: HashName }
  /** RFC 8017, section 8.1, MGF1 over the same hash, trailer field 1. `saltLength` in bytes. */
  | { readonly name: "RSA-PSS"; readonly hash: HashName; readonly saltLength: number }
  /** RFC 8017, section 8.2. */
  | { readonly name: "RSASSA-PKCS1-v1_5"; readonly hash: HashName }
  /** RFC 8032. */
  | { readonly name: "Ed25519" };

export interface Crypto {
  /** Which back end, as shown in `verdict.meta.crypto`. */
  readonly name: string;
  digest(hash: HashName, message: Uint8Array): Promise<Uint8Array>;
  /**
   * Resolves to whether `signature` is valid. A key that is none (point off its curve, infinity, modulus out of bounds), a key of
   * another type than the algorithm's, and a signature of another length all give `false`: hostile input never throws.
   * @throws CryptoUnavailableError where the back end lacks the algorithm, so that nobody takes "cannot" for "no".
   */
  verify(algorithm: SignatureAlgorithm, key: PublicKey, signature: Uint8Array, message: Uint8Array): Promise<boolean>;
}

/** The back end cannot do what was asked; a check that meets it is `undetermined` with code `crypto-unavailable`. */
export class CryptoUnavailableError extends Error {
  override readonly name = "CryptoUnavailableError";
}

/** RSA keys outside these bounds are refused before any arithmetic: 2048 to 8192 bits, odd exponent from 3 to 2^32 - 1. */
export function isUsableRsaKey(key: RsaPublicKey): boolean {
  const { modulus, exponent } = key;
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  const odd = ((modulus[modulus.length - 1] ?? 0) & 1) === 1;
  const usableExponent = Number.isInteger(exponent) && exponent >= 3 && exponent < 2 ** 32 && exponent % 2 === 1;
  return modulus[0] !== 0 && odd && bits >= 2048 && bits <= 8192 && usableExponent;
}
