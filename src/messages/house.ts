/** English of the checks and limits that every kind shares. */

import type { LimitCatalogue, MessageCatalogue } from "./catalogue.js";

/** Texts of codes that mean the same wherever they occur; a kind's own text for a code goes first. */
export const commonCodes: Readonly<Record<string, string>> = {
  malformed:
    "The bytes do not have the form that the specification demands: {reason} (offset {offset}). Damaged in transit, or made to mislead: ask for it again, and trust nothing in it.",
  "crypto-unavailable":
    "This environment cannot do the cryptography that the check needs ({reason}). Pass `crypto: noble` from tee-verify/noble, or verify elsewhere.",
  "not-checked": "This required check did not run, so nothing is known about it. Treat it as not verified.",
  "internal-error":
    "tee-verify met a defect of its own ({reason}). The evidence counts as rejected; please report this.",
  skipped: "Not checked, because {blockedBy} did not pass.",
  aborted: "The caller ended the verification before this check ran.",
};

/** Texts of codes that certificate paths and revocation lists give; `{certificate}` and `{found}` say where and what. */
export const pathCodes: Readonly<Record<string, string>> = {
  "certificate-signature-invalid":
    "The signature on {certificate} does not verify under its issuer's key ({found}). The chain does not lead to the vendor: the evidence is not genuine.",
  "certificate-algorithm":
    "{certificate} is signed with {found}, which the vendor does not use. It is not the vendor's certificate.",
  "certificate-key":
    "{certificate} holds a key of the kind {found}, which the vendor does not use. It is not the vendor's certificate.",
  "certificate-name-mismatch": "{certificate} does not follow in this chain: {found}.",
  "certificate-not-a-ca": "{certificate} signed another certificate without being allowed to: {found}.",
  "certificate-is-a-ca": "{certificate} is an authority and stands where the signer of evidence belongs: {found}.",
  "certificate-path-length": "The chain is longer than {certificate} allows: {found}.",
  "certificate-key-usage": "{certificate} may not be used for what it did here: {found}.",
  "certificate-key-identifier": "{certificate} does not fit its issuer: {found}.",
  "certificate-extension":
    "{certificate} carries what the vendor does not put into such a certificate, or lacks what it does: {found}.",
  "certificate-serial": "{certificate} has a serial number that the vendor does not give: {found}.",
  "certificate-not-yet-valid":
    "{certificate} is valid from {found} on, and the time of judgement, {at}, is before that. Check the clock, or give the right time as `at`.",
  "certificate-expired":
    "{certificate} was valid until {found}, and the time of judgement is {at}. Ask for fresh evidence; to judge a stored one, give its time as `at`.",
  "crl-issuer-mismatch": "The revocation list is not from the authority that it must be from: {found}.",
  "crl-signature-invalid": "The signature on the revocation list does not verify ({found}). It was altered or forged.",
  "crl-algorithm": "The revocation list is signed with {found}, which the vendor does not use.",
  "crl-extension": "The revocation list is of a form that this check cannot rely on: {found}.",
  "crl-not-yet-valid": "The revocation list was issued at {found}, after the time of judgement, {at}. Check the clock.",
  "crl-expired":
    "The revocation list was due for renewal at {found} and the time of judgement is {at}. Get the current one.",
  "certificate-revoked": "The vendor has revoked {found}. Whatever it signed must not be trusted.",
};

export const houseMessages: MessageCatalogue = {
  "evidence/recognised": {
    title: "The evidence is of a known kind",
    passed: "Recognised by its structure as {kind} ({form}).",
    codes: {
      unrecognised: "Nothing here can verify it. It is {looksLike}.",
      ambiguous:
        "It fits more than one kind ({kinds}), and guessing would let its sender choose. Give it in an unambiguous form.",
    },
  },
  "evidence/accepted-kind": {
    title: "The kind of evidence is accepted",
    passed: "{kind} is among the kinds that the caller accepts.",
    codes: {
      "kind-not-accepted":
        "The evidence is {kind} and the caller accepts {accept} alone. Its sender must not choose a weaker kind.",
    },
  },
  "evidence/endorsements": {
    title: "The endorsements are well-formed",
    passed: "{count} certificates, revocation lists and other endorsements were read.",
    codes: {},
  },
  "evidence/manifest": {
    title: "The build manifest holds",
    passed: "{name} ({build}), vouched for by {by}. Published as {published}.",
    codes: {
      "manifest-missing":
        "The manifest of {wanted} did not come with the evidence: put it into the bundle, or pass it in `manifests`.",
      "manifest-malformed": "This is no build manifest: {reason}. Nothing in it counts.",
      "manifest-hash-mismatch":
        "The manifest that came along hashes to {found} and not to {sha256}: another build, or altered.",
      "manifest-signer": "No publisher whom you trust has signed the manifest: {reason}. Anybody may have written it.",
      "manifest-name": "The manifest is of {name} {version}, and you asked for {wanted}.",
      "manifest-expired":
        "The manifest of {name} {version} was valid until {validUntil}, and it is {at}. Get a current one.",
      "manifest-not-yet-valid":
        "The manifest of {name} {version} is valid from {validFrom} on, and it is {at}. Check the clock.",
      "manifest-revoked": "Its publisher has withdrawn {name} {version}. Do not trust machines that run it.",
      "manifest-rollback":
        "The manifest is of {name} {version}, and nothing older than {minimum} is accepted: an old release may be replayed.",
      "manifest-critical":
        "The manifest of {name} {version} must not be used without understanding {unknown}, which is unknown here.",
      "manifest-layout":
        "Machines of {name} bind nonce and key by the layout {layout}, and your binding is {binding}: ask for {layout}.",
      "manifest-mixed":
        "The outside is of one platform of {name} and the inside of another: no platform matches as a whole.",
      "manifest-no-platform":
        "The manifest of {name} has no reference values for {kind} alone; it has them for {kinds}.",
    },
  },
  "evidence/covers": {
    title: "The expectation covers enough of the machine",
    passed: "What was compared pins {covers}: {meaning}.",
    codes: {
      "any-build":
        "The caller asked for any build: nothing was compared with what the machine runs. It may be any software on genuine hardware.",
      "covers-too-little":
        'What was compared pins {covers} alone: {meaning}. Give launch measurements, or write `covers: "firmware"` if that is all you want to know.',
    },
  },
};

/** Beside a build that is not the expected one. */
export const closestText = "It is a build that you know: {closest}.";

/** What each value of `covers` means. */
export const coversMeaning: Readonly<Record<string, string>> = {
  nothing: "no measurement was compared, so nothing is known of the software",
  firmware: "the vendor's or the cloud's firmware, which says nothing about the guest above it",
  launch: "all code that is measured when the machine starts",
  workload: "all code that is measured when the machine starts, tied by a manifest to the published artifact",
};

export const houseLimits: LimitCatalogue = {
  "physical-access":
    "Somebody with physical access to the machine can break confidential hardware (interposers on the memory bus, glitching): genuine means genuine unless its operator did that.",
  "running-code":
    "A measurement identifies code at its start. It says nothing about defects in that code, about what it loads later, or about data and settings given to it at run time.",
  "any-build": "The build was not compared with anything: genuine hardware may run any software.",
  unbound:
    "Nothing ties this evidence to a question of yours or to a channel: it may be a recording, or come from another machine than the one you talk to.",
  "exact-report-data":
    "The report data equals the bytes that you gave; whether those hold a fresh nonce and the right key is known to you alone.",
  "no-channel": "No key was bound: the evidence is not tied to the connection over which you will talk to the agent.",
  "custom-anchors":
    "Judged under trust anchors that the caller supplied, NOT under the vendor's: this is no statement about genuine hardware.",
  "unsafe-policy": "The caller's policy accepts what the safe defaults reject: {waived}.",
};
