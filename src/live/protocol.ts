/** What both ends of a challenge agree on: addresses, limits and the form of the answer (docs/live-protocol.md). */

import { concatBytes } from "../encoding/bytes.js";
import { isJsonObject, member, parseJson, stringMember } from "../encoding/json.js";
import { demand, MalformedError } from "../encoding/malformed.js";
import { fromBase64, fromBase64Url, fromHex, fromUtf8, toUtf8 } from "../encoding/text.js";
import type { Bundle } from "../evidence/envelope.js";

/** Where an agent answers challenges (RFC 8615). */
export const ATTESTATION_PATH = "/.well-known/tee-attestation";
/** What an agent says of itself without a nonce. */
export const INFO_PATH: string = `${ATTESTATION_PATH}/info`;
/** Where it takes sealed messages. */
export const MESSAGE_PATH: string = `${ATTESTATION_PATH}/message`;
/** Media type of sealed messages and their answers. */
export const SEALED_TYPE = "application/vnd.tee-verify.sealed";

/** Nonces that an agent takes, in bytes. */
export const NONCE_BYTES: { readonly min: number; readonly max: number } = { min: 32, max: 64 };
export const SESSION_BYTES = 16;
/** Longest plain message, and longest plain answer. */
export const MAX_MESSAGE_BYTES = 1_048_576;
/** Longest answer to a challenge: evidence, endorsements, an event log. */
export const MAX_ANSWER_BYTES = 8_388_608;

/** Which key the evidence is to bind: that of sealed messages, or that of the TLS certificate. */
export type BoundKey = "sealed" | "tls";

const TLS_LABEL = "tee-verify/live/tls/v1";

/**
 * The nonce that evidence binds beside the key. That of a TLS certificate is bound under a label: else a relay could hand on evidence for it as
 * evidence for the key of sealed messages, and whoever holds the certificate's key, a proxy perhaps, would read them.
 */
export function boundNonce(nonce: Uint8Array, key: BoundKey): Uint8Array {
  return key === "tls" ? concatBytes(nonce, toUtf8(TLS_LABEL)) : nonce;
}

/** An agent's answer to a challenge. Everything in it is its word alone until the evidence has been judged. */
export interface Answer {
  /** The nonce that the agent says it answers. */
  readonly nonce: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** What the agent says it put into the report data: 64 bytes. */
  readonly reportData: Uint8Array;
  /** Names the messages that may follow; absent where it takes none. */
  readonly session: Uint8Array | undefined;
  readonly bundle: Bundle;
}

const MAX_KEY_BYTES = 1024;

/** @throws MalformedError */
export function parseAnswer(body: Uint8Array): Answer {
  const json = parseJson(fromUtf8(body), { length: MAX_ANSWER_BYTES });
  if (!isJsonObject(json)) throw new MalformedError("the answer is no JSON object");
  demand(member(json, "tee-attestation") === 1, "the answer is not of version 1");
  const nonce = fromBase64Url(stringMember(json, "nonce"));
  const publicKey = fromBase64(stringMember(json, "publicKey"));
  demand(publicKey.length > 0 && publicKey.length <= MAX_KEY_BYTES, "the answer's key has an impossible length");
  const reportData = fromHex(stringMember(json, "reportData"));
  demand(reportData.length === 64, "the answer's report data does not have 64 bytes");
  const named = member(json, "session");
  const session = named === undefined ? undefined : fromBase64Url(stringMember(json, "session"));
  demand(session === undefined || session.length === SESSION_BYTES, "the answer's session has a wrong length");
  const bundle = member(json, "bundle");
  if (!isJsonObject(bundle)) throw new MalformedError("the answer carries no bundle");
  demand(member(bundle, "tee-verify") === 1, "the answer's bundle is not of version 1");
  return { nonce, publicKey, reportData, session, bundle: bundle as unknown as Bundle };
}
