/** `tee-verify/cross-check`: a second, independent reading of certificates and CRLs with `@peculiar/x509` and `asn1js` (design, section 4). */

// @peculiar/x509 builds on the metadata that this puts on the global Reflect: it must come first.
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  type Extension,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509Crl,
} from "@peculiar/x509";
import { type AsnType, BitString, Constructed, fromBER, Integer } from "asn1js";
import type { CrossCheck, Reading } from "./trust/cross-check.js";

/**
 * The second reader. Pass it to `verify` as `crossCheck`: a certificate or CRL that it cannot read, or reads otherwise, rejects the
 * evidence. It costs about a millisecond a certificate, and loading it extends the global `Reflect`.
 *
 * @example
 * import { crossCheck } from "tee-verify/cross-check";
 * const verdict = await verify(evidence, { expected, binding, crossCheck });
 */
export const crossCheck: CrossCheck = {
  name: "@peculiar/x509 2.2.0",
  certificate: readCertificate,
  crl: readCrl,
};

function readCertificate(der: Uint8Array): Reading {
  const [tbs, , signature] = parts(tree(der), 3);
  const certificate = new X509Certificate(copy(der), { berOptions: LIMITS });
  const fields = parts(tbs);
  // [0] is the version; a certificate without it is version 1.
  const [serial, , issuer, , subject, spki] = isTagged(fields[0], 0) ? fields.slice(1) : fields;
  return {
    serial: integerHex(serial),
    issuer: agreed("issuer", bytesOf(issuer), certificate.issuerName.toArrayBuffer()),
    subject: agreed("subject", bytesOf(subject), certificate.subjectName.toArrayBuffer()),
    notBefore: String(certificate.notBefore.getTime()),
    notAfter: String(certificate.notAfter.getTime()),
    spki: agreed("subjectPublicKeyInfo", bytesOf(spki), certificate.publicKey.rawData),
    tbs: hex(bytesOf(tbs)),
    signature: agreed("signatureValue", bitsOf(signature), certificate.signature),
    extensions: certificate.extensions.map(extensionText).join(" "),
    ...meanings(certificate.extensions),
  };
}

function readCrl(der: Uint8Array): Reading {
  const [tbs, , signature] = parts(tree(der), 3);
  const list = new X509Crl(copy(der), { berOptions: LIMITS });
  const [, , issuer, , , fifth] = parts(tbs);
  const { nextUpdate, thisUpdate } = list;
  if (nextUpdate === undefined) throw new Error("CRL without nextUpdate");
  return {
    issuer: agreed("issuer", bytesOf(issuer), list.issuerName.toArrayBuffer()),
    thisUpdate: String(thisUpdate.getTime()),
    nextUpdate: String(nextUpdate.getTime()),
    revoked: isSequence(fifth)
      ? parts(fifth)
          .map((entry) => integerHex(parts(entry)[0]))
          .join(" ")
      : "",
    tbs: hex(bytesOf(tbs)),
    signature: agreed("signature", bitsOf(signature), list.signature),
    extensions: list.extensions.map(extensionText).join(" "),
    authorityKeyIdentifier: authorityKeyId(list.extensions),
  };
}

/** What the extensions mean that path validation interprets, in the words of `certificateReading`. */
function meanings(extensions: readonly Extension[]): Reading {
  const constraints = extensions.find((item) => item instanceof BasicConstraintsExtension);
  const usage = extensions.find((item) => item instanceof KeyUsagesExtension);
  const subjectKey = extensions.find((item) => item instanceof SubjectKeyIdentifierExtension);
  return {
    basicConstraints:
      constraints === undefined ? "" : `${constraints.ca ? "CA" : "leaf"} ${constraints.pathLength ?? ""}`,
    keyUsage: usage === undefined ? "" : `bits ${bitNumbers(usage.usages)}`,
    subjectKeyIdentifier: subjectKey === undefined ? "" : `key ${subjectKey.keyId}`,
    authorityKeyIdentifier: authorityKeyId(extensions),
  };
}

/** Numbers of the bits that are set in a mask; the flags of @peculiar/x509 put bit n of KeyUsage at 2^n. */
function bitNumbers(mask: number): string {
  return [0, 1, 2, 3, 4, 5, 6, 7, 8].filter((bit) => (mask >> bit) & 1).join(" ");
}

function authorityKeyId(extensions: readonly Extension[]): string {
  const keyId = extensions.find((item) => item instanceof AuthorityKeyIdentifierExtension)?.keyId;
  return keyId === undefined ? "" : `key ${keyId}`;
}

function extensionText({ type, critical, value }: Extension): string {
  return `${type}${critical ? "!" : ""}=${hex(new Uint8Array(value))}`;
}

/** A CRL of 100,000 entries has about 600,000 nodes; both libraries refuse more than 10,000 unless told. */
const LIMITS = { maxDepth: 32, maxNodes: 1_000_000, maxContentLength: 4_194_304 } as const;

/** The whole of `der` as asn1js reads it. It reads BER: the length forms that DER forbids are refused here, apart from our own reader. */
function tree(der: Uint8Array): AsnType {
  const { offset, result } = fromBER(copy(der), { ...LIMITS, parseEmbedded: false });
  if (offset !== der.length) throw new Error("asn1js stops before the end");
  demandShortestLengths(result);
  return result;
}

function demandShortestLengths(node: AsnType): void {
  const { isIndefiniteForm, length, blockLength } = node.lenBlock;
  const shortest = length < 0x80 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : length < 0x1000000 ? 4 : 5;
  if (isIndefiniteForm || blockLength !== shortest) throw new Error("a length is not in its shortest form");
  if (node instanceof Constructed) for (const child of node.valueBlock.value) demandShortestLengths(child as AsnType);
}

function parts(node: AsnType | undefined, count?: number): readonly AsnType[] {
  if (!isSequence(node)) throw new Error("a SEQUENCE is missing");
  const items = node.valueBlock.value as AsnType[];
  if (count !== undefined && items.length !== count)
    throw new Error(`a SEQUENCE has ${items.length} elements where ${count} belong`);
  return items;
}

function isSequence(node: AsnType | undefined): node is Constructed {
  return node instanceof Constructed && node.idBlock.tagClass === 1 && node.idBlock.tagNumber === 16;
}

function isTagged(node: AsnType | undefined, number: number): boolean {
  return node?.idBlock.tagClass === 3 && node.idBlock.tagNumber === number;
}

function integerHex(node: AsnType | undefined): string {
  if (!(node instanceof Integer)) throw new Error("an INTEGER is missing");
  return hex(node.valueBlock.valueHexView);
}

function bitsOf(node: AsnType | undefined): Uint8Array {
  if (!(node instanceof BitString) || node.valueBlock.unusedBits !== 0)
    throw new Error("a BIT STRING of whole octets is missing");
  return node.valueBlock.valueHexView;
}

/** The element as it stands in the input. */
function bytesOf(node: AsnType | undefined): Uint8Array {
  if (node === undefined) throw new Error("an element is missing");
  return node.valueBeforeDecodeView;
}

/** What stands in the input and what @peculiar/x509 writes after understanding it must be the same bytes. */
function agreed(what: string, found: Uint8Array, understood: ArrayBuffer): string {
  const text = hex(found);
  if (text !== hex(new Uint8Array(understood))) throw new Error(`${what} is not written as @peculiar/x509 writes it`);
  return text;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Both libraries take the whole buffer behind a view in places. */
function copy(der: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(der);
}
