/** The way through the house: every evidence gets a verdict, whatever breaks on the way, and nothing is left running. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { forgeSnp } from "../fixtures/amd/snp.js";
import { forgeDstack } from "../fixtures/dstack/bundle.js";
import { forgeManifest } from "../fixtures/manifest/manifest.js";
import { type Crypto, CryptoUnavailableError } from "../src/crypto/crypto.js";
import { defaultCrypto } from "../src/crypto/webcrypto.js";
import { MalformedError } from "../src/encoding/malformed.js";
import { detect } from "../src/evidence/detect.js";
import { openEnvelope } from "../src/evidence/envelope.js";
import type { Child, EvidenceKind } from "../src/evidence/kind.js";
import { sevSnp } from "../src/evidence/sev-snp/kind.js";
import { NotVerifiedError, requireVerified, verify } from "../src/sev-snp.js";
import type { Verdict } from "../src/verdict.js";
import { about, check, judge, type Options, optionsFor, withStatus } from "./evidence/sev-snp/support.js";
import { put } from "./support/dcap.js";
import { expectedOf, judgeAs } from "./support/dstack.js";
import { judgeForged } from "./support/nitro.js";
import { nodeCrypto } from "./support/node-crypto.js";
import { judgeGpu } from "./support/nvidia.js";

const forged = forgeSnp();
const { report } = forged;
const options = optionsFor(forged);

const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);
beforeEach(() => {
  rejections.length = 0;
  process.on("unhandledRejection", note);
});
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.off("unhandledRejection", note);
  expect(rejections).toEqual([]);
});

describe("a back end that breaks", () => {
  const real = nodeCrypto;
  const failing = (at: number, error: unknown): Crypto => {
    let calls = 0;
    const answer = <T>(value: () => Promise<T>): Promise<T> => (calls++ === at ? Promise.reject(error) : value());
    return {
      name: "failing",
      digest: (...request) => answer(() => real.digest(...request)),
      verify: (...request) => answer(() => real.verify(...request)),
    };
  };

  it("at any call gives a verdict that is no yes unless nothing rests on that call, and leaves no promise behind", async () => {
    const given: Options = { ...options, endorsements: [...forged.endorsements, forged.ark, forged.crl()] };
    const outcomes: string[] = [];
    for (let at = 0; at < 20; at++) {
      const verdict = await verify(report, { ...given, crypto: failing(at, new Error("broken")) });
      outcomes.push(verdict.outcome);
      const internal = check(verdict, "evidence/recognised")?.code === "internal-error";
      expect(verdict.outcome).toBe(internal ? "rejected" : "verified");
      if (!internal) continue;
      // Whatever came of the other checks, none of it is shown as a finding on this evidence.
      expect(verdict.parts).toEqual([]);
    }
    // Digests of anchor, evidence, expectation, policy, supplied certificates; signatures of key, ASK, ARK's list, report.
    expect(outcomes.filter((outcome) => outcome === "rejected").length).toBeGreaterThanOrEqual(5);
    expect(outcomes.at(-1)).toBe("verified");
  });

  it("with something that is no error gives a verdict too", async () => {
    const verdict = await verify(report, {
      ...options,
      crypto: { name: "odd", digest: nodeCrypto.digest, verify: () => Promise.reject("odd") },
    });
    expect(check(verdict, "evidence/recognised")).toMatchObject({
      code: "internal-error",
      params: { reason: "unknown" },
    });
  });

  it("by throwing at once gives a verdict too", async () => {
    const broken = (): never => {
      throw new Error("at once");
    };
    const verdict = await verify(report, { ...options, crypto: { name: "broken", digest: broken, verify: broken } });
    expect(verdict.outcome).toBe("rejected");
  });

  it("for digests alone leaves meta without them, and everything else as it is", async () => {
    const crypto = defaultCrypto() as Crypto;
    const noDigests: Crypto = {
      name: "half",
      digest: () => Promise.reject(new Error("no digests")),
      verify: (...request) => crypto.verify(...request),
    };
    const { trustAnchors: _, ...pinned } = options;
    const verdict = await verify(report, { ...pinned, endorsements: [forged.ek], crypto: noDigests });
    expect(verdict.meta).toMatchObject({ evidenceSha256: null, expectedSha256: null, policySha256: null });
    expect(check(verdict, "sev-snp/report-signature")?.status).toBe("passed");
  });
});

describe("a back end that breaks late, by any other kind's signatures", () => {
  const dcap = forgeDstack();
  const log = JSON.stringify(dcap.answer);
  const CASES: readonly (readonly [string, (crypto: Crypto) => Promise<Verdict>])[] = [
    ["a quote with a log", (crypto) => judgeAs(log, { expected: expectedOf(dcap), crypto })],
    ["a quote", (crypto) => put({ options: { crypto } })],
    [
      "a report with lists",
      (crypto) => verify(report, { ...options, endorsements: [...forged.endorsements, forged.crl()], crypto }),
    ],
    ["a GPU", (crypto) => judgeGpu({}, { crypto })],
    ["a Nitro document", (crypto) => judgeForged({}, { crypto })],
  ];
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
  const late = (digests: boolean, signatures: boolean): Crypto => ({
    name: "late",
    digest: async (...request) => {
      if (digests) await pause();
      return nodeCrypto.digest(...request);
    },
    verify: async () => {
      if (signatures) await pause();
      throw new Error("broken");
    },
  });

  it.each(CASES)("of %s gives a verdict, and leaves no promise behind", async (_, judgeWith) => {
    for (const crypto of [late(false, false), late(true, false), late(true, true), late(false, true)]) {
      const verdict = await judgeWith(crypto);
      expect(check(verdict, "evidence/recognised")?.code).toBe("internal-error");
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(rejections).toEqual([]);
    }
  });
});

describe("a back end that cannot do one thing that is asked of it", () => {
  const dcap = forgeDstack();
  const manifest = forgeManifest({
    platforms: [
      {
        kind: "sev-snp",
        label: "v1",
        values: { measurement: Buffer.from(forged.fields.measurement as Uint8Array).toString("hex") },
      },
    ],
  });
  const complete = { ...options, endorsements: [...forged.endorsements, forged.ark, forged.crl()] };
  /** With the number of anchors of the caller's, whose digests merely name them. */
  const CASES: readonly (readonly [string, number, (crypto: Crypto) => Promise<Verdict>])[] = [
    ["dstack", 1, (crypto) => judgeAs(JSON.stringify(dcap.info), { expected: expectedOf(dcap), crypto })],
    ["TDX", 1, (crypto) => put({ options: { crypto } })],
    ["SEV-SNP", 1, (crypto) => verify(report, { ...complete, crypto })],
    [
      "SEV-SNP by a manifest",
      1,
      (crypto) => verify(report, { ...options, expected: manifest.hash, manifests: [manifest.text], crypto }),
    ],
    ["NVIDIA", 2, (crypto) => judgeGpu({}, { crypto })],
    ["Nitro", 1, (crypto) => judgeForged({}, { crypto })],
  ];

  it.each(CASES)("leaves %s open, whichever it is, and rejects nothing", async (_, anchors, judgeWith) => {
    const outcomes: string[] = [];
    for (let at = 0, calls = 1; at < calls; at++) {
      calls = 0;
      const answer = <T>(value: () => Promise<T>): Promise<T> =>
        calls++ === at ? Promise.reject(new CryptoUnavailableError("not here")) : value();
      const { outcome } = await judgeWith({
        name: "lacking",
        digest: (...request) => answer(() => nodeCrypto.digest(...request)),
        verify: (...request) => answer(() => nodeCrypto.verify(...request)),
      });
      outcomes.push(outcome);
      // What was not asked for the last time has been through.
      calls = Math.max(calls, at + 1);
    }
    // The last three name evidence, expectation and policy.
    expect(outcomes.slice(-3)).toEqual(["verified", "verified", "verified"]);
    const asked = outcomes.slice(anchors, -3);
    expect(asked.length).toBeGreaterThanOrEqual(6);
    expect(new Set(asked)).toEqual(new Set(["undetermined"]));
  });
});

describe("a kind that breaks", () => {
  const breaking = (door: keyof EvidenceKind, error: unknown): EvidenceKind =>
    ({
      ...sevSnp,
      [door]: () => {
        throw error;
      },
    }) as unknown as EvidenceKind;

  it.each(["recognises", "parse", "needs", "authenticate", "appraise"] as const)(
    "in %s gives a verdict: rejected, as a defect of ours",
    async (door) => {
      const verdict = await judge({ evidence: report, options, kinds: [breaking(door, new RangeError("stack"))] });
      expect(verdict.outcome).toBe("rejected");
      expect(check(verdict, "evidence/recognised")).toMatchObject({
        status: "failed",
        code: "internal-error",
        params: { reason: "stack" },
      });
    },
  );

  it("by MalformedError in parse is malformed evidence", async () => {
    const verdict = await judge({
      evidence: report,
      options,
      kinds: [breaking("parse", new MalformedError("bad", 3))],
    });
    expect(check(verdict, "sev-snp/format")).toMatchObject({
      status: "failed",
      code: "malformed",
      params: { reason: "bad", offset: 3 },
    });
  });

  it("and leaves its signatures running still leaves no promise behind", async () => {
    const late = {
      ...sevSnp,
      authenticate: async () => ({ trusted: undefined, settled: Promise.reject(new Error("late")) }),
    };
    const kinds = [{ ...late, appraise: () => Promise.reject(new Error("early")) } as unknown as EvidenceKind];
    const verdict = await judge({ evidence: report, options, kinds });
    expect(check(verdict, "evidence/recognised")?.params).toMatchObject({ reason: "early" });
    const settled = await judge({ evidence: report, options, kinds: [late as unknown as EvidenceKind] });
    expect(check(settled, "evidence/recognised")?.params).toMatchObject({ reason: "late" });
  });

  it("and makes no check at all verifies nothing", async () => {
    const silent = {
      ...sevSnp,
      authenticate: async () => ({ trusted: undefined }),
      appraise: async () => ({ covers: "launch", freshness: "none", channel: undefined, limits: [] }),
    } as unknown as EvidenceKind;
    const verdict = await judge({ evidence: report, options, kinds: [silent] });
    expect(verdict.outcome).toBe("undetermined");
    const left = verdict.checks.filter(({ code }) => code === "not-checked");
    expect(left.map(({ id }) => id)).toEqual(
      sevSnp.checks.filter(({ required, id }) => required && id !== "sev-snp/format").map(({ id }) => id),
    );
  });

  it("and leaves out a single required check verifies nothing", async () => {
    const required = sevSnp.checks.filter((definition) => definition.required && definition.id !== "sev-snp/format");
    for (const { id } of required) {
      const deaf = (ledger: never): never => {
        const inner = ledger as unknown as Record<string, (...args: unknown[]) => unknown>;
        const quiet =
          (name: string) =>
          (...args: unknown[]) =>
            args[0] === id ? undefined : inner[name]?.(...args);
        const names = ["passed", "failed", "undetermined", "skipped", "waived", "judge", "path"];
        return Object.assign(
          Object.create(inner),
          Object.fromEntries(names.map((name) => [name, quiet(name)])),
        ) as never;
      };
      const kind = {
        ...sevSnp,
        authenticate: (evidence: never, context: { ledger: never }) =>
          sevSnp.authenticate(evidence, { ...context, ledger: deaf(context.ledger) } as never),
        appraise: (evidence: never, trusted: never, context: { ledger: never }) =>
          sevSnp.appraise(evidence, trusted, { ...context, ledger: deaf(context.ledger) } as never),
      } as unknown as EvidenceKind;
      const verdict = await judge({ evidence: report, options, kinds: [kind] });
      expect([id, verdict.outcome]).toEqual([id, "undetermined"]);
    }
  });
});

/** SEV-SNP's evidence, read as something that holds `children`. */
const holding = (children: readonly Child[], name = "outer", wraps: readonly string[] = ["sev-snp"]): EvidenceKind =>
  ({ ...sevSnp, name, wraps, unwrap: () => children }) as unknown as EvidenceKind;
const inner = sevSnp as unknown as EvidenceKind;
const child = (name: string, change: Partial<Child> = {}): Child => ({
  name,
  role: "cpu",
  bytes: report,
  endorsements: forged.endorsements,
  accept: ["sev-snp"],
  binding: "unbound",
  ...change,
});

describe("evidence inside evidence", () => {
  const ask = (kinds: readonly EvidenceKind[]) =>
    judge({ evidence: report, options: { ...options, expected: "any-build" }, kinds });
  const malformed = (part: string, reason: RegExp) =>
    expect.objectContaining({ part, code: "malformed", params: { reason: expect.stringMatching(reason), offset: 0 } });

  it("is a part of its own, whose failure counts", async () => {
    const good = await ask([holding([child("snp")]), inner]);
    expect([good.outcome, good.parts.map(({ path, kind }) => [path, kind])]).toEqual([
      "verified",
      [
        ["evidence", "outer"],
        ["evidence.snp", "sev-snp"],
      ],
    ]);
    const { report: bytes } = forgeSnp({ report: { vmpl: 2 } });
    const bad = await ask([holding([child("snp", { bytes })]), inner]);
    expect(bad.checks.filter(({ status }) => status === "failed").map(({ id, part }) => [id, part])).toEqual([
      ["sev-snp/vmpl", "evidence.snp"],
    ]);
  });

  it("that is not what may stand there is malformed", async () => {
    const other = holding([], "other", []);
    const verdict = await ask([
      holding([child("snp", { accept: ["other"] })], "outer", ["sev-snp", "other"]),
      inner,
      other,
    ]);
    expect(verdict.parts.map(({ kind }) => kind)).toEqual(["outer", "other"]);
    const refused = await ask([holding([child("snp", { accept: ["tdx"] })]), inner]);
    expect(refused.checks).toContainEqual(malformed("evidence", /the snp inside is not tdx/));
  });

  it("wider than 64 is malformed", async () => {
    const many = (length: number) => ask([holding(Array.from({ length }, (_, i) => child(String(i)))), inner]);
    expect((await many(64)).parts).toHaveLength(65);
    expect((await many(65)).checks).toContainEqual(malformed("evidence", /too wide/));
  });

  it("in more than three layers is malformed", async () => {
    const layers = (count: number) => {
      const names = Array.from({ length: count }, (_, i) => `layer${i}`);
      const kinds = names.map((name, i) => {
        const next = names[i + 1] ?? "sev-snp";
        return holding([child("in", { accept: [next] })], name, [...names.slice(i + 1), "sev-snp"]);
      });
      return ask([...kinds, inner]);
    };
    expect((await layers(2)).outcome).toBe("verified");
    expect((await layers(3)).checks).toContainEqual(malformed("evidence.in.in.in", /too deep/));
  });

  it("with an endorsement that is broken is rejected, and keeps what came around it", async () => {
    const endorsements = [Uint8Array.of(0x30, 0x82, 0x01)];
    const verdict = await ask([holding([child("snp", { endorsements })]), inner]);
    expect(withStatus(verdict, "failed")).toEqual(["evidence/endorsements"]);
  });
});

describe("endorsements of no use", () => {
  const withItem = (item: Uint8Array) => verify(report, { ...options, endorsements: [...forged.endorsements, item] });

  it("that are OCSP responses belong to other evidence of the same call; what is nothing is refused", async () => {
    expect((await withItem(Uint8Array.of(0x30, 3, 0x0a, 1, 0))).outcome).toBe("verified");
    expect(withStatus(await withItem(Uint8Array.of(1, 2, 3)), "failed")).toEqual(["evidence/endorsements"]);
  });

  it("that were fetched and cannot be read leave what is missing missing, and are asked for once", async () => {
    const need = {
      id: "vcek",
      what: "the certificate",
      candidates: ["https://kdsintf.amd.com/vcek/v1/Milan/00"],
      accept: () => [Uint8Array.of(0x30, 0x82, 0x01)],
    };
    const kind = { ...sevSnp, needs: () => [need] } as unknown as EvidenceKind;
    let asked = 0;
    const fetch = async (): Promise<Response> => {
      asked++;
      return new Response(new Uint8Array(8));
    };
    const verdict = await judge({ evidence: report, options: { ...options, endorsements: [], fetch }, kinds: [kind] });
    expect([verdict.outcome, withStatus(verdict, "failed"), asked]).toEqual(["undetermined", [], 1]);
    expect(check(verdict, "sev-snp/endorsement-key")?.detail).toContain("the answer is malformed");
  });
});

describe("detection", () => {
  it("does not trust labels: what JSON says of itself decides nothing", async () => {
    const claimed = { type: "tdx", provider: "sev_guest", outblob: Buffer.from(report).toString("base64") };
    expect((await verify(JSON.stringify(claimed), options)).outcome).toBe("verified");
  });

  it("of nothing at all is unrecognised for a house without kinds", () => {
    expect(detect(openEnvelope(report), []).status).toBe("unrecognised");
  });
});

describe("requireVerified", () => {
  it("resolves to the verdict that verify gives", async () => {
    expect(await requireVerified(report, options)).toEqual(await verify(report, options));
  });

  it.each([
    ["rejected", about({ report: { vmpl: 1 } })],
    ["undetermined", about({}, undefined, { endorsements: [] })],
  ] as const)("throws what is %s, with the verdict in it", async (outcome, question) => {
    const error = await requireVerified(question.evidence, question.options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NotVerifiedError);
    expect((error as NotVerifiedError).verdict).toEqual(await judge(question));
    expect((error as NotVerifiedError).verdict.outcome).toBe(outcome);
    expect((error as NotVerifiedError).message).toContain(outcome);
  });
});

describe("the clock", () => {
  it("is asked once where the caller gives no time", async () => {
    const { now } = Date;
    const { at: _, ...timeless } = options;
    let asked = 0;
    Date.now = () => {
      asked++;
      return forged.at.getTime();
    };
    try {
      const verdict = await verify(report, timeless);
      expect(verdict.outcome).toBe("verified");
      expect(verdict.meta.at).toBe(forged.at.toISOString());
      expect(asked).toBe(1);
      await verify(report, options);
      expect(asked).toBe(1);
    } finally {
      Date.now = now;
    }
  });

  it("at the ends of all dates gives a verdict", async () => {
    for (const time of [8.64e15, -8.64e15, 0]) {
      const verdict = await verify(report, { ...options, at: new Date(time) });
      expect(withStatus(verdict, "failed")).toContain("sev-snp/certificate-validity");
    }
  });
});

describe("many at once", () => {
  it("do not mix: hundreds of verdicts of two kinds of report", async () => {
    const bad = forgeSnp({ report: { vmpl: 1 } });
    const verdicts = await Promise.all(
      Array.from({ length: 400 }, (_, i) =>
        i % 2 === 0 ? verify(report, options) : verify(bad.report, optionsFor(bad)),
      ),
    );
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(
      verdicts.map((_, i) => (i % 2 === 0 ? "verified" : "rejected")),
    );
  });
});
