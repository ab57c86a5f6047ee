/** What each field of evidence says, in words: for byte maps on the page and the command line, never for verification. */

/** Meanings by kind and by field name of its layout tables. */
export type FieldMeanings = Readonly<Record<string, string>>;

/** ATTESTATION_REPORT (AMD 56860). */
export const sevSnpFields: FieldMeanings = {
  version: "VERSION of this report",
  guestSvn: "GUEST_SVN, security version of the guest, from its ID block",
  policy: "POLICY that the guest was launched with (section 4.3)",
  familyId: "FAMILY_ID from the ID block",
  imageId: "IMAGE_ID from the ID block",
  vmpl: "VMPL, privilege level that asked for the report",
  signatureAlgo: "SIGNATURE_ALGO, 1 is ECDSA P-384 with SHA-384 (chapter 10)",
  currentTcb: "CURRENT_TCB, security patch levels that run",
  platformInfo: "PLATFORM_INFO, settings of the machine",
  keyInfo: "AUTHOR_KEY_EN, MASK_CHIP_KEY and SIGNING_KEY",
  reportData: "REPORT_DATA, chosen by the guest",
  measurement: "MEASUREMENT at launch (SHA-384)",
  hostData: "HOST_DATA, chosen by the hypervisor at launch",
  idKeyDigest: "ID_KEY_DIGEST, key that signed the ID block",
  authorKeyDigest: "AUTHOR_KEY_DIGEST, key that certified the ID key",
  reportId: "REPORT_ID of this guest",
  reportIdMa: "REPORT_ID_MA of its migration agent; all ones without one",
  reportedTcb: "REPORTED_TCB, levels that the signing key was derived with",
  cpuidFamily: "CPUID_FAM_ID, combined family",
  cpuidModel: "CPUID_MOD_ID, combined model",
  cpuidStepping: "CPUID_STEP",
  chipId: "CHIP_ID; zero where the host masks it; 8 bytes on Turin",
  committedTcb: "COMMITTED_TCB, levels that cannot be rolled back",
  currentBuild: "CURRENT_BUILD of the SEV firmware",
  currentMinor: "CURRENT_MINOR",
  currentMajor: "CURRENT_MAJOR",
  committedBuild: "COMMITTED_BUILD",
  committedMinor: "COMMITTED_MINOR",
  committedMajor: "COMMITTED_MAJOR",
  launchTcb: "LAUNCH_TCB, levels when the guest was launched or imported",
  launchMitVector: "LAUNCH_MIT_VECTOR, mitigations verified at launch",
  currentMitVector: "CURRENT_MIT_VECTOR, mitigations in force",
  signatureR: "R of the signature, little-endian",
  signatureS: "S of the signature, little-endian",
};
