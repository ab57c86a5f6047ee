import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allBytes, compareBytes, concatBytes, equalBytes } from "../../src/encoding/bytes.js";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("compareBytes", () => {
  it("orders as their hex does, a prefix before what is longer", () => {
    const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");
    const short = fc.uint8Array({ maxLength: 3, max: 2 });
    fc.assert(
      fc.property(short, short, (a, b) => {
        const [x, y] = [hex(a), hex(b)];
        expect(Math.sign(compareBytes(a, b))).toBe(x < y ? -1 : x > y ? 1 : 0);
      }),
    );
    expect(compareBytes(bytes(1, 255), bytes(2, 0))).toBeLessThan(0);
    expect(compareBytes(bytes(1), bytes(1, 0))).toBeLessThan(0);
  });
});

describe("equalBytes", () => {
  it("tells equal from unequal at every place, the first and the last included", () => {
    expect(equalBytes(bytes(1, 2, 3), bytes(1, 2, 3))).toBe(true);
    expect(equalBytes(bytes(), bytes())).toBe(true);
    for (const other of [bytes(0, 2, 3), bytes(1, 0, 3), bytes(1, 2, 0)]) {
      expect(equalBytes(bytes(1, 2, 3), other)).toBe(false);
    }
  });

  it("never takes a prefix for the whole, whichever side is longer", () => {
    expect(equalBytes(bytes(1, 2), bytes(1, 2, 0))).toBe(false);
    expect(equalBytes(bytes(1, 2, 0), bytes(1, 2))).toBe(false);
    expect(equalBytes(bytes(), bytes(0))).toBe(false);
  });

  it("is not fooled by differences that cancel out", () => {
    expect(equalBytes(bytes(1, 1), bytes(2, 2))).toBe(false);
    expect(equalBytes(bytes(0x0f, 0xf0), bytes(0xf0, 0x0f))).toBe(false);
  });

  it("agrees with comparing hex for any two byte strings", () => {
    const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");
    const short = fc.uint8Array({ maxLength: 3, max: 2 });
    fc.assert(fc.property(short, short, (a, b) => equalBytes(a, b) === (hex(a) === hex(b))));
  });
});

describe("allBytes", () => {
  it("wants every byte to be the value, zero unless told", () => {
    expect(allBytes(bytes(0, 0))).toBe(true);
    expect(allBytes(bytes(0, 1))).toBe(false);
    expect(allBytes(bytes(1, 0))).toBe(false);
    expect(allBytes(bytes(0xff, 0xff), 0xff)).toBe(true);
    expect(allBytes(bytes(0xff, 0xfe), 0xff)).toBe(false);
    expect(allBytes(bytes())).toBe(true);
  });
});

describe("concatBytes", () => {
  it("puts parts one behind the other and copies them", () => {
    const first = bytes(1, 2);
    const joined = concatBytes(first, bytes(), bytes(3));
    first[0] = 9;
    expect([...joined]).toEqual([1, 2, 3]);
    expect(concatBytes().length).toBe(0);
  });
});
