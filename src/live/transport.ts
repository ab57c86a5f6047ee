/** One bounded exchange with an agent: time, size, attempts, and no redirect; every failure is a `LiveError` with its code. */

import { LiveError } from "./codes.js";
import { collector } from "./collect.js";

/** What a transport must do; `globalThis.fetch` does. */
export type Transport = (address: string, init: TransportRequest) => Promise<Response>;

/** The part of `RequestInit` that is used. */
export interface TransportRequest {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
  readonly redirect: "manual";
  readonly credentials: "omit";
  readonly cache: "no-store";
  readonly referrerPolicy: "no-referrer";
}

export interface Bounds {
  readonly transport: Transport;
  /** For everything together, attempts and pauses included, in milliseconds. */
  readonly timeout: number;
  readonly attempts: number;
  readonly signal: AbortSignal | undefined;
  readonly maxBytes: number;
}

export interface Question {
  readonly address: string;
  readonly method: "GET" | "POST";
  readonly accept: string;
  readonly body?: Uint8Array;
  readonly type?: string;
}

/** Longest pause between attempts, whatever the agent asks for. */
const MAX_PAUSE_MS = 10_000;

/** The body of a 200 answer of the accepted type. @throws LiveError */
export async function exchange(question: Question, bounds: Bounds): Promise<Uint8Array> {
  if (bounds.signal?.aborted) throw new LiveError("aborted", "aborted before anything was sent");
  const deadline = new AbortController();
  const stop = (): void => deadline.abort();
  const timer = setTimeout(stop, bounds.timeout);
  bounds.signal?.addEventListener("abort", stop, { once: true });
  try {
    // A transport of the caller's own, or a stream of its, may never hear of the signal.
    return await Promise.race([attempts(question, bounds, deadline.signal), stopped(deadline.signal)]);
  } catch (error) {
    if (bounds.signal?.aborted) throw new LiveError("aborted", "aborted by the caller");
    if (deadline.signal.aborted) throw new LiveError("timeout", `no whole answer within ${bounds.timeout} ms`);
    if (error instanceof LiveError) throw error;
    throw new LiveError("unreachable", "the request failed: no connection, or the agent does not answer browsers");
  } finally {
    clearTimeout(timer);
    deadline.abort();
    bounds.signal?.removeEventListener("abort", stop);
  }
}

async function attempts(question: Question, bounds: Bounds, signal: AbortSignal): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    const response = await bounds.transport(question.address, requestOf(question, signal));
    if (response.status !== 429 && response.status !== 503) return await bodyOf(response, question.accept, bounds);
    discard(response);
    if (attempt >= bounds.attempts) throw new LiveError("busy", `the agent is busy (status ${response.status})`);
    await pause(Math.min(MAX_PAUSE_MS, Math.max(retryAfterMs(response), 250 * 2 ** attempt)), signal);
  }
}

function requestOf({ method, accept, body, type }: Question, signal: AbortSignal): TransportRequest {
  return {
    method,
    headers: { accept, ...(type === undefined ? {} : { "content-type": type }) },
    ...(body === undefined ? {} : { body: body.slice() }),
    signal,
    redirect: "manual",
    credentials: "omit",
    cache: "no-store",
    referrerPolicy: "no-referrer",
  };
}

async function bodyOf(response: Response, accept: string, bounds: Bounds): Promise<Uint8Array> {
  // A browser hides where a redirect leads, and its status; a transport of the caller's own may have followed it.
  const redirected =
    response.redirected || response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400);
  const refused = redirected ? "redirected" : STATUS[response.status];
  const type = (response.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (refused !== undefined || response.status !== 200) {
    discard(response);
    if (redirected) throw new LiveError("redirected", "the agent answers with a redirect, which nobody followed");
    throw new LiveError(refused ?? "unexpected-status", `the agent answers with status ${response.status}`);
  }
  if (type !== accept) {
    discard(response);
    throw new LiveError("not-json", `the answer is of type ${JSON.stringify(type.slice(0, 40))}, not ${accept}`);
  }
  return await boundedBody(response, bounds.maxBytes);
}

const STATUS: Readonly<Record<number, "not-found" | "session-unknown">> = { 404: "not-found", 409: "session-unknown" };

/** Reads at most `maxBytes`, whatever the agent says of its length. */
async function boundedBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  const stream = response.body?.getReader();
  if (stream === undefined) return new Uint8Array();
  const body = collector(maxBytes);
  for (;;) {
    const { done, value } = await stream.read();
    if (done) return body.bytes();
    if (body.add(value)) continue;
    stream.cancel().catch(() => undefined);
    throw new LiveError("answer-too-long", `the answer is longer than ${maxBytes} bytes`);
  }
}

function discard(response: Response): void {
  response.body?.cancel().catch(() => undefined);
}

/** Seconds alone: a date would have to be read against a clock that may be wrong. */
function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get("retry-after") ?? "0");
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("stopped")), { once: true });
  });
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
