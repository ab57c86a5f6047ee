/** `CheckCode`: the union of all codes, one member list a room. Stable kebab-case; new ones come with minor releases. */

import type { ArmCode } from "./arm.js";
import type { AzureCode } from "./azure.js";
import type { DcapCode } from "./dcap.js";
import type { DstackCode } from "./dstack.js";
import type { GceCode } from "./gce.js";
import type { NitroCode } from "./nitro.js";
import type { NvidiaCode } from "./nvidia.js";
import type { SevSnpCode } from "./sev-snp.js";
import type { TdxCode } from "./tdx.js";
import type { TokenCode } from "./tokens.js";

/** Codes that every kind can meet. */
export type CommonCode =
  /** The bytes do not have the form that their specification demands. */
  | "malformed"
  /** No registered kind recognises the evidence. */
  | "unrecognised"
  /** More than one kind recognises the evidence. */
  | "ambiguous"
  /** The kind is not among those that the caller accepts. */
  | "kind-not-accepted"
  /** The back end lacks an algorithm, or there is none. */
  | "crypto-unavailable"
  /** A required check did not run. */
  | "not-checked"
  /** A defect of this library; please report it. */
  | "internal-error"
  /** The caller opted out. */
  | "any-build"
  | "unbound"
  | "allowed"
  /** The expectation pins less than `launch`. */
  | "covers-too-little"
  /** The expectation names no reference values for this kind. */
  | "no-reference-values"
  | "aborted"
  | "cross-check-disagrees";

/** Why a build manifest does not hold: see `ManifestCode` in expected/build. */
export type ManifestCodes =
  | "manifest-missing"
  | "manifest-malformed"
  | "manifest-hash-mismatch"
  | "manifest-signer"
  | "manifest-name"
  | "manifest-expired"
  | "manifest-not-yet-valid"
  | "manifest-revoked"
  | "manifest-rollback"
  | "manifest-critical"
  | "manifest-layout"
  | "manifest-mixed"
  | "manifest-no-platform";

export type PathCodes =
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
  | "certificate-expired"
  | "crl-issuer-mismatch"
  | "crl-signature-invalid"
  | "crl-algorithm"
  | "crl-extension"
  | "crl-not-yet-valid"
  | "crl-expired"
  | "certificate-revoked";

export type CheckCode =
  | DstackCode
  | ArmCode
  | AzureCode
  | CommonCode
  | ManifestCodes
  | PathCodes
  | DcapCode
  | GceCode
  | NitroCode
  | NvidiaCode
  | SevSnpCode
  | TdxCode
  | TokenCode;
