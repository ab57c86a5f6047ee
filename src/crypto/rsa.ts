/** RSA signature verification over BigInt (RFC 8017, sections 8.1.2, 8.2.2, 9.1.2 and 9.2), for engines without WebCrypto. */

import { concatBytes, equalBytes } from "../encoding/bytes.js";
import { fromBigEndian, powMod, toBigEndian } from "./bigint.js";
import type { HashName, RsaPublicKey } from "./crypto.js";
import { HASH_BYTES } from "./usable.js";

/** A digest of any of the three. */
export type Digest = (message: Uint8Array) => Uint8Array;

/** Hash and length of the salt in bytes. */
export interface PssParameters {
  readonly hash: HashName;
  readonly saltLength: number;
}

/** Last arc of 2.16.840.1.101.3.4.2 (RFC 8017, appendix B.1). */
const HASH_ARC: Readonly<Record<HashName, number>> = { "SHA-256": 1, "SHA-384": 2, "SHA-512": 3 };
const TRAILER = 0xbc;

/** RSAVP1 (section 5.2.2) as `length` bytes, or `undefined` where the message representative is too large for them. */
function recover({ modulus, exponent }: RsaPublicKey, signature: Uint8Array, length: number): Uint8Array | undefined {
  return toBigEndian(powMod(fromBigEndian(signature), BigInt(exponent), fromBigEndian(modulus)), length);
}

/** Builds the one encoding that is right and compares all of it: nothing in a padding is parsed, so nothing can hide there. */
export function verifyPkcs1(
  key: RsaPublicKey,
  hash: HashName,
  digest: Digest,
  signature: Uint8Array,
  message: Uint8Array,
): boolean {
  const encoded = recover(key, signature, key.modulus.length);
  const info = concatBytes(digestInfoPrefix(hash), digest(message));
  const padding = new Uint8Array(key.modulus.length - info.length - 3).fill(0xff);
  return (
    encoded !== undefined && equalBytes(encoded, concatBytes(Uint8Array.of(0, 1), padding, Uint8Array.of(0), info))
  );
}

/** DigestInfo up to the digest, its NULL parameters included (section 9.2, note 1). */
function digestInfoPrefix(hash: HashName): Uint8Array {
  const bytes = HASH_BYTES[hash];
  const oid = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, HASH_ARC[hash]];
  return Uint8Array.of(0x30, 17 + bytes, 0x30, 0x0d, ...oid, 0x05, 0x00, 0x04, bytes);
}

/** RSASSA-PSS-VERIFY with MGF1 over the same hash, trailer field 1 and exactly `saltLength` bytes of salt. */
export function verifyPss(
  key: RsaPublicKey,
  parameters: PssParameters,
  digest: Digest,
  signature: Uint8Array,
  message: Uint8Array,
): boolean {
  // emBits is one less than the bits of the modulus, so emLen is one byte less than it where they are 1 modulo 8.
  const bits = key.modulus.length * 8 - Math.clz32(key.modulus[0] as number) + 24 - 1;
  const encoded = recover(key, signature, Math.ceil(bits / 8));
  return encoded !== undefined && isPssEncoding(encoded, bits, parameters, digest, digest(message));
}

/** EMSA-PSS-VERIFY, steps 4 to 14; step 3 was taken before (`isUsableSignature`). */
function isPssEncoding(
  encoded: Uint8Array,
  bits: number,
  { hash, saltLength }: PssParameters,
  digest: Digest,
  messageHash: Uint8Array,
): boolean {
  const maskedBytes = encoded.length - HASH_BYTES[hash] - 1;
  const unusedBits = encoded.length * 8 - bits;
  const maskedDb = encoded.subarray(0, maskedBytes);
  const h = encoded.subarray(maskedBytes, -1);
  if (encoded[encoded.length - 1] !== TRAILER || (maskedDb[0] as number) >> (8 - unusedBits) !== 0) return false;
  const mask = mgf1(digest, h, maskedBytes);
  const db = maskedDb.map((byte, index) => byte ^ (mask[index] as number));
  db[0] = (db[0] as number) & (0xff >> unusedBits);
  const paddingBytes = maskedBytes - saltLength - 1;
  const padded = db.subarray(0, paddingBytes).every((byte) => byte === 0) && db[paddingBytes] === 1;
  const salt = db.subarray(paddingBytes + 1);
  return padded && equalBytes(h, digest(concatBytes(new Uint8Array(8), messageHash, salt)));
}

/** MGF1 (RFC 8017, appendix B.2.1). */
function mgf1(digest: Digest, seed: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let counter = 0, made = 0; made < length; counter++) {
    const block = digest(concatBytes(seed, Uint8Array.of(counter >>> 24, counter >>> 16, counter >>> 8, counter)));
    made += block.length;
    blocks.push(block);
  }
  return concatBytes(...blocks).subarray(0, length);
}
