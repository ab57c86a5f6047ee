/** The front door: every kind of hardware evidence that tee-verify judges on its own. */

import { nitro } from "./evidence/nitro/kind.js";
import { sevSnp } from "./evidence/sev-snp/kind.js";
import { sgx } from "./evidence/sgx/kind.js";
import { tdx } from "./evidence/tdx/kind.js";
import { createVerifier, type Verifier } from "./verifier.js";

export * from "./front-door.js";
export { nitro, sevSnp, sgx, tdx };

type Kinds = readonly [typeof sevSnp, typeof tdx, typeof sgx, typeof nitro];
const verifier: Verifier<Kinds> = /* @__PURE__ */ createVerifier([sevSnp, tdx, sgx, nitro]);

/**
 * Is this the build I expect, on genuine confidential hardware, and am I really talking to it?
 *
 * @example
 * import { verify } from "tee-verify";
 * const verdict = await verify(evidence, { expected: { "sev-snp": { measurement } }, binding: { nonce, publicKey } });
 * if (verdict.ok) send(secret);
 */
export const verify: Verifier<Kinds>["verify"] = verifier.verify;
/** Like `verify`, and throws `NotVerifiedError` (with the verdict in it) unless the verdict is `verified`. */
export const requireVerified: Verifier<Kinds>["requireVerified"] = verifier.requireVerified;
/** Reads evidence without verifying anything. What comes back is no verdict. */
export const inspect: Verifier<Kinds>["inspect"] = verifier.inspect;
