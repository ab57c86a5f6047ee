/** DER (ITU-T X.690, section 10 on top of 8), strictly: definite minimal lengths, single-byte tags, exact primitive forms, bounded depth. */

import { demand, MalformedError } from "./malformed.js";

/** One element: views into the input that was given to `readDer`. Offsets count from the start of that input. */
export interface Der {
  readonly tag: number;
  /** Where the element, its tag first, starts. */
  readonly start: number;
  /** Where its contents start. */
  readonly contentStart: number;
  /** Where it ends. */
  readonly end: number;
  readonly input: Uint8Array;
  readonly depth: number;
}

/** Identifier octets of the universal types that certificates, CRLs and attestation extensions use (X.680, section 8.6). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Context-specific tag `[number]`, constructed unless told. */
export function contextTag(number: number, constructed = true): number {
  return 0x80 | (constructed ? 0x20 : 0) | number;
}

const MAX_DEPTH = 24;
const CONSTRUCTED = 0x20;

/** The single element that `input` is; anything behind it is refused. */
export function readDer(input: Uint8Array): Der {
  const element = elementAt(input, 0, input.length, 0);
  demand(element.end === input.length, `${input.length - element.end} bytes follow the DER element`, element.end);
  return element;
}

function elementAt(input: Uint8Array, start: number, limit: number, depth: number): Der {
  if (limit - start < 2) throw new MalformedError("DER element cut short", start);
  const tag = input[start] as number;
  if ((tag & 0x1f) === 0x1f) throw new MalformedError("DER tag number above 30", start);
  if (tag < 0x40 && !isUniversalForm(tag)) throw new MalformedError(`DER universal tag ${tag} in a wrong form`, start);
  const first = input[start + 1] as number;
  let contentStart = start + 2;
  let length = first;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0) throw new MalformedError("DER length is indefinite", start + 1);
    if (octets > 4 || limit - contentStart < octets) throw new MalformedError("DER length out of bounds", start + 1);
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + (input[contentStart + i] as number);
    if (length < 0x80 || length < 256 ** (octets - 1)) throw new MalformedError("DER length is not minimal", start + 1);
    contentStart += octets;
  }
  if (length > limit - contentStart) throw new MalformedError("DER element longer than what holds it", start);
  if (depth > MAX_DEPTH) throw new MalformedError(`DER nested deeper than ${MAX_DEPTH}`, start);
  return { tag, start, contentStart, end: contentStart + length, input, depth };
}

/** Sequences, sets, EXTERNAL (8) and EMBEDDED PDV (11) are constructed, all other universal types primitive (X.690, section 10.2); 0 is BER's end-of-contents. */
function isUniversalForm(tag: number): boolean {
  const number = tag & 0x1f;
  const constructs = number === 16 || number === 17 || number === 8 || number === 11;
  return number !== 0 && ((tag & CONSTRUCTED) !== 0) === constructs;
}

/** The contents octets. */
export function contents(element: Der): Uint8Array {
  return element.input.subarray(element.contentStart, element.end);
}

/** The whole element with tag and length, as it was received. */
export function encoded(element: Der): Uint8Array {
  return element.input.subarray(element.start, element.end);
}

/** The elements inside a constructed one. */
export function children(element: Der): readonly Der[] {
  if ((element.tag & CONSTRUCTED) === 0)
    throw new MalformedError("DER element is primitive where a constructed one belongs", element.start);
  const found: Der[] = [];
  for (let at = element.contentStart; at < element.end; ) {
    const child = elementAt(element.input, at, element.end, element.depth + 1);
    found.push(child);
    at = child.end;
  }
  return found;
}

export function expectTag(element: Der | undefined, tag: number, what: string, offset = 0): Der {
  if (element === undefined) throw new MalformedError(`${what} is missing`, offset);
  if (element.tag !== tag)
    throw new MalformedError(`${what} has DER tag ${element.tag} where ${tag} belongs`, element.start);
  return element;
}

/** Walks the children of a SEQUENCE or SET in order; `end` refuses any that nobody asked for. */
export interface DerCursor {
  next(tag: number, what: string): Der;
  /** The next element whatever its tag. */
  any(what: string): Der;
  /** The next element if it has this tag. */
  optional(tag: number): Der | undefined;
  readonly more: boolean;
  end(what: string): void;
}

export function cursor(element: Der): DerCursor {
  if ((element.tag & CONSTRUCTED) === 0)
    throw new MalformedError("DER element is primitive where a constructed one belongs", element.start);
  return new Cursor(element);
}

/** A class and not closures, and lazy: a certificate takes sixty of these, which were a third of the time to read one. */
class Cursor implements DerCursor {
  readonly #element: Der;
  #at: number;

  constructor(element: Der) {
    this.#element = element;
    this.#at = element.contentStart;
  }

  any(what: string): Der {
    const { input, end, depth } = this.#element;
    if (this.#at >= end) throw new MalformedError(`${what} is missing`, end);
    const item = elementAt(input, this.#at, end, depth + 1);
    this.#at = item.end;
    return item;
  }

  next(tag: number, what: string): Der {
    return expectTag(this.any(what), tag, what);
  }

  optional(tag: number): Der | undefined {
    return this.more && this.#element.input[this.#at] === tag ? this.any("element") : undefined;
  }

  get more(): boolean {
    return this.#at < this.#element.end;
  }

  end(what: string): void {
    if (this.more) throw new MalformedError(`${what} has an element too many`, this.#at);
  }
}

export function sequence(element: Der | undefined, what: string): DerCursor {
  return cursor(expectTag(element, TAG.sequence, what));
}

/** The one element inside an OCTET STRING, BIT STRING contents or explicit tag, read as DER of its own. */
export function inner(bytes: Uint8Array): Der {
  return readDer(bytes);
}

/** Contents of an INTEGER: two's complement, minimal (X.690, section 8.3.2). */
export function integerBytes(element: Der): Uint8Array {
  const bytes = contents(element);
  if (bytes.length === 0) throw new MalformedError("INTEGER without contents", element.start);
  const [first, second] = bytes as Uint8Array & [number, number?];
  const padded = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (padded) throw new MalformedError("INTEGER is not minimal", element.start);
  return bytes;
}

/** A non-negative INTEGER up to `max`, at most 2^48. */
export function smallInteger(element: Der, max: number, what: string): number {
  const bytes = integerBytes(element);
  if ((bytes[0] as number) >= 0x80) throw new MalformedError(`${what} is negative`, element.start);
  let value = 0;
  for (const byte of bytes.subarray(0, 8)) value = value * 256 + byte;
  if (bytes.length > 7 || value > max) throw new MalformedError(`${what} is above ${max}`, element.start);
  return value;
}

/** Magnitude of a positive INTEGER, big-endian without the sign octet. */
export function positiveInteger(element: Der, what: string): Uint8Array {
  const bytes = integerBytes(element);
  if ((bytes[0] as number) >= 0x80) throw new MalformedError(`${what} is negative`, element.start);
  if (bytes.length === 1 && bytes[0] === 0) throw new MalformedError(`${what} is zero`, element.start);
  return bytes[0] === 0 ? bytes.subarray(1) : bytes;
}

/** TRUE is FF, FALSE is 00 (X.690, section 11.1). */
export function boolean(element: Der): boolean {
  const bytes = contents(element);
  if (bytes.length !== 1 || (bytes[0] !== 0 && bytes[0] !== 0xff))
    throw new MalformedError("BOOLEAN is not 00 or FF", element.start);
  return bytes[0] === 0xff;
}

export function derNull(element: Der): void {
  if (element.tag !== TAG.null || element.end !== element.contentStart)
    throw new MalformedError("NULL expected", element.start);
}

/** Contents of a BIT STRING that holds whole octets, as keys and signatures do. */
export function octetsOfBitString(element: Der, what: string): Uint8Array {
  const bytes = contents(element);
  if (bytes.length < 1 || bytes[0] !== 0) throw new MalformedError(`${what} does not hold whole octets`, element.start);
  return bytes.subarray(1);
}

/**
 * A BIT STRING with named bits: the numbers of the bits that are set. Unused bits are zero (X.690, section 11.2.1). Section 11.2.2 wants trailing
 * zero bits removed; AMD's ASK certificates keep one, and the set that they name is the same.
 */
export function namedBits(element: Der): readonly number[] {
  const bytes = contents(element);
  const unused = bytes[0];
  if (unused === undefined || unused > 7 || (bytes.length === 1 && unused > 0))
    throw new MalformedError("BIT STRING with a wrong count of unused bits", element.start);
  const last = bytes[bytes.length - 1] as number;
  if (bytes.length > 1 && (last & ((1 << unused) - 1)) !== 0)
    throw new MalformedError("BIT STRING with an unused bit set", element.start);
  const bits: number[] = [];
  for (let i = 0; i < (bytes.length - 1) * 8; i++)
    if (((bytes[1 + (i >> 3)] as number) >> (7 - (i & 7))) & 1) bits.push(i);
  return bits;
}

/** Dotted decimal of an OBJECT IDENTIFIER; arcs up to 2^53, each minimal (X.690, section 8.19.2). */
export function oid(element: Der): string {
  const bytes = contents(element);
  if (bytes.length === 0 || bytes.length > 64)
    throw new MalformedError("OBJECT IDENTIFIER of a wrong length", element.start);
  if (((bytes[bytes.length - 1] as number) & 0x80) !== 0)
    throw new MalformedError("OBJECT IDENTIFIER cut short", element.start);
  let text = "";
  let arc = 0;
  let starting = true;
  for (const byte of bytes) {
    if (starting && byte === 0x80) throw new MalformedError("OBJECT IDENTIFIER arc is not minimal", element.start);
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER) throw new MalformedError("OBJECT IDENTIFIER arc too large", element.start);
    starting = (byte & 0x80) === 0;
    if (!starting) continue;
    text = text === "" ? firstArcs(arc) : `${text}.${arc}`;
    arc = 0;
  }
  return text;
}

function firstArcs(value: number): string {
  const top = Math.min(2, Math.floor(value / 40));
  return `${top}.${value - top * 40}`;
}

/**
 * Milliseconds since 1970 of a UTCTime `YYMMDDHHMMSSZ` (1950 to 2049) or GeneralizedTime `YYYYMMDDHHMMSSZ`: the only two forms that
 * RFC 5280, section 4.1.2.5, allows. It keeps GeneralizedTime for 2050 on; Microsoft Azure Attestation and PKITS 4.2.4 write earlier years so.
 */
export function time(element: Der): number {
  const bytes = contents(element);
  const short = element.tag === TAG.utcTime;
  if (!short && element.tag !== TAG.generalizedTime)
    throw new MalformedError("time has neither of its two types", element.start);
  const yearDigits = short ? 2 : 4;
  if (!isDigitsAndZ(bytes, yearDigits + 10)) throw new MalformedError("time is not in its exact form", element.start);
  const first = twoDigits(bytes, 0);
  const year = short ? first + (first < 50 ? 2000 : 1900) : first * 100 + twoDigits(bytes, 2);
  const at = (index: number): number => twoDigits(bytes, yearDigits + index);
  const [month, day, hour, minute, second] = [at(0), at(2), at(4), at(6), at(8)];
  // Date.UTC takes years below 100 for 1900 on, and rolls 30 February over into March.
  if (year < 100 || day < 1 || day > daysOf(year, month) || hour > 23 || minute > 59 || second > 59)
    throw new MalformedError("time is not on the calendar", element.start);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Of the proleptic Gregorian calendar; 0 for a month that is none. */
function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month >= 1 && month <= 12 ? 30 + ((month + (month >> 3)) & 1) : 0;
}

function isDigitsAndZ(bytes: Uint8Array, digits: number): boolean {
  if (bytes.length !== digits + 1 || bytes[digits] !== 0x5a) return false;
  for (let i = 0; i < digits; i++) if ((bytes[i] as number) < 0x30 || (bytes[i] as number) > 0x39) return false;
  return true;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) - 0x30) * 10 + (bytes[at + 1] as number) - 0x30;
}
