/** The headers of a PE image, as far as its Authenticode digest and a unified kernel image need them (Microsoft PE Format; edk2 MeasureBootPeCoff.c). */

import { demand } from "../../encoding/malformed.js";

/** A section that has bytes in the file or size in memory. */
export interface PeSection {
  /** Up to 8 characters. */
  readonly name: string;
  /** Bytes in memory; those beyond the file's are zero. */
  readonly virtualSize: number;
  readonly rawOffset: number;
  readonly rawSize: number;
}

/** A stretch of the file: from `start` up to `end`. */
export interface FileRange {
  readonly start: number;
  readonly end: number;
}

export interface PeLayout {
  /** The header's stretches that are hashed: all but the checksum and the certificate directory entry. */
  readonly headerRanges: readonly FileRange[];
  readonly sizeOfHeaders: number;
  /** In table order. */
  readonly sections: readonly PeSection[];
  /** Where the attribute certificates lie; they end the file and are not hashed. */
  readonly certificates?: FileRange;
}

/** The most bytes that hold headers. */
export const MAX_PE_HEADER_BYTES = 0x1_0000;
const MAX_SECTIONS = 96;
const SECURITY_DIRECTORY = 4;
const MAGIC = { pe32: 0x10b, pe32Plus: 0x20b } as const;

/**
 * Reads the headers at the start of a file; `prefix` is the whole file or its first 64 KiB.
 * @throws MalformedError when they are not well-formed or do not fit.
 */
export function readPeHeader(prefix: Uint8Array): PeLayout {
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const need = (offset: number, length: number, what: string): number => {
    demand(offset + length <= prefix.length, `PE image is cut short in its ${what}`, offset);
    return offset;
  };
  const u16 = (offset: number, what: string): number => view.getUint16(need(offset, 2, what), true);
  const u32 = (offset: number, what: string): number => view.getUint32(need(offset, 4, what), true);
  demand(u16(0, "DOS header") === 0x5a4d, "PE image does not start with MZ");
  const signature = u32(0x3c, "DOS header");
  demand(u32(signature, "signature") === 0x4550, "PE signature is missing", signature);
  const coff = signature + 4;
  const sectionCount = u16(coff + 2, "COFF header");
  const optionalSize = u16(coff + 16, "COFF header");
  const optional = coff + 20;
  const magic = u16(optional, "optional header");
  demand(magic === MAGIC.pe32 || magic === MAGIC.pe32Plus, "PE optional header has an unknown magic", optional);
  const directories = optional + (magic === MAGIC.pe32Plus ? 112 : 96);
  const directoryCount = u32(directories - 4, "optional header");
  demand(directoryCount <= 16, "PE image has more than 16 data directories", directories - 4);
  const table = optional + optionalSize;
  demand(directories + 8 * directoryCount <= table, "PE data directories do not fit the optional header", directories);
  const sizeOfHeaders = u32(optional + 60, "optional header");
  demand(sectionCount <= MAX_SECTIONS, `PE image has more than ${MAX_SECTIONS} sections`, coff + 2);
  demand(table + 40 * sectionCount <= sizeOfHeaders, "PE section table lies outside the headers", table);
  need(0, sizeOfHeaders, "headers");
  const checksum = optional + 64;
  const entry = directoryCount > SECURITY_DIRECTORY ? directories + 8 * SECURITY_DIRECTORY : undefined;
  const certificates = entry === undefined ? undefined : certificateRange(view, entry);
  return {
    sizeOfHeaders,
    headerRanges:
      entry === undefined
        ? [range(0, checksum), range(checksum + 4, sizeOfHeaders)]
        : [range(0, checksum), range(checksum + 4, entry), range(entry + 8, sizeOfHeaders)],
    sections: Array.from({ length: sectionCount }, (_, i) => readSection(prefix, view, table + 40 * i)),
    ...(certificates === undefined ? {} : { certificates }),
  };
}

function range(start: number, end: number): FileRange {
  return { start, end };
}

function certificateRange(view: DataView, entry: number): FileRange | undefined {
  const start = view.getUint32(entry, true);
  const size = view.getUint32(entry + 4, true);
  demand((start === 0) === (size === 0), "PE certificate directory has an address or a size alone", entry);
  return size === 0 ? undefined : range(start, start + size);
}

function readSection(prefix: Uint8Array, view: DataView, at: number): PeSection {
  const name = String.fromCharCode(...prefix.subarray(at, at + 8)).replace(/\0+$/, "");
  return {
    name,
    virtualSize: view.getUint32(at + 8, true),
    rawSize: view.getUint32(at + 16, true),
    rawOffset: view.getUint32(at + 20, true),
  };
}
