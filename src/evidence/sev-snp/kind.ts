/** AMD SEV-SNP as a kind of evidence: its doors, put together. */

import { sevSnpLimits, sevSnpMessages } from "../../messages/sev-snp.js";
import type { EvidenceKind } from "../kind.js";
import { appraise } from "./appraise.js";
import { authenticate, type SnpTrusted } from "./authenticate.js";
import { FORMAT_CHECK, snpChecks } from "./checks.js";
import { claims, map, slots } from "./claims.js";
import { needs } from "./endorsements.js";
import { FLOORS } from "./floors.js";
import { parseReport, type SnpReport } from "./report.js";
import {
  readPolicy,
  readReference,
  type SevSnpPolicy,
  type SevSnpReference,
  type SnpReference,
  type SnpSettings,
} from "./settings.js";
import { recognises, unpacks } from "./wrappers.js";

/** Attestation reports of AMD SEV-SNP guests, versions 2, 3 and 5, signed by a VCEK or VLEK of Milan, Genoa or Turin. */
export const sevSnp: EvidenceKind<
  "sev-snp",
  SevSnpPolicy,
  SevSnpReference,
  SnpReport,
  SnpTrusted,
  SnpSettings,
  SnpReference
> = {
  name: "sev-snp",
  role: "cpu",
  checks: /* @__PURE__ */ snpChecks(),
  formatCheck: FORMAT_CHECK,
  messages: sevSnpMessages,
  limits: sevSnpLimits,
  floorsDate: FLOORS.date,
  otherEndorsements: "refused",
  unpacks,
  digestBytes: 48,
  recognises,
  parse: parseReport,
  needs,
  authenticate,
  appraise,
  slots,
  claims,
  map,
  readPolicy,
  readReference,
};
