/** Several builds of one manifest: one that matches as a whole is enough, wherever it stands, and the closest is named where none does. */
import { describe, expect, it } from "vitest";
import { bundleOf, forgeManifest, type JsonMembers } from "../../../fixtures/manifest/manifest.js";
import type { Verdict } from "../../../src/verdict.js";
import { checkOf, failures, judge, snpCase } from "../../support/manifest.js";

const BUILD = 0x61;
const right = snpCase.values(BUILD);
const other = snpCase.values(0x62);
const near = { ...right, minimumGuestSvn: 200 };
const far = { ...other, minimumGuestSvn: 200, hostData: "aa".repeat(32) };
const foreign = { ...right, hostData: "aa".repeat(32) };

async function judged(...builds: readonly (readonly [label: string, values: JsonMembers])[]): Promise<Verdict> {
  const platforms = builds.map(([label, values]) => ({ kind: "sev-snp", label, values }));
  const { text, hash } = forgeManifest({ platforms });
  return judge(snpCase, bundleOf(await snpCase.evidence(BUILD), text), { expected: hash });
}
const named = (verdict: Verdict): string | undefined =>
  String(checkOf(verdict, "sev-snp/build").params.source).split(", ").at(-1);

describe("several builds of one manifest", () => {
  it("a right one is found in front of, between and behind others", async () => {
    for (const before of [[], [far], [near], [far, near], [near, far], [foreign, other]])
      for (const behind of [[], [near], [far, foreign]]) {
        const builds = [...before.map((values) => values), right, ...behind];
        const verdict = await judged(...builds.map((values, index) => [`build ${index}`, values] as const));
        expect([verdict.outcome, failures(verdict), named(verdict)]).toEqual([
          "verified",
          [],
          `build ${before.length}`,
        ]);
        expect(verdict.covers).toBe("workload");
      }
  });

  it("parts of several that are right make no right one", async () => {
    for (const builds of [
      [near, foreign],
      [foreign, near],
      [far, other],
    ]) {
      const verdict = await judged(...builds.map((values, index) => [`build ${index}`, values] as const));
      expect(failures(verdict)).toContain("sev-snp/build build-mismatch");
      expect(verdict.outcome).toBe("rejected");
    }
  });

  it("the closest is named, and of two that are as close the first", async () => {
    expect(named(await judged(["near", near], ["far", far]))).toBe("near");
    expect(named(await judged(["far", far], ["near", near]))).toBe("near");
    expect(named(await judged(["near", near], ["foreign", foreign]))).toBe("near");
    expect(named(await judged(["foreign", foreign], ["near", near]))).toBe("foreign");
  });
});
