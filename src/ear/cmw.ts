/** Conceptual message wrappers (draft-ietf-rats-msg-wrap): records, CBOR tags and collections, in JSON and CBOR, in and out, and out of certificates. */

import { joinBytes } from "../encoding/bytes.js";
import { type CborValue, isCborArray, isCborMap, isCborTag, readCbor } from "../encoding/cbor.js";
import { contents, readDer, TAG } from "../encoding/der.js";
import { isJsonObject, type JsonValue, parseJson } from "../encoding/json.js";
import { demand, MalformedError } from "../encoding/malformed.js";
import { fromBase64Url, fromUtf8, toBase64Url, toUtf8 } from "../encoding/text.js";
import { parseCertificate } from "../trust/certificate.js";

/** One message. */
export interface CmwRecord {
  /** A media type, or the number of a CoAP content format. */
  readonly type: string | number;
  readonly value: Uint8Array;
  /** Bits: reference values 1, endorsements 2, evidence 4, attestation results 8, trust anchors 16. */
  readonly indicator?: number;
}

export interface CmwCollection {
  /** `__cmwc_t`. */
  readonly collectionType?: string;
  readonly items: ReadonlyMap<string | number, Cmw>;
}

export type Cmw = CmwRecord | CmwCollection;

const COLLECTION_TYPE = "__cmwc_t";
const MAX_DEPTH = 4;
const MAX_INDICATOR = 31;

/** Text or bytes: JSON starts with a bracket or a brace, anything else is CBOR. @throws MalformedError */
export function readCmw(message: Uint8Array | string): Cmw {
  const bytes = typeof message === "string" ? toUtf8(message) : message;
  if (bytes[0] === 0x5b || bytes[0] === 0x7b) return fromJson(parseJson(fromUtf8(bytes)), 0);
  return fromCbor(readCbor(bytes, { tags: contentTags(bytes) }), 0);
}

function recordOf(type: unknown, value: Uint8Array | undefined, rest: readonly unknown[]): CmwRecord {
  const [indicator, more] = rest;
  const media = typeof type === "string" && /^[\w.+-]+\/[\w.+-]+(?:;.*)?$/.test(type);
  const format = typeof type === "number" && Number.isInteger(type) && type >= 0 && type <= 0xffff;
  if (!(media || format)) throw new MalformedError("CMW record without a media type or content format");
  if (value === undefined) throw new MalformedError("CMW record without a value");
  demand(more === undefined, "CMW record with more than three members");
  const bits =
    indicator === undefined ||
    (Number.isInteger(indicator) && (indicator as number) >= 1 && (indicator as number) <= MAX_INDICATOR);
  demand(bits, "CMW record with an unknown indicator");
  return {
    type: type as string | number,
    value,
    ...(indicator === undefined ? {} : { indicator: indicator as number }),
  };
}

function collectionOf(entries: readonly (readonly [string | number, Cmw])[], collectionType: unknown): CmwCollection {
  demand(entries.length > 0, "CMW collection without an item");
  if (collectionType === undefined) return { items: new Map(entries) };
  if (typeof collectionType !== "string") throw new MalformedError("type of the CMW collection is not text");
  return { collectionType, items: new Map(entries) };
}

function fromJson(json: JsonValue, depth: number): Cmw {
  demand(depth < MAX_DEPTH, "CMW nested too deep");
  if (Array.isArray(json)) {
    const [type, value, ...rest] = json as readonly JsonValue[];
    return recordOf(type, typeof value === "string" ? fromBase64Url(value) : undefined, rest);
  }
  if (!isJsonObject(json)) throw new MalformedError("CMW is neither record nor collection");
  const entries = Object.entries(json).filter(([name]) => name !== COLLECTION_TYPE);
  return collectionOf(
    entries.map(([name, item]) => [name, fromJson(item, depth + 1)]),
    Object.hasOwn(json, COLLECTION_TYPE) ? json[COLLECTION_TYPE] : undefined,
  );
}

function fromCbor(item: CborValue, depth: number): Cmw {
  demand(depth < MAX_DEPTH, "CMW nested too deep");
  if (isCborTag(item))
    return recordOf(contentFormat(item.tag), item.content instanceof Uint8Array ? item.content : undefined, []);
  if (isCborArray(item)) {
    const [type, value, ...rest] = item;
    return recordOf(type, value instanceof Uint8Array ? value : undefined, rest);
  }
  if (!isCborMap(item)) throw new MalformedError("CMW is neither record, tag nor collection");
  const entries = [...item].flatMap(([name, value]): (readonly [string | number, Cmw])[] => {
    if (typeof name === "bigint") throw new MalformedError("CMW collection with a label beyond 2^53");
    return name === COLLECTION_TYPE ? [] : [[name, fromCbor(value, depth + 1)]];
  });
  return collectionOf(entries, item.get(COLLECTION_TYPE));
}

/** RFC 9277, section 4.3: the tag of content format 0; each block of 256 tags carries 255 formats. */
const TAG_OF_ZERO = 0x63740101;
const LAST_TAG = TAG_OF_ZERO + 256 * 256;

function contentFormat(tag: number): number {
  const at = tag - TAG_OF_ZERO;
  demand(at >= 0 && at % 256 < 255, "CBOR tag is of no content format");
  return Math.floor(at / 256) * 255 + (at % 256);
}

/** Tags of content formats that may occur in these bytes: the reader of CBOR wants to be told each. */
function contentTags(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Set<number>();
  for (
    let at = bytes.indexOf(0xda);
    at >= 0 && at + 5 <= bytes.length && found.size < 256;
    at = bytes.indexOf(0xda, at + 1)
  ) {
    const tag = view.getUint32(at + 1);
    if (tag >= TAG_OF_ZERO && tag < LAST_TAG) found.add(tag);
  }
  return [...found];
}

/** JSON as text in UTF-8, or CBOR in its shortest form. Records are written as arrays. Labels that are numbers exist in CBOR alone. */
export function writeCmw(cmw: Cmw, form: "json" | "cbor"): Uint8Array {
  return form === "json" ? toUtf8(JSON.stringify(asJson(cmw))) : asCbor(cmw);
}

function asJson(cmw: Cmw): JsonValue {
  if ("value" in cmw)
    return [cmw.type, toBase64Url(cmw.value), ...(cmw.indicator === undefined ? [] : [cmw.indicator])];
  const entries = [...cmw.items].map(([name, item]): [string, JsonValue] => {
    if (typeof name === "number") throw new TypeError("a CMW collection in JSON has text labels alone");
    return [name, asJson(item)];
  });
  const type = cmw.collectionType === undefined ? [] : [[COLLECTION_TYPE, cmw.collectionType] as const];
  return Object.fromEntries([...type, ...entries]);
}

/** Head of a CBOR item (RFC 8949, section 3). */
function head(major: number, argument: number): Uint8Array {
  const top = major << 5;
  if (argument < 24) return Uint8Array.of(top | argument);
  if (argument < 0x100) return Uint8Array.of(top | 24, argument);
  if (argument < 0x1_0000) return Uint8Array.of(top | 25, argument >> 8, argument & 255);
  return Uint8Array.of(top | 26, argument >>> 24, (argument >> 16) & 255, (argument >> 8) & 255, argument & 255);
}

function sized(major: number, bytes: Uint8Array): Uint8Array {
  return joinBytes([head(major, bytes.length), bytes]);
}

const label = (value: string | number): Uint8Array =>
  typeof value === "string" ? sized(3, toUtf8(value)) : value < 0 ? head(1, -1 - value) : head(0, value);

function asCbor(cmw: Cmw): Uint8Array {
  if ("value" in cmw) {
    const members = [
      label(cmw.type),
      sized(2, cmw.value),
      ...(cmw.indicator === undefined ? [] : [head(0, cmw.indicator)]),
    ];
    return joinBytes([head(4, members.length), ...members]);
  }
  const type = cmw.collectionType === undefined ? [] : [label(COLLECTION_TYPE), label(cmw.collectionType)];
  const items = [...cmw.items].flatMap(([name, item]) => [label(name), asCbor(item)]);
  return joinBytes([head(5, cmw.items.size + type.length / 2), ...type, ...items]);
}

/** id-pe-cmw. */
const CMW_EXTENSION = "1.3.6.1.5.5.7.1.35";

/** The message that a certificate (DER) carries: CBOR in an OCTET STRING, JSON in a UTF8String; `undefined` where it has none. @throws MalformedError */
export function cmwOfCertificate(der: Uint8Array): Cmw | undefined {
  const extension = parseCertificate(der).extensions.get(CMW_EXTENSION);
  if (extension === undefined) return undefined;
  const element = readDer(extension.value);
  const bytes = contents(element);
  const json = bytes[0] === 0x5b || bytes[0] === 0x7b;
  demand(
    element.tag === (json ? TAG.utf8String : TAG.octetString),
    "CMW in a certificate stands in a string of the other form",
  );
  return readCmw(bytes);
}
