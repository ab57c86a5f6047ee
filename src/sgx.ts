/** `tee-verify/sgx`: Intel SGX alone. */

import { sgx } from "./evidence/sgx/kind.js";
import { createVerifier, type Verifier } from "./verifier.js";

export { type FetchCollateralOptions, type FetchedCollateral, fetchCollateral } from "./evidence/dcap/fetch.js";
export type { TcbStatus } from "./evidence/dcap/tcb.js";
export type { SgxPolicy, SgxReference } from "./evidence/sgx/settings.js";
export * from "./front-door.js";
export { sgx };

const verifier: Verifier<readonly [typeof sgx]> = /* @__PURE__ */ createVerifier([sgx]);

/**
 * Judges an SGX quote.
 *
 * @example
 * import { verify } from "tee-verify/sgx";
 * const verdict = await verify(quote, { expected: { sgx: { mrenclave } }, binding: { nonce }, fetch });
 */
export const verify: Verifier<readonly [typeof sgx]>["verify"] = verifier.verify;
/** Like `verify`, and throws `NotVerifiedError` unless the verdict is `verified`. */
export const requireVerified: Verifier<readonly [typeof sgx]>["requireVerified"] = verifier.requireVerified;
/** Reads a quote without verifying anything. */
export const inspect: Verifier<readonly [typeof sgx]>["inspect"] = verifier.inspect;
