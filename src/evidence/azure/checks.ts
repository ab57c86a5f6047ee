/** Every check of Azure evidence, in the order of the verdict, with the clause that asks for it. */

import type { CheckDefinition } from "../ledger.js";

const HCL = "openvmm, igvm_attest";
const TPM = "TCG TPM 2.0 Library, part 2";
const POLICY = "relying party's policy";

type Row = readonly [CheckDefinition["stage"], string, string, ("optional" | undefined)?];

const CVM: readonly Row[] = [
  ["parse", "format", `${HCL}; ${TPM}, section 10.12.8`],
  ["authenticate", "hardware", `${HCL}, report type`],
  ["authenticate", "runtime-claims", `${HCL}, report data hash`],
  ["authenticate", "attestation-key", `${HCL}, runtime claims`],
  ["authenticate", "quote-signature", `${TPM}, section 11.3`],
  ["authenticate", "pcrs", `${TPM}, section 10.12.1`],
  ["appraise", "paravisor", POLICY],
  ["appraise", "build", POLICY],
  ["appraise", "binding", `${TPM}, section 10.12.12`],
  ["appraise", "user-data", "Confidential Containers, az-snp-vtpm version 2", "optional"],
  ["appraise", "secure-boot", `${HCL}, vm-configuration`],
  ["appraise", "vm-accepted", POLICY, "optional"],
];

const definitions = (prefix: string, rows: readonly Row[]): readonly CheckDefinition[] =>
  rows.map(([stage, name, spec, need]) => ({ id: `${prefix}/${name}`, stage, spec, required: need !== "optional" }));

/** Ids are `azure-cvm/<name>`. */
export function cvmChecks(): readonly CheckDefinition[] {
  return definitions("azure-cvm", CVM);
}

const UVM = "microsoft/hcsshim, uvm endorsements";

const ACI: readonly Row[] = [
  ["parse", "format", `${UVM}; RFC 9052`],
  ["authenticate", "uvm-signature", "RFC 9052, section 4.4"],
  ["authenticate", "uvm-issuer", "did:x509 method 0"],
  ["authenticate", "uvm-path", "RFC 5280, section 6"],
  ["appraise", "uvm-feed", UVM],
  ["appraise", "uvm-measurement", UVM],
  ["appraise", "build", POLICY],
  ["appraise", "binding", POLICY],
];

/** Ids are `azure-aci/<name>`. */
export function aciChecks(): readonly CheckDefinition[] {
  return definitions("azure-aci", ACI);
}
