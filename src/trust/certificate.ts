/** X.509 version 3 certificates (RFC 5280, section 4.1), read strictly and without judgement: what is allowed is for `path.ts` to say. */

import type { PublicKey, SignatureAlgorithm } from "../crypto/crypto.js";
import { equalBytes } from "../encoding/bytes.js";
import {
  boolean,
  contents,
  contextTag,
  cursor,
  type Der,
  type DerCursor,
  encoded,
  integerBytes,
  namedBits,
  octetsOfBitString,
  oid,
  readDer,
  sequence,
  smallInteger,
  TAG,
  time,
} from "../encoding/der.js";
import { demand } from "../encoding/malformed.js";
import { fromLatin1 } from "../encoding/text.js";
import { publicKey, signatureAlgorithm } from "./algorithms.js";

export interface Extension {
  readonly critical: boolean;
  /** Contents of extnValue. */
  readonly value: Uint8Array;
}

/** A certificate as its bytes have it. Byte fields are views of the DER that was read. */
export interface Certificate {
  readonly der: Uint8Array;
  /** The signed part, tag and length included. */
  readonly tbs: Uint8Array;
  /** INTEGER contents: two's complement, minimal. */
  readonly serial: Uint8Array;
  /** Raw DER of the Name. Names are compared byte by byte. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** The subject's one commonName, as ASCII; `undefined` where there is none, more than one, or another character set. */
  readonly commonName: string | undefined;
  /** Milliseconds since 1970. Both ends belong to the validity. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly spki: Uint8Array;
  /** `undefined` where the key is of a kind that this library does not verify with. */
  readonly publicKey: PublicKey | undefined;
  /** `undefined` where the algorithm is one that this library does not verify. */
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  /** As in the BIT STRING: DER `ECDSA-Sig-Value` for ECDSA. */
  readonly signature: Uint8Array;
  readonly extensions: ReadonlyMap<string, Extension>;
}

/** Longest certificate that is read, in bytes. Genuine ones of all vendors stay below 3 kB. */
export const MAX_CERTIFICATE_BYTES = 16_384;

/** @throws MalformedError */
export function parseCertificate(der: Uint8Array): Certificate {
  demand(der.length <= MAX_CERTIFICATE_BYTES, `certificate longer than ${MAX_CERTIFICATE_BYTES} bytes`);
  const outer = sequence(readDer(der), "Certificate");
  const tbs = outer.next(TAG.sequence, "TBSCertificate");
  const algorithm = outer.next(TAG.sequence, "signatureAlgorithm");
  const signature = octetsOfBitString(outer.next(TAG.bitString, "signatureValue"), "signatureValue");
  outer.end("Certificate");

  const fields = cursor(tbs);
  demand(readVersion(fields) === 2, "certificate is not X.509 version 3", tbs.start);
  const serial = integerBytes(fields.next(TAG.integer, "serialNumber"));
  demand(serial.length <= 21, "serial number longer than 21 bytes", tbs.start);
  const signedAlgorithm = fields.next(TAG.sequence, "signature");
  // RFC 5280, section 4.1.1.2: only the inner identifier is signed, so they must be the same bytes.
  demand(
    equalBytes(encoded(signedAlgorithm), encoded(algorithm)),
    "signature algorithms inside and outside differ",
    algorithm.start,
  );
  const issuer = fields.next(TAG.sequence, "issuer");
  commonNames(issuer);
  const validity = sequence(fields.next(TAG.sequence, "validity"), "validity");
  const notBefore = time(validity.any("notBefore"));
  const notAfter = time(validity.any("notAfter"));
  validity.end("validity");
  const subject = fields.next(TAG.sequence, "subject");
  const spki = fields.next(TAG.sequence, "subjectPublicKeyInfo");
  const extensions = readExtensions(fields);
  fields.end("TBSCertificate");

  return {
    der,
    tbs: encoded(tbs),
    serial,
    issuer: encoded(issuer),
    subject: encoded(subject),
    commonName: commonNameIn(subject),
    notBefore,
    notAfter,
    spki: encoded(spki),
    publicKey: publicKey(spki),
    signatureAlgorithm: signatureAlgorithm(algorithm),
    signature,
    extensions,
  };
}

function readVersion(fields: DerCursor): number {
  const field = fields.optional(contextTag(0));
  if (field === undefined) return 0;
  const version = cursor(field);
  const number = smallInteger(version.next(TAG.integer, "version"), 255, "version");
  version.end("version");
  return number;
}

const COMMON_NAME = "2.5.4.3";

/** Checks the structure of a Name (RFC 5280, section 4.1.2.4) and returns the values of its commonName attributes. */
function commonNames(name: Der): readonly Der[] {
  const found: Der[] = [];
  const sets = sequence(name, "Name");
  while (sets.more) {
    const set = cursor(sets.next(TAG.set, "RelativeDistinguishedName"));
    demand(set.more, "RelativeDistinguishedName without an attribute", name.start);
    while (set.more) {
      const attribute = sequence(set.any("attribute"), "AttributeTypeAndValue");
      const type = oid(attribute.next(TAG.oid, "attribute type"));
      const value = attribute.any("attribute value");
      attribute.end("AttributeTypeAndValue");
      if (type === COMMON_NAME) found.push(value);
    }
  }
  return found;
}

/** The one commonName of a Name, as ASCII; `undefined` where there is none, more than one, or another character set. */
function commonNameIn(name: Der): string | undefined {
  const [value, second] = commonNames(name);
  if (value === undefined || second !== undefined) return undefined;
  const allowed = value.tag === TAG.utf8String || value.tag === TAG.printableString || value.tag === TAG.ia5String;
  const bytes = contents(value);
  if (!allowed || bytes.length > 128 || bytes.some((byte) => byte < 0x20 || byte > 0x7e)) return undefined;
  return fromLatin1(bytes);
}

/** `commonNameIn` of a Name as raw DER. */
export function commonName(name: Uint8Array): string | undefined {
  return commonNameIn(readDer(name));
}

function readExtensions(fields: DerCursor): ReadonlyMap<string, Extension> {
  const field = fields.optional(contextTag(3));
  return field === undefined ? new Map() : extensionsIn(field);
}

const MAX_EXTENSIONS = 64;

/** `Extensions` inside their explicit tag; shared with CRLs. An extension may stand once (RFC 5280, section 4.2). */
export function extensionsIn(tagged: Der): ReadonlyMap<string, Extension> {
  const wrapper = cursor(tagged);
  const list = sequence(wrapper.any("extensions"), "extensions");
  wrapper.end("extensions");
  return readExtensionList(list);
}

export function readExtensionList(list: DerCursor): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  demand(list.more, "extensions without an extension");
  while (list.more) {
    const item = list.any("extension");
    const extension = sequence(item, "extension");
    const name = oid(extension.next(TAG.oid, "extnID"));
    const flag = extension.optional(TAG.boolean);
    // X.690, section 11.5: a default value (FALSE) is not encoded.
    demand(flag === undefined || boolean(flag), "extension writes its default criticality out", item.start);
    const value = contents(extension.next(TAG.octetString, "extnValue"));
    extension.end("extension");
    demand(!extensions.has(name), `extension ${name} stands twice`, item.start);
    demand(extensions.size < MAX_EXTENSIONS, `more than ${MAX_EXTENSIONS} extensions`, item.start);
    extensions.set(name, { critical: flag !== undefined, value });
  }
  return extensions;
}

/** Identifiers of the extensions that path validation interprets (RFC 5280, section 4.2.1). */
export const EXTENSION = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  basicConstraints: "2.5.29.19",
  crlNumber: "2.5.29.20",
  nameConstraints: "2.5.29.30",
  crlDistributionPoints: "2.5.29.31",
  authorityKeyIdentifier: "2.5.29.35",
  policyConstraints: "2.5.29.36",
  extendedKeyUsage: "2.5.29.37",
} as const;

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | undefined;
}

/** RFC 5280, section 4.2.1.9. */
export function basicConstraints(certificate: Certificate): BasicConstraints | undefined {
  const extension = certificate.extensions.get(EXTENSION.basicConstraints);
  if (extension === undefined) return undefined;
  const fields = sequence(readDer(extension.value), "BasicConstraints");
  const flag = fields.optional(TAG.boolean);
  demand(flag === undefined || boolean(flag), "BasicConstraints writes its default out");
  const length = fields.optional(TAG.integer);
  fields.end("BasicConstraints");
  return {
    ca: flag !== undefined,
    pathLength: length === undefined ? undefined : smallInteger(length, 255, "pathLenConstraint"),
  };
}

/** Bits of KeyUsage (RFC 5280, section 4.2.1.3). */
export const KEY_USAGE = { digitalSignature: 0, nonRepudiation: 1, keyCertSign: 5, cRLSign: 6 } as const;

/** The bits that are set, or `undefined` where the extension is absent. */
export function keyUsage(certificate: Certificate): readonly number[] | undefined {
  const extension = certificate.extensions.get(EXTENSION.keyUsage);
  if (extension === undefined) return undefined;
  const element = readDer(extension.value);
  demand(element.tag === TAG.bitString, "KeyUsage is not a BIT STRING");
  return namedBits(element);
}

/** Contents of the subject key identifier. */
export function subjectKeyIdentifier(certificate: Certificate): Uint8Array | undefined {
  const extension = certificate.extensions.get(EXTENSION.subjectKeyIdentifier);
  if (extension === undefined) return undefined;
  const element = readDer(extension.value);
  demand(element.tag === TAG.octetString, "SubjectKeyIdentifier is not an OCTET STRING");
  return contents(element);
}

/** The keyIdentifier field of an authority key identifier (RFC 5280, section 4.2.1.1), which certificates and CRLs carry. */
export function authorityKeyIdentifier(extensions: ReadonlyMap<string, Extension>): Uint8Array | undefined {
  const extension = extensions.get(EXTENSION.authorityKeyIdentifier);
  if (extension === undefined) return undefined;
  const fields = sequence(readDer(extension.value), "AuthorityKeyIdentifier");
  const key = fields.optional(contextTag(0, false));
  fields.optional(contextTag(1));
  fields.optional(contextTag(2, false));
  fields.end("AuthorityKeyIdentifier");
  return key === undefined ? undefined : contents(key);
}
