/** Is the quote genuine: PCK chain, QE report, attestation key, quote signature, and the collateral that they are judged by. */

import type { PublicKey } from "../../crypto/crypto.js";
import { beside, started } from "../../crypto/started.js";
import { allBytes, concatBytes, equalBytes } from "../../encoding/bytes.js";
import { MalformedError } from "../../encoding/malformed.js";
import { toHex } from "../../encoding/text.js";
import type { Certificate } from "../../trust/certificate.js";
import { differences } from "../../trust/cross-check.js";
import { pathFaults, validityFaults } from "../../trust/path.js";
import { INTEL_PCK_PROFILE } from "../../trust/profiles.js";
import type { AuthenticateContext, Authenticated } from "../kind.js";
import { anchorOf, crlOf, intelAnchors, isPck, isSelfIssued, rootsOf } from "./chain.js";
import {
  checkApplies,
  checkCollateral,
  checkDocument,
  checkSigners,
  chooseDocuments,
  type Documents,
} from "./documents.js";
import { caOf, type PckInfo, readPck } from "./pck.js";
import type { DcapQuote, Tee } from "./quote.js";
import { checkRevocation } from "./revocation.js";
import type { DcapSettings } from "./settings.js";
import { iso, P256_SHA256, prepare, type Step, writeFaults } from "./step.js";
import { type TcbResult, tcbOf } from "./tcb.js";
import type { QeIdentity, TcbInfo } from "./tcb-info.js";

/** What the appraisal may build on. Nothing here is trusted unless the checks of this stage passed. */
export interface DcapTrusted {
  readonly pck: PckInfo | undefined;
  readonly ca: "processor" | "platform" | undefined;
  /** `undefined` where none for this platform is at hand. */
  readonly tcbInfo: TcbInfo | undefined;
  readonly identity: QeIdentity | undefined;
  /** The newest TCB evaluation, where Intel's list of them is at hand. */
  readonly newestEvaluation: number | undefined;
  readonly tcb: TcbResult | undefined;
}

/** `svn` and `svn2` are the TEE_TCB_SVNs of a TD report. */
export async function authenticateDcap(
  tee: Tee,
  quote: DcapQuote,
  context: AuthenticateContext<DcapSettings>,
  svn?: Uint8Array,
  svn2?: Uint8Array,
): Promise<Authenticated<DcapTrusted>> {
  const step = prepare(tee, quote, context);
  const point = concatBytes(Uint8Array.of(4), quote.attestationKey);
  // The signatures are what verification costs: each starts as soon as it can, and everything else runs beside them.
  const own = [
    checkSignature(step, "quote-signature", { type: "ec", curve: "P-256", point }, quote.signature, quote.signed),
    checkQeReport(step),
    checkPath(step),
    checkAttestationKey(step),
  ].map(beside);
  await started();
  const pck = checkPck(step);
  const documents = chooseDocuments(step, pck);
  const { info, identity, evaluation, signers } = documents;
  const others = [
    checkDocument(step, "tcb-info", info),
    checkDocument(step, "qe-identity", identity),
    ...(evaluation === undefined ? [] : [checkDocument(step, "tcb-evaluation", evaluation)]),
    checkSigners(step, signers),
    checkRevocation(step, signers),
  ].map(beside);
  await started();
  const applies = checkApplies(step, pck, documents);
  checkRoots(step);
  checkDates(step, signers);
  checkCollateral(step, documents);
  crossCheck(step);
  if (quote.trailing > 0) context.ledger.notice(step.id("format"), "padding");
  const trusted = {
    pck,
    ca: caOf(step.chain.intermediate?.commonName),
    tcbInfo: applies ? info?.body : undefined,
    identity: identity?.body,
    newestEvaluation: evaluation?.body.newest,
    tcb: applies ? status(step, pck, documents, svn, svn2) : undefined,
  };
  const dated = [info, identity, evaluation].flatMap((document) => document?.body ?? []);
  return { trusted, settled: beside(Promise.all([...own, ...others]).then(() => endOf(step, signers, dated))) };
}

function status(
  { quote }: Step,
  pck: PckInfo | undefined,
  { info, identity }: Documents,
  svn: Uint8Array | undefined,
  svn2: Uint8Array | undefined,
): TcbResult | undefined {
  if (pck === undefined || info === undefined || identity === undefined) return undefined;
  return tcbOf({
    ...pck,
    tcbInfo: info.body,
    qeLevels: identity.body.levels,
    qeIsvSvn: quote.qeReport.isvSvn,
    teeTcbSvn: svn,
    teeTcbSvn2: svn2,
  });
}

/** Presence, form and names; where it is missing, what hangs on it is skipped. */
function checkPck(step: Step): PckInfo | undefined {
  const { chain, id, where } = step;
  const { ledger } = step.context;
  const { leaf, intermediate, fault } = chain;
  const name = id("pck-certificate");
  const missing = leaf === undefined || intermediate === undefined;
  if (fault !== undefined) ledger.failed(name, "chain-incomplete", { found: fault });
  else if (missing) ledger.undetermined(name, "certificate-missing", where("pck-certificate"));
  if (missing) ledger.skipped(id("pck-path"), name);
  if (leaf === undefined) {
    ledger.skipped(id("qe-report"), name);
    return undefined;
  }
  try {
    const pck = readPck(leaf);
    if (intermediate !== undefined) checkPckNames(step, leaf, intermediate, pck);
    return pck;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    ledger.failed(name, "malformed", { reason: error.reason, offset: error.offset });
    return undefined;
  }
}

function checkPckNames(
  { collateral, context: { ledger }, id }: Step,
  leaf: Certificate,
  { commonName }: Certificate,
  pck: PckInfo,
): void {
  const ca = caOf(commonName);
  const fitting = isPck(leaf) && ca === (pck.platform === undefined ? "processor" : "platform");
  const substituted = collateral.pckChains.some((given) => !given.some(({ der }) => equalBytes(der, leaf.der)));
  if (substituted) ledger.failed(id("pck-certificate"), "chain-substituted");
  else
    ledger.judge(id("pck-certificate"), fitting, "certificate-profile", { fmspc: toHex(pck.fmspc), ca: ca ?? "other" });
}

async function checkPath({ chain: { leaf, intermediate }, context, anchor, id }: Step): Promise<void> {
  if (leaf === undefined || intermediate === undefined) return;
  const { ledger, crypto } = context;
  await ledger.attempt(id("pck-path"), async () => {
    const faults = await pathFaults({ chain: [leaf, intermediate], anchor, profile: INTEL_PCK_PROFILE, crypto });
    writeFaults(context, id("pck-path"), faults, {
      chain: [intermediate.commonName ?? "", anchor.name],
      anchors: anchor.origin,
    });
  });
}

async function checkQeReport(step: Step): Promise<void> {
  const { leaf } = step.chain;
  const { qeReportSignature, qeReportBytes } = step.quote;
  if (leaf !== undefined) await checkSignature(step, "qe-report", leaf.publicKey, qeReportSignature, qeReportBytes);
}

/** The QE vouches for the attestation key by a digest over it and over authentication data of any length. */
async function checkAttestationKey({ quote, context: { ledger, crypto }, id }: Step): Promise<void> {
  const name = id("attestation-key");
  await ledger.attempt(name, async () => {
    const digest = await crypto.digest("SHA-256", concatBytes(quote.attestationKey, quote.authData));
    const { reportData } = quote.qeReport;
    const bound = equalBytes(reportData.subarray(0, 32), digest) && allBytes(reportData.subarray(32));
    ledger.judge(name, bound, "key-not-bound");
  });
}

async function checkSignature(
  { context: { ledger, crypto }, id }: Step,
  name: string,
  key: PublicKey | undefined,
  signature: Uint8Array,
  message: Uint8Array,
): Promise<void> {
  await ledger.attempt(id(name), async () => {
    const valid = key?.type === "ec" && (await crypto.verify(P256_SHA256, key, signature, message));
    ledger.judge(id(name), valid, "signature-invalid");
  });
}

/** A root that came along is no anchor; under Intel's name it must be Intel's key all the same (design, rule 1). */
function checkRoots({ quote, collateral, context, id }: Step): void {
  const anchors = intelAnchors(context.anchors);
  const named = collateral.certificates.filter(
    (root) => isSelfIssued(root) && anchors.some(({ subject }) => equalBytes(subject, root.subject)),
  );
  const roots = [...rootsOf(quote), ...named];
  const strangers = roots.filter((root) => anchorOf(root, anchors) === undefined);
  context.ledger.judge(id("roots"), strangers.length === 0, "root-not-pinned", {
    count: roots.length,
    found: strangers.map(({ commonName }) => commonName ?? "a root without a name"),
  });
}

function checkDates(
  { chain: { leaf, intermediate }, anchor, context, id }: Step,
  signers: readonly Certificate[],
): void {
  const certificates = [leaf, intermediate, ...signers].filter((certificate) => certificate !== undefined);
  const faults = validityFaults(certificates, anchor, context.at);
  writeFaults(context, id("certificate-validity"), faults, { at: iso(context.at) });
}

function crossCheck({ quote: { certification }, collateral, context: { crossCheck: second, ledger }, id }: Step): void {
  if (second === undefined) return;
  const own = "certificates" in certification ? certification.certificates : [];
  const fields = differences(second, [...own, ...collateral.certificates], collateral.crls);
  ledger.judge(id("cross-check"), fields.length === 0, "cross-check-disagrees", { reader: second.name, fields });
}

/** When the first thing that was relied on runs out. */
function endOf(
  { chain: { leaf, intermediate }, anchor, collateral, context: { at } }: Step,
  signers: readonly Certificate[],
  dated: readonly { nextUpdate: number }[],
): number {
  const crls = [leaf?.issuer, intermediate?.issuer].flatMap((issuer) =>
    issuer === undefined ? [] : (crlOf(issuer, collateral.crls, at) ?? []),
  );
  return Math.min(
    ...[leaf, intermediate, ...signers, anchor].map((certificate) => certificate?.notAfter ?? Number.POSITIVE_INFINITY),
    ...[...crls, ...dated].map(({ nextUpdate }) => nextUpdate),
  );
}
