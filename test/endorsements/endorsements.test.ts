/** Endorsements sorted by their form: read once, bounded, and none overlooked. */
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { octetString } from "../../fixtures/der.js";
import { extension } from "../../fixtures/extensions.js";
import { pem } from "../../fixtures/x509.js";
import {
  addEndorsements,
  type EndorsementSet,
  MAX_ITEM_BYTES,
  NO_ENDORSEMENTS,
} from "../../src/endorsements/endorsements.js";
import { expectMalformed } from "../support/malformed.js";

const { ek, issuer, ark, crl } = forgeSnp();
const list = crl();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const counts = ({ certificates, crls, texts, others }: EndorsementSet): readonly number[] =>
  [certificates, crls, texts, others].map(({ length }) => length);
const add = (...items: readonly Uint8Array[]): EndorsementSet => addEndorsements(NO_ENDORSEMENTS, items);

describe("endorsements", () => {
  it("are told apart by their form", () => {
    expect(counts(add(ek, list, bytes('{"tcbInfo": {}}'), Uint8Array.of(10, 1, 0).fill(0x0b, 0, 1)))).toEqual([
      1, 1, 1, 1,
    ]);
  });

  it("come in PEM, several in one text, with space and zeros behind", () => {
    expect(counts(add(bytes(`\r\n ${pem("CERTIFICATE", ek, issuer)}${pem("X509 CRL", list)}\n\0\0`)))).toEqual([
      2, 1, 0, 0,
    ]);
  });

  it("come in PEM with words around it, as openssl prints them, and behind a byte order mark", () => {
    const printed = `Certificate:\n    Data:\n        Issuer: CN = Zo\u00eb\n${pem("CERTIFICATE", ek)}---\n 1 s:CN = ARK\n${pem("CERTIFICATE", ark)}\n`;
    expect(counts(add(bytes(printed)))).toEqual([2, 0, 0, 0]);
    expect(counts(add(bytes(`\ufeff${printed}${pem("X509 CRL", list)}`)))).toEqual([2, 1, 0, 0]);
    expect(counts(add(bytes(`\ufeff{"quoted": ${JSON.stringify(printed)}}`)))).toEqual([0, 0, 1, 0]);
    expect(counts(add(bytes(`<a>${pem("CERTIFICATE", ek)}</a>`), Uint8Array.of(1, 0, ...bytes(printed))))).toEqual([
      0, 0, 0, 2,
    ]);
  });

  it("a text of beginnings without an end is refused at once", () => {
    const started = performance.now();
    expectMalformed(() => add(bytes("-----BEGIN CERTIFICATE-----\n".repeat(200_000))), "no end");
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it("come as hex or base64 of DER, in lines or not, and what only begins like it is none of them", () => {
    const hex = (der: Uint8Array): string => Buffer.from(der).toString("hex");
    const base64 = (der: Uint8Array): string => Buffer.from(der).toString("base64").replace(/.{76}/g, "$&\n");
    expect(counts(add(bytes(hex(ek)), bytes(`${hex(list).toUpperCase()}\n`)))).toEqual([1, 1, 0, 0]);
    expect(counts(add(bytes(base64(ek)), bytes(base64(list))))).toEqual([1, 1, 0, 0]);
    for (const text of ["30 hours", "MIT", "308", "hello", "\ufeffhello"])
      expect(counts(add(bytes(text)))).toEqual([0, 0, 0, 1]);
    expectMalformed(() => add(bytes(hex(ek).slice(0, -2))), /./);
    expectMalformed(() => add(bytes(Buffer.from(list.subarray(0, 300)).toString("base64"))), /./);
  });

  it("count once, however often and in whatever form they come", () => {
    const once = add(ek, ek.slice(), bytes(pem("CERTIFICATE", ek)), list, list);
    expect(counts(once)).toEqual([1, 1, 0, 0]);
    expect(counts(addEndorsements(once, [ek, issuer, list]))).toEqual([2, 1, 0, 0]);
  });

  it("that were there stay, and the set that was given is left alone", () => {
    const first = add(ek);
    addEndorsements(first, [issuer, list]);
    expect(counts(first)).toEqual([1, 0, 0, 0]);
    expect(counts(NO_ENDORSEMENTS)).toEqual([0, 0, 0, 0]);
  });

  it.each([
    ["a certificate cut short", ek.subarray(0, 500)],
    ["a certificate with a byte behind it", Uint8Array.from([...ark, 0])],
    ["a list cut short", list.subarray(0, 300)],
    ["an empty SEQUENCE", Uint8Array.of(0x30, 0)],
    ["PEM of a key", bytes(pem("PRIVATE KEY", ek))],
    ["PEM of a list under a certificate's label", bytes(pem("CERTIFICATE", list))],
    ["PEM of a certificate under a list's label", bytes(pem("X509 CRL", ek))],
    ["PEM of bytes that are neither", bytes(pem("CERTIFICATE", list.subarray(1)))],
    ["PEM of nothing", bytes(pem("CERTIFICATE", new Uint8Array()))],
    ["PEM of a key with text around it", bytes(`Key:\n${pem("PRIVATE KEY", ek)}and more`)],
    ["PEM whose end is another's", bytes(pem("CERTIFICATE", ek).replace("END CERTIFICATE", "END X509 CRL"))],
    ["PEM with text inside of a block", bytes(pem("CERTIFICATE", ek).replace("\n", "\nSubject: x\n"))],
    ["words alone behind white space", bytes("  no certificate at all")],
    ["PEM without an end", bytes(pem("CERTIFICATE", ek).slice(0, -20))],
    ["text that is no UTF-8", Uint8Array.of(0x7b, 0xff)],
    [
      "a certificate of 16 kB and a byte",
      Uint8Array.from([0x30, 0x82, 0x40, 0x01, 0x30, 0x82, 0x3f, 0xfd, ...new Uint8Array(16_381)]),
    ],
  ])("%s is malformed", (_name, item) => expectMalformed(() => add(item), /./));

  it.each([
    ["words", "hello"],
    ["white space", " \n\t "],
    ["a dash", "-"],
    ["a comment before JSON", "- {}"],
  ])("text that is neither PEM nor JSON is malformed: %s", (_name, text) =>
    expectMalformed(() => add(bytes(` ${text}`)), /neither PEM nor JSON/),
  );

  it("are bounded in length: each, all texts and all lists together", () => {
    // PEM of the longest list, and a byte more.
    expectMalformed(() => add(new Uint8Array(MAX_ITEM_BYTES + 1).fill(0xff)), /longer than/);
    expect(counts(add(new Uint8Array(MAX_ITEM_BYTES).fill(0xff)))).toEqual([0, 0, 0, 1]);
    const text = (length: number): Uint8Array => bytes(`{"a":"${"a".repeat(length - 8)}"}`);
    expect(counts(add(text(1_048_576)))).toEqual([0, 0, 1, 0]);
    expectMalformed(() => add(text(1_048_577)), /texts longer than 1048576 bytes together/);
    expectMalformed(() => addEndorsements(add(text(1_048_000)), [text(577)]), /texts longer than/);
    const half = crl({ extensions: [extension.raw("1.2.3.4", octetString(new Uint8Array(1_179_500)))] });
    expect(counts(add(half))).toEqual([0, 1, 0, 0]);
    expectMalformed(
      () => add(half, list, crl({ extensions: [extension.raw("1.2.3.4", octetString(new Uint8Array(1_181_000)))] })),
      /together/,
    );
    expectMalformed(() => addEndorsements(add(half), [half]), /together/);
  });

  it("are bounded in length together, whatever they are, and in how much of certificates is compared", () => {
    const given = (...lengths: readonly number[]): EndorsementSet =>
      add(...lengths.map((length, i) => new Uint8Array(length).fill(0xf0 + i)));
    expect(counts(given(6_000_000, 6_000_000, 4_777_216))).toEqual([0, 0, 0, 3]);
    expectMalformed(() => given(6_000_000, 6_000_000, 4_777_217), /endorsements longer than 16777216 bytes together/);
    const alike = Array.from({ length: 60 }, (_, i) => Uint8Array.from([...ek.subarray(0, -1), i]));
    const copies = (count: number): Uint8Array[] => new Array(count).fill(alike[59]);
    expect(counts(add(...alike, ...copies(700)))).toEqual([60, 0, 0, 0]);
    expectMalformed(() => add(...alike, ...copies(1000)), /too many copies of certificates/);
  });

  it("are sixty-four of each form at most", () => {
    const texts = Array.from({ length: 64 }, (_, i) => bytes(`{"n": ${i}}`));
    expect(counts(add(...texts))).toEqual([0, 0, 64, 0]);
    expectMalformed(() => add(...texts, bytes("{}")), /more than 64/);
    const others = Array.from({ length: 65 }, (_, i) => Uint8Array.of(0xff, i));
    expectMalformed(() => add(...others), /more than 64/);
    expectMalformed(() => add(bytes(pem("CERTIFICATE", ek).repeat(65))), /more than 64/);
  });

  it("cost no more than their length, however they are made", () => {
    // A run of zeros that no end of text follows, and many small certificates that are all compared with all.
    const zeros = new Uint8Array(4_000_000);
    zeros[0] = 0x2d;
    zeros[zeros.length - 1] = 0x78;
    expectMalformed(() => add(zeros), /texts longer than/);
    const many = Array.from({ length: 200_000 }, (_, i) => Uint8Array.of(0xff, i >> 16, i >> 8, i));
    expectMalformed(() => add(...many.slice(0, 100_000)), /more than 64/);
  });
});
