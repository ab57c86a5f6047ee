/** Is the enclave what the relying party wants: build or maker, attributes, binding, TCB. */

import { toHex } from "../../encoding/text.js";
import type { Covers } from "../../verdict.js";
import { appraiseBinding, appraiseBuild, appraisePlatform } from "../dcap/appraise.js";
import type { DcapTrusted } from "../dcap/authenticate.js";
import type { Appraisal, AppraiseContext } from "../kind.js";
import { miscSelectBytes, slots } from "./claims.js";
import type { SgxQuote } from "./report.js";
import type { MaskedBytes, SgxField, SgxSettings, SgxValues } from "./settings.js";

type Context = AppraiseContext<SgxSettings, SgxValues>;

const INIT = 0x01;
const DEBUG = 0x02;

export async function appraise(
  quote: SgxQuote,
  trusted: DcapTrusted | undefined,
  context: Context,
): Promise<Appraisal> {
  const { report } = quote;
  const number = (name: string): number => report[name as "isvSvn" | "configSvn" | "isvProdId"];
  const { covers } = appraiseBuild<SgxField>(
    { tee: "sgx", main: "mrenclave", field: (name) => report[name], number, covers: coverage },
    context,
  );
  const bound = await appraiseBinding("sgx", slots(quote)[0], context);
  appraisePlatform("sgx", trusted, context);
  appraiseAttributes(quote, context);
  const limits = [
    ...(covers === "firmware" ? [{ id: "signer-not-build" }] : []),
    ...(context.ledger.findings.get("sgx/revocation")?.code === "crl-missing"
      ? [{ id: "revocation-not-checked" }]
      : []),
  ];
  return { covers, ...bound, limits };
}

/** Who signed is less than what was signed, and stands below it. */
function coverage(names: ReadonlySet<SgxField>): Covers {
  if (names.has("mrenclave")) return "launch";
  return names.has("mrsigner") ? "firmware" : "nothing";
}

function appraiseAttributes({ report }: SgxQuote, { ledger, settings }: Context): void {
  const flags = report.attributes[0] as number;
  if ((flags & DEBUG) === 0) ledger.passed("sgx/debug");
  else if (settings.allow.includes("debug")) ledger.waived("sgx/debug", "allowed");
  else ledger.failed("sgx/debug", "debug-allowed");
  const miscSelect = miscSelectBytes(report.miscSelect);
  const differing = [
    ...((flags & INIT) === 0 ? ["INIT is clear"] : []),
    ...(differs(report.attributes, settings.attributes) ? ["ATTRIBUTES"] : []),
    ...(differs(miscSelect, settings.miscSelect) ? ["MISCSELECT"] : []),
  ];
  ledger.judge("sgx/attributes", differing.length === 0, "attributes-mismatch", {
    attributes: toHex(report.attributes),
    miscSelect: toHex(miscSelect),
    differing,
  });
}

function differs(bytes: Uint8Array, demanded: MaskedBytes | undefined): boolean {
  return demanded !== undefined && bytes.some((byte, i) => (byte & (demanded.mask[i] as number)) !== demanded.value[i]);
}
