/** Intel TDX as a kind of evidence: its doors, put together. */

import { dcapMessages } from "../../messages/dcap.js";
import { tdxLimits, tdxTexts } from "../../messages/tdx.js";
import { dcapChecks } from "../dcap/checks.js";
import { dcapMap } from "../dcap/claims.js";
import { dcapNeeds } from "../dcap/endorsements.js";
import { recogniseQuote } from "../dcap/recognise.js";
import type { EvidenceKind } from "../kind.js";
import { appraise } from "./appraise.js";
import { authenticate, type TdxTrusted } from "./authenticate.js";
import { claims, slots } from "./claims.js";
import { parseTdxQuote, type TdxQuote } from "./report.js";
import {
  readPolicy,
  readReference,
  type TdxPolicy,
  type TdxReference,
  type TdxSettings,
  type TdxValues,
} from "./settings.js";

/** Quotes of Intel TDX guests, versions 4 and 5, with TD reports 1.0 and 1.5. */
export const tdx: EvidenceKind<"tdx", TdxPolicy, TdxReference, TdxQuote, TdxTrusted, TdxSettings, TdxValues> = {
  name: "tdx",
  role: "cpu",
  checks: /* @__PURE__ */ dcapChecks(
    "tdx",
    [
      ["tdx-module", "Intel QVL 4.1.2.5.8"],
      ["event-log", "UEFI 2.11, section 38", "optional"],
    ],
    [
      ["build", "Intel TDX Module ABI, TDREPORT"],
      ["rtmr3", "Intel TDX Module ABI, RTMR", "optional"],
      ["report-data", "Intel TDX Module ABI, REPORTDATA"],
    ],
    [
      ["debug", "Intel TDX Module ABI, ATTRIBUTES, TUD group"],
      ["attributes", "Intel TDX Module ABI, ATTRIBUTES"],
      ["sept-ve", "Intel TDX Module ABI, SEPT_VE_DISABLE"],
      ["migration", "Intel TDX Module ABI, MIGRATABLE"],
      ["perfmon", "Intel TDX Module ABI, PERFMON"],
      ["xfam", "Intel TDX Module ABI, XFAM"],
      ["service-td", "Intel TDX Module ABI, MRSERVICETD"],
    ],
  ),
  formatCheck: "tdx/format",
  messages: /* @__PURE__ */ dcapMessages("tdx", tdxTexts),
  limits: tdxLimits,
  otherEndorsements: "refused",
  recognises: (input) => recogniseQuote(input, "tdx"),
  parse: parseTdxQuote,
  needs: (quote, endorsements, settings, at) => dcapNeeds("tdx", quote, endorsements, settings, at),
  authenticate,
  appraise,
  slots,
  claims,
  map: dcapMap,
  readPolicy,
  readReference,
};
