/** Tinfoil's attestation documents (tinfoilsh/verifier, attestation.Document): JSON around base64, from version 2 on around gzip, opened for the kinds to judge. */

import { isJsonObject, type JsonObject, type JsonValue, member, parseJson } from "../encoding/json.js";
import { MalformedError } from "../encoding/malformed.js";
import { fromUtf8, toUtf8 } from "../encoding/text.js";
import { fromBase64Any, MAX_EVIDENCE_BYTES } from "../evidence/envelope.js";
import { gunzip } from "../expected/release/gzip.js";
import { inNode } from "./package-file.js";

/** A quote with its certificates is a hundredth of this. */
const MAX_BODY = 1_048_576;
const FORMAT = /^https:\/\/tinfoil\.sh\/predicate\/(?:sev-snp|tdx)-guest\/v([12])$/;

/**
 * The evidence inside a document, or inside a bundle with its VCEK beside it; anything else as it is. What a body that
 * cannot be opened is, the verdict says of the document.
 */
export async function openTinfoil(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x7b || bytes.length > MAX_EVIDENCE_BYTES) return bytes;
  try {
    const json = parseJson(fromUtf8(bytes));
    return (isJsonObject(json) ? await opened(json) : undefined) ?? bytes;
  } catch (error) {
    if (error instanceof MalformedError) return bytes;
    throw error;
  }
}

async function opened(json: JsonObject): Promise<Uint8Array | undefined> {
  const report = member(json, "enclaveAttestationReport");
  const evidence = await bodyOf(isJsonObject(report) ? report : json);
  const vcek = member(json, "vcek");
  if (evidence === undefined || typeof vcek !== "string") return evidence;
  const base64 = Buffer.from(evidence).toString("base64");
  return toUtf8(JSON.stringify({ "tee-verify": 1, evidence: base64, endorsements: [vcek] }));
}

async function bodyOf(document: JsonObject): Promise<Uint8Array | undefined> {
  const [format, body]: (JsonValue | undefined)[] = [member(document, "format"), member(document, "body")];
  const version = typeof format === "string" ? FORMAT.exec(format)?.[1] : undefined;
  if (version === undefined || typeof body !== "string") return undefined;
  if (version === "1") return fromBase64Any(body);
  const pieces: Uint8Array[] = [];
  const options = { maxBytes: MAX_BODY, decompress: inNode };
  for await (const piece of gunzip(fromBase64Any(body), options)) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}
