/** TDX quotes: a DCAP quote with a TD report inside (Intel TDX Module ABI, TDREPORT; DCAP Quoting Library API, A.4). */

import { readLayout } from "../../encoding/layout.js";
import { bodyLayout } from "../dcap/layout.js";
import { type DcapQuote, parseQuote } from "../dcap/quote.js";

/** Measurements are 48 bytes. */
export interface TdReport {
  /** 16 bytes: minor SVN and major version of the module under which the TD was launched, late microcode, and 13 more. */
  readonly teeTcbSvn: Uint8Array;
  readonly mrSeam: Uint8Array;
  readonly mrSignerSeam: Uint8Array;
  readonly seamAttributes: bigint;
  readonly tdAttributes: bigint;
  readonly xfam: bigint;
  readonly mrtd: Uint8Array;
  readonly mrConfigId: Uint8Array;
  readonly mrOwner: Uint8Array;
  readonly mrOwnerConfig: Uint8Array;
  readonly rtmr0: Uint8Array;
  readonly rtmr1: Uint8Array;
  readonly rtmr2: Uint8Array;
  readonly rtmr3: Uint8Array;
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  /** From TD 1.5 on. 16 bytes: what is loaded now. */
  readonly teeTcbSvn2?: Uint8Array;
  /** From TD 1.5 on. */
  readonly mrServiceTd?: Uint8Array;
  /** From the extended TD 1.5 report on. */
  readonly vmId?: number;
  /** 32 bytes. */
  readonly tdId?: Uint8Array;
  readonly deviceInformation?: Uint8Array;
  readonly initialServiceTdHash?: Uint8Array;
  readonly initialServiceTdAttributes?: bigint;
  /** 16 bytes. */
  readonly initialCpuSvn?: Uint8Array;
  /** 16 bytes. */
  readonly initialTeeTcbSvn?: Uint8Array;
  /** 12 bytes. */
  readonly initialFmspc?: Uint8Array;
  readonly currentServiceTdHash?: Uint8Array;
  readonly currentServiceTdAttributes?: bigint;
}

export interface TdxQuote extends DcapQuote {
  readonly report: TdReport;
}

/** @throws MalformedError */
export function parseTdxQuote(bytes: Uint8Array): TdxQuote {
  const quote = parseQuote(bytes, "tdx");
  const report = readLayout(bodyLayout(quote.bodyType), quote.body);
  return { ...quote, report: report as unknown as TdReport };
}
