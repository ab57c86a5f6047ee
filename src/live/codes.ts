/** Why a challenge or a sealed message came to nothing, where no check of a verdict says it. */

export type LiveCode =
  /** No connection, no such host, TLS refused, or (in a browser) no CORS. */
  | "unreachable"
  /** No whole answer in time. */
  | "timeout"
  | "aborted"
  /** Status 429 or 503, at every attempt. */
  | "busy"
  /** The agent points somewhere else. Nobody went there. */
  | "redirected"
  /** Nothing answers challenges at this address. */
  | "not-found"
  /** Any other status than 200. */
  | "unexpected-status"
  /** HTML, or anything else that is not the JSON of an answer. */
  | "not-json"
  | "answer-too-long"
  /** JSON that is no answer of this protocol. */
  | "answer-malformed"
  /** The attested key is none that messages can be sealed to. */
  | "key-unsupported"
  /** The evidence answers another question than ours. */
  | "replayed"
  /** The evidence was made for another key than the one that came with it. */
  | "key-swapped"
  /** The evidence is not the one that this answer was made with. */
  | "foreign-evidence"
  /** The peer of this TLS connection has another key than the attested one (`tee-verify/live-node`). */
  | "tls-key-changed"
  /** This agent takes no sealed messages. */
  | "no-messages"
  /** The agent does not know the session any more: challenge it again. */
  | "session-unknown"
  /** The answer does not come from the holder of the attested key. */
  | "answer-not-authentic"
  /** The agent opened the message and refused it. */
  | "refused"
  /** The agent opened the message and failed at it, or did not end in its time: it may have acted on it. */
  | "agent-failed"
  /** No WebCrypto here to seal with: a page that came over plain http, say. */
  | "crypto-unavailable"
  | "message-too-long"
  | "closed";

/** Thrown by a channel; `challenge` never throws it. */
export class LiveError extends Error {
  override readonly name = "LiveError";
  readonly code: LiveCode;

  constructor(code: LiveCode, message: string) {
    super(message);
    this.code = code;
  }
}
