/** Protocol Buffers, wire format: what is read, and each form of what is refused beside the neighbour that passes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ProtoFields, protoBytes, protoInteger, readProto } from "../../src/encoding/protobuf.js";
import { expectMalformed, readsOrMalformed } from "../support/malformed.js";

const FIELDS: ProtoFields = { 1: "varint", 2: "bytes", 3: "repeated", 20: "varint" };
const read = (...bytes: number[]) => readProto(Uint8Array.from(bytes), FIELDS, "message");

describe("readProto", () => {
  it("reads varints as integers, low group first, and bytes as views of the input", () => {
    const input = Uint8Array.of(0x08, 0xac, 0x02, 0x12, 0x02, 0x61, 0x62, 0xa0, 0x01, 0x07);
    const message = readProto(input, FIELDS, "message");
    expect([...message]).toEqual([
      [1, [300n]],
      [2, [Uint8Array.of(0x61, 0x62)]],
      [20, [7n]],
    ]);
    input[5] = 0x7a;
    expect(protoBytes(message, 2)).toEqual(Uint8Array.of(0x7a, 0x62));
  });

  it("reads nothing as a message without fields", () => {
    expect(read().size).toBe(0);
  });

  it("keeps the values of a field that may repeat, in order", () => {
    expect(read(0x1a, 0x01, 0x05, 0x1a, 0x00, 0x1a, 0x01, 0x06).get(3)).toEqual([
      Uint8Array.of(5),
      new Uint8Array(0),
      Uint8Array.of(6),
    ]);
  });

  it("refuses a field twice that must stand once", () => {
    expectMalformed(() => read(0x08, 0x01, 0x08, 0x01), "message has field 1 twice");
    expectMalformed(() => read(0x12, 0x00, 0x12, 0x00), "message has field 2 twice");
  });

  it.each([
    ["of another number", [0x20, 0x00], 4],
    ["of another number, of bytes", [0x22, 0x00], 4],
    ["of the number zero", [0x00, 0x00], 0],
    ["of bytes written as a varint", [0x10, 0x00], 2],
    ["of a varint written as bytes", [0x0a, 0x00], 1],
    ["of 64 bits", [0x09, 0, 0, 0, 0, 0, 0, 0, 0], 1],
    ["of 32 bits", [0x0d, 0, 0, 0, 0], 1],
    ["that opens a group", [0x13, 0x14], 2],
    ["with the name of an inherited member", [0xf8, 0xff, 0xff, 0xff, 0x0f, 0x00], 536870911],
  ])("refuses a field %s", (_, bytes, number) => {
    expectMalformed(() => read(...bytes), `message has an unknown field ${number}`);
  });

  it("refuses a varint that is not in its shortest form", () => {
    expectMalformed(() => read(0x08, 0x80, 0x00), "not in its shortest form");
    expectMalformed(() => read(0x88, 0x00, 0x01), "not in its shortest form");
    expectMalformed(() => read(0x08, 0xff, 0x80, 0x00), "not in its shortest form");
    expect(read(0x08, 0x00).get(1)).toEqual([0n]);
    expect(read(0x08, 0x80, 0x01).get(1)).toEqual([128n]);
  });

  it("reads varints of up to 64 bits and no more", () => {
    const most = Array<number>(9).fill(0xff);
    expect(read(0x08, ...most, 0x01).get(1)).toEqual([2n ** 64n - 1n]);
    expectMalformed(() => read(0x08, ...most, 0x02), "more than 64 bits");
    expectMalformed(() => read(0x08, ...Array<number>(9).fill(0x80), 0x02), "more than 64 bits");
    expectMalformed(() => read(0x08, ...most, 0xff, 0x01), "varint without an end");
  });

  it.each([
    ["in a tag", [0x88]],
    ["before a varint", [0x08]],
    ["in a varint", [0x08, 0x80]],
    ["before a length", [0x12]],
    ["before the bytes", [0x12, 0x01]],
    ["in the bytes", [0x12, 0x03, 0x61, 0x62]],
    ["by a length beyond all memory", [0x12, ...Array<number>(9).fill(0xff), 0x01]],
  ])("refuses a message cut short %s", (_, bytes) => {
    expectMalformed(() => read(...bytes), "message is cut short");
  });

  it.each([
    [[0x08, 0x80], 2],
    [[0x08, 0x01, 0x12], 3],
    [[0x08, 0x80, 0x00], 2],
    [[0x08, ...Array<number>(9).fill(0xff), 0x02], 10],
    [[0x12, 0x03, 0x61], 2],
  ])("says where the fault of %j is", (bytes, offset) => {
    expect(() => read(...bytes)).toThrow(`(at offset ${offset})`);
  });

  it("reads 65,536 fields and no more", () => {
    const fields = (count: number) => Uint8Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? 0x1a : 0));
    expect(readProto(fields(65_536), FIELDS, "message").get(3)).toHaveLength(65_536);
    expectMalformed(() => readProto(fields(65_537), FIELDS, "message"), "too many fields");
  });

  it("gives a message or a MalformedError for any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void readsOrMalformed(() => read(...bytes))));
  });
});

describe("the values of a message", () => {
  it("are bytes only where bytes stand", () => {
    const message = read(0x08, 0x05, 0x12, 0x01, 0x61);
    expect(protoBytes(message, 2)).toEqual(Uint8Array.of(0x61));
    expect(protoBytes(message, 1)).toBeUndefined();
    expect(protoBytes(message, 3)).toBeUndefined();
  });

  it("are integers, zero where the field is absent", () => {
    const message = read(0x08, 0x05, 0x12, 0x01, 0x61);
    expect(protoInteger(message, 1)).toBe(5);
    expect(protoInteger(message, 20)).toBe(0);
    expectMalformed(() => protoInteger(message, 2), "protobuf integer beyond 2^53");
  });

  it("are integers that JavaScript holds exactly", () => {
    // 2^53 - 1 and 2^53: seven groups of ones and four ones; one bit in the eighth group.
    const most = read(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f);
    expect(protoInteger(most, 1)).toBe(Number.MAX_SAFE_INTEGER);
    const beyond = read(0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10);
    expectMalformed(() => protoInteger(beyond, 1), "protobuf integer beyond 2^53");
  });
});
