/** Intel's two revocation lists: the root's over the authorities, and the authority's over PCK certificates. Both are required by default. */

import { equalBytes } from "../../encoding/bytes.js";
import type { Certificate } from "../../trust/certificate.js";
import { issuerHolds } from "../../trust/crl.js";
import { INTEL_PCK_PROFILE } from "../../trust/profiles.js";
import { crlIssuer, type RevocationInput, revocationFaults } from "../../trust/revocation.js";
import { crlOf } from "./chain.js";
import { iso, type Step } from "./step.js";

type Issuer = RevocationInput["issuer"];
type Listed = RevocationInput["certificates"];

export async function checkRevocation(step: Step, signers: readonly Certificate[]): Promise<void> {
  const { chain, anchor, context, id } = step;
  const { leaf, intermediate } = chain;
  const authorities = [...(intermediate === undefined ? [] : [intermediate]), ...signers];
  await context.ledger.attempt(id("revocation"), async () => {
    await Promise.all([
      checkList(step, "root-crl", anchor, listed(authorities)),
      intermediate && leaf && checkList(step, "pck-crl", crlIssuer(intermediate), listed([leaf])),
    ]);
  });
}

function listed(certificates: readonly Certificate[]): Listed {
  return certificates.map(({ commonName, serial }) => ({ name: commonName ?? "a certificate", serial }));
}

async function checkList(
  step: Step,
  need: "root-crl" | "pck-crl",
  issuer: Issuer,
  certificates: Listed,
): Promise<void> {
  const { context, collateral, id } = step;
  const { ledger, at, crypto, settings } = context;
  const name = id("revocation");
  const crl = crlOf(issuer.subject, collateral.crls, at);
  const isMisplaced = need === "pck-crl" && misplaced(step, issuer, crl === undefined);
  if (isMisplaced) ledger.failed(name, "crl-issuer-mismatch", { found: `none is of ${issuer.name}` });
  else if (crl === undefined && settings.revocation === "required")
    ledger.undetermined(name, "crl-missing", step.where(need));
  else if (crl === undefined) ledger.waived(name, "crl-missing", step.where(need));
  if (isMisplaced || crl === undefined) return;
  const faults = await revocationFaults({ crl, issuer, certificates, at, profile: INTEL_PCK_PROFILE, crypto });
  const inGrace = (code: string): boolean => code === "crl-expired" && at <= crl.nextUpdate + settings.grace;
  const [fault] = faults.filter(({ code }) => !inGrace(code));
  if (fault !== undefined) ledger.failed(name, fault.code, { found: fault.found, at: iso(at) });
  else if (faults.length > 0) ledger.waived(name, "allowed", { found: iso(crl.nextUpdate) });
  else ledger.passed(name);
}

/** A list that was given as the authority's and is another's, or lists of Intel's of which none is of a known issuer: a mistake or a trick, not an absence. */
function misplaced({ collateral: { pckCrls, crls }, anchor }: Step, issuer: Issuer, missing: boolean): boolean {
  const isOf = (subject: Uint8Array) => (crl: { readonly issuer: Uint8Array }) => equalBytes(crl.issuer, subject);
  return (
    (pckCrls.length > 0 && !pckCrls.some(isOf(issuer.subject))) ||
    (missing && crls.some((crl) => !isOf(anchor.subject)(crl) && issuerHolds(crl, "Intel Corporation")))
  );
}
