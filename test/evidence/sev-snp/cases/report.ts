/** What can be wrong with the bytes of a report, each fault signed by the genuine key where a signature covers it. */
import { pattern } from "../../../../fixtures/amd/report.js";
import type { SnpRequest } from "../../../../fixtures/amd/snp.js";
import { about, type Case } from "../support.js";

/** Evidence whose bytes break the layout is malformed, and nothing else is looked at. */
function malformed(name: string, bad: SnpRequest, good: SnpRequest = {}): Case {
  return { name, check: "format", code: "malformed", bad: () => about(bad), good: () => about(good) };
}

const set =
  (offset: number, ...bytes: readonly number[]) =>
  (report: Uint8Array): void =>
    report.set(bytes, offset);

const RESERVED: readonly (readonly [offset: number, version: number, what: string])[] = [
  [0x04c, 5, "behind KEY_INFO"],
  [0x04f, 5, "behind KEY_INFO, last byte"],
  [0x18b, 5, "behind the CPUID"],
  [0x19f, 5, "behind the CPUID, last byte"],
  [0x1eb, 5, "behind CURRENT_MAJOR"],
  [0x1ef, 5, "behind COMMITTED_MAJOR"],
  [0x208, 5, "behind the mitigation vectors"],
  [0x29f, 5, "before the signature"],
  [0x188, 2, "CPUID_FAM_ID in version 2"],
  [0x189, 2, "CPUID_MOD_ID in version 2"],
  [0x18a, 2, "CPUID_STEP in version 2"],
  [0x1f8, 3, "LAUNCH_MIT_VECTOR in version 3"],
  [0x1ff, 2, "LAUNCH_MIT_VECTOR in version 2, last byte"],
  [0x200, 3, "CURRENT_MIT_VECTOR in version 3"],
  [0x207, 2, "CURRENT_MIT_VECTOR in version 2, last byte"],
];

const UNSIGNED: readonly (readonly [offset: number, what: string])[] = [
  [0x2d0, "R above 48 bytes"],
  [0x2e7, "R above 48 bytes, last byte"],
  [0x318, "S above 48 bytes"],
  [0x32f, "S above 48 bytes, last byte"],
  [0x330, "behind the signature"],
  [0x49f, "the last byte of the report"],
];

export const reportCases: readonly Case[] = [
  ...[0, 1, 4, 6, 7, 15].map((version) =>
    malformed(
      `14: version ${version}`,
      { version: version < 3 ? 2 : 5, beforeSigning: set(0, version) },
      { version: 5 },
    ),
  ),
  ...RESERVED.map(([offset, version, what]) =>
    malformed(`13: reserved byte ${what} is not zero`, { version, beforeSigning: set(offset, 1) }, { version }),
  ),
  ...UNSIGNED.map(([offset, what]) =>
    malformed(`12: unsigned byte, ${what}, is not zero`, { afterSigning: set(offset, 1) }),
  ),
  malformed("14: version 3 whose CPUID is zero", { report: { cpuid: [0, 0, 0] } }),
  malformed(
    "14: version 3 of an unknown model",
    { report: { cpuid: [0x19, 0x20, 0] } },
    { report: { cpuid: [0x19, 0x0f, 0] } },
  ),
  malformed("14: version 3 of an unknown family", { report: { cpuid: [0x17, 0x01, 0] } }),
  malformed(
    "14: Venice, whose levels have a layout of their own",
    { product: "Turin", version: 5, report: { cpuid: [0x1a, 0x50, 0] } },
    { product: "Turin", version: 5, report: { cpuid: [0x1a, 0x11, 0] } },
  ),
  malformed(
    "14: a model between Genoa's and Bergamo's",
    { product: "Genoa", report: { cpuid: [0x19, 0x9f, 0] } },
    { product: "Genoa", report: { cpuid: [0x19, 0xa0, 2] } },
  ),
  malformed("15: SIGNATURE_ALGO 0", { report: { signatureAlgo: 0 } }),
  malformed("15: SIGNATURE_ALGO 2", { report: { signatureAlgo: 2 } }),
  malformed("15: SIGNATURE_ALGO 0x101", { report: { signatureAlgo: 0x101 } }),
  malformed("15: the lowest reserved bit of KEY_INFO", { report: { keyInfo: 1 << 5 } }),
  malformed("15: the highest bit of KEY_INFO", { report: { keyInfo: 0x80000000 } }),
  ...[2, 3, 4, 5, 6].map((key) => malformed(`4: reserved SIGNING_KEY ${key}`, { report: { keyInfo: key << 2 } })),
  malformed("15: POLICY bit 17 is zero", { report: { policy: 0x10000n } }),
  malformed("15: POLICY bit 26", { report: { policy: 0x4030000n } }, { report: { policy: 0x2030000n } }),
  malformed("15: POLICY bit 63", { report: { policy: (1n << 63n) | 0x30000n } }),
  malformed("19: VMPL 4", { report: { vmpl: 4 } }),
  malformed("19: VMPL 0xFFFFFFFF, a report that the host asked for", { report: { vmpl: 0xffffffff } }),
  malformed(
    "22: AUTHOR_KEY_DIGEST without AUTHOR_KEY_EN",
    { report: { authorKeyDigest: pattern(48, 1) } },
    { report: { authorKeyDigest: pattern(48, 1), keyInfo: 1 } },
  ),
];
