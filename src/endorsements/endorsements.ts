/** Endorsements as a set: what the caller gave, what came with the evidence, what was fetched, each read once and none trusted. */

import { equalBytes } from "../encoding/bytes.js";
import { demand } from "../encoding/malformed.js";
import { fromPem, fromUtf8, looksLikePem } from "../encoding/text.js";
import { type Certificate, parseCertificate } from "../trust/certificate.js";
import { type Crl, looksLikeCrl, parseCrl } from "../trust/crl.js";
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

/**
 * Sorts `items` (DER, PEM or text) by their form and adds them to `set`. What is there already is left out.
 * @throws MalformedError for an item that has the outline of a certificate, CRL or PEM and is none.
 */
export function addEndorsements(set: EndorsementSet, items: readonly Uint8Array[]): EndorsementSet {
  const certificates = [...set.certificates];
  const crls = [...set.crls];
  const texts = [...set.texts];
  const others = [...set.others];
  for (const item of items.flatMap(splitPem)) {
    if (looksLikeOcspResponse(item)) add(others, item);
    else if (item[0] === 0x30) {
      if (looksLikeCrl(item)) addOnce(crls, parseCrl(item));
      else addOnce(certificates, parseCertificate(item));
    } else if (isText(item)) add(texts, fromUtf8(item));
    else add(others, item);
  }
  return { certificates, crls, texts, others };
}

function addOnce<T extends { readonly der: Uint8Array }>(list: T[], item: T): void {
  if (!list.some(({ der }) => equalBytes(der, item.der))) add(list, item);
}

/** Bounded at each step, since every item is compared with all that are there. */
function add<T>(list: T[], item: T): void {
  demand(list.length < MAX_ITEMS, `more than ${MAX_ITEMS} endorsements of one form`);
  list.push(item);
}

const PEM_LABELS = ["CERTIFICATE", "X509 CRL"];

/** The DER of each PEM block, or the item itself where it is no PEM. */
function splitPem(item: Uint8Array): readonly Uint8Array[] {
  if (item[0] === 0x30 || !isText(item)) return [item];
  const text = fromUtf8(withoutPadding(item));
  if (!looksLikePem(text)) return [item];
  return fromPem(text, MAX_ITEMS).map(({ label, bytes }) => {
    const form = `PEM block ${JSON.stringify(label.slice(0, 40))}`;
    demand(PEM_LABELS.includes(label), `${form} is no endorsement`);
    const list = looksLikeCrl(bytes);
    demand(list === (label === "X509 CRL"), `${form} holds ${list ? "a CRL" : "no CRL"}`);
    return bytes;
  });
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
