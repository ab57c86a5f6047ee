/** Byte maps for people: what a field means and which checks used it, by kind and by the field names of the layout tables. */

import { type FieldMeanings, sevSnpFields } from "./fields.js";

type FieldChecks = Readonly<Record<string, readonly string[]>>;

const SEV_SNP_CHECKS: FieldChecks = {
  version: ["format"],
  guestSvn: ["build"],
  policy: ["debug", "migration", "guest-policy", "policy-consistency"],
  familyId: ["build"],
  imageId: ["build"],
  vmpl: ["vmpl"],
  signatureAlgo: ["format"],
  currentTcb: ["tcb-order", "advisories", "minimum-tcb"],
  platformInfo: ["platform-info", "policy-consistency", "advisories"],
  keyInfo: ["endorsement-key"],
  reportData: ["report-data"],
  measurement: ["build"],
  hostData: ["build"],
  idKeyDigest: ["build", "id-block"],
  authorKeyDigest: ["build", "id-block"],
  reportId: ["report-ids"],
  reportIdMa: ["migration", "report-ids"],
  reportedTcb: ["certificate-tcb", "tcb-order", "tcb-floor", "minimum-tcb"],
  cpuidFamily: ["product"],
  cpuidModel: ["product"],
  chipId: ["certificate-chip", "chip-accepted"],
  committedTcb: ["tcb-order", "tcb-floor", "minimum-tcb"],
  committedBuild: ["provisional-firmware", "minimum-firmware"],
  launchTcb: ["minimum-tcb"],
  launchMitVector: ["mitigations"],
  currentMitVector: ["mitigations"],
  signatureR: ["report-signature"],
  signatureS: ["report-signature"],
};

/** DCAP Quoting Library API, A.3 and A.4; Intel SDM volume 3D for the enclave report. */
const QUOTE_FIELDS: FieldMeanings = {
  version: "version of the quote",
  attestationKeyType: "algorithm of the attestation key; 2 is ECDSA P-256",
  teeType: "0 is SGX, 0x81 is TDX",
  qeSvn: "security version of the quoting enclave; zero from version 4 on",
  pceSvn: "security version of the provisioning enclave; zero from version 4 on",
  qeVendorId: "who made the quoting enclave",
  userData: "first 16 bytes: the platform's id for the quoting enclave",
  bodyType: "kind of the body that follows",
  bodySize: "length of the body",
  reportData: "REPORTDATA, chosen by the guest or enclave",
};

const SGX_FIELDS: FieldMeanings = {
  ...QUOTE_FIELDS,
  cpuSvn: "CPUSVN, security patch levels of the processor",
  miscSelect: "MISCSELECT, extended information in the save area",
  isvExtProdId: "ISVEXTPRODID, extended product id of the enclave",
  attributes: "ATTRIBUTES: debug, 64-bit mode, keys, and the XFRM mask",
  mrenclave: "MRENCLAVE, measurement of the enclave's code and data",
  mrsigner: "MRSIGNER, hash of the key that signed the enclave",
  configId: "CONFIGID, chosen at launch",
  isvProdId: "ISVPRODID, product id of the enclave",
  isvSvn: "ISVSVN, security version of the enclave",
  configSvn: "CONFIGSVN",
  isvFamilyId: "ISVFAMILYID",
};

const TDX_FIELDS: FieldMeanings = {
  ...QUOTE_FIELDS,
  teeTcbSvn: "TEE_TCB_SVN, security versions of the TDX module",
  mrSeam: "MRSEAM, measurement of the TDX module",
  mrSignerSeam: "MRSIGNERSEAM, signer of the TDX module; zero is Intel",
  seamAttributes: "SEAMATTRIBUTES of the TDX module",
  tdAttributes: "ATTRIBUTES of the guest: debug, migration, performance counters, SEPT_VE_DISABLE",
  xfam: "XFAM, extended processor features that the guest may use",
  mrtd: "MRTD, measurement of what the guest was built from: its firmware",
  mrConfigId: "MRCONFIGID, chosen at launch",
  mrOwner: "MROWNER, chosen at launch",
  mrOwnerConfig: "MROWNERCONFIG, chosen at launch",
  rtmr0: "RTMR0, extended by the firmware: its configuration",
  rtmr1: "RTMR1, extended by the firmware: boot loader and kernel",
  rtmr2: "RTMR2, extended by the boot loader or kernel: command line and initrd",
  rtmr3: "RTMR3, extended by the guest at run time",
  teeTcbSvn2: "TEE_TCB_SVN_2, security versions of the TDX module that runs now",
  mrServiceTd: "MRSERVICETD, measurement of the bound service guests",
  vmId: "VM_ID of a partition inside the guest",
  tdId: "TD_ID of this guest",
  deviceInformation: "digest of what is known of its devices",
  initialServiceTdHash: "service guests when it was built",
  initialServiceTdAttributes: "attributes of those service guests",
  initialCpuSvn: "CPUSVN when it was built",
  initialTeeTcbSvn: "TEE_TCB_SVN when it was built",
  initialFmspc: "FMSPC of the platform that it was built on",
  currentServiceTdHash: "service guests that are bound now",
  currentServiceTdAttributes: "attributes of those service guests",
};

const TDX_CHECKS: FieldChecks = {
  version: ["format", "quote-signature"],
  attestationKeyType: ["format"],
  teeType: ["format"],
  qeVendorId: ["format"],
  teeTcbSvn: ["tdx-module", "tcb-status"],
  teeTcbSvn2: ["tdx-module"],
  mrSeam: ["tdx-module"],
  mrSignerSeam: ["tdx-module"],
  seamAttributes: ["tdx-module"],
  tdAttributes: ["debug", "attributes", "sept-ve", "migration", "perfmon"],
  xfam: ["xfam"],
  mrtd: ["build"],
  mrConfigId: ["build"],
  mrOwner: ["build"],
  mrOwnerConfig: ["build"],
  rtmr0: ["build", "event-log"],
  rtmr1: ["build", "event-log"],
  rtmr2: ["build", "event-log"],
  rtmr3: ["build", "rtmr3", "event-log"],
  mrServiceTd: ["service-td"],
  reportData: ["report-data"],
};

const SGX_CHECKS: FieldChecks = {
  version: ["format", "quote-signature"],
  attestationKeyType: ["format"],
  teeType: ["format"],
  qeVendorId: ["format"],
  attributes: ["debug", "attributes"],
  mrenclave: ["build"],
  mrsigner: ["build"],
  isvProdId: ["build"],
  isvSvn: ["build"],
  configId: ["build"],
  reportData: ["report-data"],
};

/** AWS Nitro Enclaves: attestation process; names as they stand in the document, without the index behind them. */
const NITRO_FIELDS: FieldMeanings = {
  protected: "protected header of the COSE signature: its algorithm",
  cbor: "CBOR between the byte strings: names, lengths, module id and timestamp",
  pcrs: "platform configuration register of the enclave",
  nitrotpm_pcrs: "platform configuration register of the instance's NitroTPM",
  certificate: "certificate of the key that signed the document",
  cabundle: "authority above it, from the root down",
  public_key: "public key that the enclave put in",
  user_data: "data that the enclave put in",
  nonce: "nonce that the enclave was asked with",
  signature: "COSE signature over header and payload (ECDSA P-384)",
};

const NITRO_CHECKS: FieldChecks = {
  protected: ["document-signature"],
  cbor: ["format", "module-id", "age"],
  pcrs: ["build", "debug"],
  nitrotpm_pcrs: ["build", "command-line"],
  certificate: ["certificate-path", "certificate-validity", "document-signature"],
  cabundle: ["root", "certificate-path", "certificate-validity"],
  public_key: ["binding"],
  user_data: ["binding"],
  nonce: ["binding"],
  signature: ["document-signature"],
};

const FIELDS: Readonly<Record<string, FieldMeanings>> = {
  "sev-snp": sevSnpFields,
  tdx: TDX_FIELDS,
  sgx: SGX_FIELDS,
  nitro: NITRO_FIELDS,
  "nitro-tpm": NITRO_FIELDS,
};
const CHECKS: Readonly<Record<string, FieldChecks>> = {
  "sev-snp": SEV_SNP_CHECKS,
  tdx: TDX_CHECKS,
  sgx: SGX_CHECKS,
  nitro: NITRO_CHECKS,
  "nitro-tpm": NITRO_CHECKS,
};

/** Repeated fields carry their index behind a space. */
const nameOf = (field: string): string => field.split(" ")[0] as string;

export function fieldMeaning(kind: string, field: string): string | undefined {
  if (field.startsWith("reserved at ")) return "reserved: must be zero";
  return FIELDS[kind]?.[nameOf(field)];
}

/** Ids of the checks of `kind` that use the field. */
export function fieldChecks(kind: string, field: string): readonly string[] {
  if (field.startsWith("reserved at ")) return [`${kind}/format`];
  return (CHECKS[kind]?.[nameOf(field)] ?? []).map((name) => `${kind}/${name}`);
}
