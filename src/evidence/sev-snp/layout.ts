/** ATTESTATION_REPORT, byte by byte (AMD 56860, SEV Secure Nested Paging Firmware ABI, section 7.3, table "ATTESTATION_REPORT"). */

import type { Field, Layout } from "../../encoding/layout.js";

export const REPORT_BYTES = 1184;
/** The signature covers the bytes before it. */
export const SIGNED_BYTES = 0x2a0;

/** Versions that are read. 4 existed under embargo and no sample of it is known. */
export const REPORT_VERSIONS: readonly number[] = [2, 3, 5];

interface VersionedField extends Field {
  /** First report version that defines the field; before it the bytes are reserved. */
  readonly since?: number;
}

const FIELDS: readonly VersionedField[] = [
  { name: "version", offset: 0x000, length: 4, form: "u32le", meaning: "VERSION of this report" },
  {
    name: "guestSvn",
    offset: 0x004,
    length: 4,
    form: "u32le",
    meaning: "GUEST_SVN, security version of the guest, from its ID block",
  },
  {
    name: "policy",
    offset: 0x008,
    length: 8,
    form: "u64le",
    meaning: "POLICY that the guest was launched with (section 4.3)",
  },
  { name: "familyId", offset: 0x010, length: 16, form: "bytes", meaning: "FAMILY_ID from the ID block" },
  { name: "imageId", offset: 0x020, length: 16, form: "bytes", meaning: "IMAGE_ID from the ID block" },
  { name: "vmpl", offset: 0x030, length: 4, form: "u32le", meaning: "VMPL, privilege level that asked for the report" },
  {
    name: "signatureAlgo",
    offset: 0x034,
    length: 4,
    form: "u32le",
    meaning: "SIGNATURE_ALGO, 1 is ECDSA P-384 with SHA-384 (chapter 10)",
  },
  {
    name: "currentTcb",
    offset: 0x038,
    length: 8,
    form: "bytes",
    meaning: "CURRENT_TCB, security patch levels that run",
  },
  { name: "platformInfo", offset: 0x040, length: 8, form: "u64le", meaning: "PLATFORM_INFO, settings of the machine" },
  { name: "keyInfo", offset: 0x048, length: 4, form: "u32le", meaning: "AUTHOR_KEY_EN, MASK_CHIP_KEY and SIGNING_KEY" },
  { name: "reserved at 0x4C", offset: 0x04c, length: 4, form: "zero", meaning: "reserved" },
  { name: "reportData", offset: 0x050, length: 64, form: "bytes", meaning: "REPORT_DATA, chosen by the guest" },
  { name: "measurement", offset: 0x090, length: 48, form: "bytes", meaning: "MEASUREMENT at launch (SHA-384)" },
  {
    name: "hostData",
    offset: 0x0c0,
    length: 32,
    form: "bytes",
    meaning: "HOST_DATA, chosen by the hypervisor at launch",
  },
  {
    name: "idKeyDigest",
    offset: 0x0e0,
    length: 48,
    form: "bytes",
    meaning: "ID_KEY_DIGEST, key that signed the ID block",
  },
  {
    name: "authorKeyDigest",
    offset: 0x110,
    length: 48,
    form: "bytes",
    meaning: "AUTHOR_KEY_DIGEST, key that certified the ID key",
  },
  { name: "reportId", offset: 0x140, length: 32, form: "bytes", meaning: "REPORT_ID of this guest" },
  {
    name: "reportIdMa",
    offset: 0x160,
    length: 32,
    form: "bytes",
    meaning: "REPORT_ID_MA of its migration agent; all ones without one",
  },
  {
    name: "reportedTcb",
    offset: 0x180,
    length: 8,
    form: "bytes",
    meaning: "REPORTED_TCB, levels that the signing key was derived with",
  },
  { name: "cpuidFamily", offset: 0x188, length: 1, form: "u8", since: 3, meaning: "CPUID_FAM_ID, combined family" },
  { name: "cpuidModel", offset: 0x189, length: 1, form: "u8", since: 3, meaning: "CPUID_MOD_ID, combined model" },
  { name: "cpuidStepping", offset: 0x18a, length: 1, form: "u8", since: 3, meaning: "CPUID_STEP" },
  { name: "reserved at 0x18B", offset: 0x18b, length: 21, form: "zero", meaning: "reserved" },
  {
    name: "chipId",
    offset: 0x1a0,
    length: 64,
    form: "bytes",
    meaning: "CHIP_ID; zero where the host masks it; 8 bytes on Turin",
  },
  {
    name: "committedTcb",
    offset: 0x1e0,
    length: 8,
    form: "bytes",
    meaning: "COMMITTED_TCB, levels that cannot be rolled back",
  },
  { name: "currentBuild", offset: 0x1e8, length: 1, form: "u8", meaning: "CURRENT_BUILD of the SEV firmware" },
  { name: "currentMinor", offset: 0x1e9, length: 1, form: "u8", meaning: "CURRENT_MINOR" },
  { name: "currentMajor", offset: 0x1ea, length: 1, form: "u8", meaning: "CURRENT_MAJOR" },
  { name: "reserved at 0x1EB", offset: 0x1eb, length: 1, form: "zero", meaning: "reserved" },
  { name: "committedBuild", offset: 0x1ec, length: 1, form: "u8", meaning: "COMMITTED_BUILD" },
  { name: "committedMinor", offset: 0x1ed, length: 1, form: "u8", meaning: "COMMITTED_MINOR" },
  { name: "committedMajor", offset: 0x1ee, length: 1, form: "u8", meaning: "COMMITTED_MAJOR" },
  { name: "reserved at 0x1EF", offset: 0x1ef, length: 1, form: "zero", meaning: "reserved" },
  {
    name: "launchTcb",
    offset: 0x1f0,
    length: 8,
    form: "bytes",
    meaning: "LAUNCH_TCB, levels when the guest was launched or imported",
  },
  {
    name: "launchMitVector",
    offset: 0x1f8,
    length: 8,
    form: "u64le",
    since: 5,
    meaning: "LAUNCH_MIT_VECTOR, mitigations verified at launch",
  },
  {
    name: "currentMitVector",
    offset: 0x200,
    length: 8,
    form: "u64le",
    since: 5,
    meaning: "CURRENT_MIT_VECTOR, mitigations in force",
  },
  { name: "reserved at 0x208", offset: 0x208, length: 152, form: "zero", meaning: "reserved" },
  { name: "signatureR", offset: 0x2a0, length: 48, form: "bytes", meaning: "R of the signature, little-endian" },
  { name: "reserved at 0x2D0", offset: 0x2d0, length: 24, form: "zero", meaning: "upper bytes of R, zero for P-384" },
  { name: "signatureS", offset: 0x2e8, length: 48, form: "bytes", meaning: "S of the signature, little-endian" },
  { name: "reserved at 0x318", offset: 0x318, length: 24, form: "zero", meaning: "upper bytes of S, zero for P-384" },
  // Design, rule 3: no signature covers these bytes, so they may carry nothing.
  { name: "reserved at 0x330", offset: 0x330, length: 368, form: "zero", meaning: "reserved, not signed" },
];

const SPEC = "AMD 56860, ATTESTATION_REPORT";

function layoutOf(version: number): Layout {
  const fields = FIELDS.map(
    (field): Field =>
      (field.since ?? 0) <= version
        ? field
        : {
            ...field,
            name: `${field.name} (version ${field.since} on)`,
            form: "zero",
            meaning: "reserved in this version",
          },
  );
  return { name: `SEV-SNP report, version ${version}`, spec: SPEC, length: REPORT_BYTES, fields };
}

/** The layout of a report version, or `undefined` for one that is not read. */
export function reportLayout(version: number): Layout | undefined {
  return REPORT_VERSIONS.includes(version) ? layoutOf(version) : undefined;
}
