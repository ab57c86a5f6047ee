/** From the files that a deployment boots to the values that its evidence will show: the measurement calculators (docs/measure.md). */

export { type CreateHash, type HashOptions, type IncrementalHash, nobleHash } from "./hash.js";
export { type IdBlockInputs, sevSnpIdBlock, sevSnpKeyDigest } from "./id-block.js";
export type { KernelInputs, KnownSha256 } from "./kernel-hashes.js";
export { measureSev, measureSevEs, type SevEsLaunch, type SevLaunch } from "./sev.js";
export { readSevMetadata, type SevMetadata, type SevSection } from "./sev-metadata.js";
export { measureSevSnp, measureSvsm, type SevSnpLaunch, type SvsmLaunch, sevSnpFirmwareDigest } from "./sev-snp.js";
export type { BlobLike, ByteSource } from "./source.js";
export { type CpuFamily, VCPU_MODELS, type VcpuModel, type VcpuType, vcpuSignature } from "./vcpu.js";
export type { Vmm } from "./vmsa.js";
