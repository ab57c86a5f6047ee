/** CC Event Log (UEFI 2.11, section 38; TCG PC Client Platform Firmware Profile, section 10.2): a header, then TCG_PCR_EVENT2 records. */

import { allBytes } from "../../../encoding/bytes.js";
import { demand, MalformedError } from "../../../encoding/malformed.js";
import { type Reader, reader } from "../../../encoding/reader.js";
import { DIGEST_BYTES, EV_NO_ACTION, type EventLog, type LogEvent, MAX_EVENTS, type Register } from "./event.js";

/** `Spec ID Event03` and its NUL. */
const SIGNATURE = "Spec ID Event03\0";
/** TPM_ALG_SHA384. */
const SHA384 = 0x000c;
/** Lengths of digests by TPM_ALG_ID (TCG Algorithm Registry). */
const DIGEST_LENGTHS: ReadonlyMap<number, number> = new Map([
  [0x0004, 20],
  [0x000b, 32],
  [SHA384, DIGEST_BYTES],
  [0x000d, 64],
  [0x0012, 32],
]);
export const MAX_LOG_BYTES = 2_097_152;

export function looksLikeCcel(bytes: Uint8Array): boolean {
  return bytes.length > 48 && String.fromCharCode(...bytes.subarray(32, 48)) === SIGNATURE;
}

/** @throws MalformedError */
export function parseCcel(bytes: Uint8Array): EventLog {
  demand(bytes.length <= MAX_LOG_BYTES, `event log longer than ${MAX_LOG_BYTES} bytes`);
  const r = reader(bytes);
  readHeader(r);
  const events: LogEvent[] = [];
  while (!atEnd(r, bytes)) {
    demand(events.length < MAX_EVENTS, `event log with more than ${MAX_EVENTS} events`, r.offset);
    const event = readEvent(r);
    if (event !== undefined) events.push(event);
  }
  return { form: "CCEL", events };
}

/** TCG_PCClientPCREvent: the old form, for readers that know nothing else. */
function readHeader(r: Reader): void {
  // 0 by the specification; Google's firmware writes 1. It extends nothing either way.
  demand(r.u32le("register") <= 1, "event log does not start with its header");
  demand(r.u32le("event type") === EV_NO_ACTION, "event log does not start with its header", 4);
  r.zero(20, "digest of the header");
  const data = r.take(r.u32le("length of the header"), "header");
  demand(
    String.fromCharCode(...data.subarray(0, 16)) === SIGNATURE,
    "event log of another format than Spec ID Event03",
    32,
  );
}

/** The table is padded with zeros or ones behind its last event. */
function atEnd(r: Reader, bytes: Uint8Array): boolean {
  const rest = bytes.subarray(r.offset);
  return rest.length === 0 || allBytes(rest.subarray(0, 4), 0xff) || (allBytes(rest.subarray(0, 8)) && allBytes(rest));
}

/** Register 1 of a CCEL is RTMR0; 0 is MRTD, which no event extends. */
function readEvent(r: Reader): LogEvent | undefined {
  const start = r.offset;
  const index = r.u32le("register");
  const type = r.u32le("event type");
  const digest = readDigest(r);
  const payload = r.take(r.u32le("length of the event"), "event");
  if (type === EV_NO_ACTION) return undefined;
  demand(index >= 1 && index <= 4, `event of register ${index}, which a TD does not have`, start);
  if (digest === undefined) throw new MalformedError("event without a SHA-384 digest", start);
  return { register: (index - 1) as Register, type, digest, name: "", payload };
}

function readDigest(r: Reader): Uint8Array | undefined {
  const count = r.u32le("count of digests");
  demand(count >= 1 && count <= DIGEST_LENGTHS.size, "event with an impossible count of digests", r.offset);
  let found: Uint8Array | undefined;
  for (let i = 0; i < count; i++) {
    const algorithm = r.u16le("digest algorithm");
    const length = DIGEST_LENGTHS.get(algorithm);
    if (length === undefined) throw new MalformedError(`digest algorithm ${algorithm} is not known`, r.offset);
    const digest = r.take(length, "digest");
    if (algorithm !== SHA384) continue;
    demand(found === undefined, "event with two SHA-384 digests", r.offset);
    found = digest;
  }
  return found;
}
