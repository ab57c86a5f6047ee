/** The inputs of fixtures/measure/: made here, so that the repository holds their answers alone. */
import { type ForgedTdvfSection, forgeFirmware, randomBytes } from "./forge.js";
import { forgePe } from "./forge-pe.js";

/** Images that LIEF has hashed. */
export function peVectors(): Readonly<Record<string, Uint8Array>> {
  const bytes = randomBytes(7);
  const text = { name: ".text", data: bytes(0x600) };
  const data = { name: ".data", data: bytes(0x200) };
  return {
    plain: forgePe({ sections: [text, data] }),
    signed: forgePe({ sections: [text, data], certificates: bytes(0x108) }),
    trailing: forgePe({ sections: [text, data], trailing: bytes(0x98) }),
    "trailing-signed": forgePe({ sections: [text, data], trailing: bytes(0x98), certificates: bytes(0x108) }),
    "trailing-odd": forgePe({ sections: [text, data], trailing: bytes(0x9b) }),
    pe32: forgePe({ sections: [text, data], magic: 0x10b, certificates: bytes(0x80) }),
    "many-sections": forgePe({
      sections: Array.from({ length: 12 }, (_, i) => ({ name: `.s${i}`, data: bytes(0x200 * ((i % 3) + 1)) })),
    }),
  };
}

const section = (change: Partial<ForgedTdvfSection>): ForgedTdvfSection => ({
  dataOffset: 0,
  rawSize: 0,
  address: 0n,
  memorySize: 0x1000n,
  type: 3,
  attributes: 0,
  ...change,
});

/** The sections of a firmware of 64 KiB as OVMF lays them out, code first in the table and last in the file. */
export const tdvfSections: readonly ForgedTdvfSection[] = [
  section({ dataOffset: 0x4000, rawSize: 0xc000, address: 0xffff4000n, memorySize: 0xc000n, type: 0, attributes: 1 }),
  section({ dataOffset: 0, rawSize: 0x4000, address: 0xffff0000n, memorySize: 0x4000n, type: 1 }),
  section({ address: 0x810000n, memorySize: 0x10000n }),
  section({ address: 0x80b000n, memorySize: 0x2000n }),
  section({ address: 0x809000n, memorySize: 0x2000n, type: 2 }),
  section({ address: 0x800000n, memorySize: 0x6000n }),
];

export const forgeTdvf = (change: object = {}): Uint8Array =>
  forgeFirmware({
    size: 0x10000,
    fill: (image) => image.set(randomBytes(11)(image.length)),
    tdvf: tdvfSections,
    ...change,
  });

/** Firmware whose MRTD is known. */
export function tdvfVectors(): Readonly<Record<string, Uint8Array>> {
  const late = section({ address: 0x1000000n, memorySize: 0x800000n, type: 4, attributes: 2 });
  return { usual: forgeTdvf(), "late-memory": forgeTdvf({ tdvf: [...tdvfSections, late] }) };
}
