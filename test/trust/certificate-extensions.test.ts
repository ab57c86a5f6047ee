import { describe, expect, it } from "vitest";
import * as write from "../../fixtures/der.js";
import {
  type CertificateRequest,
  extension,
  forgeCertificate,
  leafExtensions,
  name,
  testKey,
} from "../../fixtures/x509.js";
import {
  authorityKeyIdentifier,
  basicConstraints,
  commonName,
  keyUsage,
  parseCertificate,
  subjectKeyIdentifier,
} from "../../src/trust/certificate.js";
import { expectMalformed } from "../support/malformed.js";

const issuerKey = testKey("p384-1");
const key = testKey("p256-1");
const ISSUER = name([
  ["C", "US", "printable"],
  ["CN", "Test Root"],
]);
const SUBJECT = name([["CN", "leaf"]]);

const forge = (request: Partial<CertificateRequest> = {}): Uint8Array =>
  forgeCertificate({
    subject: SUBJECT,
    issuer: ISSUER,
    key,
    issuerKey,
    serial: 0x1234,
    extensions: leafExtensions(key, issuerKey),
    ...request,
  });
const parse = (request: Partial<CertificateRequest> = {}) => parseCertificate(forge(request));

describe("commonName", () => {
  it.each<[string, Uint8Array, string | undefined]>([
    ["UTF8String", name([["CN", "SEV-Milan"]]), "SEV-Milan"],
    ["PrintableString", name([["CN", "x", "printable"]]), "x"],
    [
      "IA5String",
      name([
        ["O", "o"],
        ["CN", "x@y", "ia5"],
      ]),
      "x@y",
    ],
    ["a value of 128 characters", name([["CN", "x".repeat(128)]]), "x".repeat(128)],
    ["a value of 129 characters", name([["CN", "x".repeat(129)]]), undefined],
    [
      "two of them",
      name([
        ["CN", "a"],
        ["CN", "b"],
      ]),
      undefined,
    ],
    ["none", name([["O", "o"]]), undefined],
    ["an empty name", name([]), undefined],
    ["BMPString", name([["CN", "x", "bmp"]]), undefined],
    ["TeletexString", name([["CN", "x", "teletex"]]), undefined],
    ["a character outside ASCII", name([["CN", "é"]]), undefined],
    ["a line break", name([["CN", "a\nb"]]), undefined],
    ["a terminal escape", name([["CN", "\u001b[2K"]]), undefined],
    ["a DEL", name([["CN", "a\u007f"]]), undefined],
  ])("of a name with %s", (_, subject, expected) => {
    expect(commonName(subject)).toBe(expected);
  });
});

describe("extensions that path validation interprets", () => {
  const withValue = (id: string, value: Uint8Array) => parse({ extensions: [extension.raw(id, value)] });
  const none = parse({ extensions: [] });

  it("are undefined where they are absent", () => {
    expect([
      basicConstraints(none),
      keyUsage(none),
      subjectKeyIdentifier(none),
      authorityKeyIdentifier(none.extensions),
    ]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("read basicConstraints", () => {
    const read = (ca: boolean, length?: number) =>
      basicConstraints(parse({ extensions: [extension.basicConstraints(ca, length)] }));
    expect(read(true)).toEqual({ ca: true, pathLength: undefined });
    expect(read(true, 0)).toEqual({ ca: true, pathLength: 0 });
    expect(read(true, 255)).toEqual({ ca: true, pathLength: 255 });
    expect(read(false)).toEqual({ ca: false, pathLength: undefined });
    expect(read(false, 1)).toEqual({ ca: false, pathLength: 1 });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["FALSE written out", write.sequence(write.boolean(false)), /default out/],
    ["a negative path length", write.sequence(write.boolean(true), write.integer(-1)), /negative/],
    ["a path length of 256", write.sequence(write.boolean(true), write.integer(256)), /above 255/],
    ["a path length of 2^64", write.sequence(write.boolean(true), write.integer(2n ** 64n)), /above 255/],
    ["an element too many", write.sequence(write.boolean(true), write.integer(0), write.integer(0)), /too many/],
    ["fields the wrong way round", write.sequence(write.integer(0), write.boolean(true)), /too many/],
    ["something behind it", write.concat(write.sequence(), Uint8Array.of(0)), /follow/],
    ["another type", write.boolean(true), /tag/],
    ["no contents", new Uint8Array(), /cut short/],
  ])("refuse basicConstraints with %s", (_, value, reason) => {
    expectMalformed(() => basicConstraints(withValue("2.5.29.19", value)), reason);
  });

  it("read keyUsage", () => {
    const read = (...usages: Parameters<typeof extension.keyUsage>[0]) =>
      keyUsage(parse({ extensions: [extension.keyUsage(usages)] }));
    expect(read("digitalSignature")).toEqual([0]);
    expect(read("keyCertSign", "cRLSign")).toEqual([5, 6]);
    expect(read("decipherOnly")).toEqual([8]);
    expect(read()).toEqual([]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["an unused bit set", write.bitString(Uint8Array.of(0xc0), 7), /unused bit set/],
    ["another type", write.octetString(Uint8Array.of(0x80)), /not a BIT STRING/],
    ["something behind it", write.concat(write.namedBitString([0]), Uint8Array.of(5, 0)), /follow/],
  ])("refuse keyUsage with %s", (_, value, reason) => {
    expectMalformed(() => keyUsage(withValue("2.5.29.15", value)), reason);
  });

  it("read key identifiers", () => {
    const id = Uint8Array.of(1, 2, 3);
    expect(subjectKeyIdentifier(parse({ extensions: [extension.subjectKeyId(id)] }))).toEqual(id);
    expect(authorityKeyIdentifier(parse({ extensions: [extension.authorityKeyId(id)] }).extensions)).toEqual(id);
    const withoutKey = write.sequence(
      write.explicit(1, write.explicit(4, ISSUER)),
      write.implicit(2, Uint8Array.of(1)),
    );
    expect(authorityKeyIdentifier(withValue("2.5.29.35", withoutKey).extensions)).toBeUndefined();
    const all = write.sequence(
      write.implicit(0, id),
      write.explicit(1, write.explicit(4, ISSUER)),
      write.implicit(2, Uint8Array.of(1)),
    );
    expect(authorityKeyIdentifier(withValue("2.5.29.35", all).extensions)).toEqual(id);
  });

  it("refuse key identifiers of another form", () => {
    expectMalformed(() => subjectKeyIdentifier(withValue("2.5.29.14", write.integer(1))), "not an OCTET STRING");
    expectMalformed(
      () =>
        subjectKeyIdentifier(
          withValue("2.5.29.14", write.concat(write.octetString(Uint8Array.of(1)), Uint8Array.of(0))),
        ),
      "follow",
    );
    const twice = write.sequence(write.implicit(0, Uint8Array.of(1)), write.implicit(0, Uint8Array.of(2)));
    expectMalformed(() => authorityKeyIdentifier(withValue("2.5.29.35", twice).extensions), "too many");
    expectMalformed(
      () => authorityKeyIdentifier(withValue("2.5.29.35", write.octetString(Uint8Array.of(1))).extensions),
      "tag",
    );
  });
});
