/** Signed certificate timestamps inside a certificate: the authority logged it before it issued it (RFC 6962, sections 3.2 and 3.3). */

import type { Crypto } from "../../crypto/crypto.js";
import { concatBytes, equalBytes } from "../../encoding/bytes.js";
import { contents, contextTag, cursor, encoded, oid, readDer, sequence, TAG } from "../../encoding/der.js";
import { demand } from "../../encoding/malformed.js";
import { reader } from "../../encoding/reader.js";
import type { Certificate } from "../../trust/certificate.js";
import { signedBy } from "../build/keys.js";
import { expectThat } from "./refused.js";
import { during, type Log } from "./trusted-root.js";

const SCT_LIST = "1.3.6.1.4.1.11129.2.4.2";
const MAX_TIMESTAMPS = 8;

/** At least one timestamp, and each of them by a trusted log. @throws RefusedError, MalformedError */
export async function verifyTimestampsOfLogs(
  leaf: Certificate,
  issuer: Certificate,
  logs: readonly Log[],
  crypto: Crypto,
): Promise<void> {
  const extension = leaf.extensions.get(SCT_LIST);
  expectThat(extension !== undefined, "its certificate carries no promise of a certificate log");
  const timestamps = readTimestamps(extension.value);
  const issuerHash = await crypto.digest("SHA-256", issuer.spki);
  const signed = withoutExtension(leaf.tbs, SCT_LIST);
  for (const timestamp of timestamps) {
    const log = logs.find(({ id }) => equalBytes(id, timestamp.log));
    expectThat(
      log !== undefined && during(log.period, timestamp.time),
      "its certificate is in no certificate log of the trusted root",
    );
    const message = concatBytes(
      timestamp.head,
      PRECERT_ENTRY,
      issuerHash,
      uint24(signed.length),
      signed,
      timestamp.tail,
    );
    expectThat(
      await signedBy(log.key, timestamp.signature, message, crypto),
      "the certificate log's promise is not signed by the log",
    );
  }
}

interface Timestamp {
  readonly log: Uint8Array;
  readonly time: number;
  readonly signature: Uint8Array;
  /** sct_version, signature_type (certificate_timestamp, 0) and timestamp. */
  readonly head: Uint8Array;
  /** Extensions with their length. */
  readonly tail: Uint8Array;
}

const PRECERT_ENTRY = /* @__PURE__ */ Uint8Array.of(0, 1);
const uint24 = (value: number): Uint8Array => Uint8Array.of(value >>> 16, value >>> 8, value);

/** SignedCertificateTimestampList in an OCTET STRING. */
function readTimestamps(value: Uint8Array): readonly Timestamp[] {
  const element = readDer(value);
  demand(element.tag === TAG.octetString, "certificate timestamps are no OCTET STRING");
  const list = reader(contents(element));
  demand(list.u16be("list length") === list.remaining, "certificate timestamps of another length");
  const found: Timestamp[] = [];
  while (list.remaining > 0) {
    demand(found.length < MAX_TIMESTAMPS, `more than ${MAX_TIMESTAMPS} certificate timestamps`);
    found.push(readTimestamp(list.take(list.u16be("timestamp length"), "timestamp")));
  }
  demand(found.length > 0, "no certificate timestamp in their list");
  return found;
}

const HASH_SHA256 = 4;
const SIGNATURE_ECDSA = 3;

function readTimestamp(bytes: Uint8Array): Timestamp {
  const fields = reader(bytes);
  const version = fields.u8("sct_version");
  demand(version === 0, "certificate timestamp of another version than 1");
  const log = fields.take(32, "log id");
  const time = fields.take(8, "timestamp");
  const start = fields.offset;
  fields.take(fields.u16be("extensions length"), "extensions");
  const tail = bytes.subarray(start, fields.offset);
  const algorithms = [fields.u8("hash"), fields.u8("signature algorithm")];
  demand(
    algorithms[0] === HASH_SHA256 && algorithms[1] === SIGNATURE_ECDSA,
    "certificate timestamp that is not ECDSA with SHA-256",
  );
  const signature = fields.take(fields.u16be("signature length"), "signature");
  fields.end("certificate timestamp");
  const head = concatBytes(Uint8Array.of(version, 0), time);
  return { log, time: Number(new DataView(time.buffer, time.byteOffset).getBigUint64(0)), signature, head, tail };
}

/** RFC 6962, section 3.2: the TBSCertificate as it was before its timestamps were put in. */
function withoutExtension(tbs: Uint8Array, name: string): Uint8Array {
  const fields = cursor(readDer(tbs));
  const kept: Uint8Array[] = [];
  while (fields.more) {
    const field = fields.any("field");
    if (field.tag !== contextTag(3)) {
      kept.push(encoded(field));
      continue;
    }
    const list = sequence(cursor(field).any("extensions"), "extensions");
    const extensions: Uint8Array[] = [];
    while (list.more) {
      const extension = list.any("extension");
      if (oid(sequence(extension, "extension").next(TAG.oid, "extnID")) !== name) extensions.push(encoded(extension));
    }
    if (extensions.length > 0) kept.push(element(contextTag(3), element(TAG.sequence, ...extensions)));
  }
  return element(TAG.sequence, ...kept);
}

function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const inside = concatBytes(...parts);
  const { length } = inside;
  const octets = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.of(tag, ...octets), inside);
}
