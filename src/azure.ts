/** `tee-verify/azure`: confidential VMs of Azure on SEV-SNP and TDX. */

import { azureAci } from "./evidence/azure/aci.js";
import { azureCvm } from "./evidence/azure/kind.js";
import { sevSnp } from "./evidence/sev-snp/kind.js";
import { tdx } from "./evidence/tdx/kind.js";
import { createVerifier, type Verifier } from "./verifier.js";

export type { AzureAciPolicy, AzureAciReference } from "./evidence/azure/aci.js";
export type { AzureCvmPolicy, AzureCvmReference } from "./evidence/azure/settings.js";
export * from "./front-door.js";
export { azureAci, azureCvm, sevSnp, tdx };

type Kinds = readonly [typeof azureCvm, typeof azureAci, typeof sevSnp, typeof tdx];
const verifier: Verifier<Kinds> = /* @__PURE__ */ createVerifier([azureCvm, azureAci, sevSnp, tdx]);

/**
 * Judges the evidence of an Azure confidential VM. Without `accept: ["azure-cvm"]` a bare hardware report is taken as well.
 *
 * @example
 * import { verify } from "tee-verify/azure";
 * const verdict = await verify(evidence, {
 *   accept: ["azure-cvm"], expected: { "azure-cvm": { pcrs: { 4: pcr4, 11: pcr11, 12: pcr12 } } }, binding: { nonce }, fetch,
 * });
 */
export const verify: Verifier<Kinds>["verify"] = verifier.verify;
/** Like `verify`, and throws `NotVerifiedError` unless the verdict is `verified`. */
export const requireVerified: Verifier<Kinds>["requireVerified"] = verifier.requireVerified;
/** Reads evidence without verifying anything. */
export const inspect: Verifier<Kinds>["inspect"] = verifier.inspect;
