import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isJsonObject, member, parseJson, stringMember } from "../../src/encoding/json.js";
import { expectMalformed, readsOrMalformed } from "../support/malformed.js";

describe("parseJson", () => {
  it.each([
    ['{"a":[1,2.5,-3e2,true,false,null,"x"],"b":{}}', { a: [1, 2.5, -300, true, false, null, "x"], b: {} }],
    ["[]", []],
    ['"text"', "text"],
    ["9007199254740991", 2 ** 53 - 1],
    ["-9007199254740991", -(2 ** 53 - 1)],
    [' {"a" : "colon : in \\" a string {[" } ', { a: 'colon : in " a string {[' }],
    ['{"a":"\\\\"}', { a: "\\" }],
    ['"\\ud83d\\ude00"', "\u{1f600}"],
  ])("reads %s", (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  it.each([
    ["the same name twice", '{"a":1,"a":2}'],
    ["the same name spelled in two ways", '{"a":1,"\\u0061":2}'],
    ["the same name twice, deep inside", '[{"b":{"a":1,"c":[],"a":1}}]'],
    ["__proto__ twice", '{"__proto__":1,"__proto__":2}'],
  ])("refuses %s", (_, text) => {
    expectMalformed(() => parseJson(text), "duplicate name");
  });

  it("takes the same name in different objects", () => {
    expect(parseJson('[{"a":{"a":1}},{"a":2}]')).toEqual([{ a: { a: 1 } }, { a: 2 }]);
  });

  it("makes __proto__ an ordinary member and leaves the prototype alone", () => {
    const value = parseJson('{"__proto__":{"polluted":true},"constructor":1}');
    if (!isJsonObject(value)) throw new Error("no object");
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(member(value, "__proto__")).toEqual({ polluted: true });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it.each([
    ["", "not JSON"],
    ["{", "not JSON"],
    ["{} {}", "not JSON"],
    ['{"a":1,}', "not JSON"],
    ["{'a':1}", "not JSON"],
    ["NaN", "not JSON"],
    ["Infinity", "not JSON"],
    ["01", "not JSON"],
    ["// comment\n1", "not JSON"],
    ["\ufeff{}", "not JSON"],
    ['"a\nb"', "not JSON"],
    ['"no end', "string without an end"],
    ['{"a":"no end\\"}', "string without an end"],
    ["9007199254740992", "beyond 2\\^53"],
    ["[9007199254740993]", "beyond 2\\^53"],
    ["-9007199254740992", "beyond 2\\^53"],
    ["1e400", "beyond 2\\^53"],
    ['{"a":-1e400}', "beyond 2\\^53"],
    ['"\\ud800"', "surrogate"],
    ['"\\udc00\\ud800"', "surrogate"],
    ['{"\\ud800":1}', "surrogate"],
  ])("refuses %j", (text, reason) => {
    expectMalformed(() => parseJson(text), new RegExp(reason));
  });

  it("bounds nesting before it recurses: 32 levels pass, 33 and a million do not", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(readsOrMalformed(() => parseJson(nested(32)))).toBe(true);
    expectMalformed(() => parseJson(nested(33)), "nested deeper than 32");
    expectMalformed(() => parseJson('{"a":'.repeat(33) + "1" + "}".repeat(33)), "nested deeper than 32");
    expectMalformed(() => parseJson("[".repeat(1_000_000)), "nested deeper");
    expect(parseJson(nested(3), { depth: 3 })).toEqual([[[]]]);
    expectMalformed(() => parseJson(nested(4), { depth: 3 }), "nested deeper than 3");
  });

  it("bounds how many items there are before they are read: 50,001 items pass, one more does not", () => {
    const list = (count: number): string => `[${new Array(count).fill("0").join(",")}]`;
    expect(() => parseJson(list(50_001))).not.toThrow();
    expectMalformed(() => parseJson(list(50_002)), "JSON of more than 50000 items");
    expectMalformed(() => parseJson(list(4), { items: 2 }), "JSON of more than 2 items");
    expect(parseJson(JSON.stringify([",".repeat(300_000)]))).toHaveLength(1);
  });

  it("bounds how many names, objects and lists there are together: 25,000 pass, one more does not", () => {
    const names = (count: number): string => `{${Array.from({ length: count - 1 }, (_, i) => `"${i}":0`).join(",")}}`;
    const lists = (count: number): string => `[${new Array(count - 1).fill("[]").join(",")}]`;
    const objects = (count: number): string => `[${new Array((count - 1) / 2).fill('{"a":0}').join(",")}]`;
    for (const write of [names, lists]) {
      expect(() => parseJson(write(25_000))).not.toThrow();
      expectMalformed(() => parseJson(write(25_001)), "JSON of more than 25000 names and lists");
    }
    expect(() => parseJson(objects(24_999))).not.toThrow();
    expectMalformed(() => parseJson(objects(25_001)), "JSON of more than 25000 names and lists");
    expectMalformed(() => parseJson(names(4), { names: 3 }), "JSON of more than 3 names and lists");
    expect(parseJson(JSON.stringify([":{[".repeat(30_000)]))).toHaveLength(1);
  });

  it("bounds how long a number is: 40 characters pass, one more does not", () => {
    expect(parseJson(`[0.${"1".repeat(37)}]`)).toHaveLength(1);
    expect(parseJson(`[0.${"1".repeat(38)}]`)).toHaveLength(1);
    expectMalformed(() => parseJson(`[0.${"1".repeat(39)}]`), "JSON number of more than 40 characters");
    expectMalformed(() => parseJson(`{"a":-${"1".repeat(41)} }`), "JSON number of more than 40 characters");
    expect(parseJson(`["${"1".repeat(100)}",0.30000000000000004,-5e-324]`)).toHaveLength(3);
  });

  it("counts depth, not brackets", () => {
    expect(parseJson(`[${"[],".repeat(1000)}[]]`)).toHaveLength(1001);
  });

  it("bounds the length", () => {
    expect(parseJson('"abc"', { length: 5 })).toBe("abc");
    expectMalformed(() => parseJson('"abcd"', { length: 5 }), "longer than 5");
  });

  it("gives back what JSON.stringify wrote", () => {
    const value = fc.jsonValue({ depthSize: "small" }).filter((item) => {
      const text = JSON.stringify(item);
      return !/\\ud[89a-f]/.test(text) && !/"__proto__"/.test(text);
    });
    fc.assert(
      fc.property(value, (item) => {
        const text = JSON.stringify(item);
        if (readsOrMalformed(() => parseJson(text))) expect(parseJson(text)).toEqual(JSON.parse(text));
        else expect(text).toMatch(/\d{16}|e\+?\d/);
      }),
    );
  });

  it("gives a value or a MalformedError for any text, and never accepts what JSON.parse refuses", () => {
    const alphabet = fc.constantFrom(...'{}[]:,"\\u0061 \n1e-.tfn');
    fc.assert(
      fc.property(fc.string({ unit: fc.oneof(alphabet, fc.string({ maxLength: 1 })), maxLength: 40 }), (text) => {
        if (readsOrMalformed(() => parseJson(text))) JSON.parse(text);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("members", () => {
  const object = { a: "x", n: 1 };

  it("are own ones alone", () => {
    expect(member(object, "a")).toBe("x");
    expect(member(object, "toString")).toBeUndefined();
    expect(member(object, "__proto__")).toBeUndefined();
  });

  it("are strings where a string is wanted", () => {
    expect(stringMember(object, "a")).toBe("x");
    expectMalformed(() => stringMember(object, "n"), "member n is not a string");
    expectMalformed(() => stringMember(object, "toString"), "member toString is not a string");
  });

  it("tells objects from arrays, null and the rest", () => {
    expect([{}, [], null, "x", 1, undefined].map((value) => isJsonObject(value))).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
