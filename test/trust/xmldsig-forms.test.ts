/** XML signatures: parts that are missing, white space between parts, and keys that are not verified with. */
import { describe, expect, it } from "vitest";
import { forgeRim, forgeRimChain, type Node, type RimRequest } from "../../fixtures/nvidia/rim.js";
import { name, testKey } from "../../fixtures/x509.js";
import { parseXml } from "../../src/encoding/xml.js";
import { commonName } from "../../src/trust/certificate.js";
import { readXmlSignature, verifyXmlSignature } from "../../src/trust/xmldsig.js";
import { expectMalformed } from "../support/malformed.js";
import { crypto } from "../support/pki.js";

const read = (request: RimRequest = {}) => readXmlSignature(parseXml(forgeRim(request)));
const change = (edit: (children: readonly (Node | string)[]) => readonly (Node | string)[]): RimRequest => ({
  signature: (node) => ({ ...node, children: edit(node.children ?? []) }),
});

describe("a signature", () => {
  it("is there: a root without children has none", () => {
    for (const text of ["<a/>", "<a>x</a>", "<a><b/></a>"])
      expectMalformed(() => readXmlSignature(parseXml(text)), "not exactly one signature");
  });

  it("has all of its parts", () => {
    for (const at of [0, 1, 2])
      expectMalformed(() => read(change((all) => all.filter((_, i) => i !== at))), "does not hold SignedInfo");
    expectMalformed(() => read(change(() => [])), "does not hold SignedInfo");
  });

  it("may have white space between its parts, of every kind", async () => {
    const spaced = change((all) => all.flatMap((part) => ["\n\t ", part]));
    expect(await verifyXmlSignature(read(spaced), crypto)).toEqual({ digest: true, signature: true });
  });

  it("holds certificates of its own namespace alone", () => {
    const foreign = (text: string): string =>
      text
        .replace("<ds:X509Certificate ", '<o:X509Certificate xmlns:o="urn:other" ')
        .replace("</ds:X509Certificate ", "</o:X509Certificate ");
    expect(forgeRim({ text: foreign })).toContain("urn:other");
    expectMalformed(() => read({ text: foreign }), "more than certificates");
  });

  it("by a key of a kind that is not verified with is none", async () => {
    for (const key of [testKey("secp256k1-1"), testKey("rsa2048-1"), testKey("ed25519-1")]) {
      const signature = read({ chain: forgeRimChain({ signer: { key } }) });
      expect(await verifyXmlSignature(signature, crypto)).toEqual({ digest: true, signature: false });
    }
  });
});

describe("a commonName", () => {
  it("is of printable ASCII, the blank and the tilde included", () => {
    expect(commonName(name([["CN", " a~"]]))).toBe(" a~");
  });
});
