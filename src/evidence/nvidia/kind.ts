/** NVIDIA's GPUs and switches as kinds of evidence: their doors, put together. */

import { nvidiaLimits, nvidiaMessages } from "../../messages/nvidia.js";
import type { PartRole } from "../../verdict.js";
import type { EvidenceKind } from "../kind.js";
import { appraise } from "./appraise.js";
import { authenticate, type NvidiaTrusted } from "./authenticate.js";
import { deviceChecks } from "./checks.js";
import { claims, map } from "./claims.js";
import { needs } from "./endorsements.js";
import { nonceSlots } from "./nonce.js";
import { type DeviceType, type NvidiaReport, parseReport } from "./report.js";
import {
  type NvidiaPolicy,
  type NvidiaReference,
  type NvidiaReferenceValues,
  type NvidiaSettings,
  type NvidiaSwitchReference,
  readPolicy,
  readReference,
  readSwitchReference,
} from "./settings.js";
import { recogniserOf } from "./wrappers.js";

type DeviceKind<Name extends string, Reference> = EvidenceKind<
  Name,
  NvidiaPolicy,
  Reference,
  NvidiaReport,
  NvidiaTrusted,
  NvidiaSettings,
  NvidiaReferenceValues
>;

function deviceKind<const Name extends string, Reference>(
  name: Name,
  device: DeviceType,
  read: (reference: unknown) => NvidiaReferenceValues,
): DeviceKind<Name, Reference> {
  const role: PartRole = device;
  return {
    name,
    role,
    checks: deviceChecks(device),
    formatCheck: `${name}/format`,
    messages: nvidiaMessages(name),
    limits: nvidiaLimits,
    recognises: recogniserOf(device),
    parse: parseReport,
    needs,
    authenticate,
    appraise,
    slots: nonceSlots,
    claims,
    map,
    readPolicy,
    readReference: read,
  };
}

/** Attestation reports of GPUs in confidential mode: H100, H200 and Blackwell. */
export const nvidiaGpu: DeviceKind<"nvidia-gpu", NvidiaReference> = /* @__PURE__ */ deviceKind(
  "nvidia-gpu",
  "gpu",
  readReference,
);

/** Attestation reports of NVSwitches (LS10). */
export const nvidiaSwitch: DeviceKind<"nvidia-switch", NvidiaSwitchReference> = /* @__PURE__ */ deviceKind(
  "nvidia-switch",
  "switch",
  readSwitchReference,
);
