/** CBOR (RFC 8949), the strict profile that signed attestation evidence keeps to: one item, one spelling for each value, no surprises. */

import { demand, MalformedError } from "./malformed.js";
import { fromUtf8 } from "./text.js";

/**
 * Integers are numbers where they are safe and bigints beyond; byte strings are views of the input, so that what was signed
 * is verified over the bytes received.
 */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | CborMap
  | CborTag;

/** A `Map`, so that no key (`__proto__`) means anything to JavaScript. */
export type CborMap = ReadonlyMap<CborKey, CborValue>;
export type CborKey = number | bigint | string;

export interface CborTag {
  readonly tag: number;
  readonly content: CborValue;
}

export interface CborOptions {
  /** Tags that may occur; none unless told. */
  readonly tags?: readonly number[];
  /** Whether maps and arrays may be of indefinite length (RFC 8949, section 3.2.2), as serde_cbor writes structs. */
  readonly indefinite?: boolean;
  /** How deep arrays, maps and tags may nest: 16 unless told. */
  readonly depth?: number;
  /** Longest input in bytes: 1 MiB unless told. */
  readonly length?: number;
}

const BREAK = 0xff;
const INDEFINITE = -1;

/**
 * The one item that `bytes` is. Refused, beyond what is not well-formed: trailing bytes; integers, lengths and tags not in their shortest form;
 * a key that stands twice, or is neither integer nor text; text that is not UTF-8 or starts with a byte order mark; strings in chunks; floating
 * point, `undefined` and unassigned simple values; every tag that is not listed, bignums (2, 3) among them.
 * @throws MalformedError
 */
export function readCbor(bytes: Uint8Array, options: CborOptions = {}): CborValue {
  const { tags = [], indefinite = false, depth: maxDepth = 16, length: maxLength = 1_048_576 } = options;
  demand(bytes.length <= maxLength, `CBOR longer than ${maxLength} bytes`);
  let at = 0;
  const value = item(0);
  demand(at === bytes.length, `${bytes.length - at} bytes follow the CBOR item`, at);
  return value;

  function byte(): number {
    const next = bytes[at++];
    if (next === undefined) throw new MalformedError("CBOR cut short", at - 1);
    return next;
  }

  function item(depth: number): CborValue {
    const start = at;
    const initial = byte();
    const major = initial >> 5;
    if (major === 7) return simple(initial, start);
    if (depth > maxDepth) throw new MalformedError(`CBOR nested deeper than ${maxDepth}`, start);
    const argument = readArgument(initial & 31, major, start);
    switch (major) {
      case 0:
        return argument;
      case 1:
        return typeof argument === "number" && argument < Number.MAX_SAFE_INTEGER
          ? -1 - argument
          : -1n - BigInt(argument);
      case 2:
        return take(argument, start);
      case 3:
        return text(take(argument, start));
      case 4:
        return array(count(argument, 1, start), depth);
      case 5:
        return map(count(argument, 2, start), depth);
      default:
        return tagged(argument, depth, start);
    }
  }

  /** The argument of an initial byte (RFC 8949, section 3), in its shortest form alone (section 4.2.1). */
  function readArgument(information: number, major: number, start: number): number | bigint {
    if (information < 24) return information;
    if (information === 31 && indefinite && (major === 4 || major === 5)) return INDEFINITE;
    if (information > 27)
      throw new MalformedError(
        information === 31 ? "CBOR item of indefinite length" : "CBOR with a reserved length form",
        start,
      );
    const octets = 1 << (information - 24);
    let argument = 0;
    for (let i = 0; i < Math.min(octets, 4); i++) argument = argument * 256 + byte();
    if (octets === 8) return longArgument(argument, start);
    if (argument < (octets === 1 ? 24 : 256 ** (octets / 2)))
      throw new MalformedError("CBOR number is not in its shortest form", start);
    return argument;
  }

  function longArgument(high: number, start: number): number | bigint {
    let low = 0;
    for (let i = 0; i < 4; i++) low = low * 256 + byte();
    if (high === 0) throw new MalformedError("CBOR number is not in its shortest form", start);
    return high < 0x200000 ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low);
  }

  function take(length: number | bigint, start: number): Uint8Array {
    if (length > bytes.length - at) throw new MalformedError("CBOR string longer than what holds it", start);
    at += Number(length);
    return bytes.subarray(at - Number(length), at);
  }

  /** How many elements follow, each of at least `least` bytes: a count that cannot be true is refused before anything is read. */
  function count(argument: number | bigint, least: number, start: number): number {
    if (argument > (bytes.length - at) / least)
      throw new MalformedError("CBOR array or map longer than what holds it", start);
    return Number(argument);
  }

  /** Whether another element follows, `read` of `total` being done; moves past the break of an indefinite length. */
  function more(read: number, total: number): boolean {
    if (total !== INDEFINITE) return read < total;
    if (bytes[at] !== BREAK) return true;
    at++;
    return false;
  }

  function array(total: number, depth: number): readonly CborValue[] {
    const values: CborValue[] = [];
    while (more(values.length, total)) values.push(item(depth + 1));
    return values;
  }

  function map(total: number, depth: number): CborMap {
    const entries = new Map<CborKey, CborValue>();
    while (more(entries.size, total)) {
      const start = at;
      const key = item(depth + 1);
      if (typeof key !== "number" && typeof key !== "string" && typeof key !== "bigint")
        throw new MalformedError("CBOR map key is neither integer nor text", start);
      if (entries.has(key)) throw new MalformedError("CBOR map with a duplicate key", start);
      entries.set(key, item(depth + 1));
    }
    return entries;
  }

  function tagged(tag: number | bigint, depth: number, start: number): CborTag {
    if (typeof tag === "bigint" || !tags.includes(tag))
      throw new MalformedError(`CBOR tag ${tag} does not belong here`, start);
    return { tag, content: item(depth + 1) };
  }
}

/** Short ASCII, which all map keys are, without the cost of a decoder. */
function text(bytes: Uint8Array): string {
  if (bytes.length > 64) return fromUtf8(bytes);
  let ascii = "";
  for (const byte of bytes) {
    if (byte > 0x7f) return fromUtf8(bytes);
    ascii += String.fromCharCode(byte);
  }
  return ascii;
}

/** `false`, `true` and `null` (RFC 8949, section 3.3). */
function simple(initial: number, start: number): boolean | null {
  if (initial === 0xf4) return false;
  if (initial === 0xf5) return true;
  if (initial === 0xf6) return null;
  throw new MalformedError(
    initial === BREAK
      ? "CBOR break outside an item of indefinite length"
      : "CBOR floating point, undefined or unassigned simple value",
    start,
  );
}

export function isCborMap(value: CborValue | undefined): value is CborMap {
  return value instanceof Map;
}

export function isCborArray(value: CborValue | undefined): value is readonly CborValue[] {
  return Array.isArray(value);
}

export function isCborTag(value: CborValue | undefined): value is CborTag {
  return typeof value === "object" && value !== null && "tag" in value;
}
