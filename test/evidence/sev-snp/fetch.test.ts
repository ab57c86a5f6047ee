/** Missing endorsements fetched for a report: from exact addresses, judged like any other, and a failed fetch is only ever undetermined (rows 32, 33). */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ASK_SERIAL, forgeAmdCrl, forgeEk } from "../../../fixtures/amd/certificates.js";
import { pattern } from "../../../fixtures/amd/report.js";
import { forgeSnp, type SnpForgery, type SnpRequest } from "../../../fixtures/amd/snp.js";
import { hex } from "../../../fixtures/amd/wrappers.js";
import { testKey } from "../../../fixtures/keys.js";
import { CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import { noble } from "../../../src/crypto/noble.js";
import { memoryCache } from "../../../src/endorsements/cache.js";
import { readEndorsementKey } from "../../../src/evidence/sev-snp/ek.js";
import { verify } from "../../../src/sev-snp.js";
import { parseCertificate } from "../../../src/trust/certificate.js";
import type { Verdict } from "../../../src/verdict.js";
import { type Answer, deaf, endless, fakeFetch, ok, silent, status } from "../../endorsements/fake-fetch.js";
import { describeShared } from "../../support/shared.js";
import { realCase } from "./corpus.js";
import { check, failsBeforeAppraisal, type Options, optionsFor, type Policy } from "./support.js";

const KDS = "https://kdsintf.amd.com";

/** A forgery whose key's certificate is not given. */
function without(request: SnpRequest = {}, policy?: Policy): { forged: SnpForgery; options: Options } {
  const forged = forgeSnp(request);
  return { forged, options: { ...optionsFor(forged, policy), endorsements: [forged.issuer] } };
}

const fetching = (
  answers: readonly Answer[],
  more: Partial<Options> = {},
  request: SnpRequest = {},
  policy?: Policy,
) => {
  const { forged, options } = without(request, policy);
  const fake = fakeFetch(...answers);
  return { forged, fake, verdict: () => verify(forged.report, { ...options, fetch: fake.fetch, ...more }) };
};

const { ek } = forgeSnp();
const CHIP = hex(pattern(64, 4));
const MILAN = `${KDS}/vcek/v1/Milan/${CHIP}?blSPL=04&teeSPL=00&snpSPL=27&ucodeSPL=219`;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The verdict, with every wait of ours skipped. */
async function skippingWaits(result: Promise<Verdict>): Promise<Verdict> {
  let done = false;
  const ended = result.finally(() => {
    done = true;
  });
  for (let i = 0; !done && i < 10_000; i++) {
    await vi.advanceTimersByTimeAsync(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return ended;
}

describe("a VCEK that is stale or another machine's", () => {
  const others = {
    "of another level": forgeEk({ product: "Milan", type: "VCEK", levels: { ucode: 1 }, hwid: pattern(64, 4) }),
    "of another chip": forgeEk({ product: "Milan", type: "VCEK", levels: {}, hwid: pattern(64, 9) }),
  };
  it.each(Object.entries(others))("%s does not keep the right one from being fetched", async (_, other) => {
    const given = { endorsements: [other, forgeSnp().issuer] };
    const good = fetching([ok(ek as Uint8Array)], given);
    expect((await skippingWaits(good.verdict())).outcome).toBe("verified");
    expect(good.fake.addresses()).toEqual([MILAN]);
    const bad = fetching([status(404)], given);
    expect((await skippingWaits(bad.verdict())).outcome).toBe("rejected");
  });
});

it("a cache that never answers is one that has nothing", async () => {
  const never = () => new Promise<never>(() => undefined);
  const { fake, verdict } = fetching([ok(ek as Uint8Array)], { cache: { get: never, set: never } });
  expect((await skippingWaits(verdict())).outcome).toBe("verified");
  expect(fake.addresses()).toEqual([MILAN]);
});

describe("a VCEK", () => {
  it.each([
    ["Milan", 3, {}, [MILAN]],
    ["Genoa", 3, { product: "Genoa" }, [`${KDS}/vcek/v1/Genoa/${CHIP}?blSPL=10&teeSPL=00&snpSPL=27&ucodeSPL=84`]],
    [
      "Bergamo",
      5,
      { product: "Genoa", report: { cpuid: [0x19, 0xa0, 2] } },
      [`${KDS}/vcek/v1/Genoa/${CHIP}?blSPL=10&teeSPL=00&snpSPL=27&ucodeSPL=84`],
    ],
    [
      "Turin",
      5,
      { product: "Turin" },
      [`${KDS}/vcek/v1/Turin/${CHIP.slice(0, 16)}?fmcSPL=01&blSPL=01&teeSPL=01&snpSPL=04&ucodeSPL=81`],
    ],
  ] as const)("of %s is fetched from its address and verified", async (_name, version, request, addresses) => {
    const { forged, options } = without({ version, ...request });
    const { fetch, addresses: asked } = fakeFetch(ok(forged.ek));
    const verdict = await verify(forged.report, { ...options, fetch });
    expect(verdict.outcome).toBe("verified");
    expect(asked()).toEqual(addresses);
  });

  it("is looked for at the reported levels, not the current ones", async () => {
    const { fake, verdict } = fetching([status(404)], {}, { report: { currentTcb: { ucode: 0xff } } });
    await verdict();
    expect(fake.addresses()).toEqual([MILAN]);
  });

  it("of a version 2 report is looked for under both lines", async () => {
    const { forged, options } = without({ version: 2, product: "Genoa" });
    const { fetch, addresses } = fakeFetch(status(404), ok(forged.ek));
    expect((await verify(forged.report, { ...options, fetch })).outcome).toBe("verified");
    const query = "blSPL=10&teeSPL=00&snpSPL=27&ucodeSPL=84";
    expect(addresses()).toEqual([`${KDS}/vcek/v1/Milan/${CHIP}?${query}`, `${KDS}/vcek/v1/Genoa/${CHIP}?${query}`]);
  });

  it("that is at hand is not fetched", async () => {
    const { forged, fake, verdict } = fetching([ok(ek)]);
    const asked = await verify(forged.report, { ...optionsFor(forged), fetch: fake.fetch });
    expect(asked.outcome).toBe("verified");
    expect(fake.addresses()).toEqual([]);
    expect((await verdict()).outcome).toBe("verified");
  });

  it("that nobody can look up is not looked up", async () => {
    for (const request of [
      { key: "VLEK" as const },
      { report: { chipId: new Uint8Array(64) } },
      { report: { keyInfo: 7 << 2 } },
    ]) {
      const { fake, verdict } = fetching([ok(ek)], {}, request);
      const judged = await verdict();
      expect(judged.outcome).not.toBe("verified");
      expect(fake.addresses()).toEqual([]);
    }
  });

  it("without fetch is not fetched: the offline verdict names the address", async () => {
    const { forged, options } = without();
    const verdict = await verify(forged.report, options);
    expect(check(verdict, "sev-snp/endorsement-key")).toMatchObject({
      status: "undetermined",
      code: "certificate-missing",
      params: { addresses: [MILAN], tried: "" },
    });
  });
});

const levels = { bl: 4, tee: 0, snp: 0x1b, ucode: 0xdb };
const FAILURES: Readonly<Record<string, readonly Answer[]>> = {
  "status 404": [status(404)],
  "status 429, three times": [status(429)],
  "status 503, three times": [status(503)],
  "no network": [() => Promise.reject(new TypeError("fetch failed"))],
  "a redirect": [() => Promise.reject(new TypeError("unexpected redirect"))],
  "no answer": [silent],
  "no answer, from a fetch that does not listen": [deaf],
  "a body without an end": [endless(new Uint8Array(100_000))],
  "more than a megabyte": [ok(new Uint8Array(1_048_577))],
  HTML: [ok("<!DOCTYPE html><title>Log in</title>")],
  "half a certificate": [ok(ek.subarray(0, 600))],
  "a certificate with a byte behind it": [ok(Uint8Array.from([...ek, 0]))],
  "PEM in place of DER": [ok("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n")],
  "a CRL": [ok(forgeAmdCrl("Milan"))],
  "the certificate of an authority": [ok(forgeSnp().issuer)],
  "the certificate of another chip": [ok(forgeEk({ product: "Milan", type: "VCEK", levels, hwid: pattern(64, 5) }))],
  "the certificate of other levels": [
    ok(forgeEk({ product: "Milan", type: "VCEK", levels: { ...levels, snp: 1 }, hwid: pattern(64, 4) })),
  ],
  "the certificate of another kind of key": [
    ok(forgeEk({ product: "Milan", type: "VLEK", levels, hwid: pattern(64, 4) })),
  ],
  nothing: [ok(new Uint8Array())],
};

describe("a fetch that fails", () => {
  it.each(Object.entries(FAILURES))("by %s leaves the verdict undetermined, and says so", async (_name, answers) => {
    const { verdict } = fetching(answers);
    const judged = await skippingWaits(verdict());
    expect(judged.outcome).toBe("undetermined");
    expect(judged.checks.filter((one) => one.status === "failed")).toEqual([]);
    const missing = check(judged, "sev-snp/endorsement-key");
    expect(missing).toMatchObject({
      status: "undetermined",
      code: "certificate-missing",
      params: { addresses: [MILAN] },
    });
    expect(missing?.params["tried"]).toContain("kdsintf.amd.com");
  });

  it("by 429 and then not at all is no failure", async () => {
    const { fake, verdict } = fetching([status(429, { "retry-after": "3" }), status(503), ok(ek)]);
    expect((await skippingWaits(verdict())).outcome).toBe("verified");
    expect(fake.addresses()).toEqual([MILAN, MILAN, MILAN]);
  });

  it("by the caller's signal leaves it undetermined", async () => {
    const abort = new AbortController();
    const { verdict } = fetching([silent], { signal: abort.signal });
    const asked = verdict();
    await vi.advanceTimersByTimeAsync(10);
    abort.abort();
    expect((await asked).outcome).toBe("undetermined");
    const before = fetching([ok(ek)], { signal: AbortSignal.abort() });
    expect((await before.verdict()).outcome).toBe("undetermined");
    expect(before.fake.addresses()).toEqual([]);
  });

  it("never rejects what was not looked at: the report's own faults still count", async () => {
    const { verdict } = fetching([status(404)], {}, { report: { vmpl: 2 } });
    const judged = await verdict();
    expect(judged.outcome).toBe("rejected");
    expect(failsBeforeAppraisal(judged)).toBe(false);
  });
});

describe("a lie that fits", () => {
  const forgedKey = forgeEk({
    product: "Milan",
    type: "VCEK",
    levels,
    hwid: pattern(64, 4),
    issuerKey: testKey("rsa4096-8"),
  });

  const key = (more: object) => forgeEk({ product: "Milan", type: "VCEK", levels, hwid: pattern(64, 4), ...more });
  const LIES = {
    "that AMD did not sign": forgedKey,
    "that has run out": key({ notAfter: new Date("2024-01-01T00:00:00Z") }),
    "that is not yet valid": key({ notBefore: new Date("2042-01-01T00:00:00Z") }),
  };

  it.each(Object.entries(LIES))("a certificate %s is none, and says nothing of the report", async (_, lie) => {
    const { forged, options } = without();
    const given = { ...options, endorsements: [lie, forged.issuer] };
    expect((await verify(forged.report, given)).outcome).toBe("rejected");
    const judged = await fetching([ok(lie)]).verdict();
    expect(judged.outcome).toBe("undetermined");
    expect(check(judged, "sev-snp/endorsement-key")?.params["tried"]).toContain("AMD did not issue it");
  });

  it("from a cache or a mirror is none either; the cache is then passed over, and mended", async () => {
    const cache = memoryCache();
    cache.set(MILAN, { body: forgedKey, headers: {} });
    const mended = fetching([ok(ek)], { cache });
    expect([(await mended.verdict()).outcome, (await mended.verdict()).outcome]).toEqual(["verified", "verified"]);
    expect(mended.fake.addresses()).toEqual([MILAN]);
    const mirrors = { [KDS]: "https://mirror.example/amd" };
    const mirrored = fetching([ok(forgedKey)], { mirrors });
    expect((await mirrored.verdict()).outcome).toBe("undetermined");
    expect(mirrored.fake.addresses()).toEqual([MILAN.replace(KDS, "https://mirror.example/amd")]);
  });

  it("is not kept", async () => {
    const cache = memoryCache();
    expect((await fetching([ok(forgedKey)], { cache }).verdict()).outcome).toBe("undetermined");
    expect(cache.get(MILAN)).toBeUndefined();
    expect((await fetching([ok(ek)], { cache }).verdict()).outcome).toBe("verified");
    expect(cache.get(MILAN)).toBeDefined();
  });

  it("of one line does not keep the other from being asked", async () => {
    const { forged, options } = without({ version: 2, product: "Genoa" });
    const { tcb } = readEndorsementKey(parseCertificate(forged.ek as Uint8Array));
    const genoa = { bl: tcb[0], tee: tcb[1], snp: tcb[6], ucode: tcb[7] } as typeof levels;
    const request = { product: "Genoa", type: "VCEK", levels: genoa, hwid: pattern(64, 4) } as const;
    const lie = forgeEk({ ...request, issuerKey: testKey("rsa4096-8") });
    const { fetch, addresses } = fakeFetch(ok(lie), ok(forged.ek));
    expect((await verify(forged.report, { ...options, fetch })).outcome).toBe("verified");
    expect(addresses().length).toBe(2);
  });

  it("cannot be told where the back end lacks the algorithm: nothing is taken for true or false", async () => {
    const cache = memoryCache();
    const lacking: Options["crypto"] = {
      ...noble,
      verify: async (algorithm, ...rest) => {
        if (algorithm.name === "RSA-PSS") throw new CryptoUnavailableError("no RSA here");
        return noble.verify(algorithm, ...rest);
      },
    };
    for (const body of [ek, forgedKey]) {
      const judged = await fetching([ok(body)], { crypto: lacking, cache }).verdict();
      expect(judged.outcome).toBe("undetermined");
      expect(check(judged, "sev-snp/endorsement-key")?.params["tried"]).toContain("no RSA here");
    }
    expect(cache.get(MILAN)).toBeUndefined();
  });

  it("as a list is none; a list that AMD signed counts, whoever brought it", async () => {
    const policy: Policy = { revocation: "required" };
    const { forged, options } = without();
    const asked = async (list: Uint8Array, policyOf: Policy = policy) => {
      const more = { endorsements: [forged.issuer, ek], policy: { "sev-snp": { ...policyOf } } };
      return fetching([ok(list)], more as Partial<Options>).verdict();
    };
    const right = forgeAmdCrl("Milan");
    expect((await asked(right)).outcome).toBe("verified");
    const lies = [
      forgeAmdCrl("Milan", { issuerKey: testKey("rsa4096-8") }),
      forgeAmdCrl("Milan", { nextUpdate: new Date("2025-02-01T00:00:00Z") }),
      forgeAmdCrl("Milan", { thisUpdate: new Date("2042-01-01T00:00:00Z") }),
    ];
    for (const lie of lies) {
      const judged = await asked(lie);
      expect([judged.outcome, check(judged, "sev-snp/revocation")?.code]).toEqual(["undetermined", "crl-missing"]);
      const given = { ...options, endorsements: [forged.issuer, ek, lie] };
      expect((await verify(forged.report, given)).outcome).toBe("rejected");
    }
    const revoking = await asked(forgeAmdCrl("Milan", { revoked: [ASK_SERIAL] }));
    expect([revoking.outcome, check(revoking, "sev-snp/revocation")?.code]).toEqual([
      "rejected",
      "certificate-revoked",
    ]);
  });
});

describe("a cache", () => {
  it("spares the second fetch, and its answer is verified again", async () => {
    const cache = memoryCache();
    const { fake, verdict } = fetching([ok(ek)], { cache });
    expect([(await verdict()).outcome, (await verdict()).outcome]).toEqual(["verified", "verified"]);
    expect(fake.addresses()).toEqual([MILAN]);
  });

  it("with another chip's certificate under this address is passed over", async () => {
    const cache = memoryCache();
    cache.set(MILAN, { body: forgeEk({ product: "Milan", type: "VCEK", levels, hwid: pattern(64, 6) }), headers: {} });
    const { fake, verdict } = fetching([ok(ek)], { cache });
    expect((await verdict()).outcome).toBe("verified");
    expect(fake.addresses()).toEqual([MILAN]);
  });

  it("that is broken is no cache", async () => {
    const cache = { get: () => 5, set: () => undefined } as never;
    expect((await fetching([ok(ek)], { cache }).verdict()).outcome).toBe("verified");
  });
});

describe("a revocation list", () => {
  const REQUIRED: Policy = { revocation: "required" };
  const LIST = `${KDS}/vcek/v1/Milan/crl`;

  it("is fetched where policy demands one, and only there", async () => {
    const forged = forgeSnp();
    const { fetch, addresses } = fakeFetch(ok(forged.crl()));
    expect((await verify(forged.report, { ...optionsFor(forged), fetch })).outcome).toBe("verified");
    expect(addresses()).toEqual([]);
    const verdict = await verify(forged.report, { ...optionsFor(forged, REQUIRED), fetch });
    expect(verdict.outcome).toBe("verified");
    expect(check(verdict, "sev-snp/revocation")?.status).toBe("passed");
    expect(addresses()).toEqual([LIST]);
  });

  it("and certificate are fetched together", async () => {
    const answer: Answer = ({ address }) => new Response((address === LIST ? forgeSnp().crl() : ek) as BodyInit);
    const { fake, verdict } = fetching([answer], {}, {}, REQUIRED);
    expect((await verdict()).outcome).toBe("verified");
    expect([...fake.addresses()].sort()).toEqual([LIST, MILAN].sort());
  });

  it("of a VLEK's root is fetched from its own address", async () => {
    const forged = forgeSnp({ key: "VLEK", product: "Genoa" });
    const { fetch, addresses } = fakeFetch(ok(forged.crl()));
    expect((await verify(forged.report, { ...optionsFor(forged, REQUIRED), fetch })).outcome).toBe("verified");
    expect(addresses()).toEqual([`${KDS}/vlek/v1/Genoa/crl`]);
  });

  it("of a version 2 report is fetched once its certificate names the product", async () => {
    const forged = forgeSnp({ version: 2 });
    const answer: Answer = ({ address }) => new Response((address === LIST ? forged.crl() : forged.ek) as BodyInit);
    const { fetch, addresses } = fakeFetch(answer);
    const options = { ...optionsFor(forged, REQUIRED), endorsements: [forged.issuer], fetch };
    expect((await verify(forged.report, options)).outcome).toBe("verified");
    expect(addresses()).toEqual([MILAN, LIST]);
  });

  it.each([
    ["404", status(404)],
    ["HTML", ok("<html>")],
    ["a list of another root", ok(forgeAmdCrl("Genoa"))],
    ["a certificate", ok(ek)],
  ])("that cannot be had (%s) leaves the verdict undetermined", async (_name, answer) => {
    const forged = forgeSnp();
    const verdict = await verify(forged.report, { ...optionsFor(forged, REQUIRED), fetch: fakeFetch(answer).fetch });
    expect(verdict.outcome).toBe("undetermined");
    expect(check(verdict, "sev-snp/revocation")).toMatchObject({
      status: "undetermined",
      code: "crl-missing",
      params: { addresses: [LIST] },
    });
    expect(check(verdict, "sev-snp/revocation")?.params["tried"]).toContain("kdsintf.amd.com");
  });

  it("that revokes the chain rejects, fetched as given", async () => {
    const forged = forgeSnp();
    const { fetch } = fakeFetch(ok(forged.crl({ revoked: [Uint8Array.of(1, 0, 1)] })));
    const verdict = await verify(forged.report, { ...optionsFor(forged, REQUIRED), fetch });
    expect(check(verdict, "sev-snp/revocation")).toMatchObject({ status: "failed", code: "certificate-revoked" });
  });

  it("ends the verdict's validity", async () => {
    const forged = forgeSnp();
    const until = forged.at.getTime() + 5000;
    const list = forged.crl({ nextUpdate: until });
    const verdict = await verify(forged.report, {
      ...optionsFor(forged),
      endorsements: [...forged.endorsements, list],
    });
    expect(verdict.meta.validUntil).toBe(new Date(until).toISOString());
  });
});

describeShared("a real report without its certificate", () => {
  it("is verified with what the service would answer", async () => {
    const real = realCase("oak-turin_oc");
    const { fetch, addresses } = fakeFetch(ok(real.ek as Uint8Array));
    const verdict = await verify(real.report, { expected: "any-build", binding: "unbound", at: real.at, fetch });
    expect(verdict.outcome).toBe("verified");
    expect(addresses()).toEqual([
      `${KDS}/vcek/v1/Turin/${real.facts.chip_id.slice(0, 16)}?fmcSPL=00&blSPL=01&teeSPL=00&snpSPL=02&ucodeSPL=71`,
    ]);
  });
});
