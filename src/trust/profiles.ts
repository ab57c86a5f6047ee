/** What each vendor's certificates must and may look like, as data: one row a chain, strict where the vendor is (design, rule 5). */

import type { PublicKey, SignatureAlgorithm } from "../crypto/crypto.js";
import { EXTENSION } from "./certificate.js";

/** How one place in a chain must look. */
export interface CertificateProfile {
  /** Algorithms that may sign this certificate, as `describeAlgorithm` writes them. */
  readonly signedWith: readonly string[];
  /** Kinds of key it may hold, as `describeKey` writes them. */
  readonly keys: readonly string[];
  /** `absent-allowed` is for leaves alone: an issuer without CA:TRUE never passes. */
  readonly basicConstraints: "required" | "absent-allowed";
  /** Where the extension is there, its bits count in any case. */
  readonly keyUsage: "required" | "absent-allowed";
  readonly keyIdentifiers: "required" | "absent-allowed";
  /** AMD issues every VCEK with serial number 0, against RFC 5280, section 4.1.2.2. */
  readonly zeroSerial: boolean;
  /** Longest serial number, in bytes of its INTEGER: 20 unless told (RFC 5280, section 4.1.2.2). */
  readonly serialBytes?: number;
  /** Extensions that may occur beside those of `EXTENSION`; a critical one outside `interpreted` never passes. */
  readonly otherExtensions: readonly string[] | "any";
  /** Extensions that whoever asks for the path interprets: they may be critical. */
  readonly interpreted?: readonly string[];
}

export interface PathProfile {
  readonly name: string;
  readonly leaf: CertificateProfile;
  readonly issuer: CertificateProfile;
  /** Algorithms that may sign a CRL of this chain. */
  readonly crlSignedWith: readonly string[];
  /** Whether a CRL must carry crlNumber and authorityKeyIdentifier, as RFC 5280, section 5.2, demands of conforming issuers. */
  readonly crlExtensions: "required" | "absent-allowed";
  /** Most certificates between leaf (included) and anchor (excluded). */
  readonly maxLength: number;
}

/** `RSA-PSS/SHA-384/48`, `ECDSA/SHA-256`, `RSASSA-PKCS1-v1_5/SHA-256`, `Ed25519`; `unknown` for what is not verified here. */
export function describeAlgorithm(algorithm: SignatureAlgorithm | undefined): string {
  if (algorithm === undefined) return "unknown";
  if (algorithm.name === "Ed25519") return algorithm.name;
  return `${algorithm.name}/${algorithm.hash}${algorithm.name === "RSA-PSS" ? `/${algorithm.saltLength}` : ""}`;
}

/** `P-384`, `RSA-4096`, `Ed25519`; `unknown` for what is not verified with here. */
export function describeKey(key: PublicKey | undefined): string {
  if (key === undefined) return "unknown";
  if (key.type === "ec") return key.curve;
  return key.type === "rsa" ? `RSA-${key.modulus.length * 8 - Math.clz32(key.modulus[0] ?? 0) + 24}` : "Ed25519";
}

/** Extensions whose critical form path validation honours. Name constraints are not among them (design, rule 5). */
export const INTERPRETED: readonly string[] = [EXTENSION.basicConstraints, EXTENSION.keyUsage];

const AMD_SIGNATURE = ["RSA-PSS/SHA-384/48"];

/** AMD 57230, section 3: the extensions of a VCEK or VLEK, `1.3.6.1.4.1.3704.1.*`. */
export const AMD_EXTENSION = "1.3.6.1.4.1.3704.1";

function amdExtensions(): readonly string[] {
  const tails = ["1", "2", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8", "3.9", "4", "5"];
  return tails.map((tail) => `${AMD_EXTENSION}.${tail}`);
}

/** VCEK or VLEK under ASK or ASVK under ARK (AMD 57230). */
export const AMD_PROFILE: PathProfile = {
  name: "AMD SEV-SNP",
  leaf: {
    signedWith: AMD_SIGNATURE,
    keys: ["P-384"],
    basicConstraints: "absent-allowed",
    keyUsage: "absent-allowed",
    keyIdentifiers: "absent-allowed",
    zeroSerial: true,
    otherExtensions: /* @__PURE__ */ amdExtensions(),
  },
  issuer: {
    signedWith: AMD_SIGNATURE,
    keys: ["RSA-4096"],
    basicConstraints: "required",
    keyUsage: "required",
    keyIdentifiers: "absent-allowed",
    zeroSerial: false,
    otherExtensions: [],
  },
  crlSignedWith: AMD_SIGNATURE,
  crlExtensions: "absent-allowed",
  maxLength: 2,
};

const P384_SIGNATURE = ["ECDSA/SHA-384"];

/** AWS Nitro: instance, zonal and regional authorities under root G1 (nsm-api, attestation_process.md, section 3.2.3). */
export const AWS_PROFILE: PathProfile = {
  name: "AWS Nitro",
  leaf: {
    signedWith: P384_SIGNATURE,
    keys: ["P-384"],
    basicConstraints: "required",
    keyUsage: "required",
    // No genuine leaf has them, and before 2023 no instance authority had.
    keyIdentifiers: "absent-allowed",
    zeroSerial: false,
    otherExtensions: "any",
  },
  issuer: {
    // Instance authorities have 160 random bits, which every second time take a sign octet more than RFC 5280 allows.
    serialBytes: 21,
    signedWith: P384_SIGNATURE,
    keys: ["P-384"],
    basicConstraints: "required",
    keyUsage: "required",
    keyIdentifiers: "absent-allowed",
    zeroSerial: false,
    otherExtensions: "any",
  },
  crlSignedWith: P384_SIGNATURE,
  crlExtensions: "required",
  maxLength: 8,
};

const P256_SIGNATURE = ["ECDSA/SHA-256"];

/** Intel SGX PCK Certificate and CRL Profile, section 1.3.5: the extension that names platform and TCB. */
export const SGX_EXTENSION = "1.2.840.113741.1.13.1";

/** One place in a chain of Intel's; `extensions` beside those that all have. */
function intelCertificate(extensions: readonly string[]): CertificateProfile {
  return {
    signedWith: P256_SIGNATURE,
    keys: ["P-256"],
    basicConstraints: "required",
    keyUsage: "required",
    keyIdentifiers: "required",
    zeroSerial: false,
    // Intel's serial numbers have 20 bytes of magnitude, and a zero octet before them where the first bit is set.
    serialBytes: 21,
    otherExtensions: extensions,
  };
}

/** PCK certificate under Processor or Platform CA under the SGX root (Intel SGX PCK Certificate and CRL Profile). */
export const INTEL_PCK_PROFILE: PathProfile = {
  name: "Intel SGX PCK",
  leaf: /* @__PURE__ */ intelCertificate([SGX_EXTENSION]),
  issuer: /* @__PURE__ */ intelCertificate([]),
  crlSignedWith: P256_SIGNATURE,
  crlExtensions: "required",
  maxLength: 2,
};

/** The certificate that signs TCB infos and enclave identities, directly under the SGX root. */
export const INTEL_TCB_PROFILE: PathProfile = {
  name: "Intel SGX TCB Signing",
  leaf: /* @__PURE__ */ intelCertificate([]),
  issuer: /* @__PURE__ */ intelCertificate([]),
  crlSignedWith: P256_SIGNATURE,
  crlExtensions: "required",
  maxLength: 1,
};
