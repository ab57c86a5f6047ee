import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Reader, reader } from "../../src/encoding/reader.js";
import { expectMalformed, readsOrMalformed } from "../support/malformed.js";

const EIGHT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0x88);

describe("reader", () => {
  it.each<[keyof Reader & string, number | bigint, number]>([
    ["u8", 1, 1],
    ["u16le", 0x0201, 2],
    ["u16be", 0x0102, 2],
    ["u32le", 0x04030201, 4],
    ["u32be", 0x01020304, 4],
    ["u64le", 0x8807060504030201n, 8],
    ["u64be", 0x0102030405060788n, 8],
  ])("reads %s as %s and moves %i bytes", (form, value, width) => {
    const read = form as "u8";
    const r = reader(EIGHT);
    expect(r[read]("field")).toBe(value);
    expect([r.offset, r.remaining]).toEqual([width, 8 - width]);
    expect(reader(EIGHT.subarray(0, width))[read]("field")).toBe(value);
    expectMalformed(() => reader(EIGHT.subarray(0, width - 1))[read]("field"), `field needs ${width} bytes`);
  });

  it("reads unsigned values above the signed range", () => {
    expect(reader(Uint8Array.of(0xff, 0xff, 0xff, 0xff)).u32le("x")).toBe(0xffffffff);
    expect(reader(new Uint8Array(8).fill(0xff)).u64be("x")).toBe(0xffffffffffffffffn);
  });

  it("reads a view inside a larger buffer and never beyond it", () => {
    const r = reader(EIGHT.subarray(2, 4));
    expect(r.u16be("x")).toBe(0x0304);
    expectMalformed(() => r.u8("y"), "y needs 1 bytes and 0 are left");
  });

  it("takes views, and refuses lengths that are more than what is left, negative or no integers", () => {
    const r = reader(EIGHT);
    const taken = r.take(3, "x");
    expect([...taken]).toEqual([1, 2, 3]);
    expect(taken.buffer).toBe(EIGHT.buffer);
    expect(r.take(0, "nothing").length).toBe(0);
    for (const length of [6, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expectMalformed(() => r.take(length, "x"), "x needs");
    }
    expect(r.offset).toBe(3);
    expect(r.take(5, "the rest").length).toBe(5);
  });

  it("demands zeros where the specification reserves bytes, and names where they start", () => {
    const r = reader(Uint8Array.of(0, 0, 0, 1));
    r.zero(2, "RESERVED");
    expectMalformed(() => r.zero(2, "RESERVED"), "RESERVED must be zero");
    expectMalformed(() => reader(Uint8Array.of(0)).zero(2, "RESERVED"), "needs 2 bytes");
  });

  it("refuses trailing bytes at the end and nothing else", () => {
    const r = reader(EIGHT);
    expectMalformed(() => r.end("report"), "8 bytes follow the report");
    r.take(7, "x");
    expectMalformed(() => r.end("report"), "1 bytes follow the report");
    r.u8("last");
    r.end("report");
  });

  it("gives a value or a MalformedError for any bytes and any steps", () => {
    const step = fc.oneof(
      fc.constantFrom("u8", "u16le", "u16be", "u32le", "u32be", "u64le", "u64be", "end" as const),
      fc.record({ take: fc.oneof(fc.integer({ min: -2, max: 20 }), fc.double()) }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), fc.array(step, { maxLength: 8 }), (bytes, steps) => {
        const r = reader(bytes);
        for (const one of steps) {
          const before = r.offset;
          const read = readsOrMalformed(() => (typeof one === "object" ? r.take(one.take, "x") : r[one as "u8"]("x")));
          if (!read) expect(r.offset).toBe(before);
          expect(r.offset + r.remaining).toBe(bytes.length);
        }
      }),
    );
  });
});
