/** The outer forms of a document: bare COSE, multibase text, SCALE, JSON of the field, and a certificate that carries it in its names. */

import { isCborMap, readCbor } from "../../encoding/cbor.js";
import { contents, contextTag, readDer, sequence } from "../../encoding/der.js";
import { isJsonObject, type JsonValue, member } from "../../encoding/json.js";
import { MalformedError } from "../../encoding/malformed.js";
import { fromHex, toUtf8 } from "../../encoding/text.js";
import { parseCertificate } from "../../trust/certificate.js";
import { looksLikeCoseSign1, readCoseSign1 } from "../../trust/cose.js";
import { fromBase64Any } from "../envelope.js";
import type { EvidenceInput, Recognition } from "../kind.js";
import { CARRIER, type DocumentType } from "./document.js";

/** Recognises documents of one type alone. */
export function recogniser(type: DocumentType): (input: EvidenceInput) => Recognition | undefined {
  return (input) => {
    const found = "bytes" in input ? fromBytes(input.bytes) : fromJson(input.json);
    return found !== undefined && typeOf(found.bytes) === type ? found : undefined;
  };
}

function plain(bytes: Uint8Array, form: string): Recognition {
  return { bytes, form, endorsements: [] };
}

/** What cannot be read is no document to us; some other kind may know it. */
function attempt<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

function fromBytes(bytes: Uint8Array): Recognition | undefined {
  if (looksLikeCoseSign1(bytes)) return plain(bytes, "COSE_Sign1");
  return fromMultibase(bytes) ?? fromScale(bytes) ?? fromCertificate(bytes);
}

/** What was told of bytes: both kinds ask, one after the other. Reading the document does not rest on it. */
const told = new WeakMap<Uint8Array, DocumentType | "none">();

function typeOf(bytes: Uint8Array): DocumentType | "none" {
  const known = told.get(bytes);
  if (known !== undefined) return known;
  const type = readType(bytes) ?? "none";
  told.set(bytes, type);
  return type;
}

/** Which type a COSE message is, by the registers that it has. A broken one, and one with both, is the enclave's to refuse. */
function readType(bytes: Uint8Array): DocumentType | undefined {
  try {
    const payload = readCbor(readCoseSign1(bytes).payload, { indefinite: true });
    if (!isCborMap(payload)) return undefined;
    if (payload.has("nitrotpm_pcrs")) return payload.has("pcrs") ? "nitro" : "nitro-tpm";
    return payload.has("pcrs") || payload.has("cabundle") ? "nitro" : undefined;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    if (contains(bytes, "nitrotpm_pcrs")) return "nitro-tpm";
    return contains(bytes, "module_id") ? "nitro" : undefined;
  }
}

/** Whether `bytes` hold this name as CBOR writes it. */
function contains(bytes: Uint8Array, name: string): boolean {
  const pattern = toUtf8(name);
  const head = 0x60 | pattern.length;
  for (let at = bytes.indexOf(head); at >= 0; at = bytes.indexOf(head, at + 1)) {
    if (pattern.every((byte, i) => bytes[at + 1 + i] === byte)) return true;
  }
  return false;
}

/** Multibase prefixes (draft-multiformats-multibase) in front of the first bytes that every document has, `84 44`: `f` hex, `m` base64, `u` base64url. */
const MULTIBASE = /^(?:f8444|[mu]hE)/;
const MAX_TEXT = 65_536;

function fromMultibase(bytes: Uint8Array): Recognition | undefined {
  if (bytes.length > MAX_TEXT || !MULTIBASE.test(String.fromCharCode(...bytes.subarray(0, 5)))) return undefined;
  if (bytes.some((byte) => byte > 0x7e)) return undefined;
  const text = new TextDecoder().decode(bytes).trim();
  const decoded = attempt(() => (text.startsWith("f") ? fromHex(text.slice(1)) : fromBase64Any(text.slice(1))));
  return decoded && plain(decoded, "multibase");
}

/** `Vec<u8>` of SCALE: a compact length in two or four bytes (mode 1 or 2), then exactly that many. */
function fromScale(bytes: Uint8Array): Recognition | undefined {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const size = (a & 3) === 1 ? 2 : (a & 3) === 2 ? 4 : 0;
  const length = (size === 2 ? a | (b << 8) : a | (b << 8) | (c << 16) | (d << 24)) >>> 2;
  const rest = bytes.subarray(size);
  return size > 0 && rest.length === length && looksLikeCoseSign1(rest) ? plain(rest, "SCALE") : undefined;
}

/** Names under which the field carries a document in JSON. */
const JSON_NAMES = ["attestation", "attestation_document", "attestationDocument", "attestation_doc", "attestationDoc"];

function fromJson(json: JsonValue): Recognition | undefined {
  if (!isJsonObject(json)) return undefined;
  const texts = JSON_NAMES.flatMap((name) => {
    const value = member(json, name);
    return typeof value === "string" ? [value] : [];
  });
  const [text] = texts;
  // Which of two the sender means is not for us to guess.
  if (text === undefined || texts.length > 1 || text.length > MAX_TEXT) return undefined;
  const bytes = attempt(() => (/^[0-9a-f]*$/i.test(text) ? fromHex(text) : fromBase64Any(text)));
  return bytes !== undefined && looksLikeCoseSign1(bytes) ? plain(bytes, "JSON") : undefined;
}

const SUBJECT_ALT_NAME = "2.5.29.17";
const DNS_NAME = /* @__PURE__ */ contextTag(2, false);
/** Hex of a document, then the host's name. */
const CARRYING_NAME = /^((?:d2)?8444[0-9a-f]+)\./;

/** Evervault's certificates: one of the names is the document in hex, a dot, and the host. */
function fromCertificate(bytes: Uint8Array): Recognition | undefined {
  if (bytes[0] !== 0x30) return undefined;
  return attempt(() => {
    const extension = parseCertificate(bytes).extensions.get(SUBJECT_ALT_NAME);
    if (extension === undefined) return undefined;
    const names = sequence(readDer(extension.value), "SubjectAltName");
    while (names.more) {
      const name = names.any("GeneralName");
      const hex = name.tag === DNS_NAME ? CARRYING_NAME.exec(new TextDecoder().decode(contents(name)))?.[1] : undefined;
      if (hex !== undefined) return { ...plain(fromHex(hex), "certificate"), companions: new Map([[CARRIER, bytes]]) };
    }
    return undefined;
  });
}
