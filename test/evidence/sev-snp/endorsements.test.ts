/** Endorsements in any order, left out or exchanged: the verdict is the same, or there is none, and never a false yes. */
import { describe, expect, it } from "vitest";
import { forgeArk, forgeEk, forgeIssuer, issuerExtensions } from "../../../fixtures/amd/certificates.js";
import { pattern } from "../../../fixtures/amd/report.js";
import { forgeSnp } from "../../../fixtures/amd/snp.js";
import { testKey } from "../../../fixtures/keys.js";
import { crossCheck } from "../../../src/cross-check.js";
import type { Crypto } from "../../../src/crypto/crypto.js";
import { noble } from "../../../src/crypto/noble.js";
import { defaultCrypto } from "../../../src/crypto/webcrypto.js";
import { verify } from "../../../src/sev-snp.js";
import type { Verdict } from "../../../src/verdict.js";
import { countVerifications } from "../../support/node-crypto.js";
import { describeShared, hasShared } from "../../support/shared.js";
import { realCases } from "./corpus.js";
import { about, check, failsBeforeAppraisal, judge, optionsFor, withStatus } from "./support.js";

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, i) =>
    permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  );
}

const subsets = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: 2 ** items.length }, (_, mask) => items.filter((_item, i) => (mask >> i) & 1));

const forged = forgeSnp({ version: 5, product: "Turin" });
const { report, ek, issuer, ark, crl } = forged;
const options = optionsFor(forged, { revocation: "required" });
/** For the same chip and levels, by nobody's authority. */
const impostor = forgeEk({
  product: "Turin",
  type: "VCEK",
  levels: {},
  hwid: pattern(8, 4),
  issuerKey: testKey("rsa4096-8"),
});
const otherChip = forgeEk({ product: "Turin", type: "VCEK", levels: {}, hwid: pattern(8, 5) });
const otherLevel = forgeEk({ product: "Turin", type: "VCEK", levels: { snp: 9 }, hwid: pattern(8, 4) });
const vlek = forgeEk({ product: "Turin", type: "VLEK", levels: {}, hwid: pattern(8, 4) });

describe("endorsements of a forgery", () => {
  it("in every order give the same verdict, to the last word", async () => {
    const verdicts = await Promise.all(
      permutations([ek, issuer, ark, crl(), otherChip]).map((endorsements) =>
        verify(report, { ...options, endorsements }),
      ),
    );
    expect(verdicts.length).toBe(120);
    expect(verdicts[0]?.outcome).toBe("verified");
    expect(new Set(verdicts.map((verdict) => JSON.stringify(verdict))).size).toBe(1);
  });

  it("that contradict each other give the same verdict in every order too", async () => {
    const at = forged.at.getTime();
    const made = [forgeArk("Turin", { key: testKey("rsa4096-8") }), forgeArk("Turin", { serial: 9 })];
    const lists = [crl({ nextUpdate: at - 1000 }), crl({ thisUpdate: at + 1000 })];
    const given = [ek, ...made, ...lists];
    const verdicts = await Promise.all(
      permutations(given).map((endorsements) => verify(report, { ...options, endorsements })),
    );
    expect(verdicts.length).toBe(120);
    expect(verdicts[0]?.outcome).toBe("rejected");
    expect(new Set(verdicts.map((verdict) => JSON.stringify(verdict))).size).toBe(1);
  });

  it("left out one by one never make a yes of it", async () => {
    const all = [ek, issuer, ark, crl()];
    const verdicts = await Promise.all(
      subsets(all).map((endorsements) => verify(report, { ...options, endorsements })),
    );
    // Key, ASK and list are needed; the root is pinned and never is.
    const verified = subsets(all).filter((_, i) => verdicts[i]?.outcome === "verified");
    expect(verified).toEqual([[ek, issuer, crl()], all]);
    expect(verdicts.filter(({ outcome }) => outcome === "rejected").length).toBe(4);
    // Rejected are those where a key comes without the authority that it names: to this verifier nobody of AMD issued it.
    for (const verdict of verdicts.filter(({ outcome }) => outcome === "rejected"))
      expect(check(verdict, "sev-snp/certificate-path")?.code).toBe("issuer-unknown");
  });

  it.each([
    ["of another chip", otherChip],
    ["of other levels", otherLevel],
    ["of the other kind", vlek],
  ])("a certificate %s beside the right one is passed over, alone it is refused", async (_name, other) => {
    const both = await verify(report, { ...options, endorsements: [other, ek, issuer, crl()] });
    expect(both.outcome).toBe("verified");
    const alone = await verify(report, {
      ...options,
      endorsements: [other, issuer, forgeIssuer("Turin", "VLEK"), crl()],
    });
    expect(failsBeforeAppraisal(alone)).toBe(true);
  });

  it("several certificates of which none fits are refused, not overlooked", async () => {
    const verdict = await verify(report, { ...options, endorsements: [otherChip, otherLevel, issuer, crl()] });
    expect(failsBeforeAppraisal(verdict)).toBe(true);
    expect(check(verdict, "sev-snp/endorsement-key")?.status).toBe("passed");
  });

  it("a fitting certificate that nobody issued never makes a yes, beside the right one or alone", async () => {
    const alone = await verify(report, { ...options, endorsements: [impostor, issuer, crl()] });
    expect(check(alone, "sev-snp/certificate-path")?.code).toBe("certificate-signature-invalid");
    // Which of two fitting ones is taken, their bytes decide: at worst the report is refused.
    const both = await verify(report, { ...options, endorsements: [impostor, ek, issuer, crl()] });
    expect(["verified", "rejected"]).toContain(both.outcome);
  });

  it("sixty-four certificates are read and sixty-five are too many", async () => {
    const many = Array.from({ length: 63 }, (_, i) =>
      forgeArk("Milan", { key: testKey("p384-4"), serial: i + 1, algorithm: { name: "ECDSA", hash: "SHA-384" } }),
    );
    const [first, ...rest] = many;
    const fits = await verify(report, { ...options, endorsements: [ek, issuer, crl(), ...rest] });
    expect(check(fits, "evidence/endorsements")?.status).toBe("passed");
    const over = await verify(report, { ...options, endorsements: [ek, issuer, crl(), ...rest, first as Uint8Array] });
    expect(check(over, "evidence/endorsements")).toMatchObject({ status: "failed", code: "malformed" });
  });

  it("the second reader agrees on all that the forge makes", async () => {
    const list = crl({ revoked: [77, Uint8Array.of(1, 2, 3)] });
    const verdict = await verify(report, { ...options, endorsements: [ek, issuer, ark, list], crossCheck });
    expect(check(verdict, "sev-snp/cross-check")?.status).toBe("passed");
    expect(verdict.outcome).toBe("verified");
  });
});

describe("without the key's certificate", () => {
  const ask = (...given: readonly Uint8Array[]) => verify(report, { ...options, endorsements: given });

  it("what is there is judged all the same: a root that is none of AMD's, a list that is none", async () => {
    const at = forged.at.getTime();
    const made = forgeArk("Turin", { key: testKey("rsa4096-8") });
    expect(withStatus(await ask(made), "failed")).toEqual(["sev-snp/supplied-certificates"]);
    expect(withStatus(await ask(crl({ nextUpdate: at - 1000 })), "failed")).toEqual(["sev-snp/revocation"]);
    expect(withStatus(await ask(crl()), "failed")).toEqual([]);
    expect((await ask(crl(), issuer, ark)).outcome).toBe("undetermined");
  });

  it("who has it is said: the service, the cloud's operator, or the machine's", async () => {
    const where = async (request: Parameters<typeof about>[0]) =>
      check(await judge(about(request, undefined, { endorsements: [] })), "sev-snp/endorsement-key")?.params;
    const [service, cloud, machine] = await Promise.all(
      [{}, { key: "VLEK" as const }, { report: { chipId: new Uint8Array(64) } }].map(where),
    );
    expect([service, cloud, machine].map((params) => params?.["addresses"])).toEqual([[expect.any(String)], [], []]);
    expect(new Set([service, cloud, machine].map((params) => params?.["where"])).size).toBe(3);
    for (const params of [service, cloud, machine]) expect(String(params?.["where"]).length).toBeGreaterThan(20);
    expect(cloud?.["what"]).not.toBe(machine?.["what"]);
    expect(service?.["what"]).toBe(machine?.["what"]);
  });
});

describe("custom anchors", () => {
  it("show in meta, in the path and in the limits", async () => {
    const verdict = await judge(about());
    const pinned = await judge({ ...about(), options: withoutAnchors() });
    expect(verdict.meta.anchors).toBe("custom");
    expect(check(verdict, "sev-snp/certificate-path")?.params).toMatchObject({ anchors: "custom" });
    expect(verdict.limits.length).toBe(pinned.limits.length + 1);
    expect(pinned.meta.anchors).toBe("pinned");
    expect(pinned.outcome).toBe("rejected");
  });

  it("of another vendor leave AMD's pinned, and show all the same", async () => {
    const verdict = await judge({ ...about(), options: { ...withoutAnchors(), trustAnchors: { intel: [ark] } } });
    expect(verdict.outcome).toBe("rejected");
    expect(verdict.meta.anchors).toBe("custom");
  });

  it("take AMD's own away: a genuine report is not genuine under them", async () => {
    if (!hasShared) return;
    const real = realCases().find(({ id }) => id === "oak-turin_oc");
    const asked = {
      expected: "any-build",
      binding: "unbound",
      at: real?.at as Date,
      endorsements: [real?.ek as Uint8Array],
    } as const;
    const verdict = await verify(real?.report as Uint8Array, { ...asked, trustAnchors: { amd: [ark] } });
    expect(check(verdict, "sev-snp/certificate-path")?.code).toBe("issuer-unknown");
  });

  it("may be an ASK beside a newer one of the same name: the chain that holds is found", async () => {
    const newer = testKey("rsa4096-8");
    const second = forgeIssuer("Turin", "VCEK", {
      key: newer,
      serial: 99,
      extensions: issuerExtensions("Turin", "VCEK", newer),
    });
    const key = forgeEk({ product: "Turin", type: "VCEK", levels: {}, hwid: pattern(8, 4), issuerKey: newer });
    const asked = { ...optionsFor(forged), trustAnchors: { amd: [issuer, ark] } };
    const verdict = await verify(report, { ...asked, endorsements: [key, second] });
    expect(verdict.outcome).toBe("verified");
    expect(check(verdict, "sev-snp/certificate-path")?.params).toMatchObject({
      chain: ["an intermediate", "ARK-Turin"],
    });
    // And its serial number is the one that is looked up, not that of the ASK of the same name.
    const listed = async (serial: number | Uint8Array) =>
      check(
        await verify(report, { ...asked, endorsements: [key, second, crl({ revoked: [serial] })] }),
        "sev-snp/revocation",
      )?.code;
    expect(await listed(99)).toBe("certificate-revoked");
    expect(await listed(Uint8Array.of(1, 0, 1))).toBeUndefined();
  });

  it("that are two roots of one name: either may issue the list", async () => {
    const other = testKey("rsa4096-8");
    const twin = forgeArk("Turin", { key: other, serial: 5 });
    const asked = { ...options, trustAnchors: { amd: [ark, twin] } };
    const byTwin = crl({ issuerKey: other, extensions: [] });
    const own = await verify(report, { ...asked, endorsements: [ek, issuer, crl({ extensions: [] })] });
    expect(own.outcome).toBe("verified");
    // The twin's list is valid, and says nothing on a chain to the other root.
    const foreign = await verify(report, { ...asked, endorsements: [ek, issuer, byTwin] });
    expect(check(foreign, "sev-snp/revocation")).toMatchObject({ status: "undetermined", code: "crl-missing" });
    expect(String(check(foreign, "sev-snp/revocation")?.params["tried"]).length).toBeGreaterThan(10);
    const none = await verify(report, { ...asked, endorsements: [ek, issuer] });
    expect(check(none, "sev-snp/revocation")?.params["tried"]).toBe("");
  });

  it("may be ASK and ARK, and end the chain early", async () => {
    const verdict = await verify(report, {
      ...optionsFor(forged),
      endorsements: [ek],
      trustAnchors: { amd: [issuer, ark] },
    });
    expect(verdict.outcome).toBe("verified");
  });
});

function withoutAnchors() {
  const { trustAnchors: _, ...rest } = about().options;
  return rest;
}

describe("how much is verified", () => {
  it("a pinned chain costs two signatures, which run at once", async () => {
    const counted = countVerifications(defaultCrypto() as Crypto);
    const verdict = await verify(report, {
      ...optionsFor(forged),
      endorsements: [ek],
      trustAnchors: { amd: [issuer] },
      crypto: counted,
    });
    expect(verdict.outcome).toBe("verified");
    expect([counted.verified(), counted.peak()]).toEqual([2, 2]);
  });

  it("no crypto at all leaves everything that needs it undetermined, and nothing verified", async () => {
    const { crypto } = globalThis;
    Object.defineProperty(globalThis, "crypto", { value: undefined, configurable: true });
    try {
      const verdict = await verify(report, options);
      expect(verdict.outcome).toBe("undetermined");
      expect(withStatus(verdict, "failed")).toEqual([]);
      expect(check(verdict, "sev-snp/report-signature")).toMatchObject({
        status: "undetermined",
        code: "crypto-unavailable",
      });
      expect(check(verdict, "sev-snp/certificate-path")).toMatchObject({
        status: "undetermined",
        code: "crypto-unavailable",
      });
      expect(verdict.meta).toMatchObject({ crypto: "none", evidenceSha256: null, expectedSha256: null });
      expect((await verify(report, { ...options, endorsements: [ek, issuer, crl()], crypto: noble })).outcome).toBe(
        "verified",
      );
    } finally {
      Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true });
    }
  });
});

describeShared("exchanged endorsements of real reports", () => {
  const cases = hasShared ? realCases() : [];
  const genuine = cases.filter(({ ek: key, expected }) => key !== undefined && expected === "authentic");

  it("never verify under another report's certificate", async () => {
    const pairs = genuine.flatMap((one) =>
      genuine.filter(({ ek: key }) => !same(key, one.ek)).map((other) => [one, other] as const),
    );
    const wrong: string[] = [];
    await Promise.all(
      pairs.map(async ([one, other]) => {
        const verdict = await verify(one.report, {
          expected: "any-build",
          binding: "unbound",
          endorsements: [other.ek as Uint8Array, ...other.chain],
          at: other.at,
          policy: { "sev-snp": { allow: ["debug"], vmpl: [0, 1], floors: { date: "2026-01-01", floors: [] } } },
        });
        if (!isNotGenuine(verdict)) wrong.push(`${one.id} under ${other.id}`);
      }),
    );
    // 18 certificates, of which two cases of one machine share one.
    expect(pairs.length).toBe(18 * 17 - 2);
    expect(wrong).toEqual([]);
  });

  it("find their own certificate among those of all", async () => {
    const all = genuine.map(({ ek: key }) => key as Uint8Array);
    for (const real of genuine) {
      const verdict = await verify(real.report, {
        expected: "any-build",
        binding: "unbound",
        endorsements: all,
        at: real.at,
      });
      expect(failsBeforeAppraisal(verdict)).toBe(false);
      expect(check(verdict, "sev-snp/report-signature")?.status).toBe("passed");
    }
  });
});

const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  Buffer.compare(a ?? new Uint8Array(), b ?? new Uint8Array()) === 0;
const isNotGenuine = (verdict: Verdict): boolean => verdict.outcome === "rejected" && failsBeforeAppraisal(verdict);
