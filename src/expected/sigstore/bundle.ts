/** Sigstore bundles with a DSSE envelope (sigstore_bundle.proto, versions 0.1 to 0.3): read strictly, nothing judged. */

import { type JsonObject, parseJson } from "../../encoding/json.js";
import { demand } from "../../encoding/malformed.js";
import { fromUtf8 } from "../../encoding/text.js";
import { type Certificate, parseCertificate } from "../../trust/certificate.js";
import { type DsseEnvelope, readEnvelope } from "../build/dsse.js";
import { MAX_ENVELOPE_BYTES } from "../build/publisher.js";
import { asObject, bytesAt, integerAt, listAt, objectAt, objectsAt, set, textAt } from "./json.js";

export interface InclusionProof {
  readonly logIndex: number;
  readonly treeSize: number;
  readonly rootHash: Uint8Array;
  /** From the leaf upwards. */
  readonly hashes: readonly Uint8Array[];
  /** A signed note (transparency-dev, tlog-checkpoint). */
  readonly checkpoint: string;
}

export interface LogEntry {
  readonly logId: Uint8Array;
  readonly kind: string;
  readonly version: string;
  readonly logIndex: number;
  /** Seconds since 1970; nobody's word unless a promise covers it. */
  readonly integratedTime: number;
  /** Signed entry timestamp. */
  readonly promise: Uint8Array | undefined;
  readonly proof: InclusionProof | undefined;
  readonly body: Uint8Array;
}

export interface SigstoreBundle {
  /** Of the signer; other certificates in a bundle are nobody's word and are not read. */
  readonly certificate: Certificate;
  readonly envelope: DsseEnvelope;
  readonly signature: Uint8Array;
  readonly entries: readonly LogEntry[];
  /** RFC 3161 responses, DER. */
  readonly timestamps: readonly Uint8Array[];
}

const MEDIA_TYPE = /^application\/vnd\.dev\.sigstore\.bundle(?:\+json;version=0\.[123]|\.v0\.3\+json)$/;
const MAX_ENTRIES = 8;
/** A tree of 2^63 leaves has paths of this length. */
const MAX_HASHES = 63;

/** @throws MalformedError */
export function parseBundle(bytes: Uint8Array): SigstoreBundle {
  const bundle = asObject(parseJson(fromUtf8(bytes), { depth: 16, length: MAX_ENVELOPE_BYTES }), "bundle");
  demand(MEDIA_TYPE.test(textAt(bundle, "mediaType")), "no Sigstore bundle of version 0.1 to 0.3");
  const material = objectAt(bundle, "verificationMaterial");
  const envelope = readEnvelope(set(bundle, "dsseEnvelope"));
  const [signature, second] = envelope.signatures;
  demand(signature !== undefined && second === undefined, "bundle with more than one signature");
  const times = set(material, "timestampVerificationData");
  return {
    certificate: parseCertificate(leafOf(material)),
    envelope,
    signature,
    entries: objectsAt(material, "tlogEntries", MAX_ENTRIES).map(readEntry),
    timestamps:
      times === undefined
        ? []
        : objectsAt(asObject(times, "timestampVerificationData"), "rfc3161Timestamps", MAX_ENTRIES).map((item) =>
            bytesAt(item, "signedTimestamp"),
          ),
  };
}

function leafOf(material: JsonObject): Uint8Array {
  if (set(material, "certificate") !== undefined) return bytesAt(objectAt(material, "certificate"), "rawBytes");
  demand(set(material, "x509CertificateChain") !== undefined, "bundle without a certificate");
  const [leaf] = objectsAt(objectAt(material, "x509CertificateChain"), "certificates", MAX_ENTRIES);
  return bytesAt(asObject(leaf, "certificate"), "rawBytes");
}

function readEntry(entry: JsonObject): LogEntry {
  const kind = objectAt(entry, "kindVersion");
  const promise = set(entry, "inclusionPromise");
  const proof = set(entry, "inclusionProof");
  return {
    logId: bytesAt(objectAt(entry, "logId"), "keyId"),
    kind: textAt(kind, "kind"),
    version: textAt(kind, "version"),
    logIndex: integerAt(entry, "logIndex"),
    integratedTime: integerAt(entry, "integratedTime"),
    promise: promise === undefined ? undefined : bytesAt(asObject(promise, "inclusionPromise"), "signedEntryTimestamp"),
    proof: proof === undefined ? undefined : readProof(asObject(proof, "inclusionProof")),
    body: bytesAt(entry, "canonicalizedBody"),
  };
}

function readProof(proof: JsonObject): InclusionProof {
  const hashes = listOfHashes(proof);
  return {
    logIndex: integerAt(proof, "logIndex"),
    treeSize: integerAt(proof, "treeSize"),
    rootHash: bytesAt(proof, "rootHash"),
    hashes,
    checkpoint: textAt(objectAt(proof, "checkpoint"), "envelope"),
  };
}

function listOfHashes(proof: JsonObject): readonly Uint8Array[] {
  return listAt(proof, "hashes", MAX_HASHES).map((value) => bytesAt({ hash: value }, "hash"));
}
