/** Findings of one part: the worse one stays, and what readers and back ends throw is written down. */
import { describe, expect, it } from "vitest";
import { CryptoUnavailableError } from "../../src/crypto/crypto.js";
import { MalformedError } from "../../src/encoding/malformed.js";
import { createLedger, type Ledger } from "../../src/evidence/ledger.js";
import type { Status } from "../../src/verdict.js";

const definition = (id: string) => ({ id, stage: "parse", spec: "a spec", required: false }) as const;
const ledger = (): Ledger => createLedger([definition("a"), definition("b")]);

const WRITE: Readonly<Record<Status, (into: Ledger) => void>> = {
  passed: (into) => into.passed("a", { n: 1 }),
  waived: (into) => into.waived("a", "allowed"),
  skipped: (into) => into.skipped("a", "b"),
  undetermined: (into) => into.undetermined("a", "crl-missing"),
  failed: (into) => into.failed("a", "malformed"),
};
const ORDER: readonly Status[] = ["passed", "waived", "skipped", "undetermined", "failed"];

describe("a ledger", () => {
  it("keeps the worse of two findings, whichever came first", () => {
    for (const first of ORDER)
      for (const second of ORDER) {
        const into = ledger();
        WRITE[first](into);
        WRITE[second](into);
        const worse = ORDER[Math.max(ORDER.indexOf(first), ORDER.indexOf(second))] as Status;
        expect(into.findings.get("a")?.status).toBe(worse);
        expect(ORDER.filter((status) => into.has("a", status))).toEqual([worse]);
      }
  });

  it("keeps the first of two that are as bad", () => {
    const into = ledger();
    into.failed("a", "malformed", { n: 1 });
    into.failed("a", "internal-error", { n: 2 });
    expect(into.findings.get("a")).toMatchObject({ code: "malformed", params: { n: 1 } });
  });

  it("does not forget that policy demands a check", () => {
    for (const write of Object.values(WRITE)) {
      const before = ledger();
      before.undetermined("a", "crl-missing", {}, true);
      write(before);
      expect(before.findings.get("a")?.required).toBe(true);
      const after = ledger();
      write(after);
      after.undetermined("a", "crl-missing", {}, true);
      expect(after.findings.get("a")?.required).toBe(true);
    }
    const never = ledger();
    never.undetermined("a", "crl-missing", {}, false);
    expect(never.findings.get("a")?.required).toBe(false);
  });

  it("takes no check that is not among the kind's", () => {
    expect(() => ledger().passed("c")).toThrow("c");
  });

  it("judges", () => {
    const into = ledger();
    into.judge("a", true, "malformed", { n: 1 });
    into.judge("b", false, "malformed", { n: 2 });
    expect([...into.findings.values()]).toEqual([
      { status: "passed", params: { n: 1 } },
      { status: "failed", code: "malformed", params: { n: 2 } },
    ]);
  });

  it("adds notices to what passed alone", () => {
    const into = ledger();
    into.notice("a", "early");
    expect(into.findings.size).toBe(0);
    into.passed("a", {}, "first");
    into.notice("a", "second");
    into.failed("b", "malformed");
    into.notice("b", "no");
    expect(into.findings.get("a")?.notice).toBe("second");
    expect(into.findings.get("b")?.notice).toBeUndefined();
  });

  it("attempts: a value, malformed bytes, a back end that cannot, a defect", async () => {
    const into = ledger();
    expect(await into.attempt("a", () => 5)).toBe(5);
    expect(into.findings.size).toBe(0);
    const broken = await into.attempt("a", () => Promise.reject(new MalformedError("cut short", 7)));
    expect(broken).toBeUndefined();
    expect(into.findings.get("a")).toMatchObject({
      status: "failed",
      code: "malformed",
      params: { reason: "cut short", offset: 7 },
    });
    await into.attempt("b", () => {
      throw new CryptoUnavailableError("no P-384");
    });
    expect(into.findings.get("b")).toMatchObject({ status: "undetermined", code: "crypto-unavailable" });
    await expect(into.attempt("b", () => Promise.reject(new RangeError("defect")))).rejects.toThrow(RangeError);
  });
});
