/** Every check of GPU and switch reports and of lists of them, in the order of the verdict, with the clause that asks for it. */

import type { Stage } from "../../verdict.js";
import type { CheckDefinition } from "../ledger.js";
import type { DeviceType } from "./report.js";

const SPDM = "DMTF DSP0274 1.1, section 10.11";
const RIM = "ISO/IEC 19770-2; W3C XMLDSig 1.1";
const POLICY = "relying party's policy";

type Row = readonly [stage: Stage, name: string, spec: string, optional?: true];

const DEVICE: readonly Row[] = [
  ["parse", "format", SPDM],
  ["authenticate", "certificate-chain", "RFC 5280, section 6"],
  ["authenticate", "certificate-path", "RFC 5280, section 6"],
  ["authenticate", "certificate-validity", "RFC 5280, section 4.1.2.5"],
  ["authenticate", "supplied-certificates", "tee-verify design, rule 1"],
  ["authenticate", "revocation", "RFC 6960"],
  ["authenticate", "chip", "NVIDIA nvtrust, certificate names"],
  ["authenticate", "firmware-id", "TCG DICE Attestation Architecture 1.1, section 6"],
  ["authenticate", "report-signature", `${SPDM}.2`],
  ["authenticate", "driver-rim", RIM],
  ["authenticate", "vbios-rim", RIM],
  ["authenticate", "cross-check", "tee-verify design, section 4", true],
  ["appraise", "measurements", "NVIDIA nvtrust, golden measurements"],
  ["appraise", "build", POLICY],
  ["appraise", "nonce", `${SPDM}.1`],
  ["appraise", "protected-pcie", "NVIDIA PPCIE, topology"],
  ["appraise", "minimum-driver", POLICY, true],
  ["appraise", "vbios-accepted", POLICY, true],
  ["appraise", "chip-accepted", POLICY, true],
  ["appraise", "device-accepted", POLICY, true],
];

/** A switch runs no driver of its own, and stands in no topology alone. */
const NOT_OF_SWITCHES = ["driver-rim", "protected-pcie", "minimum-driver"];

const LIST: readonly Row[] = [
  ["parse", "format", "NVIDIA attestation-sdk, serialised evidence"],
  ["appraise", "labels", "tee-verify design, section 1"],
  ["appraise", "distinct", "NVIDIA PPCIE, topology"],
  ["appraise", "build", POLICY, true],
  ["appraise", "topology", "NVIDIA PPCIE, topology"],
  ["appraise", "nonce", `${SPDM}.1`],
];

const definitions = (prefix: string, rows: readonly Row[]): readonly CheckDefinition[] =>
  rows.map(([stage, name, spec, optional]) => ({ id: `${prefix}/${name}`, stage, spec, required: optional !== true }));

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
