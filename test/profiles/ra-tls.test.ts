/** RA-TLS certificates of three conventions, each bound to its key (rows R1 to R5 of tokens.md). */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { filled, forgeQuote } from "../../fixtures/intel/quote.js";
import { extension, forgeCertificate, name, pem, testKey } from "../../fixtures/x509.js";
import { MalformedError } from "../../src/encoding/malformed.js";
import { readRaTls } from "../../src/profiles/ra-tls.js";
import { put, summary } from "../support/dcap.js";

const key = testKey("p256-10");
const stranger = testKey("p256-1");
const nonce = filled(16, 7);
const MISMATCH = "rejected, report-data report-data-mismatch";
const bytes = (...parts: readonly (Uint8Array | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "hex") : part)));
const sha = (algorithm: string, ...parts: readonly Uint8Array[]): Buffer =>
  createHash(algorithm).update(Buffer.concat(parts)).digest();
const slot = (digest: Uint8Array): Buffer => bytes(digest, new Uint8Array(64 - digest.length));

const bstr = (value: Uint8Array): Buffer =>
  bytes(
    value.length < 24
      ? Uint8Array.of(0x40 + value.length)
      : value.length < 256
        ? Uint8Array.of(0x58, value.length)
        : Uint8Array.of(0x59, value.length >> 8, value.length & 255),
    value,
  );
const text = (value: string): Buffer => bytes(Uint8Array.of(0x60 + value.length), Buffer.from(value));

const ALGORITHMS = { 1: "sha256", 7: "sha384", 8: "sha512" } as const;
const claimsOf = (spki: Uint8Array, algorithm: 1 | 7 | 8 = 1, of?: Uint8Array): Buffer =>
  bytes(
    Uint8Array.of(of === undefined ? 0xa1 : 0xa2),
    text("pubkey-hash"),
    bstr(bytes(Uint8Array.of(0x82, algorithm), bstr(sha(ALGORITHMS[algorithm], spki)))),
    ...(of === undefined ? [] : [text("nonce"), bstr(of)]),
  );
const tagged = (quote: Uint8Array, claims: Uint8Array, tag = "da001a7501"): Buffer =>
  bytes(tag, "82", bstr(quote), bstr(claims));
const openEnclave = (quote: Uint8Array, header = "0100000002000000"): Buffer =>
  bytes(header, Buffer.from(Uint32Array.of(quote.length, 0).buffer), quote);

const OID = { gramine: "1.2.840.113741.1337.6", ccc: "2.23.133.5.4.9", oe: "1.3.6.1.4.1.311.105.1" } as const;
const certificate = (oid: string, value: Uint8Array, more: readonly Uint8Array[] = [], of = key): Uint8Array =>
  forgeCertificate({ subject: name([["CN", "enclave"]]), key: of, extensions: [extension.raw(oid, value), ...more] });
const quoteOf = (reportData: Uint8Array): Uint8Array => forgeQuote({ report: { reportData } });

async function judge(der: Uint8Array, of?: Uint8Array) {
  const { quote, binding } = readRaTls(der, of);
  return put({ quote, options: { expected: "any-build", binding } });
}

/** A certificate of each convention, of `of`, whose quote is bound to `content`, which an honest one takes from its own key. */
const conventions: Readonly<Record<string, (content: Uint8Array, of?: typeof key) => Uint8Array>> = {
  gramine: (content, of) => certificate(OID.gramine, quoteOf(slot(sha("sha256", content))), [], of),
  "open-enclave": (content, of) => certificate(OID.oe, openEnclave(quoteOf(slot(sha("sha256", content)))), [], of),
  interoperable: (content, of) => {
    const claims = claimsOf(content);
    return certificate(OID.ccc, tagged(quoteOf(slot(sha("sha256", claims))), claims), [], of);
  },
};

describe.each(Object.entries(conventions))("%s", (convention, forge) => {
  it("is bound to its key, and R4: without a nonce not fresh", async () => {
    const der = forge(key.spki);
    expect(readRaTls(der)).toMatchObject({ convention, notAfter: Date.UTC(2044, 0, 1) });
    const verdict = await judge(der);
    expect([summary(verdict), verdict.freshness]).toEqual(["verified", "none"]);
    expect(verdict.channel).toEqual({ publicKeySha256: sha("sha256", key.spki).toString("hex") });
  });

  it.each<[string, Uint8Array, typeof key]>([
    ["R1, R5: in the certificate of another key", key.spki, stranger],
    ["R3: over its PEM", Buffer.from(pem("PUBLIC KEY", key.spki)), key],
    ["R3: over its point", key.spki.subarray(-65), key],
    ["R3: over a certificate", forge(key.spki), key],
  ])("is nobody's %s", async (_, content, of) => {
    expect(summary(await judge(forge(content, of)))).toBe(MISMATCH);
  });
});

describe("interoperable claims", () => {
  const forge = (claims: Uint8Array, bound: Uint8Array = claims): Uint8Array =>
    certificate(OID.ccc, tagged(quoteOf(slot(sha("sha256", bound))), claims));

  it.each([1, 7, 8] as const)("with hash %d, and fresh with your nonce", async (algorithm) => {
    const verdict = await judge(forge(claimsOf(key.spki, algorithm, nonce)), nonce);
    expect([summary(verdict), verdict.freshness]).toEqual(["verified", "nonce"]);
  });

  it("of another nonce, or that the quote does not bind, are nobody's", async () => {
    expect(summary(await judge(forge(claimsOf(key.spki, 1, filled(16, 8))), nonce))).toBe(MISMATCH);
    // R5: the claims of a relay around a quote of somebody else.
    expect(summary(await judge(forge(claimsOf(key.spki), claimsOf(stranger.spki))))).toBe(MISMATCH);
  });
});

describe("what is no such certificate", () => {
  const quote = quoteOf(slot(sha("sha256", key.spki)));
  const claims = claimsOf(key.spki);
  it.each<[string, Uint8Array, Uint8Array?]>([
    ["no certificate", new Uint8Array(70)],
    ["no quote", certificate("1.2.3.4", quote)],
    ["R2: two", certificate(OID.gramine, quote, [extension.raw(OID.oe, openEnclave(quote))])],
    ["R2: an unknown critical extension", certificate(OID.gramine, quote, [extension.raw("1.2.3.4", quote, true)])],
    ["a nonce where none can be", certificate(OID.gramine, quote), nonce],
    ["claims without a nonce", certificate(OID.ccc, tagged(quote, claims)), nonce],
    ["a nonce of another length", certificate(OID.ccc, tagged(quote, claimsOf(key.spki, 1, filled(17, 7)))), nonce],
    ["another tag", certificate(OID.ccc, tagged(quote, claims, "da001a7502"))],
    ["no tag", certificate(OID.ccc, tagged(quote, claims, ""))],
    ["claims of no key", certificate(OID.ccc, tagged(quote, Uint8Array.of(0xa0)))],
    [
      "an unknown hash",
      certificate(
        OID.ccc,
        tagged(
          quote,
          claims.map((byte, i) => (i === 16 ? 2 : byte)),
        ),
      ),
    ],
    ["something behind the claims", certificate(OID.ccc, bytes(tagged(quote, claims), "00"))],
    ["a local report", certificate(OID.oe, openEnclave(quote, "0100000001000000"))],
    ["something behind the quote", certificate(OID.oe, bytes(openEnclave(quote), "00"))],
    ["a header cut short", certificate(OID.oe, openEnclave(quote).subarray(0, 9))],
  ])("%s", (_, der, of) => {
    expect(() => readRaTls(der, of)).toThrow(MalformedError);
  });
});
