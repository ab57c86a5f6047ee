/** COSE_Sign1 (RFC 9052, section 4.2) with the algorithms of RFC 9053 and RFC 8230, verified over the bytes received. */

import type { Crypto, CurveName, PublicKey, SignatureAlgorithm } from "../crypto/crypto.js";
import { concatBytes } from "../encoding/bytes.js";
import { type CborMap, type CborValue, isCborArray, isCborMap, isCborTag, readCbor } from "../encoding/cbor.js";
import { demand, MalformedError } from "../encoding/malformed.js";
import { toUtf8 } from "../encoding/text.js";

/** A signed message as its bytes have it. Byte fields are views of the input. */
export interface CoseSign1 {
  /** Contents of the protected header's byte string: what is signed, and never written anew. */
  readonly protectedBytes: Uint8Array;
  readonly protectedHeader: CborMap;
  readonly unprotectedHeader: CborMap;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** Header labels (RFC 9052, section 3.1). */
const ALG = 1;
const CRIT = 2;

/** CBOR tag of a COSE_Sign1 (RFC 9052, table 1). */
const TAG_SIGN1 = 18;
const ARRAY_OF_4 = 0x84;

/**
 * Reads a message, with tag 18 or without. Refused: every other tag, a detached payload, a `crit` header, an algorithm outside the protected
 * header, a label in both headers, and an indefinite length anywhere in the envelope, which no signature covers.
 * `protectedTags` may stand in the protected header, where no registered label has any.
 * @throws MalformedError
 */
export function readCoseSign1(bytes: Uint8Array, protectedTags: readonly number[] = []): CoseSign1 {
  const item = readCbor(bytes, { tags: [TAG_SIGN1], depth: 8 });
  const fields = isCborTag(item) ? item.content : item;
  if (!isCborArray(fields) || fields.length !== 4) throw new MalformedError("COSE_Sign1 is not an array of 4");
  const [protectedBytes, unprotectedHeader, payload, signature] = fields;
  if (!(protectedBytes instanceof Uint8Array)) throw new MalformedError("COSE protected header is not a byte string");
  if (!isCborMap(unprotectedHeader)) throw new MalformedError("COSE unprotected header is not a map");
  if (!(payload instanceof Uint8Array)) throw new MalformedError("COSE payload is not a byte string");
  if (!(signature instanceof Uint8Array)) throw new MalformedError("COSE signature is not a byte string");
  const protectedHeader = readProtected(protectedBytes, protectedTags);
  for (const label of unprotectedHeader.keys()) {
    demand(label !== ALG && label !== CRIT, `COSE header ${label} is not protected`);
    demand(!protectedHeader.has(label), `COSE header ${label} stands in both headers`);
  }
  // An unknown critical header must stop the reader (RFC 9052, section 3.1), and none is known here.
  demand(!protectedHeader.has(CRIT), "COSE header crit is not supported");
  return { protectedBytes, protectedHeader, unprotectedHeader, payload, signature };
}

/** An empty map may be written as a byte string of length zero (RFC 9052, section 3). */
function readProtected(bytes: Uint8Array, tags: readonly number[]): CborMap {
  const header: CborValue = bytes.length === 0 ? new Map() : readCbor(bytes, { depth: 4, tags });
  if (!isCborMap(header)) throw new MalformedError("COSE protected header is not a map");
  return header;
}

/** Whether bytes begin as a COSE_Sign1 does, with tag 18 or without. */
export function looksLikeCoseSign1(bytes: Uint8Array): boolean {
  return bytes[bytes[0] === 0xc0 + TAG_SIGN1 ? 1 : 0] === ARRAY_OF_4;
}

export type CoseAlgorithmName = "ES256" | "ES384" | "ES512" | "PS256" | "PS384";

interface CoseAlgorithm {
  readonly name: CoseAlgorithmName;
  readonly signature: SignatureAlgorithm;
  /** Each ES algorithm goes with one curve here, as RFC 9864, section 2.1, has it; RFC 9053 alone leaves the curve open. */
  readonly curve?: CurveName;
}

/** RFC 9053, table 1, and RFC 8230, table 1: the salt is as long as the hash. */
const ALGORITHMS: ReadonlyMap<CborValue, CoseAlgorithm> = new Map<CborValue, CoseAlgorithm>([
  [-7, { name: "ES256", signature: { name: "ECDSA", hash: "SHA-256" }, curve: "P-256" }],
  [-35, { name: "ES384", signature: { name: "ECDSA", hash: "SHA-384" }, curve: "P-384" }],
  [-36, { name: "ES512", signature: { name: "ECDSA", hash: "SHA-512" }, curve: "P-521" }],
  [-37, { name: "PS256", signature: { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 } }],
  [-38, { name: "PS384", signature: { name: "RSA-PSS", hash: "SHA-384", saltLength: 48 } }],
]);

/** The algorithm that the protected header names. @throws MalformedError for one that is missing or not supported */
export function coseAlgorithm(message: CoseSign1): CoseAlgorithmName {
  return algorithmOf(message).name;
}

function algorithmOf({ protectedHeader }: CoseSign1): CoseAlgorithm {
  const algorithm = ALGORITHMS.get(protectedHeader.get(ALG) ?? null);
  if (algorithm === undefined)
    throw new MalformedError("COSE header alg is missing or names an algorithm that is not supported");
  return algorithm;
}

/** `Signature1` and the protected header, external data and payload as byte strings (RFC 9052, section 4.4). */
export function signedBytes(
  { protectedBytes, payload }: Pick<CoseSign1, "protectedBytes" | "payload">,
  externalAad: Uint8Array = new Uint8Array(),
): Uint8Array {
  const parts = [protectedBytes, externalAad, payload].flatMap((part) => [byteStringHead(part.length), part]);
  return concatBytes(Uint8Array.of(ARRAY_OF_4, 0x6a), toUtf8("Signature1"), ...parts);
}

/** The head of a byte string of up to 2^32 - 1 bytes. */
function byteStringHead(length: number): Uint8Array {
  if (length < 24) return Uint8Array.of(0x40 | length);
  if (length < 0x100) return Uint8Array.of(0x58, length);
  if (length < 0x1_0000) return Uint8Array.of(0x59, length >> 8, length);
  return Uint8Array.of(0x5a, length >>> 24, length >> 16, length >> 8, length);
}

/**
 * Whether `key` signed `message` with the algorithm of the protected header. A key of another type or curve than the algorithm's gives `false`.
 * @throws MalformedError for an algorithm that is missing or not supported
 * @throws CryptoUnavailableError
 */
export async function verifyCoseSign1(
  message: CoseSign1,
  key: PublicKey | undefined,
  crypto: Crypto,
  externalAad?: Uint8Array,
): Promise<boolean> {
  const { signature, curve } = algorithmOf(message);
  if (key === undefined || (curve === undefined ? key.type !== "rsa" : key.type !== "ec" || key.curve !== curve))
    return false;
  return crypto.verify(signature, key, message.signature, signedBytes(message, externalAad));
}
