/** `tee-verify/live-node`: a challenge bound to the TLS connection's own key. For Node alone; a page cannot see certificates (`tee-verify/live`). */

import type { nitro, sevSnp, sgx, tdx } from "../index.js";
import { verify } from "../index.js";
import { createTlsChallenger, type TlsChallenge } from "./challenge.js";

export { type LiveCode, LiveError } from "../live/codes.js";
export {
  createTlsChallenger,
  type TlsChallenge,
  type TlsChallengeOptions,
  type TlsChannel,
  type TlsFetchOptions,
} from "./challenge.js";

/**
 * Asks a running agent to prove that it holds the key of this TLS connection. Nothing but the nonce is sent before the outcome is `verified`,
 * and after it nothing to a peer with another key.
 *
 * @param address of the agent, `https://agent.example`; its origin alone counts
 * @throws TypeError (as a rejection) for misuse of the options alone
 * @example
 * import { challengeTls } from "tee-verify/live-node";
 * const result = await challengeTls("https://agent.example", { expected: { "sev-snp": { measurement } } });
 * if (result.ok) console.log(await (await result.channel.fetch("/v1/models")).text());
 */
export const challengeTls: TlsChallenge<readonly [typeof sevSnp, typeof tdx, typeof sgx, typeof nitro]> =
  /* @__PURE__ */ createTlsChallenger({ verify });
