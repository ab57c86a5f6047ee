/** JSON (RFC 8259) read strictly: one value, no duplicate names, bounded nesting, integers within 2^53. */

import { demand, MalformedError } from "./malformed.js";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

export interface JsonLimits {
  /** Deepest nesting of arrays and objects. */
  readonly depth?: number;
  /** Longest text, in UTF-16 units. */
  readonly length?: number;
  /** Most items: values between commas. */
  readonly items?: number;
  /** Most names, objects and arrays together. */
  readonly names?: number;
}

/**
 * Parses `text`. `JSON.parse` keeps the last of two equal names silently: the members it kept are counted against the
 * name separators of the text, and any difference is a duplicate. `__proto__` comes out as an ordinary own property.
 */
export function parseJson(text: string, limits: JsonLimits = {}): JsonValue {
  const { depth = 32, length = 4_194_304, items = MAX_ITEMS, names = MAX_NAMES } = limits;
  demand(text.length <= length, `JSON text longer than ${length} characters`);
  const members = countMembers(text, depth, items, names);
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    throw new MalformedError("text is not JSON");
  }
  // Text without a lone surrogate can spell one by an escape alone.
  const suspicious = /\\u|[\ud800-\udfff]/.test(text);
  demand(members === keptMembers(value, suspicious), "JSON object with a duplicate name");
  return value;
}

/** A quote or log as a list of its bytes passes. */
const MAX_ITEMS = 50_000;
/** No number that a double can hold needs more than 25, and those of many digits are slow to read. */
const MAX_NUMBER_LENGTH = 40;
/** `JSON.parse` takes seconds for a million names, each another: no evidence has a tenth of these. */
const MAX_NAMES = 25_000;

/** Counts the colons outside strings, and bounds nesting, items and names before `JSON.parse` sees them. */
function countMembers(text: string, maxDepth: number, maxItems: number, maxNames: number): number {
  let members = 0;
  let opened = 0;
  let separators = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    switch (code) {
      case 0x22:
        i = endOfString(text, i);
        break;
      case 0x3a:
        if (++members + opened > maxNames) throw new MalformedError(`JSON of more than ${maxNames} names and lists`, i);
        break;
      case 0x2c:
        if (++separators > maxItems) throw new MalformedError(`JSON of more than ${maxItems} items`, i);
        break;
      case 0x7b:
      case 0x5b:
        if (++depth > maxDepth) throw new MalformedError(`JSON nested deeper than ${maxDepth}`, i);
        if (members + ++opened > maxNames) throw new MalformedError(`JSON of more than ${maxNames} names and lists`, i);
        break;
      case 0x7d:
      case 0x5d:
        depth--;
        break;
      default:
        if (code >= 0x30 && code <= 0x39) i = endOfNumber(text, i) - 1;
    }
  }
  return members;
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  for (; "0123456789.eE+-".includes(text[end] ?? " "); end++)
    demand(end - start < MAX_NUMBER_LENGTH, `JSON number of more than ${MAX_NUMBER_LENGTH} characters`, start);
  return end;
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end > 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  throw new MalformedError("JSON string without an end", start);
}

function keptMembers(value: JsonValue, suspicious: boolean): number {
  if (typeof value === "number") {
    demand(Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value), "JSON number beyond 2^53");
    return 0;
  }
  if (typeof value === "string" && suspicious) demandWellFormed(value);
  if (typeof value !== "object" || value === null) return 0;
  let kept = 0;
  if (isArray(value)) for (const item of value) kept += keptMembers(item, suspicious);
  else
    for (const name of Object.keys(value)) {
      if (suspicious) demandWellFormed(name);
      kept += 1 + keptMembers(value[name] as JsonValue, suspicious);
    }
  return kept;
}

/** An escape can spell half of a surrogate pair, which no UTF-8 can carry (RFC 8259, section 8.2): readers differ on it. */
function demandWellFormed(text: string): void {
  demand(!/\p{Surrogate}/u.test(text), "JSON string with half of a surrogate pair");
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The own member `name`, or `undefined`: inherited names never count. */
export function member(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** A member that must be a string. */
export function stringMember(object: JsonObject, name: string): string {
  const value = member(object, name);
  if (typeof value !== "string") throw new MalformedError(`JSON member ${name} is not a string`);
  return value;
}
