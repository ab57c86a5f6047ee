/** Endorsements as a set: what the caller gave, what came with the evidence, what was fetched, each read once and none trusted. */

import { equalBytes } from "../encoding/bytes.js";
import { demand } from "../encoding/malformed.js";
import { fromBase64, fromHex, fromLatin1, fromPem, fromUtf8, withoutBlanks } from "../encoding/text.js";
import { type Certificate, parseCertificate } from "../trust/certificate.js";
import { type Crl, looksLikeCrl, MAX_CRL_BYTES, parseCrl } from "../trust/crl.js";
import { looksLikeOcspResponse } from "../trust/ocsp.js";

export interface EndorsementSet {
  readonly certificates: readonly Certificate[];
  readonly crls: readonly Crl[];
  /** Collateral as exact text: JSON, whose signatures are over the bytes received. */
  readonly texts: readonly string[];
  /** Bytes that are none of these; a kind may know them (a firmware endorsement, say). */
  readonly others: readonly Uint8Array[];
}

export const NO_ENDORSEMENTS: EndorsementSet = { certificates: [], crls: [], texts: [], others: [] };

/** Most certificates, and most other items of each sort, in one verification. */
const MAX_ITEMS = 64;
/** Longest of all that is given at once: the longest item twice over, and ten thousand copies of a certificate. */
export const MAX_GIVEN_BYTES = 16_777_216;
/** Most bytes of certificates that are compared with those that are there. Copies beyond it cost more than reading them does. */
const MAX_COMPARED_BYTES = 67_108_864;

/**
 * Sorts `items` (DER, also as hex or base64, PEM or JSON) by their form and adds them to `set`. What is there already is left out.
 * @throws MalformedError for an item that has the outline of a certificate, CRL or PEM and is none.
 */
export function addEndorsements(set: EndorsementSet, items: readonly Uint8Array[]): EndorsementSet {
  const given = items.reduce((sum, { length }) => sum + length, 0);
  demand(given <= MAX_GIVEN_BYTES, `endorsements longer than ${MAX_GIVEN_BYTES} bytes together`);
  const certificates = [...set.certificates];
  const crls = [...set.crls];
  const texts = [...set.texts];
  const others = [...set.others];
  let listed = crls.reduce((sum, { der }) => sum + der.length, 0);
  let compared = 0;
  let written = texts.reduce((sum, { length }) => sum + length, 0);
  for (const item of items.flatMap(splitPem)) {
    if (looksLikeOcspResponse(item)) add(others, item);
    else if (item[0] === 0x30) {
      if (looksLikeCrl(item)) {
        // Reading an entry costs forty times its bytes: one list of the longest kind is all that anybody may send.
        listed += item.length;
        demand(listed <= MAX_CRL_BYTES, `CRLs longer than ${MAX_CRL_BYTES} bytes together`);
        addOnce(crls, item, parseCrl);
      } else {
        compared += item.length * certificates.length;
        demand(compared <= MAX_COMPARED_BYTES, "too many copies of certificates");
        addOnce(certificates, item, parseCertificate);
      }
    } else if (isText(item)) {
      written += item.length;
      demand(written <= MAX_TEXTS_BYTES, `collateral texts longer than ${MAX_TEXTS_BYTES} bytes together`);
      add(texts, collateralText(item));
    } else add(others, item);
  }
  // Lists to which nothing was added stay the same objects: what was read of them for one part serves the others.
  const unless = <T>(list: readonly T[], before: readonly T[]): readonly T[] =>
    list.length === before.length ? before : list;
  return {
    certificates,
    crls,
    texts: unless(texts, set.texts),
    others: unless(others, set.others),
  };
}

/** Compared before it is read: ten thousand copies of one certificate are read once. */
function addOnce<T extends { readonly der: Uint8Array }>(
  list: T[],
  item: Uint8Array,
  read: (der: Uint8Array) => T,
): void {
  if (!list.some(({ der }) => equalBytes(der, item))) add(list, read(item));
}

/** Bounded at each step, since every item is compared with all that are there. */
function add<T>(list: T[], item: T): void {
  demand(list.length < MAX_ITEMS, `more than ${MAX_ITEMS} endorsements of one form`);
  list.push(item);
}

/** The longest CRL fits in PEM and in hex, in lines. */
export const MAX_ITEM_BYTES = 6_291_456;
/** Sixty-four TCB infos of Intel's are shorter together; a million names in them take half a second to read. */
const MAX_TEXTS_BYTES = 1_048_576;

const PEM_LABELS = ["CERTIFICATE", "X509 CRL"];

/** The DER of each PEM block, or the item itself where it is no PEM. */
function splitPem(given: Uint8Array): readonly Uint8Array[] {
  demand(given.length <= MAX_ITEM_BYTES, `endorsement longer than ${MAX_ITEM_BYTES} bytes`);
  // Editors put a byte order mark in front.
  const item = given[0] === 0xef && given[1] === 0xbb && given[2] === 0xbf ? given.subarray(3) : given;
  const text = item[0] === 0x30 ? "" : pemText(withoutPadding(item));
  if (text === "") return [derText(item) ?? item];
  return fromPem(text, MAX_ITEMS).map(({ label, bytes }) => {
    const form = `PEM block ${JSON.stringify(label.slice(0, 40))}`;
    demand(PEM_LABELS.includes(label), `${form} is no endorsement`);
    const list = looksLikeCrl(bytes);
    demand(list === (label === "X509 CRL"), `${form} holds ${list ? "a CRL" : "no CRL"}`);
    return bytes;
  });
}

const BEGIN = "-----BEGIN ";
const END = "-----END ";
const DASHES = "-----";

/**
 * The PEM blocks of a text, or nothing for what is none: `openssl x509 -text` and `s_client` print words around them. Of certificates and lists,
 * which are signed, those words say nothing. JSON and XML may quote PEM and are none.
 */
function pemText(bytes: Uint8Array): string {
  if (!holdsPem(bytes)) return "";
  const text = fromUtf8(bytes);
  let blocks = "";
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at)) {
    const footer = text.indexOf(END, at);
    const end = footer < 0 ? -1 : text.indexOf(DASHES, footer + END.length);
    demand(end > 0, "PEM block has no end", at);
    blocks += `${text.slice(at, end)}${DASHES}\n`;
    at = end + DASHES.length;
  }
  return blocks;
}

/** A block's begin, in bytes that are text throughout and start as neither JSON nor XML does. */
function holdsPem(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte > 0x20);
  if (first === undefined || [0x5b, 0x7b, 0x3c].includes(first)) return false;
  // A callback for each of six million bytes takes ten times as long.
  for (const byte of bytes) if (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return false;
  return new TextDecoder().decode(bytes).includes(BEGIN);
}

/** The DER in hex, as libraries write lists, or in base64: both are told by how a SEQUENCE begins. */
function derText(item: Uint8Array): Uint8Array | undefined {
  const begin = fromLatin1(item.subarray(0, 2));
  if (begin !== "30" && begin !== "MI") return undefined;
  try {
    const text = withoutBlanks(fromUtf8(item));
    return begin === "30" ? fromHex(text) : fromBase64(text);
  } catch {
    return undefined;
  }
}

/** JSON: white space and other text is no endorsement. */
function collateralText(item: Uint8Array): string {
  const text = fromUtf8(item);
  demand(/^\s*[[{]/.test(text), "text that is neither PEM nor JSON");
  return text;
}

/** Certificate tables carry PEM with the zero that ends a string in C. */
function withoutPadding(item: Uint8Array): Uint8Array {
  let end = item.length;
  while (end > 0 && item[end - 1] === 0) end--;
  return item.subarray(0, end);
}

/** How JSON and PEM start: a brace, a bracket, a dash or white space. */
const TEXT_STARTS: readonly (number | undefined)[] = [0x7b, 0x5b, 0x2d, 0x0a, 0x0d, 0x20, 0x09];

function isText(item: Uint8Array): boolean {
  return TEXT_STARTS.includes(item[0]);
}
