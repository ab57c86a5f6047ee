/** The MEASUREMENT of a SEV-SNP guest from the files that launch it (reference sev-snp.md, section 2.11; AMD 56860, section 8.17). */

import { demand, MalformedError } from "../../encoding/malformed.js";
import { demandWholePages, FOUR_GIB, MAX_FIRMWARE_BYTES, PAGE_BYTES } from "./firmware.js";
import { type CreateHash, type HashOptions, nobleHash } from "./hash.js";
import { type KernelInputs, kernelHashesPage, kernelHashesTable } from "./kernel-hashes.js";
import { type LaunchDigest, launchDigest } from "./launch-digest.js";
import {
  checkSections,
  readSevMetadata,
  readSvsmMetadata,
  SECTION,
  type SevMetadata,
  type SevSection,
} from "./sev-metadata.js";
import { type ByteSource, isByteSource, readSource } from "./source.js";
import { type VcpuType, vcpuSignature } from "./vcpu.js";
import { RESET_VECTOR, svsmVmsaPage, type Vmm, vmsaPage } from "./vmsa.js";

/** What launches a SEV-SNP guest. */
export interface SevSnpLaunch extends HashOptions {
  /** The OVMF image; or what is known of it, together with `firmwareDigest`. */
  readonly firmware: ByteSource | SevMetadata;
  /** 48 bytes, the launch digest after the firmware's own pages (`sevSnpFirmwareDigest`): the image's pages are then not hashed. */
  readonly firmwareDigest?: Uint8Array;
  /** 1 to 4096. */
  readonly vcpus: number;
  /** Required for QEMU; EC2 and GCE hide it. */
  readonly vcpuType?: VcpuType;
  /** QEMU unless told. */
  readonly vmm?: Vmm;
  /** SEV_FEATURES: 1 (SEV-SNP alone) unless told; 0x21 on kernels 6.6 and 6.7. */
  readonly guestFeatures?: bigint | number;
  /** Direct boot: what the firmware checks kernel, initrd and command line against. */
  readonly boot?: KernelInputs;
}

/** What launches a SEV-SNP guest under an SVSM (Coconut) on QEMU. */
export interface SvsmLaunch extends HashOptions {
  readonly firmware: ByteSource;
  readonly svsm: ByteSource;
  /** Size in bytes of the variable store between both, a multiple of 4096. */
  readonly varsSize: number;
  readonly vcpus: number;
  readonly vcpuType: VcpuType;
}

/** The most vCPUs that are measured: each costs two hashes. */
const MAX_VCPUS = 4096;
const DIGEST_BYTES = 48;

/**
 * The 48 bytes of MEASUREMENT that the report of a guest launched in this way carries.
 * @throws MalformedError when the firmware is not well-formed, or has no place for the hashes of a kernel that is given.
 * @throws TypeError for options that no launch has.
 * @example
 * const measurement = await measureSevSnp({
 *   firmware: ovmf, vcpus: 4, vcpuType: "EPYC-v4",
 *   boot: { kernel, initrd, commandLine: "console=ttyS0" },
 * });
 */
export async function measureSevSnp(launch: SevSnpLaunch): Promise<Uint8Array> {
  const { vmm = "qemu", boot, createHash = nobleHash } = launch;
  const vcpus = demandVcpus(launch.vcpus);
  const guestFeatures = demandFeatures(launch.guestFeatures ?? 1n);
  const signature = signatureFor(vmm, launch.vcpuType);
  const { metadata, digest } = await startOf(launch, createHash);
  const table = boot === undefined ? undefined : await kernelHashesTable(boot, createHash);
  addSections(digest, metadata, vmm, table);
  for (let i = 0; i < vcpus; i++) {
    const eip = i === 0 ? RESET_VECTOR : metadata.resetEip;
    digest.vmsa(vmsaPage({ vmm, eip, signature, guestFeatures }));
  }
  return digest.value();
}

/**
 * The launch digest after the pages of a firmware image alone: what `firmwareDigest` takes in place of the image. 48 bytes.
 * @example
 * const firmwareDigest = await sevSnpFirmwareDigest({ firmware: ovmf });
 */
export async function sevSnpFirmwareDigest(
  options: { readonly firmware: ByteSource } & HashOptions,
): Promise<Uint8Array> {
  const { firmware, createHash = nobleHash } = options;
  return withFirmwarePages(await readFirmware(firmware), createHash).value();
}

/**
 * The MEASUREMENT of a guest under an SVSM: pages of the firmware, then of the SVSM that lies below firmware and variables,
 * then the SVSM's metadata, then one VMSA per vCPU at the SVSM's entry point. Checked against sev-snp-measure 0.0.13.
 * @example
 * const measurement = await measureSvsm({ firmware, svsm, varsSize: 540672, vcpus: 4, vcpuType: "EPYC-v4" });
 */
export async function measureSvsm(launch: SvsmLaunch): Promise<Uint8Array> {
  const { varsSize, createHash = nobleHash } = launch;
  const vcpus = demandVcpus(launch.vcpus);
  const signature = vcpuSignature(launch.vcpuType);
  if (!Number.isInteger(varsSize) || varsSize < 0 || varsSize % PAGE_BYTES !== 0 || varsSize > MAX_FIRMWARE_BYTES) {
    throw new TypeError("varsSize must be a whole number of 4 KiB pages");
  }
  const firmware = await readFirmware(launch.firmware);
  const svsm = await readFirmware(launch.svsm, "SVSM image");
  const { sections, entry } = readSvsmMetadata(svsm);
  const gpa = FOUR_GIB - firmware.length - varsSize - svsm.length;
  demand(entry < svsm.length, "SVSM entry point lies outside the image");
  const digest = withFirmwarePages(firmware, createHash);
  digest.normal(gpa, svsm);
  addSections(digest, { sections, resetEip: 0 }, "qemu", undefined);
  for (let i = 0; i < vcpus; i++) digest.vmsa(svsmVmsaPage(gpa + entry, signature));
  return digest.value();
}

async function startOf(
  { firmware, firmwareDigest }: SevSnpLaunch,
  createHash: CreateHash,
): Promise<{ readonly metadata: SevMetadata; readonly digest: LaunchDigest }> {
  if (
    firmwareDigest !== undefined &&
    (!(firmwareDigest instanceof Uint8Array) || firmwareDigest.length !== DIGEST_BYTES)
  ) {
    throw new TypeError(`firmwareDigest must be ${DIGEST_BYTES} bytes`);
  }
  if (isByteSource(firmware)) {
    const image = await readFirmware(firmware);
    const metadata = readSevMetadata(image);
    return {
      metadata,
      digest: firmwareDigest ? launchDigest(createHash, firmwareDigest) : withFirmwarePages(image, createHash),
    };
  }
  if (firmwareDigest === undefined) throw new TypeError("firmware metadata without an image needs firmwareDigest");
  checkSections(firmware.sections);
  return { metadata: firmware, digest: launchDigest(createHash, firmwareDigest) };
}

async function readFirmware(source: ByteSource, what = "firmware"): Promise<Uint8Array> {
  const image = await readSource(source, MAX_FIRMWARE_BYTES, what);
  demandWholePages(image, what);
  return image;
}

function withFirmwarePages(image: Uint8Array, createHash: CreateHash): LaunchDigest {
  const digest = launchDigest(createHash);
  digest.normal(FOUR_GIB - image.length, image);
  return digest;
}

/** Adds the metadata sections in table order; EC2 adds the CPUID page after all others. */
function addSections(digest: LaunchDigest, metadata: SevMetadata, vmm: Vmm, table: Uint8Array | undefined): void {
  const { sections } = metadata;
  const late = (section: SevSection): boolean => vmm === "ec2" && section.type === SECTION.cpuid;
  if (table !== undefined && !sections.some(({ type }) => type === SECTION.kernelHashes)) {
    throw new MalformedError(
      "the firmware has no section for kernel hashes: a kernel given to it would not be measured",
    );
  }
  for (const section of [...sections.filter((s) => !late(s)), ...sections.filter(late)]) {
    addSection(digest, section, metadata, vmm, table);
  }
}

function addSection(
  digest: LaunchDigest,
  { gpa, size, type }: SevSection,
  metadata: SevMetadata,
  vmm: Vmm,
  table: Uint8Array | undefined,
): void {
  if (type === SECTION.kernelHashes && table !== undefined) {
    const tableGpa = metadata.hashesTableGpa;
    demand(tableGpa !== undefined && tableGpa !== 0, "firmware does not say where the kernel hashes table lies");
    demand(size === PAGE_BYTES, "kernel hashes section is not one page");
    // The firmware reads the table at tableGpa: in another page it would read what nobody measured.
    demand(tableGpa - (tableGpa % PAGE_BYTES) === gpa, "kernel hashes table lies outside its section");
    digest.normal(gpa, kernelHashesPage(table, tableGpa));
    return;
  }
  const unhashed = { [SECTION.secrets]: "secrets", [SECTION.cpuid]: "cpuid" } as const;
  const secMem = vmm === "gce" && type === SECTION.secMem ? "unmeasured" : "zero";
  digest.unhashed(type === SECTION.secrets || type === SECTION.cpuid ? unhashed[type] : secMem, gpa, size);
}

function signatureFor(vmm: Vmm, type: VcpuType | undefined): number {
  if (vmm !== "qemu" && vmm !== "ec2" && vmm !== "gce") throw new TypeError(`unknown vmm ${JSON.stringify(vmm)}`);
  if (type !== undefined) return vcpuSignature(type);
  if (vmm === "qemu") throw new TypeError("vcpuType is required: QEMU shows the CPUID signature to the guest");
  return 0;
}

/** Exported for SEV-ES, which measures vCPUs too. */
export function demandVcpus(vcpus: number): number {
  if (!Number.isInteger(vcpus) || vcpus < 1 || vcpus > MAX_VCPUS)
    throw new TypeError(`vcpus must be 1 to ${MAX_VCPUS}`);
  return vcpus;
}

function demandFeatures(features: bigint | number): bigint {
  const fits = typeof features === "bigint" || Number.isSafeInteger(features);
  const value = fits ? BigInt(features) : -1n;
  if (value < 0n || value >= 1n << 64n) throw new TypeError("guestFeatures must be a 64-bit unsigned integer");
  return value;
}
