/** `challenge`: a fresh nonce to a running agent, its evidence judged, and a channel to the key that was attested (RFC 9334, sections 7.2 and 10.2). */

import { createChallenge, reportDataFor } from "../challenge.js";
import type { Crypto } from "../crypto/crypto.js";
import { equalBytes } from "../encoding/bytes.js";
import { MalformedError } from "../encoding/malformed.js";
import { toBase64Url } from "../encoding/text.js";
import type { EvidenceKind } from "../evidence/kind.js";
import type { CheckCode, Verdict, VerifiedVerdict } from "../verdict.js";
import type { OptionsOf, Verifier } from "../verifier.js";
import { type AgentChannel, type ChannelParts, openChannel } from "./channel.js";
import { type LiveCode, LiveError } from "./codes.js";
import { pointOf } from "./key.js";
import { type Answer, ATTESTATION_PATH, type BoundKey, boundNonce, MAX_ANSWER_BYTES, parseAnswer } from "./protocol.js";
import { type Bounds, exchange, type Transport } from "./transport.js";

/** Options of `challenge` beside those of `verify`; the binding is the challenge's own. */
export interface LiveOptions {
  /** How to reach the agent; `globalThis.fetch` unless told. `fetch` is another thing: it may get missing endorsements from the vendor. */
  readonly transport?: Transport;
  /** For the whole exchange, attempts and pauses included, in milliseconds: 1 to 600,000; 30,000 unless told. */
  readonly timeout?: number;
  /** How often to ask an agent that says it is busy: 1 to 10; 3 unless told. */
  readonly attempts?: number;
}

export type ChallengeOptions<Kinds extends readonly EvidenceKind[]> = Omit<OptionsOf<Kinds>, "binding"> & LiveOptions;

/** What a challenge came to. Only a `verified` one has a channel. */
export type ChallengeResult<Channel = AgentChannel> =
  | {
      readonly outcome: "verified";
      readonly ok: true;
      readonly address: string;
      readonly verdict: VerifiedVerdict;
      readonly channel: Channel;
    }
  | {
      readonly outcome: "rejected" | "undetermined";
      readonly ok: false;
      readonly address: string;
      /** Why: of this protocol, or of the first check that stands in the way. */
      readonly code: LiveCode | CheckCode;
      readonly detail: string;
      /** Absent where no evidence was had. */
      readonly verdict?: Verdict;
    };

/** Challenges one agent. Rejects with `TypeError` for misuse of the options alone. */
export type Challenge<Kinds extends readonly EvidenceKind[]> = (
  address: string | URL,
  options: ChallengeOptions<Kinds>,
) => Promise<ChallengeResult>;

/**
 * A `challenge` that judges with this verifier.
 *
 * @example
 * const challenge = createChallenger(createVerifier([sevSnp, azureCvm]));
 */
export function createChallenger<const Kinds extends readonly EvidenceKind[]>(
  verifier: Pick<Verifier<Kinds>, "verify">,
): Challenge<Kinds> {
  return (address, options) => challengeBy(SEALED, verifier, address, options);
}

/** What of a challenge depends on the key that evidence is to bind. */
export interface Way<Channel> {
  readonly key: BoundKey;
  /** The key that the evidence must show. */
  bound(answer: Answer): Uint8Array | Failure;
  channel(parts: ChannelParts): Channel;
}

const SEALED: Way<AgentChannel> = {
  key: "sealed",
  bound: ({ publicKey }) => unsupportedKey(publicKey) ?? publicKey,
  channel: (parts) => openChannel(parts),
};

/** @throws TypeError for misuse of the options alone */
export async function challengeBy<const Kinds extends readonly EvidenceKind[], Channel>(
  way: Way<Channel>,
  verifier: Pick<Verifier<Kinds>, "verify">,
  address: string | URL,
  options: ChallengeOptions<Kinds>,
): Promise<ChallengeResult<Channel>> {
  const { transport, timeout, attempts, ...judging } = options;
  const origin = originOf(address);
  const bounds = readBounds({ transport, timeout, attempts });
  const verify = judging as unknown as OptionsOf<Kinds>;
  const asked = createChallenge().nonce;
  const nonce = boundNonce(asked, way.key);
  // Misuse of the options is told before anybody is asked anything.
  const { fetch: _unasked, ...offline } = verify;
  await verifier.verify(NO_EVIDENCE, { ...offline, binding: { nonce } } as OptionsOf<Kinds>);
  const answer = await ask(origin, asked, way.key, { ...bounds, signal: verify.signal });
  if ("code" in answer) return { outcome: "undetermined", ok: false, address: origin, ...answer };
  const publicKey = way.bound(answer);
  if ("code" in publicKey) return { outcome: "undetermined", ok: false, address: origin, ...publicKey };
  const binding = { nonce, publicKey };
  const verdict = await verifier.verify(answer.bundle, { ...verify, binding });
  if (!provesChannel(verdict)) {
    const why = await reasonOf({ verdict, answer, asked, binding, crypto: verify.crypto });
    return { outcome: verdict.ok ? "rejected" : verdict.outcome, ok: false, address: origin, ...why, verdict };
  }
  const { publicKeySha256 } = verdict.channel;
  const channel = way.channel({ origin, publicKey, session: answer.session, publicKeySha256, bounds });
  return { outcome: "verified", ok: true, address: origin, verdict, channel };
}

const NO_EVIDENCE: Uint8Array = /* @__PURE__ */ new Uint8Array(64);

/** `verified` alone is not enough: it must be for our nonce and the key that came with it. */
function provesChannel(
  verdict: Verdict,
): verdict is VerifiedVerdict & { readonly channel: { readonly publicKeySha256: string } } {
  return verdict.ok && verdict.outcome === "verified" && verdict.freshness === "nonce" && verdict.channel !== "none";
}

type Failure = { readonly code: LiveCode; readonly detail: string };

async function ask(
  origin: string,
  nonce: Uint8Array,
  key: BoundKey,
  bounds: Omit<Bounds, "maxBytes">,
): Promise<Answer | Failure> {
  try {
    const which = key === "sealed" ? "" : `&key=${key}`;
    const address = `${origin}${ATTESTATION_PATH}?nonce=${toBase64Url(nonce)}${which}`;
    const question = { address, method: "GET", accept: "application/json" } as const;
    const body = await exchange(question, { ...bounds, maxBytes: MAX_ANSWER_BYTES });
    // A page of some proxy's under the type of JSON: nothing of this protocol begins otherwise.
    if (!/^\s*\{/.test(new TextDecoder().decode(body.subarray(0, 64))))
      return { code: "not-json", detail: "the answer is no JSON object" };
    return parseAnswer(body);
  } catch (error) {
    if (error instanceof LiveError) return { code: error.code, detail: error.message };
    if (error instanceof MalformedError) return { code: "answer-malformed", detail: error.reason };
    throw error;
  }
}

/** A key that nothing can be sealed to would make the channel a promise that it cannot keep. */
function unsupportedKey(publicKey: Uint8Array): Failure | undefined {
  try {
    pointOf(publicKey);
    return undefined;
  } catch (error) {
    if (error instanceof MalformedError) return { code: "key-unsupported", detail: error.reason };
    throw error;
  }
}

const BINDING_CODES: readonly string[] = [
  "report-data-mismatch",
  "binding-mismatch",
  "nonce-mismatch",
  "challenge-mismatch",
];

interface Unproven {
  readonly verdict: Verdict;
  readonly answer: Answer;
  readonly asked: Uint8Array;
  readonly binding: { readonly nonce: Uint8Array; readonly publicKey: Uint8Array };
  readonly crypto: Crypto | undefined;
}

/** The first check that stands in the way; where that is the binding, what the answer itself says of how it came about. */
async function reasonOf({
  verdict,
  answer,
  asked,
  binding,
  crypto,
}: Unproven): Promise<{ readonly code: LiveCode | CheckCode; readonly detail: string }> {
  const first =
    verdict.checks.find(({ status }) => status === "failed") ??
    verdict.checks.find(({ status, required }) => required && status !== "passed" && status !== "waived");
  const code = first?.code ?? "not-checked";
  const detail = first === undefined ? "nothing was checked" : `${first.title}: ${first.detail}`;
  if (!BINDING_CODES.includes(code)) return { code, detail };
  if (!equalBytes(answer.publicKey, binding.publicKey))
    return {
      code: "tls-key-changed",
      detail: "the peer of this TLS connection has another key than the agent attests",
    };
  if (!equalBytes(answer.nonce, asked))
    return { code: "replayed", detail: "the evidence answers another question than ours: a recording" };
  const claimed = await reportDataFor(binding, crypto);
  if (!equalBytes(claimed, answer.reportData))
    return { code: "key-swapped", detail: "the evidence was made for another key than the one that came with it" };
  return { code: "foreign-evidence", detail: "the evidence was made for another question or for another key" };
}

/** @throws TypeError */
function originOf(address: string | URL): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new TypeError("address must be the http(s) address of an agent");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new TypeError("address must be the http(s) address of an agent");
  if (url.username !== "" || url.password !== "") throw new TypeError("address must not carry a password");
  return url.origin;
}

interface GivenBounds {
  readonly transport: Transport | undefined;
  readonly timeout: number | undefined;
  readonly attempts: number | undefined;
}

/** @throws TypeError */
function readBounds(given: GivenBounds): Omit<Bounds, "maxBytes" | "signal"> {
  // Called as a method of anything else, a browser's `fetch` refuses.
  const { transport = (address, init) => globalThis.fetch(address, init), timeout = 30_000, attempts = 3 } = given;
  if (typeof transport !== "function") throw new TypeError("transport must be a function, as fetch is");
  return { transport, timeout: whole(timeout, 600_000, "timeout"), attempts: whole(attempts, 10, "attempts") };
}

function whole(value: unknown, max: number, what: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new TypeError(`${what} must be a whole number from 1 to ${max}`);
}
