/** A channel to an agent that was verified: each message sealed to the attested key, each answer from its holder. */

import { MalformedError } from "../encoding/malformed.js";
import { toUtf8 } from "../encoding/text.js";
import { LiveError } from "./codes.js";
import { MAX_MESSAGE_BYTES, MESSAGE_PATH, SEALED_TYPE } from "./protocol.js";
import { MAX_SEALED_BYTES, type SealedAnswer, sealMessage } from "./sealed.js";
import { type Bounds, exchange } from "./transport.js";

/** What the agent answered, from the holder of the attested key. */
export interface AgentAnswer {
  readonly bytes: Uint8Array;
  /** @throws TypeError if the bytes are no UTF-8 */
  text(): string;
}

export interface AgentChannel {
  /** SHA-256 of the attested key, lowercase hex. */
  readonly publicKeySha256: string;
  /**
   * Seals `message` (at most 1 MiB; text as UTF-8) to the attested key and opens the answer. The agent takes each message once, however often
   * it arrives: the same bytes are sent again where it says that it is busy, and nothing else is. After `unreachable` or `timeout` it may or
   * may not have acted on it.
   * @throws LiveError
   */
  send(message: Uint8Array | string, options?: { readonly signal?: AbortSignal }): Promise<AgentAnswer>;
  /** Forgets the session. */
  close(): void;
}

export interface ChannelParts {
  readonly origin: string;
  readonly publicKey: Uint8Array;
  readonly publicKeySha256: string;
  readonly session: Uint8Array | undefined;
  readonly bounds: Omit<Bounds, "maxBytes" | "signal">;
}

/** The header has four bytes for it. */
const MAX_SEQUENCE = 0xffff_ffff;

/** @param first sequence number */
export function openChannel(
  { origin, publicKey, publicKeySha256, session, bounds }: ChannelParts,
  first = 0,
): AgentChannel {
  let sequence = first;
  let closed = false;
  return {
    publicKeySha256,
    async send(message, { signal } = {}) {
      if (closed) throw new LiveError("closed", "this channel was closed");
      if (session === undefined) throw new LiveError("no-messages", "this agent takes no sealed messages");
      const plain = typeof message === "string" ? toUtf8(message) : message.slice();
      if (plain.length > MAX_MESSAGE_BYTES)
        throw new LiveError("message-too-long", `a message has at most ${MAX_MESSAGE_BYTES} bytes`);
      if (sequence > MAX_SEQUENCE) throw new LiveError("session-unknown", "this session has no numbers left");
      // Noble judges evidence without it; nothing seals without it.
      if (globalThis.crypto?.subtle === undefined)
        throw new LiveError(
          "crypto-unavailable",
          "there is no WebCrypto here: a page must come over https, or from this machine",
        );
      const { sealed, open } = await sealMessage(publicKey, session, sequence++, plain);
      const answer = await exchange(
        { address: origin + MESSAGE_PATH, method: "POST", accept: SEALED_TYPE, type: SEALED_TYPE, body: sealed },
        { ...bounds, signal, maxBytes: MAX_SEALED_BYTES },
      );
      return await opened(open(answer));
    },
    close() {
      closed = true;
    },
  };
}

async function opened(opening: Promise<SealedAnswer>): Promise<AgentAnswer> {
  const { status, body } = await opening.catch((error: unknown) => {
    if (error instanceof MalformedError) throw new LiveError("answer-not-authentic", error.reason);
    throw error;
  });
  if (status === "refused") throw new LiveError("refused", "the agent opened the message and refused it");
  if (status === "failed") throw new LiveError("agent-failed", "the agent opened the message and failed at it");
  return { bytes: body, text: () => new TextDecoder("utf-8", { fatal: true }).decode(body) };
}
