import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Layout, readLayout } from "../../src/encoding/layout.js";
import { expectMalformed, readsOrMalformed } from "../support/malformed.js";

const field = (name: string, offset: number, length: number, form: Layout["fields"][number]["form"]) => ({
  name,
  offset,
  length,
  form,
  meaning: "a test field",
});

const LAYOUT: Layout = {
  name: "test structure",
  spec: "none",
  length: 34,
  fields: [
    field("a", 0, 1, "u8"),
    field("b", 1, 2, "u16le"),
    field("c", 3, 2, "u16be"),
    field("d", 5, 4, "u32le"),
    field("e", 9, 4, "u32be"),
    field("f", 13, 8, "u64le"),
    field("g", 21, 8, "u64be"),
    field("h", 29, 3, "bytes"),
    field("i", 32, 2, "zero"),
  ],
};

const counted = Uint8Array.from({ length: 34 }, (_, i) => (i < 32 ? i : 0));

describe("readLayout", () => {
  it("reads every form at its offset and leaves reserved fields out", () => {
    expect(readLayout(LAYOUT, counted)).toStrictEqual({
      a: 0,
      b: 0x0201,
      c: 0x0304,
      d: 0x08070605,
      e: 0x090a0b0c,
      f: 0x14131211100f0e0dn,
      g: 0x15161718191a1b1cn,
      h: Uint8Array.of(29, 30, 31),
    });
  });

  it("copies byte fields, so that they outlive a change of the input", () => {
    const input = counted.slice();
    const values = readLayout(LAYOUT, input);
    input.fill(0xff);
    expect(values["h"]).toEqual(Uint8Array.of(29, 30, 31));
  });

  it.each([33, 35, 0])("refuses %i bytes where the layout has 34", (length) => {
    expectMalformed(() => readLayout(LAYOUT, new Uint8Array(length)), "where its layout has 34");
  });

  it.each([32, 33])("refuses a reserved byte at %i that is not zero", (at) => {
    const input = counted.slice();
    input[at] = 1;
    expectMalformed(() => readLayout(LAYOUT, input), "i must be zero");
  });

  it("gives values or a MalformedError for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 30, maxLength: 36 }), (bytes) => {
        const reserved = bytes[32] === 0 && bytes[33] === 0;
        expect(readsOrMalformed(() => readLayout(LAYOUT, bytes))).toBe(bytes.length === 34 && reserved);
      }),
    );
  });
});
