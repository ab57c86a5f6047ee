/** What SEV needs from an OVMF or SVSM image: the ASEV metadata sections, the reset address and the place of the kernel hashes (reference sev-snp.md, section 2.11). */

import { demand, MalformedError } from "../../encoding/malformed.js";
import { reader } from "../../encoding/reader.js";
import { entryU32, type FooterTable, offsetFromEnd, PAGE_BYTES, readFooterTable } from "./firmware.js";

/** A range of guest memory that is added at launch. */
export interface SevSection {
  /** Guest physical address, a multiple of 4096. */
  readonly gpa: number;
  /** In bytes, a multiple of 4096. */
  readonly size: number;
  /** 1 SEC_MEM, 2 SECRETS, 3 CPUID, 4 SVSM_CAA, 0x10 KERNEL_HASHES. */
  readonly type: number;
}

/** The facts of a firmware image that enter a launch digest beside its pages. */
export interface SevMetadata {
  readonly sections: readonly SevSection[];
  /** Address at which every vCPU but the first starts: the SEV-ES reset block. */
  readonly resetEip: number;
  /** Guest physical address of the kernel hashes table, when the firmware checks kernels against one. */
  readonly hashesTableGpa?: number;
}

/** Section types of OvmfSevMetadata.asm. */
export const SECTION = { secMem: 1, secrets: 2, cpuid: 3, svsmCaa: 4, kernelHashes: 0x10 } as const;
const KNOWN_TYPES: readonly number[] = Object.values(SECTION);

const METADATA_GUID = "dc886566-984a-4798-a75e-5585a7bf67cc";
const HASHES_TABLE_GUID = "7255371f-3a3b-4b04-927b-1da6efa8d454";
const RESET_BLOCK_GUID = "00f771de-1a7e-4fcb-890e-68c77e2fb44e";
const SVSM_INFO_GUID = "a789a612-0597-4c4b-a49f-cbb1fe9d1ddd";

const HEADER_BYTES = 16;
const SECTION_BYTES = 12;
const MAX_SECTIONS = 64;
/** Each page costs one hash: 256 MiB bounds a hostile file to 65,536 of them. Real firmware adds less than 1 MiB. */
const MAX_SECTION_BYTES = 0x1000_0000;

/** The sections of `image`, in table order; none when it has no metadata. */
function readSections(image: Uint8Array, table: FooterTable): readonly SevSection[] {
  const fromEnd = entryU32(table, METADATA_GUID, "SEV metadata offset");
  if (fromEnd === undefined) return [];
  const start = offsetFromEnd(image, fromEnd, "SEV metadata");
  const r = reader(image.subarray(start));
  demand(r.u32le("ASEV signature") === 0x56455341, "SEV metadata does not start with ASEV", start);
  const size = r.u32le("SEV metadata size");
  demand(r.u32le("SEV metadata version") === 1, "SEV metadata has an unknown version", start + 8);
  const count = r.u32le("SEV metadata section count");
  demand(count <= MAX_SECTIONS, `SEV metadata has more than ${MAX_SECTIONS} sections`, start + 12);
  demand(
    size === HEADER_BYTES + count * SECTION_BYTES,
    "SEV metadata size does not match its section count",
    start + 4,
  );
  const sections: SevSection[] = [];
  for (let i = 0; i < count; i++) {
    sections.push({ gpa: r.u32le("section gpa"), size: r.u32le("section size"), type: r.u32le("section type") });
  }
  return sections;
}

/** Refuses sections that no launch could add: unaligned, empty, overlapping, unknown, too large. */
export function checkSections(sections: readonly SevSection[]): void {
  demand(sections.length <= MAX_SECTIONS, `SEV metadata has more than ${MAX_SECTIONS} sections`);
  const total = sections.reduce((sum, section) => sum + section.size, 0);
  demand(total <= MAX_SECTION_BYTES, `SEV metadata adds more than ${MAX_SECTION_BYTES} bytes`);
  for (const { gpa, size, type } of sections) {
    demand(KNOWN_TYPES.includes(type), `SEV metadata section has the unknown type ${type}`);
    demand(gpa % PAGE_BYTES === 0 && size % PAGE_BYTES === 0, "SEV metadata section is not aligned to 4 KiB pages");
    demand(size > 0 && gpa + size <= 0x1_0000_0000, "SEV metadata section is empty or ends above 4 GiB");
    const single = type === SECTION.secrets || type === SECTION.cpuid;
    demand(!single || size === PAGE_BYTES, "SEV secrets or CPUID section is not one page");
  }
  const sorted = [...sections].sort((a, b) => a.gpa - b.gpa);
  for (const [i, section] of sorted.entries()) {
    const next = sorted[i + 1];
    demand(next === undefined || section.gpa + section.size <= next.gpa, "SEV metadata sections overlap");
  }
}

/**
 * Reads the metadata of an OVMF image.
 * @throws MalformedError on any fault of its structure, and when it lacks the SEV-ES reset block.
 */
export function readSevMetadata(image: Uint8Array): SevMetadata {
  const table = readFooterTable(image);
  const sections = readSections(image, table);
  checkSections(sections);
  const resetEip = entryU32(table, RESET_BLOCK_GUID, "SEV-ES reset block");
  demand(resetEip !== undefined && resetEip !== 0, "firmware has no SEV-ES reset block");
  const hashesTableGpa = entryU32(table, HASHES_TABLE_GUID, "kernel hashes table entry");
  return { sections, resetEip, ...(hashesTableGpa === undefined ? {} : { hashesTableGpa }) };
}

/** The sections of an SVSM image and the offset of its entry point in the image (SVSM_INFO). */
export function readSvsmMetadata(image: Uint8Array): {
  readonly sections: readonly SevSection[];
  readonly entry: number;
} {
  const table = readFooterTable(image);
  const sections = readSections(image, table);
  checkSections(sections);
  const entry = entryU32(table, SVSM_INFO_GUID, "SVSM info entry");
  if (entry === undefined) throw new MalformedError("image has no SVSM info entry");
  return { sections, entry };
}
