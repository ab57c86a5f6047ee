import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as write from "../../fixtures/der.js";
import {
  boolean,
  type Der,
  derNull,
  encoded,
  integerBytes,
  namedBits,
  octetsOfBitString,
  oid,
  positiveInteger,
  readDer,
  smallInteger,
  TAG,
  time,
} from "../../src/encoding/der.js";
import { expectMalformed, readsOrMalformed } from "../support/malformed.js";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const der = (text: string): Der => readDer(hex(text));

describe("INTEGER", () => {
  it.each(["00", "7f", "80", "ff", "00 80", "ff 7f", "01 00 00"])("keeps minimal contents %s", (text) => {
    expect(integerBytes(readDer(write.integer(hex(text))))).toEqual(hex(text));
  });

  it.each([
    ["", "without contents"],
    ["00 00", "not minimal"],
    ["00 7f", "not minimal"],
    ["ff 80", "not minimal"],
    ["ff ff ff", "not minimal"],
  ])("refuses contents %j", (text, reason) => {
    expectMalformed(() => integerBytes(readDer(write.integer(hex(text)))), reason);
  });

  it("becomes a number within its bound, and that bound belongs to it", () => {
    const read = (value: number | bigint, max: number): number =>
      smallInteger(readDer(write.integer(value)), max, "it");
    expect([read(0, 0), read(255, 255), read(256, 256), read(2 ** 48, 2 ** 48)]).toEqual([0, 255, 256, 2 ** 48]);
    expectMalformed(() => read(256, 255), "it is above 255");
    expectMalformed(() => read(1, 0), "it is above 0");
    expectMalformed(() => read(-1, 255), "it is negative");
    expectMalformed(() => read(-128, 255), "it is negative");
    expectMalformed(() => read(-129, 255), "it is negative");
    expectMalformed(() => read(2n ** 55n, 2 ** 48), "it is above");
    expectMalformed(() => read(2n ** 64n, 2 ** 48), "it is above");
    expectMalformed(() => read(2n ** 400n, 2 ** 48), "it is above");
  });

  it("becomes the magnitude of a positive number", () => {
    const read = (value: bigint): Uint8Array => positiveInteger(readDer(write.integer(value)), "it");
    expect([read(1n), read(128n), read(0x1234n)].map((item) => [...item])).toEqual([[1], [128], [0x12, 0x34]]);
    expectMalformed(() => read(0n), "it is zero");
    expectMalformed(() => read(-1n), "it is negative");
    expectMalformed(() => read(-128n), "it is negative");
  });

  it("gives back any number that the forge wrote", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), (value) => {
        const read = integerBytes(readDer(write.integer(value)));
        expect(BigInt.asIntN(read.length * 8, BigInt(`0x${Buffer.from(read).toString("hex")}`))).toBe(value);
      }),
    );
  });
});

describe("BOOLEAN and NULL", () => {
  it("are 00, FF and empty", () => {
    expect([boolean(der("01 01 00")), boolean(der("01 01 ff"))]).toEqual([false, true]);
    derNull(der("05 00"));
  });

  it.each(["01 01 01", "01 01 fe", "01 00", "01 02 ff ff"])("refuses BOOLEAN %s", (text) => {
    expectMalformed(() => boolean(der(text)), "BOOLEAN is not 00 or FF");
  });

  it.each(["05 01 00", "04 00"])("refuses %s as NULL", (text) => {
    expectMalformed(() => derNull(der(text)), "NULL expected");
  });
});

describe("BIT STRING", () => {
  it("holds whole octets", () => {
    expect(octetsOfBitString(der("03 03 00 01 02"), "key")).toEqual(bytes(1, 2));
    expect(octetsOfBitString(der("03 01 00"), "key").length).toBe(0);
    expectMalformed(() => octetsOfBitString(der("03 03 01 01 02"), "key"), "key does not hold whole octets");
    expectMalformed(() => octetsOfBitString(der("03 00"), "key"), "key does not hold whole octets");
  });

  it.each([
    ["03 01 00", []],
    ["03 02 07 80", [0]],
    ["03 02 01 06", [5, 6]],
    ["03 02 00 01", [7]],
    ["03 03 07 00 80", [8]],
    ["03 03 06 01 40", [7, 9]],
    // Trailing zero bits: AMD's ASK certificates, dstack's authorities, and nothing set at all.
    ["03 02 01 04", [5]],
    ["03 03 07 86 00", [0, 5, 6]],
    ["03 02 00 00", []],
  ])("with named bits %s has %j set", (text, bits) => {
    expect(namedBits(der(text))).toEqual(bits);
  });

  it.each([
    ["no octets at all", "03 00", "wrong count"],
    ["8 unused bits", "03 02 08 00", "wrong count"],
    ["unused bits of nothing", "03 01 01", "wrong count"],
    ["an unused bit set", "03 02 07 c0", "unused bit set"],
    ["the lowest unused bit set", "03 02 02 05", "unused bit set"],
    ["an unused bit set in the last octet", "03 03 01 80 01", "unused bit set"],
  ])("with named bits is refused with %s", (_, text, reason) => {
    expectMalformed(() => namedBits(der(text)), reason);
  });

  it("with named bits gives back any set that the forge wrote", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 40 })), (bits) => {
        expect(namedBits(readDer(write.namedBitString(bits)))).toEqual([...bits].sort((a, b) => a - b));
      }),
    );
  });
});

describe("OBJECT IDENTIFIER", () => {
  it.each([
    "0.0",
    "0.39",
    "1.0",
    "1.39",
    "2.0",
    "2.47",
    "2.999.3",
    "1.2.840.113549.1.1.10",
    "1.3.6.1.4.1.3704.1.3.8",
    "2.5.29.19",
    `1.2.${2 ** 31}`,
    `1.2.${2 ** 32 + 19}`,
    `1.2.${Number.MAX_SAFE_INTEGER}`,
  ])("reads %s", (dotted) => {
    expect(oid(readDer(write.oid(dotted)))).toBe(dotted);
  });

  it("does not take an arc of 2^32 more for the same (node-forge, CVE-2025-66030)", () => {
    expect(oid(readDer(write.oid(`2.5.29.${2 ** 32 + 19}`)))).toBe(`2.5.29.${2 ** 32 + 19}`);
  });

  it.each([
    ["no contents", "06 00", "wrong length"],
    ["65 octets", `06 41 ${"01".repeat(65)}`, "wrong length"],
    ["an arc cut short", "06 02 2a 86", "cut short"],
    ["a padded arc", "06 03 2a 80 01", "not minimal"],
    ["a padded first arc", "06 02 80 2a", "not minimal"],
    ["an arc above 2^53", "06 09 2a 90 80 80 80 80 80 80 00", "too large"],
    ["a first arc above 2^53", "06 08 90 80 80 80 80 80 80 00", "too large"],
  ])("refuses %s", (_, text, reason) => {
    expectMalformed(() => oid(der(text)), reason);
  });

  it("reads 64 octets", () => {
    expect(oid(der(`06 40 2a ${"01".repeat(63)}`))).toBe(`1.2${".1".repeat(63)}`);
  });

  it("has one text for each encoding and one encoding for each text", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), (value) => {
        const element = readDer(write.tlv(TAG.oid, value));
        if (readsOrMalformed(() => oid(element))) expect(write.oid(oid(element))).toEqual(encoded(element));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("time", () => {
  const utc = (text: string): number => time(readDer(write.rawTime(TAG.utcTime, text)));
  const generalized = (text: string): number => time(readDer(write.rawTime(TAG.generalizedTime, text)));

  it("splits the two-digit years at 50 (RFC 5280, section 4.1.2.5.1)", () => {
    expect(utc("491231235959Z")).toBe(Date.UTC(2049, 11, 31, 23, 59, 59));
    expect(utc("500101000000Z")).toBe(Date.UTC(1950, 0, 1));
    expect(utc("000101000000Z")).toBe(Date.UTC(2000, 0, 1));
    expect(utc("991231235959Z")).toBe(Date.UTC(1999, 11, 31, 23, 59, 59));
  });

  it("reads GeneralizedTime of any year: Azure and PKITS 4.2.4 write years before 2050 so", () => {
    expect(generalized("20500101000000Z")).toBe(Date.UTC(2050, 0, 1));
    expect(generalized("99991231235959Z")).toBe(Date.UTC(9999, 11, 31, 23, 59, 59));
    expect(generalized("20190501000000Z")).toBe(Date.UTC(2019, 4, 1));
  });

  it("knows leap years", () => {
    expect(utc("240229120000Z")).toBe(Date.UTC(2024, 1, 29, 12));
    expectMalformed(() => utc("230229120000Z"), "calendar");
    expectMalformed(() => generalized("21000229000000Z"), "calendar");
    expect(generalized("24000229000000Z")).toBe(Date.UTC(2400, 1, 29));
  });

  it("knows how long each month is", () => {
    for (let month = 1; month <= 12; month++) {
      const last = new Date(Date.UTC(2023, month, 0)).getUTCDate();
      const text = (day: number): string =>
        `2023${String(month).padStart(2, "0")}${String(day).padStart(2, "0")}000000Z`;
      expect(generalized(text(last))).toBe(Date.UTC(2023, month - 1, last));
      expectMalformed(() => generalized(text(last + 1)), "calendar");
    }
  });

  it.each([
    ["no Z", "240101000000"],
    ["no seconds", "2401010000Z"],
    ["an offset", "240101000000+0000"],
    ["a small z", "240101000000z"],
    ["a fraction", "240101000000.5Z"],
    ["white space", "24010100000 Z"],
    ["a sign", "-40101000000Z"],
    ["a four-digit year", "20240101000000Z"],
    ["something behind it", "240101000000Z0"],
    ["a line break behind it", "240101000000Z\n"],
    ["nothing", ""],
    ["digits of another script", "24010100000٠Z"],
    ["the character behind 9 for ten", "24010100000:Z"],
    ["the character before 0", "24010100000/Z"],
  ])("refuses UTCTime with %s", (_, text) => {
    expectMalformed(() => utc(text), "exact form");
  });

  it.each([
    ["no Z", "20240101000000"],
    ["a two-digit year", "240101000000Z"],
    ["a fraction", "20240101000000.0Z"],
    ["an offset", "20240101000000+0100"],
    ["a year of five digits", "120240101000000Z"],
  ])("refuses GeneralizedTime with %s", (_, text) => {
    expectMalformed(() => generalized(text), "exact form");
  });

  it.each([
    "20230230000000Z",
    "20231301000000Z",
    "20230001000000Z",
    "20230100000000Z",
    "20230101240000Z",
    "20230101006000Z",
    "20230101000060Z",
    "20230431000000Z",
    "00500101000000Z",
  ])("refuses %s, which is on no calendar", (text) => {
    expectMalformed(() => generalized(text), "calendar");
  });

  it("refuses other types than the two", () => {
    expectMalformed(() => time(readDer(write.text("240101000000Z", "ia5"))), "neither of its two types");
  });

  it("gives back any second that the forge wrote", () => {
    const second = fc.integer({ min: Date.UTC(1950, 0, 1) / 1000, max: Date.UTC(9999, 11, 31) / 1000 });
    fc.assert(fc.property(second, (value) => time(readDer(write.time(value * 1000))) === value * 1000));
  });
});
