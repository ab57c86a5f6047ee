/** Text forms of bytes, read strictly: hex (RFC 4648, section 8), base64 and base64url (sections 4 and 5), PEM (RFC 7468), UTF-8. */

import { demand, MalformedError } from "./malformed.js";

const HEX = "0123456789abcdef";

/** Lowercase hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  hexPairs ??= Array.from({ length: 256 }, (_, byte) => (HEX[byte >> 4] as string) + (HEX[byte & 15] as string));
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += hexPairs[bytes[i] as number] as string;
  return text;
}

let hexPairs: readonly string[] | undefined;

/** Reads hex of either case; an even number of digits and nothing else. */
export function fromHex(text: string): Uint8Array {
  demand(text.length % 2 === 0, "hex text has an odd number of digits", text.length);
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < text.length; i += 2) bytes[i / 2] = (hexDigit(text, i) << 4) | hexDigit(text, i + 1);
  return bytes;
}

function hexDigit(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  if (letter >= 97 && letter <= 102) return letter - 87;
  throw new MalformedError("hex text has a character that is no hex digit", index);
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64URL = `${BASE64.slice(0, 62)}-_`;

/** Base64 with the standard alphabet and padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const word = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const left = bytes.length - i;
    text += (BASE64[word >> 18] as string) + (BASE64[(word >> 12) & 63] as string);
    text += left > 1 ? (BASE64[(word >> 6) & 63] as string) : "=";
    text += left > 2 ? (BASE64[word & 63] as string) : "=";
  }
  return text;
}

/** Base64 with the standard alphabet; padding is required, bits beyond the last byte are zero, no white space. */
export function fromBase64(text: string): Uint8Array {
  demand(text.length % 4 === 0, "base64 text is not a multiple of four characters", text.length);
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return decode64(text.slice(0, text.length - padding), BASE64);
}

/** Base64url (RFC 4648, section 5) without padding, as JOSE writes it. */
export function fromBase64Url(text: string): Uint8Array {
  return decode64(text, BASE64URL);
}

/** Base64url without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
}

function decode64(text: string, alphabet: string): Uint8Array {
  demand(text.length % 4 !== 1, "base64 text has a length that no bytes encode to", text.length);
  const values = alphabet === BASE64 ? standardValues() : urlValues();
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const value = values[text.charCodeAt(i)] ?? 255;
    if (value === 255) throw new MalformedError("base64 text has a character outside its alphabet", i);
    bits = (bits << 6) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[length++] = (bits >> held) & 255;
      bits &= (1 << held) - 1;
    }
  }
  // RFC 4648, section 3.5: a second spelling of the same bytes would make text malleable.
  demand(bits === 0, "base64 text has non-zero bits beyond its last byte", text.length);
  return bytes;
}

let standard: Uint8Array | undefined;
let url: Uint8Array | undefined;
const standardValues = (): Uint8Array => (standard ??= valuesOf(BASE64));
const urlValues = (): Uint8Array => (url ??= valuesOf(BASE64URL));

function valuesOf(alphabet: string): Uint8Array {
  const values = new Uint8Array(128).fill(255);
  for (let i = 0; i < 64; i++) values[alphabet.charCodeAt(i)] = i;
  return values;
}

/**
 * Without spaces, tabs and line breaks. Most text has line feeds alone, and an expression takes twenty times as long over a quote's chain.
 * Long text may be blanks every other letter: its bytes are filtered in place.
 */
export function withoutBlanks(text: string): string {
  const joined = text.length < 65_536 ? text.replaceAll("\n", "") : text;
  if (!/\s/.test(joined)) return joined;
  const bytes = toUtf8(joined);
  let length = 0;
  for (const byte of bytes)
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) bytes[length++] = byte;
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, length));
}

/** UTF-8 without replacement characters; a byte order mark is refused. */
export function fromUtf8(bytes: Uint8Array): string {
  demand(!(bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf), "text starts with a byte order mark");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new MalformedError("text is not UTF-8");
  }
}

/** Each byte as the character of its number. */
export function fromLatin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** UTF-8 of `text`. */
export function toUtf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

export interface PemBlock {
  /** The words between `BEGIN` and the dashes, for example `CERTIFICATE`. */
  readonly label: string;
  readonly bytes: Uint8Array;
}

const PEM_BEGIN = "-----BEGIN ";
const PEM_DASHES = "-----";

/**
 * All PEM blocks of `text`, in order (RFC 7468, section 3, the strict grammar with free white space around and between blocks).
 * Text outside a block is refused: what we skip, somebody else might read.
 */
export function fromPem(text: string, maxBlocks = 32): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    demand(blocks.length < maxBlocks, `more than ${maxBlocks} PEM blocks`, at);
    demand(text.startsWith(PEM_BEGIN, at), "text outside a PEM block", at);
    const labelEnd = text.indexOf(PEM_DASHES, at + PEM_BEGIN.length);
    demand(labelEnd > 0, "PEM block without an end of its first line", at);
    const label = text.slice(at + PEM_BEGIN.length, labelEnd);
    demand(/^[A-Z0-9]+(?: [A-Z0-9]+)*$/.test(label), "PEM label is not of capital letters and digits", at);
    const footer = `-----END ${label}-----`;
    const end = text.indexOf(footer, labelEnd);
    demand(end > 0, `PEM block ${JSON.stringify(label.slice(0, 40))} has no end`, at);
    blocks.push({ label, bytes: fromBase64(withoutBlanks(text.slice(labelEnd + PEM_DASHES.length, end))) });
    at = skipSpace(text, end + footer.length);
  }
  return blocks;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && " \t\r\n".includes(text[at] as string)) at++;
  return at;
}

export function looksLikePem(text: string): boolean {
  return text.startsWith(PEM_BEGIN, skipSpace(text, 0));
}
