/** `CheckCode`: the union of all codes, one member list a room. Stable kebab-case; new ones come with minor releases. */

import type { NitroCode } from "./nitro.js";
import type { SevSnpCode } from "./sev-snp.js";

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
  /** A build hash was given and no manifest came with the evidence. */
  | "manifest-missing"
  | "aborted"
  | "cross-check-disagrees";

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

export type CheckCode = CommonCode | PathCodes | NitroCode | SevSnpCode;
