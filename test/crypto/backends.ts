/** What the tests of both back ends share: keys and signatures that OpenSSL made, and the raw operation of an RSA private key. */
import {
  constants,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  generatePrimeSync,
  type KeyObject,
  privateEncrypt,
  sign,
} from "node:crypto";

import type {
  Crypto,
  CurveName,
  HashName,
  PublicKey,
  RsaPublicKey,
  SignatureAlgorithm,
} from "../../src/crypto/crypto.js";
import { noble } from "../../src/crypto/noble.js";
import { webcrypto } from "../../src/crypto/webcrypto.js";

export const backends: readonly Crypto[] = [webcrypto(globalThis.crypto.subtle), noble];
export const hashes: readonly HashName[] = ["SHA-256", "SHA-384", "SHA-512"];
export const curves: readonly CurveName[] = ["P-256", "P-384", "P-521"];

/** A signature, its key and what was signed. */
export interface Signed<Key extends PublicKey = PublicKey> {
  readonly algorithm: SignatureAlgorithm;
  readonly key: Key;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}

export const message: Uint8Array = new TextEncoder().encode("is this the build that I expect?");

export const verifies = (crypto: Crypto, { algorithm, key, signature, message: signed }: Signed): Promise<boolean> =>
  crypto.verify(algorithm, key, signature, signed);

const bytes = (text: string | undefined): Uint8Array => Uint8Array.from(Buffer.from(text ?? "", "base64url"));

export function publicKeyOf(object: KeyObject): PublicKey {
  const jwk = object.export({ format: "jwk" });
  if (jwk.kty === "RSA") {
    return {
      type: "rsa",
      modulus: bytes(jwk.n),
      exponent: bytes(jwk.e).reduce((value, byte) => value * 256 + byte, 0),
    };
  }
  if (jwk.kty === "OKP") return { type: "ed25519", point: bytes(jwk.x) };
  return { type: "ec", curve: jwk.crv as CurveName, point: Uint8Array.of(4, ...bytes(jwk.x), ...bytes(jwk.y)) };
}

const nodeHash = (hash: HashName): string => hash.replace("-", "");
export const digest = (hash: HashName, data: Uint8Array): Uint8Array =>
  Uint8Array.from(createHash(nodeHash(hash)).update(data).digest());

export const ecPrivate: Readonly<Record<CurveName, KeyObject>> = {
  "P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  "P-384": generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey,
  "P-521": generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey,
};
export const edPrivate: KeyObject = generateKeyPairSync("ed25519").privateKey;

const rsaPrivateKeys = new Map<string, KeyObject>();

/** One RSA key of each size and exponent in a run: making them is slow. */
export function rsaPrivate(bits = 2048, exponent = 65537): KeyObject {
  const id = `${bits}/${exponent}`;
  const key = rsaPrivateKeys.get(id) ?? makeRsaKey(bits, BigInt(exponent));
  rsaPrivateKeys.set(id, key);
  return key;
}

/** OpenSSL rounds odd sizes, so its primes are put together here: both start with two ones, and the bits of n add up. */
function makeRsaKey(bits: number, e: bigint): KeyObject {
  const p = generatePrimeSync(Math.ceil(bits / 2), { bigint: true });
  const q = generatePrimeSync(Math.floor(bits / 2), { bigint: true });
  const phi = (p - 1n) * (q - 1n);
  const d = inverse(e, phi);
  if (d === undefined || p === q) return makeRsaKey(bits, e);
  const numbers = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) as bigint };
  const jwk = Object.entries(numbers).map(([name, value]) => [name, base64url(value)]);
  return createPrivateKey({ format: "jwk", key: { kty: "RSA", ...Object.fromEntries(jwk) } });
}

function base64url(value: bigint): string {
  return Buffer.from(bigEndian(value, Math.ceil(value.toString(16).length / 2))).toString("base64url");
}

/** `value` to the power of -1, or `undefined` where it has none. */
function inverse(value: bigint, modulus: bigint): bigint | undefined {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (a > 0n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
  return b === 1n ? ((y % modulus) + modulus) % modulus : undefined;
}

/** Signs `message` with OpenSSL. */
export function signed(algorithm: SignatureAlgorithm, privateKey: KeyObject): Signed {
  const key = { key: privateKey, dsaEncoding: "ieee-p1363" as const };
  const padding =
    algorithm.name === "RSA-PSS"
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.saltLength }
      : algorithm.name === "RSASSA-PKCS1-v1_5"
        ? { padding: constants.RSA_PKCS1_PADDING }
        : {};
  const made = sign(algorithm.name === "Ed25519" ? null : nodeHash(algorithm.hash), message, { ...key, ...padding });
  return { algorithm, key: publicKeyOf(privateKey), signature: Uint8Array.from(made), message };
}

/** One signature for every algorithm, hash, curve and odd modulus length that the seam knows. */
export function everyAlgorithm(): readonly Signed[] {
  const ec = curves.flatMap((curve) => hashes.map((hash) => signed({ name: "ECDSA", hash }, ecPrivate[curve])));
  const rsa = hashes.flatMap((hash) => [
    signed({ name: "RSASSA-PKCS1-v1_5", hash }, rsaPrivate()),
    signed({ name: "RSA-PSS", hash, saltLength: 32 }, rsaPrivate()),
  ]);
  return [...ec, ...rsa, signed({ name: "Ed25519" }, edPrivate)];
}

/** `encoded` to the power of the private exponent: a signature whose encoding the test chose. */
export function rawRsaSignature(privateKey: KeyObject, encoded: Uint8Array): Uint8Array {
  const { modulus } = publicKeyOf(privateKey) as RsaPublicKey;
  const block = Buffer.concat([new Uint8Array(modulus.length - encoded.length), encoded]);
  return Uint8Array.from(privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, block));
}

/** What a test of a broken encoding may change on the way. */
export interface PssFaults {
  readonly separator?: number;
  readonly padding?: number;
  readonly trailer?: number;
  readonly leadingBits?: number;
  readonly mgfHash?: HashName;
  readonly prefix?: number;
}

/** EMSA-PSS-ENCODE (RFC 8017, section 9.1.1) with a zero salt, written apart from the library's. */
export function pssEncoding(
  hash: HashName,
  saltLength: number,
  modulusBits: number,
  faults: PssFaults = {},
): Uint8Array {
  const bits = modulusBits - 1;
  const length = Math.ceil(bits / 8);
  const salt = new Uint8Array(saltLength);
  const h = digest(hash, Buffer.concat([new Uint8Array(8).fill(faults.prefix ?? 0), digest(hash, message), salt]));
  const db = Buffer.alloc(length - h.length - 1);
  db.fill(faults.padding ?? 0, 0, db.length - saltLength - 1);
  db[db.length - saltLength - 1] = faults.separator ?? 1;
  const pad = mask(faults.mgfHash ?? hash, h, db.length);
  for (let i = 0; i < db.length; i++) db[i] = (db[i] as number) ^ (pad[i] as number);
  db[0] = ((db[0] as number) & (0xff >> (length * 8 - bits))) | (faults.leadingBits ?? 0);
  return Uint8Array.from(Buffer.concat([db, h, Uint8Array.of(faults.trailer ?? 0xbc)]));
}

function mask(hash: HashName, seed: Uint8Array, length: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, counter) => {
    return digest(hash, Buffer.concat([seed, Uint8Array.of(0, 0, 0, counter)]));
  });
  return Buffer.concat(blocks).subarray(0, length);
}

/** `bytes` with one bit changed. */
export function flipped(input: Uint8Array, byte: number, bit = 0): Uint8Array {
  const copy = Uint8Array.from(input);
  copy[byte] = (copy[byte] as number) ^ (1 << bit);
  return copy;
}

/** `value` as big-endian bytes. */
export function bigEndian(value: bigint, length: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex"));
}

export const toBigInt = (input: Uint8Array): bigint => BigInt(`0x${Buffer.from(input).toString("hex")}`);
