/** What a relying party demands of a TD: the build, and how much of the machine it pins; RTMR3; options; claims. */
import { describe, expect, it } from "vitest";
import { AT } from "../../../fixtures/intel/collateral.js";
import { forgeRoot } from "../../../fixtures/intel/pki.js";
import { filled, forgeQuote, type QuoteRequest, TD } from "../../../fixtures/intel/quote.js";
import { bundleOf, forgeManifest } from "../../../fixtures/manifest/manifest.js";
import { tdx } from "../../../src/evidence/tdx/kind.js";
import type { TdxPolicy, TdxReference } from "../../../src/evidence/tdx/settings.js";
import { verify as verifyAny } from "../../../src/index.js";
import { inspect, reportDataFor } from "../../../src/tdx.js";
import { put, rightScene, say, summary } from "../../support/dcap.js";

const { mrtd, rtmr0, rtmr1, rtmr2 } = TD as Record<string, Uint8Array>;
const launch = { mrtd, rtmr0, rtmr1, rtmr2 } as TdxReference;

const expecting = (reference: TdxReference, quote: QuoteRequest = {}, more: object = {}, policy: TdxPolicy = {}) =>
  put({ quote, tdx: policy, options: { expected: { tdx: reference }, ...more } });

describe("the build", () => {
  it("is pinned by MRTD and RTMR0 to RTMR2", async () => {
    const verdict = await expecting(launch);
    expect(summary(verdict)).toBe("verified");
    expect(verdict.covers).toBe("launch");
    expect(verdict.limits.join(" ")).toContain("Disks and containers");
  });

  it.each(["mrtd", "rtmr0", "rtmr1", "rtmr2"] as const)("is another with another %s", async (register) => {
    const verdict = await expecting({ ...launch, [register]: filled(48, 1) });
    expect(summary(verdict)).toBe("rejected, build build-mismatch");
    expect(verdict.checks.find(({ id }) => id === "tdx/build")?.params).toMatchObject({ differing: [register] });
  });

  it("may be any of a set, each register by itself", async () => {
    const rtmr2 = [filled(48, 1), TD.rtmr2 as Uint8Array];
    expect(summary(await expecting({ ...launch, rtmr2 }))).toBe("verified");
    expect(summary(await expecting({ ...launch, rtmr2: [filled(48, 1), filled(48, 2)] }))).toBe(
      "rejected, build build-mismatch",
    );
    expect(summary(await expecting({ ...launch, mrtd: Buffer.from(mrtd as Uint8Array).toString("hex") }))).toBe(
      "verified",
    );
  });

  it.each<[string, TdxReference, string]>([
    ["MRTD alone", { mrtd: mrtd as Uint8Array }, "firmware"],
    ["MRTD without one of the registers", { ...launch, rtmr1: mrtd as Uint8Array }, "launch"],
    [
      "registers without MRTD",
      { rtmr0: rtmr0 as Uint8Array, rtmr1: rtmr1 as Uint8Array, rtmr2: rtmr2 as Uint8Array },
      "nothing",
    ],
    ["the TDX module", { mrSeam: TD.mrSeam as Uint8Array }, "nothing"],
  ])("%s covers %s", async (_, reference, covers) => expect((await expecting(reference)).covers).toBe(covers));

  it("that covers the firmware alone is too little unless the caller asks for it (row 49 of the pitfalls)", async () => {
    const reference = { mrtd: mrtd as Uint8Array };
    expect(summary(await expecting(reference))).toBe("rejected, covers covers-too-little");
    expect(summary(await expecting(reference, {}, { covers: "firmware" }))).toBe("verified");
    const other = { report: { rtmr2: filled(48, 9) } };
    expect(summary(await expecting(reference, other))).toBe("rejected, covers covers-too-little");
  });

  it("is not compared where the caller asks for any, expects another kind, or names it by a hash without manifest", async () => {
    expect((await put()).covers).toBe("nothing");
    expect(await say({ options: { expected: { sgx: { mrenclave: filled(32, 1) } } } })).toMatch(
      /^rejected, covers covers-too-little, build no-reference-values/,
    );
    const named = await put({ options: { expected: `build:sha256:${"00".repeat(32)}` } });
    expect(named.outcome).not.toBe("verified");
    expect(named.covers).toBe("nothing");
  });

  it("is never a bare digest: no one register pins all that was launched", async () => {
    await expect(put({ options: { expected: "aa".repeat(48) } })).rejects.toThrow(TypeError);
  });
});

describe("several builds of one manifest", () => {
  const hexes = (values: Readonly<Record<string, Uint8Array>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Buffer.from(value).toString("hex")]));
  const registers = { mrtd, rtmr0, rtmr1, rtmr2 } as Readonly<Record<string, Uint8Array>>;
  const right = hexes(registers);
  const near = hexes({ ...registers, rtmr1: filled(48, 1) });
  const far = hexes({ mrtd: filled(48, 2), rtmr0: filled(48, 3), rtmr1: TD.rtmr1 as Uint8Array, rtmr2: filled(48, 4) });
  const judged = async (...builds: readonly (readonly [label: string, values: typeof right])[]) => {
    const { text, hash } = forgeManifest({
      platforms: builds.map(([label, values]) => ({ kind: "tdx", label, values })),
    });
    const verdict = await put({ quote: bundleOf(forgeQuote(), text), options: { expected: hash } });
    const { params } = verdict.checks.find(({ id }) => id === "tdx/build") ?? { params: {} };
    return { build: summary(verdict), ...(params as { differing?: unknown; source?: unknown }) };
  };

  it("one that matches as a whole is enough; else the closest is named, of two as close the first", async () => {
    for (const order of ["as it is", "reversed"]) {
      const turned = <T>(...items: readonly T[]) => (order === "reversed" ? [...items].reverse() : items);
      const none = await judged(...turned(["near", near] as const, ["far", far] as const));
      expect(none).toMatchObject({ build: "rejected, build build-mismatch", differing: ["rtmr1"] });
      const one = await judged(...turned(["right", right] as const, ["near", near] as const));
      expect(one).toMatchObject({ build: "verified", differing: [] });
    }
    const other = hexes({ ...registers, rtmr2: filled(48, 1) });
    expect((await judged(["a", near], ["b", other])).differing).toEqual(["rtmr1"]);
    expect((await judged(["b", other], ["a", near])).differing).toEqual(["rtmr2"]);
  });
});

describe("what is bound, and whose machine", () => {
  it("is in the verdict: a nonce makes it fresh, and a key is the channel", async () => {
    const binding = { nonce: filled(32, 3), publicKey: filled(91, 4) };
    const verdict = await put({
      quote: { report: { reportData: await reportDataFor(binding) } },
      options: { binding },
    });
    expect(summary(verdict)).toBe("verified");
    expect(verdict).toMatchObject({
      freshness: "nonce",
      channel: { publicKeySha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it("may be one of several machines", async () => {
    expect(await say({ tdx: { fmspcs: ["00906ed50000", "00806f050000"] } })).toBe("verified");
    expect(await say({ tdx: { fmspcs: ["00906ed50000", "00906ed50001"] } })).toBe(
      "rejected, platform platform-not-accepted",
    );
  });
});

describe("RTMR3", () => {
  const extended = { report: { rtmr3: filled(48, 3) } };

  it("must be zero where nothing says what it should be (row 48 of the pitfalls)", async () => {
    expect(summary(await expecting(launch))).toBe("verified");
    expect(summary(await expecting(launch, extended))).toBe("rejected, rtmr3 rtmr3-not-zero");
  });

  it("may be pinned", async () => {
    expect(summary(await expecting({ ...launch, rtmr3: filled(48, 3) }, extended))).toBe("verified");
    expect(summary(await expecting({ ...launch, rtmr3: filled(48, 4) }, extended))).toBe(
      "rejected, build build-mismatch",
    );
    expect(summary(await expecting({ ...launch, rtmr3: filled(48, 3) }))).toBe("rejected, build build-mismatch");
  });

  it("may be waived by name, which shows", async () => {
    const verdict = await expecting(launch, extended, {}, { allow: ["rtmr3"] });
    expect(summary(verdict)).toBe("verified, rtmr3 waived");
    expect(verdict.limits.join(" ")).toContain("accepts what the safe defaults reject");
  });
});

describe("options that are a mistake", () => {
  it.each<[string, unknown]>([
    ["an empty demand", {}],
    ["a misspelt register", { mrTd: mrtd }],
    ["a register of another length", { mrtd: filled(32, 0) }],
    ["an empty set", { mrtd: [] }],
    ["undefined", { mrtd: undefined }],
    ["no hex", { mrtd: "zz".repeat(48) }],
  ])("expected: %s", async (_, reference) => {
    await expect(expecting(reference as TdxReference)).rejects.toThrow(TypeError);
  });

  it.each<[string, unknown]>([
    ["Revoked, which is never taken", { tcbStatuses: ["Revoked"] }],
    ["a status that does not exist", { tcbStatuses: "Fine" }],
    ["no status at all", { tcbStatuses: [] }],
    ["a minimum that is none", { minimumTcbEvaluationDataNumber: -1 }],
    ["a day that is none", { minimumTcbDate: "2030-13-01" }],
    ["a grace period that is none", { collateralGraceDays: 0.5 }],
    ["an unknown allowance", { allow: ["everything"] }],
    ["an unknown attribute", { attributes: { debug2: true } }],
    ["a flag that is none", { attributes: { pks: 1 } }],
    ["an unknown member", { tcbStatus: ["UpToDate"] }],
    ["a FMSPC of another length", { fmspcs: ["00"] }],
    ["an update that does not exist", { update: "late" }],
    ["an XFAM of another length", { allowedXfam: "03" }],
  ])("policy: %s", async (_, policy) => {
    await expect(put({ tdx: policy as TdxPolicy })).rejects.toThrow(TypeError);
  });

  it("an empty list of allowances allows nothing", async () => {
    expect(await say({ tdx: { allow: [] }, quote: { report: { tdAttributes: 0 } } })).toBe(
      "rejected, sept-ve sept-ve-enabled",
    );
  });
});

describe("claims", () => {
  it("name what the specification names, and the TCB by part and merged", async () => {
    const verdict = await put({ quote: { version: 5, bodyType: 4 } });
    expect(verdict.ok && verdict.claims).toMatchObject({
      version: 5,
      bodyType: 4,
      mrtd: "a0".repeat(48),
      rtmr3: "00".repeat(48),
      reportData: "da".repeat(64),
      seamAttributes: "0x0",
      tdAttributes: { raw: "0x10000000", septVeDisable: true, debug: false },
      vmId: 0,
      certificationDataType: 5,
      platform: { ca: "platform", fmspc: "00806f050000", sgxType: "scalable", smtEnabled: true },
      tcb: {
        status: "UpToDate",
        tcbDate: "2030-01-01T00:00:00.000Z",
        evaluationDataNumber: 20,
        platform: { status: "UpToDate" },
        module: { status: "UpToDate" },
        qe: { status: "UpToDate" },
      },
    });
    expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
  });

  it("have no TCB where collateral is missing", async () => {
    const verdict = await put({ scene: { tcbInfo: null } });
    expect((verdict.ok ? verdict.claims : verdict.unverifiedClaims).tcb).toBeNull();
    expect(verdict.checks.find(({ id }) => id === "tdx/tcb-status")).toMatchObject({
      status: "skipped",
      blockedBy: "tdx/tcb-info",
    });
  });

  it("end with the first certificate or collateral that was relied on", async () => {
    expect((await put()).meta.validUntil).toBe("2030-07-01T00:00:00.000Z");
  });
});

describe("inspect", () => {
  it.each([2, 3, 4] as const)("maps every byte of header and report, body type %s", (bodyType) => {
    const quote = forgeQuote({ version: 5, bodyType });
    const { structures, kind, notVerified } = inspect(quote);
    expect([kind, notVerified]).toEqual(["tdx", true]);
    let at = 0;
    for (const { fields } of structures) {
      for (const field of fields) {
        expect(field.offset).toBe(at);
        at += field.length;
      }
    }
    expect(at).toBe(54 + { 2: 584, 3: 648, 4: 885 }[bodyType]);
  });
});

describe("the front door", () => {
  it.each(["tdx", "sgx"] as const)("tells %s from all other kinds", async (tee) => {
    const verdict = await verifyAny(forgeQuote({ tee }), {
      expected: "any-build",
      binding: "unbound",
      endorsements: Object.values(rightScene(tee)),
      at: AT,
      trustAnchors: { intel: [forgeRoot()] },
    });
    expect(summary(verdict)).toBe("verified");
    expect(verdict.parts.map(({ kind }) => kind)).toEqual([tee]);
  });

  it("never takes a forged PKI for Intel's: without custom anchors the pinned roots count", async () => {
    const options = {
      expected: "any-build",
      binding: "unbound",
      endorsements: Object.values(rightScene("tdx")),
      at: AT,
    } as const;
    const verdict = await verifyAny(forgeQuote(), options);
    expect(verdict.outcome).toBe("rejected");
    expect(verdict.meta.anchors).toBe("pinned");
    const failed = verdict.checks.filter(({ status }) => status === "failed").map(({ id, code }) => `${id} ${code}`);
    expect(failed).toContain("tdx/roots root-not-pinned");
    expect(failed).toContain("tdx/pck-path certificate-signature-invalid");
  });
});

it("every check has words for each way it ends", () => {
  expect(tdx.checks.map(({ id }) => id).filter((id) => tdx.messages[id] === undefined)).toEqual([]);
});
