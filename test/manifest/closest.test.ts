/** What a rejected build is called: the release on another machine shape, a platform that has what differs, or a guess; never anything but rejected. */
import { describe, expect, it } from "vitest";
import { bundleOf, forgeManifest, type PlatformRequest } from "../../fixtures/manifest/manifest.js";
import { BINDING, checkOf, failures, judge, kindCases, snpCase } from "../support/manifest.js";

const [BUILD, OTHER] = [0x61, 0x62];
const tdxCase = kindCases.find(({ kind }) => kind === "tdx") as (typeof kindCases)[number];
const shape = (build: number, vcpus: number, more: Partial<PlatformRequest> = {}): PlatformRequest => ({
  kind: "sev-snp",
  label: `${vcpus} vCPUs`,
  values: snpCase.values(build),
  more: { inputs: { vcpus, vcpuType: "EPYC-Milan", firmware: "sha256:00" } },
  ...more,
});

async function noticeOf(
  manifest: ReturnType<typeof forgeManifest>,
  manifests: readonly string[],
  build = OTHER,
): Promise<string | undefined> {
  const evidence = bundleOf(await snpCase.evidence(build), manifest.text);
  const verdict = await judge(snpCase, evidence, { expected: manifest.hash, manifests });
  expect(failures(verdict)).toEqual(["sev-snp/build build-mismatch"]);
  expect(verdict).toMatchObject({ outcome: "rejected", reached: "artifact" });
  return checkOf(verdict, "sev-snp/build").notice;
}

describe("a build that differs", () => {
  const manifest = forgeManifest({ platforms: [shape(BUILD, 4)] });

  it("is told as the same release with another vCPU count, where a manifest of it lists that", async () => {
    const wider = forgeManifest({ platforms: [shape(BUILD, 4), shape(OTHER, 8)] });
    expect(await noticeOf(manifest, [wider.text])).toBe(
      "It is the same release on another machine shape: openclaw 2026.6.1, 8 vCPUs, computed from vcpus 8, vcpuType EPYC-Milan (not expected).",
    );
  });

  it("is told as a known build where it is another release, with its inputs as far as they are plain values", async () => {
    const inputs = { vcpus: [8], vcpuType: "x".repeat(500), memory: "2G" };
    const older = forgeManifest({ version: "2026.5.1", platforms: [shape(OTHER, 8, { more: { inputs } })] });
    expect(await noticeOf(manifest, [older.text])).toBe(
      `It is a build that you know: openclaw 2026.5.1, 8 vCPUs, computed from vcpuType ${"x".repeat(64)}, memory 2G (not expected).`,
    );
  });

  it("is told by the platform of the same manifest that has what differs, where none matches as a whole", async () => {
    const other = shape(OTHER, 8, { values: { ...snpCase.values(OTHER), hostData: "aa".repeat(32) } });
    expect(await noticeOf(forgeManifest({ platforms: [shape(BUILD, 4), other] }), [])).toBe(
      "What differs is as on another machine shape: openclaw 2026.6.1, 8 vCPUs, computed from vcpus 8, vcpuType EPYC-Milan.",
    );
  });

  it("is told by nothing where nobody lists it, or a manifest beside cannot be compared", async () => {
    const unreadable = forgeManifest({ platforms: [shape(OTHER, 8, { values: { measurment: "00" } })] });
    expect(await noticeOf(manifest, [unreadable.text, "no manifest"])).toBeUndefined();
    expect(await noticeOf(forgeManifest({ platforms: [shape(BUILD, 4), shape(0x60, 8)] }), [])).toBeUndefined();
  });
});

describe("a TD", () => {
  const registers = (changed: Record<string, string>) => ({ ...tdxCase.values(BUILD), ...changed });
  const notice = async (values: ReturnType<typeof registers>): Promise<string | undefined> => {
    const verdict = await judge(tdxCase, await tdxCase.evidence(BUILD), {
      expected: { tdx: values },
      binding: BINDING,
    });
    expect(failures(verdict)).toContain("tdx/build build-mismatch");
    expect(verdict.outcome).toBe("rejected");
    return checkOf(verdict, "tdx/build").notice;
  };
  const zeros = "00".repeat(48);

  it("in which RTMR0 alone differs may be another machine shape, which is said as a guess", async () => {
    expect(await notice(registers({ rtmr0: zeros }))).toBe(
      "Only RTMR0 differs: perhaps the same build on another machine shape or firmware configuration. This is a guess.",
    );
  });

  it("in which more differs, or less was compared, is not guessed at", async () => {
    expect(await notice(registers({ rtmr0: zeros, rtmr1: zeros }))).toBeUndefined();
    expect(await notice({ mrtd: tdxCase.values(BUILD)["mrtd"] as string, rtmr0: zeros })).toBeUndefined();
  });
});
