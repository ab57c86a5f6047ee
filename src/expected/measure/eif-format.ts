/** The header and section headers of an Enclave Image File (aws-nitro-enclaves-image-format, src/defs/mod.rs; reference nitro.md, section 1.4). */

import { allBytes, equalBytes } from "../../encoding/bytes.js";
import { type Layout, readLayout } from "../../encoding/layout.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { toUtf8 } from "../../encoding/text.js";

export const EIF_HEADER_BYTES = 548;
export const SECTION_HEADER_BYTES = 12;
const MAX_SECTIONS = 32;
/** Far above any image, far below what a number holds exactly. */
const MAX_SECTION_BYTES = 2n ** 40n;

/** Big-endian throughout. */
const EIF_HEADER: Layout = {
  name: "EIF header",
  spec: "aws-nitro-enclaves-image-format, EifHeader",
  length: EIF_HEADER_BYTES,
  fields: [
    { name: "magic", offset: 0, length: 4, form: "bytes", meaning: "`.eif`" },
    {
      name: "version",
      offset: 4,
      length: 2,
      form: "u16be",
      meaning: "2: with checksum, 3: with signature, 4: with metadata",
    },
    { name: "flags", offset: 6, length: 2, form: "u16be", meaning: "bit 0: arm64" },
    { name: "defaultMemory", offset: 8, length: 8, form: "u64be", meaning: "bytes, where the launch says nothing" },
    { name: "defaultCpus", offset: 16, length: 8, form: "u64be", meaning: "vCPUs, where the launch says nothing" },
    { name: "reserved", offset: 24, length: 2, form: "zero", meaning: "reserved" },
    { name: "sectionCount", offset: 26, length: 2, form: "u16be", meaning: "sections that follow, at most 32" },
    {
      name: "sectionOffsets",
      offset: 28,
      length: 256,
      form: "bytes",
      meaning: "32 u64: where each section header stands",
    },
    {
      name: "sectionSizes",
      offset: 284,
      length: 256,
      form: "bytes",
      meaning: "32 u64: bytes of each section without its header",
    },
    { name: "unused", offset: 540, length: 4, form: "zero", meaning: "reserved" },
    {
      name: "crc32",
      offset: 544,
      length: 4,
      form: "u32be",
      meaning: "CRC-32 of the whole file without these four bytes",
    },
  ],
};

const SECTION_HEADER: Layout = {
  name: "EIF section header",
  spec: "aws-nitro-enclaves-image-format, EifSectionHeader",
  length: SECTION_HEADER_BYTES,
  fields: [
    {
      name: "type",
      offset: 0,
      length: 2,
      form: "u16be",
      meaning: "1 kernel, 2 command line, 3 ramdisk, 4 signature, 5 metadata",
    },
    { name: "flags", offset: 2, length: 2, form: "zero", meaning: "none is defined" },
    { name: "size", offset: 4, length: 8, form: "u64be", meaning: "bytes that follow" },
  ],
};

export type EifSectionName = "kernel" | "cmdline" | "ramdisk" | "signature" | "metadata";

const SECTIONS: readonly (EifSectionName | undefined)[] = [
  undefined,
  "kernel",
  "cmdline",
  "ramdisk",
  "signature",
  "metadata",
];

export interface EifHeader {
  readonly version: 2 | 3 | 4;
  readonly architecture: "x86_64" | "arm64";
  /** Bytes. */
  readonly defaultMemory: bigint;
  readonly defaultCpus: bigint;
  /** Bytes of each section, without its header. The offsets are those that these sizes make. */
  readonly sectionSizes: readonly number[];
  readonly crc32: number;
}

/**
 * Reads the header. The hypervisor goes by its table of sections and AWS's own tools go by the section headers: an image on which
 * the two could differ is refused.
 * @throws MalformedError
 */
export function readEifHeader(bytes: Uint8Array): EifHeader {
  demand(equalBytes(bytes.subarray(0, 4), toUtf8(".eif")), "the file does not start with .eif");
  const fields = readLayout(EIF_HEADER, bytes);
  const version = fields["version"] as number;
  if (version !== 2 && version !== 3 && version !== 4)
    throw new MalformedError(`EIF version ${version} is not 2, 3 or 4`, 4);
  const flags = fields["flags"] as number;
  demand(flags <= 1, "EIF header has flags beyond arm64", 6);
  return {
    version,
    architecture: flags === 1 ? "arm64" : "x86_64",
    defaultMemory: fields["defaultMemory"] as bigint,
    defaultCpus: fields["defaultCpus"] as bigint,
    sectionSizes: readSizes(bytes, fields["sectionCount"] as number),
    crc32: fields["crc32"] as number,
  };
}

function readSizes(bytes: Uint8Array, count: number): readonly number[] {
  demand(count <= MAX_SECTIONS, `EIF header counts ${count} sections, more than ${MAX_SECTIONS}`, 26);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sizes: number[] = [];
  let expected = EIF_HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    const size = view.getBigUint64(284 + 8 * i);
    demand(
      view.getBigUint64(28 + 8 * i) === BigInt(expected),
      `EIF header places section ${i} elsewhere than the sizes before it`,
      28 + 8 * i,
    );
    demand(size <= MAX_SECTION_BYTES, `EIF section ${i} is longer than 1 TiB`, 284 + 8 * i);
    sizes.push(Number(size));
    expected += SECTION_HEADER_BYTES + Number(size);
  }
  const unused = (start: number): boolean => allBytes(bytes.subarray(start + 8 * count, start + 8 * MAX_SECTIONS));
  demand(unused(28) && unused(284), "EIF header describes a section beyond its count", 28);
  return sizes;
}

/** Reads the header of section `index`, which must have the size that the file's header says. @throws MalformedError */
export function readSectionHeader(bytes: Uint8Array, index: number, size: number): EifSectionName {
  const fields = readLayout(SECTION_HEADER, bytes);
  const type = fields["type"] as number;
  const name = SECTIONS[type];
  if (name === undefined) throw new MalformedError(`EIF section ${index} has the unknown type ${type}`);
  demand(fields["size"] === BigInt(size), `EIF section ${index} has another size than the header says`);
  return name;
}

/**
 * Judges the sequence of sections: kernel, command line, then ramdisks (at least one) with at most one metadata section before, between or after
 * them, then at most one signature. The order in which the measured ones stand is the order in which they are measured.
 * @throws MalformedError
 */
export function checkSectionOrder(names: readonly EifSectionName[], version: EifHeader["version"]): void {
  const count = (name: EifSectionName): number => names.filter((other) => other === name).length;
  demand(count("kernel") > 0, "EIF has no kernel");
  demand(count("kernel") === 1, "EIF has more than one kernel");
  demand(
    count("cmdline") === 1,
    count("cmdline") === 0 ? "EIF has no command line" : "EIF has more than one command line",
  );
  demand(count("ramdisk") > 0, "EIF has no ramdisk");
  demand(count("metadata") <= 1, "EIF has more than one metadata section");
  demand(count("signature") <= 1, "EIF has more than one signature section");
  demand(names[0] === "kernel" && names[1] === "cmdline", "EIF does not start with kernel and command line");
  demand(count("signature") === 0 || names[names.length - 1] === "signature", "EIF has a section behind its signature");
  demand(count("signature") === 0 || version >= 3, `EIF version ${version} has no signature section`);
  demand(count("metadata") === 0 || version >= 4, `EIF version ${version} has no metadata section`);
}
