/** What callers write is copied once and read strictly. */
import { describe, expect, it } from "vitest";
import {
  copyBytes,
  copyData,
  readChoice,
  readDigest,
  readInteger,
  readMembers,
  readObject,
  readSet,
  readString,
  readTime,
} from "../../src/expected/read.js";

const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

describe("copyData", () => {
  it("copies lists, object literals and bytes, and keeps everything else", () => {
    const bytes = Uint8Array.of(1, 2);
    const buffer = Uint8Array.of(3, 4).buffer;
    const view = new DataView(Uint8Array.of(5, 6, 7).buffer, 1);
    const call = () => 1;
    const given = { bytes, buffer, view, call, list: [bytes, null, undefined, 1n], text: "x", nothing: undefined };
    const copy = copyData(given, "data") as typeof given;
    bytes.fill(0);
    new Uint8Array(buffer).fill(0);
    expect(copy).toEqual({
      bytes: Uint8Array.of(1, 2),
      buffer: Uint8Array.of(3, 4),
      view: Uint8Array.of(6, 7),
      call,
      list: [Uint8Array.of(1, 2), null, undefined, 1n],
      text: "x",
      nothing: undefined,
    });
  });

  it("goes eight deep and no deeper", () => {
    expect(copyData(nested(9), "data")).toEqual(nested(9));
    expect(() => copyData(nested(10), "data")).toThrow("nested too deep");
  });

  it("keeps the length of a list with holes, and fills them with undefined", () => {
    const holes = Array(2);
    expect(Object.keys(copyData(holes, "list") as unknown[])).toEqual(["0", "1"]);
  });

  it.each([
    ["a Map", new Map()],
    ["a Set", new Set()],
    ["a Date", new Date()],
    ["a promise", Promise.resolve()],
    ["an instance", new (class A {})()],
    ["a SharedArrayBuffer", new SharedArrayBuffer(2)],
  ])("refuses %s", (_name, value) =>
    expect(() => copyData({ value }, "data")).toThrow("data.value must be plain data"),
  );

  it("takes __proto__ for a name like any other", () => {
    const copy = copyData(JSON.parse('{"__proto__": {"a": 1}}'), "data") as object;
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Object.keys(copy)).toEqual(["__proto__"]);
  });
});

describe("copyBytes", () => {
  it("copies what a view shows, at most so much of it", () => {
    const view = Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 4);
    expect(copyBytes(view, "x")).toEqual(Uint8Array.of(2, 3, 4));
    expect(copyBytes(view, "x", 2)).toEqual(Uint8Array.of(2, 3));
    expect(copyBytes(view, "x").buffer.byteLength).toBe(3);
    expect(copyBytes(Uint8Array.of(9).buffer, "x")).toEqual(Uint8Array.of(9));
  });

  it.each([
    ["text", "ab"],
    ["a list", [1]],
    ["null", null],
    ["nothing", undefined],
    ["a number", 5],
    ["an object", { length: 1 }],
  ])("refuses %s", (_name, value) => expect(() => copyBytes(value, "x")).toThrow("x must be bytes"));
});

describe("readers", () => {
  it("of digests want the exact length, as bytes or hex", () => {
    expect(readDigest("0aFF", 2, "x")).toEqual(Uint8Array.of(10, 255));
    expect(() => readDigest("0aff00", 2, "x")).toThrow(TypeError);
    expect(() => readDigest(Uint8Array.of(1), 2, "x")).toThrow(TypeError);
    expect(() => readDigest("0a0g", 2, "x")).toThrow(TypeError);
  });

  it("of sets read every item, holes too, and refuse an empty list", () => {
    const seen: unknown[] = [];
    readSet(Object.assign(Array(3), { 0: 1, 2: 3 }), "x", (item) => seen.push(item));
    expect(seen).toEqual([1, undefined, 3]);
    expect(readSet(5, "x", (item) => item)).toEqual([5]);
    expect(() => readSet([], "x", (item) => item)).toThrow(TypeError);
  });

  it("of objects refuse unknown names, and `undefined` where it would demand nothing", () => {
    expect(readObject({ a: 1 }, ["a", "b"], "x")).toEqual({ a: 1 });
    expect(() => readObject({ c: 1 }, ["a", "b"], "x")).toThrow('x has no "c"');
    expect(() => readObject({ a: undefined }, ["a"], "x")).toThrow("a is undefined");
    expect(readMembers({ a: undefined }, ["a"], "x")).toEqual({ a: undefined });
    expect(() => readMembers({ b: undefined }, ["a"], "x")).toThrow(TypeError);
    for (const value of [null, undefined, 1, "a", [], new Map(), () => 1])
      expect(() => readMembers(value, ["a"], "x")).toThrow(TypeError);
  });

  it("of integers have both bounds", () => {
    expect([readInteger(0, "x", 3), readInteger(3, "x", 3)]).toEqual([0, 3]);
    for (const value of [-1, 4, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "1", 1n, null])
      expect(() => readInteger(value, "x", 3)).toThrow(TypeError);
    expect(() => readInteger(2 ** 53, "x")).toThrow(TypeError);
    expect(readInteger(2 ** 53 - 1, "x")).toBe(2 ** 53 - 1);
  });

  it("of text, choices and times take nothing else", () => {
    expect(readString("a", "x")).toBe("a");
    for (const value of ["", 1, null]) expect(() => readString(value, "x")).toThrow(TypeError);
    expect(readChoice("a", ["a", "b"], "x")).toBe("a");
    for (const value of ["c", "A", undefined, ["a"]])
      expect(() => readChoice(value, ["a", "b"], "x")).toThrow(TypeError);
    expect(readTime(new Date(5), "x")).toBe(5);
    for (const value of [new Date(Number.NaN), 5, "2026-01-01", { getTime: () => 5 }])
      expect(() => readTime(value, "x")).toThrow(TypeError);
  });
});
