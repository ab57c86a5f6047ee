/** The two ways in: a handler for `node:http`, and one for servers that speak `Request` and `Response`. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { collector } from "../live/collect.js";
import type { Attester } from "./attester.js";
import { type PlainRequest, reply, TooLongError, TooSlowError } from "./handler.js";

export interface HandlerOptions {
  /** Who asks, for the rate limit; the address of the connection unless told. Behind a proxy that you trust: the header that it sets. */
  readonly peer?: (request: IncomingMessage) => string | undefined;
  /** How long a request may take to arrive, in milliseconds; 10,000 unless told. */
  readonly bodyTimeout?: number;
}

/** Resolves to `true` where the path is one of the attester's, and the request was answered. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/**
 * For `node:http` and everything built on it.
 * @example
 * createServer(async (request, response) => {
 *   if (!(await handle(request, response))) app(request, response);
 * });
 */
export function nodeHandler(attester: Attester, options: HandlerOptions = {}): NodeHandler {
  const { peer = (request: IncomingMessage) => request.socket.remoteAddress, bodyTimeout = BODY_MS } = options;
  return async (request, response) => {
    const answered = await reply(attester, {
      method: request.method ?? "",
      target: request.url ?? "",
      contentType: request.headers["content-type"] ?? "",
      peer: peer(request),
      body: (limit) => inTime(bodyOf(request, limit), bodyTimeout),
    });
    if (answered === undefined) return false;
    // What was not read of the request must not be taken for the next one.
    const unread = request.complete ? {} : { connection: "close" };
    response.writeHead(answered.status, { ...answered.headers, ...unread });
    response.end(answered.body);
    return true;
  };
}

const BODY_MS = 10_000;

async function bodyOf(stream: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const body = collector(limit);
  for await (const piece of stream) if (!body.add(piece)) throw new TooLongError("request too long");
  return body.bytes();
}

/** The reply closes the connection, which ends the reading. */
async function inTime<T>(reading: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooSlowError("request too slow")), milliseconds);
  });
  try {
    return await Promise.race([reading, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Not every engine iterates over streams. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const from = stream.getReader();
  try {
    for (let next = await from.read(); !next.done; next = await from.read()) yield next.value;
  } finally {
    from.cancel().catch(() => undefined);
  }
}

/** `undefined` where the path is none of the attester's. */
export type FetchHandler = (request: Request, peer?: string) => Promise<Response | undefined>;

/**
 * For Deno, Bun, Hono and others that hand over a `Request`. `peer` says who asks: without it only the common rate limit holds.
 * @example
 * Deno.serve(async (request, { remoteAddr }) => (await handle(request, remoteAddr.hostname)) ?? app(request));
 */
export function fetchHandler(attester: Attester, options: Pick<HandlerOptions, "bodyTimeout"> = {}): FetchHandler {
  const { bodyTimeout = BODY_MS } = options;
  return async (request, peer) => {
    const { pathname, search } = new URL(request.url);
    const plain: PlainRequest = {
      method: request.method,
      target: pathname + search,
      contentType: request.headers.get("content-type") ?? "",
      peer,
      body: async (limit) =>
        request.body === null ? new Uint8Array() : inTime(bodyOf(chunksOf(request.body), limit), bodyTimeout),
    };
    const answered = await reply(attester, plain);
    if (answered === undefined) return undefined;
    const { status, headers, body } = answered;
    return new Response(status === 204 ? null : typeof body === "string" ? body : body.slice(), { status, headers });
  };
}
