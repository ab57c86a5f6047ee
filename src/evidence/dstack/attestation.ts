/** dstack's attestation in its own encoding, version 0: a SCALE structure (Dstack-TEE/dstack, ra-tls; SCALE codec, compact integers). */

import { equalBytes } from "../../encoding/bytes.js";
import { isJsonObject, type JsonObject, type JsonValue, member, parseJson } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { type Reader, reader } from "../../encoding/reader.js";
import { fromUtf8, toHex } from "../../encoding/text.js";

/** Version 0, the variant of TDX, a length in two bytes, and then how a quote of version 4 or 5 begins. Version 1 is MessagePack. */
export function looksLikeAttestation(bytes: Uint8Array): boolean {
  const scale = bytes[0] === 0 && bytes[1] === 0 && ((bytes[2] as number) & 3) === 1;
  const version = bytes[4] === 4 || bytes[4] === 5;
  return scale && version && equalBytes(bytes.subarray(5, 12), Uint8Array.of(0, 2, 0, 0x81, 0, 0, 0));
}

/** No list of dstack's is longer, and the text beside it is some kilobytes. */
const MAX_EVENTS = 2_000;

/**
 * The same as what a guest answers in JSON: `quote`, `event_log` and `vm_config`. What stands in it twice must be one.
 * @throws MalformedError
 */
export function openAttestation(bytes: Uint8Array): JsonObject {
  const r = reader(bytes);
  demand(r.u8("version") === 0 && r.u8("variant") === 0, "dstack attestation of another version or platform");
  const quote = vector(r, "quote");
  const events = list(r, "events", readEvent);
  const runtime = list(r, "run-time events", readRuntimeEvent);
  const reportData = r.take(64, "report data");
  const config = parseJson(fromUtf8(vector(r, "configuration")));
  r.end("dstack attestation");
  demand(equalBytes(reportData, reportDataIn(quote)), "dstack attestation whose report data is not the quote's");
  const measured = events.filter(({ imr }) => imr === 3).map(({ event, event_payload }) => ({ event, event_payload }));
  demand(
    runtime.length === 0 || JSON.stringify(runtime) === JSON.stringify(measured),
    "dstack attestation with two lists of run-time events that differ",
  );
  const vmConfig = vmConfigOf(config);
  // This variant leaves most events of the firmware out, so those registers cannot be replayed: they have to be pinned.
  const replayable = isLite(vmConfig) ? events.filter(({ imr }) => imr === 3) : events;
  return { quote: toHex(quote), event_log: replayable, vm_config: vmConfig };
}

/** Whether the machine's firmware was measured from its measurement document, whose hash its OS image hash then is, and not the log's. */
export function isLite(vmConfig: JsonObject | undefined): boolean {
  return vmConfig !== undefined && member(vmConfig, "tdx_attestation_variant") === "lite";
}

interface Event extends JsonObject {
  readonly imr: number;
  readonly event_type: number;
  readonly digest: string;
  readonly event: string;
  readonly event_payload: string;
}

function readEvent(r: Reader): Event {
  return { imr: r.u32le("register"), event_type: r.u32le("event type"), digest: hex(r), ...readRuntimeEvent(r) };
}

function readRuntimeEvent(r: Reader): Pick<Event, "event" | "event_payload"> {
  return { event: fromUtf8(vector(r, "event")), event_payload: hex(r) };
}

const hex = (r: Reader): string => toHex(vector(r, "event"));

function list<T>(r: Reader, what: string, read: (r: Reader) => T): readonly T[] {
  const count = compact(r, what);
  demand(count <= MAX_EVENTS, `dstack attestation with more than ${MAX_EVENTS} ${what}`);
  return Array.from({ length: count }, () => read(r));
}

function vector(r: Reader, what: string): Uint8Array {
  return r.take(compact(r, what), what);
}

/** One, two or four bytes, as the two low bits say; the shortest of them. */
function compact(r: Reader, what: string): number {
  const start = r.offset;
  const first = r.u8(what);
  const bytes = [1, 2, 4][first & 3];
  if (bytes === undefined) throw new MalformedError(`${what} longer than any`, start);
  const rest = r.take(bytes - 1, what);
  const value = rest.reduce((sum, byte, index) => sum + byte * 2 ** (8 * (index + 1)), first);
  const length = Math.floor(value / 4);
  demand(bytes === 1 || length >= (bytes === 2 ? 2 ** 6 : 2 ** 14), `${what} whose length is not minimal`, start);
  return length;
}

/** Behind the header, and in version 5 the description of the body (DCAP Quoting Library API, A.4). */
export function reportDataIn(quote: Uint8Array): Uint8Array {
  const at = (quote[0] === 5 ? 54 : 48) + 520;
  return quote.subarray(at, at + 64);
}

/** The configuration of the guest holds that of its machine, as text; or is it. */
function vmConfigOf(config: JsonValue): JsonObject {
  const inner = isJsonObject(config) ? member(config, "vm_config") : undefined;
  const found = typeof inner === "string" ? parseJson(inner) : (inner ?? config);
  if (!isJsonObject(found)) throw new MalformedError("dstack attestation whose configuration is no object");
  return found;
}
