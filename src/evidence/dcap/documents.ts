/** Intel's signed documents for this quote: whose they are, whether they apply, whether they are current, and what they say of the quoting enclave. */

import type { Crypto } from "../../crypto/crypto.js";
import { equalBytes } from "../../encoding/bytes.js";
import { toHex, toUtf8 } from "../../encoding/text.js";
import type { Certificate } from "../../trust/certificate.js";
import { pathFaults, validityFaults } from "../../trust/path.js";
import { INTEL_TCB_PROFILE } from "../../trust/profiles.js";
import type { Vouching } from "../kind.js";
import { bestDocument, intelAnchors, isIdentityFor, isTcbInfoFor, signersOf, TCB_SIGNER_NAME } from "./chain.js";
import type { SignedDocument } from "./collateral.js";
import type { PckInfo } from "./pck.js";
import { iso, P256_SHA256, type Step, writeFaults } from "./step.js";
import type { EvaluationNumbers, QeIdentity, TcbInfo } from "./tcb-info.js";

export interface Documents {
  readonly info: SignedDocument<TcbInfo> | undefined;
  readonly identity: SignedDocument<QeIdentity> | undefined;
  /** Optional: which evaluations there are. */
  readonly evaluation: SignedDocument<EvaluationNumbers> | undefined;
  /** The first choice of signer of each, without doubles. */
  readonly signers: readonly Certificate[];
}

export function chooseDocuments({ tee, collateral, context: { at } }: Step, pck: PckInfo | undefined): Documents {
  const info = bestDocument(collateral.tcbInfos, isTcbInfoFor(tee, pck), at);
  const identity = bestDocument(collateral.identities, isIdentityFor(tee), at);
  const own = collateral.evaluations.filter(({ body }) => body.id === tee.toUpperCase());
  const evaluation = bestDocument(own, () => true, at);
  const signers = [info, identity, evaluation].flatMap((document) =>
    document === undefined ? [] : signersOf(document, collateral, at).slice(0, 1),
  );
  return {
    info,
    identity,
    evaluation,
    signers: signers.filter((signer, i) => !signers.slice(0, i).some(({ der }) => equalBytes(der, signer.der))),
  };
}

type DocumentName = "tcb-info" | "qe-identity" | "tcb-evaluation";

/** The signature over the exact text; a text that was reformatted on its way may still be what Intel signed in compact form. */
export async function checkDocument(
  step: Step,
  name: DocumentName,
  document: SignedDocument<unknown> | undefined,
): Promise<void> {
  const { context, collateral, id, where } = step;
  const { ledger, crypto, at } = context;
  const [signer] = document === undefined ? [] : signersOf(document, collateral, at);
  if (document === undefined) ledger.undetermined(id(name), "collateral-missing", where(name));
  else if (signer === undefined) ledger.skipped(id(name), id("tcb-signer"));
  if (document === undefined || signer === undefined) return;
  await ledger.attempt(id(name), async () => {
    const signed = await signedForm(document, signer, crypto);
    if (signed === "exact") ledger.passed(id(name));
    else if (signed === "compact") ledger.passed(id(name), {}, "reformatted");
    else ledger.failed(id(name), "signature-invalid");
  });
}

/** Which text of the document this signer has signed. */
async function signedForm(
  { text, signature, compact }: SignedDocument<unknown>,
  { publicKey: key }: Certificate,
  crypto: Crypto,
): Promise<"exact" | "compact" | undefined> {
  if (key?.type !== "ec") return undefined;
  const verify = (signed: string): Promise<boolean> => crypto.verify(P256_SHA256, key, signature, toUtf8(signed));
  if (await verify(text)) return "exact";
  const other = compact();
  return other !== text && (await verify(other)) ? "compact" : undefined;
}

/** The first of these certificates that is Intel's for signing collateral, valid then, and has signed the document. */
export async function signerOf(
  document: SignedDocument<unknown>,
  among: readonly Certificate[],
  { crypto, anchors, at }: Vouching,
): Promise<Certificate | undefined> {
  for (const signer of among)
    for (const anchor of intelAnchors(anchors)) {
      const faults = await pathFaults({ chain: [signer], anchor, profile: INTEL_TCB_PROFILE, crypto });
      const valid = faults.length + validityFaults([signer], anchor, at).length === 0;
      if (valid && signer.commonName === TCB_SIGNER_NAME && (await signedForm(document, signer, crypto))) return signer;
    }
  return undefined;
}

/** Directly under the root, and of the one name that may sign collateral. */
export async function checkSigners(step: Step, signers: readonly Certificate[]): Promise<void> {
  const { context, anchor, id, where } = step;
  const name = id("tcb-signer");
  if (signers.length === 0) {
    context.ledger.undetermined(name, "certificate-missing", where("tcb-info"));
    return;
  }
  await context.ledger.attempt(name, async () => {
    const { crypto } = context;
    const judged = await Promise.all(
      signers.map((signer) => pathFaults({ chain: [signer], anchor, profile: INTEL_TCB_PROFILE, crypto })),
    );
    const misnamed = signers
      .filter(({ commonName }) => commonName !== TCB_SIGNER_NAME)
      .map(
        ({ commonName = "the signer" }) =>
          ({
            code: "certificate-name-mismatch",
            certificate: commonName,
            found: "it may not sign collateral",
          }) as const,
      );
    writeFaults(context, name, [...judged.flat(), ...misnamed], { anchors: anchor.origin });
  });
}

/** Kind of document, platform and PCE; whether the TCB status may be computed from them. */
export function checkApplies(
  { tee, id, context: { ledger } }: Step,
  pck: PckInfo | undefined,
  { info, identity }: Documents,
): boolean {
  const applies = info !== undefined && isTcbInfoFor(tee, pck)(info.body);
  if (info !== undefined && !applies)
    ledger.failed(id("tcb-info"), "collateral-mismatch", {
      found: `${info.body.id} ${toHex(info.body.fmspc)} ${toHex(info.body.pceId)}`,
      belongs: `${tee.toUpperCase()} ${pck === undefined ? "" : `${toHex(pck.fmspc)} ${toHex(pck.pceId)}`}`,
    });
  const identified = identity !== undefined && isIdentityFor(tee)(identity.body);
  if (identity !== undefined && !identified)
    ledger.failed(id("qe-identity"), "collateral-mismatch", {
      found: identity.body.id,
      belongs: tee === "tdx" ? "TD_QE" : "QE",
    });
  return applies && identified;
}

/** Form, dates, and the quoting enclave against its identity. */
export function checkCollateral(step: Step, { info, identity, evaluation }: Documents): void {
  const {
    collateral,
    context: { ledger },
    id,
  } = step;
  const [fault] = collateral.faults;
  if (fault === undefined) ledger.passed(id("collateral"));
  else ledger.failed(id("collateral"), "malformed", { reason: fault.reason, offset: fault.offset });
  if (info === undefined || identity === undefined) {
    ledger.skipped(id("collateral-dates"), id(info === undefined ? "tcb-info" : "qe-identity"));
  }
  if (info !== undefined) checkDates(step, "TCB info", info.body);
  if (evaluation !== undefined) checkDates(step, "the list of TCB evaluations", evaluation.body);
  if (identity === undefined) ledger.skipped(id("qe"), id("qe-identity"));
  else {
    checkDates(step, "QE identity", identity.body);
    checkQe(step, identity.body);
  }
}

function checkDates(
  { context: { at, ledger, settings }, id }: Step,
  what: string,
  { issueDate, nextUpdate }: { issueDate: number; nextUpdate: number },
): void {
  const name = id("collateral-dates");
  const params = { what, issued: iso(issueDate), until: iso(nextUpdate), at: iso(at) };
  if (at < issueDate) ledger.failed(name, "collateral-not-yet-valid", params);
  else if (at <= nextUpdate) ledger.passed(name, params);
  else if (at <= nextUpdate + settings.grace) ledger.waived(name, "allowed", params);
  else ledger.failed(name, "collateral-expired", params);
}

/** Intel's identity of the quoting enclave, under its masks. */
function checkQe({ quote: { qeReport }, context: { ledger }, id }: Step, identity: QeIdentity): void {
  const masked = qeReport.attributes.map((byte, i) => byte & (identity.attributesMask[i] as number));
  const differing = [
    ...(equalBytes(qeReport.mrsigner, identity.mrsigner) ? [] : ["MRSIGNER"]),
    ...(qeReport.isvProdId === identity.isvProdId ? [] : ["ISVPRODID"]),
    ...((qeReport.miscSelect & identity.miscSelectMask) >>> 0 === identity.miscSelect ? [] : ["MISCSELECT"]),
    ...(equalBytes(masked, identity.attributes) ? [] : ["ATTRIBUTES"]),
  ];
  ledger.judge(id("qe"), differing.length === 0, "qe-mismatch", { differing, isvSvn: qeReport.isvSvn });
}
