/** `tee-verify/nitro`: AWS Nitro enclaves and EC2 instances with NitroTPM, told apart by their registers. */

import { nitro, nitroTpm } from "./evidence/nitro/kind.js";
import { createVerifier, type Verifier } from "./verifier.js";

export type {
  NitroPolicy,
  NitroReference,
  NitroTpmPolicy,
  NitroTpmReference,
  RegisterReference,
  RegistersDigestReference,
} from "./evidence/nitro/settings.js";
export * from "./front-door.js";
export { nitro, nitroTpm };

type Kinds = readonly [typeof nitro, typeof nitroTpm];
const verifier: Verifier<Kinds> = /* @__PURE__ */ createVerifier([nitro, nitroTpm]);

/**
 * Judges an attestation document. What is expected is named by kind, so that an instance never passes for an enclave.
 *
 * @example
 * import { verify } from "tee-verify/nitro";
 * const verdict = await verify(document, { expected: { nitro: { pcrs: { 0: pcr0, 1: pcr1, 2: pcr2 } } }, binding: { nonce, publicKey } });
 */
export const verify: Verifier<Kinds>["verify"] = verifier.verify;
/** Like `verify`, and throws `NotVerifiedError` unless the verdict is `verified`. */
export const requireVerified: Verifier<Kinds>["requireVerified"] = verifier.requireVerified;
/** Reads a document without verifying anything. */
export const inspect: Verifier<Kinds>["inspect"] = verifier.inspect;
