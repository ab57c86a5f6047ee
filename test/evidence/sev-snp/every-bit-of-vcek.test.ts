/** No bit of a VCEK can change, and none of its bytes go or come, without the report being found out as not genuine (rows 6 to 9). */
import { expect, it } from "vitest";
import { verify } from "../../../src/sev-snp.js";
import type { Verdict } from "../../../src/verdict.js";
import { describeShared } from "../../support/shared.js";
import { flipped, SUBJECTS, subject, wrongOnes } from "./exhaustive.js";
import { failsBeforeAppraisal } from "./support.js";

const goesThrough = (verdict: Verdict): boolean => verdict.outcome !== "rejected" || !failsBeforeAppraisal(verdict);

describeShared("every change to a real VCEK", () => {
  it.each(SUBJECTS)("for version %i, %s: no bit can change", { timeout: 240_000 }, async (_version, id, policy) => {
    const { real, ek, options } = subject(id, policy);
    expect((await verify(real.report, options)).outcome).toBe("verified");
    const judge = (bit: number): Promise<Verdict> =>
      verify(real.report, { ...options, endorsements: [flipped(ek, bit)] });
    expect(await wrongOnes(ek.length * 8, judge, goesThrough)).toEqual([]);
  });

  it.each(SUBJECTS)(
    "for version %i, %s: neither cut short nor longer",
    { timeout: 60_000 },
    async (_version, id, policy) => {
      const { real, ek, options } = subject(id, policy);
      const cut = (length: number): Promise<Verdict> =>
        verify(real.report, { ...options, endorsements: [ek.subarray(0, length)] });
      expect(await wrongOnes(ek.length, cut, goesThrough)).toEqual([]);
      const longer = (more: number): Promise<Verdict> =>
        verify(real.report, { ...options, endorsements: [Uint8Array.from([...ek, ...new Uint8Array(more + 1)])] });
      expect(await wrongOnes(20, longer, goesThrough)).toEqual([]);
    },
  );
});
