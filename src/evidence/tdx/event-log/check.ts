/** Does the log that came along explain the quote's registers? One that does not is refused; none is no fault. */

import { equalBytes } from "../../../encoding/bytes.js";
import type { JsonValue } from "../../../encoding/json.js";
import { fromUtf8 } from "../../../encoding/text.js";
import { fromBase64Any } from "../../envelope.js";
import type { AuthenticateContext } from "../../kind.js";
import type { TdxQuote } from "../report.js";
import { looksLikeCcel, MAX_LOG_BYTES, parseCcel } from "./ccel.js";
import { parseDstackLog } from "./dstack-log.js";
import type { EventLog, Register } from "./event.js";
import { type ReplayedLog, replay } from "./replay.js";

/** @throws MalformedError */
function parseEventLog(source: Uint8Array | JsonValue): EventLog {
  if (typeof source === "string" && !source.trimStart().startsWith("[")) return fromText(source);
  if (!(source instanceof Uint8Array)) return parseDstackLog(source);
  if (looksLikeCcel(source)) return parseCcel(source);
  // A bundle carries text: JSON of dstack, or base64 of a CCEL.
  return source[0] === 0x5b ? parseDstackLog(source) : fromText(fromUtf8(source));
}

/** Base64 of a CCEL, in lines or not. */
function fromText(text: string): EventLog {
  return parseCcel(fromBase64Any(text.trim(), 2 * MAX_LOG_BYTES));
}

const REGISTERS: readonly (readonly [Register, "rtmr0" | "rtmr1" | "rtmr2" | "rtmr3"])[] = [
  [0, "rtmr0"],
  [1, "rtmr1"],
  [2, "rtmr2"],
  [3, "rtmr3"],
];

/** The replayed log, where one came along and every register that it extends comes out as the quote has it. */
export async function checkEventLog(
  { report }: TdxQuote,
  { ledger, crypto, recognition }: AuthenticateContext,
): Promise<ReplayedLog | undefined> {
  const source = recognition.companions?.get("eventLog");
  if (source === undefined) return undefined;
  // Not so for a wrapper that goes by the events.
  if (isEmpty(source) && recognition.companions?.get("eventsJudged") !== true) return undefined;
  const id = "tdx/event-log";
  const log = await ledger.attempt(id, () => replay(parseEventLog(source), crypto));
  if (log === undefined) return undefined;
  const covered = REGISTERS.filter(([register]) => log.registers.has(register));
  const differing = covered
    .filter(([register, name]) => !equalBytes(log.registers.get(register) as Uint8Array, report[name]))
    .map(([, name]) => name);
  const params = {
    form: log.form,
    count: log.list.length,
    registers: covered.map(([, name]) => name),
    differing,
    unbound: log.unbound,
  };
  if (differing.length > 0 || covered.length === 0) ledger.failed(id, "event-log-mismatch", params);
  else if (log.unbound.length > 0) ledger.failed(id, "event-payload-mismatch", params);
  else {
    ledger.passed(id, params);
    return log;
  }
  return undefined;
}

/** Agents without a log send an empty one: it says nothing, and is none. */
function isEmpty(source: Uint8Array | JsonValue): boolean {
  if (typeof source !== "string" && !(source instanceof Uint8Array))
    return Array.isArray(source) && source.length === 0;
  const text = typeof source === "string" ? source : String.fromCharCode(...source.subarray(0, 9));
  return text.length <= 8 && /^\s*(?:\[\s*\])?\s*$/.test(text);
}
