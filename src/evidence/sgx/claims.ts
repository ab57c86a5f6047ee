/** An SGX quote as normalised claims: plain JSON under the specification's names. */

import type { Slot } from "../../expected/binding.js";
import type { Claims } from "../../verdict.js";
import type { DcapTrusted } from "../dcap/authenticate.js";
import { dcapClaims } from "../dcap/claims.js";
import type { SgxQuote } from "./report.js";

/** The one place where an enclave's report can carry a binding. */
export function slots({ report }: SgxQuote): readonly [Slot] {
  return [{ name: "reportData", size: 64, value: report.reportData }];
}

/** As in the report: little-endian. */
export function miscSelectBytes(miscSelect: number): Uint8Array {
  return Uint8Array.of(miscSelect, miscSelect >>> 8, miscSelect >>> 16, miscSelect >>> 24);
}

export function claims(quote: SgxQuote, trusted: DcapTrusted | undefined): Claims {
  const { report } = quote;
  const claimed = dcapClaims(quote, report, trusted);
  claimed["debug"] = ((report.attributes[0] as number) & 2) !== 0;
  return claimed;
}
