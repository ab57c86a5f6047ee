import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as write from "../../fixtures/der.js";
import {
  type CrlRequest,
  extension,
  forgeCertificate,
  forgeCrl,
  leafExtensions,
  name,
  testKey,
} from "../../fixtures/x509.js";
import { toHex } from "../../src/encoding/text.js";
import { looksLikeCrl, MAX_CRL_BYTES, parseCrl } from "../../src/trust/crl.js";
import { signedObjects } from "../support/corpus.js";
import { expectMalformed, readsOrMalformed } from "../support/malformed.js";
import { describeShared } from "../support/shared.js";

const issuerKey = testKey("p256-1");
const ISSUER = name([["CN", "Test CA"]]);
const EXTENSIONS = [extension.crlNumber(7), extension.authorityKeyId(issuerKey)];

const forge = (request: Partial<CrlRequest> = {}): Uint8Array =>
  forgeCrl({ issuer: ISSUER, issuerKey, extensions: EXTENSIONS, revoked: [5], ...request });
const parse = (request: Partial<CrlRequest> = {}) => parseCrl(forge(request));
const serials = (request: Partial<CrlRequest>): readonly string[] => parse(request).revoked.map(toHex);

describe("parseCrl", () => {
  it("reads every field as it stands", () => {
    const der = forge({
      thisUpdate: Date.UTC(2025, 1, 2),
      nextUpdate: Date.UTC(2050, 3, 4),
      revoked: [5, 0x80, 2n ** 150n],
    });
    const read = parseCrl(der);
    expect(read.der).toBe(der);
    expect(read.issuer).toEqual(ISSUER);
    expect([read.thisUpdate, read.nextUpdate]).toEqual([Date.UTC(2025, 1, 2), Date.UTC(2050, 3, 4)]);
    expect(read.revoked.map(toHex)).toEqual(["05", "0080", `40${"00".repeat(18)}`]);
    expect(read.signatureAlgorithm).toEqual({ name: "ECDSA", hash: "SHA-256" });
    expect([...read.extensions.keys()]).toEqual(["2.5.29.20", "2.5.29.35"]);
    expect(toHex(der)).toContain(toHex(read.tbs));
  });

  it.each<[string, Partial<CrlRequest>, number]>([
    ["without a revoked certificate", { revoked: [] }, 0],
    ["without extensions", { extensions: [] }, 1],
    ["without either", { revoked: [], extensions: [] }, 0],
    ["with a reason code on an entry", { revoked: [{ serial: 5, extensions: [extension.reasonCode(1)] }] }, 1],
    ["with the same serial number twice", { revoked: [5, 5] }, 2],
    ["with serial numbers zero and below", { revoked: [0, -1] }, 2],
    [
      "with critical extensions (revocation judges)",
      { extensions: [extension.indirectCrl(), extension.deltaCrlIndicator(1)] },
      1,
    ],
    ["of an algorithm that is not verified here", { algorithm: { name: "ECDSA", hash: "SHA-1" } }, 1],
  ])("reads a list %s", (_, request, count) => {
    expect(parse(request).revoked).toHaveLength(count);
  });

  const entry = (...items: readonly Uint8Array[]): Partial<CrlRequest> => ({
    fields: (fields) => fields.map((field, i) => (i === 5 ? write.sequence(write.sequence(...items)) : field)),
  });
  const date = write.time(Date.UTC(2025, 0));

  it.each<[string, Partial<CrlRequest>, RegExp]>([
    ["version 1", { version: "absent" }, /version has DER tag/],
    ["version 1 written out", { version: 0 }, /not version 2/],
    ["version 3", { version: 2 }, /not version 2/],
    ["a negative version", { version: -2 }, /version is negative/],
    [
      "another algorithm inside than outside",
      { innerAlgorithm: write.sequence(write.oid("1.2.840.10045.4.3.3")) },
      /inside and outside differ/,
    ],
    [
      "another algorithm outside than inside",
      { outerAlgorithm: write.sequence(write.oid("1.2.840.10045.4.3.3")) },
      /inside and outside differ/,
    ],
    ["an issuer that is a SET", { issuer: write.set() }, /issuer has DER tag/],
    ["no nextUpdate", { nextUpdate: null }, /without nextUpdate/],
    ["no nextUpdate and no entries", { nextUpdate: null, revoked: [] }, /without nextUpdate/],
    ["30 February", { thisUpdate: write.rawTime(0x17, "250230000000Z") }, /calendar/],
    ["a nextUpdate without Z", { nextUpdate: write.rawTime(0x17, "250228000000") }, /exact form/],
    ["a thisUpdate of another type", { thisUpdate: write.integer(1) }, /neither of its two types/],
    ["a nextUpdate of another type", { nextUpdate: write.integer(1) }, /without nextUpdate/],
    ["an empty list written out", { revoked: [], emptyList: true }, /without an entry/],
    ["an entry without a date", entry(write.integer(5)), /revocationDate is missing/],
    ["an entry without a serial number", entry(date), /revoked serial number has DER tag/],
    ["an entry with an impossible date", entry(write.integer(5), write.rawTime(0x17, "251301000000Z")), /calendar/],
    [
      "an entry with an element too many",
      entry(write.integer(5), date, write.nullValue()),
      /revoked certificate has an element too many/,
    ],
    [
      "an entry that is a SET",
      { fields: (fields) => fields.map((f, i) => (i === 5 ? write.sequence(write.set()) : f)) },
      /revoked certificate has DER tag/,
    ],
    ["an entry whose serial number is not minimal", { revoked: [Uint8Array.of(0, 5)] }, /not minimal/],
    [
      "an entry with an empty list of extensions",
      entry(write.integer(5), date, write.sequence()),
      /without an extension/,
    ],
    [
      "an entry with an extension twice",
      { revoked: [{ serial: 5, extensions: [extension.reasonCode(1), extension.reasonCode(1)] }] },
      /stands twice/,
    ],
    [
      "an entry of another issuer, as in an indirect list",
      { revoked: [{ serial: 5, extensions: [extension.certificateIssuer(ISSUER)] }] },
      /critical extension 2.5.29.29/,
    ],
    [
      "an entry with an unknown critical extension",
      { revoked: [{ serial: 5, extensions: [extension.raw("1.2.3", new Uint8Array(), true)] }] },
      /critical extension 1.2.3/,
    ],
    [
      "a critical extension behind a good entry",
      { revoked: [1, { serial: 5, extensions: [extension.reasonCode(1, true)] }] },
      /critical extension 2.5.29.21/,
    ],
    ["an extension twice", { extensions: [...EXTENSIONS, extension.crlNumber(8)] }, /2.5.29.20 stands twice/],
    [
      "criticality FALSE written out",
      { extensions: [extension.rawWithFalse("2.5.29.20", write.integer(1))] },
      /default criticality/,
    ],
    [
      "an empty list of extensions",
      { fields: (fields) => [...fields.slice(0, -1), write.explicit(0, write.sequence())] },
      /without an extension/,
    ],
    [
      "an element behind the extensions",
      { fields: (fields) => [...fields, write.nullValue()] },
      /TBSCertList has an element too many/,
    ],
    [
      "two lists of entries",
      { fields: (fields) => [...fields.slice(0, 6), ...fields.slice(5)] },
      /TBSCertList has an element too many/,
    ],
    [
      "three times",
      { fields: (fields) => [...fields.slice(0, 5), ...fields.slice(4)] },
      /TBSCertList has an element too many/,
    ],
    [
      "a signature with unused bits",
      { signatureElement: (signature) => write.bitString(signature, 4) },
      /whole octets/,
    ],
    [
      "an element behind the signature",
      { mutate: (der) => write.sequence(write.contentsOf(der), write.nullValue()) },
      /CertificateList has an element too many/,
    ],
    ["a byte behind the list", { mutate: (der) => write.concat(der, Uint8Array.of(0)) }, /follow/],
    ["a byte missing", { mutate: (der) => der.subarray(0, -1) }, /longer than what holds it/],
    ["an indefinite length", { mutate: write.indefiniteLength }, /indefinite/],
    ["a length that is not minimal inside", { mutateTbs: write.overlongLength }, /not minimal/],
  ])("refuses %s", (_, request, reason) => {
    expectMalformed(() => parse(request), reason);
  });

  it("reads 100,000 entries, the first and the last included", () => {
    const read = serials({ revoked: Array.from({ length: 100_000 }, (_, i) => i + 1) });
    expect(read).toHaveLength(100_000);
    expect([read[0], read[99_999]]).toEqual(["01", "0186a0"]);
  });

  it("bounds the size before it reads", () => {
    expectMalformed(() => parseCrl(new Uint8Array(MAX_CRL_BYTES + 1)), "longer than 2359296");
    expectMalformed(() => parseCrl(new Uint8Array(MAX_CRL_BYTES)), "wrong form");
  });

  it("gives a list or a MalformedError for any change of one byte, any cut and any bytes", () => {
    const der = forge({ revoked: [{ serial: 5, extensions: [extension.reasonCode(1)] }, 6] });
    const read = (bytes: Uint8Array): void => {
      readsOrMalformed(() => parseCrl(bytes));
      readsOrMalformed(() => looksLikeCrl(bytes));
    };
    fc.assert(
      fc.property(fc.nat({ max: der.length - 1 }), fc.nat({ max: 255 }), (at, value) =>
        read(der.map((byte, i) => (i === at ? value : byte))),
      ),
      { numRuns: 2000 },
    );
    for (let length = 0; length < der.length; length++) expectMalformed(() => parseCrl(der.subarray(0, length)), "");
    fc.assert(fc.property(fc.uint8Array(), read));
  });
});

describe("looksLikeCrl", () => {
  const key = testKey("p256-2");
  const certificate = (version: number | "absent") =>
    forgeCertificate({ subject: ISSUER, key, issuerKey, version, extensions: leafExtensions(key, issuerKey) });

  it("tells lists from certificates of every version", () => {
    expect(looksLikeCrl(forge())).toBe(true);
    expect(looksLikeCrl(forge({ revoked: [], extensions: [] }))).toBe(true);
    expect(looksLikeCrl(certificate(2))).toBe(false);
    expect(looksLikeCrl(certificate("absent"))).toBe(false);
  });

  it("refuses what is no signed object", () => {
    for (const bytes of [new Uint8Array(), write.sequence(), write.nullValue(), write.sequence(write.integer(1))]) {
      expectMalformed(() => looksLikeCrl(bytes), "");
    }
  });
});

describeShared("revocation lists of the evidence", () => {
  it("are all read", () => {
    const lists = signedObjects("evidence").filter(({ der }) => der.length > 150 && isCrl(der));
    expect(lists.length).toBeGreaterThanOrEqual(26);
    for (const { der } of lists) expect(parseCrl(der).nextUpdate).toBeGreaterThan(parseCrl(der).thisUpdate);
    const revoked = lists.reduce((sum, { der }) => sum + parseCrl(der).revoked.length, 0);
    expect(revoked).toBeGreaterThan(100);
  });

  function isCrl(der: Uint8Array): boolean {
    try {
      return looksLikeCrl(der);
    } catch {
      return false;
    }
  }
});
