/** What is too much is refused with a clear code, and what is just not too much is judged within the time that fuzzing allows. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import * as cbor from "../../fixtures/cbor.js";
import { bitString, concat, integer, nullValue, oid, sequence } from "../../fixtures/der.js";
import { forgeDocument } from "../../fixtures/nitro/document.js";
import { isUsableRsaKey } from "../../src/crypto/crypto.js";
import { verify } from "../../src/index.js";
import type { Verdict } from "../../src/verdict.js";
import { optionsFor } from "../evidence/sev-snp/support.js";
import { judgeBytes } from "../support/nitro.js";
import { repositoryRoot } from "../support/shared.js";
import { LIMITS } from "./fuzz/judge.js";
import { spent } from "./spent.js";

const MIB = 1_048_576;
const forged = forgeSnp();
const options = optionsFor(forged);
const judge = (evidence: Uint8Array | string): Promise<Verdict> => verify(evidence, options);
const withMore = (...more: readonly (Uint8Array | string)[]): Promise<Verdict> =>
  verify(forged.report, { ...options, endorsements: [...(options.endorsements ?? []), ...more] });
const codes = ({ outcome, checks }: Verdict): string =>
  [outcome, ...checks.flatMap(({ id, status, code }) => (status === "failed" ? `${id} ${code}` : []))].join(", ");

const HUGE: Readonly<Record<string, () => Uint8Array | string>> = {
  zeros: () => new Uint8Array(100 * MIB),
  "a report and zeros": () => concat(forged.report, new Uint8Array(100 * MIB)),
  digits: () => "0".repeat(100 * MIB),
  base64: () => "A".repeat(100 * MIB),
  "JSON brackets": () => "[".repeat(100 * MIB),
  "a JSON string": () => `{"evidence":"${"A".repeat(100 * MIB)}"}`,
  PEM: () => `-----BEGIN CERTIFICATE-----\n${"A".repeat(100 * MIB)}`,
  "white space": () => " ".repeat(100 * MIB),
};

describe("inputs of 100 MB", () => {
  it.each(Object.entries(HUGE))("%s are refused by their length", { timeout: 60_000 }, async (_name, make) => {
    const evidence = make();
    const [verdict, milliseconds] = await spent(() => judge(evidence));
    expect(codes(verdict)).toBe("rejected, evidence/recognised malformed");
    expect(milliseconds).toBeLessThan(LIMITS.milliseconds);
  });

  it("as an endorsement are refused by their length", { timeout: 60_000 }, async () => {
    const [bytes, text] = [new Uint8Array(100 * MIB).fill(0x30), "{".repeat(100 * MIB)];
    const [verdict, milliseconds] = await spent(() => withMore(bytes, text));
    expect(codes(verdict)).toContain("evidence/endorsements malformed");
    expect(milliseconds).toBeLessThan(LIMITS.milliseconds);
  });
});

describe("a million nested items", () => {
  const nested: Readonly<Record<string, Uint8Array | string>> = {
    "CBOR arrays": concat(new Uint8Array(1_000_000).fill(0x81), Uint8Array.of(0)),
    "CBOR maps": concat(...Array.from({ length: 4 }, () => new Uint8Array(250_000).fill(0xa1))),
    "CBOR tags": new Uint8Array(1_000_000).fill(0xd2),
    "JSON arrays": "[".repeat(1_000_000) + "]".repeat(1_000_000),
    "JSON objects": '{"a":'.repeat(1_000_000),
  };
  it.each(Object.entries(nested))("%s are malformed", { timeout: 60_000 }, async (_name, evidence) => {
    const [verdict, milliseconds] = await spent(() => judgeBytes(evidence));
    expect(verdict.outcome).toBe("rejected");
    expect(verdict.checks.some(({ code }) => code === "internal-error")).toBe(false);
    expect(milliseconds).toBeLessThan(LIMITS.milliseconds);
  });

  it("in the payload of a document are malformed", async () => {
    const payload = concat(new Uint8Array(10_000).fill(0x81), cbor.int(0));
    const verdict = await judgeBytes(forgeDocument({ mutatePayload: () => payload }));
    expect(verdict.outcome).toBe("rejected");
  });
});

describe("many endorsements", () => {
  it("10,000 certificates are too many, alike or each another", { timeout: 60_000 }, async () => {
    const each = Array.from({ length: 10_000 }, (_, i) => {
      const copy = forged.ek.slice();
      copy.set([i >> 8, i & 255], copy.length - 2);
      return copy;
    });
    const [verdict, milliseconds] = await spent(() => withMore(...each));
    expect(codes(verdict)).toContain("evidence/endorsements malformed");
    expect(milliseconds).toBeLessThan(LIMITS.milliseconds);
    const [alike, longer] = await spent(() => withMore(...each.map(() => forged.ek)));
    expect(alike.outcome).toBe("verified");
    expect(longer).toBeLessThan(LIMITS.milliseconds);
  });

  it("the longest list that is read is read soon, and a longer one is refused", { timeout: 60_000 }, async () => {
    const revoked = Array.from({ length: 60_000 }, (_, i) => i + 1_000_000);
    const list = forged.crl({ revoked });
    const [verdict, milliseconds] = await spent(() => withMore(list));
    expect(verdict.outcome).toBe("verified");
    expect(milliseconds).toBeLessThan(LIMITS.milliseconds);
    const long = Array.from({ length: 400_000 }, (_, i) => i + 1_000_000);
    const longer = forged.crl({ revoked: long });
    const [refused, soon] = await spent(() => withMore(longer));
    expect(codes(refused)).toContain("evidence/endorsements malformed");
    expect(soon).toBeLessThan(LIMITS.milliseconds);
  });
});

describe("RSA keys that cost much", () => {
  it.each([
    ["a modulus of 8200 bits", 1025, 65537n],
    ["a modulus of 16384 bits", 2048, 65537n],
    ["a modulus of 1024 bits", 128, 65537n],
    ["an exponent of 2^32 + 1", 256, 4294967297n],
    ["an exponent of 1", 256, 1n],
    ["an even exponent", 256, 65536n],
  ] as const)("%s is not used", async (_name, length, exponent) => {
    const modulus = new Uint8Array(length).fill(0xff);
    expect(isUsableRsaKey({ type: "rsa", modulus, exponent: Number(exponent) } as never)).toBe(false);
  });

  it("a certificate with a modulus of 100,000 bytes costs no modular power", async () => {
    const modulus = new Uint8Array(100_000).fill(0xff);
    const key = sequence(
      sequence(oid("1.2.840.113549.1.1.1"), nullValue()),
      bitString(sequence(integer(concat(Uint8Array.of(0), modulus)), integer(65537))),
    );
    const forgery = forgeSnp({ issuer: { key } as never });
    const [verdict, milliseconds] = await spent(() => verify(forgery.report, optionsFor(forgery)));
    expect(verdict.outcome).toBe("rejected");
    expect(milliseconds).toBeLessThan(LIMITS.milliseconds);
  });
});

describe("decompression", () => {
  it("is in one room alone, which no verdict enters and whose own tests hold its bounds; the command line hands it Node's own", () => {
    const means = /DecompressionStream|node:zlib|inflate|gunzip|fflate|pako/;
    const files = readdirSync(join(repositoryRoot, "src"), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".ts"),
    );
    const room = join("expected", "release");
    expect(files.length).toBeGreaterThan(200);
    expect(
      files.filter(
        (name) => !name.startsWith(room) && means.test(readFileSync(join(repositoryRoot, "src", name), "utf8")),
      ),
    ).toEqual([join("cli", "package-file.ts"), join("cli", "tinfoil.ts")]);
  });

  it("is not even tried: gzip as evidence is named and refused", async () => {
    const bomb = gzipSync(new Uint8Array(10 * MIB));
    expect(codes(await judge(new Uint8Array(bomb)))).toBe("rejected, evidence/recognised unrecognised");
  });
});
