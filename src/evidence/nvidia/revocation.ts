/** Has NVIDIA revoked an authority of this device: OCSP responses (and CRLs) that were supplied; nobody is asked from here. */

import { equalBytes } from "../../encoding/bytes.js";
import { contents, octetsOfBitString, readDer, sequence, TAG } from "../../encoding/der.js";
import { toHex } from "../../encoding/text.js";
import type { TrustAnchor } from "../../trust/anchors.js";
import { type Certificate, commonName, subjectKeyIdentifier } from "../../trust/certificate.js";
import {
  answerFor,
  looksLikeOcspResponse,
  type OcspAnswer,
  type OcspFault,
  type OcspIssuer,
  type OcspResponse,
  ocspFaults,
  parseOcspResponse,
} from "../../trust/ocsp.js";
import { NVIDIA_DEVICE_PROFILE, NVIDIA_OCSP_PROFILE } from "../../trust/profiles-nvidia.js";
import { crlIssuer, type RevocationFault, revocationFaults } from "../../trust/revocation.js";
import type { AuthenticateContext } from "../kind.js";
import type { Chain } from "./chain.js";
import { checkId } from "./checks.js";
import type { TrustedRim } from "./manifests.js";
import type { NvidiaReport } from "./report.js";
import type { NvidiaSettings } from "./settings.js";

type Context = AuthenticateContext<NvidiaSettings>;

interface Link {
  readonly name: string;
  readonly certificate: Certificate;
  /** The certificate of its issuer, or the anchor. */
  readonly issuer: Certificate | TrustAnchor;
}

/**
 * Every certificate above the leaf must be cleared; the leaf's key is the firmware's and is certified anew by its own chip. What was supplied
 * must be valid, also where policy does not ask for it. @returns whether all were cleared
 */
export async function checkRevocation(
  report: NvidiaReport,
  chain: Chain,
  rims: readonly TrustedRim[],
  context: Context,
): Promise<boolean> {
  const { ledger, endorsements, settings } = context;
  const id = checkId(report, "revocation");
  if (chain.anchor === undefined) {
    ledger.skipped(id, checkId(report, "certificate-chain"));
    return false;
  }
  // Of certificates that are nobody's there is no word to look for, and a list may hold as many as it likes.
  if (ledger.has(checkId(report, "certificate-path"), "failed")) {
    ledger.skipped(id, checkId(report, "certificate-path"));
    return false;
  }
  const links = linksOf(chain.certificates.slice(1), chain.anchor);
  // What speaks against a manifest's signers counts; that they are cleared is not demanded, since a manifest is compared and not believed.
  const signers = rims.flatMap(({ chain: certificates, anchor }) => linksOf(certificates, anchor));
  const open = await ledger.attempt(id, async () => {
    const responses = responsesIn(endorsements.others);
    const unclear: string[] = [];
    for (const link of [...links, ...signers]) {
      const byOcsp = await clearedByOcsp(id, link, responses, context);
      const byCrl = await clearedByCrl(id, link, context);
      if (!byOcsp && !byCrl && links.includes(link)) unclear.push(link.name);
    }
    return unclear;
  });
  if (open === undefined) return false;
  const checked = open.length === 0;
  if (checked) ledger.passed(id, { certificates: links.map(({ name }) => name) });
  else if (settings.revocation === "required") ledger.undetermined(id, "revocation-unknown", { certificates: open });
  else ledger.waived(id, "revocation-not-checked", { certificates: open });
  return checked;
}

function linksOf(certificates: readonly Certificate[], anchor: TrustAnchor): readonly Link[] {
  return certificates.map((certificate, index) => ({
    name: commonName(certificate.subject) ?? `certificate ${index + 1}`,
    certificate,
    issuer: certificates[index + 1] ?? anchor,
  }));
}

function ocspIssuer(issuer: Certificate | TrustAnchor): OcspIssuer {
  if ("origin" in issuer) {
    const { name, subject, key, keyIdentifier } = issuer;
    return { name, subject, key, keyBits: key?.type === "ec" ? key.point : new Uint8Array(), keyIdentifier };
  }
  const fields = sequence(readDer(issuer.spki), "SubjectPublicKeyInfo");
  contents(fields.next(TAG.sequence, "key algorithm"));
  return {
    name: commonName(issuer.subject) ?? "issuer",
    subject: issuer.subject,
    key: issuer.publicKey,
    keyBits: octetsOfBitString(fields.next(TAG.bitString, "subjectPublicKey"), "subjectPublicKey"),
    keyIdentifier: subjectKeyIdentifier(issuer),
  };
}

/** By list of endorsements, which all devices of a list share. */
const RESPONSES = /* @__PURE__ */ new WeakMap<readonly Uint8Array[], readonly OcspResponse[]>();

/** @throws MalformedError */
function responsesIn(others: readonly Uint8Array[]): readonly OcspResponse[] {
  const read = RESPONSES.get(others) ?? others.filter(looksLikeOcspResponse).map(parseOcspResponse);
  RESPONSES.set(others, read);
  return read;
}

type Judged<T> = Map<string, Promise<T>>;

/**
 * What a response or list says of one certificate, by that certificate and its issuer: the same for all devices below them. They are read anew
 * in each verification, so that no other time or back end ever meets them.
 */
function once<T>(of: WeakMap<object, Judged<T>>, key: object, name: string, judge: () => Promise<T>): Promise<T> {
  const known = of.get(key) ?? new Map<string, Promise<T>>();
  const judged = known.get(name) ?? judge();
  of.set(key, known.set(name, judged));
  return judged;
}

interface Said {
  readonly answer: OcspAnswer;
  readonly fault: OcspFault | undefined;
}

const SAID = /* @__PURE__ */ new WeakMap<object, Judged<Said | undefined>>();
const LISTED = /* @__PURE__ */ new WeakMap<object, Judged<RevocationFault | undefined>>();

/** The certificate, and all of its issuer that a judgement rests on. */
function nameOfLink({ certificate }: Link, { subject, keyBits, keyIdentifier }: OcspIssuer): string {
  return [certificate.serial, subject, keyBits, keyIdentifier ?? new Uint8Array()].map(toHex).join(" ");
}

async function said(
  response: OcspResponse,
  serial: Uint8Array,
  of: OcspIssuer,
  { crypto, at }: Context,
): Promise<Said | undefined> {
  const answer = await answerFor(response, serial, of, crypto);
  if (answer === undefined) return undefined;
  const [fault] = await ocspFaults(response, answer, of, at, NVIDIA_OCSP_PROFILE, crypto);
  return { answer, fault };
}

async function clearedByOcsp(
  id: string,
  link: Link,
  responses: readonly OcspResponse[],
  context: Context,
): Promise<boolean> {
  const { name, certificate, issuer } = link;
  const { ledger, at, settings } = context;
  const of = ocspIssuer(issuer);
  const key = nameOfLink(link, of);
  let cleared = false;
  for (const response of responses) {
    const found = await once(SAID, response, key, () => said(response, certificate.serial, of, context));
    if (found === undefined) continue;
    const { answer, fault } = found;
    const params = { certificate: name, at: new Date(at).toISOString() };
    if (fault !== undefined) ledger.failed(id, fault.code, { ...params, found: fault.found });
    else if (answer.status === "revoked") ledger.failed(id, "certificate-revoked", { ...params, found: name });
    else if (answer.status === "unknown") ledger.failed(id, "ocsp-unknown", params);
    else if (answer.status === "hold" && !settings.allow.includes("certificate-hold"))
      ledger.failed(id, "certificate-on-hold", params);
    else {
      if (answer.status === "hold") ledger.waived(id, "allowed", params);
      cleared = true;
    }
  }
  return cleared;
}

async function clearedByCrl(id: string, link: Link, { ledger, crypto, at, endorsements }: Context): Promise<boolean> {
  const { name, certificate, issuer } = link;
  let cleared = false;
  for (const crl of endorsements.crls) {
    if (!equalBytes(crl.issuer, issuer.subject)) continue;
    const fault = await once(LISTED, crl, nameOfLink(link, ocspIssuer(issuer)), async () => {
      const faults = await revocationFaults({
        crl,
        issuer: "origin" in issuer ? issuer : crlIssuer(issuer),
        certificates: [{ name, serial: certificate.serial }],
        at,
        profile: NVIDIA_DEVICE_PROFILE,
        crypto,
      });
      return faults[0];
    });
    if (fault === undefined) cleared = true;
    else ledger.failed(id, fault.code, { found: fault.found, certificate: name, at: new Date(at).toISOString() });
  }
  return cleared;
}
