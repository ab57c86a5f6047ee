/** What callers write, read strictly: misuse is a `TypeError`, and every value is a copy that nothing can change under us. */

import { MalformedError } from "../encoding/malformed.js";
import { fromHex } from "../encoding/text.js";

/** A copy (of at most `limit` bytes) that nobody else can change: also of views into shared or resizable memory. */
export function copyBytes(value: unknown, what: string, limit: number = Number.POSITIVE_INFINITY): Uint8Array {
  if (ArrayBuffer.isView(value)) return copied(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), limit);
  if (!isArrayBuffer(value)) throw new TypeError(`${what} must be bytes (a Uint8Array or an ArrayBuffer)`);
  return copied(new Uint8Array(value), limit);
}

/** Of whatever realm. */
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}

function copied(view: Uint8Array, limit: number): Uint8Array {
  const copy = new Uint8Array(Math.min(view.length, limit));
  copy.set(view.subarray(0, copy.length));
  return copy;
}

/** Nesting of what callers write: policy, kind, floors, floor, product, level. */
const MAX_DATA_DEPTH = 8;

/**
 * A copy of plain data in which every getter and proxy has answered once: what is checked is what is used. Functions stay as they are.
 * @throws TypeError for objects that are no plain data: their members would not all be own ones, and a demand could go unread
 */
export function copyData(value: unknown, what: string, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > MAX_DATA_DEPTH) throw new TypeError(`${what} is nested too deep`);
  // Unlike `map`, which would keep the holes of a list.
  if (Array.isArray(value)) return Array.from(value, (item, index) => copyData(item, `${what}[${index}]`, depth + 1));
  if (ArrayBuffer.isView(value) || isArrayBuffer(value)) return copyBytes(value, what);
  if (!isPlainObject(value)) throw new TypeError(`${what} must be plain data: object literals, lists, bytes`);
  const entries = Object.entries(value).map(([name, item]) => [name, copyData(item, `${what}.${name}`, depth + 1)]);
  return Object.fromEntries(entries);
}

/** An object literal, of whatever realm, or one without a prototype. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Bytes of exactly `length`, given as bytes or as hex; for measurements and digests in options. */
export function readDigest(value: unknown, length: number, what: string): Uint8Array {
  const bytes = readBytes(value, what);
  if (bytes.length !== length) throw new TypeError(`${what} must have ${length} bytes and has ${bytes.length}`);
  return bytes;
}

export function hexOption(text: string, what: string): Uint8Array {
  try {
    return fromHex(text);
  } catch (error) {
    if (error instanceof MalformedError) throw new TypeError(`${what} must be hex: ${error.reason}`);
    throw error;
  }
}

/** Bytes of any length, given as bytes or as hex. */
export function readBytes(value: unknown, what: string): Uint8Array {
  return typeof value === "string" ? hexOption(value, what) : copyBytes(value, what);
}

/** One value or a non-empty list: the set of what is accepted. An empty list is a mistake, never "anything". */
export function readSet<T>(value: unknown, what: string, read: (item: unknown, what: string) => T): readonly T[] {
  const list: readonly unknown[] = Array.isArray(value) ? Array.from(value) : [value];
  if (list.length === 0) throw new TypeError(`${what} must not be empty`);
  return list.map((item) => read(item, what));
}

/** The own enumerable members of a plain object; a name outside `known` is a mistake (a misspelt demand would demand nothing). */
export function readMembers(value: unknown, known: readonly string[], what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || !isPlainObject(value))
    throw new TypeError(`${what} must be a plain object`);
  const copy: Record<string, unknown> = { ...value };
  for (const name of Object.keys(copy)) {
    if (!known.includes(name))
      throw new TypeError(`${what} has no ${JSON.stringify(name)}; it has ${known.join(", ")}`);
  }
  return copy;
}

/** `readMembers` for demands, where `undefined` is a mistake: it must not mean "anything". */
export function readObject(value: unknown, known: readonly string[], what: string): Readonly<Record<string, unknown>> {
  const copy = readMembers(value, known, what);
  for (const [name, item] of Object.entries(copy))
    if (item === undefined) throw new TypeError(`${what}: ${name} is undefined; leave it out or give it a value`);
  return copy;
}

export function readBoolean(value: unknown, what: string): boolean {
  if (typeof value !== "boolean") throw new TypeError(`${what} must be true or false`);
  return value;
}

export function readInteger(value: unknown, what: string, max: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || value > max)
    throw new TypeError(`${what} must be an integer from 0 to ${max}`);
  return value;
}

export function readString(value: unknown, what: string): string {
  if (typeof value !== "string" || value === "") throw new TypeError(`${what} must be a non-empty string`);
  return value;
}

/** One of `choices`. */
export function readChoice<T extends string>(value: unknown, choices: readonly T[], what: string): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new TypeError(`${what} must be one of ${choices.join(", ")}`);
  return found;
}

/** Milliseconds since 1970 of a valid Date. */
export function readTime(value: unknown, what: string): number {
  const time = value instanceof Date ? value.getTime() : Number.NaN;
  if (!Number.isFinite(time)) throw new TypeError(`${what} must be a valid Date`);
  return time;
}

/** Mirrors by the vendor's origin. An origin that is no vendor's would replace nothing, and the vendor be asked against the caller's will. @throws TypeError */
export function readMirrors(value: unknown, origins: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(readObject(value === undefined ? {} : value, origins, "mirrors")).map(([origin, mirror]) => {
      if (typeof mirror !== "string" || !/^https?:\/\//.test(mirror))
        throw new TypeError(`mirrors: ${origin} must be an http(s) address`);
      return [origin, mirror];
    }),
  );
}
