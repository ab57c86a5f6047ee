/** `tee-verify/tokens`: tokens of attestation services. Somebody's word: never taken where hardware's evidence was asked for. */

import { confidentialSpace, ear, ita, maa, maaWithEnclave, nras } from "./evidence/tokens/kind.js";
import { createVerifier, type Verifier } from "./verifier.js";

export type { TokenPolicy, TokenReference } from "./evidence/tokens/settings.js";
export * from "./front-door.js";
export { confidentialSpace, ear, ita, maa, maaWithEnclave, nras };

type Kinds = readonly [typeof maa, typeof confidentialSpace, typeof ita, typeof nras, typeof ear];
const verifier: Verifier<Kinds> = /* @__PURE__ */ createVerifier([maa, confidentialSpace, ita, nras, ear]);

/**
 * Judges the token of an attestation service.
 *
 * @example
 * import { verify } from "tee-verify/tokens";
 * const verdict = await verify(token, {
 *   accept: ["confidential-space"], expected: { "confidential-space": { imageDigest } }, binding: { nonce },
 *   policy: { "confidential-space": { audience: "https://me.example" } },
 * });
 */
export const verify: Verifier<Kinds>["verify"] = verifier.verify;
/** Like `verify`, and throws `NotVerifiedError` unless the verdict is `verified`. */
export const requireVerified: Verifier<Kinds>["requireVerified"] = verifier.requireVerified;
/** Reads a token without verifying anything. */
export const inspect: Verifier<Kinds>["inspect"] = verifier.inspect;
