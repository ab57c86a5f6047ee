/** Protocol buffers as JSON (ProtoJSON): bytes are base64, 64-bit integers text or numbers, and null stands for what is not set. */

import { isJsonObject, type JsonObject, type JsonValue, member } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromEitherBase64 } from "../build/dsse.js";

/** The member, where it is set. */
export function set(of: JsonObject, name: string): JsonValue | undefined {
  const value = member(of, name);
  return value === null ? undefined : value;
}

export function objectAt(of: JsonObject, name: string): JsonObject {
  return asObject(set(of, name), name);
}

export function asObject(value: JsonValue | undefined, what: string): JsonObject {
  if (!isJsonObject(value)) throw new MalformedError(`${what} is not an object`);
  return value;
}

/** A list that may be left out, of at most `most` objects. */
export function objectsAt(of: JsonObject, name: string, most: number): readonly JsonObject[] {
  return listAt(of, name, most).map((item) => asObject(item, name));
}

export function listAt(of: JsonObject, name: string, most: number): readonly JsonValue[] {
  const value = set(of, name) ?? [];
  demand(Array.isArray(value), `${name} is not a list`);
  demand(value.length <= most, `${name} has more than ${most} items`);
  return value;
}

export function textAt(of: JsonObject, name: string): string {
  const value = set(of, name);
  demand(typeof value === "string" && value !== "", `${name} is no text`);
  return value;
}

export function bytesAt(of: JsonObject, name: string): Uint8Array {
  return fromEitherBase64(textAt(of, name));
}

/** An int64 within 2^53; 0 where it is not set, as in protocol buffers. */
export function integerAt(of: JsonObject, name: string): number {
  const value = set(of, name) ?? 0;
  const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  demand(typeof number === "number" && Number.isSafeInteger(number) && number >= 0, `${name} is no integer`);
  return number;
}

/** Milliseconds since 1970 of an RFC 3339 time in UTC. */
export function timeAt(of: JsonObject, name: string): number | undefined {
  if (set(of, name) === undefined) return undefined;
  const text = textAt(of, name);
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(text) ? Date.parse(text) : Number.NaN;
  demand(
    Number.isFinite(time) && new Date(time).toISOString().startsWith(text.slice(0, 19)),
    `${name} is no time in UTC`,
  );
  return time;
}
