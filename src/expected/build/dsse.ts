/** DSSE envelopes (Dead Simple Signing Envelope, version 1.0.2: envelope.md, protocol.md): what was signed, and the bytes that signatures are over. */

import { concatBytes } from "../../encoding/bytes.js";
import { isJsonObject, type JsonValue, member, stringMember } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromBase64, fromBase64Url, toBase64, toUtf8 } from "../../encoding/text.js";

export const IN_TOTO_TYPE = "application/vnd.in-toto+json";

/** Most signatures that are read: each is tried with each key. */
const MAX_SIGNATURES = 16;

export interface DsseEnvelope {
  readonly payloadType: string;
  /** The bytes that were signed, as they were. */
  readonly payload: Uint8Array;
  /** At least one. `keyid` is nobody's word and is not read. */
  readonly signatures: readonly Uint8Array[];
}

/** @throws MalformedError */
export function readEnvelope(value: JsonValue | undefined): DsseEnvelope {
  if (!isJsonObject(value)) throw new MalformedError("DSSE envelope is not an object");
  const signatures = member(value, "signatures");
  demand(Array.isArray(signatures) && signatures.length > 0, "DSSE envelope without signatures");
  demand(signatures.length <= MAX_SIGNATURES, `DSSE envelope with more than ${MAX_SIGNATURES} signatures`);
  return {
    payloadType: stringMember(value, "payloadType"),
    payload: fromEitherBase64(stringMember(value, "payload")),
    signatures: signatures.map((item: JsonValue) => {
      if (!isJsonObject(item)) throw new MalformedError("DSSE signature is not an object");
      return fromEitherBase64(stringMember(item, "sig"));
    }),
  };
}

/** envelope.md: "Either standard or URL-safe encoding is allowed"; the latter often comes without padding. */
export function fromEitherBase64(text: string): Uint8Array {
  const bare = text.replace(/={1,2}$/, "");
  return /[-_]/.test(bare) ? fromBase64Url(bare) : fromBase64(bare.padEnd(Math.ceil(bare.length / 4) * 4, "="));
}

/**
 * PAE (protocol.md): `"DSSEv1" SP LEN(type) SP type SP LEN(body) SP body`, the bytes that a signature is over.
 *
 * @example
 * const signature = await sign(preAuthEncoding("application/vnd.in-toto+json", manifest));
 */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = toUtf8(payloadType);
  return concatBytes(toUtf8(`DSSEv1 ${type.length} `), type, toUtf8(` ${payload.length} `), payload);
}

/**
 * The text of an envelope around the exact bytes of a manifest.
 * @param signatures over `preAuthEncoding("application/vnd.in-toto+json", manifest)`: Ed25519 raw, ECDSA as DER
 * @example
 * const text = manifestEnvelope(manifest, [signature]);
 */
export function manifestEnvelope(manifest: Uint8Array, signatures: readonly Uint8Array[]): string {
  const envelope = {
    payload: toBase64(manifest),
    payloadType: IN_TOTO_TYPE,
    signatures: signatures.map((signature) => ({ sig: toBase64(signature) })),
  };
  return JSON.stringify(envelope);
}
