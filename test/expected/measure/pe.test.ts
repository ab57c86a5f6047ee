/** PE images: what is hashed in one pass, every fault of structure, unified kernels, and QEMU's setup header. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../../src/encoding/bytes.js";
import { MalformedError } from "../../../src/encoding/malformed.js";
import { toHex, toUtf8 } from "../../../src/encoding/text.js";
import { authenticodeDigest } from "../../../src/expected/measure/authenticode.js";
import { nobleHash } from "../../../src/expected/measure/hash.js";
import { qemuSetup } from "../../../src/expected/measure/linux-setup.js";
import { readSource } from "../../../src/expected/measure/source.js";
import { directBootEvents, ukiBootEvents } from "../../../src/expected/measure/tdx.js";
import { ukiDigests } from "../../../src/expected/measure/uki.js";
import { describeShared, readShared } from "../../support/shared.js";
import { EV, readCcel } from "./ccel.js";
import { randomBytes, u32 } from "./forge.js";
import { type ForgedPe, forgePe, linuxSetup, PE_AT } from "./forge-pe.js";
import { peVectors } from "./vectors.js";

const bytes = randomBytes(3);
const sha384 = (...parts: Uint8Array[]): string =>
  createHash("sha384")
    .update(concatBytes(...parts))
    .digest("hex");
const digest = async (image: Uint8Array): Promise<string> => toHex(await authenticodeDigest({ image }));
const text = { name: ".text", data: bytes(0x400) };
const data = { name: ".data", data: bytes(0x200) };

async function* pieces(image: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < image.length; at += size) yield image.subarray(at, at + size);
}

describe("Authenticode", () => {
  it("is the same however the file arrives", async () => {
    const gaps = forgePe({ sections: [text, { ...data, gap: 0x80 }], trailing: bytes(0x3000) });
    for (const image of [...Object.values(peVectors()), gaps]) {
      const whole = await digest(image);
      for (const size of [1, 7, 511, 512, 0x1_0000]) {
        expect(toHex(await authenticodeDigest({ image: pieces(image, size) }))).toBe(whole);
      }
      expect(toHex(await authenticodeDigest({ image: new Blob([image as Uint8Array<ArrayBuffer>]) }))).toBe(whole);
    }
  });

  it("is the same for headers that end in the first 64 KiB and files far larger", async () => {
    const big = forgePe({ sections: [{ name: ".big", data: new Uint8Array(0x4_0000).fill(9) }, data] });
    const whole = await digest(big);
    expect(toHex(await authenticodeDigest({ image: pieces(big, 0x7777) }))).toBe(whole);
  });

  it("extra data start at the sum of what was hashed: before the end of a section when there are gaps", async () => {
    const trailing = bytes(0x100);
    const image = forgePe({ sections: [text, { ...data, gap: 0x80 }], trailing });
    const hashed = [
      image.slice(0, PE_AT.checksum),
      image.slice(PE_AT.checksum + 4, PE_AT.certificates),
      image.slice(PE_AT.certificates + 8, 0x400),
      text.data,
      data.data,
      image.slice(0x400 + 0x400 + 0x200),
    ];
    expect(await digest(image)).toBe(sha384(...hashed));
  });

  it("an image without a certificate directory is hashed but for its checksum", async () => {
    const image = forgePe({ sections: [text], directories: 4 });
    expect(await digest(image)).toBe(sha384(image.slice(0, PE_AT.checksum), image.slice(PE_AT.checksum + 4)));
  });

  it("sections are hashed in file order, whatever the table says", async () => {
    const image = forgePe({ sections: [text, data] });
    const table = image.slice(PE_AT.sectionTable, PE_AT.sectionTable + 80);
    const swapped = image.slice();
    swapped.set(concatBytes(table.slice(40), table.slice(0, 40)), PE_AT.sectionTable);
    expect(await digest(swapped)).toBe(
      sha384(
        swapped.slice(0, PE_AT.checksum),
        swapped.slice(PE_AT.checksum + 4, PE_AT.certificates),
        swapped.slice(PE_AT.certificates + 8),
      ),
    );
  });

  const good: ForgedPe = { sections: [text, data], certificates: bytes(0x40) };
  const at = (offset: number, value: number | Uint8Array): ForgedPe => ({
    ...good,
    patches: [[offset, typeof value === "number" ? u32(value) : value]],
  });
  const second = PE_AT.sectionTable + 40;
  it.each<readonly [string, ForgedPe, string]>([
    ["no MZ", at(0, Uint8Array.of(0)), "does not start with MZ"],
    ["no signature", at(PE_AT.signature, 0), "signature is missing"],
    ["a signature beyond the file", at(0x3c, 0xffff_fff0), "cut short in its signature"],
    ["another magic", at(PE_AT.magic, Uint8Array.of(7, 1)), "unknown magic"],
    ["17 directories", at(PE_AT.directoryCount, 17), "more than 16"],
    ["directories beyond the optional header", at(PE_AT.signature + 20, Uint8Array.of(0x78, 0)), "do not fit"],
    ["97 sections", at(PE_AT.sectionCount, Uint8Array.of(97, 0)), "more than 96"],
    ["a section table beyond the headers", at(PE_AT.sizeOfHeaders, 0x150), "section table lies outside"],
    ["headers beyond the file", at(PE_AT.sizeOfHeaders, 0x8000), "cut short in its headers"],
    ["headers of 4 GiB", at(PE_AT.sizeOfHeaders, 0xffff_ffff), "cut short in its headers"],
    ["a certificate address alone", at(PE_AT.certificates + 4, 0), "address or a size alone"],
    ["a certificate size alone", at(PE_AT.certificates, 0), "address or a size alone"],
    ["certificates inside a section", at(PE_AT.certificates, 0x500), "overlap a section"],
    ["certificates that do not end the file", at(PE_AT.certificates + 4, 0x30), "do not end the file"],
    ["certificates beyond the file", at(PE_AT.certificates + 4, 0x50), "do not end the file"],
    ["a section in the headers", at(PE_AT.sectionTable + 20, 0x3ff), "sections overlap"],
    ["sections that overlap", at(second + 20, 0x7ff), "sections overlap"],
    [
      "sections that leave out more than 1 MiB",
      { sections: [text, { ...data, gap: 0x10_0001 }] },
      "leave out more than",
    ],
    ["a section beyond the file", { sections: [text, data], patches: [[second + 16, u32(0x201)]] }, "ends before"],
    ["a section of 4 GiB", { sections: [text, data], patches: [[second + 16, u32(0xffff_ffff)]] }, "ends before"],
  ])("refuses %s", async (_, forged, why) => {
    await expect(digest(forgePe(forged))).rejects.toThrow(why);
    await expect(digest(forgePe(forged))).rejects.toThrow(MalformedError);
  });

  it("refuses a file cut short anywhere", async () => {
    const image = forgePe(good);
    expect((await digest(image)).length).toBe(96);
    for (let length = 0; length < image.length; length += 13) {
      await expect(digest(image.slice(0, length))).rejects.toThrow(MalformedError);
    }
  });
});

/** A kernel image as QEMU loads it. */
const kernelOf = (change: Parameters<typeof linuxSetup>[0] = {}): Uint8Array =>
  forgePe({ sections: [{ name: ".text", data: new Uint8Array(0x4000).fill(5) }], patches: linuxSetup(change) });
const GIB = 2 ** 30;

describe("a stream that fills one buffer again and again", () => {
  it("gives the same digest", async () => {
    const image = forgePe({ sections: [text, { ...data, gap: 0x80 }], trailing: bytes(0x3000) });
    const buffer = new Uint8Array(64);
    async function* reused(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < image.length; at += buffer.length) {
        buffer.fill(0xaa);
        buffer.set(image.subarray(at, at + buffer.length));
        yield buffer.subarray(0, Math.min(buffer.length, image.length - at));
      }
    }
    expect(toHex(await authenticodeDigest({ image: reused() }))).toBe(await digest(image));
    expect(await readSource(reused(), image.length, "file")).toEqual(image);
  });
});

describe("QEMU's setup header", () => {
  const patched = (inputs: Partial<Parameters<typeof qemuSetup>[1]>, change = {}): DataView => {
    const kernel = kernelOf(change).slice(0, 0x1000);
    qemuSetup(kernel, { initrdSize: 0, memorySize: 2 * GIB, ...inputs });
    return new DataView(kernel.buffer);
  };

  it("names the loader, allows a heap, and places the command line", () => {
    const view = patched({});
    expect(view.getUint8(0x210)).toBe(0xb0);
    expect(view.getUint8(0x211)).toBe(0x81);
    expect(view.getUint32(0x224, true)).toBe(0xfe00);
    expect(view.getUint32(0x228, true)).toBe(0x20000);
    expect(view.getUint32(0x218, true)).toBe(0);
  });

  it.each([
    ["2 GiB", 2 * GIB, {}, 0x7ffd_6000],
    ["2816 MiB and more: as 2 GiB", 0xb000_0000, {}, 0x7ffd_6000],
    ["64 GiB: as 2 GiB", 64 * GIB, {}, 0x7ffd_6000],
    ["1 GiB", GIB, {}, 0x3ffd_6000],
    ["one page below 2816 MiB", 0xb000_0000 - 0x1000, {}, 0xaffd_5000],
    ["a kernel that wants it below 4 GiB by its header", 2 * GIB, { xloadflags: 0 }, 0x37ff_e000],
    ["an older kernel's own limit", 2 * GIB, { protocol: 0x20b, initrdMax: 0x1fff_ffff }, 0x1fff_e000],
    ["an older kernel without a limit", 2 * GIB, { protocol: 0x203, initrdMax: 0 }, 0x37ff_e000],
  ])("puts an initrd as high as %s allows", (_, memorySize, change, address) => {
    const view = patched({ initrdSize: 0x1001, memorySize }, change);
    expect(view.getUint32(0x218, true).toString(16)).toBe(address.toString(16));
    expect(view.getUint32(0x21c, true)).toBe(0x1001);
  });

  it("refuses what QEMU does not load", () => {
    expect(() => patched({}, { protocol: 0x201 })).toThrow("older than 2.02");
    expect(() => patched({}, { loadflags: 0 })).toThrow("not loaded high");
    expect(() => patched({ initrdSize: 2 * GIB })).toThrow("too large for the machine");
    expect(() => patched({ initrdSize: 1, memorySize: 0x28000 })).toThrow("smaller than what ACPI takes");
    expect(() => qemuSetup(new Uint8Array(0xfff), { initrdSize: 0, memorySize: GIB })).toThrow("too short");
    expect(() => qemuSetup(new Uint8Array(0x1000), { initrdSize: 0, memorySize: GIB })).toThrow("HdrS");
  });
});

describe("direct boot", () => {
  const initrd = bytes(0x1234);
  const events = (change: object = {}) =>
    directBootEvents({
      kernel: kernelOf(),
      initrd,
      commandLine: "a b",
      setupHeader: { memorySize: 2 * GIB },
      ...change,
    });
  const kernelDigest = async (change: object): Promise<string> => toHex((await events(change))[0]!.digest);

  it("measures the kernel as QEMU rewrites it, or the file where the firmware undoes that", async () => {
    const kernel = kernelOf();
    qemuSetup(kernel, { initrdSize: initrd.length, memorySize: 2 * GIB });
    expect(await kernelDigest({})).toBe(await digest(kernel));
    expect(await kernelDigest({ setupHeader: "normalized" })).toBe(await digest(kernelOf()));
  });

  it("leaves the caller's kernel as it was, and takes it as a stream", async () => {
    const kernel = kernelOf();
    const streamed = await kernelDigest({ kernel: pieces(kernel, 100), initrd: pieces(initrd, 99) });
    expect(await kernelDigest({ kernel })).toBe(streamed);
    expect(kernel).toEqual(kernelOf());
  });

  it("depends on memory below 2816 MiB, but not from there on", async () => {
    const at = (memorySize: number) => kernelDigest({ setupHeader: { memorySize } });
    expect(await at(GIB)).not.toBe(await at(2 * GIB));
    expect(await at(0xb000_0000)).toBe(await at(2 * GIB));
    expect(await at(64 * GIB)).toBe(await at(2 * GIB));
  });

  it("the command line is measured with OVMF's suffix, in UTF-16 with its NUL; a trailing space counts", async () => {
    const line = async (commandLine: string): Promise<string> =>
      toHex((await events({ commandLine })).find(({ what }) => what === "command line")!.digest);
    const utf16 = Uint8Array.from([..."a b initrd=initrd\0"].flatMap((character) => [character.charCodeAt(0), 0]));
    expect(await line("a b")).toBe(sha384(utf16));
    expect(await line("a b ")).not.toBe(sha384(utf16));
    await expect(line("a\0")).rejects.toThrow(TypeError);
  });

  it("needs the initrd itself to patch a kernel, and its digest alone otherwise", async () => {
    const known = { sha384: new Uint8Array(48) };
    await expect(events({ initrd: known })).rejects.toThrow("give the initrd");
    expect((await events({ initrd: known, setupHeader: "normalized" })).length).toBe(7);
    expect((await events({ initrd: known, kernel: known })).length).toBe(7);
    await expect(events({ initrd: { sha384: new Uint8Array(47) } })).rejects.toThrow(TypeError);
  });
});

describe("unified kernel image", () => {
  const linux = kernelOf();
  const sections = [
    { name: ".text", data: bytes(0x200) },
    { name: ".sbat", data: bytes(0x200), virtualSize: 0x123 },
    { name: ".osrel", data: bytes(0x200), virtualSize: 0x200 },
    { name: ".cmdline", data: concatBytes(toUtf8("quiet"), new Uint8Array(0x1fb)), virtualSize: 5 },
    { name: ".uname", data: bytes(0x200), virtualSize: 0x280 },
    { name: ".initrd", data: bytes(0x800) },
    { name: ".linux", data: linux },
    { name: ".pcrsig", data: bytes(0x200) },
  ];
  const image = forgePe({ sections });
  const of = (name: string): Uint8Array => sections.find((section) => section.name === name)?.data as Uint8Array;

  it("its sections are measured in the stub's order, as they lie in memory", async () => {
    const { sections: measured } = await ukiDigests(image, nobleHash);
    expect(measured.map(({ name, digest: d }) => [name, toHex(d)])).toEqual([
      [".linux", sha384(linux)],
      [".osrel", sha384(of(".osrel"))],
      [".cmdline", sha384(toUtf8("quiet"))],
      [".initrd", sha384(of(".initrd"))],
      [".uname", sha384(of(".uname"), new Uint8Array(0x80))],
      [".sbat", sha384(of(".sbat").slice(0, 0x123))],
    ]);
  });

  it("its own digest and that of the kernel inside, whole or in pieces", async () => {
    for (const source of [image, pieces(image, 333), pieces(image, 0x2_0000)]) {
      const measured = await ukiDigests(source, nobleHash);
      expect(toHex(measured.image)).toBe(await digest(image));
      expect(toHex(measured.kernel)).toBe(await digest(linux));
    }
  });

  it.each<readonly [string, ForgedPe["sections"], string]>([
    ["no .linux", sections.filter(({ name }) => name !== ".linux"), "no .linux section"],
    ["a section twice", [...sections, { name: ".cmdline", data: bytes(0x200) }], ".cmdline twice"],
    ["profiles", [...sections, { name: ".profile", data: bytes(0x200) }], "not known from the file"],
    ["an empty section", [...sections, { name: ".dtb", data: bytes(0x200), virtualSize: 0 }], "empty in memory"],
    [
      "a section of 4 GiB in memory",
      [...sections, { name: ".dtb", data: bytes(0x200), virtualSize: 0xffff_ffff }],
      "far larger",
    ],
    ["a .linux that is no PE image", [{ name: ".linux", data: bytes(0x200) }], "MZ"],
  ])("refuses %s", async (_, changed, why) => {
    await expect(ukiDigests(forgePe({ sections: changed }), nobleHash)).rejects.toThrow(why);
  });

  describeShared("GKE's log", () => {
    const log = readCcel(readShared("evidence/dcap/confidential-containers+trustee/ccel/CCEL_data_grub_gke"));
    const disk = { sha384: log.find(({ type }) => type === EV.gpt)?.digest as Uint8Array };
    const named = { sections: [...sections.slice(0, 7)] };

    it("has the same events in the same registers, and the same digests where the file does not matter", async () => {
      const logged = log.filter(({ register }) => register !== 0);
      const events = (await ukiBootEvents({ disk, uki: forgePe(named) })).filter(({ register }) => register !== 0);
      for (const register of [1, 2]) {
        const ours = events.filter((event) => event.register === register).map((event) => toHex(event.digest));
        const real = logged.filter((event) => event.register === register).map((event) => toHex(event.digest));
        expect(ours.length).toBe(real.length);
        const same = ours.filter((value, i) => value === real[i]).length;
        // RTMR1: all but the two images. RTMR2: the six names.
        expect(same).toBe(register === 1 ? real.length - 2 : 6);
      }
    });

    it("a stub that starts the kernel itself leaves one event out", async () => {
      const events = await ukiBootEvents({ disk, uki: forgePe(named), kernelLoadedByFirmware: false });
      expect(events.filter(({ register }) => register === 1).length).toBe(6);
    });
  });
});
