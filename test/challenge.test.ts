/** Both ends of a challenge: what is asked, and the report data that answers it. */
import { describe, expect, it } from "vitest";
import { pattern } from "../fixtures/amd/report.js";
import { forgeSnp } from "../fixtures/amd/snp.js";
import { createChallenge, reportDataFor } from "../src/challenge.js";
import { CryptoUnavailableError } from "../src/crypto/crypto.js";
import { noble } from "../src/crypto/noble.js";
import { verify } from "../src/sev-snp.js";
import { check, optionsFor } from "./evidence/sev-snp/support.js";

describe("createChallenge", () => {
  it("gives 32 bytes that nobody gave before", () => {
    const nonces = Array.from({ length: 100 }, () => createChallenge().nonce);
    expect(nonces.every(({ length }) => length === 32)).toBe(true);
    expect(new Set(nonces.map(String)).size).toBe(100);
  });
});

describe("reportDataFor", () => {
  const publicKey = pattern(91, 3);

  it("answers a challenge that verify then finds answered, fresh and on this channel", async () => {
    const { nonce } = createChallenge();
    const forged = forgeSnp({ report: { reportData: await reportDataFor({ nonce, publicKey }) } });
    const verdict = await verify(forged.report, { ...optionsFor(forged), binding: { nonce, publicKey } });
    expect(verdict).toMatchObject({
      outcome: "verified",
      freshness: "nonce",
      channel: { publicKeySha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    const replayed = await verify(forged.report, {
      ...optionsFor(forged),
      binding: { nonce: createChallenge().nonce, publicKey },
    });
    expect(check(replayed, "sev-snp/report-data")?.code).toBe("report-data-mismatch");
    expect(replayed).toMatchObject({ outcome: "rejected", freshness: "none", channel: "none" });
  });

  it("is the same with either back end, and differs with and without a key", async () => {
    const nonce = pattern(16, 0);
    expect(await reportDataFor({ nonce, publicKey }, noble)).toEqual(await reportDataFor({ nonce, publicKey }));
    expect(await reportDataFor({ nonce })).not.toEqual(await reportDataFor({ nonce, publicKey }));
    expect((await reportDataFor({ nonce })).length).toBe(64);
  });

  it.each([
    ["a nonce of 15 bytes", { nonce: pattern(15, 0) }],
    ["an empty nonce", { nonce: new Uint8Array() }],
    ["a nonce of text", { nonce: "a".repeat(32) }],
    ["no nonce", {}],
    ["a key of text", { nonce: pattern(32, 0), publicKey: "key" }],
    ["an empty key", { nonce: pattern(32, 0), publicKey: new Uint8Array() }],
  ])("refuses %s", async (_name, binding) => {
    await expect(reportDataFor(binding as { nonce: Uint8Array })).rejects.toThrow(TypeError);
  });

  it("says so where there is no back end", async () => {
    const { crypto } = globalThis;
    Object.defineProperty(globalThis, "crypto", { value: undefined, configurable: true });
    try {
      await expect(reportDataFor({ nonce: pattern(32, 0) })).rejects.toThrow(CryptoUnavailableError);
      expect((await reportDataFor({ nonce: pattern(32, 0) }, noble)).length).toBe(64);
    } finally {
      Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true });
    }
  });
});
