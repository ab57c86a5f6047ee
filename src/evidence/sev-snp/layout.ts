/** ATTESTATION_REPORT, byte by byte (AMD 56860, SEV Secure Nested Paging Firmware ABI, section 7.3, table "ATTESTATION_REPORT"). */

import type { Field, FieldForm, Layout } from "../../encoding/layout.js";

export const REPORT_BYTES = 1184;
/** The signature covers the bytes before it. */
export const SIGNED_BYTES = 0x2a0;

/** Versions that are read. 4 existed under embargo and no sample of it is known. */
const REPORT_VERSIONS: readonly number[] = [2, 3, 5];

/** Name, offset, length, form, and the first report version that defines the field: before it the bytes are reserved. */
type Row = readonly [name: string, offset: number, length: number, form: FieldForm, since?: number];

const ROWS: readonly Row[] = [
  ["version", 0x000, 4, "u32le"],
  ["guestSvn", 0x004, 4, "u32le"],
  ["policy", 0x008, 8, "u64le"],
  ["familyId", 0x010, 16, "bytes"],
  ["imageId", 0x020, 16, "bytes"],
  ["vmpl", 0x030, 4, "u32le"],
  ["signatureAlgo", 0x034, 4, "u32le"],
  ["currentTcb", 0x038, 8, "bytes"],
  ["platformInfo", 0x040, 8, "u64le"],
  ["keyInfo", 0x048, 4, "u32le"],
  ["reserved at 0x4C", 0x04c, 4, "zero"],
  ["reportData", 0x050, 64, "bytes"],
  ["measurement", 0x090, 48, "bytes"],
  ["hostData", 0x0c0, 32, "bytes"],
  ["idKeyDigest", 0x0e0, 48, "bytes"],
  ["authorKeyDigest", 0x110, 48, "bytes"],
  ["reportId", 0x140, 32, "bytes"],
  ["reportIdMa", 0x160, 32, "bytes"],
  ["reportedTcb", 0x180, 8, "bytes"],
  ["cpuidFamily", 0x188, 1, "u8", 3],
  ["cpuidModel", 0x189, 1, "u8", 3],
  ["cpuidStepping", 0x18a, 1, "u8", 3],
  ["reserved at 0x18B", 0x18b, 21, "zero"],
  ["chipId", 0x1a0, 64, "bytes"],
  ["committedTcb", 0x1e0, 8, "bytes"],
  ["currentBuild", 0x1e8, 1, "u8"],
  ["currentMinor", 0x1e9, 1, "u8"],
  ["currentMajor", 0x1ea, 1, "u8"],
  ["reserved at 0x1EB", 0x1eb, 1, "zero"],
  ["committedBuild", 0x1ec, 1, "u8"],
  ["committedMinor", 0x1ed, 1, "u8"],
  ["committedMajor", 0x1ee, 1, "u8"],
  ["reserved at 0x1EF", 0x1ef, 1, "zero"],
  ["launchTcb", 0x1f0, 8, "bytes"],
  ["launchMitVector", 0x1f8, 8, "u64le", 5],
  ["currentMitVector", 0x200, 8, "u64le", 5],
  ["reserved at 0x208", 0x208, 152, "zero"],
  ["signatureR", 0x2a0, 48, "bytes"],
  ["reserved at 0x2D0", 0x2d0, 24, "zero"],
  ["signatureS", 0x2e8, 48, "bytes"],
  ["reserved at 0x318", 0x318, 24, "zero"],
  // Design, rule 3: no signature covers these bytes, so they may carry nothing.
  ["reserved at 0x330", 0x330, 368, "zero"],
];

const SPEC = "AMD 56860, ATTESTATION_REPORT";

function layoutOf(version: number): Layout {
  const fields = ROWS.map(
    ([name, offset, length, form, since = 0]): Field => ({
      name,
      offset,
      length,
      form: since <= version ? form : "zero",
    }),
  );
  return { name: `SEV-SNP report, version ${version}`, spec: SPEC, length: REPORT_BYTES, fields };
}

/** The layout of a report version, or `undefined` for one that is not read. */
export function reportLayout(version: number): Layout | undefined {
  return REPORT_VERSIONS.includes(version) ? layoutOf(version) : undefined;
}
