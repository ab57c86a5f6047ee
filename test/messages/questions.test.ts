import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { type Check, reportDataFor, type Verdict, verify } from "../../src/index.js";
import { questionsOf } from "../../src/messages/questions.js";

const nonce = new Uint8Array(32).fill(7);
const publicKey = new Uint8Array(91).fill(0x30);

/** A verdict on a forgery; `asPinned` shows it as if its anchors were the vendor's. */
async function judged(
  request: Parameters<typeof forgeSnp>[0],
  options: Partial<Parameters<typeof verify>[1]>,
  asPinned = true,
): Promise<Verdict> {
  const { report, endorsements, trustAnchors, at, fields } = forgeSnp(request);
  const verdict = await verify(report, {
    expected: { "sev-snp": { measurement: fields.measurement } },
    binding: { nonce, publicKey },
    endorsements,
    trustAnchors,
    at,
    ...options,
  });
  return asPinned ? { ...verdict, meta: { ...verdict.meta, anchors: "pinned" } } : verdict;
}

const tones = (verdict: Verdict): Record<string, string> =>
  Object.fromEntries(questionsOf(verdict).map(({ id, tone }) => [id, tone]));
const bound = { report: { reportData: await reportDataFor({ nonce, publicKey }) } };

describe("the three questions", () => {
  it("are all answered with yes by a whole yes", async () => {
    expect(tones(await judged(bound, {}))).toEqual({ hardware: "good", build: "good", channel: "good" });
  });

  it("have no yes under anchors of one's own", async () => {
    const verdict = await judged(bound, {}, false);
    expect(verdict.outcome).toBe("verified");
    expect(tones(verdict)).toEqual({ hardware: "unknown", build: "plain", channel: "plain" });
  });

  it("say that a nonce without a key ties no connection", async () => {
    const request = { report: { reportData: await reportDataFor({ nonce }) } };
    expect(tones(await judged(request, { binding: { nonce } }))["channel"]).toBe("plain");
  });

  it.each([
    ["any build", { expected: "any-build" as const }, "build"],
    ["unbound", { binding: "unbound" as const }, "channel"],
  ])("have no yes for %s", async (_name, options, id) => {
    const verdict = await judged(bound, options);
    expect(verdict.outcome).toBe("verified");
    expect(tones(verdict)[id]).toBe("unknown");
    expect(Object.values(tones(verdict))).not.toContain("good");
  });

  const other = new Uint8Array(48).fill(9);
  it.each([
    [
      "another build",
      bound,
      { expected: { "sev-snp": { measurement: other } } },
      { hardware: "plain", build: "bad", channel: "plain" },
    ],
    [
      "another nonce",
      bound,
      { binding: { nonce: nonce.map((byte) => byte ^ 1), publicKey } },
      { hardware: "plain", build: "plain", channel: "bad" },
    ],
    [
      "a debug guest",
      { report: { ...bound.report, policy: 0xb0000n } },
      {},
      { hardware: "plain", build: "plain", channel: "plain" },
    ],
    [
      "a forgery",
      { ...bound, afterSigning: (report: Uint8Array) => report.set([1], 0x20) },
      {},
      { hardware: "bad", build: "unknown", channel: "unknown" },
    ],
    ["no certificate", bound, { endorsements: [] }, { hardware: "unknown", build: "unknown", channel: "unknown" }],
  ])("name what is wrong with %s, and say yes to nothing", async (_name, request, options, wanted) => {
    expect(tones(await judged(request, options))).toEqual(wanted);
  });

  const another = "No: it runs something else.";
  const unshown = "Nothing shows it: a check failed.";
  it.each([
    ["sev-snp/build", "appraise", "build-mismatch", "build", another],
    ["dstack/app-compose", "appraise", "compose-mismatch", "build", another],
    ["sev-snp/build", "appraise", "no-reference-values", "build", unshown],
    ["evidence/manifest", "appraise", "manifest-expired", "build", unshown],
    ["tdx/rtmr3", "appraise", "rtmr3-not-zero", "build", unshown],
    [
      "nitro/binding",
      "appraise",
      "binding-mismatch",
      "channel",
      "No: it answers another question, or is somebody else's.",
    ],
    ["nitro/age", "appraise", "document-from-the-future", "channel", unshown],
    ["sev-snp/report-data", "appraise", "binding-unsupported", "channel", unshown],
    ["evidence/recognised", "parse", "unrecognised", "hardware", unshown],
    ["sev-snp/certificate-chip", "authenticate", "chip-mismatch", "hardware", unshown],
  ] as const)("say of %s (%s, %s) no more than it found", async (id, stage, code, question, answer) => {
    const verdict = await judged(bound, {});
    const [first] = verdict.checks;
    const check = { ...(first as Check), id, stage, code, status: "failed" } as const;
    const rejected = {
      ...verdict,
      outcome: "rejected",
      ok: false,
      checks: [...verdict.checks, check],
    } as unknown as Verdict;
    expect(questionsOf(rejected).find((item) => item.id === question)).toMatchObject({ tone: "bad", answer });
  });

  it("know nothing of bytes that are no evidence", async () => {
    const verdict = await verify(new Uint8Array(9), { expected: "any-build", binding: { nonce } });
    expect(Object.values(tones(verdict))).toEqual(["bad", "unknown", "unknown"]);
  });
});
