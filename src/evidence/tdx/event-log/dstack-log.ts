/** dstack's event log: a JSON list of { imr, event_type, digest, event, event_payload } (Dstack-TEE/dstack, cc-eventlog). */

import { isJsonObject, type JsonObject, type JsonValue, member, parseJson } from "../../../encoding/json.js";
import { demand, MalformedError } from "../../../encoding/malformed.js";
import { fromHex, fromUtf8 } from "../../../encoding/text.js";
import {
  DIGEST_BYTES,
  DSTACK_EVENT,
  EV_NO_ACTION,
  type EventLog,
  type LogEvent,
  MAX_EVENTS,
  type Register,
} from "./event.js";

/** The log as a JSON value, as its text, or as the bytes of that. @throws MalformedError */
export function parseDstackLog(source: JsonValue | Uint8Array): EventLog {
  const text = source instanceof Uint8Array ? fromUtf8(source) : source;
  const list = typeof text === "string" ? parseJson(text) : text;
  demand(Array.isArray(list), "dstack event log is not a list");
  demand(list.length <= MAX_EVENTS, `event log with more than ${MAX_EVENTS} events`);
  return { form: "dstack", events: list.map(readEvent).filter(({ type }) => type !== EV_NO_ACTION) };
}

function readEvent(value: JsonValue): LogEvent {
  if (!isJsonObject(value)) throw new MalformedError("dstack event is not an object");
  const digest = fromHex(text(value, "digest"));
  const type = integer(value, "event_type", 0xffffffff);
  // Newer logs leave the digest of run-time events out: it follows from name and payload.
  const computed = digest.length === 0 && type === DSTACK_EVENT;
  demand(computed || digest.length === DIGEST_BYTES, "dstack event whose digest is not SHA-384");
  return {
    register: integer(value, "imr", 3) as Register,
    type,
    digest: computed ? undefined : digest,
    name: text(value, "event"),
    payload: fromHex(text(value, "event_payload")),
  };
}

function text(event: JsonObject, name: string): string {
  const value = member(event, name) ?? "";
  if (typeof value !== "string") throw new MalformedError(`dstack event whose ${name} is not text`);
  return value;
}

function integer(event: JsonObject, name: string, max: number): number {
  const value = member(event, name);
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > max)
    throw new MalformedError(`dstack event whose ${name} is not a number up to ${max}`);
  return value;
}
