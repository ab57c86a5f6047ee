/** Intel SGX as a kind of evidence: its doors, put together. */

import { dcapMessages } from "../../messages/dcap.js";
import { sgxLimits, sgxTexts } from "../../messages/sgx.js";
import { authenticateDcap, type DcapTrusted } from "../dcap/authenticate.js";
import { dcapChecks } from "../dcap/checks.js";
import { dcapMap } from "../dcap/claims.js";
import { dcapNeeds } from "../dcap/endorsements.js";
import { recogniseQuote } from "../dcap/recognise.js";
import type { EvidenceKind } from "../kind.js";
import { appraise } from "./appraise.js";
import { claims, slots } from "./claims.js";
import { parseSgxQuote, type SgxQuote } from "./report.js";
import {
  readPolicy,
  readReference,
  type SgxPolicy,
  type SgxReference,
  type SgxSettings,
  type SgxValues,
} from "./settings.js";

/** Quotes of Intel SGX enclaves, versions 3, 4 and 5. */
export const sgx: EvidenceKind<"sgx", SgxPolicy, SgxReference, SgxQuote, DcapTrusted, SgxSettings, SgxValues> = {
  name: "sgx",
  role: "cpu",
  checks: /* @__PURE__ */ dcapChecks(
    "sgx",
    [],
    [
      ["build", "Intel SDM volume 3D, REPORT"],
      ["report-data", "Intel SDM volume 3D, REPORTDATA"],
    ],
    [
      ["debug", "Intel SDM volume 3D, ATTRIBUTES.DEBUG"],
      ["attributes", "Intel SDM volume 3D, ATTRIBUTES and MISCSELECT"],
    ],
  ),
  formatCheck: "sgx/format",
  messages: /* @__PURE__ */ dcapMessages("sgx", sgxTexts),
  limits: sgxLimits,
  otherEndorsements: "refused",
  digestBytes: 32,
  recognises: (input) => recogniseQuote(input, "sgx"),
  parse: parseSgxQuote,
  needs: (quote, endorsements, settings, at) => dcapNeeds("sgx", quote, endorsements, settings, at),
  authenticate: (quote, context) => authenticateDcap("sgx", quote, context),
  appraise,
  slots,
  claims,
  map: dcapMap,
  readPolicy,
  readReference,
};
