/** Path validation by a generic profile, for outside suites alone: it takes what RFC 5280 takes, where no vendor's profile is that lenient. */
import { equalBytes } from "../../src/encoding/bytes.js";
import { MalformedError } from "../../src/encoding/malformed.js";
import { customAnchor } from "../../src/trust/anchors.js";
import { type Certificate, parseCertificate } from "../../src/trust/certificate.js";
import { type Crl, parseCrl } from "../../src/trust/crl.js";
import { pathFaults, validityFaults } from "../../src/trust/path.js";
import type { CertificateProfile, PathProfile } from "../../src/trust/profiles.js";
import { crlIssuer, revocationFaults } from "../../src/trust/revocation.js";
import { crypto } from "./pki.js";

const SIGNATURES = ["SHA-256", "SHA-384", "SHA-512"].flatMap((hash) => [`RSASSA-PKCS1-v1_5/${hash}`, `ECDSA/${hash}`]);

const RULES: CertificateProfile = {
  signedWith: SIGNATURES,
  keys: ["P-256", "P-384", "P-521", "RSA-2048", "RSA-3072", "RSA-4096"],
  basicConstraints: "absent-allowed",
  keyUsage: "absent-allowed",
  keyIdentifiers: "absent-allowed",
  zeroSerial: false,
  otherExtensions: "any",
};

export const GENERIC: PathProfile = {
  name: "generic",
  leaf: RULES,
  issuer: RULES,
  crlSignedWith: SIGNATURES,
  crlExtensions: "required",
  maxLength: 8,
};

export interface SuiteCase {
  /** DER, leaf first, without the anchor. */
  readonly chain: readonly Uint8Array[];
  readonly anchor: Uint8Array;
  readonly crls: readonly Uint8Array[];
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly profile?: PathProfile;
  /** Whether every certificate needs a list that clears it. */
  readonly revocation: "required" | "where-supplied";
}

/** The codes for which the case is refused; none means accepted. */
export async function judge(suiteCase: SuiteCase): Promise<readonly string[]> {
  try {
    const { at, profile = GENERIC } = suiteCase;
    const chain = suiteCase.chain.map(parseCertificate);
    const top = parseCertificate(suiteCase.anchor);
    const anchor = await customAnchor(top, crypto);
    const faults = [...(await pathFaults({ chain, anchor, profile, crypto })), ...validityFaults(chain, anchor, at)];
    if (faults.length > 0) return faults.map(({ code }) => code);
    return await revoked(suiteCase, chain, top, profile);
  } catch (error) {
    if (error instanceof MalformedError) return [`malformed: ${error.reason}`];
    throw error;
  }
}

/** A list that cannot be read clears nothing; where none of its issuer's lists clears a certificate, that is a fault. */
async function revoked(
  { crls, at, revocation }: SuiteCase,
  chain: readonly Certificate[],
  anchor: Certificate,
  profile: PathProfile,
): Promise<readonly string[]> {
  const lists = crls.map(readable);
  const found: string[] = [];
  for (const [index, certificate] of chain.entries()) {
    const above = chain[index + 1] ?? anchor;
    const own = lists.filter((list) => list === undefined || equalBytes(list.issuer, certificate.issuer));
    if (own.length === 0 && revocation === "where-supplied") continue;
    const judged = await Promise.all(own.map((list) => clearing(list, above, certificate, at, profile)));
    // Any list that says "revoked", and the lack of one that says "not revoked".
    const all = judged.flat();
    if (all.includes("certificate-revoked")) found.push("certificate-revoked");
    else if (!judged.some((codes) => codes.length === 0)) found.push(...(all.length > 0 ? all : ["no-list"]));
  }
  return found;
}

function readable(der: Uint8Array): Crl | undefined {
  try {
    return parseCrl(der);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

async function clearing(
  list: Crl | undefined,
  issuer: Certificate,
  certificate: Certificate,
  at: number,
  profile: PathProfile,
): Promise<readonly string[]> {
  if (list === undefined) return ["malformed-list"];
  const certificates = [{ name: "it", serial: certificate.serial }];
  const faults = await revocationFaults({ crl: list, issuer: crlIssuer(issuer), certificates, at, profile, crypto });
  return faults.map(({ code }) => code);
}
