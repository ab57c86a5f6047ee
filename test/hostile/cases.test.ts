/** Every hostile case of security.md is held by tests that exist; those that had no home of their own are here. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ARK_SERIAL, ASK_SERIAL } from "../../fixtures/amd/certificates.js";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { enclaveRegisters, filled } from "../../fixtures/nitro/document.js";
import { verify } from "../../src/sev-snp.js";
import { optionsFor } from "../evidence/sev-snp/support.js";
import { FORGED_PCRS, failures, judgeForged } from "../support/nitro.js";
import { describeShared, readSharedText, repositoryRoot } from "../support/shared.js";
import { CASES } from "./cases.js";

const sources = new Map<string, string>();
function sourceOf(file: string): string {
  const known = sources.get(file) ?? readFileSync(join(repositoryRoot, "test", file), "utf8");
  sources.set(file, known);
  return known;
}

describe("the 88 hostile cases", () => {
  it("are all there, in order, each with a test", () => {
    expect(CASES.map(({ number }) => number)).toEqual(Array.from({ length: 88 }, (_, i) => i + 1));
    expect(CASES.filter(({ holders }) => holders.length === 0)).toEqual([]);
  });

  it.each(CASES.map(({ number, what, holders }) => [number, what, holders] as const))(
    "%i: %s",
    (_number, _what, holders) => {
      const missing = holders.flatMap(([file, ...names]) => {
        const source = sourceOf(file);
        return names.length === 0
          ? [`${file}: no name`]
          : names.filter((name) => !source.includes(name)).map((name) => `${file}: ${name}`);
      });
      expect(missing).toEqual([]);
    },
  );

  it.each([...new Set(CASES.flatMap(({ holders }) => holders.map(([file]) => file)))])(
    "%s is run: it is a test, or tests import it",
    (file) => {
      if (file.endsWith(".test.ts")) return;
      const index = sourceOf("evidence/sev-snp/codes.test.ts");
      expect(index).toContain(file.replace("evidence/sev-snp/", "./").replace(/\.ts$/, ".js"));
    },
  );
});

describeShared("the reference", () => {
  it("ends with case 88", () => {
    const text = readSharedText("reference/security.md");
    const section = text.slice(text.indexOf("## 5. 88 hostile cases"), text.indexOf("## Outside suites"));
    expect(section).toMatch(/ 88 caller: /);
    expect(section).not.toMatch(/ 89 [a-z]/);
  });
});

describe("44: an older list beside the newer one", () => {
  const forged = forgeSnp();
  const day = 86_400_000;
  const at = forged.at.getTime();
  const older = forged.crl({ thisUpdate: new Date(at - 9 * day), nextUpdate: new Date(at + 9 * day) });
  const newer = (revoked: readonly Uint8Array[]): Uint8Array =>
    forged.crl({ thisUpdate: new Date(at - day), nextUpdate: new Date(at + 9 * day), revoked });
  const judge = (...lists: readonly Uint8Array[]) => {
    const options = optionsFor(forged);
    return verify(forged.report, { ...options, endorsements: [...(options.endorsements ?? []), ...lists] });
  };

  it.each([
    ["authority", ASK_SERIAL],
    ["root", ARK_SERIAL],
  ] as const)("does not hide that the %s is revoked, in either order", async (_what, serial) => {
    for (const lists of [
      [older, newer([serial])],
      [newer([serial]), older],
    ]) {
      const verdict = await judge(...lists);
      expect(verdict.outcome).toBe("rejected");
      expect(verdict.checks.flatMap(({ code }) => code ?? [])).toContain("certificate-revoked");
    }
    expect((await judge(older, newer([]))).outcome).toBe("verified");
  });
});

describe("85: PCR", () => {
  it.each([4, 8])("%i that is expected and left out of the document never matches", async (index) => {
    const expected = { nitro: { pcrs: { ...FORGED_PCRS, [index]: filled(0x99) } } };
    const without = Object.fromEntries(Object.entries(enclaveRegisters()).filter(([name]) => Number(name) !== index));
    const bad = await judgeForged({ registers: without }, { expected });
    expect([bad.outcome, failures(bad).includes("build build-mismatch")]).toEqual(["rejected", true]);
    if (index === 4) return;
    const good = await judgeForged({ registers: { ...without, [index]: filled(0x99) } }, { expected });
    expect(good.outcome).toBe("verified");
  });
});
