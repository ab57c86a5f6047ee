/** `tee-verify/nvidia`: reports of NVIDIA GPUs and NVSwitches, alone and in lists. */

import { nvidiaGpu, nvidiaSwitch } from "./evidence/nvidia/kind.js";
import { nvidiaEvidence } from "./evidence/nvidia/list.js";
import { createVerifier, type Verifier } from "./verifier.js";

export type {
  NvidiaAllowance,
  NvidiaListPolicy,
  NvidiaListReference,
  NvidiaPolicy,
  NvidiaReference,
  NvidiaSwitchReference,
} from "./evidence/nvidia/settings.js";
export { type GpuNonce, type WithGpus, withGpus } from "./evidence/nvidia/with-gpus.js";
export * from "./front-door.js";
export { nvidiaEvidence, nvidiaGpu, nvidiaSwitch };

type Kinds = readonly [typeof nvidiaGpu, typeof nvidiaSwitch, typeof nvidiaEvidence];
const verifier: Verifier<Kinds> = /* @__PURE__ */ createVerifier([nvidiaGpu, nvidiaSwitch, nvidiaEvidence]);

/**
 * Judges a GPU's or a switch's report, or a list of them. What is proven is NVIDIA's firmware on NVIDIA's device, and never the machine around
 * it: `covers: "firmware"` says that the caller knows.
 *
 * @example
 * import { verify } from "tee-verify/nvidia";
 * const verdict = await verify(evidenceList, {
 *   expected: { "nvidia-gpu": { driverVersion: "550.90.07" } }, covers: "firmware", binding: { nonce }, endorsements: ocspResponses, fetch,
 * });
 */
export const verify: Verifier<Kinds>["verify"] = verifier.verify;
/** Like `verify`, and throws `NotVerifiedError` unless the verdict is `verified`. */
export const requireVerified: Verifier<Kinds>["requireVerified"] = verifier.requireVerified;
/** Reads a report without verifying anything. */
export const inspect: Verifier<Kinds>["inspect"] = verifier.inspect;
