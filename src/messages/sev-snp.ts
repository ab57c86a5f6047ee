/** English of the checks and limits of SEV-SNP reports. */

import type { LimitCatalogue, MessageCatalogue } from "./catalogue.js";
import { pathCodes } from "./house.js";

/** Codes of SEV-SNP checks. */
export type SevSnpCode =
  /** The certificate of the endorsement key is not at hand. */
  | "certificate-missing"
  /** No revocation list is at hand. */
  | "crl-missing"
  /** KEY_INFO says that no key signed the report. */
  | "not-signed"
  /** The report names the other kind of key than the certificate is for. */
  | "signing-key-mismatch"
  /** The certificate has not exactly the form of a VCEK or VLEK. */
  | "certificate-profile"
  /** No authority of AMD issued the certificate. */
  | "issuer-unknown"
  /** A certificate came under the name of an authority of AMD and is another. */
  | "authority-not-pinned"
  | "product-mismatch"
  | "product-unknown"
  | "tcb-mismatch"
  | "chip-mismatch"
  | "chip-id-masked"
  | "signature-invalid"
  | "build-mismatch"
  | "report-data-mismatch"
  /** The kind has no place for such a binding. */
  | "binding-unsupported"
  | "debug-allowed"
  | "migration-allowed"
  | "migration-agent"
  | "vmpl-not-accepted"
  | "guest-policy-mismatch"
  | "policy-contradicts-platform"
  | "platform-info-mismatch"
  | "platform-info-unknown-bits"
  | "tcb-out-of-order"
  | "below-floor"
  | "provisional-firmware"
  | "tcb-below-minimum"
  | "firmware-below-minimum"
  | "mitigations-lost"
  | "mitigations-missing"
  | "id-block-missing"
  | "author-key-missing"
  | "report-id-mismatch"
  | "product-not-accepted"
  | "chip-not-identified"
  | "chip-denied"
  | "chip-not-accepted"
  | "csp-not-accepted";

export const sevSnpMessages: MessageCatalogue = {
  "sev-snp/format": {
    title: "The report is well-formed",
    passed: "All fields have the form that AMD specifies, and every reserved byte is zero.",
    codes: {},
  },
  "sev-snp/endorsement-key": {
    title: "The signing key's certificate is at hand",
    passed: "The report names a {signingKey}, and the certificate is for a {type}.",
    codes: {
      "certificate-missing":
        "Without {what} nothing can be said of this report. {where}, and pass it as an endorsement.{tried}",
      "not-signed": "No key signed the report (SIGNING_KEY is NONE): anybody can write such a one.",
      "signing-key-mismatch":
        "The report names a {signingKey} and the certificate is for a {type}: one must not stand in for the other.",
    },
  },
  "sev-snp/certificate-profile": {
    title: "The certificate has the form of AMD's endorsement keys",
    passed: "A {type} certificate for {product}, with all of AMD's extensions.",
    codes: { "certificate-profile": "It is not a VCEK or VLEK certificate as AMD makes them: {reason}." },
  },
  "sev-snp/certificate-path": {
    title: "AMD vouches for the signing key",
    passed: "The chain leads to {chain} ({anchors}); every signature, name and constraint in it holds.",
    codes: {
      ...pathCodes,
      "issuer-unknown":
        "No known authority of AMD issued the certificate. It is forged, or of a newer product line than this version of tee-verify.",
    },
  },
  "sev-snp/certificate-validity": {
    title: "The certificates are valid at the time of judgement",
    passed: "Valid from {from} to {until}; judged at {at}.",
    codes: pathCodes,
  },
  "sev-snp/supplied-certificates": {
    title: "Certificates in AMD's name are AMD's",
    passed:
      "{count} certificates came in the name of AMD's authorities; each is that authority, and none was needed as an anchor.",
    codes: {
      "authority-not-pinned":
        "A certificate in the name of an authority of AMD is another (SHA-256 {sha256}). Somebody made it to mislead.",
    },
  },
  "sev-snp/revocation": {
    title: "AMD has not revoked the authorities in the chain",
    passed: "AMD's current list does not name them.",
    codes: {
      ...pathCodes,
      "crl-missing":
        "No current revocation list of AMD is at hand. Pass it as an endorsement, or demand it in the policy and pass `fetch`.{tried}",
    },
  },
  "sev-snp/product": {
    title: "Report, certificate and authority name one product",
    passed: "All of them name {certificate}.",
    codes: {
      "product-mismatch":
        "The certificate is for {certificate}, the report's processor {report} and the issuer {authority}: they do not belong together.",
    },
  },
  "sev-snp/certificate-tcb": {
    title: "The signing key belongs to the firmware that the report claims",
    passed: "The certificate's levels equal REPORTED_TCB ({report}).",
    codes: {
      "tcb-mismatch":
        "The certificate is for {certificate} and the report claims {report} (differing: {components}): the key is not the one for that firmware.",
    },
  },
  "sev-snp/certificate-chip": {
    title: "The signing key belongs to the chip that the report names",
    passed: "The certificate was issued for {holder}.",
    codes: {
      "chip-mismatch":
        "The certificate is for chip {certificate} and the report names {report}: they are of two machines.",
      "chip-id-masked":
        "The report hides its chip id and cannot be tied to a chip's certificate. Ask for a host that does not mask it, or that signs with a VLEK.",
    },
    notices: { vlek: "A VLEK is a cloud's and not a chip's: which machine made the report cannot be told." },
  },
  "sev-snp/report-signature": {
    title: "The report's signature is valid",
    passed: "The ECDSA P-384 signature over the report's 672 signed bytes verifies under the certificate's key.",
    codes: {
      "signature-invalid": "It does not verify: the report was altered, or another key signed it. Trust nothing in it.",
    },
  },
  "sev-snp/cross-check": {
    title: "A second, independent reader agrees on every certificate",
    passed: "{reader} read the same from every certificate and revocation list.",
    codes: {
      "cross-check-disagrees": "{reader} reads the certificates otherwise ({fields}): they are made to mislead.",
    },
  },
  "sev-snp/build": {
    title: "It is the build you expect",
    passed: "It is among what you accept (compared: {compared}). Measured: {measurement}.",
    codes: {
      "any-build": "You asked for any build: nothing was compared. Measured: {measurement}.",
      "build-mismatch":
        "It is another build: {differing} is not what you expect. Measured: {measurement}; expected: {expected}. Trust it with nothing until you know why.",
      "no-reference-values": "You expect nothing of a SEV-SNP report. Measured: {measurement}.",
    },
  },
  "sev-snp/report-data": {
    title: "It answers your question, on your channel",
    passed: "REPORT_DATA is what your binding demands ({expected}).",
    codes: {
      unbound: "You asked for no binding: this may be a recording, or another machine's. REPORT_DATA is {found}.",
      "report-data-mismatch":
        "REPORT_DATA is {found} and your binding demands {expected}: another question's answer, or another channel's. A replay or a relay looks like this.",
      "binding-unsupported":
        "A SEV-SNP report holds 64 bytes of report data, and the binding asked for does not use them.",
    },
  },
  "sev-snp/debug": {
    title: "Nobody can look into the guest",
    passed: "The guest's policy forbids debugging.",
    codes: {
      "debug-allowed": "Debugging is allowed: its host can read and change the guest's memory. It keeps no secret.",
      allowed: "Debugging is allowed: its host can read and change the guest's memory. Your policy takes that.",
    },
  },
  "sev-snp/migration": {
    title: "The guest stays on this machine",
    passed: "The guest's policy forbids a migration agent, and it has none.",
    codes: {
      "migration-allowed":
        "A migration agent may move the guest to another machine, of which this report says nothing.",
      "migration-agent": "The guest has a migration agent ({reportIdMa}) although its policy forbids one.",
      allowed: "The guest may be moved to another machine, of which this report says nothing. Your policy takes that.",
    },
  },
  "sev-snp/vmpl": {
    title: "The right privilege level asked for the report",
    passed: "VMPL {vmpl} asked for it; accepted: {accepted}.",
    codes: {
      "vmpl-not-accepted":
        "VMPL {vmpl} asked for it and you accept {accepted}. Level 0 is the most privileged software in the guest; others may be any program inside.",
      allowed:
        "VMPL {vmpl} asked for it, which may be any program inside the guest. Your policy takes it ({accepted}).",
    },
  },
  "sev-snp/guest-policy": {
    title: "The guest's launch policy is as demanded",
    passed: "Policy {policy}; set: {set}.",
    codes: { "guest-policy-mismatch": "Policy {policy} is not as you demand: {differing}." },
  },
  "sev-snp/policy-consistency": {
    title: "The machine is set as the guest demands",
    passed: "Nothing contradicts the guest's launch policy.",
    codes: {
      "policy-contradicts-platform": "They contradict the guest's launch policy: {contradictions}.",
    },
  },
  "sev-snp/platform-info": {
    title: "The machine's settings are as demanded",
    passed: "PLATFORM_INFO {platformInfo}; set: {set}.",
    codes: {
      "platform-info-mismatch": "PLATFORM_INFO {platformInfo} is not as you demand: {differing}.",
      "platform-info-unknown-bits":
        "PLATFORM_INFO has bits that are not known here ({unknown}), and your policy rejects those.",
    },
    notices: { "unknown-bits": "PLATFORM_INFO has bits that are not known here: {unknown}." },
  },
  "sev-snp/tcb-order": {
    title: "The firmware levels are in order",
    passed: "No reported level is above the committed one, nor that above the current one.",
    codes: { "tcb-out-of-order": "The firmware levels contradict each other: {wrong}." },
  },
  "sev-snp/tcb-floor": {
    title: "The firmware is not known to be broken",
    passed: "Floors that it was held against: {held} (table of {table}).",
    codes: {
      "below-floor":
        "It has a published weakness: {missed}. Such a machine can be made to lie: ask its operator to update.",
      allowed:
        "Your table of floors (of {table}) has none here, or lower ones than the default: firmware with published weaknesses is taken.",
    },
    notices: {
      "no-floor": "No floor is known for {product} (table of {table}): its firmware was compared with nothing.",
      "no-floor-old-table":
        "No floor is known for {product} (table of {table}): its firmware was compared with nothing. The table is more than a year older than the time of judgement: update tee-verify.",
      "old-table":
        "The table of floors is of {table}, more than a year before the time of judgement: newer bulletins are not in it. Update tee-verify.",
    },
  },
  "sev-snp/advisories": {
    title: "Further security bulletins",
    passed: "Compared with the notices in the table of {table}.",
    codes: {},
    notices: { advisories: "Not shown to be fixed: {missed}." },
  },
  "sev-snp/provisional-firmware": {
    title: "The firmware is committed as far as your policy demands",
    passed: "Current firmware {current}, committed {committed}.",
    codes: {
      "provisional-firmware":
        "Firmware {current} runs and {committed} is committed: the host can go back to it, and your policy rejects that.",
    },
    notices: {
      provisional: "Firmware {current} runs and {committed} is committed: the host can go back to it.",
    },
  },
  "sev-snp/minimum-tcb": {
    title: "The firmware levels reach your minimum",
    passed: "All of {judged} reach it.",
    codes: {
      "tcb-below-minimum": "Below your minimum: {below}.",
      "product-unknown": "The report does not name its product. The certificate is needed.",
    },
  },
  "sev-snp/minimum-firmware": {
    title: "The firmware version reaches your minimum",
    passed: "Committed firmware {committed} is at least {minimum}.",
    codes: { "firmware-below-minimum": "Committed firmware {committed} is older than your minimum {minimum}." },
  },
  "sev-snp/mitigations": {
    title: "The demanded mitigations are in force",
    passed: "Mitigation vectors: launch {launch}, current {current}.",
    codes: {
      "mitigations-lost": "A mitigation that was in force at launch ({launch}) no longer is ({current}).",
      "mitigations-missing": "The mitigation vectors (launch {launch}, current {current}) lack what you demand.",
    },
  },
  "sev-snp/id-block": {
    title: "The guest was launched under a signed identity",
    passed: "ID key {idKeyDigest}, author key {authorKeyDigest}.",
    codes: {
      "id-block-missing": "The guest was launched without an ID block, and your policy demands one.",
      "author-key-missing": "No author key certified the ID key, and your policy demands one.",
    },
  },
  "sev-snp/report-ids": {
    title: "It is the guest instance that you expect",
    passed: "REPORT_ID {reportId}, REPORT_ID_MA {reportIdMa}.",
    codes: {
      "report-id-mismatch":
        "REPORT_ID is {reportId} and REPORT_ID_MA {reportIdMa}: another guest instance than you expect.",
    },
  },
  "sev-snp/product-accepted": {
    title: "The processor line is accepted",
    passed: "{product} is among {accepted}.",
    codes: {
      "product-not-accepted": "The processor is a {product} and you accept {accepted}.",
      "product-unknown": "The report does not name its product. The certificate is needed.",
    },
  },
  "sev-snp/chip-accepted": {
    title: "The machine is one that you accept",
    passed: "You accept chip {chipId}.",
    codes: {
      "chip-not-identified":
        "You judge machines by chip, and this report identifies none (masked, or signed with a cloud's key).",
      "chip-denied": "You refuse chip {chipId}.",
      "chip-not-accepted": "Chip {chipId} is not on your list.",
    },
  },
  "sev-snp/csp-accepted": {
    title: "The cloud is one that you accept",
    passed: "The key is held by {cspId}.",
    codes: {
      "csp-not-accepted": "The key is held by {cspId} and you accept {accepted}.",
      "certificate-missing": "Which cloud holds the key, only its certificate says, and that is missing.",
    },
  },
};

export const sevSnpLimits: LimitCatalogue = {
  "guest-above-firmware":
    "MEASUREMENT covers what was in memory at launch: where a cloud launches only its firmware or a paravisor, that alone, and not the guest's kernel, disk or agent.",
  "firmware-table":
    "AMD signs no list of broken firmware: the floors are a dated table of tee-verify, made from AMD's bulletins.",
  "milan-root-seed":
    "Keys of single Milan chips have been extracted by software alone (arXiv 2605.12990): whoever did that can forge that chip's reports at any firmware level. Where it matters, accept known chips only, or newer products.",
  "vlek-no-chip":
    "Signed with a cloud's key (VLEK): the cloud vouches for its machines as a whole, and none can be told apart.",
  "revocation-not-checked": "No revocation list of AMD was at hand: a revoked authority would not show.",
};
