/** `tee-verify measure sev-snp|tdx|dstack`: the answers of other implementations and of signed quotes, in four forms. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type TestKey, testKey } from "../../fixtures/keys.js";
import { pem } from "../../fixtures/x509.js";
import { type Case, type KnownLaunch, randomCase } from "../../scripts/compare-measure-run.js";
import { fromBase64, toHex } from "../../src/encoding/text.js";
import { sevSnpFirmwareDigest } from "../../src/expected/measure/index.js";
import { sevSnp, tdx } from "../../src/index.js";
import { forgeTdvf, peVectors, tdvfVectors } from "../expected/measure/vectors.js";
import { describeShared, readSharedJson, repositoryRoot } from "../support/shared.js";
import { cli } from "./support.js";

interface Platform {
  readonly kind: string;
  readonly within?: string;
  readonly label: string;
  readonly values: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, unknown>>;
}
const known = JSON.parse(readFileSync(join(repositoryRoot, "fixtures/measure/known-answers.json"), "utf8")) as {
  readonly launches: readonly KnownLaunch[];
  readonly mrtd: Readonly<Record<string, Readonly<Record<string, string>>>>;
};
/** The words with one of them changed. */
const swap = (words: readonly string[], index: number, word: string): readonly string[] =>
  words.map((item, at) => (at === index ? word : item));
const NAMED = "openclaw@sha256:";

describe("measure sev-snp", () => {
  type Files = Readonly<Record<string, Uint8Array | string>>;
  const filesOf = ({ firmware, svsm, kernel, initrd }: Case): Files => ({
    firmware,
    svsm,
    ...(kernel === undefined ? {} : { kernel }),
    ...(initrd === undefined ? {} : { initrd }),
  });
  async function argumentsOf(c: Case): Promise<readonly string[]> {
    const type = typeof c.vcpuType === "number" ? `0x${c.vcpuType.toString(16)}` : c.vcpuType;
    const shape = ["--firmware", "firmware", "--vcpus", String(c.vcpus), "--vcpu-type", type];
    if (c.mode === "snp:svsm") return [...shape, "--svsm", "svsm", "--vars-size", String(c.varsSize)];
    const digest =
      c.mode === "snp:digest"
        ? [`--firmware-digest=${toHex(await sevSnpFirmwareDigest({ firmware: c.firmware }))}`]
        : [];
    return [
      ...shape,
      ...digest,
      `--guest-features=0x${c.guestFeatures.toString(16)}`,
      ...(c.mode === "snp:ec2" || c.mode === "snp:gce" ? ["--vmm", c.mode.slice(4)] : []),
      ...(c.kernel === undefined ? [] : ["--kernel", "kernel"]),
      ...(c.initrd === undefined ? [] : ["--initrd", "initrd"]),
      ...(c.commandLine === undefined || c.commandLine === "" ? [] : [`--append=${c.commandLine}`]),
    ];
  }
  // A variable store of no size is no size: the command line has no way to say it.
  const launches = known.launches.filter(
    ({ mode, seed }) => !mode.startsWith("sev") && (mode !== "snp:svsm" || randomCase(seed).varsSize > 0),
  );

  it("has launches of every machine", () => {
    expect(new Set(launches.map(({ mode }) => mode))).toEqual(
      new Set(["snp", "snp:ec2", "snp:gce", "snp:digest", "snp:svsm"]),
    );
  });

  it.each(launches.map(({ seed, mode, expected }) => [seed, mode, expected] as const))(
    "prints what sev-snp-measure does: seed %i (%s)",
    async (seed, _, expected) => {
      const launch = randomCase(seed);
      const { code, out, err } = await cli(["measure", "sev-snp", "--expected", ...(await argumentsOf(launch))], {
        files: filesOf(launch),
      });
      if (expected === null)
        expect([code, out, err]).toEqual([1, "", expect.stringContaining("not what a machine should boot")]);
      else expect([code, JSON.parse(out)]).toEqual([0, { "sev-snp": { measurement: expected } }]);
    },
  );

  const launch = randomCase(launches.find(({ mode, expected }) => mode === "snp" && expected !== null)?.seed ?? 1);
  const files = { ...filesOf(launch), kernel: "kernel", initrd: "initrd" };
  const shapes = (...more: readonly string[]) =>
    cli(
      [
        "measure",
        "sev-snp",
        "--firmware",
        "firmware",
        "--vcpus",
        "1,2,4",
        "--vcpu-type",
        "EPYC-Milan,EPYC-Genoa",
        ...more,
      ],
      { files },
    );

  it("measures a set of machine shapes, each with what it was computed from", async () => {
    const platforms = JSON.parse((await shapes("--format", "manifest")).out) as readonly Platform[];
    expect(platforms.map(({ label }) => label)).toEqual(
      ["EPYC-Milan", "EPYC-Genoa"].flatMap((type) =>
        ["1 vCPU", "2 vCPUs", "4 vCPUs"].map((n) => `${n}, ${type}, QEMU`),
      ),
    );
    expect(new Set(platforms.map(({ values }) => values["measurement"])).size).toBe(6);
    for (const { values } of platforms) sevSnp.readReference(values);
    expect(platforms[1]?.inputs).toMatchObject({
      vmm: "qemu",
      vcpus: 2,
      vcpuType: "EPYC-Milan",
      firmware: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    const { out } = await shapes("--expected");
    expect(JSON.parse(out)).toEqual({
      "sev-snp": { measurement: platforms.map(({ values }) => values["measurement"]) },
    });
    const text = (await shapes()).out.split("\n");
    expect(text[0]).toBe("sev-snp, 1 vCPU, EPYC-Milan, QEMU");
    expect(text[1]).toMatch(new RegExp(`^  measurement +${platforms[0]?.values["measurement"]}$`));
    expect(JSON.parse((await shapes("--format=json")).out)).toEqual({
      platforms,
      notes: [expect.stringContaining("firmware alone is measured")],
    });
  });

  it("makes a manifest with what it prints", async () => {
    const platforms = (await shapes("--format", "manifest")).out;
    const { code, err } = await cli(
      [
        "manifest",
        "create",
        "--name",
        "openclaw",
        "--release",
        "2026.6.1",
        "--artifact",
        `image=sha256:${"ab".repeat(32)}`,
        "--platform",
        "platforms.json",
      ],
      { files: { "platforms.json": platforms } },
    );
    expect([code, err]).toEqual([0, expect.stringMatching(/^build:sha256:[0-9a-f]{64}\n$/)]);
  });

  it.each<[string, readonly string[], string]>([
    ["a tag", ["--append=openclaw.image=openclaw:latest"], "without a digest"],
    ["nothing", ["--append=quiet"], "neither a root hash nor a digest"],
  ])("says of a command line that names the software by %s that it does not identify it", async (_, more, note) => {
    const hashes = known.launches.find(
      ({ mode, expected, seed }) => mode === "snp" && expected !== null && randomCase(seed).kernel !== undefined,
    );
    const c = randomCase(hashes?.seed as number);
    const base = [
      "measure",
      "sev-snp",
      "--firmware",
      "firmware",
      "--vcpus",
      "1",
      "--vcpu-type",
      "EPYC",
      "--kernel",
      "kernel",
    ];
    expect((await cli([...base, ...more], { files: filesOf(c) })).err).toContain(note);
    const { code, err } = await cli([...base, `--append=image=${NAMED}${"ab".repeat(32)}`], { files: filesOf(c) });
    expect([code, err]).toEqual([0, ""]);
  });

  describe("with the keys of an ID block", () => {
    const one = ["measure", "sev-snp", "--firmware", "firmware", "--vcpus", "1", "--vcpu-type", "EPYC"];
    const [idKey, authorKey] = [testKey("p384-1"), testKey("p384-2")];
    const keys = {
      ...files,
      id: idKey.spki,
      author: pem("PUBLIC KEY", authorKey.spki),
      p256: testKey("p256-1").spki,
      none: "no key",
    };
    /** The key in AMD's form: curve 2, then the coordinates from the little end, of 72 bytes each. */
    const digestOf = ({ raw }: TestKey): string => {
      const form = new Uint8Array(0x404);
      form[0] = 2;
      form.set(raw.slice(1, 49).reverse(), 4);
      form.set(raw.slice(49).reverse(), 76);
      return createHash("sha384").update(form).digest("hex");
    };
    const run = (...more: readonly string[]) => cli([...one, ...more, "--expected"], { files: keys });
    const valuesOf = async (...more: readonly string[]): Promise<Readonly<Record<string, string>>> =>
      (JSON.parse((await run(...more)).out) as { "sev-snp": Readonly<Record<string, string>> })["sev-snp"];

    it("has their digests beside the measurement, which they do not change", async () => {
      const { measurement } = await valuesOf();
      const idKeyDigest = digestOf(idKey);
      expect(await valuesOf("--id-key", "id")).toEqual({ measurement, idKeyDigest });
      const both = await valuesOf("--id-key", "id", "--author-key", "author");
      expect(both).toEqual({ measurement, idKeyDigest, authorKeyDigest: digestOf(authorKey) });
      expect(sevSnp.readReference(both).sets.size).toBe(3);
    });

    it.each([
      [["--author-key", "author"], 64],
      [["--id-key", "none"], 64],
      [["--id-key", "absent"], 64],
      [["--id-key", "p256"], 1],
    ])("ends with its exit code for %j: %i", async (more, code) => {
      expect(await run(...more)).toMatchObject({ code, out: "" });
    });
  });

  it.each([
    [[]],
    [["--firmware", "firmware"]],
    [["--firmware", "firmware", "--vcpus", "0", "--vcpu-type", "EPYC"]],
    [["--firmware", "firmware", "--vcpus", "1,", "--vcpu-type", "EPYC"]],
    [["--firmware", "firmware", "--vcpus", "1.5", "--vcpu-type", "EPYC"]],
    [["--firmware", "firmware", "--vcpus", "1"]],
    [["--firmware", "firmware", "--vcpus", "1", "--vcpu-type", "Xeon"]],
    [["--firmware", "firmware", "--vcpus", "1", "--vcpu-type", "EPYC", "--vmm", "xen"]],
    [["--firmware", "firmware", "--vcpus", "1", "--vcpu-type", "EPYC", "--initrd", "initrd"]],
    [["--firmware", "firmware", "--vcpus", "1", "--vcpu-type", "EPYC", "--memory", "2G"]],
    [["--firmware", "firmware", "--vcpus", "1", "--vcpu-type", "EPYC", "--format", "xml"]],
    [["--firmware", "firmware", "--vcpus", "1", "--vcpu-type", "EPYC", "--format", "text", "--expected"]],
    [["--firmware", "firmware", "--vcpus", "1", "--vcpu-type", "EPYC", "--firmware-digest", "00"]],
    [["--firmware", "firmware", "--vcpus", "1", "--vcpu-type", "EPYC", "--vars-size", "4096"]],
    [["--firmware", "firmware", "--vcpus", "1", "--vcpu-type", "EPYC", "--svsm", "svsm", "--vars-size", "1"]],
    [["--firmware", "firmware", "--vcpus", "1,2", "--vcpu-type", "EPYC", "--label", "one"]],
    [["--firmware", "firmware", "--vcpus", Array.from({ length: 65 }, (_, i) => i + 1).join(), "--vcpu-type", "EPYC"]],
    [["--firmware", "absent", "--vcpus", "1", "--vcpu-type", "EPYC"]],
    [["--firmware", "firmware", "--vcpus", "1", "--vcpu-type", "EPYC", "more"]],
  ])("is misuse with %j", async (args) => {
    expect((await cli(["measure", "sev-snp", ...args], { files })).code).toBe(64);
  });
});

describe("measure tdx", () => {
  const { plain } = peVectors();
  const firmware = tdvfVectors()["usual"] as Uint8Array;
  const files = {
    firmware,
    kernel: plain as Uint8Array,
    initrd: "initrd",
    loader: "l",
    rsdp: "r",
    tables: "t",
    none: "no firmware",
  };
  const run = (...args: readonly string[]) => cli(["measure", "tdx", ...args], { files });

  it.each(["single-pass", "two-pass"])("prints the known MRTD, %s", async (order) => {
    const { code, out, err } = await run("--firmware", "firmware", "--page-order", order, "--expected");
    expect([code, JSON.parse(out)]).toEqual([0, { tdx: { mrtd: known.mrtd["usual"]?.[order] } }]);
    expect(err).toContain("MRTD alone is the firmware");
    expect(err).toContain("RTMR0 is not here");
  });

  const BOOT = [
    "--firmware",
    "firmware",
    "--kernel",
    "kernel",
    "--initrd",
    "initrd",
    "--append",
    "quiet",
    "--normalized-header",
  ];
  const ACPI = ["--acpi-loader", "loader", "--acpi-rsdp", "rsdp", "--acpi-tables", "tables", "--memory", "4G"];

  it("has the registers for which it has the inputs, and reads as reference values", async () => {
    const names = async (...args: readonly string[]) => {
      const { out } = await run(...args, "--expected");
      const { tdx: values } = JSON.parse(out) as { tdx: Record<string, string> };
      tdx.readReference(values);
      return Object.keys(values);
    };
    expect(await names(...BOOT)).toEqual(["mrtd", "rtmr1", "rtmr2"]);
    expect(await names("--firmware", "firmware", ...ACPI)).toEqual(["mrtd", "rtmr0"]);
    expect(await names(...BOOT, ...ACPI)).toEqual(["mrtd", "rtmr0", "rtmr1", "rtmr2"]);
  });

  it("depends on each input", async () => {
    const values = async (...args: readonly string[]) =>
      JSON.stringify(JSON.parse((await run(...args, "--expected")).out));
    const all = await Promise.all([
      values(...BOOT, ...ACPI),
      values(...swap(BOOT, 5, "kernel"), ...ACPI),
      values(...swap(BOOT, 7, "loud"), ...ACPI),
      values(...BOOT, ...swap(ACPI, 1, "rsdp")),
      values(...BOOT, ...swap(ACPI, 7, "8G")),
      values(...BOOT, ...ACPI, "--page-order", "two-pass"),
    ]);
    expect(new Set(all).size).toBe(all.length);
  });

  it("ends with 1 for what is no firmware", async () => {
    expect(await run("--firmware", "none")).toMatchObject({ code: 1, out: "" });
    expect(
      (await cli(["measure", "tdx", "--firmware", "short"], { files: { short: forgeTdvf().slice(1) } })).code,
    ).toBe(1);
  });

  it.each([
    [[]],
    [["--firmware", "firmware", "--page-order", "three"]],
    [["--firmware", "firmware", "--append", "x"]],
    [["--firmware", "firmware", "--disk", "kernel"]],
    [["--firmware", "firmware", "--kernel", "kernel", "--initrd", "initrd"]],
    [["--firmware", "firmware", "--kernel", "kernel", "--normalized-header"]],
    [["--firmware", "firmware", "--kernel", "kernel", "--uki", "kernel"]],
    [["--firmware", "firmware", "--uki", "kernel"]],
    [["--firmware", "firmware", "--acpi-loader", "loader"]],
    [["--firmware", "firmware", "--acpi-loader", "loader", "--acpi-rsdp", "rsdp", "--acpi-tables", "tables"]],
    [["--firmware", "firmware", "--memory", "2X"]],
    [["--firmware", "firmware", "--memory", "0"]],
    [["--firmware", "firmware", "--acpi-log", "initrd", "--memory", "2G"]],
    [["--firmware", "firmware", "--vcpus", "2"]],
  ])("is misuse with %j", async (args) => expect((await run(...args)).code).toBe(64));
});

describe("measure dstack", () => {
  const compose = (image: string): string =>
    JSON.stringify({ docker_compose_file: `services:\n  a:\n    image: ${image}\n` });
  const files = { good: compose(`${NAMED}${"ab".repeat(32)}`), tag: compose("openclaw:latest"), sums: "x\n" };
  const run = (...args: readonly string[]) => cli(["measure", "dstack", ...args], { files });

  it("prints the compose hash and the application's id", async () => {
    const { code, out, err } = await run("--compose", "good");
    expect(code).toBe(0);
    const hash = createHash("sha256").update(files.good).digest("hex");
    expect(out).toContain(hash);
    expect(out).toContain(`appId of a first deployment`);
    expect(out).toContain(hash.slice(0, 40));
    expect(err).not.toContain("does not identify");
    expect(err).toContain("anybody's image may run this application");
  });

  it("says of a compose file that names images by tag that its hash identifies nothing", async () => {
    const { code, err } = await run("--compose", "tag", "--expected");
    expect(code).toBe(0);
    expect(err).toContain("without a digest (openclaw:latest)");
    expect(err).toContain("does not identify what runs");
  });

  it.each([
    [[]],
    [["--document", "good"]],
    [["--compose", "good", "--firmware", "good"]],
    [["--compose", "good", "--vcpus", "1"]],
  ])("is misuse with %j", async (args) => expect((await run(...args)).code).toBe(64));
});

describeShared("measure dstack, on a machine's own files", () => {
  interface Bundle {
    readonly quote: string;
    readonly event_log: unknown;
    readonly vm_config:
      | string
      | { memory_size: number; qemu_version: string; tdx_measurement: { measurement: string; checksum_file: string } };
  }
  const bundle = readSharedJson<Bundle>("evidence/dcap/Dstack-TEE+dstack/dstack/tdx-lite-getquote.json");
  const vm =
    typeof bundle.vm_config === "string"
      ? (JSON.parse(bundle.vm_config) as Exclude<Bundle["vm_config"], string>)
      : bundle.vm_config;
  const register = (offset: number): string => bundle.quote.slice(2 * offset, 2 * offset + 96);
  const files = {
    document: fromBase64(vm.tdx_measurement.measurement),
    sums: fromBase64(vm.tdx_measurement.checksum_file),
    bundle: JSON.stringify(bundle),
    compose: "{}",
    other: "x\n",
  };
  const run = (...args: readonly string[]) => cli(["measure", "dstack", ...args], { files });
  const MACHINE = ["--memory", String(vm.memory_size), "--qemu-version", vm.qemu_version, "--acpi-log", "bundle"];

  it("prints the registers of its signed quote, for the bundle and for the quote alone", async () => {
    const { code, out, err } = await run(
      "--document",
      "document",
      "--checksum-file",
      "sums",
      "--compose",
      "compose",
      ...MACHINE,
      "--format",
      "manifest",
    );
    const platforms = JSON.parse(out) as readonly Platform[];
    expect([code, platforms.map(({ kind, within }) => [kind, within])]).toEqual([
      0,
      [
        ["dstack", undefined],
        ["tdx", "dstack"],
        ["tdx", undefined],
      ],
    ]);
    const signed = { mrtd: register(184), rtmr0: register(376), rtmr1: register(424), rtmr2: register(472) };
    expect(platforms[1]?.values).toMatchObject(signed);
    expect(platforms[2]?.values).toMatchObject(signed);
    expect(err).toContain("taken from the log and not computed");
  });

  it("refuses a checksum file of another image", async () => {
    expect(await run("--document", "document", "--checksum-file", "other", ...MACHINE)).toMatchObject({
      code: 64,
      out: "",
    });
  });
});
