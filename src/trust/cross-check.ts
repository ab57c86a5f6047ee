/** The door for a second, independent reader of certificates and CRLs: any difference in what was read rejects the evidence. */

import { toHex } from "../encoding/text.js";
import type { Certificate } from "./certificate.js";
import type { Crl } from "./crl.js";

/** What a reader took from a certificate or CRL: each value as text, so that two readings compare field by field. */
export type Reading = Readonly<Record<string, string>>;

export interface CrossCheck {
  readonly name: string;
  /** @throws Error (of any kind) where the second reader cannot read it: that counts as a difference. */
  certificate(der: Uint8Array): Reading;
  crl(der: Uint8Array): Reading;
}

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
    extensions: [...extensions].map(([name, { critical, value }]) => `${name}${critical ? "!" : ""}=${toHex(value)}`).join(" "),
  };
}

export function crlReading(crl: Crl): Reading {
  return {
    issuer: toHex(crl.issuer),
    thisUpdate: String(crl.thisUpdate),
    nextUpdate: String(crl.nextUpdate),
    revoked: crl.revoked.map(toHex).join(" "),
    tbs: toHex(crl.tbs),
    signature: toHex(crl.signature),
    extensions: [...crl.extensions].map(([name, { critical, value }]) => `${name}${critical ? "!" : ""}=${toHex(value)}`).join(" "),
  };
}

/** Names of the fields that the second reader read otherwise; empty where both agree. */
export function differences(crossCheck: CrossCheck, certificates: readonly Certificate[], crls: readonly Crl[]): readonly string[] {
  return [
    ...certificates.flatMap((item) => compare(certificateReading(item), () => crossCheck.certificate(item.der))),
    ...crls.flatMap((item) => compare(crlReading(item), () => crossCheck.crl(item.der))),
  ];
}

function compare(first: Reading, second: () => Reading): readonly string[] {
  try {
    const other = second();
    return Object.keys({ ...first, ...other }).filter((name) => first[name] !== other[name]);
  } catch {
    return ["unreadable to the second reader"];
  }
}
