/** Fetches what is missing, within bounds of time, size, hosts and retries; every failure is a sentence, never a verdict (design, rule 10). */

import { CryptoUnavailableError } from "../crypto/crypto.js";
import { joinBytes } from "../encoding/bytes.js";
import { MalformedError } from "../encoding/malformed.js";
import type { Need, Vouching } from "../evidence/kind.js";
import type { CachedAnswer, EndorsementCache } from "./cache.js";

export type Fetch = typeof globalThis.fetch;

export interface Network {
  readonly fetch: Fetch;
  readonly cache: EndorsementCache | undefined;
  readonly signal: AbortSignal | undefined;
  /** Replaces the start of an address: vendor origin to the origin (and path) of a mirror that the caller trusts to answer. */
  readonly mirrors: ReadonlyMap<string, string>;
}

/** The vendors' own services. A mirror is the caller's explicit choice; no address comes from evidence. */
export const VENDOR_ORIGINS: readonly string[] = [
  "https://kdsintf.amd.com",
  "https://api.trustedservices.intel.com",
  "https://certificates.trustedservices.intel.com",
  "https://rim.attestation.nvidia.com",
];

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 1_048_576;
const ATTEMPTS = 3;
const MAX_WAIT_MS = 4_000;
/** Headers that carry Intel's issuer chains. */
const KEPT_HEADERS = [
  "tcb-info-issuer-chain",
  "sgx-tcb-info-issuer-chain",
  "sgx-enclave-identity-issuer-chain",
  "sgx-pck-crl-issuer-chain",
  "tcb-evaluation-data-numbers-issuer-chain",
];

export type Obtained = { readonly items: readonly Uint8Array[] } | { readonly failures: readonly string[] };

/**
 * Tries the candidates of `need` in order; the first answer that has the right form and, with `by`, is its vendor's counts, and only such an
 * answer is kept or taken out of the cache.
 */
export async function obtain(need: Need, network: Network, by?: Vouching): Promise<Obtained> {
  const failures: string[] = [];
  // A mirror stands in for its vendor: where it has the item, no other place is asked.
  const own = need.candidates.filter((candidate) => network.mirrors.has(new URL(candidate).origin));
  for (const candidate of own.length > 0 ? own : need.candidates) {
    const kept = await cached(candidate, network.cache);
    const keptItems = kept === undefined ? undefined : await accepted(need, kept, by);
    if (keptItems !== undefined && typeof keptItems !== "string") return { items: keptItems };
    const answer = await answerOf(candidate, network);
    const items = "failure" in answer ? answer.failure : await accepted(need, answer, by);
    if (typeof items !== "string") {
      await keep(candidate, answer as CachedAnswer, network.cache);
      return { items };
    }
    failures.push(`${hostOf(mirrored(candidate, network.mirrors) ?? candidate)}: ${items}`);
  }
  return { failures };
}

/** The endorsements in an answer, or why it is not what was asked for. */
async function accepted(
  need: Need,
  { body, headers }: CachedAnswer,
  by: Vouching | undefined,
): Promise<readonly Uint8Array[] | string> {
  try {
    const header = (name: string): string | undefined => (Object.hasOwn(headers, name) ? headers[name] : undefined);
    return await need.accept({ body, header }, by);
  } catch (error) {
    if (error instanceof MalformedError) return `not what was asked for (${error.reason})`;
    if (error instanceof CryptoUnavailableError) return `whose it is cannot be told here (${error.message})`;
    throw error;
  }
}

function hostOf(address: string): string {
  return new URL(address).host;
}

type Answer = CachedAnswer | { readonly failure: string };

async function answerOf(candidate: string, network: Network): Promise<Answer> {
  const address = mirrored(candidate, network.mirrors);
  return address === undefined ? { failure: "host is not on the list" } : request(address, network);
}

/** The address to ask: of a mirror where the caller named one, else of the vendor; `undefined` for any other host. */
function mirrored(address: string, mirrors: ReadonlyMap<string, string>): string | undefined {
  const { origin } = new URL(address);
  const mirror = mirrors.get(origin);
  if (mirror !== undefined) return mirror.replace(/\/$/, "") + address.slice(origin.length);
  return VENDOR_ORIGINS.includes(origin) ? address : undefined;
}

async function request(address: string, network: Network): Promise<Answer> {
  let failure = "no answer";
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const result = await requestOnce(address, network);
    if (!("retryAfter" in result)) return result;
    failure = result.failure;
    if (attempt + 1 < ATTEMPTS)
      await pause(Math.min(MAX_WAIT_MS, Math.max(result.retryAfter, 250 * 2 ** attempt)), network.signal);
  }
  return { failure };
}

type OneResult = Answer | { readonly failure: string; readonly retryAfter: number };

async function requestOnce(address: string, { fetch, signal }: Network): Promise<OneResult> {
  if (signal?.aborted) return { failure: "aborted" };
  const timeout = new AbortController();
  const stop = (): void => timeout.abort();
  const timer = setTimeout(stop, TIMEOUT_MS);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    // A `fetch` of the caller's own, or a stream of its, may never hear of the signal.
    return await Promise.race([exchange(address, fetch, timeout.signal), stopped(timeout.signal)]);
  } catch (error) {
    if (signal?.aborted) return { failure: "aborted" };
    if (timeout.signal.aborted) return { failure: `no answer within ${TIMEOUT_MS / 1000} seconds` };
    return {
      failure:
        error instanceof MalformedError
          ? error.reason
          : "the request failed (no network, or the service does not answer browsers)",
    };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

async function exchange(address: string, fetch: Fetch, signal: AbortSignal): Promise<OneResult> {
  // A redirect would leave the host list; credentials have no business at a vendor's service.
  const response = await fetch(address, {
    signal,
    redirect: "error",
    credentials: "omit",
    referrerPolicy: "no-referrer",
  });
  if (response.status === 429 || response.status === 503)
    return { failure: `busy (status ${response.status})`, retryAfter: retryAfterMs(response) };
  if (response.status !== 200) return { failure: `status ${response.status}` };
  return { body: await boundedBody(response), headers: keptHeaders(response) };
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("stopped")), { once: true });
  });
}

function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get("retry-after") ?? "0");
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}

function keptHeaders(response: Response): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = response.headers.get(name);
    if (value !== null && value.length < 65_536) headers[name] = value;
  }
  return headers;
}

/** Reads at most `MAX_ANSWER_BYTES`, whatever the service says of its length. */
async function boundedBody(response: Response): Promise<Uint8Array> {
  const stream = response.body?.getReader();
  if (stream === undefined) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await stream.read();
    if (done) return joinBytes(chunks);
    length += value.length;
    if (length > MAX_ANSWER_BYTES) {
      stream.cancel().catch(() => undefined);
      throw new MalformedError(`answer longer than ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(value);
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** A cache that fails, or holds what is no answer, is a cache that does not have it. */
async function cached(address: string, cache: EndorsementCache | undefined): Promise<CachedAnswer | undefined> {
  try {
    const answer = await inTime(cache?.get(address));
    if (!ArrayBuffer.isView(answer?.body)) return undefined;
    const headers = Object.entries(answer.headers ?? {}).filter(([, value]) => typeof value === "string");
    // A copy: certificates are views of these bytes, which belong to the cache.
    return { body: new Uint8Array(answer.body), headers: Object.fromEntries(headers) };
  } catch {
    return undefined;
  }
}

async function keep(address: string, answer: CachedAnswer, cache: EndorsementCache | undefined): Promise<void> {
  try {
    await inTime(cache?.set(address, { body: answer.body.slice(), headers: answer.headers }));
  } catch {
    // Not kept: it is fetched again next time.
  }
}

/** A cache of the caller's may never answer; it then has failed. */
async function inTime<T>(answer: T): Promise<Awaited<T>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("late")), TIMEOUT_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
