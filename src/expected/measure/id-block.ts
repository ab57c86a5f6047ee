/** The ID block of a SEV-SNP guest and the digests of the keys that sign it (AMD 56860, sections 8.18 and 10, ID_KEY_DIGEST). */

import { equalBytes } from "../../encoding/bytes.js";
import { MalformedError } from "../../encoding/malformed.js";
import { fromHex } from "../../encoding/text.js";
import { digestOf, type HashOptions, nobleHash } from "./hash.js";

export interface IdBlockInputs {
  /** The launch digest, 48 bytes. */
  readonly measurement: Uint8Array;
  /** 16 bytes, zero unless told. */
  readonly familyId?: Uint8Array;
  /** 16 bytes, zero unless told. */
  readonly imageId?: Uint8Array;
  /** u32, 0 unless told. */
  readonly guestSvn?: number;
  /** The guest policy, 0x30000 unless told. */
  readonly policy?: bigint;
}

const ID_BLOCK_BYTES = 96;
const ID_BLOCK_VERSION = 1;
const KEY_BYTES = 0x404;
const CURVE_P384 = 2;
const COORDINATE = 48;
/** SubjectPublicKeyInfo of a P-384 key up to its point (RFC 5480, section 2): every one starts with these bytes. */
const SPKI_PREFIX = "3076301006072a8648ce3d020106052b81040022036200";

/**
 * The 96 bytes that the ID key signs.
 * @example
 * const block = sevSnpIdBlock({ measurement, guestSvn: 3 });
 */
export function sevSnpIdBlock(inputs: IdBlockInputs): Uint8Array {
  const {
    measurement,
    familyId = new Uint8Array(16),
    imageId = new Uint8Array(16),
    guestSvn = 0,
    policy = 0x30000n,
  } = inputs;
  if (measurement.length !== 48) throw new TypeError("measurement must be 48 bytes");
  if (familyId.length !== 16 || imageId.length !== 16) throw new TypeError("familyId and imageId must be 16 bytes");
  if (!Number.isInteger(guestSvn) || guestSvn < 0 || guestSvn > 0xffff_ffff)
    throw new TypeError("guestSvn must be a u32");
  if (policy < 0n || policy >= 1n << 64n) throw new TypeError("policy must be a u64");
  const block = new Uint8Array(ID_BLOCK_BYTES);
  const view = new DataView(block.buffer);
  block.set(measurement, 0);
  block.set(familyId, 48);
  block.set(imageId, 64);
  view.setUint32(80, ID_BLOCK_VERSION, true);
  view.setUint32(84, guestSvn, true);
  view.setBigUint64(88, policy, true);
  return block;
}

/**
 * ID_KEY_DIGEST or AUTHOR_KEY_DIGEST: SHA-384 of the key in AMD's form. 48 bytes.
 * `publicKey` is a P-384 key as SubjectPublicKeyInfo DER (120 bytes) or as an uncompressed point (97 bytes).
 * @throws MalformedError when it is neither. That the point lies on the curve is not checked: a digest says nothing of it.
 * @example
 * const digest = sevSnpKeyDigest(spkiDer);
 */
export function sevSnpKeyDigest(publicKey: Uint8Array, options: HashOptions = {}): Uint8Array {
  return digestOf(options.createHash ?? nobleHash, "SHA-384", amdPublicKey(publicKey));
}

/** {u32 curve = 2, x, y little-endian in 72 bytes each, zeros}: 0x404 bytes (AMD 56860, ECDSA P-384 public key). */
export function amdPublicKey(publicKey: Uint8Array): Uint8Array {
  const point = uncompressedPoint(publicKey);
  const key = new Uint8Array(KEY_BYTES);
  key[0] = CURVE_P384;
  key.set(point.slice(1, 1 + COORDINATE).reverse(), 4);
  key.set(point.slice(1 + COORDINATE).reverse(), 4 + 72);
  return key;
}

function uncompressedPoint(key: Uint8Array): Uint8Array {
  const prefix = fromHex(SPKI_PREFIX);
  const isSpki =
    key.length === prefix.length + 1 + 2 * COORDINATE && equalBytes(key.subarray(0, prefix.length), prefix);
  const point = isSpki ? key.subarray(prefix.length) : key;
  if (point.length !== 1 + 2 * COORDINATE || point[0] !== 4) {
    throw new MalformedError("key is neither SubjectPublicKeyInfo of P-384 nor an uncompressed P-384 point");
  }
  return point;
}
