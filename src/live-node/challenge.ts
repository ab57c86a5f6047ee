/** A challenge whose evidence binds the key of the TLS connection itself: for Node, where the peer's certificate can be seen. */

import { equalBytes } from "../encoding/bytes.js";
import type { EvidenceKind } from "../evidence/kind.js";
import { type ChallengeOptions, type ChallengeResult, challengeBy } from "../live/challenge.js";
import { LiveError } from "../live/codes.js";
import type { Transport } from "../live/transport.js";
import type { Verifier } from "../verifier.js";
import { requestTls, type TlsPeer } from "./tls.js";

/** Options of `challenge` without `transport`, and what is asked of the certificate. */
export type TlsChallengeOptions<Kinds extends readonly EvidenceKind[]> = Omit<ChallengeOptions<Kinds>, "transport"> & {
  /**
   * `web-pki` (unless told): authorities vouch for the certificate under the host's name, so that it is this agent and no other one of the same
   * build. `attested`: any certificate whose key the evidence binds, a self-signed one too (RA-TLS).
   */
  readonly certificate?: "web-pki" | "attested";
  /** PEM of authorities in place of those that Node trusts. */
  readonly ca?: string | readonly string[];
};

export interface TlsFetchOptions {
  /** GET unless told. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly signal?: AbortSignal;
}

export interface TlsChannel {
  /** SHA-256 of the attested key, lowercase hex. */
  readonly publicKeySha256: string;
  /**
   * Sends a request to the agent, over a connection of its own. Nothing of it is sent to a peer with another key than the attested one. No
   * redirect is followed; the body of the answer is as long as the agent makes it.
   * @param path on the agent's origin, `/v1/messages`
   * @throws LiveError `tls-key-changed`, `key-unsupported`, `unreachable`, `timeout` (of the answer's head) or `aborted`
   * @throws TypeError for a path that leads elsewhere
   */
  fetch(path: string, options?: TlsFetchOptions): Promise<Response>;
}

export type TlsChallenge<Kinds extends readonly EvidenceKind[]> = (
  address: string | URL,
  options: TlsChallengeOptions<Kinds>,
) => Promise<ChallengeResult<TlsChannel>>;

/**
 * A `challengeTls` that judges with this verifier.
 *
 * @example
 * const challengeTls = createTlsChallenger(createVerifier([sevSnp, azureCvm]));
 */
export function createTlsChallenger<const Kinds extends readonly EvidenceKind[]>(
  verifier: Pick<Verifier<Kinds>, "verify">,
): TlsChallenge<Kinds> {
  return async (address, options) => {
    const { certificate = "web-pki", ca, ...rest } = options;
    if (certificate !== "web-pki" && certificate !== "attested")
      throw new TypeError('certificate must be "web-pki" or "attested"');
    if ("transport" in rest) throw new TypeError("transport is for challenge: this one sees the TLS connection itself");
    if (!URL.canParse(address) || new URL(address).protocol !== "https:")
      throw new TypeError("address must be the https address of an agent");
    const peer: TlsPeer = { origin: new URL(address).origin, webPki: certificate === "web-pki", ca };
    let seen: Uint8Array | undefined;
    const transport: Transport = (target, { method, headers, signal }) =>
      requestTls(peer, { method, target: targetOf(target, peer.origin), headers, body: undefined, signal }, (spki) => {
        seen = spki;
      });
    const judging = { ...rest, transport } as unknown as ChallengeOptions<Kinds>;
    return challengeBy(
      {
        key: "tls",
        // Of the connection that the answer came over, whatever the answer says.
        bound: () => seen ?? { code: "key-unsupported", detail: "the peer showed no certificate" },
        channel: ({ publicKey, publicKeySha256, bounds }) => pinned(peer, publicKey, publicKeySha256, bounds.timeout),
      },
      verifier,
      address,
      judging,
    );
  };
}

function pinned(peer: TlsPeer, attested: Uint8Array, publicKeySha256: string, timeout: number): TlsChannel {
  const admit = (spki: Uint8Array): void => {
    if (!equalBytes(spki, attested))
      throw new LiveError("tls-key-changed", "the peer of this TLS connection has another key than the attested one");
  };
  return {
    publicKeySha256,
    async fetch(path, { method = "GET", headers = {}, body, signal } = {}) {
      const target = targetOf(path, peer.origin);
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body?.slice();
      const ended = new AbortController();
      const stop = (): void => ended.abort();
      if (signal?.aborted) throw new LiveError("aborted", "aborted before anything was sent");
      // The caller's signal goes on to end the body; the time is that of the head.
      signal?.addEventListener("abort", stop, { once: true });
      const timer = setTimeout(stop, timeout);
      try {
        return await requestTls(peer, { method, target, headers, body: bytes, signal: ended.signal }, admit);
      } catch (error) {
        if (error instanceof LiveError) throw error;
        if (signal?.aborted) throw new LiveError("aborted", "aborted by the caller");
        if (ended.signal.aborted) throw new LiveError("timeout", `no answer within ${timeout} ms`);
        throw new LiveError("unreachable", "the request failed: no connection, or its certificate is not one to trust");
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** @throws TypeError */
function targetOf(path: string, origin: string): string {
  const url = URL.canParse(path, origin) ? new URL(path, origin) : undefined;
  if (url?.origin !== origin) throw new TypeError("path must be one of the agent's own, /v1/messages");
  return url.pathname + url.search;
}
