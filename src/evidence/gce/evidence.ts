/** Evidence of a Google confidential VM: the hardware's report or quote, and Google's endorsement of the firmware, in one JSON object. */

import { allBytes, concatBytes } from "../../encoding/bytes.js";
import { isJsonObject, type JsonObject, type JsonValue, member, stringMember } from "../../encoding/json.js";
import { demand } from "../../encoding/malformed.js";
import { looksLikePem, toHex, toUtf8 } from "../../encoding/text.js";
import type { Slot } from "../../expected/binding.js";
import { fromBase64Any } from "../envelope.js";
import type { Child, EvidenceInput, Recognition } from "../kind.js";
import { type LaunchEndorsement, parseEndorsement } from "./endorsement.js";

export interface GceEvidence {
  readonly hardware: "sev-snp" | "tdx";
  readonly report: Uint8Array;
  readonly certificates: readonly Uint8Array[];
  readonly endorsement: LaunchEndorsement;
  /** As the report has it; the report's own part verifies it. */
  readonly reportData: Uint8Array | undefined;
}

/**
 * `{ launchEndorsement, snpReport | tdQuote, certificates? }` (bytes as base64, certificates also as PEM), or a report as the machine hands it
 * out, with the endorsement in its certificate table: the bytes of both, or configfs-tsm's `outblob` and `auxblob`.
 */
export function recognises(input: EvidenceInput): Recognition | undefined {
  if ("bytes" in input) return withTable(input.bytes, "extended report with launch endorsement");
  if (!isJsonObject(input.json)) return undefined;
  const { json } = input;
  const [snp, quote, outblob, auxblob] = ["snpReport", "tdQuote", "outblob", "auxblob"].map((name) =>
    member(json, name),
  );
  if (typeof outblob === "string" && typeof auxblob === "string")
    return withTable(
      concatBytes(fromBase64Any(outblob), fromBase64Any(auxblob)),
      "configfs-tsm with launch endorsement",
    );
  if (
    typeof member(json, "launchEndorsement") !== "string" ||
    (typeof snp === "string") === (typeof quote === "string")
  )
    return undefined;
  const companions = new Map<string, JsonValue>([["json", json]]);
  const bytes = fromBase64Any(typeof snp === "string" ? snp : (quote as string));
  return { bytes, form: "report with launch endorsement", endorsements: [], companions };
}

const REPORT_BYTES = 1184;
const ENTRY_BYTES = 24;
const MAX_ENTRIES = 16;
/** 9f4116cd-c503-4f5a-8f6f-fb68882f4ce2, in RFC 4122 order (google/gce-tcb-verifier). */
const ENDORSEMENT_GUID = "9f4116cdc5034f5a8f6ffb68882f4ce2";

function withTable(bytes: Uint8Array, form: string): Recognition | undefined {
  return endorsementIn(bytes) === undefined ? undefined : { bytes, form, endorsements: [] };
}

/** The endorsement's entry in the certificate table behind a report; the report's own part reads the table whole and strictly. */
function endorsementIn(bytes: Uint8Array): Uint8Array | undefined {
  // A small version number in four bytes, which nothing else starts with.
  if ((bytes[0] ?? 16) >= 16 || !allBytes(bytes.subarray(1, 4))) return undefined;
  const table = bytes.subarray(REPORT_BYTES);
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  for (let at = 0; at + ENTRY_BYTES <= Math.min(table.length, MAX_ENTRIES * ENTRY_BYTES); at += ENTRY_BYTES) {
    const guid = toHex(table.subarray(at, at + 16));
    if (/^0+$/.test(guid)) break;
    const start = view.getUint32(at + 16, true);
    if (guid === ENDORSEMENT_GUID) return table.subarray(start, start + view.getUint32(at + 20, true));
  }
  return undefined;
}

/** @throws MalformedError */
export function parseEvidence(report: Uint8Array, { companions }: Recognition): GceEvidence {
  const json = companions?.get("json") as JsonObject | undefined;
  if (json === undefined) {
    const endorsement = parseEndorsement(endorsementIn(report) as Uint8Array);
    const reportData = reportDataOf("sev-snp", report);
    return { hardware: "sev-snp", report, certificates: [], endorsement, reportData };
  }
  const listed = member(json, "certificates") ?? [];
  demand(Array.isArray(listed) && listed.length <= 16, "certificates are no list of 16 at most");
  const hardware = typeof member(json, "snpReport") === "string" ? "sev-snp" : "tdx";
  return {
    hardware,
    report,
    certificates: (listed as readonly JsonValue[]).map((item) => {
      demand(typeof item === "string", "certificate is not text");
      return looksLikePem(item) ? toUtf8(item) : fromBase64Any(item);
    }),
    endorsement: parseEndorsement(fromBase64Any(stringMember(json, "launchEndorsement"))),
    reportData: reportDataOf(hardware, report),
  };
}

/** AMD 56860, table 23; Intel TDX DCAP quote format, versions 4 and 5 (whose body has a header of 6 bytes). */
function reportDataOf(hardware: GceEvidence["hardware"], report: Uint8Array): Uint8Array | undefined {
  const at = hardware === "sev-snp" ? 0x50 : 48 + 520 + (report[0] === 5 ? 6 : 0);
  const value = report.subarray(at, at + 64);
  return value.length === 64 ? value : undefined;
}

export function unwrap({ hardware, report, certificates }: GceEvidence): readonly Child[] {
  const name = hardware === "sev-snp" ? "snp" : "tdx";
  return [{ name, role: "cpu", bytes: report, endorsements: certificates, accept: [hardware], binding: "caller" }];
}

export function slots({ reportData }: GceEvidence): readonly Slot[] {
  return [{ name: "reportData", size: 64, value: reportData }];
}
