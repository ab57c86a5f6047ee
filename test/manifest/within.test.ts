/** Evidence inside evidence: an Azure confidential VM, whose vTPM and hardware must be of one platform, and whose firmware is the cloud's. */
import { describe, expect, it } from "vitest";
import { forgeCvm, NONCE } from "../../fixtures/azure/cvm.js";
import { forgeManifest, type PlatformRequest } from "../../fixtures/manifest/manifest.js";
import { filled } from "../../fixtures/nitro/document.js";
import { verify } from "../../src/azure.js";
import type { Verdict } from "../../src/verdict.js";
import { checkOf, failures } from "../support/manifest.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/** A guest whose boot registers are of `boot`, under a paravisor of `paravisor`. */
function guest(boot: number, paravisor: number) {
  const pcrs = Array.from({ length: 24 }, () => filled(boot, 32));
  return forgeCvm({ pcrs, snp: { report: { measurement: filled(paravisor) } } });
}
const outside = (label: string, boot: number, registers: readonly number[] = [4, 8, 9]): PlatformRequest => ({
  kind: "azure-cvm",
  label,
  values: { pcrs: Object.fromEntries(registers.map((index) => [String(index), hex(filled(boot, 32))])) },
});
const inside = (label: string, paravisor: number): PlatformRequest => ({
  kind: "sev-snp",
  label,
  values: { measurement: hex(filled(paravisor)) },
  more: { within: "azure-cvm" },
});

async function judge(platforms: readonly PlatformRequest[], boot: number, paravisor: number): Promise<Verdict> {
  const { json, snp } = guest(boot, paravisor);
  const manifest = forgeManifest({ platforms });
  const bundle = JSON.stringify({ "tee-verify": 1, evidence: json, manifest: manifest.text });
  return verify(bundle, {
    expected: manifest.hash,
    binding: { reportData: NONCE },
    endorsements: snp.endorsements,
    trustAnchors: snp.trustAnchors,
    at: snp.at,
  });
}

const TWO = [outside("v1", 0x11), inside("v1", 0x21), outside("v2", 0x12), inside("v2", 0x22)];

describe("a manifest of an Azure confidential VM", () => {
  it.each([
    [0x11, 0x21, "v1"],
    [0x12, 0x22, "v2"],
  ])("takes what matches as a whole: boot %d on paravisor %d", async (boot, paravisor, label) => {
    const verdict = await judge(TWO, boot, paravisor);
    expect(failures(verdict)).toEqual([]);
    expect(verdict).toMatchObject({ outcome: "verified", covers: "workload", reached: "deployment" });
    expect(checkOf(verdict, "azure-cvm/build").params.source).toBe(`openclaw 2026.6.1, ${label}`);
  });

  it("refuses the outside of one platform around the inside of another", async () => {
    const verdict = await judge(TWO, 0x11, 0x22);
    expect(failures(verdict)).toEqual(["evidence/manifest manifest-mixed"]);
    expect(verdict).toMatchObject({ outcome: "rejected", covers: "launch", reached: "none" });
    expect(checkOf(verdict, "evidence/manifest").detail).toContain("no platform matches as a whole");
  });

  it("finds the whole among platforms that are alike outside", async () => {
    const alike = [outside("v1", 0x11), inside("v1", 0x21), outside("v1b", 0x11), inside("v1b", 0x22)];
    for (const paravisor of [0x21, 0x22]) expect((await judge(alike, 0x11, paravisor)).outcome).toBe("verified");
  });

  it("refuses a paravisor that no platform has", async () => {
    const verdict = await judge(TWO, 0x11, 0x23);
    expect(failures(verdict)).toEqual(["sev-snp/build build-mismatch"]);
    expect(verdict.reached).toBe("artifact");
  });

  it("needs no values for the inside, and then takes any that Microsoft signed", async () => {
    expect(await judge([outside("v1", 0x11)], 0x11, 0x99)).toMatchObject({
      outcome: "verified",
      reached: "deployment",
    });
  });

  it("refuses an inside of another kind than the platform has", async () => {
    const td: PlatformRequest = {
      kind: "tdx",
      label: "v1",
      values: { mrtd: hex(filled(1)) },
      more: { within: "azure-cvm" },
    };
    const verdict = await judge([outside("v1", 0x11), td], 0x11, 0x21);
    expect(failures(verdict)).toEqual(["evidence/manifest manifest-mixed"]);
  });

  it("refuses evidence that lacks one of several things inside", async () => {
    const gpu: PlatformRequest = {
      kind: "nvidia-gpu",
      label: "v1",
      values: { driver: "999.0" },
      more: { within: "azure-cvm" },
    };
    const verdict = await judge([outside("v1", 0x11), inside("v1", 0x21), gpu], 0x11, 0x21);
    expect(failures(verdict)).toEqual(["evidence/manifest manifest-mixed"]);
    expect(verdict).toMatchObject({ outcome: "rejected", reached: "none" });
  });

  it("does not compare the inside with platforms of bare hardware", async () => {
    const bare: PlatformRequest = { kind: "sev-snp", label: "bare", values: { measurement: hex(filled(0x77)) } };
    expect((await judge([...TWO, bare], 0x11, 0x21)).outcome).toBe("verified");
    const verdict = await judge([outside("v1", 0x11), bare], 0x11, 0x77);
    expect(verdict.outcome).toBe("verified");
  });

  it("is no release where the cloud's firmware alone is pinned", async () => {
    const verdict = await judge([outside("v1", 0x11, [0, 7]), inside("v1", 0x21)], 0x11, 0x21);
    expect(failures(verdict)).toEqual(["evidence/covers covers-too-little"]);
    expect(verdict).toMatchObject({ outcome: "rejected", covers: "firmware", reached: "artifact" });
  });

  it("is another kind's business where it speaks of the inside alone", async () => {
    const verdict = await judge([inside("v1", 0x21)], 0x11, 0x21);
    expect(failures(verdict)).toContain("evidence/manifest manifest-no-platform");
  });
});
