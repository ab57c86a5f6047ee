/** What arguments name: files, hex and dates, read strictly; every mistake is misuse and never evidence. */

import { isJsonObject, type JsonObject, parseJson } from "../encoding/json.js";
import { MalformedError } from "../encoding/malformed.js";
import { fromHex, fromPem, fromUtf8, looksLikePem } from "../encoding/text.js";
import { MAX_EVIDENCE_BYTES } from "../evidence/envelope.js";
import { parseCertificate } from "../trust/certificate.js";
import { UsageError } from "./exit.js";
import type { Io } from "./io.js";

/** Longest file beside the evidence: a large event log or revocation list is a tenth of it. */
export const MAX_FILE_BYTES = 8_388_608;

export async function readFile(io: Io, path: string): Promise<Uint8Array> {
  const bytes = await io.read(path, MAX_FILE_BYTES + 1);
  if (bytes.length > MAX_FILE_BYTES) throw new UsageError(`${path} is longer than ${MAX_FILE_BYTES} bytes`);
  if (bytes.length === 0) throw new UsageError(`${path} is empty`);
  return bytes;
}

/** A JSON file that holds an object; duplicate names are refused, since the second would quietly win. */
export async function readJsonFile(io: Io, path: string): Promise<JsonObject> {
  const bytes = await readFile(io, path);
  const json = attempt(() => parseJson(fromUtf8(bytes)), path);
  if (!isJsonObject(json)) throw new UsageError(`${path} holds no JSON object`);
  return json;
}

/** Hex digits, with `0x` or without. */
export function hexArgument(text: string, option: string): Uint8Array {
  return attempt(() => fromHex(text.replace(/^0x/, "")), `--${option}`);
}

/** `0x` and hex digits, or else the name of a file. */
export async function bytesArgument(io: Io, text: string, option: string): Promise<Uint8Array> {
  return text.startsWith("0x") ? hexArgument(text, option) : readFile(io, text);
}

/** A key as SubjectPublicKeyInfo: a PEM or DER file of one, the key of a certificate, or raw bytes as `0x` hex for layouts that bind those. */
export async function keyArgument(io: Io, text: string, option: string): Promise<Uint8Array> {
  const bytes = await bytesArgument(io, text, option);
  if (text.startsWith("0x")) return bytes;
  return attempt(() => keyOf(bytes), text);
}

function keyOf(bytes: Uint8Array): Uint8Array {
  // 30: a SEQUENCE, so DER. Which of the two it is, its inside says: a certificate holds a SEQUENCE of SEQUENCEs.
  if (bytes[0] === 0x30) return isCertificate(bytes) ? parseCertificate(bytes).spki : bytes;
  const text = fromUtf8(bytes);
  if (!looksLikePem(text)) throw new UsageError("a public key is a PEM or DER file, or 0x and hex digits");
  const [block, second] = fromPem(text);
  if (block === undefined || second !== undefined) throw new MalformedError("one PEM block was expected");
  if (block.label === "PUBLIC KEY") return block.bytes;
  if (block.label === "CERTIFICATE") return parseCertificate(block.bytes).spki;
  throw new MalformedError(`a PEM block ${JSON.stringify(block.label)} is no public key`);
}

function isCertificate(der: Uint8Array): boolean {
  try {
    parseCertificate(der);
    return true;
  } catch (error) {
    if (error instanceof MalformedError) return false;
    throw error;
  }
}

const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** `2026-11-24` (its first moment, UTC) or `2026-11-24T10:00:00Z`. A time without a zone would mean another moment on each machine. */
export function dateArgument(text: string, option: string): Date {
  const date = new Date(text);
  const day = Number(text.slice(8, 10));
  const inMonth =
    day >= 1 && day <= new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
  if (!DATE.test(text) || Number.isNaN(date.getTime()) || !inMonth)
    throw new UsageError(`--${option} must be a date as 2026-11-24 or 2026-11-24T10:00:00Z`);
  return date;
}

function attempt<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedError) throw new UsageError(`${what}: ${error.reason}`);
    throw error;
  }
}

const TINFOIL = "https://tinfoil.sh/predicate/";

/** Evidence as the kinds take it. One byte over the longest is enough to be refused. */
export async function readEvidence(io: Io, path: string): Promise<Uint8Array> {
  const bytes = await io.read(path, MAX_EVIDENCE_BYTES + 1);
  if (bytes[0] !== 0x7b || !Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(TINFOIL)) return bytes;
  const { openTinfoil } = await import("./tinfoil.js");
  return openTinfoil(bytes);
}
