/** `tee-verify/live`: ask a running agent to prove itself, and talk to it over a channel that is bound to the key it attested. */

import type { nitro, sevSnp, sgx, tdx } from "../index.js";
import { verify } from "../index.js";
import { type Challenge, createChallenger } from "./challenge.js";

export type { Challenge, ChallengeOptions, ChallengeResult, LiveOptions } from "./challenge.js";
export { createChallenger } from "./challenge.js";
export type { AgentAnswer, AgentChannel } from "./channel.js";
export { type LiveCode, LiveError } from "./codes.js";
export { challengeMany, type ManyOptions, type Progress } from "./many.js";
export type { Transport, TransportRequest } from "./transport.js";

/**
 * Asks a running agent, now: prove yourself. Resolves to a result for every answer, however hostile, and for none.
 * Nothing but the nonce is sent before the outcome is `verified`.
 *
 * @param address of the agent, `https://agent.example`; its origin alone counts
 * @throws TypeError (as a rejection) for misuse of the options alone
 * @example
 * import { challenge } from "tee-verify/live";
 * const result = await challenge("https://agent.example", { expected: { "sev-snp": { measurement } } });
 * if (result.ok) console.log((await result.channel.send("hello")).text());
 */
export const challenge: Challenge<readonly [typeof sevSnp, typeof tdx, typeof sgx, typeof nitro]> =
  /* @__PURE__ */ createChallenger({ verify });
