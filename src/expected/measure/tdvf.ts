/** TDVF metadata of a TDX firmware and the MRTD that it is built to (Intel 344425 TDVF design guide, section 11; reference dcap.md, section 5.1). */

import { demand, MalformedError } from "../../encoding/malformed.js";
import { type Reader, reader } from "../../encoding/reader.js";
import { toUtf8 } from "../../encoding/text.js";
import { entryU32, MAX_FIRMWARE_BYTES, offsetFromEnd, PAGE_BYTES, readFooterTable } from "./firmware.js";
import { finish, type HashOptions, type IncrementalHash, nobleHash } from "./hash.js";
import { type ByteSource, readSource } from "./source.js";

/** A range of the initial memory of a TD. */
export interface TdvfSection {
  /** Where its data lie in the firmware file. */
  readonly dataOffset: number;
  /** How much of the file it takes; 0 for memory without data. */
  readonly rawSize: number;
  /** Guest physical address, a multiple of 4096. */
  readonly address: number;
  /** In bytes, a multiple of 4096. */
  readonly memorySize: number;
  /** 0 BFV, 1 CFV, 2 TD_HOB, 3 TempMem, 4 PermMem and others. */
  readonly type: number;
  /** Whether its contents are measured (MR.EXTEND). */
  readonly extend: boolean;
  /** Whether it is added after the TD is built (PAGE.AUG), and so not measured at all. */
  readonly aug: boolean;
}

/** A TDX firmware: its bytes and sections in table order. */
export interface Tdvf {
  readonly image: Uint8Array;
  readonly sections: readonly TdvfSection[];
}

/** Section types of the TDVF design guide. */
export const TDVF_SECTION = { bfv: 0, cfv: 1, tdHob: 2, tempMem: 3 } as const;

/**
 * In which order pages are added and measured: each page with its contents (QEMU 9 and later), or all pages of a section
 * and then their contents (QEMU 8).
 */
export type PageOrder = "single-pass" | "two-pass";

const TDVF_GUID = "e47a6535-984a-4798-865e-4685a7bf8ec2";
const HEADER_BYTES = 16;
const SECTION_BYTES = 32;
const MAX_SECTIONS = 64;
/** Each added page costs 128 bytes of hashing; real firmware adds less than 5 MiB. */
const MAX_ADDED_BYTES = 0x1000_0000;
const EXTEND_CHUNK = 0x100;
const ATTRIBUTE = { extend: 1, aug: 2 } as const;

/**
 * Reads the TDVF metadata of a firmware image.
 * @throws MalformedError on any fault of its structure.
 */
export function readTdvf(image: Uint8Array): Tdvf {
  demand(image.length <= MAX_FIRMWARE_BYTES, "firmware is too large");
  const fromEnd = entryU32(readFooterTable(image), TDVF_GUID, "TDVF metadata offset");
  if (fromEnd === undefined) throw new MalformedError("firmware has no TDVF metadata");
  const start = offsetFromEnd(image, fromEnd, "TDVF metadata");
  const r = reader(image.subarray(start));
  demand(r.u32le("TDVF signature") === 0x46564454, "TDVF metadata does not start with TDVF", start);
  const length = r.u32le("TDVF length");
  demand(r.u32le("TDVF version") === 1, "TDVF metadata has an unknown version", start + 8);
  const count = r.u32le("TDVF section count");
  demand(count > 0 && count <= MAX_SECTIONS, `TDVF metadata must have 1 to ${MAX_SECTIONS} sections`, start + 12);
  demand(length === HEADER_BYTES + count * SECTION_BYTES, "TDVF length does not match its section count", start + 4);
  const sections = Array.from({ length: count }, () => readSection(r));
  checkSections(image, sections);
  return { image, sections };
}

function readSection(r: Reader): TdvfSection {
  const dataOffset = r.u32le("section data offset");
  const rawSize = r.u32le("section raw size");
  const address = safe(r.u64le("section address"));
  const memorySize = safe(r.u64le("section memory size"));
  const type = r.u32le("section type");
  const attributes = r.u32le("section attributes");
  demand((attributes & ~(ATTRIBUTE.extend | ATTRIBUTE.aug)) === 0, "TDVF section has unknown attributes", r.offset - 4);
  const extend = (attributes & ATTRIBUTE.extend) !== 0;
  return { dataOffset, rawSize, address, memorySize, type, extend, aug: (attributes & ATTRIBUTE.aug) !== 0 };
}

/** Guest physical addresses have at most 52 bits. */
function safe(value: bigint): number {
  demand(value < 1n << 52n, "TDVF section lies beyond 52-bit addresses");
  return Number(value);
}

function checkSections(image: Uint8Array, sections: readonly TdvfSection[]): void {
  const added = sections.filter(({ aug }) => !aug).reduce((sum, { memorySize }) => sum + memorySize, 0);
  demand(added <= MAX_ADDED_BYTES, `TDVF metadata adds more than ${MAX_ADDED_BYTES} bytes`);
  for (const { dataOffset, rawSize, address, memorySize, extend, aug } of sections) {
    demand(address % PAGE_BYTES === 0 && memorySize % PAGE_BYTES === 0, "TDVF section is not aligned to 4 KiB pages");
    demand(memorySize > 0 && address + memorySize < 2 ** 52, "TDVF section is empty or ends beyond 52-bit addresses");
    demand(rawSize <= memorySize, "TDVF section has more data than memory");
    demand(dataOffset + rawSize <= image.length, "TDVF section data lie outside the firmware");
    demand(!(extend && aug), "TDVF section is measured and added late at once");
    // Loaders differ on what lies behind the data of a measured section: none is taken on trust.
    demand(!extend || rawSize === memorySize, "measured TDVF section has more memory than data");
  }
  const sorted = [...sections].sort((a, b) => a.address - b.address);
  for (const [i, section] of sorted.entries()) {
    const next = sorted[i + 1];
    demand(next === undefined || section.address + section.memorySize <= next.address, "TDVF sections overlap");
  }
}

/** What gives an MRTD. */
export interface MrtdInputs extends HashOptions {
  readonly firmware: ByteSource;
  /** "single-pass" unless told. */
  readonly pageOrder?: PageOrder;
}

/**
 * MRTD of a TD that starts with this firmware, 48 bytes: SHA-384 over a 128-byte record for each page that is added and,
 * where a section is measured, a record and the contents of each 256 bytes.
 * @example
 * const mrtd = await measureMrtd({ firmware: ovmf });
 */
export async function measureMrtd(inputs: MrtdInputs): Promise<Uint8Array> {
  return mrtdOf(readTdvf(await readSource(inputs.firmware, MAX_FIRMWARE_BYTES, "firmware")), inputs);
}

/** MRTD of a firmware that was read already. */
export function mrtdOf(tdvf: Tdvf, options: { readonly pageOrder?: PageOrder } & HashOptions = {}): Uint8Array {
  const { pageOrder = "single-pass", createHash = nobleHash } = options;
  if (pageOrder !== "single-pass" && pageOrder !== "two-pass") throw new TypeError("unknown page order");
  const hash = createHash("SHA-384");
  const added = tdvf.sections.filter(({ aug }) => !aug);
  for (const section of added) {
    for (let at = 0; at < section.memorySize; at += PAGE_BYTES) {
      hash.update(record("MEM.PAGE.ADD", section.address + at));
      if (pageOrder === "single-pass") extendPage(hash, tdvf.image, section, at);
    }
    if (pageOrder === "single-pass") continue;
    for (let at = 0; at < section.memorySize; at += PAGE_BYTES) extendPage(hash, tdvf.image, section, at);
  }
  return finish(hash);
}

function extendPage(hash: IncrementalHash, image: Uint8Array, section: TdvfSection, page: number): void {
  if (!section.extend) return;
  for (let at = page; at < page + PAGE_BYTES; at += EXTEND_CHUNK) {
    hash.update(record("MR.EXTEND", section.address + at));
    hash.update(image.subarray(section.dataOffset + at, section.dataOffset + at + EXTEND_CHUNK));
  }
}

/** The operation's name, zeros, and the guest physical address at byte 16. */
function record(name: "MEM.PAGE.ADD" | "MR.EXTEND", gpa: number): Uint8Array {
  const bytes = new Uint8Array(128);
  bytes.set(toUtf8(name));
  new DataView(bytes.buffer).setBigUint64(16, BigInt(gpa), true);
  return bytes;
}
