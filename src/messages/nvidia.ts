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
  | "device-count"
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
    "NVIDIA's reference manifest of version {version} is missing. Pass it as an endorsement, or pass `fetch` ({addresses}).{tried}",
  "rim-version-mismatch": "The device runs {version} and the manifests supplied are for {supplied}.",
  "rim-product-mismatch": "The manifest is for {product} and the device is a {chip}.",
  "rim-project-mismatch": "The manifest is {label} and the device's is {wanted}: it is for other boards.",
  "rim-altered": "The manifest was altered after NVIDIA signed it.",
  "signature-invalid": "The manifest's signature does not verify: it was altered or forged.",
  "issuer-unknown": "The signer does not chain to NVIDIA's manifest root ({found}): a forgery, or for debugging.",
};
const signerExpired = "The signer's certificate ended on {until}; you chose the time to judge it by.";

function manifest(what: string): MessageCatalogue[string] {
  return {
    title: `NVIDIA's reference manifest of the ${what} is genuine`,
    passed:
      "Manifest of {version} for {product}, signed under NVIDIA's manifest root; its signer is valid until {until}.",
    codes: manifestCodes,
    notices: { "signer-expired": signerExpired },
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
    passed: "{count} certificates lead from the signer to {anchor}.",
    codes: {
      "certificate-missing":
        "No certificate of the device came along. The device hands its chain out: pass it as an endorsement.",
      "certificate-chain-incomplete": "The chain lacks {missing}. The device hands it out whole: ask again.",
      "issuer-unknown": "The chain ends at a root that is not NVIDIA's.",
    },
  },
  "certificate-path": {
    title: "NVIDIA vouches for the signing key",
    passed: "Every signature, name and constraint in the chain to {anchor} ({anchors}) holds.",
    codes: pathCodes,
  },
  "certificate-validity": {
    title: "The certificates are valid at the time of judgement",
    passed: "All of them are valid at {at}.",
    codes: pathCodes,
  },
  "supplied-certificates": {
    title: "Roots in NVIDIA's name are NVIDIA's",
    passed: "{count} roots came along; each is the pinned one, and none was needed as an anchor.",
    codes: {
      "authority-not-pinned":
        "A certificate in the name of a root of NVIDIA is not that root (SHA-256 {sha256}). Somebody made it to mislead.",
    },
  },
  revocation: {
    title: "NVIDIA has not revoked the device",
    passed: "Signed, current answers clear {certificates}.",
    codes: {
      ...pathCodes,
      "revocation-unknown":
        "No current answer clears {certificates}. Ask ocsp.ndis.nvidia.com (CertID with SHA-256 or SHA-384) and pass the responses as endorsements.",
      "revocation-not-checked":
        "Whether NVIDIA has revoked {certificates} was not checked; the caller's policy takes that.",
      "certificate-on-hold": "NVIDIA has put {certificate} on hold: it vouches for it no longer, for now.",
      allowed: "NVIDIA has put {certificate} on hold; the caller's policy takes that.",
      "ocsp-unknown": "NVIDIA's service does not know {certificate}.",
      "ocsp-signature-invalid": "The signature on the answer about {certificate} does not verify ({found}).",
      "ocsp-responder": "The answer about {certificate} was signed by somebody who may not give it: {found}.",
      "ocsp-not-yet-valid":
        "The answer about {certificate} is of {found}, after the time of judgement, {at}. Check the clock.",
      "ocsp-expired":
        "The answer about {certificate} held until {found} and the time of judgement is {at}. Get a current one.",
    },
  },
  chip: {
    title: "The signer is a device of this sort",
    passed: "The certificate is for a {chip}.",
    codes: {
      "chip-unknown": "The certificate's name is of no GPU or switch that is known here.",
      "chip-mismatch": "The report is a {device}'s and the certificate is for a {chip}. They do not belong together.",
    },
  },
  "firmware-id": {
    title: "The signing key belongs to the firmware that made the report",
    passed: "The report's firmware identifier is the certified one ({fwid}).",
    codes: {
      "firmware-id-mismatch":
        "The report names firmware {fwid} and the certificate is for {certified}. Report and certificate are from two devices.",
    },
    notices: { absent: "This driver does not put the identifier into the report; the signature alone ties both." },
  },
  "report-signature": {
    title: "The report's signature is valid",
    passed: "The ECDSA P-384 signature over request and response verifies under the device's key.",
    codes: {
      "signature-invalid":
        "It does not verify: the report was altered, or another device signed it. Trust nothing in it.",
    },
  },
  "driver-rim": manifest("driver"),
  "vbios-rim": manifest("firmware"),
  "cross-check": {
    title: "A second, independent reader agrees on every certificate",
    passed: "{reader} read the same from every certificate and revocation list.",
    codes: {
      "cross-check-disagrees": "{reader} reads the certificates otherwise ({fields}). They are made to mislead.",
    },
  },
  measurements: {
    title: "It runs what NVIDIA published",
    passed: "All {compared} golden measurements match.",
    codes: {
      "measurement-mismatch":
        "Of {compared} golden measurements these differ: {differing}. It does not run what NVIDIA published.",
      "measurement-missing": "The report lacks the measurements {missing}, which the manifests demand.",
      "rims-conflict": "Both manifests claim the measurements {conflicts}.",
      "rims-waived":
        "{compared} golden measurements match; for the others no manifest is at hand, and the caller's policy takes that.",
    },
  },
  build: {
    title: "It is the version you expect",
    passed: "Driver {driver}, firmware {vbios}.",
    codes: {
      "any-build": "The caller asked for any version. Driver {driver}, firmware {vbios}.",
      "build-mismatch": "Driver {driver} and firmware {vbios} are not what you expect ({expected}).",
      "no-reference-values": "You expect nothing of this device. Driver {driver}, firmware {vbios}.",
      "manifest-missing": "A build named by its hash says nothing of this device.",
    },
  },
  nonce: {
    title: "It answers your question",
    passed: "The request that the device signed holds the nonce {expected}.",
    codes: {
      unbound:
        "The caller asked for no binding: this may be a recording, or another machine's device. Its nonce is {found}.",
      "nonce-mismatch":
        "It answers nonce {found} and your binding demands {expected}: a replay or a relay looks like this.",
      "binding-unsupported": "Only a nonce of 32 bytes can bind such a report.",
    },
  },
  "protected-pcie": {
    title: "What it is connected to is known",
    passed: "Mode: {mode}.",
    codes: {
      "ppcie-alone":
        "In protected PCIe mode its data crosses switches in the clear, and no list with their reports came along.",
      allowed: "Its data crosses unknown switches in the clear; the caller's policy takes that.",
    },
  },
  "minimum-driver": {
    title: "The driver reaches your minimum",
    passed: "Driver {driver} is at least {minimum}.",
    codes: { "driver-below-minimum": "Driver {driver} is older than your minimum {minimum}." },
  },
  "vbios-accepted": {
    title: "The firmware is not one that you refuse",
    passed: "Firmware {vbios} is not on your list.",
    codes: { "vbios-denied": "Firmware {vbios} is on your list of refused versions." },
  },
  "chip-accepted": {
    title: "The chip is one that you accept",
    passed: "{found} is among {accepted}.",
    codes: { "device-not-accepted": "The chip is {found} and you accept {accepted}." },
  },
  "device-accepted": {
    title: "The device is one that you accept",
    passed: "Device {found} is on your list.",
    codes: { "device-not-accepted": "Device {found} is not on your list." },
  },
};

/** By check id of this kind. */
export function nvidiaMessages(kind: string): MessageCatalogue {
  return Object.fromEntries(Object.entries(DEVICE).map(([name, texts]) => [`${kind}/${name}`, texts]));
}

const ALONE =
  "A GPU or switch is no complete trusted environment: nothing here says which machine it is in. Verify it together with the machine's own evidence, bound by one nonce.";

export const nvidiaLimits: LimitCatalogue = {
  "device-alone": ALONE,
  "revocation-not-checked": "Whether NVIDIA has revoked the device's certificates was not checked.",
};

export const nvidiaListLimits: LimitCatalogue = { "devices-alone": ALONE };

const topology: Readonly<Record<string, string>> = {
  "modes-differ": "The GPUs are in different modes.",
  "not-protected": "Your policy demands protected PCIe mode and the GPUs are in {mode}.",
  "switches-differ": "The GPUs are connected to different switches: they are not from one machine.",
  "switch-missing": "The switches that the GPUs are connected to are not those in the list ({switches}).",
  allowed: "Not all switches are known; the caller's policy takes that.",
  "gpus-differ": "The switches are connected to other GPUs than the {gpus} in the list.",
};

export const nvidiaListMessages: MessageCatalogue = {
  "nvidia-evidence/format": {
    title: "The list is well-formed",
    passed: "Every entry holds a report and a certificate chain.",
    codes: {},
  },
  "nvidia-evidence/labels": {
    title: "The labels say what the reports say",
    passed: "No label contradicts what its device has signed.",
    codes: { "label-mismatch": "{wrong}. Labels are not signed." },
  },
  "nvidia-evidence/distinct": {
    title: "Every device stands once",
    passed: "No device stands twice.",
    codes: { "device-repeated": "One device stands for several (UEID {ueids})." },
  },
  "nvidia-evidence/count": {
    title: "It is the number of devices you expect",
    passed: "{gpus} GPUs and {switches} switches.",
    codes: { "device-count": "{gpus} GPUs and {switches} switches, and you expect {wanted}." },
  },
  "nvidia-evidence/topology": {
    title: "The devices are one closed system",
    passed: "{gpus} GPUs in mode {mode} and {switches} switches.",
    codes: topology,
  },
  "nvidia-evidence/nonce": {
    title: "It answers your question",
    passed: "The one nonce of all reports is {expected}.",
    codes: {
      unbound: "The caller asked for no binding: this may be a recording. The nonce is {found}.",
      "nonce-mismatch":
        "The nonce of the reports is {found} and your binding demands {expected}: a replay looks like this.",
      "binding-unsupported": "Only a nonce of 32 bytes can bind such a list.",
    },
  },
};

/** Of the check that a machine's evidence gets when it is to come with that of its GPUs. */
export const withGpusMessages: CheckMessages = {
  title: "The machine's GPUs vouch for themselves",
  passed: "Their evidence ({kind}) is a part of this verdict, bound to the machine's by its nonce.",
  codes: {
    "gpus-missing": "No GPU evidence came with the machine's. Ask for both, with one nonce.",
    "gpus-unbound": "Nothing in the machine's evidence vouches for the GPUs' nonce: they may be another machine's.",
  },
};
