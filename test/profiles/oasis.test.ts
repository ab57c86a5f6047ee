/** Oasis: identities of enclaves and of ROFL apps, their attestation keys, and the bundles that nodes publish. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { filled, forgeQuote, TD } from "../../fixtures/intel/quote.js";
import { MalformedError } from "../../src/encoding/malformed.js";
import { oasisEnclave, oasisRak, readOasisQuote, roflApp } from "../../src/profiles/oasis.js";
import { verify as verifySgx } from "../../src/sgx.js";
import { verify } from "../../src/tdx.js";
import { put, summary } from "../support/dcap.js";
import { describeShared, readShared } from "../support/shared.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const quote = forgeQuote({});
const rak = filled(32, 0x4a);

describeShared("a real ROFL quote", () => {
  const real = () => readShared("evidence/dcap/oasisprotocol+oasis-core/testdata/quote_v4_tdx_ecdsa_p256.bin");
  const identity = `63d522d975f7de879a8f3368b4f32dd1e8db635f5a24b651ce8ff81705028813${"00".repeat(32)}`;

  it("has the identity that Oasis computes, and all of its registers are expected then", async () => {
    const tdx = roflApp(identity, real());
    expect(Object.keys(tdx ?? {})).toEqual(["mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3"]);
    const verdict = await verify(real(), {
      expected: { tdx: tdx ?? {} },
      binding: "unbound",
      at: new Date("2024-09-02T07:03:52Z"),
    });
    expect(verdict.covers).toBe("launch");
    for (const id of ["tdx/build", "tdx/rtmr3"])
      expect(verdict.checks.find((check) => check.id === id)?.status).toBe("passed");
  });

  it("is no other app, and no register of it may change", () => {
    expect(roflApp(`${"00".repeat(64)}`, real())).toBeUndefined();
    for (const offset of [136, 328, 376, 424, 472, 519]) {
      const changed = real().slice();
      changed[48 + offset] = (changed[48 + offset] as number) ^ 1;
      expect(roflApp(identity, changed), `byte ${offset}`).toBeUndefined();
    }
  });

  it("a TD has no MRSIGNER", () => {
    expect(() => roflApp(`${identity.slice(0, 64)}${"11".repeat(32)}`, real())).toThrow(TypeError);
  });
});

describeShared("bundles that Oasis nodes publish", () => {
  const bundle = (name: string) => readShared(`evidence/dcap/oasisprotocol+oasis-core/testdata/${name}`);

  it.each([
    ["pcs_quote_bundle.cbor", "2022-12-20T01:03:24Z"],
    ["sgx_attestation_v1.bin", "2022-09-20T00:00:00Z"],
  ])("%s holds a quote and Intel's signed collateral", async (name, at) => {
    const { quote: sgx, endorsements } = readOasisQuote(bundle(name));
    const options = { expected: "any-build", binding: "unbound", at: new Date(at) } as const;
    const status = async (given: readonly string[]) => {
      const { checks } = await verifySgx(sgx, { ...options, endorsements: given });
      return ["sgx/quote-signature", "sgx/tcb-info", "sgx/qe-identity"].map(
        (id) => checks.find((check) => check.id === id)?.status,
      );
    };
    expect(await status(endorsements)).toEqual(["passed", "passed", "passed"]);
    expect(await status([])).toEqual(["passed", "undetermined", "undetermined"]);
  });

  it("expects an enclave by MRENCLAVE and MRSIGNER", async () => {
    const { quote: sgx } = readOasisQuote(bundle("pcs_quote_bundle.cbor"));
    const identity = Uint8Array.of(...sgx.subarray(48 + 64, 48 + 96), ...sgx.subarray(48 + 128, 48 + 160));
    const judge = async (value: Uint8Array) =>
      (await verifySgx(sgx, { expected: { sgx: oasisEnclave(value) }, binding: "unbound" })).checks.find(
        ({ id }) => id === "sgx/build",
      )?.status;
    expect(await judge(identity)).toBe("passed");
    for (const at of [0, 63])
      expect(await judge(identity.map((byte, i) => (i === at ? byte ^ 1 : byte)))).toBe("failed");
  });

  it("that are cut short, empty or unsigned are malformed", () => {
    const whole = bundle("pcs_quote_bundle.cbor");
    for (const bytes of [whole.subarray(0, 5_000), Uint8Array.of(0xa0), Uint8Array.of(0x80), new Uint8Array()])
      expect(() => readOasisQuote(bytes)).toThrow(MalformedError);
    const unsigned = Buffer.from(whole);
    unsigned.write("x", unsigned.indexOf("isignatureX") < 0 ? unsigned.indexOf("6be6247f") : 0);
    expect(() => readOasisQuote(new Uint8Array(unsigned))).toThrow(MalformedError);
  });
});

describe("roflApp", () => {
  it("finds nothing in what is no quote of a TD", () => {
    const identity = new Uint8Array(64);
    for (const bytes of [new Uint8Array(), quote.subarray(0, 600), forgeQuote({ tee: "sgx" })])
      expect(roflApp(identity, bytes)).toBeUndefined();
  });
  it("is misused by an identity of another length", () => {
    expect(() => roflApp(filled(32, 1), quote)).toThrow(TypeError);
    expect(() => oasisEnclave(filled(63, 1))).toThrow(TypeError);
  });
});

describe("oasisRak", () => {
  const digest = createHash("sha512-256").update("oasis-core/node: TEE RAK binding").update(rak).digest();
  const { mrtd, rtmr0, rtmr1, rtmr2 } = TD;
  async function judge(reportData: Uint8Array, key: Uint8Array, tee: "tdx" | "sgx" = "tdx", version = 4) {
    const bytes = forgeQuote({
      tee,
      version,
      ...(version === 5 ? { bodyType: 2 as const } : {}),
      report: { reportData },
    });
    const expected = tee === "tdx" ? { tdx: { mrtd, rtmr0, rtmr1, rtmr2 } } : { sgx: { mrenclave: filled(32, 0xe0) } };
    const verdict = await put({
      quote: bytes,
      ...(tee === "sgx" ? { scene: (await import("../support/dcap.js")).rightScene("sgx") } : {}),
      options: { expected: expected as never, binding: oasisRak(key, bytes) },
    });
    return { said: summary(verdict), channel: verdict.channel, freshness: verdict.freshness };
  }
  const bound = Uint8Array.of(...digest, ...filled(32, 0x99));

  it.each([
    ["tdx", 4],
    ["tdx", 5],
    ["sgx", 3],
  ] as const)("binds a quote of %s, version %d, to the key, whatever its nonce", async (tee, version) => {
    expect(await judge(bound, rak, tee, version)).toEqual({
      said: "verified",
      channel: { publicKeySha256: createHash("sha256").update(rak).digest("hex") },
      freshness: "none",
    });
  });

  it("and to no other key", async () => {
    expect((await judge(bound, filled(32, 0x4b))).said).toBe("rejected, report-data report-data-mismatch");
    expect(
      (
        await judge(
          bound.map((byte, i) => (i === 31 ? byte ^ 1 : byte)),
          rak,
        )
      ).said,
    ).toBe("rejected, report-data report-data-mismatch");
    expect(() => oasisRak(filled(31, 1), quote)).toThrow(TypeError);
    expect(hex(rak)).toHaveLength(64);
  });
});
