/** English of the checks and limits that TDX and SGX quotes share. */

import type { CheckMessages, LimitCatalogue, MessageCatalogue } from "./catalogue.js";
import { pathCodes } from "./house.js";

/** Codes of checks that TDX and SGX quotes share. */
export type DcapCode =
  /** The PCK certificate, its authority's, or the signer of collateral is not at hand. */
  | "certificate-missing"
  /** The certificates in the quote are not PCK, authority and root. */
  | "chain-incomplete"
  /** A chain was given for the quote's and is another. */
  | "chain-substituted"
  | "certificate-profile"
  /** A root came under Intel's name, or in the quote, with another key. */
  | "root-not-pinned"
  | "crl-missing"
  | "signature-invalid"
  /** The quoting enclave vouches for another attestation key. */
  | "key-not-bound"
  /** TCB info or QE identity is not at hand. */
  | "collateral-missing"
  /** Collateral for another TEE, platform or enclave. */
  | "collateral-mismatch"
  | "collateral-not-yet-valid"
  | "collateral-expired"
  /** The quoting enclave is not Intel's. */
  | "qe-mismatch"
  | "tcb-status-not-accepted"
  | "tcb-demand-missed"
  | "platform-not-accepted"
  | "build-mismatch"
  | "report-data-mismatch"
  | "binding-unsupported"
  | "debug-allowed"
  | "attributes-mismatch";

const MISSING = "{what} is not at hand. {where}, and pass it as an endorsement.{tried}";
const FORGED = "The signature does not verify: it was altered, or another key signed it.";

/** Texts by check name; `quote` says whose quote. */
const SHARED: Readonly<Record<string, CheckMessages>> = {
  format: {
    title: "The quote is well-formed",
    passed: "Every field has the form that Intel's specification gives it.",
    codes: {},
    notices: { padding: "Bytes follow the quote, and are no part of it." },
  },
  "pck-certificate": {
    title: "The platform's PCK certificate is at hand",
    passed: "A PCK certificate for platforms {fmspc}, issued by the {ca} authority.",
    codes: {
      "certificate-missing": MISSING,
      "chain-incomplete": "The quote carries {found}.",
      "chain-substituted": "The chain given beside the quote is not the quote's own.",
      "certificate-profile": "It is not a PCK certificate as Intel's {ca} authority makes them.",
    },
  },
  "pck-path": {
    title: "Intel vouches for the platform",
    passed: "The chain leads to {chain} ({anchors}); every signature, name and constraint in it holds.",
    codes: pathCodes,
  },
  roots: {
    title: "Roots in Intel's name are Intel's",
    passed: "Roots that came along: {count}; each has Intel's pinned key, and none was needed as an anchor.",
    codes: { "root-not-pinned": "{found} came as a root and has not Intel's key. Somebody made it to mislead." },
  },
  "certificate-validity": {
    title: "The certificates are valid at the time of judgement",
    passed: "All of them are valid at {at}.",
    codes: pathCodes,
  },
  revocation: {
    title: "Intel has revoked none of the certificates",
    passed: "Current lists of the root and of the PCK's authority do not name them.",
    codes: {
      ...pathCodes,
      "crl-missing": MISSING,
      allowed: "A revocation list was due for renewal at {found}; your grace period takes it.",
    },
  },
  "qe-report": {
    title: "The platform vouches for its quoting enclave",
    passed: "The PCK key signed the quoting enclave's report.",
    codes: { "signature-invalid": FORGED },
  },
  "attestation-key": {
    title: "The quoting enclave vouches for the attestation key",
    passed: "Its report holds the digest of the key and of the authentication data.",
    codes: { "key-not-bound": "The quoting enclave's report is about another key: somebody put theirs in its place." },
  },
  "quote-signature": {
    title: "The quote's signature is valid",
    passed: "The attestation key signed header and report.",
    codes: { "signature-invalid": `${FORGED} Trust nothing in the quote.` },
  },
  collateral: { title: "The collateral is well-formed", passed: "All collateral could be read.", codes: {} },
  "tcb-signer": {
    title: "Intel vouches for the signer of the collateral",
    passed: "Its certificate was issued by the root ({anchors}).",
    codes: {
      ...pathCodes,
      "certificate-missing":
        "The certificate of the TCB info's signer, which comes with it, is not at hand. {where}, and pass it as an endorsement.{tried}",
    },
  },
  "tcb-info": {
    title: "Intel's TCB info for this platform is genuine",
    passed: "Intel signed it, for this TEE and platform.",
    codes: {
      "signature-invalid": FORGED,
      "collateral-missing": MISSING,
      "collateral-mismatch": "The TCB info is for {found}, and this platform is {belongs}.",
    },
    notices: { reformatted: "The text was reformatted on its way; Intel signed its compact form." },
  },
  "qe-identity": {
    title: "Intel's identity of the quoting enclave is genuine",
    passed: "Intel signed it, for this TEE.",
    codes: {
      "signature-invalid": FORGED,
      "collateral-missing": MISSING,
      "collateral-mismatch": "The identity is for {found}, and {belongs} belongs here.",
    },
    notices: { reformatted: "The text was reformatted on its way; Intel signed its compact form." },
  },
  "tcb-evaluation": {
    title: "Intel's list of TCB evaluations is genuine",
    passed: "Intel signed it.",
    codes: { "signature-invalid": FORGED },
    notices: { reformatted: "The text was reformatted on its way; Intel signed its compact form." },
  },
  "collateral-dates": {
    title: "The collateral is current",
    passed: "Valid at {at}.",
    codes: {
      "collateral-not-yet-valid": "{what} was issued at {issued}; judged at {at}. Check the clock.",
      "collateral-expired": "{what} was due for renewal at {until}; judged at {at}. Get the current one.",
      allowed: "{what} was due for renewal at {until}; your grace period takes it.",
    },
  },
  qe: {
    title: "The quoting enclave is Intel's",
    passed: "Its report is what Intel's identity says (ISVSVN {isvSvn}).",
    codes: { "qe-mismatch": "The enclave that quoted is not Intel's: {differing} differ. It may sign anything." },
  },
  "cross-check": {
    title: "A second, independent reader agrees on every certificate",
    passed: "{reader} read the same from every certificate and revocation list.",
    codes: { "cross-check-disagrees": "{reader} reads the certificates otherwise ({fields})." },
  },
  build: {
    title: "It is the build you expect",
    passed: "It is among what you accept (compared: {compared}). Measured: {measurement}.",
    codes: {
      "any-build": "You asked for any build: nothing was compared. Measured: {measurement}.",
      "build-mismatch":
        "It is another build: {differing} is not what you expect. Measured: {measurement}; expected: {expected}.",
      "no-reference-values":
        "Nothing that you expect says what this kind of evidence must be (a digest without names is for kinds that one register pins). Measured: {measurement}.",
      "manifest-missing": "The manifest of the build {sha256} is not at hand. Pass it in the bundle.",
    },
  },
  "report-data": {
    title: "It answers your question, on your channel",
    passed: "REPORTDATA is what your binding demands ({expected}).",
    codes: {
      unbound: "You asked for no binding: this may be a recording, or another machine's. REPORTDATA is {found}.",
      "report-data-mismatch":
        "REPORTDATA is {found} and your binding demands {expected}: another question's answer, or another channel's. A replay or a relay looks like this.",
      "binding-unsupported": "A quote holds 64 bytes of report data, and the binding asked for does not use them.",
    },
  },
  "tcb-status": {
    title: "The platform's TCB is as you demand",
    passed: "{status}, of {date}, by Intel's evaluation {evaluationNumber}.",
    codes: {
      "tcb-status-not-accepted":
        "{status}, of {date}, by Intel's evaluation {evaluationNumber}; you accept {accepted}. Advisories: {advisories}. Ask its operator to bring it up to date.",
      allowed:
        "{status}, of {date}, by Intel's evaluation {evaluationNumber}. Your policy takes it. Advisories: {advisories}.",
    },
    notices: {
      "newer-evaluation": "Intel has a newer evaluation than {evaluationNumber}, by which the status may be another.",
    },
  },
  "tcb-demands": {
    title: "Collateral and TCB reach your minimums",
    passed: "Nothing that you demand is missed.",
    codes: { "tcb-demand-missed": "Not as you demand: {missed}." },
  },
  platform: {
    title: "The machine is one that you accept",
    passed: "Platform {fmspc} is accepted by your policy.",
    codes: {
      "platform-not-accepted": "Not as you demand: {missed}.",
      "certificate-missing": "Which machine it is, only its PCK certificate says, and that is missing.",
    },
  },
};

/** The catalogue of a kind: the shared texts and its own, by check id. */
export function dcapMessages(tee: string, own: Readonly<Record<string, CheckMessages>>): MessageCatalogue {
  return Object.fromEntries(Object.entries({ ...SHARED, ...own }).map(([name, texts]) => [`${tee}/${name}`, texts]));
}

export const dcapLimits: LimitCatalogue = {
  "revocation-not-checked": "Revocation lists were missing, so a revoked platform would not show.",
};
