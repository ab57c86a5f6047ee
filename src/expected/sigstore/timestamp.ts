/** Timestamps of a trusted clock over a signature (RFC 3161, section 2.4.2, in CMS SignedData, RFC 5652, section 5; RFC 5816). */

import type { Crypto, HashName } from "../../crypto/crypto.js";
import { equalBytes } from "../../encoding/bytes.js";
import {
  children,
  contents,
  contextTag,
  cursor,
  type Der,
  type DerCursor,
  encoded,
  integerBytes,
  oid,
  readDer,
  sequence,
  smallInteger,
  TAG,
  time,
} from "../../encoding/der.js";
import { demand } from "../../encoding/malformed.js";
import { signatureAlgorithm } from "../../trust/algorithms.js";
import type { Certificate } from "../../trust/certificate.js";
import { verifyIssued } from "../../trust/path.js";
import { verifyClock } from "./certificate.js";
import { expectThat, RefusedError } from "./refused.js";
import { type Authority, during } from "./trusted-root.js";

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const HASHES: Readonly<Record<string, HashName>> = {
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
};
const MAX_BYTES = 32_768;

/** When one of `clocks` saw `signature`, milliseconds since 1970. @throws RefusedError, MalformedError */
export async function verifyTimestamp(
  response: Uint8Array,
  signature: Uint8Array,
  clocks: readonly Authority[],
  crypto: Crypto,
): Promise<number> {
  demand(response.length <= MAX_BYTES, `timestamp longer than ${MAX_BYTES} bytes`);
  const token = readResponse(response);
  const info = readInfo(token.info);
  expectThat(
    equalBytes(await crypto.digest(info.hash, signature), info.imprint),
    "the timestamp is of another signature",
  );
  expectThat(
    equalBytes(await crypto.digest(token.hash, token.info), token.infoDigest),
    "the timestamp is not what its clock signed",
  );
  for (const clock of clocks) {
    const [leaf] = clock.chain;
    if (leaf === undefined || !during(clock.period, info.time) || !token.names(leaf)) continue;
    await verifyClock(clock, info.time, crypto);
    const signed = { tbs: token.attributes, signature: token.signature, signatureAlgorithm: token.algorithm };
    if (await verifyIssued(signed, leaf.publicKey, crypto)) return info.time;
  }
  throw new RefusedError("the timestamp is of no clock of the trusted root");
}

interface Token {
  /** TSTInfo, DER. */
  readonly info: Uint8Array;
  readonly hash: HashName;
  readonly infoDigest: Uint8Array;
  /** The signed attributes as the SET that is signed (RFC 5652, section 5.4). */
  readonly attributes: Uint8Array;
  readonly algorithm: ReturnType<typeof signatureAlgorithm>;
  readonly signature: Uint8Array;
  /** Whether it says that this certificate's key signed it. */
  names(certificate: Certificate): boolean;
}

function readResponse(bytes: Uint8Array): Token {
  const response = sequence(readDer(bytes), "TimeStampResp");
  const status = sequence(response.any("status"), "PKIStatusInfo");
  // granted, grantedWithMods
  demand(smallInteger(status.next(TAG.integer, "status"), 255, "status") <= 1, "timestamp that was not granted");
  const content = sequence(response.any("timeStampToken"), "ContentInfo");
  response.end("TimeStampResp");
  demand(oid(content.next(TAG.oid, "contentType")) === SIGNED_DATA, "timestamp is no SignedData");
  const signedData = sequence(cursor(content.next(contextTag(0), "content")).any("SignedData"), "SignedData");
  content.end("ContentInfo");
  demand(
    smallInteger(signedData.next(TAG.integer, "version"), 255, "version") === 3,
    "SignedData of another version than 3",
  );
  signedData.next(TAG.set, "digestAlgorithms");
  const info = readContent(signedData.any("encapContentInfo"));
  signedData.optional(contextTag(0));
  signedData.optional(contextTag(1));
  const [signer, second] = children(signedData.next(TAG.set, "signerInfos"));
  signedData.end("SignedData");
  demand(signer !== undefined && second === undefined, "timestamp without its one signer");
  return { info, ...readSigner(signer) };
}

function readContent(element: Der): Uint8Array {
  const fields = sequence(element, "EncapsulatedContentInfo");
  demand(oid(fields.next(TAG.oid, "eContentType")) === TST_INFO, "SignedData is no timestamp");
  const wrapper = cursor(fields.next(contextTag(0), "eContent"));
  const info = contents(wrapper.next(TAG.octetString, "TSTInfo"));
  wrapper.end("eContent");
  fields.end("EncapsulatedContentInfo");
  return info;
}

function readSigner(element: Der): Omit<Token, "info"> {
  const fields = sequence(element, "SignerInfo");
  demand(
    smallInteger(fields.next(TAG.integer, "version"), 255, "version") === 1,
    "SignerInfo does not name issuer and serial number",
  );
  const id = sequence(fields.any("sid"), "IssuerAndSerialNumber");
  const issuer = encoded(id.next(TAG.sequence, "issuer"));
  const serial = integerBytes(id.next(TAG.integer, "serialNumber"));
  id.end("IssuerAndSerialNumber");
  const hash = readHash(fields.any("digestAlgorithm"));
  const signed = fields.next(contextTag(0), "signedAttrs");
  const algorithm = signatureAlgorithm(fields.any("signatureAlgorithm"));
  const signature = contents(fields.next(TAG.octetString, "signature"));
  fields.optional(contextTag(1));
  fields.end("SignerInfo");
  const attributes = encoded(signed).slice();
  attributes[0] = TAG.set;
  return {
    hash,
    infoDigest: readAttributes(signed),
    attributes,
    algorithm,
    signature,
    names: (certificate) => equalBytes(certificate.issuer, issuer) && equalBytes(certificate.serial, serial),
  };
}

/** The message digest; content type and message digest must stand once each, with one value (RFC 5652, section 11). */
function readAttributes(signed: Der): Uint8Array {
  const found = new Map<string, Der>();
  for (const item of children(signed)) {
    const attribute = sequence(item, "Attribute");
    const name = oid(attribute.next(TAG.oid, "attrType"));
    const [value, second] = children(attribute.next(TAG.set, "attrValues"));
    attribute.end("Attribute");
    demand(value !== undefined && second === undefined && !found.has(name), "signed attribute without its one value");
    found.set(name, value);
  }
  const [type, digest] = [found.get(CONTENT_TYPE), found.get(MESSAGE_DIGEST)];
  demand(type?.tag === TAG.oid && oid(type) === TST_INFO, "signed attributes of another content");
  demand(digest?.tag === TAG.octetString, "signed attributes without a message digest");
  return contents(digest);
}

function readHash(element: Der): HashName {
  const fields = sequence(element, "AlgorithmIdentifier");
  const hash = HASHES[oid(fields.next(TAG.oid, "algorithm"))];
  fields.optional(TAG.null);
  fields.end("AlgorithmIdentifier");
  expectThat(hash !== undefined, "the timestamp has a hash that is not taken");
  return hash;
}

function readInfo(bytes: Uint8Array): { readonly hash: HashName; readonly imprint: Uint8Array; readonly time: number } {
  const fields = sequence(readDer(bytes), "TSTInfo");
  demand(smallInteger(fields.next(TAG.integer, "version"), 255, "version") === 1, "TSTInfo of another version than 1");
  fields.next(TAG.oid, "policy");
  const imprint = sequence(fields.any("messageImprint"), "MessageImprint");
  const hash = readHash(imprint.any("hashAlgorithm"));
  const hashed = contents(imprint.next(TAG.octetString, "hashedMessage"));
  imprint.end("MessageImprint");
  fields.next(TAG.integer, "serialNumber");
  const generated = readTime(fields);
  for (const tag of [TAG.sequence, TAG.boolean, TAG.integer, contextTag(0), contextTag(1)]) fields.optional(tag);
  fields.end("TSTInfo");
  return { hash, imprint: hashed, time: generated };
}

/** genTime may have fractions of a second, which nothing here needs (RFC 3161, section 2.4.2). */
function readTime(fields: DerCursor): number {
  const element = fields.next(TAG.generalizedTime, "genTime");
  const text = String.fromCharCode(...contents(element).subarray(0, 32));
  const fraction = /^\d{14}\.\d{0,9}[1-9]Z$/.test(text);
  if (!fraction) return time(element);
  const whole = Uint8Array.from(`${text.slice(0, 14)}Z`, (character) => character.charCodeAt(0));
  const input = Uint8Array.of(TAG.generalizedTime, whole.length, ...whole);
  return time(readDer(input));
}
