/** What a relying party demands of an enclave: its code, or its maker; attributes; key separation; claims. */
import { describe, expect, it } from "vitest";
import { ENCLAVE, filled, forgeQuote, type QuoteRequest } from "../../../fixtures/intel/quote.js";
import { sgx } from "../../../src/evidence/sgx/kind.js";
import type { SgxPolicy, SgxReference } from "../../../src/evidence/sgx/settings.js";
import { inspect } from "../../../src/sgx.js";
import { put, summary } from "../../support/dcap.js";

const { mrenclave, mrsigner } = ENCLAVE as Record<string, Uint8Array> & { mrenclave: Uint8Array; mrsigner: Uint8Array };

const expecting = (reference: SgxReference, quote: QuoteRequest = {}, more: object = {}, policy: SgxPolicy = {}) =>
  put({ quote: { tee: "sgx", ...quote }, sgx: policy, options: { expected: { sgx: reference }, ...more } });

const say = async (...input: Parameters<typeof expecting>) => summary(await expecting(...input));
const FIRMWARE = { covers: "firmware" };

describe("the build", () => {
  it("is MRENCLAVE", async () => {
    const verdict = await expecting({ mrenclave });
    expect(summary(verdict)).toBe("verified");
    expect(verdict.covers).toBe("launch");
    expect(await say({ mrenclave: filled(32, 1) })).toBe("rejected, build build-mismatch");
  });

  it("may be a bare digest", async () => {
    const bare = (expected: string) => put({ quote: { tee: "sgx" }, options: { expected } });
    expect(summary(await bare("e0".repeat(32)))).toBe("verified");
    expect(summary(await bare("e1".repeat(32)))).toBe("rejected, build build-mismatch");
  });

  it("is less when its signer is all that is pinned, which the caller must ask for", async () => {
    const maker = { mrsigner, isvProdId: 3, minimumIsvSvn: 4 };
    expect(await say(maker)).toBe("rejected, covers covers-too-little");
    const verdict = await expecting(maker, {}, FIRMWARE);
    expect(summary(verdict)).toBe("verified");
    expect(verdict.limits.join(" ")).toContain("MRSIGNER names who signed");
    expect(await say({ isvProdId: 3 }, {}, FIRMWARE)).toBe("rejected, covers covers-too-little");
  });

  it.each<[string, SgxReference]>([
    ["MRSIGNER", { mrsigner: filled(32, 1) }],
    ["ISVPRODID", { mrsigner, isvProdId: 2 }],
    ["ISVSVN", { mrsigner, minimumIsvSvn: 5 }],
    ["ISVEXTPRODID", { mrsigner, isvExtProdId: filled(16, 1) }],
    ["ISVFAMILYID", { mrsigner, isvFamilyId: filled(16, 1) }],
    ["CONFIGID", { mrsigner, configId: filled(64, 1) }],
    ["CONFIGSVN", { mrsigner, minimumConfigSvn: 1 }],
  ])("is another with another %s", async (_, reference) => {
    expect(await say(reference, {}, FIRMWARE)).toBe("rejected, build build-mismatch");
    const report = {
      isvProdId: 2,
      isvSvn: 5,
      isvExtProdId: filled(16, 1),
      isvFamilyId: filled(16, 1),
      configId: filled(64, 1),
      configSvn: 1,
      mrsigner: reference.mrsigner as Uint8Array,
    };
    expect(await say(reference, { report }, FIRMWARE)).toBe("verified");
  });
});

it("an advisory that does not apply refuses no enclave, which has no TDX module", async () => {
  expect(await say({ mrenclave }, {}, {}, { rejectedAdvisories: "INTEL-SA-00001" })).toBe("verified");
});

describe("attributes", () => {
  const flags = (byte: number) => ({
    report: { attributes: Uint8Array.from([byte, ...filled(7, 0), 0xe7, ...filled(7, 0)]) },
  });

  it("must show an enclave that was initialised", async () => {
    expect(await say({ mrenclave }, flags(0x04))).toBe("rejected, attributes attributes-mismatch");
    expect(await say({ mrenclave }, flags(0x05))).toBe("verified");
  });

  it("may be demanded under masks", async () => {
    const demand = (value: string, mask: string): SgxPolicy => ({
      attributes: { value: value.padEnd(32, "0"), mask: mask.padEnd(32, "0") },
    });
    expect(await say({ mrenclave }, {}, {}, demand("05", "ff"))).toBe("verified");
    expect(await say({ mrenclave }, {}, {}, demand("15", "ff"))).toBe("rejected, attributes attributes-mismatch");
    const misc = (value: string): SgxPolicy => ({ miscSelect: { value, mask: "ffffffff" } });
    expect(await say({ mrenclave }, {}, {}, misc("00000000"))).toBe("verified");
    expect(await say({ mrenclave }, {}, {}, misc("01000000"))).toBe("rejected, attributes attributes-mismatch");
    expect(await say({ mrenclave }, { report: { miscSelect: 1 } }, {}, misc("01000000"))).toBe("verified");
  });
});

describe("options that are a mistake", () => {
  it.each<[string, unknown, unknown]>([
    ["an empty demand", {}, {}],
    ["a misspelt field", { mrEnclave: mrenclave }, {}],
    ["a product id out of range", { isvProdId: 65_536 }, {}],
    [
      "a mask that the value exceeds",
      { mrenclave },
      { attributes: { value: "01".padEnd(32, "0"), mask: "02".padEnd(32, "0") } },
    ],
    ["a mask without a value", { mrenclave }, { miscSelect: { mask: "00000000" } }],
    ["an allowance of another kind", { mrenclave }, { allow: ["sept-ve"] }],
  ])("%s", async (_, reference, policy) => {
    await expect(expecting(reference as SgxReference, {}, {}, policy as SgxPolicy)).rejects.toThrow(TypeError);
  });
});

it("claims name what the specification names", async () => {
  const verdict = await expecting({ mrenclave }, { version: 5 });
  expect(verdict.ok && verdict.claims).toMatchObject({
    version: 5,
    mrenclave: "e0".repeat(32),
    mrsigner: "51".repeat(32),
    isvProdId: 3,
    isvSvn: 4,
    debug: false,
    quotingEnclave: { isvProdId: 1, isvSvn: 8 },
    tcb: { status: "UpToDate", module: null },
  });
});

it("inspect maps every byte of header and report", () => {
  for (const version of [3, 4, 5]) {
    const { structures } = inspect(forgeQuote({ tee: "sgx", version }));
    const covered = structures.flatMap(({ fields }) => fields).reduce((sum, { length }) => sum + length, 0);
    expect(covered).toBe((version === 5 ? 54 : 48) + 384);
  }
});

it("every check has words for each way it ends", () => {
  expect(sgx.checks.map(({ id }) => id).filter((id) => sgx.messages[id] === undefined)).toEqual([]);
});
