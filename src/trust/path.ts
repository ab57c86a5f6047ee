/** Certificate path validation from a leaf to an anchor at a given time (RFC 5280, section 6, for chains of known order). */

import type { Crypto, PublicKey } from "../crypto/crypto.js";
import { equalBytes } from "../encoding/bytes.js";
import { MalformedError } from "../encoding/malformed.js";
import type { TrustAnchor } from "./anchors.js";
import {
  authorityKeyIdentifier,
  basicConstraints,
  type Certificate,
  EXTENSION,
  KEY_USAGE,
  keyUsage,
  subjectKeyIdentifier,
} from "./certificate.js";
import { type CertificateProfile, describeAlgorithm, describeKey, INTERPRETED, type PathProfile } from "./profiles.js";
import { ecdsaSignatureFromDer } from "./signature.js";

/** Why a path is not valid. */
export type PathCode =
  | "certificate-signature-invalid"
  | "certificate-algorithm"
  | "certificate-key"
  | "certificate-name-mismatch"
  | "certificate-not-a-ca"
  | "certificate-is-a-ca"
  | "certificate-path-length"
  | "certificate-key-usage"
  | "certificate-key-identifier"
  | "certificate-extension"
  | "certificate-serial"
  | "certificate-not-yet-valid"
  | "certificate-expired";

export interface PathFault {
  readonly code: PathCode;
  /** commonName of the certificate at fault, or its place in the chain. */
  readonly certificate: string;
  /** What was found, in a few words. */
  readonly found: string;
}

export interface PathInput {
  /** Leaf first; each is issued by the next and the last by the anchor. At least one. */
  readonly chain: readonly Certificate[];
  readonly anchor: TrustAnchor;
  readonly profile: PathProfile;
  readonly crypto: Crypto;
  /** `issuer` judges a chain whose first certificate is itself an authority. */
  readonly first?: "leaf" | "issuer";
}

/**
 * Every fault of the path but its dates (see `validityFaults`); none means valid.
 * All signatures are verified at once. @throws CryptoUnavailableError
 */
export async function pathFaults(input: PathInput): Promise<readonly PathFault[]> {
  const { chain, anchor, profile, crypto, first = "leaf" } = input;
  // Before any work, which would grow with the chain. An empty one would have no fault at all.
  if (chain.length === 0 || chain.length > profile.maxLength)
    return [{ code: "certificate-path-length", certificate: "chain", found: `${chain.length} certificates` }];
  const faults: PathFault[] = [];
  chain.forEach((certificate, index) => {
    const place = (code: PathCode, found: string): unknown =>
      faults.push({ code, certificate: label(certificate, index), found });
    const isLeaf = index === 0 && first === "leaf";
    const rules = isLeaf ? profile.leaf : profile.issuer;
    linkFaults(certificate, issuerOf(index), rules, place);
    profileFaults(certificate, rules, place);
    if (isLeaf) leafFaults(certificate, rules, place);
    else issuerFaults(certificate, intermediatesBelow(index), rules, place);
  });
  // After all that can throw: a promise that nobody awaits would end the process when it rejects.
  const valid = await Promise.all(
    chain.map((certificate, index) => verifyIssued(certificate, issuerOf(index).key, crypto)),
  );
  const forged = chain.flatMap((certificate, index): PathFault[] =>
    valid[index]
      ? []
      : [
          {
            code: "certificate-signature-invalid",
            certificate: label(certificate, index),
            found: `issuer ${issuerOf(index).name}`,
          },
        ],
  );
  return [...forged, ...faults];

  /** RFC 5280, section 4.2.1.9: self-issued certificates and the last one do not count. */
  function intermediatesBelow(index: number): number {
    return chain.slice(1, index).filter(({ issuer, subject }) => !equalBytes(issuer, subject)).length;
  }

  function issuerOf(index: number): Issuer {
    const above = chain[index + 1];
    return above === undefined
      ? anchor
      : {
          name: label(above, index + 1),
          subject: above.subject,
          key: above.publicKey,
          keyIdentifier: subjectKeyIdentifier(above),
        };
  }
}

interface Issuer {
  readonly name: string;
  readonly subject: Uint8Array;
  readonly key: PublicKey | undefined;
  readonly keyIdentifier?: Uint8Array | undefined;
}

type Place = (code: PathCode, found: string) => unknown;

/** commonName, or the place in the chain. */
function label(certificate: Certificate, index: number): string {
  return certificate.commonName ?? `certificate ${index}`;
}

/** Whether `certificate` was signed with `key`. ECDSA signatures in certificates are DER and become raw here. */
export async function verifyIssued(
  signed: Pick<Certificate, "tbs" | "signature" | "signatureAlgorithm">,
  key: PublicKey | undefined,
  crypto: Crypto,
): Promise<boolean> {
  const { signatureAlgorithm, signature, tbs } = signed;
  if (key === undefined || signatureAlgorithm === undefined) return false;
  if (signatureAlgorithm.name !== "ECDSA") return crypto.verify(signatureAlgorithm, key, signature, tbs);
  if (key.type !== "ec") return false;
  try {
    return await crypto.verify(signatureAlgorithm, key, ecdsaSignatureFromDer(signature, key.curve), tbs);
  } catch (error) {
    // A signature that is none is an invalid one: the path says so, with the certificate's name.
    if (error instanceof MalformedError) return false;
    throw error;
  }
}

/** `30 00`: RFC 5280, section 4.1.2.4, wants an issuer that is not empty, and two empty names would match. */
const EMPTY_NAME_BYTES = 2;

function linkFaults(certificate: Certificate, issuer: Issuer, rules: CertificateProfile, place: Place): void {
  if (certificate.issuer.length === EMPTY_NAME_BYTES) place("certificate-name-mismatch", "its issuer has no name");
  if (!equalBytes(certificate.issuer, issuer.subject))
    place("certificate-name-mismatch", `its issuer is not the subject of ${issuer.name}`);
  const authority = authorityKeyIdentifier(certificate.extensions);
  if (authority === undefined && rules.keyIdentifiers === "required")
    place("certificate-key-identifier", "no authority key identifier");
  const differs =
    authority !== undefined && issuer.keyIdentifier !== undefined && !equalBytes(authority, issuer.keyIdentifier);
  if (differs) place("certificate-key-identifier", `it names another key than that of ${issuer.name}`);
}

function profileFaults(certificate: Certificate, rules: CertificateProfile, place: Place): void {
  const algorithm = describeAlgorithm(certificate.signatureAlgorithm);
  if (!rules.signedWith.includes(algorithm)) place("certificate-algorithm", algorithm);
  const key = describeKey(certificate.publicKey);
  if (!rules.keys.includes(key)) place("certificate-key", key);
  if (rules.keyIdentifiers === "required" && subjectKeyIdentifier(certificate) === undefined)
    place("certificate-key-identifier", "no subject key identifier");
  serialFaults(certificate.serial, rules, place);
  extensionFaults(certificate, rules, place);
}

/** RFC 5280, section 4.1.2.2: positive, at most 20 octets. */
function serialFaults(serial: Uint8Array, rules: CertificateProfile, place: Place): void {
  const zero = serial.every((byte) => byte === 0);
  if ((serial[0] as number) >= 0x80) place("certificate-serial", "negative");
  else if (zero && !rules.zeroSerial) place("certificate-serial", "zero");
  else if (serial.length > (rules.serialBytes ?? 20)) place("certificate-serial", "longer than 20 bytes");
}

const KNOWN: readonly string[] = [
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.keyUsage,
  EXTENSION.basicConstraints,
  EXTENSION.crlDistributionPoints,
  EXTENSION.authorityKeyIdentifier,
];

/** Constraints that are not computed here: to pass over one, even one that is not critical, would be to break it. */
const UNSUPPORTED: readonly string[] = [EXTENSION.nameConstraints, EXTENSION.policyConstraints];

function extensionFaults(certificate: Certificate, rules: CertificateProfile, place: Place): void {
  for (const [name, { critical }] of certificate.extensions) {
    if (critical && !INTERPRETED.includes(name) && !rules.interpreted?.includes(name))
      place("certificate-extension", `critical ${name}`);
    else if (UNSUPPORTED.includes(name)) place("certificate-extension", `constraint ${name}`);
    else if (rules.otherExtensions !== "any" && !KNOWN.includes(name) && !rules.otherExtensions.includes(name))
      place("certificate-extension", `unexpected ${name}`);
  }
}

function leafFaults(certificate: Certificate, rules: CertificateProfile, place: Place): void {
  const constraints = basicConstraints(certificate);
  if (constraints === undefined && rules.basicConstraints === "required")
    place("certificate-extension", "no basic constraints");
  if (constraints?.ca) place("certificate-is-a-ca", "CA:TRUE where a leaf belongs");
  const usage = keyUsage(certificate);
  if (usage === undefined ? rules.keyUsage === "required" : !usage.includes(KEY_USAGE.digitalSignature))
    place("certificate-key-usage", "no digitalSignature");
  // RFC 5280, section 4.2.1.9: without CA:TRUE the bit must not be set.
  else if (usage?.includes(KEY_USAGE.keyCertSign)) place("certificate-key-usage", "keyCertSign in a leaf");
}

function issuerFaults(certificate: Certificate, below: number, rules: CertificateProfile, place: Place): void {
  const constraints = basicConstraints(certificate);
  if (!constraints?.ca) place("certificate-not-a-ca", "CA:TRUE is missing");
  if (constraints?.pathLength !== undefined && below > constraints.pathLength)
    place("certificate-path-length", `limit ${constraints.pathLength}`);
  const usage = keyUsage(certificate);
  if (usage === undefined ? rules.keyUsage === "required" : !usage.includes(KEY_USAGE.keyCertSign))
    place("certificate-key-usage", "no keyCertSign");
}

/** Faults of the validity dates of the chain and its anchor; both ends of a validity belong to it (RFC 5280, section 4.1.2.5). `at` in milliseconds. */
export function validityFaults(chain: readonly Certificate[], anchor: TrustAnchor, at: number): readonly PathFault[] {
  const places = [...chain.map((certificate, index) => ({ ...certificate, name: label(certificate, index) })), anchor];
  return places.flatMap(({ name, notBefore, notAfter }): readonly PathFault[] => {
    if (at < notBefore)
      return [{ code: "certificate-not-yet-valid", certificate: name, found: new Date(notBefore).toISOString() }];
    if (at > notAfter)
      return [{ code: "certificate-expired", certificate: name, found: new Date(notAfter).toISOString() }];
    return [];
  });
}
