/** The certificates behind a quote: PCK chain, TCB signing certificate, and Intel's root, pinned by its key (roots/roots.json). */

import { equalBytes } from "../../encoding/bytes.js";
import { MalformedError } from "../../encoding/malformed.js";
import { type CustomAnchors, pinnedAnchor, type TrustAnchor } from "../../trust/anchors.js";
import type { Certificate } from "../../trust/certificate.js";
import type { Crl } from "../../trust/crl.js";
import { intelRoots } from "../../trust/roots/intel.js";
import type { Collateral, SignedDocument } from "./collateral.js";
import { PCK_NAME, type PckInfo, readPck } from "./pck.js";
import type { DcapQuote, NamedPck, Tee } from "./quote.js";
import type { QeIdentity, TcbInfo } from "./tcb-info.js";

export const TCB_SIGNER_NAME = "Intel SGX TCB Signing";

/** Intel's root has two certificates under one key: the anchor is the key, and the dates are the later ones. */
export function intelAnchors(custom: CustomAnchors): readonly TrustAnchor[] {
  const anchors = custom.get("intel") ?? intelRoots.map((root) => pinnedAnchor(root));
  return [...anchors].sort((a, b) => b.notAfter - a.notAfter);
}

/** The anchor whose key this self-issued certificate carries. */
export function anchorOf(root: Certificate, anchors: readonly TrustAnchor[]): TrustAnchor | undefined {
  return anchors.find(({ subject, key }) => {
    const own = root.publicKey;
    return (
      key?.type === "ec" && own?.type === "ec" && equalBytes(key.point, own.point) && equalBytes(subject, root.subject)
    );
  });
}

export function isSelfIssued({ issuer, subject }: Certificate): boolean {
  return equalBytes(issuer, subject);
}

/** The self-issued certificates in the quote. */
export function rootsOf({ certification }: DcapQuote): readonly Certificate[] {
  return "certificates" in certification ? certification.certificates.filter(isSelfIssued) : [];
}

export interface PckChain {
  readonly leaf: Certificate | undefined;
  readonly intermediate: Certificate | undefined;
  /** Why the certificates are no chain. */
  readonly fault: string | undefined;
}

/** The quote's own chain, in any order; where the quote carries none, the one among the endorsements that fits it. */
export function pckChain({ certification }: DcapQuote, collateral: () => Collateral): PckChain {
  const own = "certificates" in certification ? certification.certificates : [];
  if (certification.type !== 5) {
    const { certificates, pckChains } = collateral();
    const supplied = [...certificates, ...pckChains.flat()];
    const leaf = "certificates" in certification ? own[0] : named(certification, supplied);
    return { ...chainOf(leaf, supplied), fault: undefined };
  }
  const chain = chainOf(own.find(isPck), own);
  const whole = own.length === 3 && chain.intermediate !== undefined && own.some(isSelfIssued);
  return { ...chain, fault: whole ? undefined : `${own.length} certificates that are no PCK, authority and root` };
}

function chainOf(leaf: Certificate | undefined, among: readonly Certificate[]): Omit<PckChain, "fault"> {
  const intermediate =
    leaf && among.find((other) => other !== leaf && !isSelfIssued(other) && equalBytes(other.subject, leaf.issuer));
  return { leaf, intermediate };
}

export function isPck({ commonName }: Certificate): boolean {
  return commonName === PCK_NAME;
}

/** The quote names its PCK certificate by TCB; the QE report's signature says whether it is the right one. */
function named({ cpuSvn, pceSvn }: NamedPck, certificates: readonly Certificate[]): Certificate | undefined {
  const candidates = certificates.filter(isPck);
  const fits = (certificate: Certificate): boolean => {
    const pck = tryReadPck(certificate);
    return pck !== undefined && equalBytes(pck.cpuSvn, cpuSvn) && pck.pceSvn === pceSvn;
  };
  return candidates.find(fits) ?? candidates[0];
}

/** Where it only matters whether a certificate fits: what is wrong with it, `authenticate` says. */
export function tryReadPck(certificate: Certificate | undefined): PckInfo | undefined {
  try {
    return certificate && readPck(certificate);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/** Possible signers of a document: the one that came as its signer, else all of that name, those first that are valid `at` this time. */
export function signersOf(
  document: SignedDocument<unknown>,
  { certificates }: Collateral,
  at: number,
): readonly Certificate[] {
  if (document.signer !== undefined) return [document.signer];
  const valid = ({ notBefore, notAfter }: Certificate): number => Number(at >= notBefore && at <= notAfter);
  return certificates
    .filter(({ commonName }) => commonName === TCB_SIGNER_NAME)
    .sort((a, b) => valid(b) - valid(a) || b.notAfter - a.notAfter);
}

export interface Dated {
  readonly issueDate: number;
  readonly nextUpdate: number;
  /** tcbEvaluationDataNumber. */
  readonly evaluationNumber?: number;
}

/**
 * The document that fits and is current; failing that, the nearest to it, so that the verdict can say what is wrong.
 * Of several the highest evaluation counts: Intel goes on issuing the one before it, so a later date is no stricter judgement.
 */
export function bestDocument<Body extends Dated>(
  documents: readonly SignedDocument<Body>[],
  fits: (body: Body) => boolean,
  at: number,
): SignedDocument<Body> | undefined {
  const rank = ({ body }: SignedDocument<Body>): number => Number(fits(body)) * 2 + Number(isCurrent(body, at));
  const number = ({ body }: SignedDocument<Body>): number => body.evaluationNumber ?? 0;
  return [...documents].sort(
    (a, b) => rank(b) - rank(a) || number(b) - number(a) || b.body.issueDate - a.body.issueDate,
  )[0];
}

export function isCurrent({ issueDate, nextUpdate }: Dated, at: number): boolean {
  return at >= issueDate && at <= nextUpdate;
}

/** Whether a TCB info is for this TEE and this platform. */
export function isTcbInfoFor(tee: Tee, pck: PckInfo | undefined): (body: TcbInfo) => boolean {
  return ({ id, fmspc, pceId }) =>
    id === tee.toUpperCase() && (pck === undefined || (equalBytes(fmspc, pck.fmspc) && equalBytes(pceId, pck.pceId)));
}

export function isIdentityFor(tee: Tee): (body: QeIdentity) => boolean {
  return ({ id }) => id === (tee === "tdx" ? "TD_QE" : "QE");
}

/** The latest list of this issuer that is current, or the latest. */
export function crlOf(issuer: Uint8Array, crls: readonly Crl[], at: number): Crl | undefined {
  const current = ({ thisUpdate, nextUpdate }: Crl): number => Number(at >= thisUpdate && at <= nextUpdate);
  return crls
    .filter((crl) => equalBytes(crl.issuer, issuer))
    .sort((a, b) => current(b) - current(a) || b.thisUpdate - a.thisUpdate)[0];
}
