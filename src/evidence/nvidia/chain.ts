/** The way from a report's signer to NVIDIA: which of the certificates belong to this device, in order, and what they say of it. */

import { type Crypto, CryptoUnavailableError } from "../../crypto/crypto.js";
import { compareBytes, equalBytes } from "../../encoding/bytes.js";
import {
  contents,
  contextTag,
  cursor,
  type Der,
  type DerCursor,
  oid,
  readDer,
  sequence,
  TAG,
} from "../../encoding/der.js";
import { demand } from "../../encoding/malformed.js";
import { toHex, toUtf8 } from "../../encoding/text.js";
import { type CustomAnchors, pinnedAnchor, type TrustAnchor } from "../../trust/anchors.js";
import {
  authorityKeyIdentifier,
  basicConstraints,
  type Certificate,
  commonName,
  subjectKeyIdentifier,
} from "../../trust/certificate.js";
import { nvidiaRoots } from "../../trust/roots/nvidia.js";
import type { NvidiaReport } from "./report.js";

/** Which of NVIDIA's roots: that of devices or that of reference manifests. One never stands in for the other. */
export type Purpose = "device" | "rim";

const MANIFEST_ROOT = /CoRIM/i;

/** The anchors for `purpose`: pinned, or those given in their place, told apart by their names as NVIDIA's are. */
export function anchorsFor(purpose: Purpose, custom: CustomAnchors): readonly TrustAnchor[] {
  const all = custom.get("nvidia") ?? nvidiaRoots.map((entry) => pinnedAnchor(entry));
  return all.filter(({ name }) => MANIFEST_ROOT.test(name) === (purpose === "rim"));
}

/** Certificates in NVIDIA's name; others in the same call belong to other evidence. */
export function nvidiaCertificates(certificates: readonly Certificate[]): readonly Certificate[] {
  return certificates.filter(({ subject }) => includes(subject, toUtf8("NVIDIA")));
}

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let at = 0; at + part.length <= bytes.length; at++)
    if (equalBytes(bytes.subarray(at, at + part.length), part)) return true;
  return false;
}

/** `GH100 A01 GSP FMC LF`: chip, stepping, unit. */
const LEAF_NAME = /^(GH\d{3}|GB\d{3}|LS_?\d{2}) [A-Z]\d{2} (?:GSP|FSP) FMC LF$/;

/** The chip that a leaf's name gives, as reference manifests write it: `GH100`, `LS10`. */
export function chipOf(leaf: Certificate): string | undefined {
  return LEAF_NAME.exec(commonName(leaf.subject) ?? "")?.[1]?.replace("_", "");
}

export type Architecture = "HOPPER" | "BLACKWELL" | "LS10";

/** As evidence lists label it. */
export function architectureOf(chip: string): Architecture | undefined {
  if (chip.startsWith("GH")) return "HOPPER";
  return chip.startsWith("GB") ? "BLACKWELL" : chip === "LS10" ? "LS10" : undefined;
}

/** The certificate of the key that signed, whatever the order in which certificates came. A set of endorsements is bounded, so none is cut off. */
export async function chooseLeaf(
  report: NvidiaReport,
  certificates: readonly Certificate[],
  crypto: Crypto,
): Promise<Certificate | undefined> {
  const leaves = certificates.filter((certificate) => basicConstraints(certificate)?.ca !== true);
  const sorted = [...leaves].sort((a, b) => compareBytes(a.der, b.der));
  if (sorted.length <= 1) return sorted[0];
  const valid = await Promise.all(sorted.map((leaf) => signedBy(report, leaf, crypto).catch(notHere)));
  return sorted.find((_, index) => valid[index]) ?? sorted[0];
}

/** A back end without the algorithm cannot help to choose; the signature's own check says so. */
function notHere(error: unknown): boolean {
  if (error instanceof CryptoUnavailableError) return false;
  throw error;
}

/** @throws CryptoUnavailableError */
export async function signedBy(report: NvidiaReport, leaf: Certificate, crypto: Crypto): Promise<boolean> {
  const key = leaf.publicKey;
  if (key?.type !== "ec" || key.curve !== "P-384") return false;
  return crypto.verify({ name: "ECDSA", hash: "SHA-384" }, key, report.signature, report.signed);
}

export interface Chain {
  /** Leaf first; without the anchor. */
  readonly certificates: readonly Certificate[];
  readonly anchor: TrustAnchor | undefined;
  /** Why there is no anchor: a certificate is missing, or it ends at a root that is not NVIDIA's. */
  readonly end: "anchored" | "incomplete" | "foreign";
}

const MAX_CHAIN = 6;

export function buildChain(
  leaf: Certificate,
  certificates: readonly Certificate[],
  anchors: readonly TrustAnchor[],
): Chain {
  const chain = [leaf];
  for (;;) {
    const last = chain[chain.length - 1] as Certificate;
    const anchor = anchors.find(({ subject }) => equalBytes(subject, last.issuer));
    if (anchor !== undefined) return { certificates: chain, anchor, end: "anchored" };
    const issuer = issuerAmong(last, certificates);
    const selfIssued = issuer !== undefined && equalBytes(issuer.issuer, issuer.subject);
    if (selfIssued) return { certificates: chain, anchor: undefined, end: "foreign" };
    if (issuer === undefined || chain.length >= MAX_CHAIN)
      return { certificates: chain, anchor: undefined, end: "incomplete" };
    chain.push(issuer);
  }
}

function issuerAmong(certificate: Certificate, certificates: readonly Certificate[]): Certificate | undefined {
  const named = certificates.filter(({ subject }) => equalBytes(subject, certificate.issuer));
  const identifier = authorityKeyIdentifier(certificate.extensions);
  const fitting = named.filter((issuer) => {
    const own = subjectKeyIdentifier(issuer);
    return identifier !== undefined && own !== undefined && equalBytes(identifier, own);
  });
  return (fitting.length > 0 ? fitting : named)[0];
}

const HOPPER_TCB_INFO = "2.23.133.5.4.1";
const DICE_TCB_INFO = "2.23.133.5.4.1.1";

/**
 * The firmware identifier (FWID) that the leaf certifies: in Hopper's composite device identifier, or the first one of a DICE TcbInfo
 * (TCG DICE Attestation Architecture 1.1, section 6.1.1). `undefined` where the leaf has neither. @throws MalformedError
 */
export function firmwareId(leaf: Certificate): Uint8Array | undefined {
  const dice = leaf.extensions.get(DICE_TCB_INFO);
  if (dice !== undefined) {
    const fields = sequence(readDer(dice.value), "DiceTcbInfo");
    while (fields.more) {
      const field = fields.any("DiceTcbInfo field");
      if (field.tag === contextTag(6)) return digestOf(cursor(field).next(TAG.sequence, "FWID"));
    }
    return undefined;
  }
  const hopper = leaf.extensions.get(HOPPER_TCB_INFO);
  if (hopper === undefined) return undefined;
  const fields = sequence(readDer(hopper.value), "CompositeDeviceID");
  fields.next(TAG.integer, "version");
  fields.next(TAG.sequence, "device identifier");
  const fwid = fields.next(TAG.sequence, "FWID");
  fields.end("CompositeDeviceID");
  return digestOf(fwid);
}

const SHA384 = "2.16.840.1.101.3.4.2.2";

function digestOf(fwid: Der): Uint8Array {
  const fields: DerCursor = cursor(fwid);
  demand(oid(fields.next(TAG.oid, "FWID algorithm")) === SHA384, "FWID is not a SHA-384 digest");
  const digest = contents(fields.next(TAG.octetString, "FWID digest"));
  fields.end("FWID");
  demand(digest.length === 48, "FWID is not a SHA-384 digest");
  return digest;
}

/** The unique entity identifier as NVIDIA's tokens write it: the leaf's serial number in decimal. */
export function ueidOf(leaf: Certificate): string {
  return BigInt(`0x${toHex(leaf.serial)}`).toString();
}
