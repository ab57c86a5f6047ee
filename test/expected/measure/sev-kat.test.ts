/** The calculators reproduce the known answers of sev-snp-measure and what real signed reports carry. */
import { createPublicKey, createHash as nodeHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { fromBase64, fromHex, toBase64, toHex } from "../../../src/encoding/text.js";
import type { CreateHash } from "../../../src/expected/measure/hash.js";
import { sevSnpIdBlock, sevSnpKeyDigest } from "../../../src/expected/measure/id-block.js";
import { measureSev, measureSevEs } from "../../../src/expected/measure/sev.js";
import { readSevMetadata } from "../../../src/expected/measure/sev-metadata.js";
import { measureSevSnp, sevSnpFirmwareDigest } from "../../../src/expected/measure/sev-snp.js";
import type { VcpuModel } from "../../../src/expected/measure/vcpu.js";
import { describeShared, readShared, readSharedJson, readSharedText } from "../../support/shared.js";

interface Kat {
  readonly name: string;
  readonly args: {
    readonly mode: "SEV" | "SEV_ES" | "SEV_SNP" | "SEV_SNP_SVSM";
    readonly vcpus: number;
    readonly vcpu_sig: VcpuModel | null;
    readonly ovmf_file: string;
    readonly kernel: string | null;
    readonly append: string | null;
    readonly guest_features: number;
    readonly snp_ovmf_hash_str?: string | null;
    readonly vmm_type?: "ec2" | "gce";
  };
  readonly expected: string | null;
  readonly raises: string | null;
}

interface RealLaunch {
  readonly name: string;
  readonly report: string;
  readonly vcpus: number;
  readonly vcpu_sig: string;
  readonly guest_features: number;
  readonly ovmf_hash: string;
  readonly sections: readonly { readonly gpa: number; readonly size: number; readonly section_type: number }[];
  readonly sev_hashes_table_gpa: number;
  readonly sev_es_reset_eip: number;
  readonly kernel_sha256: string;
  readonly initrd_sha256: string;
  readonly cmdline: string;
  readonly expected_measurement: string;
}

const folder = "evidence/measurement/sev-snp-measure";
const empty = new Uint8Array(0);
const native: CreateHash = (name) => nodeHash(name.replace("-", "").toLowerCase());

function measure({ args }: Kat, createHash?: CreateHash): Promise<Uint8Array> {
  const firmware = readShared(`${folder}/${args.ovmf_file.split("/").at(-1)}`);
  const common = {
    firmware,
    ...(createHash ? { createHash } : {}),
    ...(args.kernel === null ? {} : { boot: { kernel: empty, commandLine: args.append ?? "" } }),
  };
  const { vcpus, vcpu_sig: vcpuType } = args;
  if (args.mode === "SEV") return measureSev(common);
  if (args.mode === "SEV_ES") return measureSevEs({ ...common, vcpus, vcpuType: vcpuType ?? 0 });
  return measureSevSnp({
    ...common,
    vcpus,
    ...(vcpuType === null ? {} : { vcpuType }),
    ...(args.vmm_type ? { vmm: args.vmm_type } : {}),
    ...(args.snp_ovmf_hash_str ? { firmwareDigest: fromHex(args.snp_ovmf_hash_str) } : {}),
    guestFeatures: args.guest_features,
  });
}

describeShared("sev-snp-measure's known answers", () => {
  const all = readSharedJson<Kat[]>(`${folder}/kat.json`);
  const here = all.filter((kat) => kat.args.mode !== "SEV_SNP_SVSM");
  const values = here.filter((kat) => kat.expected !== null);
  const errors = here.filter((kat) => kat.raises !== null);

  it("has 21 values and 3 errors whose files are here", () => {
    expect([values.length, errors.length]).toEqual([21, 3]);
  });

  it.each(values.map((kat) => [kat.name, kat] as const))("%s", async (_, kat) => {
    expect(toHex(await measure(kat))).toBe(kat.expected);
    expect(toHex(await measure(kat, native))).toBe(kat.expected);
  });

  it.each(errors.map((kat) => [kat.name, kat] as const))("%s", async (_, kat) => {
    await expect(measure(kat)).rejects.toThrow(/would not be measured/);
  });

  it.each([
    ["id_key_test.pem", "hwt+NcU/inLQ0yL3WrKvgmJ5Kq9leWIs5BMcPyHyied8sFYKXjuQs5MuZ07HCcsU"],
    ["author_key_test.pem", "YxEcNLv8Ckk4+aAJvQdJgNgXIyPmFZnJ/TNtqGcySOHcqY0L6PdjdqEGuK/UwKBX"],
  ])("the digest of %s", (file, expected) => {
    const der = createPublicKey(readSharedText(`${folder}/${file}`)).export({ type: "spki", format: "der" });
    expect(toBase64(sevSnpKeyDigest(Uint8Array.from(der)))).toBe(expected);
  });

  it("the ID block of its test", () => {
    const text = "B28FLQi9p6cAqipgjFyqawDrrSl7bWioWkWx5mmlWLZ+G5HShKMB/mPE+gdQRn7t";
    const block = toBase64(sevSnpIdBlock({ measurement: fromBase64(text) }));
    expect(block).toBe(`${text}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAwAAAAAA`);
  });

  it("a firmware digest stands for the image: image alone, digest with image, digest with metadata agree", async () => {
    const firmware = readShared(`${folder}/ovmf_AmdSev_suffix.bin`);
    const firmwareDigest = await sevSnpFirmwareDigest({ firmware });
    const rest = { vcpus: 2, vcpuType: "EPYC-Milan", boot: { kernel: empty } } as const;
    const fromImage = toHex(await measureSevSnp({ firmware, ...rest }));
    expect(toHex(await measureSevSnp({ firmware, firmwareDigest, ...rest }))).toBe(fromImage);
    expect(toHex(await measureSevSnp({ firmware: readSevMetadata(firmware), firmwareDigest, ...rest }))).toBe(
      fromImage,
    );
  });
});

describeShared("real launches", () => {
  const launches = readSharedJson<RealLaunch[]>("evidence/measurement/real-launch-measurements.json");
  const measureReal = (launch: RealLaunch, change: object = {}, boot: object = {}): Promise<Uint8Array> =>
    measureSevSnp({
      firmware: {
        sections: launch.sections.map(({ gpa, size, section_type: type }) => ({ gpa, size, type })),
        resetEip: launch.sev_es_reset_eip,
        hashesTableGpa: launch.sev_hashes_table_gpa,
      },
      firmwareDigest: fromHex(launch.ovmf_hash),
      vcpus: launch.vcpus,
      vcpuType: Number(launch.vcpu_sig),
      guestFeatures: launch.guest_features,
      boot: {
        kernel: { sha256: fromHex(launch.kernel_sha256) },
        initrd: { sha256: fromHex(launch.initrd_sha256) },
        commandLine: launch.cmdline,
        ...boot,
      },
      ...change,
    });

  it("are two", () => expect(launches.length).toBe(2));

  it.each(launches.map((launch) => [launch.name, launch] as const))(
    "%s measures what was published",
    async (_, launch) => {
      expect(toHex(await measureReal(launch))).toBe(launch.expected_measurement);
    },
  );

  it("dstack-0.6.0.a2 measures what its signed report carries at 0x90", async () => {
    const launch = launches.find(({ name }) => name.startsWith("dstack")) as RealLaunch;
    const report = readShared(`evidence/measurement/${launch.report}`);
    expect(toHex(report.slice(0x90, 0xc0))).toBe(toHex(await measureReal(launch)));
  });

  describe("pitfall 30: a launch that differs in one thing measures differently", () => {
    const launch = launches[1] as RealLaunch;
    const differences: readonly (readonly [string, object, object])[] = [
      ["a trailing space of the command line", {}, { commandLine: `${launch.cmdline} ` }],
      ["a missing command line", {}, { commandLine: "" }],
      ["an empty initrd", {}, { initrd: empty }],
      ["another kernel", {}, { kernel: empty }],
      ["one vCPU less", { vcpus: launch.vcpus - 1 }, {}],
      ["one vCPU more", { vcpus: launch.vcpus + 1 }, {}],
      ["guest features 0x21", { guestFeatures: 0x21 }, {}],
      ["another vCPU signature", { vcpuType: "EPYC-Milan" }, {}],
      ["EC2", { vmm: "ec2" }, {}],
      ["GCE", { vmm: "gce" }, {}],
    ];
    it.each(differences)("%s", async (_, change, boot) => {
      expect(toHex(await measureReal(launch, change, boot))).not.toBe(launch.expected_measurement);
    });
  });
});
