/** `tee-verify measure tdx --uki` and `measure dstack` with an image's own files: registers that Node's hashes extend here by hand, or that the library has with its own hashes; every input counts. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../src/encoding/bytes.js";
import { toHex, toUtf8 } from "../../src/encoding/text.js";
import { authenticodeDigest, measureDstackImage, measureMrtd } from "../../src/expected/measure/index.js";
import { tdx } from "../../src/index.js";
import { u32, u64 } from "../expected/measure/forge.js";
import { forgePe, linuxSetup } from "../expected/measure/forge-pe.js";
import { forgeTdvf } from "../expected/measure/vectors.js";
import { type CliRun, cli } from "./support.js";

type Files = Readonly<Record<string, Uint8Array | string>>;
interface Platform {
  readonly kind: string;
  readonly within?: string;
  readonly label: string;
  readonly values: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, unknown>>;
}

const sha256 = (bytes: Uint8Array | string): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const sha384 = (...parts: readonly (Uint8Array | string)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha384")).digest();
/** A register from zero. */
const extended = (...digests: readonly Uint8Array[]): string =>
  toHex(digests.reduce((register: Uint8Array, digest) => sha384(register, digest), new Uint8Array(48)));
const valuesOf = ({ out }: CliRun): Readonly<Record<string, string>> =>
  (JSON.parse(out) as { tdx: Readonly<Record<string, string>> }).tdx;
const platformsOf = ({ out }: CliRun): readonly Platform[] => JSON.parse(out) as readonly Platform[];
const firmware = forgeTdvf();

describe("measure tdx --uki", () => {
  const linux = forgePe({ sections: [{ name: ".text", data: new Uint8Array(0x200).fill(1) }] });
  const os = toUtf8("ID=openclaw\n");
  const cmdline = toUtf8("quiet");
  const initrd = new Uint8Array(0x300).fill(3);
  // In another order than the stub measures them.
  const ukiOf = (change: Partial<Record<".linux" | ".osrel" | ".cmdline" | ".initrd", Uint8Array>> = {}): Uint8Array =>
    forgePe({
      sections: Object.entries({
        ".osrel": os,
        ".initrd": initrd,
        ".cmdline": cmdline,
        ".linux": linux,
        ...change,
      }).map(([name, data]) => ({ name, data })),
    });
  const entry = new Uint8Array(128).fill(7);
  const diskOf = (fill = 7): Uint8Array => {
    const image = new Uint8Array(0x2000);
    image.set(toUtf8("EFI PART"), 512);
    image.set(concatBytes(u64(2n), u32(4), u32(128)), 512 + 72);
    image.set(new Uint8Array(128).fill(fill), 1024);
    return image;
  };
  const usual: Files = { firmware, uki: ukiOf(), disk: diskOf() };
  const UKI = ["--firmware", "firmware", "--uki", "uki", "--disk", "disk"];
  const run = (more: readonly string[] = [], files: Files = {}): Promise<CliRun> =>
    cli(["measure", "tdx", ...UKI, ...more], { files: { ...usual, ...files } });

  it("prints the registers that its sections, its disk and its kernel extend", async () => {
    const measured = await run(["--expected"]);
    const values = valuesOf(measured);
    expect(measured.code).toBe(0);
    tdx.readReference(values);
    const sections = { ".linux": linux, ".osrel": os, ".cmdline": cmdline, ".initrd": initrd };
    const rtmr2 = extended(...Object.entries(sections).flatMap(([name, data]) => [sha384(`${name}\0`), sha384(data)]));
    const table = concatBytes(diskOf().slice(512, 604), u64(1n), entry);
    const rtmr1 = extended(
      sha384("Calling EFI Application from Boot Option"),
      sha384(new Uint8Array(4)),
      sha384(table),
      await authenticodeDigest({ image: ukiOf() }),
      await authenticodeDigest({ image: linux }),
      sha384("Exit Boot Services Invocation"),
      sha384("Exit Boot Services Returned with Success"),
    );
    expect(values).toEqual({ mrtd: toHex(await measureMrtd({ firmware })), rtmr1, rtmr2 });
    expect(measured.err).toContain("RTMR0 is not here");
    expect(measured.err).not.toContain("MRTD alone");
  });

  it("each input changes the registers that it belongs to, and no other", async () => {
    const before = valuesOf(await run(["--expected"]));
    const differing = async (files: Files): Promise<string> => {
      const after = valuesOf(await run(["--expected"], files));
      return Object.keys(before)
        .filter((name) => before[name] !== after[name])
        .join(" ");
    };
    expect(await differing({ disk: diskOf(8) })).toBe("rtmr1");
    expect(await differing({ uki: ukiOf({ ".cmdline": toUtf8("quick") }) })).toBe("rtmr1 rtmr2");
    expect(await differing({ uki: ukiOf({ ".initrd": initrd.map((byte) => byte ^ 1) }) })).toBe("rtmr1 rtmr2");
    const code = firmware.slice();
    code[0x5000] = (code[0x5000] as number) ^ 1;
    expect(await differing({ firmware: code })).toBe("mrtd");
  });

  it("has all four registers with the machine's ACPI tables, and records what it was computed from", async () => {
    const files = { loader: "l", rsdp: "r", tables: "t" };
    const acpi = ["--acpi-loader", "loader", "--acpi-rsdp", "rsdp", "--acpi-tables", "tables", "--memory", "4G"];
    const [platform, ...more] = platformsOf(await run([...acpi, "--format", "manifest"], files));
    expect(more).toEqual([]);
    expect(Object.keys(platform?.values ?? {})).toEqual(["mrtd", "rtmr0", "rtmr1", "rtmr2"]);
    expect(platform?.inputs).toMatchObject({
      firmware: sha256(firmware),
      uki: sha256(ukiOf()),
      memorySize: 2 ** 32,
    });
  });

  it.each<readonly [string, Files, string]>([
    ["a disk without a partition table", { disk: new Uint8Array(0x2000) }, "no GUID partition table"],
    ["an image without .linux", { uki: linux }, "no .linux section"],
    [
      "an image with profiles",
      { uki: forgePe({ sections: [".linux", ".profile"].map((name) => ({ name, data: linux })) }) },
      "not known from the file",
    ],
    ["an image that is none", { uki: "no image" }, "should boot"],
  ])("ends with 1 for %s", async (_, files, why) => {
    const { code, out, err } = await run([], files);
    expect([code, out, err]).toEqual([1, "", expect.stringContaining(why)]);
  });

  it.each([[["--append", "quiet"]], [["--initrd", "uki"]], [["--normalized-header"]], [["--kernel", "uki"]]])(
    "is misuse with %j: the image holds its own",
    async (more) => expect((await run(more)).code).toBe(64),
  );
});

describe("measure dstack, with an image's files", () => {
  const kernel = forgePe({ sections: [{ name: ".text", data: new Uint8Array(0x2000) }], patches: linuxSetup() });
  const initrd = new Uint8Array(5000).fill(9);
  const acpi = { loader: toUtf8("l"), rsdp: toUtf8("r"), tables: toUtf8("t") };
  const sums = (...files: readonly (readonly [string, Uint8Array])[]): string =>
    files.map(([name, bytes]) => `${sha256(bytes).slice(7)}  ${name}\n`).join("");
  const usual: Files = { firmware, kernel, initrd, ...acpi, compose: "{}" };
  const MACHINE = ["--memory", "4G", "--acpi-loader", "loader", "--acpi-rsdp", "rsdp", "--acpi-tables", "tables"];
  const IMAGE = ["--firmware", "firmware", "--kernel", "kernel", "--initrd", "initrd", "--append", "console=ttyS0"];
  const run = (args: readonly string[], files: Files = {}): Promise<CliRun> =>
    cli(["measure", "dstack", ...args], { files: { ...usual, ...files } });

  it.each<readonly [string, readonly string[], object, boolean]>([
    ["as QEMU 9 boots it", [], {}, false],
    ["as QEMU 8 boots it", ["--qemu-version", "8.2.2"], { qemuVersion: "8.2.2" }, false],
    ["in the page order that is told", ["--page-order", "two-pass"], { pageOrder: "two-pass" }, false],
    ["with a normalized kernel header", ["--normalized-header"], {}, true],
  ])("prints the registers that the library has with its own hashes: %s", async (_, more, change, normalized) => {
    const image = { firmware, kernel, initrd, commandLine: "console=ttyS0", kernelHeaderNormalized: normalized };
    const machine = { memorySize: 2 ** 32, acpi, ...change };
    const registers = await measureDstackImage({ image, machine });
    const { code, out, err } = await run([...IMAGE, ...MACHINE, ...more, "--expected"]);
    const values = Object.fromEntries(Object.entries(registers).map(([name, bytes]) => [name, toHex(bytes)]));
    expect([code, JSON.parse(out)]).toEqual([0, { tdx: values }]);
    expect(err).toBe("");
  });

  it("makes the platforms of a manifest: the application, and its machine inside and alone", async () => {
    const checksums = sums(["ovmf.fd", firmware], ["bzImage", kernel], ["initramfs.cpio.gz", initrd]);
    const more = ["--compose", "compose", "--checksum-file", "sums", "--format", "manifest"];
    const made = await run([...IMAGE, ...MACHINE, ...more], { sums: checksums });
    const platforms = platformsOf(made);
    expect(platforms.map(({ kind, within }) => [kind, within])).toEqual([
      ["dstack", undefined],
      ["tdx", "dstack"],
      ["tdx", undefined],
    ]);
    expect(platforms[0]?.values).toEqual({
      composeHash: sha256("{}").slice(7),
      osImageHash: sha256(checksums).slice(7),
    });
    expect(Object.keys(platforms[1]?.values ?? {})).toEqual(["mrtd", "rtmr0", "rtmr1", "rtmr2", "events"]);
    expect(platforms[0]?.inputs).toMatchObject({
      firmware: sha256(firmware),
      kernel: sha256(kernel),
      initrd: sha256(initrd),
      commandLine: "console=ttyS0",
      memorySize: 2 ** 32,
    });
    expect(made.err).not.toContain("checksum file");
  });

  it("refuses the checksum file of another image, and says where one does not name the files at all", async () => {
    const args = [...IMAGE, ...MACHINE, "--checksum-file", "sums", "--expected"];
    const other = sums(["ovmf.fd", firmware], ["bzImage", kernel], ["initramfs.cpio.gz", new Uint8Array(3)]);
    const refused = await run(args, { sums: other });
    expect([refused.code, refused.out, refused.err]).toEqual([64, "", expect.stringContaining("another image")]);
    const told = await run(args, { sums: sums(["measurement.tdx.cbor", new Uint8Array(3)]) });
    expect([told.code, told.err]).toEqual([0, expect.stringContaining("nothing here says that both are of one image")]);
  });

  it.each([
    [["--firmware", "firmware"]],
    [IMAGE],
    [[...IMAGE, ...MACHINE.slice(2)]],
    [[...IMAGE.slice(0, 6), ...MACHINE]],
    [[...IMAGE, ...MACHINE, "--document", "initrd"]],
    [[...IMAGE, ...MACHINE, "--acpi-log", "initrd"]],
    [[...IMAGE, ...MACHINE, "--uki", "kernel"]],
  ])("is misuse with %j", async (args) => expect((await run(args)).code).toBe(64));

  it("ends with 1 for a kernel that is none", async () => {
    expect(await run([...IMAGE, ...MACHINE], { kernel: "no kernel" })).toMatchObject({ code: 1, out: "" });
  });
});
