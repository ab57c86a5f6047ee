/** A front door made of kinds: it takes those alone, in any order, and narrows what callers may write. */
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../fixtures/amd/snp.js";
import type { EvidenceKind } from "../src/evidence/kind.js";
import { sevSnp } from "../src/evidence/sev-snp/kind.js";
import * as everything from "../src/index.js";
import * as alone from "../src/sev-snp.js";
import { createVerifier } from "../src/verifier.js";
import { check, type Options, optionsFor } from "./evidence/sev-snp/support.js";

const forged = forgeSnp();
const options = optionsFor(forged);
const other = { ...sevSnp, name: "other", recognises: () => undefined } as unknown as EvidenceKind;

describe("createVerifier", () => {
  it("gives the same verdict whatever other kinds stand beside, in whatever order", async () => {
    const verdicts = await Promise.all(
      [[sevSnp], [sevSnp, other], [other, sevSnp]].map((kinds) =>
        createVerifier(kinds as readonly EvidenceKind[]).verify(forged.report, options),
      ),
    );
    expect(verdicts[0]?.outcome).toBe("verified");
    expect(verdicts[1]).toEqual(verdicts[0]);
    expect(verdicts[2]).toEqual(verdicts[0]);
  });

  it("takes no kind that it was not made of", async () => {
    const { verify, inspect } = createVerifier([other]);
    const asked = { ...options, expected: "any-build", binding: "unbound" } as const;
    const verdict = await verify(forged.report, asked as never);
    expect(verdict.outcome).toBe("rejected");
    expect(check(verdict, "evidence/recognised")?.status).toBe("failed");
    expect(() => inspect(forged.report)).toThrow();
    await expect(verify(forged.report, { ...asked, policy: { "sev-snp": {} } } as never)).rejects.toThrow(TypeError);
    await expect(verify(forged.report, { ...asked, expected: { "sev-snp": {} } } as never)).rejects.toThrow(TypeError);
  });

  it("takes a bare digest of the length of its kinds alone", async () => {
    const short = { ...other, digestBytes: 32 } as EvidenceKind;
    const { verify } = createVerifier([sevSnp, short] as readonly EvidenceKind[]);
    const digest = Buffer.from(forged.fields.measurement).toString("hex");
    expect((await verify(forged.report, { ...options, expected: digest })).outcome).toBe("verified");
    // Of the other kind's length: it says nothing of a report.
    const verdict = await verify(forged.report, { ...options, expected: "ab".repeat(32) });
    expect(check(verdict, "sev-snp/build")).toMatchObject({ status: "failed", code: "no-reference-values" });
    await expect(verify(forged.report, { ...options, expected: "ab".repeat(20) })).rejects.toThrow(TypeError);
  });
});

describe("the front doors", () => {
  it("judge a report the same, through either", async () => {
    const [one, two] = await Promise.all([
      alone.verify(forged.report, options),
      everything.verify(forged.report, options as Options),
    ]);
    expect(one.outcome).toBe("verified");
    expect({ ...two, meta: { ...two.meta, policySha256: "" } }).toEqual({
      ...one,
      meta: { ...one.meta, policySha256: "" },
    });
    expect(everything.inspect(forged.report)).toEqual(alone.inspect(forged.report));
    expect((await everything.requireVerified(forged.report, options as Options)).ok).toBe(true);
  });
});
