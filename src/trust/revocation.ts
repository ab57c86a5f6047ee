/** Judges certificates by a CRL whose own signature, issuer and dates are judged first (RFC 5280, section 6.3, for complete direct CRLs). */

import type { Crypto, PublicKey } from "../crypto/crypto.js";
import { equalBytes } from "../encoding/bytes.js";
import {
  authorityKeyIdentifier,
  type Certificate,
  commonName,
  EXTENSION,
  KEY_USAGE,
  keyUsage,
  subjectKeyIdentifier,
} from "./certificate.js";
import type { Crl } from "./crl.js";
import { verifyIssued } from "./path.js";
import { describeAlgorithm, type PathProfile } from "./profiles.js";

export type RevocationCode =
  | "crl-issuer-mismatch"
  | "crl-signature-invalid"
  | "crl-algorithm"
  | "crl-extension"
  | "crl-not-yet-valid"
  | "crl-expired"
  | "certificate-revoked";

export interface RevocationFault {
  readonly code: RevocationCode;
  readonly found: string;
}

export interface RevocationInput {
  readonly crl: Crl;
  readonly issuer: {
    readonly name: string;
    readonly subject: Uint8Array;
    readonly key: PublicKey | undefined;
    readonly keyIdentifier?: Uint8Array | undefined;
    /** Bits of its keyUsage; `undefined` where it has none, or is an anchor. */
    readonly keyUsage?: readonly number[] | undefined;
  };
  /** Certificates that this issuer issued (and the issuer itself, where its own serial number may be listed). */
  readonly certificates: readonly { readonly name: string; readonly serial: Uint8Array }[];
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly profile: PathProfile;
  readonly crypto: Crypto;
}

/** The issuer of a CRL whose own certificate arrived and is judged as part of a path. @throws MalformedError */
export function crlIssuer(certificate: Certificate): RevocationInput["issuer"] {
  const { subject, publicKey: key } = certificate;
  const name = commonName(subject) ?? "CRL issuer";
  return { name, subject, key, keyIdentifier: subjectKeyIdentifier(certificate), keyUsage: keyUsage(certificate) };
}

/** Every reason why this CRL does not clear these certificates. @throws CryptoUnavailableError */
export async function revocationFaults(input: RevocationInput): Promise<readonly RevocationFault[]> {
  const { crl, issuer, certificates, at, profile, crypto } = input;
  const faults: RevocationFault[] = [];
  const place = (code: RevocationCode, found: string): unknown => faults.push({ code, found });
  if (!equalBytes(crl.issuer, issuer.subject)) place("crl-issuer-mismatch", `its issuer is not ${issuer.name}`);
  // RFC 5280, section 6.3.3 (f).
  if (issuer.keyUsage?.includes(KEY_USAGE.cRLSign) === false)
    place("crl-issuer-mismatch", `${issuer.name} may not sign CRLs`);
  const algorithm = describeAlgorithm(crl.signatureAlgorithm);
  if (!profile.crlSignedWith.includes(algorithm)) place("crl-algorithm", algorithm);
  extensionFaults(input, place);
  if (at < crl.thisUpdate) place("crl-not-yet-valid", new Date(crl.thisUpdate).toISOString());
  if (at > crl.nextUpdate) place("crl-expired", new Date(crl.nextUpdate).toISOString());
  for (const { name, serial } of certificates) {
    if (crl.revoked.some((revoked) => equalBytes(revoked, serial))) place("certificate-revoked", name);
  }
  // After all that can throw: a promise that nobody awaits would end the process when it rejects.
  const valid = await verifyIssued(crl, issuer.key, crypto);
  return valid ? faults : [{ code: "crl-signature-invalid", found: `issuer ${issuer.name}` }, ...faults];
}

/** deltaCRLIndicator and issuingDistributionPoint. */
const PARTIAL: readonly string[] = ["2.5.29.27", "2.5.29.28"];

function extensionFaults(input: RevocationInput, place: (code: RevocationCode, found: string) => unknown): void {
  const { crl, issuer, profile } = input;
  for (const [name, { critical }] of crl.extensions) {
    // Delta and indirect CRLs announce themselves by critical extensions (RFC 5280, sections 5.2.4 and 5.2.5): neither is complete.
    // What marks them counts at any criticality.
    if (critical || PARTIAL.includes(name)) place("crl-extension", `${critical ? "critical " : ""}${name}`);
  }
  const authority = authorityKeyIdentifier(crl.extensions);
  const missing = authority === undefined || !crl.extensions.has(EXTENSION.crlNumber);
  if (missing && profile.crlExtensions === "required")
    place("crl-extension", "no CRL number or authority key identifier");
  const differs =
    authority !== undefined && issuer.keyIdentifier !== undefined && !equalBytes(authority, issuer.keyIdentifier);
  if (differs) place("crl-issuer-mismatch", "it names another key of its issuer");
}
