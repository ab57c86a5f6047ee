/** Google's confidential VMs as a kind of evidence: its doors, put together. */

import { toHex } from "../../encoding/text.js";
import { gceLimits, gceMessages } from "../../messages/gce.js";
import type { EvidenceKind } from "../kind.js";
import { type GceEvidence, parseEvidence, recognises, slots, unwrap } from "./evidence.js";
import { appraise, authenticate } from "./judge.js";
import {
  type GceCvmPolicy,
  type GceCvmReference,
  type GceSettings,
  type GceValues,
  readPolicy,
  readReference,
} from "./settings.js";

const PROTO = "google/gce-tcb-verifier, endorsement.proto";

/** SEV-SNP reports and TD quotes of Google's confidential VMs with Google's endorsement of their firmware. */
export const gceCvm: EvidenceKind<
  "gce-cvm",
  GceCvmPolicy,
  GceCvmReference,
  GceEvidence,
  undefined,
  GceSettings,
  GceValues
> = {
  name: "gce-cvm",
  role: "cpu",
  checks: [
    { id: "gce-cvm/format", stage: "parse", spec: PROTO, required: true },
    { id: "gce-cvm/endorsement-path", stage: "authenticate", spec: "RFC 5280, section 6", required: true },
    { id: "gce-cvm/endorsement-signature", stage: "authenticate", spec: PROTO, required: true },
    { id: "gce-cvm/provenance", stage: "authenticate", spec: PROTO, required: true },
    { id: "gce-cvm/firmware", stage: "appraise", spec: PROTO, required: true },
    { id: "gce-cvm/build", stage: "appraise", spec: "relying party's policy", required: true },
    { id: "gce-cvm/binding", stage: "appraise", spec: "relying party's policy", required: true },
  ],
  formatCheck: "gce-cvm/format",
  messages: gceMessages,
  limits: gceLimits,
  otherEndorsements: "refused",
  // A report with the endorsement in its table is one of SEV-SNP, too.
  wraps: ["sev-snp", "tdx"],
  recognises,
  parse: parseEvidence,
  unwrap,
  needs: () => [],
  authenticate,
  appraise,
  slots,
  claims: ({ hardware, endorsement, reportData }) => ({
    hardware,
    firmwareSha384: toHex(endorsement.firmwareDigest),
    endorsedAt: new Date(Math.min(endorsement.timestamp, 8.64e15)).toISOString(),
    changelist: endorsement.changelist,
    commit: endorsement.commit,
    reportData: reportData === undefined ? null : toHex(reportData),
  }),
  map: () => [],
  readPolicy,
  readReference,
};
