/** The attesting side: answers challenges with fresh evidence, and opens what was sealed to the key that the evidence binds. */

import { reportDataFor } from "../challenge.js";
import { toBase64, toBase64Url, toHex, toUtf8 } from "../encoding/text.js";
import { type BoundKey, boundNonce, MAX_MESSAGE_BYTES, NONCE_BYTES } from "../live/protocol.js";
import { createSealingKey, headerOf, openMessage } from "../live/sealed.js";
import { createEndorser, type EndorsementOptions } from "./endorsements.js";
import { type Provider, ProviderError, type RawEvidence } from "./provider.js";
import { createQueue, QueueFullError } from "./queue.js";
import { createRateLimiter, type RateLimits } from "./rate-limit.js";
import { createSessions } from "./sessions.js";

/**
 * What the agent does with a message: its bytes are the sender's, whom nothing but the message itself can show to be anybody. Nor does `session`:
 * a relay reads its name and can seal messages of its own in it, so what one message proves is not proven for the next.
 * @throws MessageRefusedError where the sender shall learn that it was refused; of any other error, that the agent failed
 */
export type OnMessage = (
  message: Uint8Array,
  context: { readonly session: string; readonly signal: AbortSignal },
) => Promise<Uint8Array | string> | Uint8Array | string;

export interface AttesterOptions {
  readonly provider: Provider;
  readonly endorsements?: EndorsementOptions;
  /** Exact text of the build manifest that the answer carries along. */
  readonly manifest?: string;
  /** Takes sealed messages; absent means that there are none. What it throws stays here: the sender learns which of the two it was. */
  readonly onMessage?: OnMessage;
  /**
   * SubjectPublicKeyInfo (DER) of the TLS certificate that clients see, for those that bind to it. Only where its private key never leaves this
   * machine: evidence for a key that a proxy elsewhere holds says that the proxy is the agent.
   */
  readonly tlsPublicKey?: Uint8Array;
  readonly rate?: RateLimits;
  /** How long a session of sealed messages lasts, in seconds; 600 unless told. */
  readonly sessionSeconds?: number;
  /** How many questions the device gets at once, and how many wait; 4 and 64 unless told. */
  readonly concurrency?: number;
  readonly waiting?: number;
  /** For the device, and for `onMessage`, in milliseconds; 20,000 unless told. */
  readonly timeout?: number;
  /** For the operator's log; nothing of it is ever sent. */
  readonly onError?: (error: unknown) => void;
  /** Milliseconds since 1970; the clock unless told. */
  readonly now?: () => number;
}

/** Why a question got no answer: all that the other side learns. */
export type Refusal =
  | "nonce-missing"
  | "nonce-malformed"
  | "nonce-length"
  | "no-tls-key"
  | "busy"
  | "too-many-requests"
  | "evidence-unavailable"
  | "no-messages"
  | "message-malformed"
  | "session-unknown"
  | "message-replayed";

/** For `onMessage` to throw: the sender learns that the agent refused the message, and nothing else. */
export class MessageRefusedError extends Error {
  override readonly name = "MessageRefusedError";
}

export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly refusal: Refusal;
  readonly retryAfter: number | undefined;

  constructor(refusal: Refusal, retryAfter?: number) {
    super(refusal);
    this.refusal = refusal;
    this.retryAfter = retryAfter;
  }
}

const MAX_READING = 64;

export interface Attester {
  /** SubjectPublicKeyInfo (DER) of the key that messages are sealed to. It never leaves this process, and a new one is made at each start. */
  readonly publicKey: Uint8Array;
  /** The answer to a challenge, as JSON text. @throws RefusedError */
  answer(nonce: Uint8Array, key: BoundKey, peer?: string): Promise<string>;
  /** The sealed answer to a sealed message, which is read only where the rate allows it. @throws RefusedError and what reading throws */
  message(sealed: Uint8Array | (() => Promise<Uint8Array>), peer?: string): Promise<Uint8Array>;
  /** What is said without a nonce, as JSON text. */
  info(): string;
  /** For a health endpoint: how the last question to the device ended, `undefined` before the first. */
  health(): { readonly ok: boolean; readonly at: number } | undefined;
}

/**
 * @throws TypeError (as a rejection) for misuse of the options
 * @example
 * const attester = await createAttester({ provider: configfsTsm(), endorsements: { fetch }, onMessage: (message) => agent.handle(message) });
 * createServer(nodeHandler(attester)).listen(8443);
 */
export async function createAttester(options: AttesterOptions): Promise<Attester> {
  const { provider, manifest, onMessage, tlsPublicKey, onError = () => undefined, now = Date.now } = options;
  const { sessionSeconds = 600, concurrency = 4, waiting = 64, timeout = 20_000 } = options;
  for (const [name, value] of Object.entries({ sessionSeconds, concurrency, timeout }))
    if (!Number.isInteger(value) || value < 1) throw new TypeError(`${name} must be a positive whole number`);
  if (!Number.isInteger(waiting) || waiting < 0) throw new TypeError("waiting must be a whole number");
  if (typeof provider?.attest !== "function") throw new TypeError("provider is required: configfsTsm(), dstack(), ...");
  if (tlsPublicKey?.length === 0) throw new TypeError("tlsPublicKey must not be empty");
  const key = await createSealingKey();
  const endorser = createEndorser(options.endorsements);
  const [challenges, messages] = [createRateLimiter(options.rate), createRateLimiter(options.rate)];
  const [device, agent] = [createQueue(concurrency, waiting), createQueue(concurrency, waiting)];
  // Slow senders hold memory: so many at once, and whoever comes then is told to come again.
  const reading = createQueue(MAX_READING, 0);
  const sessions = createSessions(sessionSeconds * 1000);
  let last: { readonly ok: boolean; readonly at: number } | undefined;

  const attest = async (nonce: Uint8Array, publicKey: Uint8Array): Promise<{ raw: RawEvidence; given: string[] }> => {
    const reportData = await reportDataFor({ nonce, publicKey });
    try {
      const raw = await queued(device, () =>
        within(timeout, (signal) => provider.attest({ reportData, nonce, publicKey, signal })),
      );
      const found = await endorser.collect(raw.evidence, reportData, now());
      last = { ok: true, at: now() };
      return { raw, given: [...(raw.endorsements ?? []).map(endorsementText), ...found] };
    } catch (error) {
      if (error instanceof RefusedError) throw error;
      last = { ok: false, at: now() };
      onError(error);
      if (error instanceof ProviderError && error.failure === "busy") throw new RefusedError("busy", 1);
      throw new RefusedError("evidence-unavailable");
    }
  };

  return {
    publicKey: key.spki,
    async answer(nonce, bound, peer) {
      if (nonce.length < NONCE_BYTES.min || nonce.length > NONCE_BYTES.max) throw new RefusedError("nonce-length");
      const publicKey = bound === "tls" ? tlsPublicKey : key.spki;
      if (publicKey === undefined) throw new RefusedError("no-tls-key");
      limited(challenges.take(peer, now()));
      const binding = { nonce: boundNonce(nonce, bound), publicKey };
      const { raw, given } = await attest(binding.nonce, publicKey);
      const sealed = bound === "sealed" && onMessage !== undefined;
      return JSON.stringify({
        "tee-attestation": 1,
        nonce: toBase64Url(nonce),
        publicKey: toBase64(publicKey),
        reportData: toHex(await reportDataFor(binding)),
        ...(sealed ? { session: toBase64Url(sessions.open(now())), sessionSeconds } : {}),
        bundle: {
          "tee-verify": 1,
          evidence: typeof raw.evidence === "string" ? raw.evidence : toBase64(raw.evidence),
          ...(given.length === 0 ? {} : { endorsements: [...new Set(given)] }),
          ...(raw.eventLog === undefined ? {} : { eventLog: raw.eventLog }),
          ...(manifest === undefined ? {} : { manifest }),
        },
      });
    },
    async message(given, peer) {
      if (onMessage === undefined) throw new RefusedError("no-messages");
      limited(messages.take(peer, now()));
      const sealed = typeof given === "function" ? await queued(reading, given) : given;
      const { session, sequence } = malformedRefused(() => headerOf(sealed));
      // Before the costly part; and again behind it, when it is known to be whole.
      if (!sessions.has(session, now())) throw new RefusedError("session-unknown");
      const opened = await openMessage(key, sealed).catch(() => {
        throw new RefusedError("message-malformed");
      });
      try {
        const context = { session: toHex(session) };
        const body = await queued(agent, async () => {
          // Only now: a message that found no place may come again.
          if (!sessions.take(session, sequence, now())) throw new RefusedError("message-replayed");
          return await within(timeout, async (signal) => onMessage(opened.message, { ...context, signal }));
        });
        const bytes = typeof body === "string" ? toUtf8(body) : body;
        if (bytes.length > MAX_MESSAGE_BYTES) throw new RangeError("the answer is longer than a message may be");
        return await opened.seal({ status: "accepted", body: bytes });
      } catch (error) {
        if (error instanceof RefusedError) throw error;
        onError(error);
        const status = error instanceof MessageRefusedError ? "refused" : "failed";
        return await opened.seal({ status, body: new Uint8Array() });
      }
    },
    info: () =>
      JSON.stringify({
        "tee-attestation": 1,
        provider: provider.name,
        nonceBytes: NONCE_BYTES,
        keys: ["sealed", ...(tlsPublicKey === undefined ? [] : ["tls"])],
        messages: onMessage !== undefined,
      }),
    health: () => last,
  };
}

function limited(wait: number): void {
  if (wait > 0) throw new RefusedError("too-many-requests", wait);
}

async function queued<T>(queue: ReturnType<typeof createQueue>, work: () => Promise<T>): Promise<T> {
  try {
    return await queue.run(work);
  } catch (error) {
    if (error instanceof QueueFullError) throw new RefusedError("busy", 1);
    throw error;
  }
}

/** A device or handler that never hears of the signal does not hold its place for ever. */
async function within<T>(timeout: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      controller.abort();
      reject(new ProviderError("busy", `no answer within ${timeout} ms`));
    }, timeout);
  });
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

function malformedRefused<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw new RefusedError("message-malformed");
  }
}

function endorsementText(item: Uint8Array | string): string {
  return typeof item === "string" ? item : toBase64(item);
}
