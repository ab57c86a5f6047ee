/** `tee-verify/gce`: confidential VMs of Google Compute Engine, with Google's endorsement of their firmware. */

import { gceCvm } from "./evidence/gce/kind.js";
import { sevSnp } from "./evidence/sev-snp/kind.js";
import { tdx } from "./evidence/tdx/kind.js";
import { createVerifier, type Verifier } from "./verifier.js";

export type { GceCvmPolicy, GceCvmReference } from "./evidence/gce/settings.js";
export * from "./front-door.js";
export { gceCvm, sevSnp, tdx };

type Kinds = readonly [typeof gceCvm, typeof sevSnp, typeof tdx];
const verifier: Verifier<Kinds> = /* @__PURE__ */ createVerifier([gceCvm, sevSnp, tdx]);

/**
 * Judges `{ launchEndorsement, snpReport | tdQuote, certificates? }` (JSON, bytes as base64), and SEV-SNP reports with the endorsement in their
 * certificate table, as bytes or from configfs-tsm.
 *
 * @example
 * import { verify } from "tee-verify/gce";
 * const verdict = await verify(json, {
 *   accept: ["gce-cvm"], expected: { "gce-cvm": { minimumSvn: 1 } }, covers: "firmware", binding: { nonce }, endorsements: [root], fetch,
 * });
 */
export const verify: Verifier<Kinds>["verify"] = verifier.verify;
/** Like `verify`, and throws `NotVerifiedError` unless the verdict is `verified`. */
export const requireVerified: Verifier<Kinds>["requireVerified"] = verifier.requireVerified;
/** Reads evidence without verifying anything. */
export const inspect: Verifier<Kinds>["inspect"] = verifier.inspect;
