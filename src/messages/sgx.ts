/** English of the checks and limits of SGX quotes. */

import type { CheckMessages, LimitCatalogue } from "./catalogue.js";
import { dcapLimits } from "./dcap.js";

export const sgxTexts: Readonly<Record<string, CheckMessages>> = {
  debug: {
    title: "Nobody can look into the enclave",
    passed: "It was not launched for debugging.",
    codes: {
      "debug-allowed":
        "The enclave was launched for debugging: its host can read and change its memory. It keeps no secret.",
      allowed: "The enclave was launched for debugging. Your policy takes that.",
    },
  },
  attributes: {
    title: "The enclave's attributes are as demanded",
    passed: "ATTRIBUTES {attributes}, MISCSELECT {miscSelect}.",
    codes: {
      "attributes-mismatch": "ATTRIBUTES {attributes} or MISCSELECT {miscSelect} is not as it must be: {differing}.",
    },
  },
};

export const sgxLimits: LimitCatalogue = {
  ...dcapLimits,
  "signer-not-build":
    "MRSIGNER names who signed the enclave and not which code: any enclave that they ever sign under this product id and version passes.",
};
