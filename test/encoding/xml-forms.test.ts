/** The strict XML reader: the forms of tags, and what belongs to the tree. */
import { describe, expect, it } from "vitest";
import { canonicalXml, childElements, parseXml } from "../../src/encoding/xml.js";
import { expectMalformed } from "../support/malformed.js";

describe("an attribute", () => {
  it.each(["<a b=/>", "<a b= />", "<a b=>x</a>", "<a b= >x</a>", '<a b= c="1"/>', "<a xmlns= />"])(
    "has a value: %s is refused",
    (text) => expectMalformed(() => parseXml(text), "unsupported form"),
  );

  it("counts with the declarations beside it, 64 together", () => {
    const declared = Array.from({ length: 32 }, (_, i) => `xmlns:p${i}="urn:${i}"`);
    const plain = Array.from({ length: 33 }, (_, i) => `a${i}="1"`);
    expect(parseXml(`<a ${[...declared, ...plain.slice(1)].join(" ")}/>`).attributes).toHaveLength(32);
    expectMalformed(() => parseXml(`<a ${[...declared, ...plain].join(" ")}/>`), "too many attributes");
    expectMalformed(() => parseXml(`<a ${[...plain, ...declared].join(" ")}/>`), "too many attributes");
  });

  it("stands by namespace and then by name in the canonical form, however it stood before", () => {
    const declared = 'xmlns:p="urn:c" xmlns:q="urn:b"';
    const sorted = `<a ${declared} b="3" q:a="2" q:z="2" p:a="1" p:b="1"></a>`;
    const attributes = ['b="3"', 'q:z="2"', 'p:a="1"', 'q:a="2"', 'p:b="1"'];
    for (let turn = 0; turn < attributes.length; turn++) {
      const turned = [...attributes.slice(turn), ...attributes.slice(0, turn)];
      expect(canonicalXml(parseXml(`<a ${declared} ${turned.join(" ")}/>`))).toBe(sorted);
      expect(canonicalXml(parseXml(`<a ${declared} ${turned.reverse().join(" ")}/>`))).toBe(sorted);
    }
  });
});

describe("a prefix", () => {
  it.each(["xml", "XML", "xmlish", "xMl2"])("that begins with xml is reserved: %s", (prefix) =>
    expectMalformed(() => parseXml(`<a xmlns:${prefix}="urn:x"/>`), "namespace declaration refused"),
  );

  it("that has xml elsewhere is none of these", () => {
    expect(parseXml('<axml:a xmlns:axml="urn:x"/>').namespace).toBe("urn:x");
  });
});

describe("a tree", () => {
  it("has no namespace where none was declared, on the element and on its attributes", () => {
    const root = parseXml('<a b="1"/>');
    expect([root.namespace, root.attributes[0]?.namespace]).toEqual(["", ""]);
    expect(parseXml('<a xmlns="urn:a" b="1"/>').attributes[0]?.namespace).toBe("");
  });

  it("holds elements and text as they stand, and nothing where nothing stands", () => {
    expect(parseXml("<a></a>").children).toEqual([]);
    expect(parseXml("<a/>").children).toEqual([]);
    const { children } = parseXml("<a><b/>x<c/></a>");
    expect(children.map((child) => (typeof child === "string" ? child : child.name))).toEqual(["b", "x", "c"]);
    expect(childElements(parseXml("<a>x<b/>y<c/>z</a>")).map(({ name }) => name)).toEqual(["b", "c"]);
  });

  it("is of 131,072 characters and not one more", () => {
    const text = (blanks: number): string => `<a>${" ".repeat(blanks)}</a>`;
    expect(parseXml(text(131_072 - 7)).children).toHaveLength(1);
    expectMalformed(() => parseXml(text(131_072 - 6)), "longer than 131072");
  });
});

describe("the declaration", () => {
  it.each([
    '<?xml version="1.0"?>',
    '<?xml version="1.0" ?>',
    '<?xml version="1.0" encoding="utf-8"?>',
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
    '<?xml version="1.0" standalone="no" ?>',
  ])("may be %s", (declaration) => expect(parseXml(`${declaration}<a/>`).name).toBe("a"));

  it.each([
    '<?xml version="1.0"x?>',
    '<?xml version="1.0"  ?>',
    '<?xml version="1x0"?>',
    '<?xml version="1.0" encoding="Utf-8"?>',
    '<?xml version="1.0" standalone="maybe"?>',
    "<?xml ?>",
    'a<?xml version="1.0"?>',
  ])("may not be %s", (declaration) => expectMalformed(() => parseXml(`${declaration}<a/>`), "expected"));
});
