/** `tee-verify/tdx`: Intel TDX alone. */

import { tdx } from "./evidence/tdx/kind.js";
import { createVerifier, type Verifier } from "./verifier.js";

export { type FetchCollateralOptions, type FetchedCollateral, fetchCollateral } from "./evidence/dcap/fetch.js";
export type { TcbStatus } from "./evidence/dcap/tcb.js";
export type { TdxPolicy, TdxReference } from "./evidence/tdx/settings.js";
export * from "./front-door.js";
export { tdx };

const verifier: Verifier<readonly [typeof tdx]> = /* @__PURE__ */ createVerifier([tdx]);

/**
 * Judges a TDX quote.
 *
 * @example
 * import { verify } from "tee-verify/tdx";
 * const verdict = await verify(quote, { expected: { tdx: { mrtd, rtmr0, rtmr1, rtmr2, rtmr3 } }, binding: { nonce }, fetch });
 */
export const verify: Verifier<readonly [typeof tdx]>["verify"] = verifier.verify;
/** Like `verify`, and throws `NotVerifiedError` unless the verdict is `verified`. */
export const requireVerified: Verifier<readonly [typeof tdx]>["requireVerified"] = verifier.requireVerified;
/** Reads a quote without verifying anything. */
export const inspect: Verifier<readonly [typeof tdx]>["inspect"] = verifier.inspect;
