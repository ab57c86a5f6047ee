/** English of the checks and limits that every kind shares. */

import type { CheckMessages, LimitCatalogue, MessageCatalogue } from "./catalogue.js";

/** Texts of codes that mean the same wherever they occur; a kind's own text for a code goes first. */
export const commonCodes: Readonly<Record<string, string>> = {
  malformed:
    "The bytes have not the form that is specified: {reason} (offset {offset}). Damaged, or made to mislead: ask again, and trust nothing in it.",
  "crypto-unavailable":
    "The cryptography that this needs is not here ({reason}). Pass `crypto: noble` from tee-verify/noble, or verify elsewhere.",
  "not-checked": "This required check did not run: treat it as not verified.",
  "internal-error": "A defect of tee-verify ({reason}): the evidence counts as rejected. Please report it.",
  skipped: "Not checked, because {blockedBy} did not pass.",
  aborted: "The caller ended the verification before this check ran.",
};

/** Texts of codes that certificate paths and revocation lists give; `{certificate}` and `{found}` say where and what. */
export const pathCodes: Readonly<Record<string, string>> = {
  "certificate-signature-invalid":
    "The signature on {certificate} does not verify ({found}): the chain does not lead to the vendor, and the evidence is not genuine.",
  "certificate-algorithm":
    "{certificate} is signed with {found}, which the vendor does not use: it is not the vendor's.",
  "certificate-key":
    "{certificate} holds a key of kind {found}, which the vendor does not use: it is not the vendor's.",
  "certificate-name-mismatch": "{certificate} does not follow in this chain: {found}.",
  "certificate-not-a-ca": "{certificate} may not sign certificates: {found}.",
  "certificate-is-a-ca": "{certificate} is an authority where the signer of evidence belongs: {found}.",
  "certificate-path-length": "The chain is longer than {certificate} allows: {found}.",
  "certificate-key-usage": "{certificate} may not be used for what it did here: {found}.",
  "certificate-key-identifier": "{certificate} does not fit its issuer: {found}.",
  "certificate-extension": "{certificate} carries or lacks what the vendor's do not: {found}.",
  "certificate-serial": "The serial number of {certificate} is none of the vendor's: {found}.",
  "certificate-not-yet-valid":
    "{certificate} is valid from {found} on; judged at {at}. Check the clock, or give the right time as `at`.",
  "certificate-expired":
    "{certificate} was valid until {found}; judged at {at}. Ask for fresh evidence, or give the time of a stored one as `at`.",
  "crl-issuer-mismatch": "The revocation list is not of the right authority: {found}.",
  "crl-signature-invalid": "The signature on the revocation list does not verify ({found}): it is forged.",
  "crl-algorithm": "The revocation list is signed with {found}, which the vendor does not use.",
  "crl-extension": "The revocation list has a form that cannot be relied on: {found}.",
  "crl-not-yet-valid": "The revocation list was issued at {found}; judged at {at}. Check the clock.",
  "crl-expired": "The revocation list was due for renewal at {found}; judged at {at}. Get the current one.",
  "certificate-revoked": "The vendor has revoked {found}: trust nothing that it signed.",
};

export const houseMessages: MessageCatalogue = {
  "evidence/recognised": {
    title: "The evidence is of a known kind",
    passed: "Recognised by its structure as {kind} ({form}).",
    codes: {
      unrecognised: "Nothing here can verify it. It is {looksLike}.",
      ambiguous:
        "It fits more than one kind ({kinds}), and its sender must not choose. Give it in an unambiguous form.",
    },
  },
  "evidence/accepted-kind": {
    title: "The kind of evidence is accepted",
    passed: "{kind} is accepted.",
    codes: {
      "kind-not-accepted": "The evidence is {kind} and you accept {accept}: its sender must not choose a weaker kind.",
    },
  },
  "evidence/endorsements": {
    title: "The endorsements are well-formed",
    passed: "Endorsements that were read: {count}.",
    codes: {},
  },
  "evidence/manifest": {
    title: "The build manifest holds",
    passed: "{name} ({build}), vouched for by {by}. Published as {published}.",
    codes: {
      "manifest-missing": "The manifest of {wanted} is not at hand: put it into the bundle, or pass it in `manifests`.",
      "manifest-malformed": "This is no build manifest: {reason}. Nothing in it counts.",
      "manifest-hash-mismatch": "The manifest hashes to {found} and not to {sha256}: another build, or altered.",
      "manifest-signer": "No publisher whom you trust has signed the manifest: {reason}. Anybody may have written it.",
      "manifest-name": "The manifest is of {name} {version}, and you asked for {wanted}.",
      "manifest-expired":
        "The manifest of {name} {version} was valid until {validUntil}; judged at {at}. Get a current one.",
      "manifest-not-yet-valid":
        "The manifest of {name} {version} is valid from {validFrom} on; judged at {at}. Check the clock.",
      "manifest-revoked": "Its publisher has withdrawn {name} {version}. Do not trust machines that run it.",
      "manifest-rollback":
        "The manifest is of {name} {version}, older than the accepted {minimum}: an old release may be replayed.",
      "manifest-critical": "The manifest of {name} {version} demands that one knows {unknown}, which is unknown here.",
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
      "any-build": "You asked for any build: nothing was compared. It may be any software on genuine hardware.",
      "covers-too-little": "What was compared pins too little of the machine ({covers}): {meaning}. {advice}",
    },
  },
};

const APART = "It holds {found} and the evidence around it demands {expected}: they do not belong together.";

/** Of a part that the evidence around it binds, in place of what its kind says of the caller's binding. */
export const insideTexts: CheckMessages = {
  title: "It belongs to the evidence around it",
  passed: "It holds what the evidence around it demands ({expected}).",
  codes: { "report-data-mismatch": APART, "nonce-mismatch": APART },
};

/** Beside a build that is not the expected one. */
export const closestTexts = {
  known: "It is a build that you know: {closest}.",
  shape: "It is the same release on another machine shape: {closest}.",
  value: "What differs is as on another machine shape: {closest}.",
  guess:
    "Only RTMR0 differs: perhaps the same build on another machine shape or firmware configuration. This is a guess.",
};

/** What each value of `covers` means. */
export const coversMeaning: Readonly<Record<string, string>> = {
  nothing: "no measurement was compared, so nothing is known of the software",
  firmware: "the vendor's or the cloud's firmware, which says nothing about the guest above it",
  launch: "all code that is measured when the machine starts",
  workload: "all code that is measured when the machine starts, tied by a manifest to the published artifact",
};

/** What to do where what was compared is not enough: `covers: "firmware"` takes firmware, and never nothing. */
export const coversAdvice: Readonly<Record<string, string>> = {
  nothing:
    "Expect the measurements that this kind has of code, whose names docs/policy.md and the kind's own page give.",
  firmware: 'Give launch measurements, or write `covers: "firmware"` if that is all you want to know.',
};

export const houseLimits: LimitCatalogue = {
  "physical-access":
    "Physical access can break confidential hardware (interposers on the memory bus, glitching): genuine means genuine unless its operator did that.",
  "running-code":
    "A measurement identifies code at its start, and neither its defects, nor what it loads later, nor the data and settings that it is given.",
  "any-build": "No build was compared: genuine hardware may run any software.",
  unbound:
    "Nothing ties this evidence to a question of yours or to a channel: it may be a recording, or another machine's than the one you talk to.",
  "exact-report-data":
    "The report data equals your bytes; whether those hold a fresh nonce and the right key, you know alone.",
  "no-channel": "No key was bound: the evidence is not tied to your connection with the agent.",
  "custom-anchors":
    "Judged under the caller's trust anchors, NOT under the vendor's: this says nothing of genuine hardware.",
  "unsafe-policy": "The caller's policy accepts what the safe defaults reject: {waived}.",
};
