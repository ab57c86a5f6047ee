/** What callers write, read strictly: misuse is a `TypeError`, and every value is a copy that nothing can change under us. */

import { MalformedError } from "../encoding/malformed.js";
import { fromHex } from "../encoding/text.js";

/** A copy (of at most `limit` bytes) that nobody else can change: also of views into shared or resizable memory. */
export function copyBytes(value: unknown, what: string, limit: number = Number.POSITIVE_INFINITY): Uint8Array {
  if (ArrayBuffer.isView(value)) return copied(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), limit);
  const buffer = value instanceof ArrayBuffer || Object.prototype.toString.call(value) === "[object ArrayBuffer]";
  if (!buffer) throw new TypeError(`${what} must be bytes (a Uint8Array or an ArrayBuffer)`);
  return copied(new Uint8Array(value as ArrayBuffer), limit);
}

function copied(view: Uint8Array, limit: number): Uint8Array {
  const copy = new Uint8Array(Math.min(view.length, limit));
  copy.set(view.subarray(0, copy.length));
  return copy;
}

/** Bytes of exactly `length`, given as bytes or as hex; for measurements and digests in options. */
export function readDigest(value: unknown, length: number, what: string): Uint8Array {
  const bytes = typeof value === "string" ? hexOption(value, what) : copyBytes(value, what);
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

/** One value or a non-empty list: the set of what is accepted. An empty list is a mistake, never "anything". */
export function readSet<T>(value: unknown, what: string, read: (item: unknown, what: string) => T): readonly T[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new TypeError(`${what} must not be empty`);
  return list.map((item) => read(item, what));
}

/** The own enumerable members of a plain object; a name outside `known` is a mistake (a misspelt demand would demand nothing). */
export function readObject(value: unknown, known: readonly string[], what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    throw new TypeError(`${what} must be an object`);
  const copy: Record<string, unknown> = { ...value };
  for (const name of Object.keys(copy)) {
    if (!known.includes(name))
      throw new TypeError(`${what} has no ${JSON.stringify(name)}; it has ${known.join(", ")}`);
    if (copy[name] === undefined) throw new TypeError(`${what}: ${name} is undefined; leave it out or give it a value`);
  }
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
