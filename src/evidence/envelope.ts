/** The outer forms of evidence: bytes, hex, base64, base64url, PEM, JSON and our bundle, all opened to what a kind can recognise. */

import { isJsonObject, type JsonObject, type JsonValue, member, parseJson } from "../encoding/json.js";
import { demand, MalformedError } from "../encoding/malformed.js";
import {
  fromBase64,
  fromBase64Url,
  fromHex,
  fromPem,
  fromUtf8,
  looksLikePem,
  toUtf8,
  withoutBlanks,
} from "../encoding/text.js";
import { copyBytes } from "../expected/read.js";
import type { EvidenceInput } from "./kind.js";

/** What callers may give as evidence. */
export type EvidenceSource = Uint8Array | ArrayBuffer | string | Bundle;

/** Our bundle: evidence with what is needed to check it offline. Signed JSON is carried as exact text. JSON schema: docs/bundle.schema.json. */
export interface Bundle {
  readonly "tee-verify": 1;
  /** Base64, hex or JSON text. */
  readonly evidence: string;
  /** PEM or JSON text as it is; DER as base64. */
  readonly endorsements?: readonly string[];
  /** Base64 of a CCEL, or the JSON text of a dstack log. */
  readonly eventLog?: string;
  /** Exact text of a build manifest. */
  readonly manifest?: string;
}

/** Evidence out of its outer form. Every entry of `inputs` is a possible reading of the same bytes. */
export interface Envelope {
  readonly form: string;
  readonly inputs: readonly EvidenceInput[];
  readonly endorsements: readonly Uint8Array[];
  readonly companions: ReadonlyMap<string, Uint8Array | JsonValue>;
  /** The bytes that the verdict names by their SHA-256. */
  readonly original: Uint8Array;
}

/** Longest evidence in bytes, and longest text: a bundle carries event logs and collateral. */
export const MAX_EVIDENCE_BYTES = 8_388_608;
/** Longest text of hex, base64 or PEM: no kind's bytes are a tenth as long. What is longer is JSON, with event logs and collateral. */
const MAX_TEXT_BYTES = 2_097_152;
/** Sixty-four of each form are read (endorsements.ts). */
const MAX_ENDORSEMENTS = 256;
/** No form of any kind is shorter: what is was cut short. */
const MIN_EVIDENCE_BYTES = 64;

/** Copies `source`, so that nothing can change it after the call. @throws TypeError for what is no evidence at all */
export function copySource(source: unknown): Uint8Array {
  if (typeof source === "string") return toUtf8(source.slice(0, MAX_EVIDENCE_BYTES + 1));
  if (typeof source === "object" && source !== null && "tee-verify" in source) return toUtf8(JSON.stringify(source));
  return copyBytes(source, "evidence", MAX_EVIDENCE_BYTES + 1);
}

/** @throws MalformedError */
export function openEnvelope(original: Uint8Array): Envelope {
  demand(original.length > 0, "the evidence is empty");
  demand(original.length >= MIN_EVIDENCE_BYTES, `evidence of ${original.length} bytes is cut short`);
  demand(original.length <= MAX_EVIDENCE_BYTES, `evidence longer than ${MAX_EVIDENCE_BYTES} bytes`);
  const plain: Envelope = {
    form: "bytes",
    inputs: [{ bytes: original }],
    endorsements: [],
    companions: new Map(),
    original,
  };
  const text = textOf(original);
  if (text === undefined) return plain;
  if (text.startsWith("{") || text.startsWith("[")) return openJson(text, original);
  demand(text.length <= MAX_TEXT_BYTES, `evidence text longer than ${MAX_TEXT_BYTES} characters`);
  const inputs = decodings(text);
  return { ...plain, form: looksLikePem(text) ? "PEM" : "text", inputs: [...plain.inputs, ...inputs] };
}

/** The text without surrounding white space, where all bytes are printable ASCII or white space; else `undefined`. */
function textOf(original: Uint8Array): string | undefined {
  // Editors put a byte order mark in front of text, and nothing else starts with one.
  const bytes = startsWithMark(original) ? original.subarray(3) : original;
  const first = bytes[0] as number;
  // JSON may carry any UTF-8; other text forms are ASCII.
  if (first === 0x7b || first === 0x5b) return fromUtf8(bytes).trim();
  return isAsciiText(bytes) ? fromUtf8(bytes).trim() : undefined;
}

function isAsciiText(bytes: Uint8Array): boolean {
  // A callback for each of eight million bytes takes ten times as long.
  for (const byte of bytes)
    if (byte >= 0x7f || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)) return false;
  return true;
}

function startsWithMark([a, b, c]: Uint8Array): boolean {
  return a === 0xef && b === 0xbb && c === 0xbf;
}

/** Every way in which the text can be bytes. Hex digits are base64 too: which reading is evidence, the kinds tell. */
function decodings(text: string): readonly EvidenceInput[] {
  if (looksLikePem(text)) return fromPem(text).map(({ bytes }) => ({ bytes }));
  const compact = withoutBlanks(text);
  const readings = [fromHexPrefixed, fromBase64Any].flatMap((read) => attempt(() => read(compact)));
  return readings.map((bytes) => ({ bytes }));
}

function attempt<T>(read: () => T): readonly T[] {
  try {
    return [read()];
  } catch (error) {
    if (error instanceof MalformedError) return [];
    throw error;
  }
}

function fromHexPrefixed(text: string): Uint8Array {
  return fromHex(text.replace(/^0x/i, ""));
}

/** Standard alphabet or base64url, with padding or without, with line breaks (`base64` breaks at 76) or without: the field writes all of them. */
export function fromBase64Any(wrapped: string, longest: number = MAX_TEXT_BYTES): Uint8Array {
  demand(wrapped.length <= longest, `base64 text longer than ${longest} characters`);
  const text = withoutBlanks(wrapped);
  const end = text.indexOf("=");
  const bare = end < 0 ? text : text.slice(0, end);
  const padding = text.slice(bare.length);
  demand(padding === "" || (/^={1,2}$/.test(padding) && text.length % 4 === 0), "base64 text with wrong padding", end);
  if (/[-_]/.test(bare)) return fromBase64Url(bare);
  return fromBase64(bare.padEnd(Math.ceil(bare.length / 4) * 4, "="));
}

function openJson(text: string, original: Uint8Array): Envelope {
  const json = parseJson(text, { length: MAX_EVIDENCE_BYTES });
  if (isJsonObject(json) && Object.hasOwn(json, "tee-verify")) return openBundle(json, original);
  return { form: "JSON", inputs: [{ json, text }], endorsements: [], companions: new Map(), original };
}

const BUNDLE_MEMBERS = ["tee-verify", "evidence", "endorsements", "eventLog", "manifest"];

function openBundle(bundle: JsonObject, original: Uint8Array): Envelope {
  demand(member(bundle, "tee-verify") === 1, "bundle of another version than 1");
  for (const name of Object.keys(bundle))
    demand(BUNDLE_MEMBERS.includes(name), `bundle with unknown member ${JSON.stringify(name.slice(0, 40))}`);
  const evidence = member(bundle, "evidence");
  demand(typeof evidence === "string" && evidence !== "", "bundle without evidence text");
  const inner = openEnvelope(toUtf8(evidence));
  demand(!inner.form.startsWith("bundle"), "bundle inside a bundle");
  const listed = member(bundle, "endorsements") ?? [];
  demand(Array.isArray(listed), "bundle endorsements are not a list");
  demand(listed.length <= MAX_ENDORSEMENTS, `bundle of more than ${MAX_ENDORSEMENTS} endorsements`);
  const companions = new Map<string, Uint8Array | JsonValue>();
  for (const name of ["eventLog", "manifest"]) {
    const value = member(bundle, name);
    if (value === undefined) continue;
    demand(typeof value === "string", `bundle ${name} is not text`);
    companions.set(name, toUtf8(value));
  }
  return { form: "bundle", inputs: inner.inputs, endorsements: listed.map(endorsementBytes), companions, original };
}

/** PEM, JSON and hex of DER stay text; anything else is base64. */
function endorsementBytes(value: JsonValue): Uint8Array {
  if (typeof value !== "string") throw new MalformedError("bundle endorsement is not text");
  const text = value.trim();
  return looksLikePem(text) || text.startsWith("{") || text.startsWith("[") || /^30[0-9a-f]+$/i.test(text)
    ? toUtf8(value)
    : fromBase64Any(text, MAX_EVIDENCE_BYTES);
}
