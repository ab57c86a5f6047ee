/** Every check of a document, in the order of the verdict, with the clause that asks for it. */

import type { Stage } from "../../verdict.js";
import type { CheckDefinition } from "../ledger.js";
import type { DocumentType } from "./document.js";

const NSM = "nsm-api, attestation_process.md";
const HOUSE = "tee-verify design";

/** `nitro`: enclaves alone; `nitro-tpm`: instances alone. */
type Row = readonly [stage: Stage, name: string, spec: string, need: "required" | "optional", only?: DocumentType];

const ROWS: readonly Row[] = [
  ["parse", "format", `${NSM}, section 3.1; RFC 8949; RFC 9052`, "required"],
  ["authenticate", "root", `${HOUSE}, rule 1; AWS, Verifying the root of trust`, "required"],
  ["authenticate", "certificate-path", `${NSM}, section 3.2.3; RFC 5280, section 6`, "required"],
  ["authenticate", "certificate-validity", "RFC 5280, section 4.1.2.5", "required"],
  ["authenticate", "document-signature", `${NSM}, section 3.2; RFC 9052, section 4.4`, "required"],
  ["authenticate", "module-id", `${NSM}, section 3.1`, "required"],
  ["authenticate", "instance-register", "AWS Nitro Enclaves, PCR4", "required", "nitro"],
  ["authenticate", "carrier", "Evervault, attestation in certificates", "optional"],
  ["authenticate", "cross-check", `${HOUSE}, section 4`, "optional"],
  ["appraise", "age", `${HOUSE}, section 2`, "required"],
  ["appraise", "build", "AWS Nitro Enclaves, Where to get an enclave's measurements", "required"],
  ["appraise", "binding", `${NSM}, section 3.1`, "required"],
  ["appraise", "debug", "AWS Nitro Enclaves, debug mode", "required", "nitro"],
  ["appraise", "command-line", "AWS nitrotpm-attestation-samples, PCR12", "required", "nitro-tpm"],
  ["appraise", "module-accepted", `${NSM}, section 3.1`, "optional"],
  ["appraise", "region-accepted", `${NSM}, section 3.1`, "optional"],
];

/** Ids are `nitro/<name>` and `nitro-tpm/<name>`. */
export function nitroChecks(type: DocumentType): readonly CheckDefinition[] {
  return ROWS.flatMap(([stage, name, spec, need, only]) =>
    only === undefined || only === type ? [{ id: `${type}/${name}`, stage, spec, required: need === "required" }] : [],
  );
}
