/** Nitro enclaves, and EC2 instances with NitroTPM, as kinds of evidence: their doors, put together. */

import { nitroLimits, nitroMessages } from "../../messages/nitro.js";
import type { EvidenceKind } from "../kind.js";
import { appraise } from "./appraise.js";
import { authenticate, type NitroTrusted } from "./authenticate.js";
import { nitroChecks } from "./checks.js";
import { claims, map, slots } from "./claims.js";
import { type DocumentType, type NitroDocument, parseDocument } from "./document.js";
import { recogniser } from "./recognise.js";
import type { RegisterValues } from "./registers.js";
import {
  type NitroPolicy,
  type NitroReference,
  type NitroSettings,
  type NitroTpmPolicy,
  type NitroTpmReference,
  readPolicy,
  readReference,
} from "./settings.js";

type Kind<Name extends DocumentType, Policy, Reference> = EvidenceKind<
  Name,
  Policy,
  Reference,
  NitroDocument,
  NitroTrusted,
  NitroSettings,
  RegisterValues
>;

function kindOf<Name extends DocumentType, Policy, Reference>(
  name: Name,
  role: "cpu" | "vtpm",
  digestBytes: { readonly digestBytes?: number },
): Kind<Name, Policy, Reference> {
  return {
    name,
    role,
    ...digestBytes,
    checks: nitroChecks(name),
    formatCheck: `${name}/format`,
    otherEndorsements: "refused",
    messages: nitroMessages(name),
    limits: nitroLimits,
    recognises: recogniser(name),
    parse: (bytes, recognition) => parseDocument(name, bytes, recognition),
    // The document brings its whole chain, and AWS publishes no revocation list to check.
    needs: () => [],
    authenticate,
    appraise,
    slots,
    claims,
    map,
    readPolicy: (policy) => readPolicy(name, policy),
    readReference: (reference) => readReference(name, reference),
  };
}

/** Attestation documents of AWS Nitro enclaves. A bare digest is PCR0. */
export const nitro: Kind<"nitro", NitroPolicy, NitroReference> = /* @__PURE__ */ kindOf("nitro", "cpu", {
  digestBytes: 48,
});

/** Attestation documents of EC2 instances with NitroTPM. */
export const nitroTpm: Kind<"nitro-tpm", NitroTpmPolicy, NitroTpmReference> = /* @__PURE__ */ kindOf(
  "nitro-tpm",
  "vtpm",
  {},
);
