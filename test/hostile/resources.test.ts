/** What is too much is refused with a clear code, in time and memory that do not grow with it: counts and bounds, the clock being fuzz's. */
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

const MIB = 1_048_576;
const forged = forgeSnp();
const options = optionsFor(forged);
const judge = (evidence: Uint8Array | string): Promise<Verdict> => verify(evidence, options);
const withMore = (...more: readonly (Uint8Array | string)[]): Promise<Verdict> =>
  verify(forged.report, { ...options, endorsements: [...(options.endorsements ?? []), ...more] });
const codes = ({ outcome, checks }: Verdict): string =>
  [outcome, ...checks.flatMap(({ id, status, code }) => (status === "failed" ? `${id} ${code}` : []))].join(", ");

/** Processor milliseconds of `run`: whatever else this machine does. */
async function spent<T>(run: () => Promise<T>): Promise<readonly [T, number]> {
  const before = process.cpuUsage();
  const result = await run();
  const { user, system } = process.cpuUsage(before);
  return [result, (user + system) / 1000];
}

/** Generous: a reader that grows with the square of its input is far above it, a slow machine is not. */
const ENOUGH = 3000;

/** Twice the limit of fuzzing: on a busy machine the processor itself is slower. */
const SOON = 2 * LIMITS.milliseconds;

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

const LONG = 8 * MIB - 64;
const LONG_TEXT = 2 * MIB;
/** Just below the longest evidence, and the longest text of bytes: all of it is read. */
const LONGEST: Readonly<Record<string, () => Uint8Array | string>> = {
  zeros: () => new Uint8Array(LONG),
  digits: () => "0".repeat(LONG),
  base64: () => "A".repeat(LONG),
  "base64 of padding": () => "=".repeat(LONG),
  "base64 in lines of one letter": () => "A\n".repeat(LONG / 2),
  "PEM without an end": () => "-----BEGIN A-----\n".repeat(LONG / 18),
  "PEM dashes": () => "-".repeat(LONG),
  "PEM blocks": () => "-----BEGIN A-----\nAAAA\n-----END A-----\n".repeat(LONG / 40),
  "JSON brackets": () => "[".repeat(LONG),
  "JSON numbers": () => `[${"0,".repeat(LONG / 2 - 2)}0]`,
  "JSON escapes": () => `["${"\\u0041".repeat(LONG / 6 - 2)}"]`,
  "JSON of quotation marks escaped": () => `["${'\\"'.repeat(LONG / 2 - 2)}"]`,
  "JSON names": () => `{${Array.from({ length: 600_000 }, (_, i) => `"n${i}":0`).join(",")}}`,
  "JSON of names, each with a list": () => `[${Array.from({ length: 200_000 }, (_, i) => `{"n${i}":[]}`).join(",")}]`,
  "JSON of as many long names as are read": () =>
    `{${Array.from({ length: 24_900 }, (_, i) => `"n${i}${"x".repeat(300)}":0`).join(",")}}`,
  "JSON of as many objects as are read": () =>
    `[${Array.from({ length: 12_400 }, (_, i) => `{"n${i}${"x".repeat(600)}":0}`).join(",")}]`,
  "JSON of as many long numbers as are read": () => `[${`${"1".repeat(38)}.1,`.repeat(49_900)}0]`,
  "JSON of as many escapes as are read": () => `[${`"${"\\u0041".repeat(26)}",`.repeat(49_900)}0]`,
  "JSON of one number": () => `[${"1".repeat(LONG - 2)}]`,
  "JSON strings": () => `[${'"",'.repeat(LONG / 3 - 2)}""]`,
  "JSON of a bundle with a long text": () => JSON.stringify({ "tee-verify": 1, evidence: "A".repeat(LONG - 100) }),
  "JSON of a bundle with many endorsements": () =>
    JSON.stringify({
      "tee-verify": 1,
      evidence: Buffer.from(forged.report).toString("base64"),
      endorsements: new Array(1_000_000).fill("AAAA"),
    }),
  "JSON of a bundle with as many endorsements as are read": () =>
    JSON.stringify({
      "tee-verify": 1,
      evidence: Buffer.from(forged.report).toString("base64"),
      endorsements: new Array(256).fill("A".repeat(32_000)),
    }),
  "JSON of a bundle with JSON of as many names as are read": () =>
    JSON.stringify({
      "tee-verify": 1,
      evidence: `{${Array.from({ length: 24_900 }, (_, i) => `"n${i}${"x".repeat(50)}":0`).join(",")}}`,
    }),
  "text of as many digits as are read": () => "0".repeat(LONG_TEXT),
  "text of as many lines of one letter as are read": () => "A\n".repeat(LONG_TEXT / 2),
  "PEM of as many lines of one letter as are read": () =>
    `-----BEGIN A-----\n${"A\n".repeat(LONG_TEXT / 2 - 20)}-----END A-----\n`,
  XML: () => `<a>${"<b/>".repeat(LONG / 4 - 10)}</a>`,
  SEQUENCEs: () => new Uint8Array(LONG).fill(0x30),
  "CBOR arrays": () => new Uint8Array(LONG).fill(0x81),
  "CBOR endless": () => new Uint8Array(LONG).fill(0x9f),
  "CBOR empty maps": () => concat(Uint8Array.of(0x9a, 0, 0x7f, 0xff, 0), new Uint8Array(0x7fff00).fill(0xa0)),
};

describe("inputs of 100 MB", () => {
  it.each(Object.entries(HUGE))("%s are refused by their length", { timeout: 60_000 }, async (_name, make) => {
    const evidence = make();
    const [verdict, milliseconds] = await spent(() => judge(evidence));
    expect(codes(verdict)).toBe("rejected, evidence/recognised malformed");
    expect(milliseconds).toBeLessThan(ENOUGH);
  });

  it("as an endorsement are refused by their length", { timeout: 60_000 }, async () => {
    const [verdict, milliseconds] = await spent(() =>
      withMore(new Uint8Array(100 * MIB).fill(0x30), "{".repeat(100 * MIB)),
    );
    expect(codes(verdict)).toContain("evidence/endorsements malformed");
    expect(milliseconds).toBeLessThan(ENOUGH);
  });
});

describe("the longest evidence", () => {
  it.each(Object.entries(LONGEST))("of %s gives a verdict soon", { timeout: 60_000 }, async (_name, make) => {
    const evidence = make();
    let best = Number.POSITIVE_INFINITY;
    // What is slow once may be a collection of garbage, or code that was not compiled yet.
    for (let tries = 0; tries < 5 && best > SOON; tries++) {
      const [verdict, milliseconds] = await spent(() => judge(evidence));
      expect(verdict.outcome).toBe("rejected");
      expect(verdict.checks.some(({ code }) => code === "internal-error")).toBe(false);
      best = Math.min(best, milliseconds);
    }
    expect(best).toBeLessThan(SOON);
  });

  it("of text that is no JSON is two MiB, and a bundle has 256 endorsements", async () => {
    const reasonOf = async (evidence: string): Promise<unknown> => (await judge(evidence)).checks[0]?.params.reason;
    expect(await reasonOf("0".repeat(LONG_TEXT + 2))).toContain("evidence text longer than 2097152 characters");
    expect(await reasonOf("0".repeat(LONG_TEXT))).not.toContain("evidence text longer");
    const withCopies = (count: number): Promise<Verdict> => {
      const endorsements = [...(options.endorsements ?? []), ...new Array(count).fill(forged.ek)] as Uint8Array[];
      const texts = endorsements.map((item) => Buffer.from(item).toString("base64"));
      const evidence = Buffer.from(forged.report).toString("base64");
      return verify(JSON.stringify({ "tee-verify": 1, evidence, endorsements: texts }), {
        ...options,
        endorsements: [],
      });
    };
    const own = options.endorsements?.length ?? 0;
    expect((await withCopies(256 - own)).outcome).toBe("verified");
    expect((await withCopies(257 - own)).checks[0]?.params.reason).toContain("bundle of more than 256 endorsements");
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
    expect(milliseconds).toBeLessThan(ENOUGH);
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
    expect(milliseconds).toBeLessThan(ENOUGH);
    const [alike, longer] = await spent(() => withMore(...each.map(() => forged.ek)));
    expect(alike.outcome).toBe("verified");
    expect(longer).toBeLessThan(ENOUGH);
  });

  it("the longest list that is read is read soon, and a longer one is refused", { timeout: 60_000 }, async () => {
    const revoked = Array.from({ length: 60_000 }, (_, i) => i + 1_000_000);
    const [verdict, milliseconds] = await spent(() => withMore(forged.crl({ revoked })));
    expect(verdict.outcome).toBe("verified");
    expect(milliseconds).toBeLessThan(ENOUGH);
    const long = Array.from({ length: 400_000 }, (_, i) => i + 1_000_000);
    const [refused] = await spent(() => withMore(forged.crl({ revoked: long })));
    expect(codes(refused)).toContain("evidence/endorsements malformed");
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
    expect(milliseconds).toBeLessThan(ENOUGH);
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
