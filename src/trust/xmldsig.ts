/** XML signatures (W3C XMLDSig 1.1) of one shape: enveloped in the root, over all of it, ECDSA P-384 with SHA-384, chain in the signature. */

import type { Crypto } from "../crypto/crypto.js";
import { equalBytes } from "../encoding/bytes.js";
import { demand, MalformedError } from "../encoding/malformed.js";
import { fromBase64, toUtf8 } from "../encoding/text.js";
import { attribute, canonicalXml, childElements, textOf, type XmlElement } from "../encoding/xml.js";
import { type Certificate, parseCertificate } from "./certificate.js";

const NAMESPACE = "http://www.w3.org/2000/09/xmldsig#";
const C14N_11 = "http://www.w3.org/2006/12/xml-c14n11";
const ENVELOPED = `${NAMESPACE}enveloped-signature`;
const ECDSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384";
const SHA384 = "http://www.w3.org/2001/04/xmldsig-more#sha384";
const MAX_CERTIFICATES = 8;

/** A signature as the document has it. The signed tree is the root without this one element. */
export interface XmlSignature {
  readonly root: XmlElement;
  readonly element: XmlElement;
  readonly signedInfo: XmlElement;
  readonly digest: Uint8Array;
  /** r || s. */
  readonly value: Uint8Array;
  /** Signer first, as the document has them; none is trusted. */
  readonly certificates: readonly Certificate[];
}

/**
 * The one signature of `root`. Its shape is checked element by element: a second signature, another place, reference, transform, algorithm or
 * key form is refused, so that nothing can be signed but the whole tree and nothing is read that is not signed.
 * @throws MalformedError
 */
export function readXmlSignature(root: XmlElement): XmlSignature {
  const all = signatures(root);
  const element = childElements(root).at(-1);
  demand(
    all.length === 1 && element !== undefined && all[0] === element,
    "not exactly one signature, last in the root",
  );
  const [signedInfo, signatureValue, keyInfo] = parts(element, ["SignedInfo", "SignatureValue", "KeyInfo"]);
  const [canonicalization, method, reference] = parts(signedInfo, [
    "CanonicalizationMethod",
    "SignatureMethod",
    "Reference",
  ]);
  demandAlgorithm(canonicalization, C14N_11);
  demandAlgorithm(method, ECDSA_SHA384);
  // The empty URI is the document itself; any other could point at a tree of the attacker's.
  demandAttributes(reference, ["URI"]);
  demand(attribute(reference, "URI") === "", "the signature's reference is not to the whole document");
  const [transforms, digestMethod, digestValue] = parts(reference, ["Transforms", "DigestMethod", "DigestValue"]);
  const [enveloped, canonical] = parts(transforms, ["Transform", "Transform"]);
  demandAlgorithm(enveloped, ENVELOPED);
  demandAlgorithm(canonical, C14N_11);
  demandAlgorithm(digestMethod, SHA384);
  const [data] = parts(keyInfo, ["X509Data"]);
  for (const plain of [element, signedInfo, signatureValue, transforms, digestValue, keyInfo, data])
    demandAttributes(plain, []);
  const digest = base64Text(digestValue);
  const value = base64Text(signatureValue);
  demand(digest.length === 48, "the signature's digest is not of 48 bytes");
  return { root, element, signedInfo, digest, value, certificates: certificatesOf(data) };
}

function signatures(element: XmlElement): readonly XmlElement[] {
  return childElements(element).flatMap((child) => [
    ...(child.local === "Signature" ? [child] : []),
    ...signatures(child),
  ]);
}

/** Children of exactly these names, with nothing but white space between them. */
function parts<const Names extends readonly string[]>(
  element: XmlElement,
  names: Names,
): { [Index in keyof Names]: XmlElement } {
  const found = childElements(element);
  const fits =
    found.length === names.length &&
    found.every(({ namespace, local }, index) => namespace === NAMESPACE && local === names[index]) &&
    element.children.every((child) => typeof child !== "string" || child.trim() === "");
  demand(fits, `${element.local} of the signature does not hold ${names.join(", ")}`);
  return found as unknown as { [Index in keyof Names]: XmlElement };
}

function demandAttributes({ attributes, local }: XmlElement, names: readonly string[]): void {
  const fits = attributes.length === names.length && attributes.every(({ name }) => names.includes(name));
  demand(fits, `${local} of the signature has an attribute that does not belong there`);
}

function demandAlgorithm(element: XmlElement, algorithm: string): void {
  demandAttributes(element, ["Algorithm"]);
  demand(attribute(element, "Algorithm") === algorithm, `${element.local} of the signature is not ${algorithm}`);
  demand(element.children.length === 0, `${element.local} of the signature has parameters`);
}

function base64Text(element: XmlElement): Uint8Array {
  return fromBase64(textOf(element).replace(/[\n\t ]+/g, ""));
}

function certificatesOf(data: XmlElement): readonly Certificate[] {
  const found = childElements(data);
  demand(found.length > 0 && found.length <= MAX_CERTIFICATES, "the signature does not carry 1 to 8 certificates");
  return found.map((element) => {
    if (element.namespace !== NAMESPACE || element.local !== "X509Certificate")
      throw new MalformedError("X509Data of the signature holds more than certificates");
    demandAttributes(element, []);
    return parseCertificate(base64Text(element));
  });
}

/** Whether the digest is that of the tree, and whether the first certificate's key signed the digest. @throws CryptoUnavailableError */
export async function verifyXmlSignature(
  signature: XmlSignature,
  crypto: Crypto,
): Promise<{ readonly digest: boolean; readonly signature: boolean }> {
  const { root, element, signedInfo, value, certificates } = signature;
  const key = certificates[0]?.publicKey;
  const [computed, valid] = await Promise.all([
    crypto.digest("SHA-384", toUtf8(canonicalXml(root, element))),
    key?.type === "ec" && key.curve === "P-384"
      ? crypto.verify({ name: "ECDSA", hash: "SHA-384" }, key, value, toUtf8(canonicalXml(signedInfo)))
      : false,
  ]);
  return { digest: equalBytes(computed, signature.digest), signature: valid };
}
