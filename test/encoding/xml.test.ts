/** The strict XML reader and its canonical form: what is read, what is refused, and what comes out. */
import { describe, expect, it } from "vitest";
import { attribute, canonicalXml, childElements, parseXml, textOf, type XmlElement } from "../../src/encoding/xml.js";
import { expectMalformed, readsOrMalformed } from "../support/malformed.js";

const canonical = (text: string): string => canonicalXml(parseXml(text));
const first = (element: XmlElement): XmlElement => childElements(element)[0] as XmlElement;

describe("canonical form (Canonical XML 1.1, section 2.3)", () => {
  it.each([
    ["empty elements become pairs of tags", "<a/>", "<a></a>"],
    ["white space in tags goes, in text it stays", '<a  x="1"\n  y="2" > b\n\t</a >', '<a x="1" y="2"> b\n\t</a>'],
    ["the declaration and space around the root go", '<?xml version="1.0" encoding="UTF-8"?>\n<a/>\n\n', "<a></a>"],
    [
      "attributes are sorted by namespace and then by name",
      '<a xmlns:q="urn:b" xmlns:p="urn:c" p:a="1" q:z="2" b="3" a="4"/>',
      '<a xmlns:p="urn:c" xmlns:q="urn:b" a="4" b="3" q:z="2" p:a="1"></a>',
    ],
    ["capitals come before small letters", '<a b="1" B="2"/>', '<a B="2" b="1"></a>'],
    [
      "declarations come first, the default one before all",
      '<a z="1" xmlns:b="urn:b" xmlns="urn:a"/>',
      '<a xmlns="urn:a" xmlns:b="urn:b" z="1"></a>',
    ],
    [
      "a declaration that is in force already goes",
      '<a xmlns="urn:a"><b xmlns="urn:a"/><c xmlns="urn:c"/></a>',
      '<a xmlns="urn:a"><b></b><c xmlns="urn:c"></c></a>',
    ],
    [
      "a declaration that changes back stays",
      '<a xmlns:p="urn:1"><b xmlns:p="urn:2"><c xmlns:p="urn:1"/></b></a>',
      '<a xmlns:p="urn:1"><b xmlns:p="urn:2"><c xmlns:p="urn:1"></c></b></a>',
    ],
    ["a declaration that nobody uses stays", '<a><b xmlns:p="urn:1"/></a>', '<a><b xmlns:p="urn:1"></b></a>'],
  ])("%s", (_, text, expected) => expect(canonical(text)).toBe(expected));

  it("of an element inside writes what it inherits", () => {
    const root = parseXml('<a xmlns="urn:a" xmlns:p="urn:p"><b x="1"><c/></b></a>');
    expect(canonicalXml(first(root))).toBe('<b xmlns="urn:a" xmlns:p="urn:p" x="1"><c></c></b>');
  });

  it("leaves out the one element that is omitted", () => {
    const root = parseXml("<a><b/>x<b/></a>");
    expect(canonicalXml(root, first(root))).toBe("<a>x<b></b></a>");
  });
});

describe("reading", () => {
  it("resolves names", () => {
    const root = parseXml('<a xmlns="urn:a" xmlns:p="urn:p" b="0" p:b="1"><p:c xmlns:p="urn:q"/></a>');
    expect([root.namespace, root.local, attribute(root, "b"), attribute(root, "b", "urn:p")]).toEqual([
      "urn:a",
      "a",
      "0",
      "1",
    ]);
    expect([first(root).namespace, first(root).local, attribute(root, "c")]).toEqual(["urn:q", "c", undefined]);
  });

  it("gives the text of what holds text alone", () => {
    expect(textOf(parseXml("<a>b c</a>"))).toBe("b c");
    expectMalformed(() => textOf(parseXml("<a>b<c/></a>")), /more than text/);
  });

  it.each([
    ["a document type", "<!DOCTYPE a><a/>"],
    ["an entity declaration", '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'],
    ["an entity", "<a>&amp;</a>"],
    ["a character reference", "<a>&#65;</a>"],
    ["an entity in an attribute", '<a b="&lt;"/>'],
    ["a comment", "<a><!-- x --></a>"],
    ["a comment before the root", "<!-- x --><a/>"],
    ["a processing instruction", "<a><?x y?></a>"],
    ["a processing instruction before the root", "<?xml-stylesheet href='x'?><a/>"],
    ["a declaration of another version", '<?xml version="1.1"?><a/>'],
    ["a declaration of another encoding", '<?xml version="1.0" encoding="UTF-16"?><a/>'],
    ["a declaration behind white space", ' <?xml version="1.0"?><a/>'],
    ["CDATA", "<a><![CDATA[x]]></a>"],
    ["the end of CDATA in text", "<a>]]></a>"],
    ["a bare greater-than sign", "<a>></a>"],
    ["a carriage return", "<a>\r\n</a>"],
    ["a tab in an attribute", '<a b="\t"/>'],
    ["a line break in an attribute", '<a b="\n"/>'],
    ["single quotes", "<a b='1'/>"],
    ["letters beyond ASCII", "<a>\u00e9</a>"],
    ["a control character", "<a>\u0001</a>"],
    ["an attribute without a value", "<a b/>"],
    ["attributes without space between them", '<a b="1"c="2"/>'],
    ["an attribute twice", '<a b="1" b="2"/>'],
    ["an attribute twice under two prefixes", '<a xmlns:p="urn:1" xmlns:q="urn:1" p:b="1" q:b="2"/>'],
    ["a declaration twice", '<a xmlns:p="urn:1" xmlns:p="urn:1"/>'],
    ["an undeclared prefix", "<p:a/>"],
    ["an undeclared prefix of an attribute", '<a p:b="1"/>'],
    ["a declaration taken back", '<a xmlns=""/>'],
    ["a prefix taken back", '<a xmlns:p=""/>'],
    ["the xml prefix", '<a xml:lang="en"/>'],
    ["the xml prefix declared", '<a xmlns:xml="urn:x"/>'],
    ["a second root", "<a/><b/>"],
    ["text behind the root", "<a/>x"],
    ["text before the root", "x<a/>"],
    ["an open element", "<a><b></a>"],
    ["crossed elements", "<a><b></a></b>"],
    ["an end tag of another name", "<a></ab>"],
    ["nothing", ""],
    ["white space alone", "  "],
    ["a name that starts with a digit", "<1a/>"],
    ["two colons in a name", '<a:b:c xmlns:a="urn:1"/>'],
  ])("refuses %s", (_, text) => expectMalformed(() => parseXml(text), /./));

  it("is bounded in depth, elements, attributes and length", () => {
    const nested = (depth: number): string => "<a>".repeat(depth) + "</a>".repeat(depth);
    expect(parseXml(nested(16)).local).toBe("a");
    expectMalformed(() => parseXml(nested(17)), /deeper than 16/);
    expectMalformed(() => parseXml(nested(18_000)), /deeper than 16/);
    const wide = (count: number): string => `<a>${"<b/>".repeat(count)}</a>`;
    expect(childElements(parseXml(wide(1_023)))).toHaveLength(1_023);
    expectMalformed(() => parseXml(wide(1_024)), /more than 1024/);
    const attributes = (count: number): string =>
      `<a ${Array.from({ length: count }, (_, i) => `b${i}="1"`).join(" ")}/>`;
    expect(parseXml(attributes(64)).attributes).toHaveLength(64);
    expectMalformed(() => parseXml(attributes(65)), /too many/);
    expectMalformed(() => parseXml(`<a>${" ".repeat(131_072)}</a>`), /longer than/);
  });

  it("is bounded in the namespaces in force, which every element that declares copies", () => {
    const declare = (from: number, count: number): string =>
      Array.from({ length: count }, (_, index) => ` xmlns:p${from + index}="urn:1"`).join("");
    const within = (inner: string): string => `<a${declare(0, 60)}>${inner}</a>`;
    expect(first(parseXml(within(`<b${declare(60, 4)}/>`))).scope.size).toBe(64);
    expect(first(parseXml(within(`<b${declare(0, 60)}/>`))).scope.size).toBe(60);
    expect(childElements(parseXml(within(`<b${declare(60, 4)}/>`.repeat(2))))).toHaveLength(2);
    expectMalformed(() => parseXml(within(`<b${declare(60, 5)}/>`)), /more than 64 namespaces/);
  });

  it("gives a value or a MalformedError for any cut and any changed character", () => {
    const text = '<?xml version="1.0"?><a xmlns:p="urn:p" b="c"><p:d e="f"/> g </a>';
    let read = 0;
    for (let at = 0; at < text.length; at++) {
      expectMalformed(() => parseXml(text.slice(0, at)), /./);
      for (const character of ["<", "&", '"', "x", ">"])
        if (readsOrMalformed(() => parseXml(text.slice(0, at) + character + text.slice(at + 1)))) read++;
    }
    expect(read).toBeGreaterThan(10);
  });
});
