/**
 * The launch digests of SEV and SEV-ES guests (AMD 55766, LAUNCH_MEASURE's MEASURED_DATA): SHA-256 over all that is
 * encrypted at launch. The reference does not describe them; the order is that of sev-snp-measure's known answers.
 */

import { demand } from "../../encoding/malformed.js";
import { entryU32, MAX_FIRMWARE_BYTES, readFooterTable } from "./firmware.js";
import { finish, type HashOptions, type IncrementalHash, nobleHash } from "./hash.js";
import { type KernelInputs, kernelHashesTable } from "./kernel-hashes.js";
import { readSevMetadata } from "./sev-metadata.js";
import { demandVcpus } from "./sev-snp.js";
import { type ByteSource, readSource } from "./source.js";
import { type VcpuType, vcpuSignature } from "./vcpu.js";
import { RESET_VECTOR, vmsaPage } from "./vmsa.js";

export interface SevLaunch extends HashOptions {
  readonly firmware: ByteSource;
  readonly boot?: KernelInputs;
}

export interface SevEsLaunch extends SevLaunch {
  readonly vcpus: number;
  readonly vcpuType: VcpuType;
}

const HASHES_TABLE_GUID = "7255371f-3a3b-4b04-927b-1da6efa8d454";

/**
 * The 32-byte launch digest of a SEV guest on QEMU.
 * @throws MalformedError when a kernel is given and the firmware has no table for its hash.
 * @example
 * const digest = await measureSev({ firmware: ovmf, boot: { kernel } });
 */
export async function measureSev(launch: SevLaunch): Promise<Uint8Array> {
  return finish((await hashFirmware(launch)).hash);
}

/**
 * The 32-byte launch digest of a SEV-ES guest on QEMU: as SEV, then the VMSA of each vCPU.
 * @example
 * const digest = await measureSevEs({ firmware: ovmf, vcpus: 2, vcpuType: "EPYC-v4" });
 */
export async function measureSevEs(launch: SevEsLaunch): Promise<Uint8Array> {
  const vcpus = demandVcpus(launch.vcpus);
  const signature = vcpuSignature(launch.vcpuType);
  const { image, hash } = await hashFirmware(launch);
  const { resetEip } = readSevMetadata(image);
  for (let i = 0; i < vcpus; i++) {
    hash.update(vmsaPage({ vmm: "qemu", eip: i === 0 ? RESET_VECTOR : resetEip, signature, guestFeatures: 0n }));
  }
  return finish(hash);
}

async function hashFirmware({
  firmware,
  boot,
  createHash = nobleHash,
}: SevLaunch): Promise<{ readonly image: Uint8Array; readonly hash: IncrementalHash }> {
  const image = await readSource(firmware, MAX_FIRMWARE_BYTES, "firmware");
  demand(image.length > 0, "firmware is empty");
  const hash = createHash("SHA-256");
  hash.update(image);
  if (boot !== undefined) {
    const gpa = entryU32(readFooterTable(image), HASHES_TABLE_GUID, "kernel hashes table entry");
    demand(
      gpa !== undefined && gpa !== 0,
      "the firmware has no table for kernel hashes: a kernel given to it would not be measured",
    );
    hash.update(await kernelHashesTable(boot, createHash));
  }
  return { image, hash };
}
