/** The exact text of a member of a JSON object, whatever stands around it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memberText } from "../../../src/evidence/dcap/member-text.js";
import { expectMalformed } from "../../support/malformed.js";

describe("the text of a member", () => {
  it.each([
    ['{"a":{"b":1},"c":2}', "a", '{"b":1}'],
    ['{"x":"}","a":{"b":"}\\"{"}}', "a", '{"b":"}\\"{"}'],
    ['{"x":{"a":1},"a":{"b":2}}', "a", '{"b":2}'],
    [' \n{ "x" : [1, {"a": 2}] , "a" :\t{ "b" : [ ] } \n}', "a", '{ "b" : [ ] }'],
    ['{"\\u0061":{"b":1}}', "a", '{"b":1}'],
    ['{"a":12 ,"b":3}', "a", "12"],
    ['{"b":3,"a":true}', "a", "true"],
    ['{"a":"text, with ] and }"}', "a", '"text, with ] and }"'],
    ['{"x":"\\\\","a":[]}', "a", "[]"],
  ])("in %s", (text, name, expected) => expect(memberText(text, name)).toBe(expected));

  it("is missing where it is not at the top", () => {
    expectMalformed(() => memberText('{"x":{"a":1}}', "a"), "without a");
    expectMalformed(() => memberText("{}", "a"), "without a");
  });

  it("parses to the member's value in any object, pretty or compact", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(4), (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        for (const name of Object.keys(object)) {
          const found = memberText(text, name);
          expect(text).toContain(found);
          expect(JSON.parse(found)).toEqual(JSON.parse(text)[name]);
        }
      }),
    );
  });
});
