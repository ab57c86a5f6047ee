/** Fleek's enclaves: an SGX quote whose report data is of the TLS key. */
import { createHash, createPublicKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { bitString, concat, contentsOf, oid, sequence } from "../../fixtures/der.js";
import { filled } from "../../fixtures/intel/quote.js";
import { type TestKey, testKey } from "../../fixtures/keys.js";
import type { Binding } from "../../src/expected/binding.js";
import { fleekChannel } from "../../src/profiles/index.js";
import { put } from "../support/dcap.js";

const key = testKey("rsa2048-1");
const other = testKey("rsa2048-2");

/** What the enclave puts into its report data, by node's own encoder. */
function reportDataOf({ privateKey }: TestKey): Uint8Array {
  const pkcs1 = createPublicKey(privateKey).export({ format: "der", type: "pkcs1" });
  return concat(new Uint8Array(createHash("sha256").update(pkcs1).digest()), new Uint8Array(32));
}

async function judge(reportData: Uint8Array, binding: Binding) {
  const { outcome, freshness, channel, checks } = await put({
    quote: { tee: "sgx", report: { reportData } },
    options: { expected: { sgx: { mrenclave: filled(32, 0xe0) } }, binding },
  });
  return { outcome, freshness, channel, binding: checks.find(({ id }) => id.endsWith("/report-data"))?.status };
}

describe("fleekChannel", () => {
  it("binds a quote to the key of your own connection; nothing is fresh about it", async () => {
    expect(await judge(reportDataOf(key), fleekChannel(key.spki))).toEqual({
      outcome: "verified",
      freshness: "none",
      channel: { publicKeySha256: createHash("sha256").update(key.spki).digest("hex") },
      binding: "passed",
    });
  });

  it.each([
    ["the quote of another key", reportDataOf(other)],
    [
      "the hash of the SubjectPublicKeyInfo",
      concat(new Uint8Array(createHash("sha256").update(key.spki).digest()), new Uint8Array(32)),
    ],
    ["bytes behind the hash", concat(reportDataOf(key).subarray(0, 63), Uint8Array.of(1))],
  ])("is rejected for %s", async (_, reportData) => {
    expect(await judge(reportData, fleekChannel(key.spki))).toMatchObject({
      outcome: "rejected",
      channel: "none",
      binding: "failed",
    });
  });

  it("the key that is bound is the key that is named: a layout does not carry its own", async () => {
    const { layout } = fleekChannel(key.spki);
    expect(await judge(reportDataOf(key), { layout, publicKey: other.spki })).toMatchObject({ outcome: "rejected" });
  });

  it("keeps a copy: a key that is changed afterwards is not looked at", async () => {
    const spki = key.spki.slice();
    const binding = fleekChannel(spki);
    spki.fill(0);
    expect((await judge(reportDataOf(key), binding)).outcome).toBe("verified");
  });

  const rsa = sequence(oid("1.2.840.113549.1.1.1"));
  it.each([
    ["an EC key", testKey("p256-1").spki],
    ["PKCS #1 alone", new Uint8Array(createPublicKey(key.privateKey).export({ format: "der", type: "pkcs1" }))],
    ["an element too many", sequence(contentsOf(key.spki), bitString(Uint8Array.of(1)))],
    ["a key that is cut short", key.spki.subarray(0, 100)],
    ["no key", sequence(rsa)],
    ["unused bits", sequence(rsa, bitString(Uint8Array.of(1), 1))],
    ["nothing", new Uint8Array()],
    ["text", "key" as unknown as Uint8Array],
  ])("%s is a mistake of the caller", (_, spki) => {
    expect(() => fleekChannel(spki)).toThrow(TypeError);
  });
});
