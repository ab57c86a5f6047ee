/** Requests to answers, without a framework: the routes, CORS, and refusals that say a code and nothing of the inside. */

import { MalformedError } from "../encoding/malformed.js";
import { fromBase64Url } from "../encoding/text.js";
import { ATTESTATION_PATH, INFO_PATH, MESSAGE_PATH, SEALED_TYPE } from "../live/protocol.js";
import { MAX_SEALED_BYTES } from "../live/sealed.js";
import { type Attester, type Refusal, RefusedError } from "./attester.js";

export interface PlainRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly contentType: string;
  /** Who asks, for the rate limit. */
  readonly peer: string | undefined;
  /** At most so many bytes. @throws TooLongError and TooSlowError */
  body(limit: number): Promise<Uint8Array>;
}

export interface PlainReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

export class TooLongError extends Error {
  override readonly name = "TooLongError";
}

export class TooSlowError extends Error {
  override readonly name = "TooSlowError";
}

const STATUS: Readonly<Record<Refusal, number>> = {
  "nonce-missing": 400,
  "nonce-malformed": 400,
  "nonce-length": 400,
  "no-tls-key": 400,
  busy: 503,
  "too-many-requests": 429,
  "evidence-unavailable": 500,
  "no-messages": 404,
  "message-malformed": 400,
  "session-unknown": 409,
  "message-replayed": 400,
};

const COMMON: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  // Whoever asks gets the same answer, and nothing in it is secret: any page may read it.
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "retry-after",
};

const METHODS: Readonly<Record<string, string>> = {
  [ATTESTATION_PATH]: "GET",
  [INFO_PATH]: "GET",
  [MESSAGE_PATH]: "POST",
};

/** The reply, or `undefined` for a path that is none of ours. */
export async function reply(attester: Attester, request: PlainRequest): Promise<PlainReply | undefined> {
  const [path = "", query = ""] = request.target.split("?", 2);
  const method = Object.hasOwn(METHODS, path) ? METHODS[path] : undefined;
  if (method === undefined) return undefined;
  if (request.method === "OPTIONS") return preflight(method);
  if (request.method !== method) return failure(405, "method", { allow: `${method}, OPTIONS` });
  try {
    if (path === INFO_PATH) return json(200, attester.info());
    if (path === ATTESTATION_PATH) return await challenged(attester, new URLSearchParams(query), request.peer);
    return await messaged(attester, request);
  } catch (error) {
    if (error instanceof TooLongError) return failure(413, "too-long");
    if (error instanceof TooSlowError) return failure(408, "too-slow");
    if (!(error instanceof RefusedError)) return failure(500, "internal");
    const { refusal, retryAfter } = error;
    return failure(STATUS[refusal], refusal, retryAfter === undefined ? {} : { "retry-after": String(retryAfter) });
  }
}

async function challenged(attester: Attester, query: URLSearchParams, peer: string | undefined): Promise<PlainReply> {
  const nonces = query.getAll("nonce");
  const keys = query.getAll("key");
  const [nonce] = nonces;
  if (nonce === undefined) throw new RefusedError("nonce-missing");
  const [key = "sealed"] = keys;
  if (nonces.length > 1 || keys.length > 1 || (key !== "sealed" && key !== "tls"))
    throw new RefusedError("nonce-malformed");
  // Before it is decoded.
  if (nonce.length > 128) throw new RefusedError("nonce-length");
  return json(200, await attester.answer(decoded(nonce), key, peer));
}

function decoded(nonce: string): Uint8Array {
  try {
    return fromBase64Url(nonce);
  } catch (error) {
    if (error instanceof MalformedError) throw new RefusedError("nonce-malformed");
    throw error;
  }
}

async function messaged(attester: Attester, request: PlainRequest): Promise<PlainReply> {
  if (request.contentType.split(";")[0]?.trim().toLowerCase() !== SEALED_TYPE) return failure(415, "media-type");
  const body = await attester.message(() => request.body(MAX_SEALED_BYTES), request.peer);
  return { status: 200, headers: { ...COMMON, "content-type": SEALED_TYPE }, body };
}

function preflight(method: string): PlainReply {
  const headers = {
    ...COMMON,
    "access-control-allow-methods": method,
    "access-control-allow-headers": "content-type",
    "access-control-max-age": "600",
  };
  return { status: 204, headers, body: "" };
}

function json(status: number, body: string, headers: Readonly<Record<string, string>> = {}): PlainReply {
  return { status, headers: { ...COMMON, "content-type": "application/json", ...headers }, body };
}

function failure(status: number, error: string, headers: Readonly<Record<string, string>> = {}): PlainReply {
  return json(status, JSON.stringify({ error }), headers);
}
