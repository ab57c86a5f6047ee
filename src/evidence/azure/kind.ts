/** Azure confidential VMs as a kind of evidence: its doors, put together. The hardware's report inside is a part of its own. */

import { azureLimits, azureMessages } from "../../messages/azure.js";
import type { EvidenceKind } from "../kind.js";
import { appraise } from "./appraise.js";
import { authenticate, unwrap } from "./authenticate.js";
import { cvmChecks } from "./checks.js";
import { claims, slots } from "./claims.js";
import {
  type AzureCvmPolicy,
  type AzureCvmReference,
  type AzureSettings,
  type AzureValues,
  readPolicy,
  readReference,
} from "./settings.js";
import { type AzureEvidence, parseEvidence, recognises } from "./wrappers.js";

/** Evidence of Azure's confidential VMs on SEV-SNP and TDX: HCL report, vTPM quote, and the hardware's report within. */
export const azureCvm: EvidenceKind<
  "azure-cvm",
  AzureCvmPolicy,
  AzureCvmReference,
  AzureEvidence,
  undefined,
  AzureSettings,
  AzureValues
> = {
  name: "azure-cvm",
  role: "paravisor",
  checks: /* @__PURE__ */ cvmChecks(),
  formatCheck: "azure-cvm/format",
  messages: azureMessages,
  limits: azureLimits,
  otherEndorsements: "refused",
  wraps: ["sev-snp", "tdx"],
  recognises,
  parse: parseEvidence,
  unwrap,
  needs: () => [],
  authenticate,
  appraise,
  slots,
  claims,
  map: () => [],
  readPolicy,
  readReference,
};
