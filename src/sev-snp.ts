/** `tee-verify/sev-snp`: AMD SEV-SNP alone. */

import { sevSnp } from "./evidence/sev-snp/kind.js";
import { createVerifier, type Verifier } from "./verifier.js";

export { FLOORS, type Floor, type FloorTable } from "./evidence/sev-snp/floors.js";
export type { SevSnpPolicy, SevSnpReference } from "./evidence/sev-snp/settings.js";
export type { Tcb } from "./evidence/sev-snp/tcb.js";
export * from "./front-door.js";
export { sevSnp };

const verifier: Verifier<readonly [typeof sevSnp]> = /* @__PURE__ */ createVerifier([sevSnp]);

/**
 * Judges a SEV-SNP report.
 *
 * @example
 * import { verify } from "tee-verify/sev-snp";
 * const verdict = await verify(report, { expected: { "sev-snp": { measurement } }, binding: { nonce }, endorsements: [vcek] });
 */
export const verify: Verifier<readonly [typeof sevSnp]>["verify"] = verifier.verify;
/** Like `verify`, and throws `NotVerifiedError` unless the verdict is `verified`. */
export const requireVerified: Verifier<readonly [typeof sevSnp]>["requireVerified"] = verifier.requireVerified;
/** Reads a report without verifying anything. */
export const inspect: Verifier<readonly [typeof sevSnp]>["inspect"] = verifier.inspect;
