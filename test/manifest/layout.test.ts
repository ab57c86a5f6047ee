/** A platform's binding layout: a caller who asks for another is told, and one whom nobody can hold to it only where it is critical. */
import { describe, expect, it } from "vitest";
import { bundleOf, forgeManifest, type JsonMembers } from "../../fixtures/manifest/manifest.js";
import { trustedBuild } from "../../src/expected/build/index.js";
import { checkOf, failures, judge, type Options, snpCase } from "../support/manifest.js";

const BUILD = 0x61;
const evidence = await snpCase.evidence(BUILD);
const forge = (more: JsonMembers) =>
  forgeManifest({ platforms: [{ kind: "sev-snp", values: snpCase.values(BUILD), more }] });
const judged = (more: JsonMembers, options: Partial<Options> = {}) => {
  const { text, hash } = forge(more);
  return judge(snpCase, bundleOf(evidence, text), { expected: hash, ...options });
};
const layout = (name: string, more: JsonMembers = {}): JsonMembers => ({ binding: { layout: name }, ...more });
const critical = { critical: ["binding"] };
const reportData = evidence.slice(0x50, 0x90);

describe("a platform's layout", () => {
  it("is that of the caller's binding, or the manifest does not hold", async () => {
    expect(await judged(layout("tee-verify"))).toMatchObject({ outcome: "verified", reached: "instance" });
    const verdict = await judged(layout("dstack-app-data"));
    expect(failures(verdict)).toEqual(["evidence/manifest manifest-layout"]);
    expect(verdict).toMatchObject({ outcome: "rejected", reached: "none" });
    expect(checkOf(verdict, "evidence/manifest").detail).toContain(
      "layout dstack-app-data, and your binding is tee-verify",
    );
  });

  it("is compared by name where the caller names one", async () => {
    const binding = { layout: "sha512-key", publicKey: new Uint8Array(32) } as const;
    const named = await judged(layout("sha512-key"), { binding });
    // The forged report is bound by our own layout: that check fails, and the manifest's does not.
    expect(failures(named).filter((item) => item.startsWith("evidence/manifest"))).toEqual([]);
    expect(failures(await judged(layout("tee-verify"), { binding }))).toContain("evidence/manifest manifest-layout");
  });

  it.each([["unbound" as const], [{ reportData }]])(
    "cannot be held against %j, unless it is critical",
    async (binding) => {
      expect((await judged(layout("dstack-app-data"), { binding })).outcome).toBe("verified");
      expect(failures(await judged(layout("dstack-app-data", critical), { binding }))).toEqual([
        "evidence/manifest manifest-layout",
      ]);
      expect((await judged(layout("tee-verify", critical))).outcome).toBe("verified");
    },
  );

  it("is that of the platform that matched, and of one of several", async () => {
    const other = { kind: "sev-snp", label: "other", values: snpCase.values(0x62), more: layout("near") };
    const own = { kind: "sev-snp", label: "own", values: snpCase.values(BUILD), more: layout("tee-verify") };
    const twin = { ...own, label: "twin", more: layout("near") };
    for (const platforms of [
      [other, own],
      [own, twin],
    ]) {
      const { text } = forgeManifest({ platforms });
      expect((await judge(snpCase, evidence, { expected: trustedBuild(text) })).outcome).toBe("verified");
    }
  });

  it("has no place in an entry for the inside of other evidence", async () => {
    const verdict = await judged(layout("tee-verify", { within: "azure-cvm" }));
    expect(failures(verdict)).toContain("evidence/manifest manifest-malformed");
  });
});
