/** SGX quotes: a DCAP quote with an enclave's report inside (Intel SGX DCAP Quoting Library API, A.3). */

import { type DcapQuote, parseQuote } from "../dcap/quote.js";
import { parseSgxReport, type SgxReport } from "../dcap/sgx-report.js";

export interface SgxQuote extends DcapQuote {
  readonly report: SgxReport;
}

/** @throws MalformedError */
export function parseSgxQuote(bytes: Uint8Array): SgxQuote {
  const quote = parseQuote(bytes, "sgx");
  return { ...quote, report: parseSgxReport(quote.body) };
}
