/** Which of the certificates at hand is the one for this report. */

import { allBytes, compareBytes, equalBytes } from "../../encoding/bytes.js";
import { MalformedError } from "../../encoding/malformed.js";
import type { Certificate } from "../../trust/certificate.js";
import { isEndorsementKeyCandidate, readEndorsementKey } from "./ek.js";
import type { SnpReport } from "./report.js";

/** The certificate that fits this report best; the choice does not depend on the order in which certificates were given. */
export function chooseKey(report: SnpReport, certificates: readonly Certificate[]): Certificate | undefined {
  const candidates = certificates.filter(isEndorsementKeyCandidate);
  if (candidates.length < 2) return candidates[0];
  const fitting = candidates.filter((certificate) => fits(report, certificate));
  return inFixedOrder(fitting.length > 0 ? fitting : candidates)[0];
}

/** Whether it is for the kind of key, the levels and the chip that the report names. */
export function fits(report: SnpReport, certificate: Certificate): boolean {
  try {
    const { type, tcb, hwid } = readEndorsementKey(certificate);
    const sameChip = hwid === undefined || hwidMatches(hwid, report.chipId);
    return type === report.signingKey && equalBytes(tcb, report.reportedTcb) && sameChip;
  } catch (error) {
    if (error instanceof MalformedError) return false;
    throw error;
  }
}

/** On Turin the id is 8 bytes and the rest of CHIP_ID is zero. */
export function hwidMatches(hwid: Uint8Array, chipId: Uint8Array): boolean {
  return equalBytes(hwid, chipId.subarray(0, hwid.length)) && allBytes(chipId.subarray(hwid.length));
}

/** By their bytes: a verdict must not depend on the order in which things were given. */
export function inFixedOrder<T extends { readonly der: Uint8Array }>(items: readonly T[]): readonly T[] {
  if (items.length < 2) return items;
  return [...items].sort((a, b) => compareBytes(a.der, b.der));
}
