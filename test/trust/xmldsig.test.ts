/** Signatures in manifests, G9 of the NVIDIA reference: every way to sign one thing and show another is refused, and the good neighbour passes. */
import { describe, expect, it } from "vitest";
import {
  C14N,
  canonical,
  forgeRim,
  forgeRimChain,
  type Node,
  RIM_KEYS,
  type RimRequest,
  resource,
  source,
} from "../../fixtures/nvidia/rim.js";
import { testKey } from "../../fixtures/x509.js";
import { childElements, parseXml } from "../../src/encoding/xml.js";
import { readRim } from "../../src/evidence/nvidia/rim.js";
import { readXmlSignature, verifyXmlSignature } from "../../src/trust/xmldsig.js";
import { expectMalformed } from "../support/malformed.js";
import { nodeCrypto } from "../support/node-crypto.js";
import { crypto } from "../support/pki.js";

const read = (request: RimRequest = {}) => readXmlSignature(parseXml(forgeRim(request)));
const verify = (request: RimRequest = {}) => verifyXmlSignature(read(request), crypto);
const GOOD = { digest: true, signature: true };

/** `node` with one descendant by name replaced by what `change` makes of it. */
function replace(node: Node, name: string, change: (node: Node) => readonly Node[]): Node {
  const children = (node.children ?? []).flatMap((child): readonly (Node | string)[] => {
    if (typeof child === "string") return [child];
    return child.name === name ? change(child) : [replace(child, name, change)];
  });
  return { ...node, children };
}
const set =
  (name: string, attributes: Node["attributes"]) =>
  (node: Node): Node =>
    replace(node, name, (found) => [{ ...found, ...(attributes === undefined ? {} : { attributes }) }]);
const algorithm = (uri: string): NonNullable<Node["attributes"]> => [["Algorithm", uri]];
const transform = (uri: string): Node => ({ name: "ds:Transform", attributes: algorithm(uri) });
const isSignature = (node: Node | string): node is Node => typeof node !== "string" && node.name === "ds:Signature";
const signatureIn = (root: Node): Node => (root.children ?? []).find(isSignature) as Node;

describe("a signature over the whole tree", () => {
  it("verifies, by either back end", async () => {
    expect(await verify()).toEqual(GOOD);
    expect(await verifyXmlSignature(read(), nodeCrypto)).toEqual(GOOD);
  });
  it("is read as the forge means it", () => {
    expect(canonical(parseTree())).toContain("<ns0:Payload>");
    expect(source({ name: "a" })).toBe("<a />");
  });
  it("does not verify under another key than the first certificate's", async () => {
    expect(await verify({ key: RIM_KEYS.third })).toEqual({ digest: true, signature: false });
    expect(await verify({ chain: [...forgeRimChain()].reverse() })).toEqual({ digest: true, signature: false });
  });
  it("does not verify where the signer's key is on another curve", async () => {
    const key = testKey("p256-1");
    const chain = forgeRimChain({ signer: { key } });
    expect(await verify({ chain })).toEqual({ digest: true, signature: false });
    expect(await verify({ chain, key })).toEqual({ digest: true, signature: false });
  });
  it("may carry eight certificates", async () => {
    const [signer, ...others] = forgeRimChain();
    const chain = [signer as Uint8Array, ...others, ...others, ...others].slice(0, 8);
    expect([chain.length, await verify({ chain })]).toEqual([8, GOOD]);
  });
  it("covers every value and every place: a change shows in the digest", async () => {
    const changed = await verify({ text: (text) => text.replace('active="True"', 'active="False"') });
    expect(changed).toEqual({ digest: false, signature: true });
    const added = await verify({
      document: (root) =>
        replace(root, "ns0:Payload", (payload) => [
          { ...payload, children: [...(payload.children ?? []), resource({ index: 50 })] },
        ]),
    });
    expect(added).toEqual({ digest: false, signature: true });
  });
  it("covers the digest: another one shows in the signature", async () => {
    const request: RimRequest = {
      signature: (node) =>
        replace(node, "ds:DigestValue", (value) => [{ ...value, children: [Buffer.alloc(48).toString("base64")] }]),
    };
    expect(await verify(request)).toEqual({ digest: false, signature: false });
  });
});

function parseTree(): Node {
  return { name: "x", children: [{ name: "ns0:Payload" }] };
}

const refused: readonly (readonly [string, RimRequest, RegExp])[] = [
  [
    "no signature",
    { document: (root) => ({ ...root, children: (root.children ?? []).filter((child) => !isSignature(child)) }) },
    /exactly one/,
  ],
  [
    "two signatures",
    { document: (root) => ({ ...root, children: [...(root.children ?? []), signatureIn(root)] }) },
    /exactly one/,
  ],
  [
    "a signature of another namespace besides",
    { tree: (root) => ({ ...root, children: [{ name: "Signature" }, ...(root.children ?? [])] }) },
    /exactly one/,
  ],
  [
    "the signature in the Payload",
    {
      document: (root) =>
        replace(
          { ...root, children: (root.children ?? []).filter((child) => !isSignature(child)) },
          "ns0:Payload",
          (payload) => [{ ...payload, children: [signatureIn(root)] }],
        ),
    },
    /exactly one/,
  ],
  [
    "the signature before the tree's end",
    { document: (root) => ({ ...root, children: [...(root.children ?? []), resource({ index: 60 })] }) },
    /exactly one/,
  ],
  ["the tree wrapped in another root", { document: (root) => ({ name: "Wrapper", children: [root] }) }, /exactly one/],
  ["a reference to a part", { signedInfo: set("ds:Reference", [["URI", "#signed"]]) }, /not to the whole document/],
  ["a reference without URI", { signedInfo: set("ds:Reference", []) }, /attribute that does not belong/],
  [
    "a reference with a type",
    {
      signedInfo: set("ds:Reference", [
        ["Type", "x"],
        ["URI", ""],
      ]),
    },
    /attribute that does not belong/,
  ],
  [
    "two references",
    { signedInfo: (info) => replace(info, "ds:Reference", (reference) => [reference, reference]) },
    /does not hold/,
  ],
  [
    "an XSLT transform",
    {
      signedInfo: (info) =>
        replace(info, "ds:Transforms", (node) => [
          { ...node, children: [...(node.children ?? []), transform("http://www.w3.org/TR/1999/REC-xslt-19991116")] },
        ]),
    },
    /does not hold Transform, Transform/,
  ],
  [
    "an XPath transform",
    {
      signedInfo: (info) =>
        replace(info, "ds:Transforms", (node) => [
          { ...node, children: [transform("http://www.w3.org/TR/1999/REC-xpath-19991116"), transform(C14N)] },
        ]),
    },
    /is not http.*enveloped/,
  ],
  [
    "no enveloped transform",
    {
      signedInfo: (info) =>
        replace(info, "ds:Transforms", (node) => [{ ...node, children: [transform(C14N), transform(C14N)] }]),
    },
    /is not http.*enveloped/,
  ],
  [
    "exclusive canonicalisation",
    { signedInfo: set("ds:CanonicalizationMethod", algorithm("http://www.w3.org/2001/10/xml-exc-c14n#")) },
    /is not http.*c14n11/,
  ],
  [
    "canonicalisation with comments",
    { signedInfo: set("ds:CanonicalizationMethod", algorithm(`${C14N}#WithComments`)) },
    /is not http.*c14n11/,
  ],
  [
    "SHA-1",
    { signedInfo: set("ds:DigestMethod", algorithm("http://www.w3.org/2000/09/xmldsig#sha1")) },
    /is not http.*sha384/,
  ],
  [
    "HMAC",
    { signedInfo: set("ds:SignatureMethod", algorithm("http://www.w3.org/2000/09/xmldsig#hmac-sha1")) },
    /is not http.*ecdsa-sha384/,
  ],
  [
    "a truncated HMAC's parameter",
    {
      signedInfo: (info) =>
        replace(info, "ds:SignatureMethod", (node) => [
          { ...node, children: [{ name: "ds:HMACOutputLength", children: ["8"] }] },
        ]),
    },
    /has parameters/,
  ],
  [
    "a key beside the certificates",
    {
      signature: (node) =>
        replace(node, "ds:KeyInfo", (info) => [
          { ...info, children: [{ name: "ds:KeyValue" }, ...(info.children ?? [])] },
        ]),
    },
    /does not hold X509Data/,
  ],
  [
    "a retrieval method",
    { signature: (node) => replace(node, "ds:X509Data", () => [{ name: "ds:RetrievalMethod" }]) },
    /does not hold X509Data/,
  ],
  [
    "a CRL beside the certificates",
    {
      signature: (node) =>
        replace(node, "ds:X509Data", (data) => [
          { ...data, children: [...(data.children ?? []), { name: "ds:X509CRL" }] },
        ]),
    },
    /more than certificates/,
  ],
  [
    "a part under another name",
    { signature: (node) => replace(node, "ds:SignatureValue", (value) => [{ ...value, name: "ds:Object" }]) },
    /does not hold SignedInfo/,
  ],
  [
    "a part in another namespace",
    { signature: (node) => replace(node, "ds:SignatureValue", (value) => [{ ...value, name: "SignatureValue" }]) },
    /does not hold SignedInfo/,
  ],
  ["no certificate", { chain: [] }, /1 to 8 certificates/],
  [
    "nine certificates",
    { chain: Array.from({ length: 9 }, () => forgeRimChain()[0] as Uint8Array) },
    /1 to 8 certificates/,
  ],
  [
    "an object with content of its own",
    {
      signature: (node) => ({
        ...node,
        children: [...(node.children ?? []), { name: "ds:Object", children: [resource({ index: 1 })] }],
      }),
    },
    /does not hold SignedInfo/,
  ],
  [
    "an identifier on the signature",
    { signature: (node) => ({ ...node, attributes: [["Id", "x"]] }) },
    /attribute that does not belong/,
  ],
  [
    "text between the parts",
    { signature: (node) => ({ ...node, children: ["x", ...(node.children ?? [])] }) },
    /does not hold SignedInfo/,
  ],
  [
    "a digest of 47 bytes",
    {
      signedInfo: (info) =>
        replace(info, "ds:DigestValue", (value) => [{ ...value, children: [Buffer.alloc(47).toString("base64")] }]),
    },
    /not of 48 bytes/,
  ],
  ["a certificate that is none", { chain: [Uint8Array.of(0x30, 0)] }, /./],
  ["a document type", { text: (text) => `<!DOCTYPE a>${text}` }, /a name expected/],
  ["an entity", { text: (text) => text.replace("GH100", "&e;") }, /unsupported form/],
];

describe("a signature of another shape is refused", () => {
  it.each(refused)("%s", (_, request, reason) => expectMalformed(() => read(request), reason));
});

describe("manifests are read from the signed tree alone", () => {
  it("a Payload that the signature would not see cannot be", () => {
    const rim = readRim(parseXml(forgeRim()));
    expect([...rim.golden.keys()]).toEqual([0, 1, 2]);
    for (const twice of ["ns0:Payload", "ns0:Meta"])
      expectMalformed(
        () => readRim(parseXml(forgeRim({ tree: (root) => replace(root, twice, (node) => [node, node]) }))),
        /not exactly one/,
      );
    expectMalformed(() => readRim(parseXml("<SoftwareIdentity/>")), /not a SWID tag/);
  });
  it("holds measurements alone", () => {
    const odd = (change: (node: Node) => Node): string =>
      forgeRim({ tree: (root) => replace(root, "ns0:Resource", (node) => [change(node)]) });
    expectMalformed(() => readRim(parseXml(odd((node) => ({ ...node, name: "ns0:File" })))), /more than measurements/);
    expectMalformed(
      () =>
        readRim(
          parseXml(
            odd((node) => ({ ...node, attributes: (node.attributes ?? []).filter(([name]) => name !== "index") })),
          ),
        ),
      /no index/,
    );
    expectMalformed(
      () =>
        readRim(
          parseXml(
            odd((node) => ({
              ...node,
              attributes: (node.attributes ?? []).map(([name, value]) => [name, name === "active" ? "true" : value]),
            })),
          ),
        ),
      /neither active nor inactive/,
    );
    expect(childElements(parseXml(forgeRim()))).toHaveLength(4);
  });
});
