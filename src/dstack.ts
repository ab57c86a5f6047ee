/** `tee-verify/dstack`: agents on dstack (Phala Cloud). */

import { dstack } from "./evidence/dstack/kind.js";
import { tdx } from "./evidence/tdx/kind.js";
import { createVerifier, type Verifier } from "./verifier.js";

export type { DstackReference } from "./evidence/dstack/settings.js";
export type { TdxPolicy, TdxReference } from "./evidence/tdx/settings.js";
export * from "./front-door.js";
export { dstack, tdx };

type Kinds = readonly [typeof dstack, typeof tdx];
const verifier: Verifier<Kinds> = /* @__PURE__ */ createVerifier([dstack, tdx]);

/**
 * Judges a dstack bundle: the quote inside, and what its log says of the application.
 *
 * @example
 * import { verify } from "tee-verify/dstack";
 * const verdict = await verify(info, { expected: { tdx: { mrtd, rtmr0, rtmr1, rtmr2 }, dstack: { composeHash } }, binding, fetch });
 */
export const verify: Verifier<Kinds>["verify"] = verifier.verify;
/** Like `verify`, and throws `NotVerifiedError` unless the verdict is `verified`. */
export const requireVerified: Verifier<Kinds>["requireVerified"] = verifier.requireVerified;
/** Reads a bundle without verifying anything. */
export const inspect: Verifier<Kinds>["inspect"] = verifier.inspect;
