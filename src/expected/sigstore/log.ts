/** Is the signature in a transparency log: the log's promise, its proof of inclusion, and that the entry is about this signature (Rekor 1 and 2). */

import type { Crypto, HashName } from "../../crypto/crypto.js";
import { equalBytes } from "../../encoding/bytes.js";
import { type JsonObject, parseJson } from "../../encoding/json.js";
import { MalformedError } from "../../encoding/malformed.js";
import { fromBase64, fromHex, fromPem, fromUtf8, toBase64, toHex, toUtf8 } from "../../encoding/text.js";
import { preAuthEncoding } from "../build/dsse.js";
import { signedBy } from "../build/keys.js";
import type { InclusionProof, LogEntry, SigstoreBundle } from "./bundle.js";
import { asObject, bytesAt, objectAt, objectsAt, textAt } from "./json.js";
import { rootOf } from "./merkle.js";
import { expectThat } from "./refused.js";
import type { Log, TrustedRoot } from "./trusted-root.js";

/** The log of an entry, and the time that its promise vouches for, milliseconds since 1970. */
export interface Logged {
  readonly log: Log;
  readonly time: number | undefined;
}

/** @throws RefusedError, MalformedError */
export async function verifyEntry(
  entry: LogEntry,
  bundle: SigstoreBundle,
  root: TrustedRoot,
  crypto: Crypto,
): Promise<Logged> {
  const log = root.transparencyLogs.find(({ id }) => equalBytes(id, entry.logId));
  expectThat(log !== undefined, "it is in no transparency log of the trusted root");
  const { promise, proof } = entry;
  expectThat(promise !== undefined || proof !== undefined, "its log entry has neither promise nor proof");
  if (proof !== undefined) await verifyProof(proof, entry.body, log, crypto);
  if (promise !== undefined) await verifyPromise(entry, promise, log, crypto);
  await verifyBody(entry, bundle, crypto);
  return { log, time: promise === undefined ? undefined : entry.integratedTime * 1000 };
}

/** The signed entry timestamp is over RFC 8785 JSON of four members, whose values need no escapes. */
async function verifyPromise(
  { body, integratedTime, logId, logIndex }: LogEntry,
  promise: Uint8Array,
  log: Log,
  crypto: Crypto,
): Promise<void> {
  const signed = JSON.stringify({ body: toBase64(body), integratedTime, logID: toHex(logId), logIndex });
  expectThat(await signedBy(log.key, promise, toUtf8(signed), crypto), "the log's promise is not signed by the log");
}

async function verifyProof(proof: InclusionProof, body: Uint8Array, log: Log, crypto: Crypto): Promise<void> {
  const { size, root } = await verifyCheckpoint(proof.checkpoint, log, crypto);
  const reached = await rootOf(body, proof.logIndex, proof.treeSize, proof.hashes, crypto);
  expectThat(size === proof.treeSize && equalBytes(root, proof.rootHash), "the log's checkpoint is of another tree");
  expectThat(
    reached !== undefined && equalBytes(reached, root),
    "the proof of inclusion does not lead to the log's root",
  );
}

const MAX_SIGNATURES = 8;
const MAX_CHECKPOINT = 16_384;

/** A signed note: body, empty line, signature lines of em dash, name, and base64 of the key's hint and the signature. */
async function verifyCheckpoint(note: string, log: Log, crypto: Crypto): Promise<{ size: number; root: Uint8Array }> {
  const split = note.indexOf("\n\n");
  if (split < 0 || note.length > MAX_CHECKPOINT) throw new MalformedError("checkpoint is no signed note");
  const body = note.slice(0, split + 1);
  const [, size = "", hash = ""] = body.split("\n");
  if (!/^(?:0|[1-9]\d{0,15})$/.test(size)) throw new MalformedError("checkpoint without a tree size");
  const signatures = [...note.slice(split + 2).matchAll(/^\u2014 \S+ (\S+)$/gm)].slice(0, MAX_SIGNATURES);
  for (const [, encoded = ""] of signatures) {
    const bytes = fromBase64(encoded);
    if (!equalBytes(bytes.subarray(0, 4), log.id.subarray(0, 4))) continue;
    if (await signedBy(log.key, bytes.subarray(4), toUtf8(body), crypto))
      return { size: Number(size), root: fromBase64(hash) };
  }
  expectThat(false, "the log's checkpoint is not signed by the log");
}

/** What an entry says was signed: a hash of the payload or of what the signature is over, the signature, and the certificate of its key. */
interface Signed {
  readonly of: "payload" | "message";
  readonly hash: HashName;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly certificate: Uint8Array;
}

/** An entry proves nothing of this signature unless it is about it. */
async function verifyBody(
  entry: LogEntry,
  { envelope, signature, certificate }: SigstoreBundle,
  crypto: Crypto,
): Promise<void> {
  const body = asObject(parseJson(fromUtf8(entry.body)), "log entry");
  const read = READERS.get(`${entry.kind}/${entry.version}`);
  expectThat(read !== undefined, `log entries of the kind ${entry.kind} ${entry.version} are not known here`);
  const same = textAt(body, "kind") === entry.kind && textAt(body, "apiVersion") === entry.version;
  expectThat(same, "its log entry is of another kind than it says");
  const signed = read(objectAt(body, "spec"));
  const { payload, payloadType } = envelope;
  const found = await crypto.digest(
    signed.hash,
    signed.of === "payload" ? payload : preAuthEncoding(payloadType, payload),
  );
  const about =
    equalBytes(signed.digest, found) &&
    equalBytes(signed.signature, signature) &&
    equalBytes(signed.certificate, certificate.der);
  expectThat(about, "its log entry is about something else");
}

const READERS: ReadonlyMap<string, (spec: JsonObject) => Signed> = /* @__PURE__ */ new Map([
  ["dsse/0.0.1", readDsse1],
  ["dsse/0.0.2", readDsse2],
  ["intoto/0.0.2", readIntoto],
  ["hashedrekord/0.0.2", readHashed2],
]);

/** rekor, pkg/types/dsse/v0.0.1. */
function readDsse1(spec: JsonObject): Signed {
  const item = only(spec);
  return {
    ...hexHash(objectAt(spec, "payloadHash")),
    signature: bytesAt(item, "signature"),
    certificate: fromPemText(bytesAt(item, "verifier")),
  };
}

/** rekor-tiles, DSSELogEntryV002. */
function readDsse2(spec: JsonObject): Signed {
  const inner = objectAt(spec, "dsseV002");
  const item = only(inner);
  return { of: "payload", ...readHash2(objectAt(inner, "payloadHash")), ...readSignature2(item) };
}

/** rekor-tiles, HashedRekordLogEntryV002: of an envelope it holds the hash of what the signature is over. */
function readHashed2(spec: JsonObject): Signed {
  const inner = objectAt(spec, "hashedRekordV002");
  return { of: "message", ...readHash2(objectAt(inner, "data")), ...readSignature2(objectAt(inner, "signature")) };
}

const HASHES: ReadonlyMap<string, HashName> = /* @__PURE__ */ new Map([
  ["SHA2_256", "SHA-256"],
  ["SHA2_384", "SHA-384"],
  ["SHA2_512", "SHA-512"],
]);

function readHash2(of: JsonObject): Pick<Signed, "hash" | "digest"> {
  const hash = HASHES.get(textAt(of, "algorithm"));
  expectThat(hash !== undefined, "its log entry has a hash that is not taken");
  return { hash, digest: bytesAt(of, "digest") };
}

function readSignature2(item: JsonObject): Pick<Signed, "signature" | "certificate"> {
  const certificate = bytesAt(objectAt(objectAt(item, "verifier"), "x509Certificate"), "rawBytes");
  return { signature: bytesAt(item, "content"), certificate };
}

/** rekor, pkg/types/intoto/v0.0.2: the signature is base64 of base64. */
function readIntoto(spec: JsonObject): Signed {
  const content = objectAt(spec, "content");
  const item = only(objectAt(content, "envelope"));
  return {
    ...hexHash(objectAt(content, "payloadHash")),
    signature: fromBase64(fromUtf8(bytesAt(item, "sig"))),
    certificate: fromPemText(bytesAt(item, "publicKey")),
  };
}

function only(of: JsonObject): JsonObject {
  const [item, second] = objectsAt(of, "signatures", 2);
  expectThat(item !== undefined && second === undefined, "its log entry has not one signature");
  return item;
}

function hexHash(hash: JsonObject): Pick<Signed, "of" | "hash" | "digest"> {
  expectThat(textAt(hash, "algorithm") === "sha256", "its log entry has another hash than SHA-256");
  return { of: "payload", hash: "SHA-256", digest: fromHex(textAt(hash, "value")) };
}

function fromPemText(text: Uint8Array): Uint8Array {
  const [block, second] = fromPem(fromUtf8(text), 2);
  if (block === undefined || second !== undefined) throw new MalformedError("log entry without one certificate");
  return block.bytes;
}
