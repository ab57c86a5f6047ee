/** Every check of GPU and switch reports and of lists of them, in the order of the verdict, with the clause that asks for it. */

import type { Stage } from "../../verdict.js";
import type { CheckDefinition } from "../ledger.js";
import type { DeviceType } from "./report.js";

const SPDM = "DMTF DSP0274 1.1, section 10.11";
const RIM = "ISO/IEC 19770-2; W3C XMLDSig 1.1";
const POLICY = "relying party's policy";

type Row = readonly [Stage, string, string, "required" | "optional"];

const DEVICE: readonly Row[] = [
  ["parse", "format", SPDM, "required"],
  ["authenticate", "certificate-chain", "RFC 5280, section 6", "required"],
  ["authenticate", "certificate-path", "RFC 5280, section 6", "required"],
  ["authenticate", "certificate-validity", "RFC 5280, section 4.1.2.5", "required"],
  ["authenticate", "supplied-certificates", "tee-verify design, rule 1", "required"],
  ["authenticate", "revocation", "RFC 6960", "required"],
  ["authenticate", "chip", "NVIDIA nvtrust, certificate names", "required"],
  ["authenticate", "firmware-id", "TCG DICE Attestation Architecture 1.1, section 6", "required"],
  ["authenticate", "report-signature", `${SPDM}.2`, "required"],
  ["authenticate", "driver-rim", RIM, "required"],
  ["authenticate", "vbios-rim", RIM, "required"],
  ["authenticate", "cross-check", "tee-verify design, section 4", "optional"],
  ["appraise", "measurements", "NVIDIA nvtrust, golden measurements", "required"],
  ["appraise", "build", POLICY, "required"],
  ["appraise", "nonce", `${SPDM}.1`, "required"],
  ["appraise", "protected-pcie", "NVIDIA PPCIE, topology", "required"],
  ["appraise", "minimum-driver", POLICY, "optional"],
  ["appraise", "vbios-accepted", POLICY, "optional"],
  ["appraise", "chip-accepted", POLICY, "optional"],
  ["appraise", "device-accepted", POLICY, "optional"],
];

/** A switch runs no driver of its own, and stands in no topology alone. */
const NOT_OF_SWITCHES = ["driver-rim", "protected-pcie", "minimum-driver"];

const LIST: readonly Row[] = [
  ["parse", "format", "NVIDIA attestation-sdk, serialised evidence", "required"],
  ["appraise", "labels", "tee-verify design, section 1", "required"],
  ["appraise", "distinct", "NVIDIA PPCIE, topology", "required"],
  ["appraise", "count", POLICY, "optional"],
  ["appraise", "topology", "NVIDIA PPCIE, topology", "required"],
  ["appraise", "nonce", `${SPDM}.1`, "required"],
];

const definitions = (prefix: string, rows: readonly Row[]): readonly CheckDefinition[] =>
  rows.map(([stage, name, spec, need]) => ({ id: `${prefix}/${name}`, stage, spec, required: need === "required" }));

/** Ids are `nvidia-gpu/<name>` and `nvidia-switch/<name>`. */
export function deviceChecks(device: DeviceType): readonly CheckDefinition[] {
  const rows = device === "gpu" ? DEVICE : DEVICE.filter(([, name]) => !NOT_OF_SWITCHES.includes(name));
  return definitions(`nvidia-${device}`, rows);
}

/** Ids are `nvidia-evidence/<name>`. */
export function listChecks(): readonly CheckDefinition[] {
  return definitions("nvidia-evidence", LIST);
}

/** The id of a check of this device. */
export function checkId({ device }: { readonly device: DeviceType }, name: string): string {
  return `nvidia-${device}/${name}`;
}
