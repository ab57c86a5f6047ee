/** Makes PE images for tests: any sections, gaps, trailing data, certificates, and a Linux setup header. */
import { concatBytes } from "../../../src/encoding/bytes.js";
import { u16, u32 } from "./forge.js";

export interface ForgedPe {
  readonly sections: readonly {
    readonly name: string;
    readonly data: Uint8Array;
    readonly virtualSize?: number;
    readonly gap?: number;
  }[];
  /** PE32+ unless told. */
  readonly magic?: number;
  readonly directories?: number;
  readonly sizeOfHeaders?: number;
  readonly trailing?: Uint8Array;
  readonly certificates?: Uint8Array;
  /** Written into the first 4 KiB at the end: a Linux setup header, a fault. */
  readonly patches?: readonly (readonly [offset: number, bytes: Uint8Array])[];
}

const SIGNATURE_AT = 0x40;
const OPTIONAL_AT = SIGNATURE_AT + 24;

export function forgePe(forged: ForgedPe): Uint8Array {
  const { sections, magic = 0x20b, directories = 16, sizeOfHeaders = 0x400 } = forged;
  const base = magic === 0x20b ? 112 : 96;
  const optionalSize = base + 8 * directories;
  const headers = new Uint8Array(sizeOfHeaders);
  headers.set([0x4d, 0x5a]);
  headers.set(u32(SIGNATURE_AT), 0x3c);
  headers.set([0x50, 0x45, 0, 0], SIGNATURE_AT);
  headers.set(u16(0x8664), SIGNATURE_AT + 4);
  headers.set(u16(sections.length), SIGNATURE_AT + 6);
  headers.set(u16(optionalSize), SIGNATURE_AT + 20);
  headers.set(u16(magic), OPTIONAL_AT);
  headers.set(u32(0x1000), OPTIONAL_AT + 32);
  headers.set(u32(0x200), OPTIONAL_AT + 36);
  headers.set(u32(0x100000), OPTIONAL_AT + 56);
  headers.set(u32(sizeOfHeaders), OPTIONAL_AT + 60);
  headers.set(u32(0x12345678), OPTIONAL_AT + 64);
  headers.set(u32(directories), OPTIONAL_AT + base - 4);
  const parts: Uint8Array[] = [headers];
  let at = sizeOfHeaders;
  for (const [i, { name, data, virtualSize = data.length, gap = 0 }] of sections.entries()) {
    parts.push(new Uint8Array(gap).fill(0xee), data);
    const header = OPTIONAL_AT + optionalSize + 40 * i;
    if (header + 40 <= sizeOfHeaders) {
      headers.set(new TextEncoder().encode(name).slice(0, 8), header);
      headers.set(concatBytes(u32(virtualSize), u32(0x1000 * (i + 1)), u32(data.length), u32(at + gap)), header + 8);
    }
    at += gap + data.length;
  }
  const { trailing = new Uint8Array(0), certificates } = forged;
  if (certificates !== undefined) {
    headers.set(concatBytes(u32(at + trailing.length), u32(certificates.length)), OPTIONAL_AT + base + 32);
  }
  const image = concatBytes(...parts, trailing, certificates ?? new Uint8Array(0));
  for (const [offset, bytes] of forged.patches ?? []) image.set(bytes, offset);
  return image;
}

/** Offsets of fields that tests break. */
export const PE_AT = {
  signature: SIGNATURE_AT,
  sectionCount: SIGNATURE_AT + 6,
  magic: OPTIONAL_AT,
  sizeOfHeaders: OPTIONAL_AT + 60,
  checksum: OPTIONAL_AT + 64,
  directoryCount: OPTIONAL_AT + 108,
  certificates: OPTIONAL_AT + 112 + 32,
  sectionTable: OPTIONAL_AT + 112 + 128,
} as const;

/** The fields of a Linux setup header that a loader reads: protocol 2.15, loaded high, initrd anywhere below 4 GiB. */
export const linuxSetup = (
  change: {
    readonly protocol?: number;
    readonly loadflags?: number;
    readonly initrdMax?: number;
    readonly xloadflags?: number;
  } = {},
): readonly (readonly [number, Uint8Array])[] => [
  [0x202, new TextEncoder().encode("HdrS")],
  [0x206, u16(change.protocol ?? 0x20f)],
  [0x211, Uint8Array.of(change.loadflags ?? 1)],
  [0x22c, u32(change.initrdMax ?? 0x7fff_ffff)],
  [0x236, u16(change.xloadflags ?? 0x7f)],
];
