/** Makes firmware images for tests and for scripts/compare-measure: any metadata, any fault. Browser-pure like what it feeds. */
import { concatBytes } from "../../../src/encoding/bytes.js";
import { guidBytes } from "../../../src/expected/measure/guid.js";

export interface ForgedSection {
  readonly gpa: number;
  readonly size: number;
  readonly type: number;
}

export interface ForgedTdvfSection {
  readonly dataOffset: number;
  readonly rawSize: number;
  readonly address: bigint;
  readonly memorySize: bigint;
  readonly type: number;
  readonly attributes: number;
}

export interface Forged {
  /** Size of the image in bytes. */
  readonly size?: number;
  /** Fills the image; zero unless told. */
  readonly fill?: (image: Uint8Array) => void;
  readonly sections?: readonly ForgedSection[];
  readonly hashesTableGpa?: number;
  readonly resetEip?: number;
  readonly svsmEntry?: number;
  readonly tdvf?: readonly ForgedTdvfSection[];
  /** Entries beside those. */
  readonly entries?: readonly (readonly [guid: string, data: Uint8Array])[];
  /** Faults. */
  readonly asev?: {
    readonly signature?: string;
    readonly size?: number;
    readonly version?: number;
    readonly count?: number;
  };
  readonly tdvfHeader?: {
    readonly signature?: string;
    readonly length?: number;
    readonly version?: number;
    readonly count?: number;
  };
  readonly metadataFromEnd?: number;
  readonly tdvfFromEnd?: number;
  readonly footerSize?: number;
  readonly footerGuid?: string;
}

export const GUID = {
  footer: "96b582de-1fb2-45f7-baea-a366c55a082d",
  sevMetadata: "dc886566-984a-4798-a75e-5585a7bf67cc",
  hashesTable: "7255371f-3a3b-4b04-927b-1da6efa8d454",
  resetBlock: "00f771de-1a7e-4fcb-890e-68c77e2fb44e",
  svsmInfo: "a789a612-0597-4c4b-a49f-cbb1fe9d1ddd",
  tdvf: "e47a6535-984a-4798-865e-4685a7bf8ec2",
} as const;

export const u16 = (value: number): Uint8Array => Uint8Array.of(value & 255, (value >> 8) & 255);
export const u32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};
export const u64 = (value: bigint): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
};
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const entry = (guid: string, data: Uint8Array): Uint8Array => concatBytes(data, u16(data.length + 18), guidBytes(guid));

/** An image whose metadata lies before its footer table, which ends 32 bytes before the end. */
export function forgeFirmware(forged: Forged): Uint8Array {
  const { size = 0x2000, sections, tdvf } = forged;
  const image = new Uint8Array(size);
  forged.fill?.(image);
  const metadata = sections === undefined ? new Uint8Array(0) : asevMetadata(forged, sections);
  const descriptor = tdvf === undefined ? new Uint8Array(0) : tdvfDescriptor(forged, tdvf);
  const metadataEnd = size - 1024;
  image.set(metadata, metadataEnd - metadata.length);
  const descriptorEnd = metadataEnd - metadata.length;
  image.set(descriptor, descriptorEnd - descriptor.length);
  const table = concatBytes(
    ...(forged.entries ?? []).map(([guid, data]) => entry(guid, data)),
    ...(tdvf === undefined
      ? []
      : [entry(GUID.tdvf, u32(forged.tdvfFromEnd ?? size - descriptorEnd + descriptor.length))]),
    ...(sections === undefined
      ? []
      : [entry(GUID.sevMetadata, u32(forged.metadataFromEnd ?? size - metadataEnd + metadata.length))]),
    ...(forged.hashesTableGpa === undefined
      ? []
      : [entry(GUID.hashesTable, concatBytes(u32(forged.hashesTableGpa), u32(0x400)))]),
    ...(forged.svsmEntry === undefined ? [] : [entry(GUID.svsmInfo, u32(forged.svsmEntry))]),
    ...(forged.resetEip === undefined ? [] : [entry(GUID.resetBlock, u32(forged.resetEip))]),
  );
  const footer = concatBytes(u16(forged.footerSize ?? table.length + 18), guidBytes(forged.footerGuid ?? GUID.footer));
  image.set(concatBytes(table, footer), size - 32 - table.length - footer.length);
  return image;
}

function asevMetadata({ asev = {} }: Forged, sections: readonly ForgedSection[]): Uint8Array {
  const body = concatBytes(...sections.map(({ gpa, size, type }) => concatBytes(u32(gpa), u32(size), u32(type))));
  return concatBytes(
    ascii(asev.signature ?? "ASEV"),
    u32(asev.size ?? 16 + body.length),
    u32(asev.version ?? 1),
    u32(asev.count ?? sections.length),
    body,
  );
}

function tdvfDescriptor({ tdvfHeader = {} }: Forged, sections: readonly ForgedTdvfSection[]): Uint8Array {
  const body = concatBytes(
    ...sections.map((s) =>
      concatBytes(u32(s.dataOffset), u32(s.rawSize), u64(s.address), u64(s.memorySize), u32(s.type), u32(s.attributes)),
    ),
  );
  return concatBytes(
    ascii(tdvfHeader.signature ?? "TDVF"),
    u32(tdvfHeader.length ?? 16 + body.length),
    u32(tdvfHeader.version ?? 1),
    u32(tdvfHeader.count ?? sections.length),
    body,
  );
}

/** Repeatable bytes: the same seed gives the same ones everywhere (xorshift32). */
export function randomBytes(seed: number): (length: number) => Uint8Array {
  let state = seed >>> 0 || 1;
  return (length) =>
    Uint8Array.from({ length }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) & 255;
    });
}
