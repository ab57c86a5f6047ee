/** The one function that turns checks into an outcome. */
import { describe, expect, it } from "vitest";
import { outcomeOf, type Status } from "../src/verdict.js";

const STATUSES: readonly Status[] = ["passed", "failed", "undetermined", "skipped", "waived"];
const one = (status: Status, required: boolean) => ({ status, required });

describe("outcomeOf", () => {
  it.each([
    ["passed", true, "verified"],
    ["waived", true, "verified"],
    ["failed", true, "rejected"],
    ["undetermined", true, "undetermined"],
    ["skipped", true, "undetermined"],
    ["passed", false, "undetermined"],
    ["waived", false, "undetermined"],
    ["failed", false, "rejected"],
    ["undetermined", false, "undetermined"],
    ["skipped", false, "undetermined"],
  ] as const)("of one check that is %s (required: %s) is %s", (status, required, outcome) => {
    expect(outcomeOf([one(status, required)])).toBe(outcome);
  });

  it("of nothing proves nothing", () => expect(outcomeOf([])).toBe("undetermined"));

  it("of a required pass with one optional check depends on failure alone", () => {
    const outcomes = STATUSES.map((status) => outcomeOf([one("passed", true), one(status, false)]));
    expect(outcomes).toEqual(["verified", "rejected", "verified", "verified", "verified"]);
  });

  it("of every three checks is what its definition says, in every order", () => {
    const kinds = STATUSES.flatMap((status) => [one(status, true), one(status, false)]);
    const triples = kinds.flatMap((a) => kinds.flatMap((b) => kinds.map((c) => [a, b, c])));
    const defined = (checks: typeof kinds): string => {
      if (checks.some(({ status }) => status === "failed")) return "rejected";
      const required = checks.filter((check) => check.required);
      const good = required.every(({ status }) => status === "passed" || status === "waived");
      return required.length > 0 && good ? "verified" : "undetermined";
    };
    expect(triples.map(outcomeOf)).toEqual(triples.map(defined));
    const verified = triples.filter((checks) => outcomeOf(checks) === "verified").length;
    // 2 good required statuses and 4 optional ones that do not fail: 6^3 sequences less the 4^3 without a required one.
    expect(verified).toBe(6 ** 3 - 4 ** 3);
  });
});
