/** The report of an enclave (Intel SDM volume 3D, REPORT): an application's in SGX quotes, the quoting enclave's in all. */

import { readLayout } from "../../encoding/layout.js";
import { bodyLayout } from "./layout.js";

export interface SgxReport {
  /** 16 bytes. */
  readonly cpuSvn: Uint8Array;
  readonly miscSelect: number;
  /** 16 bytes. */
  readonly isvExtProdId: Uint8Array;
  /** 16 bytes: flags and XFRM, little-endian each. */
  readonly attributes: Uint8Array;
  /** 32 bytes. */
  readonly mrenclave: Uint8Array;
  /** 32 bytes. */
  readonly mrsigner: Uint8Array;
  /** 64 bytes. */
  readonly configId: Uint8Array;
  readonly isvProdId: number;
  readonly isvSvn: number;
  readonly configSvn: number;
  /** 16 bytes. */
  readonly isvFamilyId: Uint8Array;
  /** 64 bytes. */
  readonly reportData: Uint8Array;
}

/** @throws MalformedError */
export function parseSgxReport(bytes: Uint8Array): SgxReport {
  return readLayout(bodyLayout(1), bytes) as unknown as SgxReport;
}
