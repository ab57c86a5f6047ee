/** Every certificate and CRL that the shared material holds, wherever it is packed: files, PEM, tables, CBOR, hex and base64 in JSON. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { shared } from "./shared.js";

/** A DER SEQUENCE that starts as certificates and CRLs do. */
export interface CorpusItem {
  readonly der: Uint8Array;
  readonly sha256: string;
  /** The first file that holds it, below the folder that was searched. */
  readonly file: string;
}

const MAX_FILE_BYTES = 8_000_000;

/** Distinct candidates below a shared folder, in the order of file names. A candidate need not be a certificate or CRL. */
export function signedObjects(folder: string): readonly CorpusItem[] {
  const root = shared(folder);
  const found = new Map<string, CorpusItem>();
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
  for (const file of files.map((name) => join(root, name))) {
    const status = statSync(file);
    if (!status.isFile() || status.size > MAX_FILE_BYTES) continue;
    for (const der of candidates(new Uint8Array(readFileSync(file)), 0)) {
      const sha256 = createHash("sha256").update(der).digest("hex");
      if (!found.has(sha256)) found.set(sha256, { der: Uint8Array.from(der), sha256, file: relative(root, file) });
    }
  }
  return [...found.values()];
}

function candidates(bytes: Uint8Array, depth: number): readonly Uint8Array[] {
  const found = sequencesIn(bytes);
  if (depth > 3) return found;
  const text = Buffer.from(bytes)
    .toString("latin1")
    .replaceAll("\\n", "\n")
    .replaceAll("%0A", "\n")
    .replaceAll("%20", " ");
  const unescaped = text.replaceAll("%2B", "+").replaceAll("%2F", "/").replaceAll("%3D", "=").replaceAll("\\/", "/");
  return [...found, ...encodedIn(unescaped).flatMap((inner) => candidates(inner, depth + 1))];
}

/** SEQUENCE of a length of one to three octets whose first element is such a SEQUENCE itself. */
function sequencesIn(bytes: Uint8Array): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at + 8 < bytes.length; at++) {
    const length = sequenceLength(bytes, at);
    if (length === undefined || at + length > bytes.length) continue;
    const header = { 129: 3, 130: 4 }[bytes[at + 1] as number] ?? 5;
    const inner = bytes.subarray(at + header, at + header + 2);
    if (inner[0] !== 0x30 || ![0x81, 0x82, 0x83].includes(inner[1] as number)) continue;
    found.push(bytes.subarray(at, at + length));
    at += length - 1;
  }
  return found;
}

function sequenceLength(bytes: Uint8Array, at: number): number | undefined {
  if (bytes[at] !== 0x30) return undefined;
  const [a = 0, b = 0, c = 0] = bytes.subarray(at + 2, at + 5);
  if (bytes[at + 1] === 0x81) return 3 + a;
  if (bytes[at + 1] === 0x82) return 4 + a * 256 + b;
  return bytes[at + 1] === 0x83 ? 5 + a * 65536 + b * 256 + c : undefined;
}

function encodedIn(text: string): readonly Uint8Array[] {
  const hex = [...text.matchAll(/[0-9a-fA-F]{400,}/g)].map(([run]) =>
    Buffer.from(run.slice(0, run.length & ~1), "hex"),
  );
  const wrapped = [...text.matchAll(/-----BEGIN [A-Z0-9 ]+-----([A-Za-z0-9+/=\s]+)-----END/g)].map(([, body = ""]) =>
    Buffer.from(body, "base64"),
  );
  const base64 = [...text.matchAll(/[A-Za-z0-9+/_-]{300,}={0,2}/g)].map(([run]) => Buffer.from(run, "base64"));
  return [...hex, ...wrapped, ...base64].map((buffer) => new Uint8Array(buffer));
}
