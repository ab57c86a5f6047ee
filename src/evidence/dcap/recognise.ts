/** The outer forms of a DCAP quote: bare, behind Open Enclave's header, from configfs-tsm, and in JSON of the field. Shared by the two kinds. */

import { equalBytes } from "../../encoding/bytes.js";
import { isJsonObject, type JsonObject, type JsonValue, member } from "../../encoding/json.js";
import { demand } from "../../encoding/malformed.js";
import { fromHex } from "../../encoding/text.js";
import { fromBase64Any } from "../envelope.js";
import type { EvidenceInput, Recognition } from "../kind.js";
import { type Tee, teeOf } from "./quote.js";

/** Members of JSON objects under which the field sends quotes. */
const QUOTE_MEMBERS = ["quote", "tdx_quote", "intel_quote", "outblob"];
/** And what it sends beside them, for whoever replays registers: untrusted. */
const COMPANIONS: Readonly<Record<string, string>> = {
  event_log: "eventLog",
  eventLog: "eventLog",
  cc_eventlog: "eventLog",
  vm_config: "vmConfig",
};

/** @throws MalformedError for JSON with two quotes */
export function recogniseQuote(input: EvidenceInput, tee: Tee): Recognition | undefined {
  if ("bytes" in input) return fromBytes(input.bytes, tee);
  return isJsonObject(input.json) ? fromJson(input.json, tee) : undefined;
}

function fromBytes(given: Uint8Array, tee: Tee): Recognition | undefined {
  const bytes = withoutHeader(given);
  if (teeOf(bytes) !== tee) return undefined;
  return { bytes, form: bytes === given ? "quote" : "Open Enclave report", endorsements: [] };
}

/** `oe_report_header_t` of Open Enclave and EGo: version 1, a remote report (2), and the length of the rest in eight bytes. */
const HEADER_BYTES = 16;

function withoutHeader(bytes: Uint8Array): Uint8Array {
  const rest = bytes.subarray(HEADER_BYTES);
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  for (const [at, value] of [1, 2, rest.length].entries()) header.setUint32(4 * at, value, true);
  return equalBytes(bytes.subarray(0, HEADER_BYTES), new Uint8Array(header.buffer)) ? rest : bytes;
}

function fromJson(json: JsonObject, tee: Tee): Recognition | undefined {
  const provider = member(json, "provider");
  const foreign = typeof provider === "string" && provider.trim() === "sev_guest";
  const found = QUOTE_MEMBERS.flatMap((name) => {
    const text = member(json, name);
    const bytes = typeof text === "string" && !foreign ? fromText(text) : undefined;
    return bytes === undefined ? [] : [{ name, bytes }];
  });
  const [first] = found;
  if (first === undefined) {
    // Requests to Intel Trust Authority name each part by its kind.
    const inner = member(json, "evidence") ?? member(json, tee);
    return isJsonObject(inner) ? fromJson(inner, tee) : undefined;
  }
  const { name, bytes } = first;
  // Of two, whoever reads the other would be shown what nobody judged.
  demand(
    found.every((other) => equalBytes(other.bytes, bytes)),
    "quotes under two names that differ",
  );
  if (teeOf(bytes) !== tee) return undefined;
  const companions = new Map<string, JsonValue>();
  for (const [given, companion] of Object.entries(COMPANIONS)) {
    const value = member(json, given);
    if (value !== undefined && value !== null) companions.set(companion, value);
  }
  return { bytes, form: `JSON with ${name}`, endorsements: [], companions };
}

/** The longest quote in hex, broken into lines however short. */
const MAX_TEXT = 262_144;

/** Hex with or without `0x`, or base64. Hex digits are base64 too: the reading that is a quote counts. */
function fromText(text: string): Uint8Array | undefined {
  if (text.length > MAX_TEXT) return undefined;
  const readings = [(): Uint8Array => fromHex(text.replace(/^0x/i, "")), (): Uint8Array => fromBase64Any(text)];
  for (const read of readings) {
    try {
      const bytes = read();
      if (teeOf(bytes) !== undefined) return bytes;
    } catch {
      // Another reading, or none: then it is no quote.
    }
  }
  return undefined;
}
