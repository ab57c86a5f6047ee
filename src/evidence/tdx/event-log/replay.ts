/** Replays a log into registers, and binds payloads to digests: a digest that replays says nothing of the text beside it (dcap.md, fact 6). */

import type { Crypto } from "../../../crypto/crypto.js";
import { concatBytes, equalBytes } from "../../../encoding/bytes.js";
import { toHex, toUtf8 } from "../../../encoding/text.js";
import { DIGEST_BYTES, DSTACK_EVENT, type EventLog, type LogEvent, type Register } from "./event.js";

/** One event as it was measured. */
export interface ReplayedEvent {
  readonly register: Register;
  readonly type: number;
  readonly digest: Uint8Array;
  /** Only of run-time events; empty where there is none. */
  readonly name: string;
  /** Only where the digest is of it. */
  readonly payload: Uint8Array | undefined;
}

export interface ReplayedLog {
  readonly form: EventLog["form"];
  /** Registers that the log extends, each as it comes out. */
  readonly registers: ReadonlyMap<Register, Uint8Array>;
  readonly list: readonly ReplayedEvent[];
  /** Run-time events, first occurrence of each name before `system-ready`. */
  readonly events: ReadonlyMap<string, Uint8Array>;
  /** Events whose payload must be what their digest says, and is not. */
  readonly unbound: readonly string[];
}

/**
 * Event types whose digest is of the event data (TCG PC Client Platform Firmware Profile, section 10.4.1): separator, driver configuration,
 * partition table, action, authority.
 */
const OF_THE_DATA: readonly number[] = [0x00000004, 0x80000001, 0x80000006, 0x80000007, 0x800000e0];

/** @throws CryptoUnavailableError */
export async function replay(log: EventLog, crypto: Crypto): Promise<ReplayedLog> {
  const list = await Promise.all(log.events.map((event) => measured(event, crypto)));
  const registers = new Map<Register, Uint8Array>();
  for (const { register, digest } of list) {
    const before = registers.get(register) ?? new Uint8Array(DIGEST_BYTES);
    registers.set(register, await crypto.digest("SHA-384", concatBytes(before, digest)));
  }
  const unbound = log.events.filter(
    (event, index) => mustBind(event, log.form) && (list[index]?.payload === undefined || isDisguised(event, log.form)),
  );
  return {
    form: log.form,
    registers,
    list,
    events: firstBeforeReady(list.filter(({ register, name }) => register === 3 && name !== "")),
    unbound: unbound.map(({ name, type, register }) => name || `type 0x${type.toString(16)} in RTMR${register}`),
  };
}

/**
 * RTMR3 of a dstack log holds run-time events and nothing else: under another type or without its name, an event would keep its digest and
 * be overlooked, `system-ready` or the first `compose-hash` among them. dstack sends the firmware's events without their data.
 */
function mustBind({ register, type, payload }: LogEvent, form: EventLog["form"]): boolean {
  if (form === "dstack" && (register === 3 || type === DSTACK_EVENT)) return true;
  return OF_THE_DATA.includes(type) && (form === "CCEL" || payload.length > 0);
}

/** As the data of another type, what was hashed for a run-time event binds: its own preimage. */
function isDisguised({ register, type }: LogEvent, form: EventLog["form"]): boolean {
  return form === "dstack" && register === 3 && type !== DSTACK_EVENT;
}

async function measured(event: LogEvent, crypto: Crypto): Promise<ReplayedEvent> {
  const { register, type, payload } = event;
  const name = type === DSTACK_EVENT ? event.name : "";
  const digest = event.digest ?? (await crypto.digest("SHA-384", firstForm(event)));
  const bound = type === DSTACK_EVENT ? await bindsRuntime(event, crypto) : await bindsData(event, crypto);
  return { register, type, digest, name, payload: bound ? payload : undefined };
}

async function bindsData({ payload, digest }: LogEvent, crypto: Crypto): Promise<boolean> {
  return digest !== undefined && equalBytes(await crypto.digest("SHA-384", payload), digest);
}

/** Version 1: `SHA-384(LE32 type ":" name ":" payload)`; version 2: over the canonical JSON of name, payload (hex) and type. */
async function bindsRuntime(event: LogEvent, crypto: Crypto): Promise<boolean> {
  const { type, name, payload, digest } = event;
  // With a colon in it, the name could end elsewhere, under the same digest.
  if (name === "" || name.includes(":")) return false;
  if (digest === undefined || equalBytes(await crypto.digest("SHA-384", firstForm(event)), digest)) return true;
  const second = toUtf8(JSON.stringify({ name, payload: toHex(payload), type }));
  return equalBytes(await crypto.digest("SHA-384", second), digest);
}

function firstForm({ type, name, payload }: LogEvent): Uint8Array {
  const little = Uint8Array.of(type & 255, (type >> 8) & 255, (type >> 16) & 255, type >>> 24);
  return concatBytes(little, toUtf8(":"), toUtf8(name), toUtf8(":"), payload);
}

/** From `system-ready` on the application may emit events of any name; and of two with one name the first was the system's. */
function firstBeforeReady(events: readonly ReplayedEvent[]): ReadonlyMap<string, Uint8Array> {
  const ready = events.findIndex(({ name }) => name === "system-ready");
  const first = new Map<string, Uint8Array>();
  for (const { name, payload } of ready < 0 ? events : events.slice(0, ready + 1))
    if (payload !== undefined && !first.has(name)) first.set(name, payload);
  return first;
}
