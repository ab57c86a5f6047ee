/** English of the checks and limits of Nitro attestation documents. */

import type { LimitCatalogue, MessageCatalogue } from "./catalogue.js";
import { pathCodes } from "./house.js";

/** Codes of the checks of Nitro documents. */
export type NitroCode =
  /** The bundle's first certificate is not the pinned root. */
  | "root-not-pinned"
  | "module-id-form"
  | "module-id-mismatch"
  | "instance-register-mismatch"
  /** The certificate that carries the document holds another key than the document vouches for. */
  | "carrier-mismatch"
  | "document-too-old"
  /** Too old by the clock here, and yet the answer to a nonce of the caller. */
  | "document-old-yet-answers"
  | "document-from-the-future"
  | "binding-mismatch"
  | "debug-mode"
  | "command-line-changed"
  | "module-not-accepted"
  | "region-not-accepted";

/** By the names of the checks; ids put the kind in front. */
const MESSAGES: MessageCatalogue = {
  format: {
    title: "The document is well-formed",
    passed: "Envelope and fields have the form and the size that AWS specifies.",
    codes: {},
  },
  root: {
    title: "The document's root is AWS's",
    passed: "The bundle starts with {root} ({anchors}), byte for byte.",
    codes: {
      "root-not-pinned":
        "The bundle starts with another root (SHA-256 {sha256}) than the pinned one ({pinned}): anybody can make one, and this is not AWS's.",
    },
  },
  "certificate-path": {
    title: "AWS vouches for the signing key",
    passed:
      "The chain leads to {chain} ({anchors}), in the order of the bundle; every signature, name and constraint in it holds.",
    codes: pathCodes,
  },
  "certificate-validity": {
    title: "The certificates were valid when the document was made",
    passed: "Valid from {from} to {until}; the document is of {at}.",
    codes: {
      ...pathCodes,
      "certificate-not-yet-valid":
        "{certificate} is valid from {found} on, and the document is of {at}: it contradicts itself.",
      "certificate-expired":
        "{certificate} was valid until {found}, and the document is of {at}: it contradicts itself.",
    },
    notices: {
      "expired-since": "The signing certificate ran out at {until}: the document is judged as of its own time, {at}.",
    },
  },
  "document-signature": {
    title: "The document's signature is valid",
    passed: "The ES384 signature over the bytes received verifies under the certificate's key.",
    codes: {
      "signature-invalid":
        "It does not verify: the document was altered, or another key signed it. Trust nothing in it.",
    },
  },
  "module-id": {
    title: "The document is of the machine that its certificate is for",
    passed: "{moduleId}; certificate {certificate}.",
    codes: {
      "module-id-form":
        "The module id {moduleId} is of no such machine: enclaves are i-...-enc..., instances with NitroTPM i-...-tpm....",
      "module-id-mismatch":
        "The document names {moduleId} and its certificate is for {certificate}: they do not belong together.",
    },
  },
  "instance-register": {
    title: "PCR4 agrees with the parent instance",
    passed: "PCR4 is what {instance} makes it.",
    codes: {
      "instance-register-mismatch":
        "PCR4 is {found}, and the instance {instance} makes it {expected}: the document contradicts itself.",
    },
  },
  carrier: {
    title: "The document vouches for the certificate that carries it",
    passed: "user_data is the public key of the certificate of {carrier}.",
    codes: {
      "carrier-mismatch":
        "The certificate of {carrier} carries a document for another key: somebody put another machine's into it.",
    },
  },
  "cross-check": {
    title: "A second, independent reader agrees on every certificate",
    passed: "{reader} read the same from every certificate.",
    codes: {
      "cross-check-disagrees": "{reader} reads the certificates otherwise ({fields}): they are made to mislead.",
    },
  },
  age: {
    title: "The document is recent",
    passed: "AWS signed it at {timestamp}; judged at {at}, {apart} apart.",
    codes: {
      "document-too-old":
        "AWS signed it at {timestamp}, {apart} before {at}; accepted are {maxAge} seconds. If this device's clock is right, it is old or a recording: ask for a new one, or give the time of a stored one as `at`.",
      "document-old-yet-answers":
        "AWS signed it at {timestamp}, {apart} before {at}; accepted are {maxAge} seconds. It answers your nonce, so it is no recording: this device's clock is ahead, or the answer took that long. Set the clock and ask again.",
      "document-from-the-future":
        "AWS signed it at {timestamp}, {apart} after {at}; accepted are {futureSkew} seconds. This device's clock is behind, or `at` is too early.",
      allowed:
        "AWS signed it at {timestamp}; judged at {at}, {apart} apart, more than the default's 300 seconds. Your policy takes it.",
    },
  },
  build: {
    title: "It is the build you expect",
    passed: "Compared: PCR {compared}, with {source}. {shown}.",
    codes: {
      "any-build": "You asked for any build: nothing was compared. {shown}.",
      "build-mismatch":
        "It is another build than {source} says: {differing}. Trust it with nothing until you know why.",
      "no-reference-values": "You expect nothing of this kind of evidence. {shown}.",
      "manifest-missing": "The manifest of the build {sha256} is not at hand. Pass it in the bundle.",
    },
    notices: {
      "no-application":
        "PCR2 is the hash of nothing: the image has one ramdisk, so PCR2 identifies no code, and PCR0 and PCR1 all of it.",
    },
  },
  binding: {
    title: "It answers your question, on your channel",
    passed: "What your binding demands is in the document's {fields} ({expected}).",
    codes: {
      unbound:
        "You asked for no binding: this may be a recording, or another machine's. nonce {nonce}, public_key {publicKey}, user_data {userData}.",
      "binding-mismatch":
        "Your binding demands {expected} and the document has {found} (compared: {fields}): another question's answer, or another channel's. A replay or a relay looks like this.",
      "binding-unsupported":
        "A Nitro document has places for a nonce, a public key and user data, and the binding asked for uses none of them.",
    },
  },
  debug: {
    title: "Nobody can look into the enclave",
    passed: "PCR0, PCR1 and PCR2 are measurements: the enclave is not in debug mode.",
    codes: {
      "debug-mode":
        "{zero} are zero or missing: in debug mode its parent reads its console, and nothing says which code it runs. It keeps no secret.",
      allowed: "{zero} are zero or missing: in debug mode nothing says which code it runs. Your policy takes that.",
    },
  },
  "command-line": {
    title: "Nobody changed the kernel's command line",
    passed: "PCR12: nothing was added to the boot image's command line, or you expect what was.",
    codes: {
      "command-line-changed":
        "PCR12 is {found} and not zero: the kernel has another command line than its image. Expect PCR12 if you want that.",
    },
  },
  "module-accepted": {
    title: "The machine is one that you accept",
    passed: "{moduleId} is on your list.",
    codes: { "module-not-accepted": "{moduleId} is not on your list ({accepted})." },
  },
  "region-accepted": {
    title: "It runs where you accept it",
    passed: "{region} is on your list.",
    codes: { "region-not-accepted": "It runs in the region {region} and you accept {accepted}." },
  },
};

/** The catalogue of one kind. */
export function nitroMessages(kind: string): MessageCatalogue {
  return Object.fromEntries(Object.entries(MESSAGES).map(([name, messages]) => [`${kind}/${name}`, messages]));
}

export const nitroLimits: LimitCatalogue = {
  "aws-operates":
    "AWS makes the hardware, runs the hypervisor and signs the document: this protects you from the enclave's owner, and not from AWS.",
  "no-revocation":
    "AWS publishes no revocation lists for these certificates, which live for three hours (the signing one) to twenty days.",
  "replay-within-age":
    "No nonce was compared: the same document could be shown again to anybody for as long as its age is accepted.",
  "ramdisk-split":
    "PCR0 alone does not tell which part of the image boots and which is the application: expect PCR1 and PCR2 as well.",
  instance:
    "This is an EC2 instance and not an enclave: its registers say what it booted. Whoever may log in, or has root by other means, can change everything after that.",
};
