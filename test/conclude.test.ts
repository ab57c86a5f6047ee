/** The verdict as a whole: plain JSON, checks in a fixed order with words for each, limits, and what it rests on. */
import { describe, expect, it } from "vitest";
import { forgeSnp, type SnpRequest } from "../fixtures/amd/snp.js";
import { HOUSE_CHECKS } from "../src/house.js";
import { headlineOf } from "../src/messages/headline.js";
import { FLOORS, type FloorTable, sevSnp, verify } from "../src/sev-snp.js";
import { ROOTS_DATE } from "../src/trust/roots-date.js";
import type { Verdict } from "../src/verdict.js";
import {
  about,
  aboutWith,
  check,
  judge,
  type Options,
  optionsFor,
  type Question,
  withStatus,
} from "./evidence/sev-snp/support.js";

const QUESTIONS: Readonly<Record<string, () => Question>> = {
  verified: () => about({ version: 5, product: "Turin" }),
  "verified, with a list": () => aboutWith({}, ({ endorsements, crl }) => ({ endorsements: [...endorsements, crl()] })),
  "any build, unbound": () => about({}, { allow: ["debug"] }, { expected: "any-build", binding: "unbound" }),
  "rejected in appraise": () => about({ report: { vmpl: 1, platformInfo: 0x125n } }),
  "rejected in authenticate": () => about({ ek: { hwid: new Uint8Array(64) } }),
  "a certificate that is none": () => about({ ek: { amd: { "1": null } } }),
  "malformed report": () => about({ report: { vmpl: 9 } }),
  undetermined: () =>
    about(
      { version: 2 },
      { minimumTcb: { bl: 1 }, products: "Milan", cspIds: "x", revocation: "required" },
      { endorsements: [] },
    ),
  "of nothing": () => ({ ...about(), evidence: new Uint8Array(100).fill(0xee) }),
  "of a VLEK": () => about({ key: "VLEK" }, { cspIds: "CN=cc-test-1.example.com", requireIdBlock: true }),
};

const verdicts = new Map<string, Verdict>();
for (const [name, question] of Object.entries(QUESTIONS)) verdicts.set(name, await judge(question()));
const all = [...verdicts];
const verdictOf = (name: string): Verdict => verdicts.get(name) as Verdict;

/** No undefined, no bytes, no bigint, no date, no NaN: what JSON would lose or refuse. */
function isPlain(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return Object.keys(value).length === value.length && value.every(isPlain);
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.values(value).every(isPlain);
}

describe.each(all)("a verdict, %s,", (_name, verdict) => {
  it("is plain JSON", () => {
    expect(isPlain(verdict)).toBe(true);
    expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
  });

  it("has its checks in the fixed order, each once and every required one", () => {
    const order = [...HOUSE_CHECKS, ...sevSnp.checks].map(({ id }) => id);
    const ids = verdict.checks.map(({ id }) => id);
    expect(ids).toEqual(order.filter((id) => ids.includes(id)));
    const parts = verdict.parts.length > 0 ? sevSnp.checks : [];
    const required = [...HOUSE_CHECKS.filter(({ id }) => id !== "evidence/manifest"), ...parts].filter(
      (one) => one.required,
    );
    expect(required.map(({ id }) => id).filter((id) => !ids.includes(id))).toEqual([]);
  });

  it("says of each check what was done, in whole words", () => {
    for (const one of verdict.checks) {
      expect(one.title.length).toBeGreaterThan(3);
      expect(one.detail.length).toBeGreaterThan(3);
      // A placeholder that nothing filled, or a code in place of a sentence.
      expect(one.detail).not.toMatch(/\{\w+\}|\bundefined\b|\[object/);
      expect(one.detail).not.toBe(one.code);
      expect(one.spec.length).toBeGreaterThan(3);
      expect(one.part).toBe("evidence");
      expect("code" in one).toBe(one.status !== "passed" && one.status !== "skipped");
      expect("blockedBy" in one).toBe(one.status === "skipped");
    }
  });

  it("names what stands in the way of every required check that it could not make", () => {
    expect(verdict.checks.filter(({ code }) => code === "not-checked")).toEqual([]);
  });

  it("skips only for a check that is itself in the way", () => {
    for (const one of verdict.checks.filter(({ status }) => status === "skipped"))
      expect(["failed", "undetermined", "skipped"]).toContain(check(verdict, one.blockedBy as string)?.status);
  });

  it("has claims or unverified claims, by its outcome", () => {
    expect(verdict.ok).toBe(verdict.outcome === "verified");
    expect("claims" in verdict).toBe(verdict.ok);
    expect("unverifiedClaims" in verdict).toBe(!verdict.ok);
  });

  it("says what it does not prove", () => expect(verdict.limits.length).toBeGreaterThanOrEqual(3));
});

describe("an optional check", () => {
  it("is made where it is asked for, and only there", () => {
    const optional = sevSnp.checks.filter(({ required }) => !required).map(({ id }) => id);
    const made = (name: string) =>
      verdictOf(name)
        .checks.map(({ id }) => id)
        .filter((id) => optional.includes(id));
    // Revocation is always told of; the vectors of version 5 are looked at where they contradict each other.
    expect(made("verified")).toEqual(["sev-snp/revocation"]);
    expect(made("of a VLEK")).toEqual(["sev-snp/revocation", "sev-snp/id-block", "sev-snp/csp-accepted"]);
  });
});

describe("a part whose form is wrong", () => {
  it("is not looked at further", () => {
    const verdict = verdictOf("malformed report");
    const rest = verdict.checks.filter(({ id }) => id.startsWith("sev-snp/") && id !== "sev-snp/format");
    expect(new Set(rest.map(({ status, blockedBy }) => `${status} ${blockedBy}`))).toEqual(
      new Set(["skipped sev-snp/format"]),
    );
    expect(rest.length).toBe(sevSnp.checks.filter((one) => one.required).length - 1);
    expect(verdict).toMatchObject({ covers: "nothing", freshness: "none", channel: "none", unverifiedClaims: {} });
  });

  it("leaves the house's own checks to the house", () => {
    const verdict = verdictOf("of nothing");
    expect(withStatus(verdict, "failed")).toEqual(["evidence/recognised"]);
    expect(withStatus(verdict, "skipped")).toEqual([
      "evidence/endorsements",
      "evidence/accepted-kind",
      "evidence/covers",
    ]);
    expect(verdict.parts).toEqual([]);
  });
});

describe("limits", () => {
  it("say whose anchors were trusted, and of exact bytes that they are the caller's", async () => {
    const anchors = expect.stringContaining("NOT under the vendor's");
    const bytes = expect.stringContaining("you know alone");
    const forged = forgeSnp();
    const { trustAnchors: _, ...pinned } = optionsFor(forged);
    const own = await verify(forged.report, {
      ...optionsFor(forged),
      binding: { reportData: forged.fields.reportData },
    });
    expect(own.limits).toEqual(expect.arrayContaining([anchors, bytes]));
    const vendors = await verify(forged.report, { ...pinned, binding: { nonce: new Uint8Array(16) } });
    expect(vendors.limits).not.toContainEqual(anchors);
    expect(vendors.limits).not.toContainEqual(bytes);
  });

  const limitsWith = async (request: SnpRequest, changes: Partial<Options> = {}): Promise<ReadonlySet<string>> => {
    const { evidence, options } = about(request);
    return new Set((await judge({ evidence, options: { ...options, ...changes } })).limits);
  };
  /** How many sentences one verdict has that another has not. */
  const added = async (one: Promise<ReadonlySet<string>>, other: Promise<ReadonlySet<string>>): Promise<number> => {
    const base = await one;
    return [...(await other)].filter((text) => !base.has(text)).length;
  };

  it.each([
    ["Milan's root seed", { product: "Genoa" }, { product: "Milan" }],
    ["a VLEK that belongs to no chip", {}, { key: "VLEK" }],
  ] as const)("name %s", async (_name, without, with_) => {
    expect(await added(limitsWith(without), limitsWith(with_))).toBe(1);
    expect(await added(limitsWith(with_), limitsWith(without))).toBe(0);
  });

  it("name an expectation and a binding that the caller gave up", async () => {
    expect(await added(limitsWith({}), limitsWith({}, { expected: "any-build" }))).toBe(1);
    expect(await added(limitsWith({}), limitsWith({}, { binding: "unbound" }))).toBe(1);
  });

  it("name revocation that was not checked, and only then", async () => {
    const [without, with_] = [verdictOf("verified"), verdictOf("verified, with a list")];
    expect(check(without, "sev-snp/revocation")?.status).toBe("undetermined");
    const turin = forgeSnp({ version: 5, product: "Turin" });
    const listed = await verify(turin.report, {
      ...optionsFor(turin),
      endorsements: [...turin.endorsements, turin.crl()],
    });
    expect(without.limits.length - listed.limits.length).toBe(1);
    // A list of another root is valid and clears nothing here.
    const milan = forgeSnp();
    const foreign = await verify(turin.report, {
      ...optionsFor(turin),
      endorsements: [...turin.endorsements, milan.crl()],
      trustAnchors: { amd: [turin.ark, milan.ark] },
    });
    expect(foreign.limits).toEqual(without.limits);
    expect(foreign.meta.validUntil).toBe(without.meta.validUntil);
    expect(check(with_, "sev-snp/revocation")?.status).toBe("passed");
  });

  it("name what a policy takes that the defaults refuse, where it was needed", async () => {
    const debug = { report: { policy: 0xb0000n } };
    const allow = { policy: { "sev-snp": { allow: ["debug"] } } } as const;
    expect(await added(limitsWith({}, allow), limitsWith(debug, allow))).toBe(1);
  });

  const low = { snp: 0x17 };
  const below = { currentTcb: low, committedTcb: low, reportedTcb: low };
  const floors = (snp: number) =>
    ({ date: "2030-01-01", floors: [{ ...FLOORS.floors[0], tcb: { Milan: { snp } } }] }) as FloorTable;
  it.each([
    ["another privilege level", "sev-snp/vmpl", { vmpl: [0, 1, 2, 3] }, { vmpl: 1 }],
    ["lower floors", "sev-snp/tcb-floor", { floors: floors(0) }, below],
  ] as const)("and %s, which is waived and not passed", async (_name, id, policy, report) => {
    const [needed, not] = (await Promise.all(
      [{ report }, {}].map((request) => judge(about(request, policy, { at: new Date("2026-11-26") }))),
    )) as [Verdict, Verdict];
    expect([needed.outcome, check(needed, id)]).toMatchObject(["verified", { status: "waived", code: "allowed" }]);
    expect(needed.limits.join(" ")).toContain(`accepts what the safe defaults reject: ${check(needed, id)?.title}`);
    expect(headlineOf({ ...needed, meta: { ...needed.meta, anchors: "pinned" } })).toMatchObject({ tone: "unknown" });
    expect([not.outcome, check(not, id)?.status]).toEqual(["verified", "passed"]);
    if (id !== "sev-snp/tcb-floor") return;
    // A table of its own time is no waiver for evidence of that time.
    const then = await judge(about({ report }, policy, { at: new Date("2026-11-23") }));
    expect(check(then, id)?.status).toBe("passed");
    expect(headlineOf({ ...not, meta: { ...not.meta, anchors: "pinned" } })).toMatchObject({ tone: "good" });
  });
});

describe("notices", () => {
  const noticeOf = async (id: string, question: Question): Promise<string | undefined> =>
    check(await judge(question), id)?.notice;
  const old = { snp: 0x18 };
  const low = { currentTcb: old, committedTcb: old, reportedTcb: old };

  it.each([
    ["sev-snp/advisories", about({ report: low }), about()],
    ["sev-snp/advisories", about({ report: { platformInfo: 0x5n } }), about()],
    ["sev-snp/provisional-firmware", about({ report: { committedFirmware: [1, 55, 53] } }), about()],
    ["sev-snp/provisional-firmware", about({ report: { currentTcb: { ucode: 0xdc } } }), about()],
    ["sev-snp/platform-info", about({ report: { platformInfo: 0x125n } }), about({ report: { platformInfo: 0xa5n } })],
    ["sev-snp/certificate-chip", about({ key: "VLEK" }), about()],
    [
      "sev-snp/tcb-floor",
      about({}, undefined, { at: new Date("2027-12-01") }),
      about({}, undefined, { at: new Date("2027-11-01") }),
    ],
  ] as const)("of %s", async (id, with_, without) => {
    expect((await noticeOf(id, with_))?.length).toBeGreaterThan(10);
    expect(await noticeOf(id, without)).toBeUndefined();
    expect((await judge(with_)).outcome).toBe("verified");
  });
});

describe("meta", () => {
  it("names time, roots, floors, back end and anchors", () => {
    const { meta } = verdictOf("verified");
    expect(meta).toMatchObject({
      schema: 1,
      at: "2026-06-01T00:00:00.000Z",
      crypto: "webcrypto",
      roots: ROOTS_DATE,
      floors: FLOORS.date,
      anchors: "custom",
    });
    for (const digest of [meta.evidenceSha256, meta.expectedSha256, meta.policySha256])
      expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it("names the date of the caller's floors where there are such", async () => {
    const verdict = await judge(about({}, { floors: { date: "2026-02-03", floors: [] } }));
    expect(verdict.meta.floors).toBe("2026-02-03");
  });

  it("ends with the first certificate that the verdict rests on", async () => {
    const at = about().options.at as Date;
    const soon = new Date(at.getTime() + 1000);
    for (const who of ["ek", "issuer", "ark"] as const)
      expect((await judge(about({ [who]: { notAfter: soon } }))).meta.validUntil).toBe(soon.toISOString());
    const later = await judge(about());
    expect(later.meta.validUntil).toBe("2044-01-01T00:00:00.000Z");
    expect(verdictOf("of nothing").meta.validUntil).toBeNull();
    expect(verdictOf("undetermined").meta.validUntil).toBeNull();
  });
});
