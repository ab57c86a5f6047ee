import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as write from "../../fixtures/der.js";
import {
  boolean,
  children,
  contents,
  contextTag,
  cursor,
  type Der,
  derNull,
  encoded,
  expectTag,
  inner,
  integerBytes,
  namedBits,
  octetsOfBitString,
  oid,
  positiveInteger,
  readDer,
  sequence,
  smallInteger,
  TAG,
  time,
} from "../../src/encoding/der.js";
import { expectMalformed, readsOrMalformed } from "../support/malformed.js";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const der = (text: string): Der => readDer(hex(text));

describe("readDer", () => {
  it("reads tag, contents and the whole element as views", () => {
    const input = hex("04 03 01 02 03");
    const element = readDer(input);
    expect([element.tag, element.start, element.contentStart, element.end]).toEqual([TAG.octetString, 0, 2, 5]);
    expect(contents(element)).toEqual(bytes(1, 2, 3));
    expect(encoded(element)).toEqual(input);
    expect(contents(element).buffer).toBe(input.buffer);
  });

  it.each([0, 1, 127, 128, 255, 256, 65535, 65536])("reads contents of %i bytes with the shortest length", (length) => {
    expect(contents(readDer(write.octetString(new Uint8Array(length)))).length).toBe(length);
  });

  it.each([
    ["nothing", "", "cut short"],
    ["a tag alone", "04", "cut short"],
    ["contents cut short", "04 02 00", "longer than what holds it"],
    ["a length cut short", "04 82 01", "out of bounds"],
    ["an indefinite length", "30 80 00 00", "indefinite"],
    ["a length in two octets where one is enough", "04 81 01 00", "not minimal"],
    ["a length with a leading zero octet", `04 82 00 80 ${"00".repeat(128)}`, "not minimal"],
    ["a length of five octets", "04 85 00 00 00 00 01 00", "out of bounds"],
    ["a length of 4 GB", "04 84 ff ff ff ff", "longer than what holds it"],
    ["the reserved length FF", "04 ff", "out of bounds"],
    ["a tag number above 30", "1f 1f 00", "above 30"],
    ["a context tag number above 30", "bf 1f 00", "above 30"],
    ["a byte behind the element", "04 01 00 00", "1 bytes follow"],
    ["an element behind the element", "05 00 05 00", "2 bytes follow"],
    ["end-of-contents octets", "00 00", "wrong form"],
    ["a constructed OCTET STRING", "24 03 04 01 00", "wrong form"],
    ["a constructed UTF8String", "2c 03 0c 01 41", "wrong form"],
    ["a constructed BIT STRING", "23 04 03 02 00 00", "wrong form"],
    ["a primitive SEQUENCE", "10 00", "wrong form"],
    ["a primitive SET", "11 00", "wrong form"],
    ["a constructed INTEGER", "22 03 02 01 00", "wrong form"],
    ["a primitive EXTERNAL", "08 00", "wrong form"],
    ["a primitive EMBEDDED PDV", "0b 00", "wrong form"],
  ])("refuses %s", (_, text, reason) => {
    expectMalformed(() => der(text), reason);
  });

  it("reads EXTERNAL and EMBEDDED PDV constructed, and tags of the application class in either form", () => {
    for (const text of ["28 02 05 00", "2b 02 05 00", "60 02 05 00"]) expect(children(der(text))).toHaveLength(1);
    expect(der("40 00").tag).toBe(0x40);
  });

  it.each([
    ["30 03 04 80 00", 3],
    ["30 03 04 81 01", 3],
    ["30 04 04 81 01 00", 3],
    ["30 02 04 82", 3],
    ["30 02 04 01", 2],
    ["30 03 04 00 1f", 4],
  ])("says where the fault of %s is", (text, offset) => {
    let found: unknown;
    try {
      children(der(text));
    } catch (error) {
      found = error;
    }
    expect(found).toMatchObject({ name: "MalformedError", offset });
  });

  it("refuses the BER spellings of an element that it reads in DER", () => {
    const good = write.sequence(write.integer(5));
    expect(children(readDer(good))).toHaveLength(1);
    for (const fault of [write.overlongLength(good), write.overlongLength(good, 2), write.indefiniteLength(good)]) {
      expectMalformed(() => readDer(fault), /indefinite|not minimal/);
    }
  });

  it("reads a view inside a larger buffer and never beyond it", () => {
    const input = hex("ff 04 02 01 02 ff");
    expect(contents(readDer(input.subarray(1, 5)))).toEqual(bytes(1, 2));
    expectMalformed(() => readDer(input.subarray(1, 4)), "longer than what holds it");
  });
});

describe("children", () => {
  it("are the elements inside, with offsets from the start of the input", () => {
    const found = children(der("30 06 02 01 07 01 01 ff"));
    expect(found.map(({ tag, start }) => [tag, start])).toEqual([
      [TAG.integer, 2],
      [TAG.boolean, 5],
    ]);
    expect(children(der("30 00"))).toEqual([]);
  });

  it("must fit into what holds them", () => {
    expectMalformed(() => children(der("30 03 04 02 00")), "longer than what holds it");
    expectMalformed(() => children(der("30 01 04")), "cut short");
    // The second child would end behind the SEQUENCE but inside the input.
    const outer = der("30 09 30 05 02 01 01 04 01 05 00");
    expectMalformed(() => children(children(outer)[0] as Der), "longer than what holds it");
  });

  it("exist in constructed elements alone", () => {
    expectMalformed(() => children(der("04 02 05 00")), "primitive where a constructed one belongs");
    expect(children(der("a0 02 05 00"))).toHaveLength(1);
    expectMalformed(() => children(der("80 02 05 00")), "primitive where");
  });

  it("are bounded in depth: 24 levels pass, 25 do not", () => {
    const nested = (levels: number): Uint8Array => {
      let element = write.nullValue();
      for (let i = 0; i < levels; i++) element = write.sequence(element);
      return element;
    };
    const walk = (element: Der): void => {
      if (element.tag === TAG.sequence) children(element).forEach(walk);
    };
    walk(readDer(nested(24)));
    expectMalformed(() => walk(readDer(nested(25))), "nested deeper than 24");
    expectMalformed(() => walk(readDer(nested(5000))), "nested deeper than 24");
  });
});

describe("cursor", () => {
  const list = (): Der => readDer(write.sequence(write.integer(1), write.boolean(true)));

  it("walks in order, tells whether there is more, and refuses what nobody asked for", () => {
    const fields = cursor(list());
    expect(fields.more).toBe(true);
    fields.next(TAG.integer, "first");
    expectMalformed(() => fields.end("list"), "list has an element too many");
    fields.any("second");
    expect(fields.more).toBe(false);
    fields.end("list");
    expectMalformed(() => fields.any("third"), "third is missing");
    expectMalformed(() => fields.next(TAG.integer, "third"), "third is missing");
  });

  it("walks constructed elements alone", () => {
    expectMalformed(() => cursor(der("04 02 05 00")), "primitive where a constructed one belongs");
    expect(cursor(der("a4 02 05 00")).more).toBe(true);
  });

  it("is bounded in depth like the children: 24 levels pass, 25 do not", () => {
    const descend = (levels: number): void => {
      let element = write.nullValue();
      for (let i = 0; i < levels; i++) element = write.sequence(element);
      for (let at = readDer(element); at.tag === TAG.sequence; ) at = cursor(at).any("level");
    };
    descend(24);
    expectMalformed(() => descend(25), "nested deeper than 24");
  });

  it("takes optional elements only when they have the tag", () => {
    const fields = cursor(list());
    expect(fields.optional(TAG.boolean)).toBeUndefined();
    expect(fields.optional(TAG.integer)?.tag).toBe(TAG.integer);
    expect(fields.optional(TAG.boolean)?.tag).toBe(TAG.boolean);
    expect(fields.optional(TAG.boolean)).toBeUndefined();
  });

  it("refuses another tag than the one that belongs", () => {
    expectMalformed(() => cursor(list()).next(TAG.octetString, "first"), "first has DER tag 2 where 4 belongs");
    expectMalformed(() => expectTag(undefined, TAG.integer, "it"), "it is missing");
    expectMalformed(() => sequence(der("31 00"), "list"), "list has DER tag 49 where 48 belongs");
    expectMalformed(() => sequence(undefined, "list"), "list is missing");
  });

  it("knows context tags", () => {
    expect([contextTag(0), contextTag(3), contextTag(1, false)]).toEqual([0xa0, 0xa3, 0x81]);
  });

  it("reads an element inside a string on its own", () => {
    expect(inner(hex("05 00")).tag).toBe(TAG.null);
    expectMalformed(() => inner(hex("05 00 00")), "follow");
  });
});

describe("any bytes", () => {
  const walk = (element: Der): Uint8Array =>
    (element.tag & 0x20) === 0
      ? write.tlv(element.tag, contents(element))
      : write.tlv(element.tag, ...children(element).map(walk));

  it("give a tree or a MalformedError, and writing the tree again gives the bytes: one spelling only", () => {
    const header = fc.constantFrom(
      [0x30, 0x80],
      [0x30, 0x02],
      [0x31, 0x03],
      [0xa0, 0x02],
      [0x04, 0x81],
      [0x02, 0x01],
      [0x05, 0x00],
    );
    const pieces = fc.oneof(header, fc.array(fc.nat({ max: 255 }), { maxLength: 3 }));
    const input = fc.array(pieces, { maxLength: 8 }).map((parts) => Uint8Array.from(parts.flat()));
    fc.assert(
      fc.property(
        fc.oneof(
          input,
          input.map((part) => write.sequence(part)),
        ),
        (value) => {
          if (readsOrMalformed(() => walk(readDer(value)))) expect(walk(readDer(value))).toEqual(value);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("give a value or a MalformedError to every primitive reader", () => {
    const readers = [
      boolean,
      derNull,
      integerBytes,
      namedBits,
      oid,
      time,
      (e: Der) => smallInteger(e, 255, "x"),
      (e: Der) => positiveInteger(e, "x"),
      (e: Der) => octetsOfBitString(e, "x"),
      (e: Der) => cursor(e).any("x"),
    ];
    const tag = fc.constantFrom(...Object.values(TAG), 0x80, 0xa0);
    fc.assert(
      fc.property(tag, fc.uint8Array({ maxLength: 20 }), (number, value) => {
        const element = readDer(write.tlv(number, value));
        for (const read of readers) readsOrMalformed(() => read(element));
      }),
      { numRuns: 1000 },
    );
  });
});
