/** Report data that a dstack guest makes with other hashes, of other contents. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { forgeQuote } from "../../fixtures/intel/quote.js";
import { type DstackContent, type DstackHash, dstackReportData } from "../../src/profiles/dstack.js";
import { put, summary } from "../support/dcap.js";

const content = new TextEncoder().encode("hello");
const slot = (digest: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(64);
  bytes.set(digest);
  return bytes;
};
/** Keccak of `app-data:hello`, computed apart from this library, in Python. */
const KECCAK = {
  keccak256: "8ed51239a438104e85ca8d86fa87fbc67c21d00b124c0ff7eceee34309f5f362",
  keccak384: "8c5fbcff05a0470bdfd593a9db68a1b165694bf1a07c7555e8d46750d802e4c524caf153b8874f4d1def46abc50859da",
  keccak512:
    "2b7e3f26c05a7787eea41af69ebb04b8d7fa57748974530ee1a430c1b547bee3ec73472770c45b11e7420930d7daa295eb77cb5bf96b328a7513d62a99c5070e",
} as const;
const expected = (hash: DstackHash, tag: DstackContent = "app-data"): Uint8Array =>
  hash in KECCAK
    ? slot(Buffer.from(KECCAK[hash as keyof typeof KECCAK], "hex"))
    : slot(createHash(hash).update(`${tag}:`).update(content).digest());

const judge = async (reportData: Uint8Array, binding: object) =>
  put({ quote: forgeQuote({ report: { reportData } }), options: { expected: "any-build", binding: binding as never } });
const MISMATCH = "rejected, report-data report-data-mismatch";

describe("report data of dstack", () => {
  const hashes = ["sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512", ...Object.keys(KECCAK)];
  it.each(hashes as DstackHash[])("by %s", async (hash) => {
    const binding = { layout: dstackReportData("app-data", hash), data: content };
    expect(summary(await judge(expected(hash), binding))).toBe("verified");
    const changed = expected(hash).map((byte, i) => (i === 63 ? byte ^ 1 : byte));
    expect(summary(await judge(changed, binding))).toBe(MISMATCH);
    const other = hash === "sha256" ? "sha3-256" : "sha256";
    expect(summary(await judge(expected(other), binding))).toBe(MISMATCH);
  });

  it("of the root of its KMS, and of a certificate's key, which is then the channel", async () => {
    const root = { layout: dstackReportData("kms-root-ca"), data: content };
    expect(summary(await judge(expected("sha512", "kms-root-ca"), root))).toBe("verified");
    expect(summary(await judge(expected("sha512"), root))).toBe(MISMATCH);
    const key = { layout: dstackReportData("ratls-cert", "sha384"), publicKey: content };
    const verdict = await judge(expected("sha384", "ratls-cert"), key);
    expect(summary(verdict)).toBe("verified");
    expect(verdict.channel).toEqual({ publicKeySha256: createHash("sha256").update(content).digest("hex") });
    expect(summary(await judge(expected("sha384"), key))).toBe(MISMATCH);
  });

  it("as it is", async () => {
    const data = slot(content);
    const layout = dstackReportData("app-data", "raw");
    expect(summary(await judge(data, { layout, data }))).toBe("verified");
    expect(summary(await judge(expected("sha512"), { layout, data }))).toBe(MISMATCH);
    await expect(judge(data, { layout, data: content })).rejects.toThrow(TypeError);
  });

  it.each<[string, string, string]>([
    ["content", "genesis", "sha512"],
    ["hash", "app-data", "md5"],
    ["raw content of a key", "ratls-cert", "raw"],
  ])("an unknown %s is misuse", (_, tag, hash) => {
    expect(() => dstackReportData(tag as DstackContent, hash as DstackHash)).toThrow(TypeError);
  });
});
