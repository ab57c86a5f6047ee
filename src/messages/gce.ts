/** English of the checks and limits of Google's confidential VMs. */

import type { LimitCatalogue, MessageCatalogue } from "./catalogue.js";
import { pathCodes } from "./house.js";

/** Codes of the checks of Google's evidence. */
export type GceCode = "root-missing" | "provenance-missing" | "firmware-not-endorsed";

export const gceMessages: MessageCatalogue = {
  "gce-cvm/format": {
    title: "The evidence is well-formed",
    passed: "Report and endorsement have the form that Google gives them.",
    codes: {},
  },
  "gce-cvm/endorsement-path": {
    title: "The endorsement's certificate is Google's",
    passed: "It is under {anchor} ({anchors}) and was valid at {at}.",
    codes: {
      ...pathCodes,
      "root-not-pinned": "The chain ends at {root}, which is not the root that is pinned. Anybody can make one.",
      "root-missing":
        "Google's root is pinned here by its hash ({sha256}) alone. Get GCE-cc-tcb-root_1.crt from pki.goog/cloud_integrity and give it as an endorsement.",
    },
  },
  "gce-cvm/endorsement-signature": {
    title: "Google signed the endorsement",
    passed: "The RSA-PSS signature over the bytes received verifies.",
    codes: { "signature-invalid": "The signature does not verify: the endorsement was altered or forged." },
  },
  "gce-cvm/provenance": {
    title: "The endorsement says where the firmware comes from",
    passed: "Changelist {changelist}, commit {commit}, signed at {timestamp}.",
    codes: {
      "provenance-missing": "It is of {timestamp} and names neither changelist nor commit, as all of that time do.",
    },
  },
  "gce-cvm/firmware": {
    title: "The machine runs firmware that Google endorsed",
    passed: "{found} is among the {count} endorsed.",
    codes: {
      "firmware-not-endorsed":
        "The machine's firmware measures {found}, which is none of the {count} that the endorsement has for this shape.",
    },
  },
  "gce-cvm/build": {
    title: "It is the build you expect",
    passed: "Compared with {source}: firmware {firmware}, security version {svn}.",
    codes: {
      "any-build": "You asked for any build. Firmware {firmware}, security version {svn}.",
      "build-mismatch": "It is another build than {source} says: {differing} differ.",
      "no-reference-values": "You expect something of other kinds of evidence and nothing of this one.",
      "manifest-missing": "The build was named by its hash and its manifest did not come with the evidence.",
    },
  },
  "gce-cvm/binding": {
    title: "It answers your question, on your channel",
    passed: "The report data is what your binding demands ({expected}).",
    codes: {
      unbound: "You asked for no binding: this may be a recording, or another machine's.",
      "binding-mismatch": "Your binding demands {expected} and the report data is {found}.",
      "binding-unsupported": "The evidence has 64 bytes of report data, and no place for such a binding.",
    },
  },
};

export const gceLimits: LimitCatalogue = {
  "googles-firmware":
    "What is known is Google's firmware, and nothing of the guest above it: kernel, system and application may be any.",
  "googles-firmware-below": "The firmware is known by Google's endorsement: Google decides what it does.",
};
