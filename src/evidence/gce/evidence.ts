/** Evidence of a Google confidential VM: the hardware's report or quote, and Google's endorsement of the firmware, in one JSON object. */

import { isJsonObject, type JsonObject, type JsonValue, member, stringMember } from "../../encoding/json.js";
import { demand } from "../../encoding/malformed.js";
import { looksLikePem, toUtf8 } from "../../encoding/text.js";
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

/** `{ launchEndorsement, snpReport | tdQuote, certificates? }`, bytes as base64, certificates also as PEM. */
export function recognises(input: EvidenceInput): Recognition | undefined {
  if ("bytes" in input || !isJsonObject(input.json)) return undefined;
  const { json } = input;
  const snp = member(json, "snpReport");
  const quote = member(json, "tdQuote");
  if (
    typeof member(json, "launchEndorsement") !== "string" ||
    (typeof snp === "string") === (typeof quote === "string")
  )
    return undefined;
  const companions = new Map<string, JsonValue>([["json", json]]);
  const bytes = fromBase64Any(typeof snp === "string" ? snp : (quote as string));
  return { bytes, form: "report with launch endorsement", endorsements: [], companions };
}

/** @throws MalformedError */
export function parseEvidence(report: Uint8Array, { companions }: Recognition): GceEvidence {
  const json = companions?.get("json") as JsonObject;
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

/** The binding is compared by the whole, so that it is asked for once. */
export function unwrap({ hardware, report, certificates }: GceEvidence): readonly Child[] {
  const name = hardware === "sev-snp" ? "snp" : "tdx";
  return [{ name, role: "cpu", bytes: report, endorsements: certificates, accept: [hardware], binding: "unbound" }];
}

export function slots({ reportData }: GceEvidence): readonly Slot[] {
  return [{ name: "reportData", size: 64, value: reportData }];
}
