/** Replays a log into registers, and binds payloads to digests: a digest that replays says nothing of the text beside it (dcap.md, fact 6). */

import type { Crypto } from "../../../crypto/crypto.js";
import { concatBytes, equalBytes } from "../../../encoding/bytes.js";
import { toHex, toUtf8 } from "../../../encoding/text.js";
import { DIGEST_BYTES, DSTACK_EVENT, type EventLog, type LogEvent, type Register } from "./event.js";

export interface ReplayedLog {
  readonly form: EventLog["form"];
  /** Registers that the log extends, each as it comes out. */
  readonly registers: ReadonlyMap<Register, Uint8Array>;
  readonly count: number;
  /** Run-time events whose payload is bound to its digest, first occurrence of each name before `system-ready`. */
  readonly events: ReadonlyMap<string, Uint8Array>;
  /** Names of run-time events whose payload is not what their digest says. */
  readonly unbound: readonly string[];
}

/** @throws CryptoUnavailableError */
export async function replay(log: EventLog, crypto: Crypto): Promise<ReplayedLog> {
  const registers = new Map<Register, Uint8Array>();
  for (const event of log.events) {
    const before = registers.get(event.register) ?? new Uint8Array(DIGEST_BYTES);
    const digest = event.digest ?? (await crypto.digest("SHA-384", firstForm(event)));
    registers.set(event.register, await crypto.digest("SHA-384", concatBytes(before, digest)));
  }
  const runtime = log.events.filter(
    ({ register, type, name }) => register === 3 && type === DSTACK_EVENT && name !== "",
  );
  const bound = await Promise.all(runtime.map((event) => isBound(event, crypto)));
  return {
    form: log.form,
    registers,
    count: log.events.length,
    events: firstBeforeReady(runtime),
    unbound: runtime.filter((_, index) => !bound[index]).map(({ name }) => name),
  };
}

/** Version 1: `SHA-384(LE32 type ":" name ":" payload)`; version 2: over the canonical JSON of name, payload (hex) and type. */
async function isBound(event: LogEvent, crypto: Crypto): Promise<boolean> {
  const { type, name, payload, digest } = event;
  if (digest === undefined || equalBytes(await crypto.digest("SHA-384", firstForm(event)), digest)) return true;
  const second = toUtf8(JSON.stringify({ name, payload: toHex(payload), type }));
  return equalBytes(await crypto.digest("SHA-384", second), digest);
}

function firstForm({ type, name, payload }: LogEvent): Uint8Array {
  const little = Uint8Array.of(type & 255, (type >> 8) & 255, (type >> 16) & 255, type >>> 24);
  return concatBytes(little, toUtf8(":"), toUtf8(name), toUtf8(":"), payload);
}

/** From `system-ready` on the application may emit events of any name; and of two with one name the first was the system's. */
function firstBeforeReady(events: readonly LogEvent[]): ReadonlyMap<string, Uint8Array> {
  const ready = events.findIndex(({ name }) => name === "system-ready");
  const first = new Map<string, Uint8Array>();
  for (const { name, payload } of ready < 0 ? events : events.slice(0, ready + 1))
    if (!first.has(name)) first.set(name, payload);
  return first;
}
