/**
 * Whole verdicts of three real reports, to the last word. `UPDATE_GOLDEN=1 npx vitest run test/golden` writes them anew (`npx biome check
 * --write test/golden` formats them): read the difference before you commit it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { verify } from "../../src/sev-snp.js";
import type { Verdict } from "../../src/verdict.js";
import { realCase } from "../evidence/sev-snp/corpus.js";
import { describeShared, repositoryRoot } from "../support/shared.js";

const UPDATE = process.env["UPDATE_GOLDEN"] === "1";
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

/** Verified with all that a caller can ask; rejected by the defaults; undetermined for want of a certificate. */
const QUESTIONS: Readonly<Record<string, () => Promise<Verdict>>> = {
  "turin-v5-verified": () => {
    const { report, ek, at, facts } = realCase("oak-turin_oc");
    return verify(report, {
      expected: { "sev-snp": { measurement: facts.measurement, hostData: facts.host_data } },
      binding: { reportData: bytes(facts.report_data) },
      endorsements: [ek as Uint8Array],
      policy: {
        "sev-snp": { products: "Turin", chipIds: facts.chip_id, minimumTcb: { snp: 2 }, minimumFirmware: "1.55.61" },
      },
      at,
    });
  },
  "milan-vlek-rejected": () => {
    const { report, ek, at } = realCase("trustee-snp-vlek");
    return verify(report, { expected: "any-build", binding: "unbound", endorsements: [ek as Uint8Array], at });
  },
  "genoa-v3-undetermined": () => {
    const { report, at, facts } = realCase("ms-tav-genoa");
    return verify(report, { expected: facts.measurement, binding: { reportData: bytes(facts.report_data) }, at });
  },
};

describeShared("golden verdicts", () => {
  it.each(Object.entries(QUESTIONS))("%s", async (name, ask) => {
    const verdict = await ask();
    expect(name.endsWith(verdict.outcome)).toBe(true);
    const file = join(repositoryRoot, "test", "golden", `${name}.json`);
    if (UPDATE) writeFileSync(file, `${JSON.stringify(verdict, null, 2)}\n`);
    expect(verdict).toEqual(JSON.parse(readFileSync(file, "utf8")));
  });
});
