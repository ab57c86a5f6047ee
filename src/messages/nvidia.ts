/** English of the checks and limits of NVIDIA GPU and switch reports and of lists of them. */

import type { CheckMessages, LimitCatalogue, MessageCatalogue } from "./catalogue.js";
import { pathCodes } from "./house.js";

/** Codes of checks of NVIDIA devices. */
export type NvidiaCode =
  | "certificate-chain-incomplete"
  /** The signer's certificate names no chip that is known here. */
  | "chip-unknown"
  | "chip-mismatch"
  | "firmware-id-mismatch"
  /** Neither OCSP nor a CRL clears a certificate. */
  | "revocation-unknown"
  | "revocation-not-checked"
  | "certificate-on-hold"
  | "ocsp-unknown"
  | "ocsp-signature-invalid"
  | "ocsp-responder"
  | "ocsp-not-yet-valid"
  | "ocsp-expired"
  | "rim-missing"
  | "rim-altered"
  | "rim-version-mismatch"
  | "rim-product-mismatch"
  /** A manifest for another project's boards. */
  | "rim-project-mismatch"
  | "rims-waived"
  /** Both manifests claim one index. */
  | "rims-conflict"
  | "measurement-missing"
  | "measurement-mismatch"
  | "nonce-mismatch"
  /** A GPU in protected PCIe mode without its switches. */
  | "ppcie-alone"
  | "driver-below-minimum"
  | "vbios-denied"
  | "device-not-accepted"
  | "label-mismatch"
  | "device-repeated"
  | "modes-differ"
  | "not-protected"
  | "switches-differ"
  | "switch-missing"
  | "gpus-differ"
  /** A machine was to come with its GPUs, and came without. */
  | "gpus-missing"
  | "gpus-unbound";

const manifestCodes: Readonly<Record<string, string>> = {
  ...pathCodes,
  "rim-missing":
    "NVIDIA's manifest of {version} is missing. Pass it as an endorsement, or pass `fetch` ({addresses}).{tried}",
  "rim-version-mismatch": "The device runs {version}; the manifests are for {supplied}.",
  "rim-product-mismatch": "The manifest is for {product}; the device is a {chip}.",
  "rim-project-mismatch": "The manifest is {label}, for other boards; the device's is {wanted}.",
  "rim-altered": "The manifest was altered after NVIDIA signed it.",
  "signature-invalid": "The manifest's signature does not verify.",
  "issuer-unknown": "The signer does not chain to NVIDIA's manifest root ({found}).",
  allowed:
    "It is for {version} of {product}. Its signer's certificate is not valid at the time of judgement (it ends on {until}); your policy names another time.",
};
function manifest(what: string): MessageCatalogue[string] {
  return {
    title: `NVIDIA's reference manifest of the ${what} is genuine`,
    passed: "It is for {version} of {product}; its signer is valid until {until}.",
    codes: manifestCodes,
  };
}

const DEVICE: MessageCatalogue = {
  format: {
    title: "The report is well-formed",
    passed: "It has the form that SPDM and NVIDIA give it.",
    codes: {},
  },
  "certificate-chain": {
    title: "The device's certificate chain is complete",
    passed: "{count} certificates lead to {anchor}.",
    codes: {
      "certificate-missing":
        "No certificate of the device came along. Pass the chain that it hands out as an endorsement.",
      "certificate-chain-incomplete": "The chain lacks {missing}. The device hands it out whole.",
      "issuer-unknown": "The chain ends at a root that is not NVIDIA's.",
    },
  },
  "certificate-path": {
    title: "NVIDIA vouches for the signing key",
    passed: "Every signature, name and constraint up to {anchor} ({anchors}) holds.",
    codes: pathCodes,
  },
  "certificate-validity": {
    title: "The certificates are in force",
    passed: "All are, at {at}.",
    codes: pathCodes,
  },
  "supplied-certificates": {
    title: "Roots in NVIDIA's name are NVIDIA's",
    passed: "Roots that came along: {count}; each is the pinned one.",
    codes: {
      "authority-not-pinned": "A certificate in the name of a root of NVIDIA is not that root (SHA-256 {sha256}).",
    },
  },
  revocation: {
    title: "NVIDIA has not revoked the device",
    passed: "Current answers clear {certificates}.",
    codes: {
      ...pathCodes,
      "revocation-unknown":
        "No current answer clears {certificates}. Ask ocsp.ndis.nvidia.com (CertID with SHA-256 or SHA-384) and pass its responses as endorsements.",
      "revocation-not-checked": "Whether {certificates} are revoked was not checked; your policy takes that.",
      "certificate-on-hold": "NVIDIA has put {certificate} on hold.",
      allowed: "NVIDIA has put {certificate} on hold; your policy takes that.",
      "ocsp-unknown": "NVIDIA's service does not know {certificate}.",
      "ocsp-signature-invalid": "The answer about {certificate} has no valid signature ({found}).",
      "ocsp-responder": "Who signed the answer about {certificate} may not give it: {found}.",
      "ocsp-not-yet-valid": "The answer about {certificate} is of {found}, after {at}. Check the clock.",
      "ocsp-expired": "The answer about {certificate} held until {found}, and it is {at}. Get a current one.",
    },
  },
  chip: {
    title: "The signer is such a device",
    passed: "The certificate is for a {chip}.",
    codes: {
      "chip-unknown": "The certificate is for no chip that is known here.",
      "chip-mismatch": "The report is a {device}'s and the certificate is for a {chip}.",
    },
  },
  "firmware-id": {
    title: "The key belongs to the firmware that made the report",
    passed: "Both name {fwid}.",
    codes: {
      "firmware-id-mismatch":
        "The report names firmware {fwid} and the certificate is for {certified}: they are from two devices.",
    },
    notices: { absent: "This driver leaves it out of the report; the signature alone ties both." },
  },
  "report-signature": {
    title: "The report's signature is valid",
    passed: "The ECDSA P-384 signature over request and response verifies.",
    codes: {
      "signature-invalid": "The report was altered, or another device signed it.",
    },
  },
  "driver-rim": manifest("driver"),
  "vbios-rim": manifest("firmware"),
  "cross-check": {
    title: "A second, independent reader agrees on every certificate",
    passed: "{reader} read the same.",
    codes: {
      "cross-check-disagrees": "{reader} reads the certificates otherwise ({fields}). They are made to mislead.",
    },
  },
  measurements: {
    title: "It runs what NVIDIA published",
    passed: "All {compared} golden measurements match.",
    codes: {
      "measurement-mismatch": "Of {compared} golden measurements these differ: {differing}.",
      "measurement-missing": "The report lacks the measurements {missing}.",
      "rims-conflict": "Both manifests claim the measurements {conflicts}.",
      "rims-waived":
        "{compared} golden measurements match; of the others no manifest is at hand, and your policy takes that.",
    },
  },
  build: {
    title: "It is the version you expect",
    passed: "Driver {driver}, firmware {vbios}.",
    codes: {
      "any-build": "You asked for any version. Driver {driver}, firmware {vbios}.",
      "build-mismatch": "Driver {driver}, firmware {vbios}; you expect {expected}.",
      "no-reference-values": "You expect nothing of this device. Driver {driver}, firmware {vbios}.",
      "manifest-missing": "Your build says nothing of this device.",
    },
  },
  nonce: {
    title: "It answers your question",
    passed: "What was signed answers the nonce {expected}.",
    codes: {
      unbound: "You asked for no binding: this may be a recording, or another machine's. Its nonce is {found}.",
      "nonce-mismatch": "It answers nonce {found} and not {expected}: a replay or a relay looks like this.",
      "binding-unsupported": "Only a nonce of 32 bytes can bind it.",
    },
  },
  "protected-pcie": {
    title: "What it is connected to is known",
    passed: "Mode: {mode}.",
    codes: {
      "ppcie-alone":
        "In protected PCIe mode its data crosses switches in the clear, and no list with their reports came along.",
      allowed: "Its data crosses unknown switches in the clear; your policy takes that.",
    },
  },
  "minimum-driver": {
    title: "The driver reaches your minimum",
    passed: "It is {driver}; your minimum is {minimum}.",
    codes: { "driver-below-minimum": "It is {driver}; your minimum is {minimum}." },
  },
  "vbios-accepted": {
    title: "The firmware is not one that you refuse",
    passed: "It is {vbios}.",
    codes: { "vbios-denied": "You refuse {vbios}." },
  },
  "chip-accepted": {
    title: "The chip is one that you accept",
    passed: "It is {found}.",
    codes: { "device-not-accepted": "It is {found}; you accept {accepted}." },
  },
  "device-accepted": {
    title: "The device is one that you accept",
    passed: "It is {found}.",
    codes: { "device-not-accepted": "It is {found}, and not on your list." },
  },
};

/** By check id of this kind. */
export function nvidiaMessages(kind: string): MessageCatalogue {
  return Object.fromEntries(Object.entries(DEVICE).map(([name, texts]) => [`${kind}/${name}`, texts]));
}

const ALONE =
  "A GPU or switch is no complete trusted environment: nothing here says which machine it is in. Verify it with the machine's own evidence, bound by one nonce.";

export const nvidiaLimits: LimitCatalogue = {
  "device-alone": ALONE,
  "revocation-not-checked": "Whether NVIDIA has revoked the device's certificates was not checked.",
};

export const nvidiaListLimits: LimitCatalogue = { "devices-alone": ALONE };

const topology: Readonly<Record<string, string>> = {
  "modes-differ": "The GPUs are in different modes.",
  "not-protected": "Your policy demands protected PCIe; the GPUs are in {mode}.",
  "switches-differ": "The GPUs are connected to different switches.",
  "switch-missing":
    "The list's {switches} switches are not those that its GPUs are connected to. Ask for the reports of those.",
  allowed: "Not all switches are known; your policy takes that.",
  "gpus-differ": "The switches are connected to other GPUs than the {gpus} here.",
};

export const nvidiaListMessages: MessageCatalogue = {
  "nvidia-evidence/format": {
    title: "The list is well-formed",
    passed: "Every entry holds a report and a chain.",
    codes: {},
  },
  "nvidia-evidence/labels": {
    title: "The labels say what the reports say",
    passed: "No label contradicts what is signed.",
    codes: { "label-mismatch": "{wrong}. Labels are not signed." },
  },
  "nvidia-evidence/distinct": {
    title: "Every device stands once",
    passed: "None stands twice.",
    codes: { "device-repeated": "UEID {ueids} stands for several." },
  },
  "nvidia-evidence/build": {
    title: "It is the number of devices you expect",
    passed: "{gpus} GPUs and {switches} switches.",
    codes: {
      "build-mismatch": "{gpus} GPUs and {switches} switches; you expect {wanted}.",
      "no-reference-values": "You expect other evidence, and nothing of these devices.",
    },
  },
  "nvidia-evidence/topology": {
    title: "The devices are one closed system",
    passed: "{gpus} GPUs in mode {mode}, {switches} switches.",
    codes: topology,
  },
  "nvidia-evidence/nonce": DEVICE.nonce as CheckMessages,
};

/** Of the check that a machine's evidence gets when it is to come with that of its GPUs. */
export const withGpusMessages: CheckMessages = {
  title: "The machine's GPUs vouch for themselves",
  passed: "Their evidence ({kind}) is a part of this verdict, bound by its nonce.",
  codes: {
    "gpus-missing": "No GPU evidence came with the machine's. Ask for both, with one nonce.",
    "gpus-unbound": "Nothing binds the GPUs' nonce to the machine: they may be another's.",
  },
};
