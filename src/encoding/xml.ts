/** XML 1.0 with namespaces, the small strict part that signed reference manifests use, and its canonical form (Canonical XML 1.1). */

import { demand, MalformedError } from "./malformed.js";

/** An element. Prefixes are kept, because the canonical form writes them. */
export interface XmlElement {
  /** As written: `prefix:local` or `local`. */
  readonly name: string;
  /** Empty for none. */
  readonly namespace: string;
  readonly local: string;
  readonly attributes: readonly XmlAttribute[];
  /** Namespace declarations of this element itself, by prefix (empty for the default). */
  readonly declared: ReadonlyMap<string, string>;
  /** All declarations in force here, those of ancestors included. */
  readonly scope: ReadonlyMap<string, string>;
  readonly children: readonly (XmlElement | string)[];
}

export interface XmlAttribute {
  readonly name: string;
  readonly namespace: string;
  readonly local: string;
  readonly value: string;
}

/** Five times what any manifest of NVIDIA's has, and room for one of all 254 indices. */
const MAX_CHARACTERS = 131_072;
const MAX_ELEMENTS = 1_024;
const MAX_ATTRIBUTES = 64;
const MAX_DEPTH = 16;
/** Each element that declares copies what is in force, so that is bounded, not the declarations of one element alone. */
const MAX_SCOPE = 64;

const NAME = /(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*/y;
const SPACE = /[ \t\n]*/y;
/** What needs no escape in an attribute's value, and no normalisation (XML 1.0, section 3.3.3; Canonical XML 1.1, section 2.3). */
const VALUE = /"([ !#-%'-;=-~]*)"/y;
/** Text without references: `>` would need an escape, carriage returns a normalisation. */
const TEXT = /[\t\n !-%'-;=?-~]*/y;
/** The canonical form leaves the declaration out. */
const DECLARATION = /<\?xml version="1\.0"(?: encoding="(?:utf|UTF)-8")?(?: standalone="(?:yes|no)")?[ ]?\?>/y;

/**
 * The root element of `text`. Refused: document types, entities and character references, processing instructions, comments, CDATA,
 * attributes in single quotes, carriage returns, anything beyond printable ASCII, the `xml` prefix, undeclared prefixes, doubled attributes.
 * What is left has one canonical form that needs no escaping.
 * @throws MalformedError
 */
export function parseXml(text: string): XmlElement {
  demand(text.length <= MAX_CHARACTERS, `XML longer than ${MAX_CHARACTERS} characters`);
  let at = 0;
  let elements = 0;
  take(DECLARATION);
  take(SPACE);
  const root = element(new Map(), 0);
  take(SPACE);
  demand(at === text.length, "text after the XML root element", at);
  return root;

  function take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return undefined;
    at += match[0].length;
    return match;
  }

  function expect(literal: string): void {
    demand(text.startsWith(literal, at), `XML: ${literal} expected`, at);
    at += literal.length;
  }

  function name(): string {
    const match = take(NAME);
    if (match === undefined) throw new MalformedError("XML: a name expected (no DTD, comment or instruction)", at);
    return match[0];
  }

  function element(inherited: ReadonlyMap<string, string>, depth: number): XmlElement {
    demand(depth < MAX_DEPTH, `XML nested deeper than ${MAX_DEPTH}`, at);
    demand(elements++ < MAX_ELEMENTS, `XML with more than ${MAX_ELEMENTS} elements`, at);
    const start = at;
    expect("<");
    const own = name();
    const { pairs, declared } = attributeList();
    const scope = declared.size === 0 ? inherited : new Map([...inherited, ...declared]);
    demand(scope.size <= MAX_SCOPE, `XML with more than ${MAX_SCOPE} namespaces in force`, start);
    const attributes = pairs.map(([key, value]): XmlAttribute => ({ ...resolve(key, scope, false, start), value }));
    demandDistinct(attributes, start);
    const children = content(own, scope, depth);
    return { ...resolve(own, scope, true, start), attributes, declared, scope, children };
  }

  function attributeList(): { pairs: [string, string][]; declared: Map<string, string> } {
    const pairs: [string, string][] = [];
    const declared = new Map<string, string>();
    for (;;) {
      const space = (take(SPACE)?.[0] ?? "") !== "";
      if (text[at] === ">" || text[at] === "/") return { pairs, declared };
      demand(space && pairs.length + declared.size < MAX_ATTRIBUTES, "XML: malformed or too many attributes", at);
      const key = name();
      expect("=");
      const value = take(VALUE)?.[1];
      if (value === undefined) throw new MalformedError("XML: attribute value of an unsupported form", at);
      if (key === "xmlns" || key.startsWith("xmlns:")) declare(declared, key.slice(6), value);
      else pairs.push([key, value]);
    }
  }

  function declare(declared: Map<string, string>, prefix: string, value: string): void {
    demand(value !== "" && !/^xml/i.test(prefix) && !declared.has(prefix), "XML: namespace declaration refused", at);
    declared.set(prefix, value);
  }

  function content(own: string, scope: ReadonlyMap<string, string>, depth: number): (XmlElement | string)[] {
    if (text[at] === "/") {
      expect("/>");
      return [];
    }
    expect(">");
    const children: (XmlElement | string)[] = [];
    for (;;) {
      const run = take(TEXT)?.[0] ?? "";
      if (run !== "") children.push(run);
      if (text.startsWith("</", at)) break;
      children.push(element(scope, depth + 1));
    }
    expect(`</${own}`);
    take(SPACE);
    expect(">");
    return children;
  }
}

/** An unprefixed attribute has no namespace; an unprefixed element has the default one (Namespaces in XML 1.0, section 6.2). */
function resolve(
  name: string,
  scope: ReadonlyMap<string, string>,
  usesDefault: boolean,
  at: number,
): { name: string; namespace: string; local: string } {
  const colon = name.indexOf(":");
  if (colon < 0) return { name, namespace: usesDefault ? (scope.get("") ?? "") : "", local: name };
  const namespace = scope.get(name.slice(0, colon));
  if (namespace === undefined) throw new MalformedError("XML: prefix without a declaration", at);
  return { name, namespace, local: name.slice(colon + 1) };
}

function demandDistinct(attributes: readonly XmlAttribute[], at: number): void {
  const names = new Set(attributes.map(({ namespace, local }) => `${namespace} ${local}`));
  demand(names.size === attributes.length, "XML: an attribute stands twice", at);
}

/**
 * Canonical XML 1.1 (section 2) of `apex` and all below it, without `omitted`: what an enveloped signature covers. An apex inside a document
 * writes out the declarations in force there. The reader has refused all that would need an escape.
 */
export function canonicalXml(apex: XmlElement, omitted?: XmlElement): string {
  return write(apex, new Map(), apex.scope);

  function write(
    element: XmlElement,
    above: ReadonlyMap<string, string>,
    declared: ReadonlyMap<string, string>,
  ): string {
    const { name, attributes, scope, children } = element;
    const namespaces = [...declared]
      .filter(([prefix, uri]) => above.get(prefix) !== uri)
      .sort(([a], [b]) => order(a, b))
      .map(([prefix, uri]) => ` xmlns${prefix === "" ? "" : `:${prefix}`}="${uri}"`);
    const sorted = [...attributes]
      .sort((a, b) => order(a.namespace, b.namespace) || order(a.local, b.local))
      .map(({ name: key, value }) => ` ${key}="${value}"`);
    const inner = children.map((child) => {
      if (typeof child === "string") return child;
      return child === omitted ? "" : write(child, scope, child.declared);
    });
    return `<${name}${namespaces.join("")}${sorted.join("")}>${inner.join("")}</${name}>`;
  }
}

/** By code point, which for ASCII is the order of the code units. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Elements directly below, text left out. */
export function childElements(element: XmlElement): readonly XmlElement[] {
  return element.children.filter((child) => typeof child !== "string");
}

/** The text of an element that holds nothing else. @throws MalformedError */
export function textOf(element: XmlElement): string {
  const texts = element.children.filter((child) => typeof child === "string");
  demand(texts.length === element.children.length, `XML: ${element.local} holds more than text`);
  return texts.join("");
}

/** The value of an attribute without a namespace, or in `namespace`. */
export function attribute({ attributes }: XmlElement, local: string, namespace = ""): string | undefined {
  return attributes.find((item) => item.local === local && item.namespace === namespace)?.value;
}
