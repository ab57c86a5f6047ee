/** Hostile firmware: each fault of structure is refused as MalformedError, and its good neighbour passes. */
import { describe, expect, it } from "vitest";
import { MalformedError } from "../../../src/encoding/malformed.js";
import { measureSev, measureSevEs } from "../../../src/expected/measure/sev.js";
import { readSevMetadata } from "../../../src/expected/measure/sev-metadata.js";
import { measureSevSnp, measureSvsm, sevSnpFirmwareDigest } from "../../../src/expected/measure/sev-snp.js";
import { measureMrtd, readTdvf } from "../../../src/expected/measure/tdvf.js";
import { type Forged, type ForgedTdvfSection, forgeFirmware, GUID, randomBytes, u32 } from "./forge.js";
import { forgeTdvf, tdvfSections } from "./vectors.js";

const hashes = { gpa: 0x810000, size: 0x1000, type: 0x10 };
const good: Forged = {
  size: 0x4000,
  sections: [
    { gpa: 0x800000, size: 0x9000, type: 1 },
    { gpa: 0x80d000, size: 0x1000, type: 2 },
    { gpa: 0x80e000, size: 0x1000, type: 3 },
    hashes,
  ],
  hashesTableGpa: 0x810c00,
  resetEip: 0x80b004,
};
const kernel = Uint8Array.of(1);
const launch = (forged: Forged, boot: object = { boot: { kernel } }): Promise<Uint8Array> =>
  measureSevSnp({ firmware: forgeFirmware({ ...good, ...forged }), vcpus: 2, vcpuType: "EPYC", ...boot });
const oneSection = (gpa: number, size: number, type: number): Forged => ({ sections: [hashes, { gpa, size, type }] });

describe("SEV metadata", () => {
  it("good firmware is read", async () => {
    expect(readSevMetadata(forgeFirmware(good))).toEqual({
      sections: good.sections,
      resetEip: 0x80b004,
      hashesTableGpa: 0x810c00,
    });
    expect((await launch({})).length).toBe(48);
  });

  const faults: readonly (readonly [string, Forged, string])[] = [
    ["a footer of another GUID", { footerGuid: GUID.tdvf }, "no footer table"],
    ["a footer size below its own", { footerSize: 17 }, "footer has a wrong size"],
    ["a footer size beyond the image", { footerSize: 0x3fff }, "footer has a wrong size"],
    ["bytes before the first entry", { footerSize: 18 + 22 + 26 + 22 + 22 + 5 }, "wrong size|cut short"],
    ["an entry twice", { entries: [[GUID.resetBlock, u32(1)]] }, "twice"],
    ["metadata beyond the image", { metadataFromEnd: 0x4001 }, "outside the firmware"],
    ["metadata at the end of the image", { metadataFromEnd: 0 }, "outside the firmware"],
    ["metadata cut short by the end", { metadataFromEnd: 8 }, "ASEV"],
    ["another signature", { asev: { signature: "ASEX" } }, "does not start with ASEV"],
    ["another version", { asev: { version: 2 } }, "unknown version"],
    ["a size that differs from its count", { asev: { size: 63 } }, "size does not match"],
    ["a count that differs from its size", { asev: { count: 5 } }, "size does not match"],
    ["65 sections", { asev: { count: 65, size: 16 + 65 * 12 } }, "more than 64 sections"],
    ["a count of 2^32 - 1", { asev: { count: 0xffff_ffff } }, "more than 64 sections"],
    ["a section of an unknown type", oneSection(0x900000, 0x1000, 5), "unknown type 5"],
    ["an unaligned address", oneSection(0x900001, 0x1000, 1), "not aligned"],
    ["an unaligned size", oneSection(0x900000, 0x1001, 1), "not aligned"],
    ["an empty section", oneSection(0x900000, 0, 1), "empty or ends above"],
    ["a section that ends above 4 GiB", oneSection(0xffff_f000, 0x2000, 1), "empty or ends above"],
    ["256 MiB of sections and one page", oneSection(0x1000_0000, 0x1000_0000, 1), "adds more than"],
    ["two secrets pages in one section", oneSection(0x900000, 0x2000, 2), "not one page"],
    ["two CPUID pages in one section", oneSection(0x900000, 0x2000, 3), "not one page"],
    ["sections that overlap", oneSection(0x80f000, 0x2000, 1), "overlap"],
    ["no reset block", { resetEip: undefined as never }, "no SEV-ES reset block"],
    ["a reset address of zero", { resetEip: 0 }, "no SEV-ES reset block"],
  ];
  it.each(faults)("refuses %s", async (_, forged, why) => {
    await expect(launch(forged)).rejects.toThrow(MalformedError);
    await expect(launch(forged)).rejects.toThrow(new RegExp(why));
  });

  it("refuses a reset block of three bytes", async () => {
    const { resetEip, ...rest } = good;
    const image = forgeFirmware({ ...rest, entries: [[GUID.resetBlock, new Uint8Array(3).fill(resetEip ?? 0)]] });
    expect(() => readSevMetadata(image)).toThrow("shorter than 4 bytes");
  });

  it("an image is whole pages, at most 64 MiB, and not empty", async () => {
    const image = forgeFirmware(good);
    const measure = (firmware: Uint8Array) => measureSevSnp({ firmware, vcpus: 1, vcpuType: "EPYC" });
    await expect(measure(image.slice(1))).rejects.toThrow("whole number of 4 KiB pages");
    await expect(measure(new Uint8Array(0))).rejects.toThrow("whole number of 4 KiB pages");
    await expect(sevSnpFirmwareDigest({ firmware: new Uint8Array(0x400_1000) })).rejects.toThrow("longer than");
    await expect(measureSev({ firmware: new Uint8Array(0) })).rejects.toThrow("empty");
  });

  it("firmware metadata without an image is checked like that of an image", async () => {
    const metadata = { sections: [{ gpa: 1, size: 0x1000, type: 1 }], resetEip: 1 };
    const firmwareDigest = new Uint8Array(48);
    const rest = { vcpus: 1, vcpuType: "EPYC", firmwareDigest } as const;
    await expect(measureSevSnp({ firmware: metadata, ...rest })).rejects.toThrow("not aligned");
    const many = Array.from({ length: 65 }, (_, i) => ({ gpa: i * 0x1000, size: 0x1000, type: 1 }));
    await expect(measureSevSnp({ firmware: { sections: many, resetEip: 1 }, ...rest })).rejects.toThrow("more than 64");
  });
});

describe("a kernel that the firmware would not measure is refused", () => {
  const none = { hashesTableGpa: undefined as never };
  it.each<readonly [string, Forged, string]>([
    ["no section for its hash", { sections: [] }, "would not be measured"],
    ["no entry that places the table", none, "does not say where"],
    ["a table at address zero", { hashesTableGpa: 0 }, "does not say where"],
    ["a table that crosses its page", { hashesTableGpa: 0x810f60 }, "does not fit its page"],
    ["a table in another page than the section", { hashesTableGpa: 0x811000 }, "outside its section"],
    ["a section of two pages", { sections: [{ ...hashes, size: 0x2000 }] }, "not one page"],
  ])("%s", async (_, forged, why) => {
    await expect(launch(forged)).rejects.toThrow(why);
    await expect(launch(forged)).rejects.toThrow(MalformedError);
  });

  it("and each of those launches without a kernel", async () => {
    for (const forged of [{ sections: [] }, none, { hashesTableGpa: 0 }, { hashesTableGpa: 0x810f60 }]) {
      expect((await launch(forged, {})).length).toBe(48);
    }
  });

  it("the table may end with its page", async () => {
    expect((await launch({ hashesTableGpa: 0x811000 - 176 })).length).toBe(48);
  });

  it("SEV and SEV-ES", async () => {
    const without = forgeFirmware({ ...good, ...none });
    await expect(measureSev({ firmware: without, boot: { kernel } })).rejects.toThrow("would not be measured");
    await expect(measureSevEs({ firmware: without, vcpus: 1, vcpuType: "EPYC", boot: { kernel } })).rejects.toThrow(
      "would not be measured",
    );
    expect((await measureSev({ firmware: without })).length).toBe(32);
    expect((await measureSev({ firmware: Uint8Array.of(1) })).length).toBe(32);
  });
});

describe("SVSM", () => {
  const firmware = forgeFirmware(good);
  const svsm = (forged: Forged) => forgeFirmware({ ...good, svsmEntry: 0x10, ...forged });
  const measure = (image: Uint8Array, varsSize = 0x1000) =>
    measureSvsm({ firmware, svsm: image, varsSize, vcpus: 1, vcpuType: "EPYC" });

  it("needs an entry point inside its image", async () => {
    expect((await measure(svsm({ svsmEntry: 0x3fff }))).length).toBe(48);
    await expect(measure(svsm({ svsmEntry: 0x4000 }))).rejects.toThrow("outside the image");
    await expect(measure(forgeFirmware(good))).rejects.toThrow("no SVSM info entry");
  });

  it.each([-0x1000, 1, 0x400_1000, Number.NaN])("refuses variables of %d bytes", async (varsSize) => {
    await expect(measure(svsm({}), varsSize)).rejects.toThrow(TypeError);
  });
});

describe("options that no launch has", () => {
  const firmware = forgeFirmware(good);
  const base = { firmware, vcpus: 1, vcpuType: "EPYC" };
  it.each<readonly [string, object]>([
    ["no vCPU", { vcpus: 0 }],
    ["half a vCPU", { vcpus: 0.5 }],
    ["4097 vCPUs", { vcpus: 4097 }],
    ["no vCPU type on QEMU", { vcpuType: undefined }],
    ["an unknown vCPU model", { vcpuType: "EPYC-Naples" }],
    ["a model named like a member of Object", { vcpuType: "constructor" }],
    ["a vCPU signature of 33 bits", { vcpuType: 2 ** 32 }],
    ["a stepping of 16", { vcpuType: { family: 25, model: 1, stepping: 16 } }],
    ["a family of 271", { vcpuType: { family: 271, model: 1, stepping: 0 } }],
    ["another hypervisor", { vmm: "xen" }],
    ["guest features below zero", { guestFeatures: -1 }],
    ["guest features of 65 bits", { guestFeatures: 1n << 64n }],
    ["guest features that are no integer", { guestFeatures: 1.5 }],
    ["a firmware digest of 47 bytes", { firmwareDigest: new Uint8Array(47) }],
    ["metadata without a digest", { firmware: { sections: [], resetEip: 1 } }],
    ["a command line with NUL", { boot: { kernel, commandLine: "a\0b" } }],
    ["a command line with a lone surrogate", { boot: { kernel, commandLine: "a\ud800b" } }],
    ["a kernel that is text", { boot: { kernel: "vmlinuz" } }],
    ["a kernel digest of 31 bytes", { boot: { kernel: { sha256: new Uint8Array(31) } } }],
  ])("refuses %s", async (_, change) => {
    await expect(measureSevSnp({ ...base, ...change } as never)).rejects.toThrow(TypeError);
  });

  it("and takes their good neighbours", async () => {
    for (const change of [
      { vcpus: 3 },
      { vmm: "ec2", vcpuType: undefined },
      { vcpuType: 2 ** 32 - 1 },
      { vcpuType: { family: 270, model: 255, stepping: 15 } },
      { guestFeatures: (1n << 64n) - 1n },
      { boot: { kernel, commandLine: "\u{1f512}" } },
    ]) {
      expect((await measureSevSnp({ ...base, ...change } as never)).length).toBe(48);
    }
  });
});

describe("TDVF metadata", () => {
  const [code, cfv, ...rest] = tdvfSections as [ForgedTdvfSection, ForgedTdvfSection, ...ForgedTdvfSection[]];
  const withCode = (change: Partial<ForgedTdvfSection>): Forged => ({ tdvf: [{ ...code, ...change }, cfv, ...rest] });
  const plus = (change: Partial<ForgedTdvfSection>): Forged => ({
    tdvf: [
      ...tdvfSections,
      { dataOffset: 0, rawSize: 0, address: 0x900000n, memorySize: 0x1000n, type: 3, attributes: 0, ...change },
    ],
  });

  it("good firmware is read", () => {
    expect(readTdvf(forgeTdvf()).sections.map(({ type, extend }) => [type, extend])).toEqual([
      [0, true],
      [1, false],
      [3, false],
      [3, false],
      [2, false],
      [3, false],
    ]);
    expect(readTdvf(forgeTdvf(plus({}))).sections.length).toBe(7);
  });

  it.each<readonly [string, Forged, string]>([
    ["no metadata", { tdvf: undefined as never }, "no TDVF metadata"],
    ["metadata beyond the image", { tdvfFromEnd: 0x10001 }, "outside the firmware"],
    ["metadata cut short by the end", { tdvfFromEnd: 4 }, "does not start with TDVF|needs"],
    ["another signature", { tdvfHeader: { signature: "TDVX" } }, "does not start with TDVF"],
    ["another version", { tdvfHeader: { version: 2 } }, "unknown version"],
    ["no section", { tdvf: [] }, "1 to 64 sections"],
    ["65 sections", { tdvfHeader: { count: 65 } }, "1 to 64 sections"],
    ["a count of 2^32 - 1", { tdvfHeader: { count: 0xffff_ffff } }, "1 to 64 sections"],
    ["a length that differs from its count", { tdvfHeader: { length: 17 } }, "does not match"],
    ["an unknown attribute", withCode({ attributes: 5 }), "unknown attributes"],
    ["an address beyond 52 bits", plus({ address: 1n << 52n }), "52-bit"],
    ["a size beyond 52 bits", plus({ memorySize: 1n << 63n }), "52-bit"],
    ["an end beyond 52 bits", plus({ address: (1n << 52n) - 0x1000n, attributes: 2, memorySize: 0x2000n }), "52-bit"],
    ["an unaligned address", plus({ address: 0x900010n }), "not aligned"],
    ["an unaligned size", plus({ memorySize: 0x1800n }), "not aligned"],
    ["an empty section", plus({ memorySize: 0n }), "empty"],
    ["more data than memory", plus({ rawSize: 0x1001 }), "more data than memory"],
    ["data beyond the image", plus({ dataOffset: 0xf001, rawSize: 0x1000 }), "outside the firmware"],
    ["data beyond 4 GiB of file", withCode({ dataOffset: 0xffff_ffff }), "outside the firmware"],
    ["a measured section with more memory than data", withCode({ rawSize: 0xb000 }), "more memory than data"],
    ["a section that is measured and added late", withCode({ attributes: 3 }), "at once"],
    ["256 MiB of memory", plus({ memorySize: 0x1000_0000n }), "adds more than"],
    ["a tebibyte of memory", plus({ memorySize: 1n << 40n }), "adds more than"],
    ["sections that overlap", plus({ address: 0x810000n }), "overlap"],
  ])("refuses %s", (_, forged, why) => {
    expect(() => readTdvf(forgeTdvf(forged))).toThrow(MalformedError);
    expect(() => readTdvf(forgeTdvf(forged))).toThrow(new RegExp(why));
  });

  it("a late section of a tebibyte adds nothing, and is read", () => {
    expect(
      readTdvf(forgeTdvf(plus({ address: 1n << 32n, memorySize: 1n << 40n, attributes: 2 }))).sections.length,
    ).toBe(7);
  });

  it("refuses an image beyond 64 MiB", async () => {
    await expect(measureMrtd({ firmware: new Uint8Array(0x400_0001) })).rejects.toThrow("longer than");
    expect(() => readTdvf(new Uint8Array(0x400_0001))).toThrow("too large");
  });
});

describe("any bytes", () => {
  it("give a value or MalformedError, nothing else: 3,000 changed firmware files", () => {
    const bases = [
      forgeFirmware(good),
      forgeTdvf(),
      forgeFirmware({ ...good, svsmEntry: 1, tdvf: tdvfSections, size: 0x10000 }),
    ];
    const roll = randomBytes(5);
    const at = (length: number): number => new DataView(roll(4).buffer).getUint32(0) % length;
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      const image = (bases[i % 3] as Uint8Array).slice();
      const tail = Math.min(image.length, 1500);
      for (let n = 0; n < 1 + (i % 4); n++) image[image.length - 1 - at(tail)] = roll(1)[0] as number;
      for (const read of [readSevMetadata, readTdvf]) {
        try {
          read(i % 50 === 0 ? image.slice(0, at(image.length)) : image);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});
