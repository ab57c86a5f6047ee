/** No bit of a signed report can change, and no byte can go or come, without the report being found out as not genuine (rows 12, 13, S1, S2, S46). */
import { expect, it } from "vitest";
import { verify } from "../../../src/sev-snp.js";
import type { Verdict } from "../../../src/verdict.js";
import { describeShared } from "../../support/shared.js";
import { flipped, SUBJECTS, subject, wrongOnes } from "./exhaustive.js";
import { check, failsBeforeAppraisal } from "./support.js";

const goesThrough = (verdict: Verdict): boolean => verdict.outcome !== "rejected" || !failsBeforeAppraisal(verdict);
const isNotMalformed = (verdict: Verdict): boolean =>
  verdict.outcome !== "rejected" ||
  ![check(verdict, "evidence/recognised"), check(verdict, "sev-snp/format")].some((one) => one?.code === "malformed");

describeShared("every change to a real report", () => {
  it.each(SUBJECTS)("version %i, %s: verified as it is", async (_version, id, policy) => {
    const { real, options } = subject(id, policy);
    expect((await verify(real.report, options)).outcome).toBe("verified");
  });

  it.each(SUBJECTS)("version %i, %s: no bit can change", { timeout: 240_000 }, async (_version, id, policy) => {
    const { real, options } = subject(id, policy);
    const bits = real.report.length * 8;
    expect(bits).toBe(9472);
    expect(await wrongOnes(bits, (bit) => verify(flipped(real.report, bit), options), goesThrough)).toEqual([]);
  });

  it.each(SUBJECTS)(
    "version %i, %s: cut short anywhere, it is malformed",
    { timeout: 60_000 },
    async (_version, id, policy) => {
      const { real, options } = subject(id, policy);
      const judge = (length: number): Promise<Verdict> => verify(real.report.subarray(0, length), options);
      expect(await wrongOnes(real.report.length, judge, isNotMalformed)).toEqual([]);
    },
  );

  it.each(SUBJECTS)(
    "version %i, %s: with anything behind it, it is malformed",
    { timeout: 60_000 },
    async (_version, id, policy) => {
      const { real, options } = subject(id, policy);
      // 24 zeros close an empty certificate table, and one of 2784 fills the kernel's buffer: zeros behind those are padding.
      const judge = (more: number): Promise<Verdict> =>
        verify(Uint8Array.from([...real.report, ...new Uint8Array(more + 1).fill(0xa5)]), options);
      expect(await wrongOnes(300, judge, isNotMalformed)).toEqual([]);
      const zeros = (more: number): Promise<Verdict> =>
        verify(Uint8Array.from([...real.report, ...new Uint8Array(more + 1)]), options);
      expect(await wrongOnes(23, zeros, isNotMalformed)).toEqual([]);
    },
  );
});
