/** The door for a second, independent reader of certificates and CRLs: any difference in what was read rejects the evidence. */

import { toHex } from "../encoding/text.js";
import {
  authorityKeyIdentifier,
  basicConstraints,
  type Certificate,
  type Extension,
  keyUsage,
  subjectKeyIdentifier,
} from "./certificate.js";
import type { Crl } from "./crl.js";

/** What a reader took from a certificate or CRL: each value as text, so that two readings compare field by field. */
export type Reading = Readonly<Record<string, string>>;

export interface CrossCheck {
  readonly name: string;
  /** @throws Error (of any kind) where the second reader cannot read it: that counts as a difference. */
  certificate(der: Uint8Array): Reading;
  crl(der: Uint8Array): Reading;
}

/** @throws MalformedError where an extension that path validation interprets is malformed. */
export function certificateReading(certificate: Certificate): Reading {
  const { serial, issuer, subject, notBefore, notAfter, spki, signature, tbs, extensions } = certificate;
  return {
    serial: toHex(serial),
    issuer: toHex(issuer),
    subject: toHex(subject),
    notBefore: String(notBefore),
    notAfter: String(notAfter),
    spki: toHex(spki),
    tbs: toHex(tbs),
    signature: toHex(signature),
    extensions: extensionsText(extensions),
    ...meanings(certificate),
  };
}

/** @throws MalformedError */
export function crlReading(crl: Crl): Reading {
  return {
    issuer: toHex(crl.issuer),
    thisUpdate: String(crl.thisUpdate),
    nextUpdate: String(crl.nextUpdate),
    revoked: crl.revoked.map(toHex).join(" "),
    tbs: toHex(crl.tbs),
    signature: toHex(crl.signature),
    extensions: extensionsText(crl.extensions),
    authorityKeyIdentifier: keyText(authorityKeyIdentifier(crl.extensions)),
  };
}

function extensionsText(extensions: ReadonlyMap<string, Extension>): string {
  return [...extensions]
    .map(([name, { critical, value }]) => `${name}${critical ? "!" : ""}=${toHex(value)}`)
    .join(" ");
}

/** What the extensions say that path validation goes by: two readers of the same bytes can still differ in their meaning. */
function meanings(certificate: Certificate): Reading {
  const constraints = basicConstraints(certificate);
  const usage = keyUsage(certificate);
  return {
    basicConstraints:
      constraints === undefined ? "" : `${constraints.ca ? "CA" : "leaf"} ${constraints.pathLength ?? ""}`,
    keyUsage: usage === undefined ? "" : `bits ${usage.join(" ")}`,
    subjectKeyIdentifier: keyText(subjectKeyIdentifier(certificate)),
    authorityKeyIdentifier: keyText(authorityKeyIdentifier(certificate.extensions)),
  };
}

function keyText(identifier: Uint8Array | undefined): string {
  return identifier === undefined ? "" : `key ${toHex(identifier)}`;
}

/** Names of the fields that the second reader read otherwise; empty where both agree. */
export function differences(
  crossCheck: CrossCheck,
  certificates: readonly Certificate[],
  crls: readonly Crl[],
): readonly string[] {
  return [
    ...certificates.flatMap((item) =>
      compare(
        () => certificateReading(item),
        () => crossCheck.certificate(item.der),
      ),
    ),
    ...crls.flatMap((item) =>
      compare(
        () => crlReading(item),
        () => crossCheck.crl(item.der),
      ),
    ),
  ];
}

function compare(read: () => Reading, readAgain: () => Reading): readonly string[] {
  try {
    const first = read();
    const other = readAgain();
    return Object.keys({ ...first, ...other }).filter((name) => first[name] !== other[name]);
  } catch {
    return ["unreadable to one of the readers"];
  }
}
