/** `tee-verify measure`: the PCRs of an enclave image, in the words of nitro-cli, from a file of any size. */
import { describe, expect, it } from "vitest";
import { DEFAULT_SECTIONS, forgeEif, forgeEifSignature, register, SECTIONS } from "../../fixtures/nitro/eif.js";
import { toHex } from "../../src/encoding/text.js";
import { describeShared, readShared, readSharedJson } from "../support/shared.js";
import { cli } from "./support.js";

const files = {
  plain: forgeEif(),
  signed: forgeEif({ sections: [...DEFAULT_SECTIONS, forgeEifSignature()] }),
  single: forgeEif({ sections: [SECTIONS.kernel, SECTIONS.cmdline, SECTIONS.ramdisk] }),
  stale: forgeEif({ crc: 1 }),
  other: new TextEncoder().encode("no image"),
};
const measure = (...args: readonly string[]) => cli(["measure", ...args], { files });
const PCR2 = toHex(register(SECTIONS.application.data));

describe("measure", () => {
  it("prints what nitro-cli describe-eif prints, and what the values do not tell", async () => {
    const { code, out, err } = await measure("plain");
    const printed = JSON.parse(out) as { Measurements: Record<string, string> };
    expect([code, Object.keys(printed.Measurements)]).toEqual([0, ["HashAlgorithm", "PCR0", "PCR1", "PCR2"]]);
    expect(printed).toMatchObject({ EifVersion: 4, IsSigned: false, CheckCRC: true, Measurements: { PCR2 } });
    expect(err.split("\n").filter((line) => line.startsWith("note: "))).toHaveLength(3);
  });

  it("says of an image with one ramdisk that PCR2 identifies no code", async () => {
    expect((await measure("single")).err).toContain("PCR2 identifies no code");
  });

  it("prints PCR8 of a signed image, whose signature it has checked", async () => {
    const printed = JSON.parse((await measure("signed")).out) as { Measurements: Record<string, string> };
    expect(printed).toMatchObject({ IsSigned: true, SignatureCheck: true });
    expect(printed.Measurements["PCR8"]).toMatch(/^[0-9a-f]{96}$/);
  });

  it("prints reference values for `verify`", async () => {
    const { out } = await measure("--expected", "plain");
    expect(JSON.parse(out)).toEqual({ nitro: { pcrs: { 0: expect.any(String), 1: expect.any(String), 2: PCR2 } } });
  });

  it("prints text, JSON and a manifest's platform", async () => {
    const text = (await measure("nitro", "--format", "text", "plain")).out;
    expect(text.split("\n")[0]).toBe("nitro, any size");
    expect(text).toMatch(new RegExp(`^  pcrs.2 +${PCR2}$`, "m"));
    const [platform] = JSON.parse((await measure("--format", "manifest", "--label", "2 vCPUs", "plain")).out);
    expect(platform).toMatchObject({ kind: "nitro", label: "2 vCPUs", values: { pcrs: { 2: PCR2 } } });
    expect(JSON.parse((await measure("--format", "json", "plain")).out)).toMatchObject({
      platforms: [{ kind: "nitro" }],
      notes: expect.any(Array),
    });
  });

  it("ends with 1 for what is no image, and for a wrong checksum unless that is taken", async () => {
    const other = await measure("other");
    expect([other.code, other.out]).toEqual([1, ""]);
    expect(other.err).toContain("cut short");
    const stale = await measure("stale");
    expect([stale.code, stale.err]).toEqual([1, expect.stringContaining("checksum is wrong")]);
    const taken = await measure("--accept-wrong-checksum", "stale");
    expect([taken.code, JSON.parse(taken.out)]).toEqual([0, expect.objectContaining({ CheckCRC: false })]);
  });

  it.each([
    [[]],
    [["plain", "signed"]],
    [["missing"]],
    [["--json", "plain"]],
    [["--vcpus", "1", "plain"]],
    [["nitro"]],
  ])("ends with 64 for %j", async (args) => {
    expect((await measure(...args)).code).toBe(64);
  });
});

describeShared("measure, on the shared images", () => {
  it("prints the PCRs that are listed", async () => {
    const vectors = readSharedJson<readonly { file: string; expect: string; pcrs: Record<string, string> }[]>(
      "evidence/nitro/eif-synthetic/vectors.json",
    );
    const good = vectors.filter((vector) => !vector.expect.startsWith("reject") && vector.file !== "basic-v4.eif");
    for (const { file, pcrs } of good) {
      const { out } = await cli(["measure", file], {
        files: { [file]: readShared(`evidence/nitro/eif-synthetic/${file}`) },
      });
      const { Measurements } = JSON.parse(out) as { Measurements: Record<string, string> };
      for (const [index, value] of Object.entries(pcrs))
        expect([file, Measurements[`PCR${index}`]]).toEqual([file, value]);
    }
    expect(good).toHaveLength(6);
  });
});
