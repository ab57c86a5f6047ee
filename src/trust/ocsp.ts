/** OCSP responses (RFC 6960) that somebody else fetched: read strictly, signature and responder judged, then what they say of a certificate. */

import type { Crypto, HashName, PublicKey, SignatureAlgorithm } from "../crypto/crypto.js";
import { equalBytes } from "../encoding/bytes.js";
import {
  contents,
  contextTag,
  cursor,
  type Der,
  type DerCursor,
  encoded,
  integerBytes,
  octetsOfBitString,
  oid,
  readDer,
  sequence,
  smallInteger,
  TAG,
  time,
} from "../encoding/der.js";
import { demand, MalformedError } from "../encoding/malformed.js";
import { signatureAlgorithm } from "./algorithms.js";
import type { TrustAnchor } from "./anchors.js";
import { type Certificate, EXTENSION, parseCertificate } from "./certificate.js";
import { pathFaults, validityFaults, verifyIssued } from "./path.js";
import { describeAlgorithm, type PathProfile } from "./profiles.js";

export interface OcspResponse {
  /** The signed part, tag and length included. */
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly signature: Uint8Array;
  readonly certificates: readonly Certificate[];
  readonly answers: readonly OcspAnswer[];
}

export interface OcspAnswer {
  /** `undefined` for SHA-1 and others that the crypto seam lacks: such an answer is about nobody that we can name. */
  readonly hash: HashName | undefined;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** INTEGER contents. */
  readonly serial: Uint8Array;
  readonly status: "good" | "hold" | "revoked" | "unknown";
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
}

const BASIC = "1.3.6.1.5.5.7.48.1.1";
const OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
const HASHES: Readonly<Record<string, HashName>> = {
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
};
const MAX_BYTES = 32_768;
const MAX_ANSWERS = 16;
const MAX_CERTIFICATES = 4;
const CERTIFICATE_HOLD = 6;
/** An answer without nextUpdate says that newer ones are to be had at any time (RFC 6960, section 4.2.2.1): it stands for a day. */
const DEFAULT_LIFETIME_MS = 86_400_000;

/** Whether `der` has the outline of an OCSP response: it alone starts with an ENUMERATED. */
export function looksLikeOcspResponse(der: Uint8Array): boolean {
  const lengthOctets = (der[1] ?? 0) >= 0x80 ? (der[1] as number) & 0x7f : 0;
  return der[0] === TAG.sequence && der[2 + lengthOctets] === TAG.enumerated;
}

/** @throws MalformedError, also for an error in place of an answer */
export function parseOcspResponse(der: Uint8Array): OcspResponse {
  demand(der.length <= MAX_BYTES, `OCSP response longer than ${MAX_BYTES} bytes`);
  const outer = sequence(readDer(der), "OCSPResponse");
  const status = smallInteger(outer.next(TAG.enumerated, "responseStatus"), 255, "responseStatus");
  demand(status === 0, `the OCSP service answered with error ${status}`);
  const wrapped = sequence(explicit(outer.next(contextTag(0), "responseBytes")), "ResponseBytes");
  outer.end("OCSPResponse");
  demand(oid(wrapped.next(TAG.oid, "responseType")) === BASIC, "OCSP response of another type than basic");
  const basic = sequence(readDer(contents(wrapped.next(TAG.octetString, "response"))), "BasicOCSPResponse");
  wrapped.end("ResponseBytes");
  const tbs = basic.next(TAG.sequence, "ResponseData");
  const algorithm = basic.next(TAG.sequence, "signatureAlgorithm");
  const signature = octetsOfBitString(basic.next(TAG.bitString, "signature"), "signature");
  const attached = basic.optional(contextTag(0));
  basic.end("BasicOCSPResponse");
  return {
    tbs: encoded(tbs),
    signatureAlgorithm: signatureAlgorithm(algorithm),
    signature,
    certificates: attached === undefined ? [] : readCertificates(explicit(attached)),
    answers: readAnswers(tbs),
  };
}

function explicit(field: Der): Der {
  const fields = cursor(field);
  const value = fields.any("explicitly tagged field");
  fields.end("explicitly tagged field");
  return value;
}

function readCertificates(list: Der): readonly Certificate[] {
  const fields = sequence(list, "certs");
  const found: Certificate[] = [];
  while (fields.more) {
    demand(found.length < MAX_CERTIFICATES, `OCSP response with more than ${MAX_CERTIFICATES} certificates`);
    found.push(parseCertificate(encoded(fields.any("certificate"))));
  }
  return found;
}

function readAnswers(tbs: Der): readonly OcspAnswer[] {
  const fields = cursor(tbs);
  const version = fields.optional(contextTag(0));
  demand(version === undefined, "OCSP response of another version than 1");
  // Who answered is told by the signature; the name is a hint for choosing a certificate.
  const responder = fields.any("responderID");
  demand(responder.tag === contextTag(1) || responder.tag === contextTag(2), "responderID of an unknown form");
  time(fields.next(TAG.generalizedTime, "producedAt"));
  const list = sequence(fields.any("responses"), "responses");
  refuseCritical(fields);
  fields.end("ResponseData");
  const answers: OcspAnswer[] = [];
  while (list.more) {
    demand(answers.length < MAX_ANSWERS, `OCSP response with more than ${MAX_ANSWERS} answers`);
    answers.push(readAnswer(sequence(list.any("SingleResponse"), "SingleResponse")));
  }
  return answers;
}

function readAnswer(fields: DerCursor): OcspAnswer {
  const id = sequence(fields.any("certID"), "CertID");
  const algorithm = sequence(id.any("hashAlgorithm"), "hashAlgorithm");
  const hash = HASHES[oid(algorithm.next(TAG.oid, "hashAlgorithm"))];
  const issuerNameHash = contents(id.next(TAG.octetString, "issuerNameHash"));
  const issuerKeyHash = contents(id.next(TAG.octetString, "issuerKeyHash"));
  const serial = integerBytes(id.next(TAG.integer, "serialNumber"));
  id.end("CertID");
  const status = readStatus(fields.any("certStatus"));
  const thisUpdate = time(fields.next(TAG.generalizedTime, "thisUpdate"));
  const next = fields.optional(contextTag(0));
  const nextUpdate = next === undefined ? thisUpdate + DEFAULT_LIFETIME_MS : time(explicit(next));
  refuseCritical(fields);
  fields.end("SingleResponse");
  return { hash, issuerNameHash, issuerKeyHash, serial, status, thisUpdate, nextUpdate };
}

/** RFC 6960, section 4.2.1: good [0], revoked [1] with time and reason, unknown [2]. */
function readStatus(status: Der): OcspAnswer["status"] {
  if (status.tag === contextTag(0, false)) return "good";
  if (status.tag === contextTag(2, false)) return "unknown";
  if (status.tag !== contextTag(1)) throw new MalformedError("OCSP certStatus of an unknown form", status.start);
  const fields = cursor(status);
  time(fields.next(TAG.generalizedTime, "revocationTime"));
  const reason = fields.optional(contextTag(0));
  fields.end("RevokedInfo");
  if (reason === undefined) return "revoked";
  const field = explicit(reason);
  demand(field.tag === TAG.enumerated, "revocationReason is not ENUMERATED", field.start);
  return smallInteger(field, 255, "revocationReason") === CERTIFICATE_HOLD ? "hold" : "revoked";
}

/** An unknown critical extension may change what an answer means (RFC 6960, section 4.4). */
function refuseCritical(fields: DerCursor): void {
  const field = fields.optional(contextTag(1));
  if (field === undefined) return;
  const list = sequence(explicit(field), "extensions");
  while (list.more) {
    const extension = sequence(list.any("extension"), "extension");
    oid(extension.next(TAG.oid, "extnID"));
    const critical = extension.optional(TAG.boolean);
    demand(critical === undefined || contents(critical)[0] === 0, "OCSP response with a critical extension");
    extension.next(TAG.octetString, "extnValue");
    extension.end("extension");
  }
}

/** The authority that issued the certificate in question. */
export interface OcspIssuer {
  readonly name: string;
  /** Raw DER of the Name. */
  readonly subject: Uint8Array;
  readonly key: PublicKey | undefined;
  /** Contents of the subjectPublicKey BIT STRING, which CertID hashes. */
  readonly keyBits: Uint8Array;
  readonly keyIdentifier?: Uint8Array | undefined;
}

export type OcspCode = "ocsp-signature-invalid" | "ocsp-responder" | "ocsp-not-yet-valid" | "ocsp-expired";

export interface OcspFault {
  readonly code: OcspCode;
  readonly found: string;
}

/** The answer about the certificate with this serial number from this issuer; `undefined` where the response says nothing of it. */
export async function answerFor(
  response: OcspResponse,
  serial: Uint8Array,
  issuer: OcspIssuer,
  crypto: Crypto,
): Promise<OcspAnswer | undefined> {
  for (const answer of response.answers) {
    if (answer.hash === undefined || !equalBytes(answer.serial, serial)) continue;
    const [name, key] = await Promise.all([
      crypto.digest(answer.hash, issuer.subject),
      crypto.digest(answer.hash, issuer.keyBits),
    ]);
    if (equalBytes(name, answer.issuerNameHash) && equalBytes(key, answer.issuerKeyHash)) return answer;
  }
  return undefined;
}

/** Every reason not to rely on `answer`: the issuer itself or a delegate that it certified for this must have signed, and the dates must fit. */
export async function ocspFaults(
  response: OcspResponse,
  answer: OcspAnswer,
  issuer: OcspIssuer,
  at: number,
  profile: PathProfile,
  crypto: Crypto,
): Promise<readonly OcspFault[]> {
  const faults: OcspFault[] = [];
  if (at < answer.thisUpdate) faults.push({ code: "ocsp-not-yet-valid", found: iso(answer.thisUpdate) });
  if (at > answer.nextUpdate) faults.push({ code: "ocsp-expired", found: iso(answer.nextUpdate) });
  const algorithm = describeAlgorithm(response.signatureAlgorithm);
  if (!profile.leaf.signedWith.includes(algorithm)) return [{ code: "ocsp-responder", found: algorithm }, ...faults];
  if (await verifyIssued(response, issuer.key, crypto)) return faults;
  const signers = await Promise.all(
    response.certificates.map(async (certificate) =>
      (await verifyIssued(response, certificate.publicKey, crypto)) ? [certificate] : [],
    ),
  );
  const [signer] = signers.flat();
  if (signer === undefined) return [{ code: "ocsp-signature-invalid", found: `issuer ${issuer.name}` }, ...faults];
  const wrong = await delegateFault(signer, issuer, at, profile, crypto);
  return wrong === undefined ? faults : [{ code: "ocsp-responder", found: wrong }, ...faults];
}

async function delegateFault(
  signer: Certificate,
  issuer: OcspIssuer,
  at: number,
  profile: PathProfile,
  crypto: Crypto,
): Promise<string | undefined> {
  const { name, subject, key, keyIdentifier } = issuer;
  const always = { serial: new Uint8Array(), notBefore: at, notAfter: at, sha256: "", origin: "pinned" } as const;
  const anchor: TrustAnchor = { ...always, name, subject, key, keyIdentifier };
  const faults = [
    ...(await pathFaults({ chain: [signer], anchor, profile, crypto })),
    ...validityFaults([signer], anchor, at),
  ];
  if (faults[0] !== undefined) return `${faults[0].code}: ${faults[0].found}`;
  return mayAnswer(signer) ? undefined : "the signer is not certified for OCSP";
}

function mayAnswer(signer: Certificate): boolean {
  const usage = signer.extensions.get(EXTENSION.extendedKeyUsage);
  if (usage === undefined) return false;
  const fields = sequence(readDer(usage.value), "extKeyUsage");
  while (fields.more) if (oid(fields.next(TAG.oid, "KeyPurposeId")) === OCSP_SIGNING) return true;
  return false;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
