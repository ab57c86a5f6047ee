/** `tee-verify/arm`: Arm CCA realms and PSA devices. */

import { armCca } from "./evidence/arm/cca.js";
import { armPsa } from "./evidence/arm/psa.js";
import { createVerifier, type Verifier } from "./verifier.js";

export type { Lifecycle } from "./evidence/arm/claims.js";
export { keysFromCorim } from "./evidence/arm/corim.js";
export type { ArmKey, EcJwk } from "./evidence/arm/keys.js";
export type {
  ArmCcaReference,
  ArmPolicy,
  ArmPsaReference,
  ComponentReference,
  PlatformReference,
} from "./evidence/arm/settings.js";
export { keysFromStore, referencesFromStore } from "./evidence/arm/store.js";
export * from "./front-door.js";
export { armCca, armPsa };

type Kinds = readonly [typeof armCca, typeof armPsa];
const verifier: Verifier<Kinds> = /* @__PURE__ */ createVerifier([armCca, armPsa]);

/**
 * Judges a CCA or PSA token. Arm publishes no root, so the device's key is the caller's to give.
 *
 * @example
 * import { verify } from "tee-verify/arm";
 * const verdict = await verify(token, {
 *   expected: { "arm-cca": { rim, platform: { components } } },
 *   binding: { nonce, publicKey },
 *   policy: { "arm-cca": { keys: { key: cpakJwk, instanceId } } },
 * });
 */
export const verify: Verifier<Kinds>["verify"] = verifier.verify;
/** Like `verify`, and throws `NotVerifiedError` unless the verdict is `verified`. */
export const requireVerified: Verifier<Kinds>["requireVerified"] = verifier.requireVerified;
/** Reads a token without verifying anything. */
export const inspect: Verifier<Kinds>["inspect"] = verifier.inspect;
