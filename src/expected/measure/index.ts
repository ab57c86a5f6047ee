/** From the files that a deployment boots to the values that its evidence will show: the measurement calculators (docs/measure.md). */

export { authenticodeDigest } from "./authenticode.js";
export {
  checkDstackDocument,
  type DstackDocument,
  type DstackImage,
  type DstackMachine,
  dstackAppId,
  dstackComposeHash,
  dstackOsImageHash,
  measureDstackDocument,
  measureDstackImage,
  readDstackDocument,
  type TdxMeasurement,
} from "./dstack.js";
export { describeEif, type EifMeasurement, type EifOptions, type EifPcrs, measureEif } from "./eif.js";
export { gptEventData } from "./gpt.js";
export { type CreateHash, type HashOptions, type IncrementalHash, nobleHash } from "./hash.js";
export { type IdBlockInputs, sevSnpIdBlock, sevSnpKeyDigest } from "./id-block.js";
export type { KernelInputs, KnownSha256 } from "./kernel-hashes.js";
export { measureNitroTpm, type NitroSecureBoot, type NitroTpmBoot, type NitroTpmRegisters } from "./nitro-tpm.js";
export { measureSev, measureSevEs, type SevEsLaunch, type SevLaunch } from "./sev.js";
export { readSevMetadata, type SevMetadata, type SevSection } from "./sev-metadata.js";
export { measureSevSnp, measureSvsm, type SevSnpLaunch, type SvsmLaunch, sevSnpFirmwareDigest } from "./sev-snp.js";
export type { BlobLike, ByteSource } from "./source.js";
export type { MemoryRange, TdHobInputs } from "./td-hob.js";
export { type MrtdInputs, measureMrtd, type PageOrder, readTdvf, type Tdvf, type TdvfSection } from "./tdvf.js";
export {
  type DirectBoot,
  directBootEvents,
  type GrubBoot,
  grubBootEvents,
  type LoaderEvent,
  type PlatformInputs,
  platformEvents,
  type SecureBootVariable,
  type UkiBoot,
  ukiBootEvents,
} from "./tdx.js";
export {
  type BootEvent,
  type BootRegister,
  type BootRegisters,
  extendRegisters,
  type KnownSha384,
} from "./tdx-events.js";
export { type CpuFamily, VCPU_MODELS, type VcpuModel, type VcpuType, vcpuSignature } from "./vcpu.js";
export type { Vmm } from "./vmsa.js";
