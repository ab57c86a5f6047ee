/** Every check of a SEV-SNP report, in the order of the verdict, with the clause that asks for it. */

import type { Stage } from "../../verdict.js";
import type { CheckDefinition } from "../ledger.js";

const ABI = "AMD 56860, ATTESTATION_REPORT";
const KDS = "AMD 57230, section 3";

export const FORMAT_CHECK = "sev-snp/format";

type Row = readonly [Stage, string, string, "required" | "optional"];

const ROWS: readonly Row[] = [
  ["parse", "format", ABI, "required"],
  ["authenticate", "endorsement-key", "AMD 56860, KEY_INFO.SIGNING_KEY", "required"],
  ["authenticate", "certificate-profile", KDS, "required"],
  ["authenticate", "certificate-path", "RFC 5280, section 6", "required"],
  ["authenticate", "certificate-validity", "RFC 5280, section 4.1.2.5", "required"],
  ["authenticate", "supplied-certificates", "tee-verify design, rule 1", "required"],
  ["authenticate", "revocation", "RFC 5280, section 6.3; AMD 57230, section 4", "optional"],
  ["authenticate", "product", KDS, "required"],
  ["authenticate", "certificate-tcb", KDS, "required"],
  ["authenticate", "certificate-chip", KDS, "required"],
  ["authenticate", "report-signature", "AMD 56860, chapter 10", "required"],
  ["authenticate", "cross-check", "tee-verify design, section 4", "optional"],
  ["appraise", "build", "AMD 56860, MEASUREMENT", "required"],
  ["appraise", "report-data", "AMD 56860, REPORT_DATA", "required"],
  ["appraise", "debug", "AMD 56860, section 4.3, DEBUG", "required"],
  ["appraise", "migration", "AMD 56860, section 4.3, MIGRATE_MA", "required"],
  ["appraise", "vmpl", "AMD 56860, VMPL", "required"],
  ["appraise", "guest-policy", "AMD 56860, section 4.3", "required"],
  ["appraise", "policy-consistency", "AMD 56860, section 4.3 and PLATFORM_INFO", "required"],
  ["appraise", "platform-info", "AMD 56860, PLATFORM_INFO", "required"],
  ["appraise", "tcb-order", "AMD 56860, section 2.2", "required"],
  ["appraise", "tcb-floor", "AMD security bulletins, by the dated table", "required"],
  ["appraise", "advisories", "AMD security bulletins, by the dated table", "required"],
  ["appraise", "provisional-firmware", "AMD 56860, COMMITTED_TCB", "required"],
  ["appraise", "minimum-tcb", "AMD 56860, section 2.2", "optional"],
  ["appraise", "minimum-firmware", "AMD 56860, COMMITTED_BUILD", "optional"],
  ["appraise", "mitigations", "AMD 56860, CURRENT_MIT_VECTOR", "optional"],
  ["appraise", "id-block", "AMD 56860, section 8.17", "optional"],
  ["appraise", "report-ids", "AMD 56860, REPORT_ID", "optional"],
  ["appraise", "product-accepted", KDS, "optional"],
  ["appraise", "chip-accepted", "AMD 56860, CHIP_ID", "optional"],
  ["appraise", "csp-accepted", KDS, "optional"],
];

/** Ids are `sev-snp/<name>`. */
export function snpChecks(): readonly CheckDefinition[] {
  return ROWS.map(([stage, name, spec, need]) => ({
    id: `sev-snp/${name}`,
    stage,
    spec,
    required: need === "required",
  }));
}
