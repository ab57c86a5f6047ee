/** `tee-verify https://agent.example`: challenges a running agent. Loaded where an address is given. */

import { type ChallengeResult, createChallenger } from "../live/challenge.js";
import type { AgentChannel } from "../live/channel.js";
import { LiveError } from "../live/codes.js";
import { createTlsChallenger, type TlsChannel } from "../live-node/challenge.js";
import type { Verdict } from "../verdict.js";
import type { Verifier } from "../verifier.js";
import type { Arguments } from "./args.js";
import { EXIT, UsageError } from "./exit.js";
import type { Io } from "./io.js";
import type { Options } from "./request.js";
import { safe } from "./text.js";

/** What the challenge decides itself. */
const BINDING_OPTIONS = ["nonce", "public-key", "report-data", "user-data", "layout", "data"];

export interface ChallengeRequest {
  readonly address: string;
  readonly args: Arguments;
  readonly options: Options;
  readonly io: Io;
  readonly verify: Verifier<readonly []>["verify"];
  readonly render: (verdict: Verdict) => string;
}

/** Resolves to the exit code. @throws UsageError */
export async function runChallenge({ address, args, options, io, verify, render }: ChallengeRequest): Promise<number> {
  demandUsage(address, args);
  const { binding: _, ...judging } = options as unknown as Record<string, unknown>;
  const [tls, sent] = [args.one("tls"), args.one("send")];
  const result = await misuse<ChallengeResult<AgentChannel | TlsChannel>>(() =>
    tls === undefined
      ? createChallenger({ verify })(address, { ...judging, transport: io.fetch } as never)
      : createTlsChallenger({ verify })(address, { ...judging, certificate: tls } as never),
  );
  const channel = result.ok && "send" in result.channel ? result.channel : undefined;
  const reply = channel !== undefined && sent !== undefined ? await exchanged(channel, sent) : undefined;
  if (args.flag("json")) io.out(`${JSON.stringify({ ...plain(result), ...(reply ?? {}) }, null, 2)}\n`);
  else if (!args.flag("quiet")) {
    if (result.verdict !== undefined) io.out(render(result.verdict));
    if (!result.ok) io.out(`${safe(result.address)}: ${result.outcome} (${result.code}): ${safe(result.detail)}\n`);
    else {
      const which = tls === undefined ? "the key that it attests" : "the key of its TLS connection, which it attests";
      io.out(`${safe(result.address)} answered this challenge, with ${which}.\n`);
    }
    if (reply !== undefined)
      io.out("answer" in reply ? `${safe(reply.answer)}\n` : `no answer (${reply.code}): ${safe(reply.detail)}\n`);
  }
  // The agent is verified all the same; that it did not answer is no success either.
  return reply !== undefined && "code" in reply ? EXIT.undetermined : EXIT[result.outcome];
}

/** @throws UsageError */
function demandUsage(address: string, args: Arguments): void {
  // The protocol has its own paths: one that was given would be dropped without a word.
  const { pathname, search } = URL.canParse(address) ? new URL(address) : { pathname: "/", search: "" };
  if (pathname !== "/" || search !== "")
    throw new UsageError("an agent is asked at its address alone, such as https://agent.example, without a path");
  const decided = BINDING_OPTIONS.find((name) => args.flag(name));
  if (decided !== undefined) throw new UsageError(`--${decided} is for evidence in hand: a challenge makes its own`);
  if (args.flag("tls") && args.flag("send"))
    throw new UsageError("--send seals to the agent's own key: it goes without --tls");
}

type Reply = { readonly answer: string } | { readonly code: string; readonly detail: string };

async function exchanged(channel: AgentChannel, message: string): Promise<Reply> {
  try {
    return { answer: (await channel.send(message)).text() };
  } catch (error) {
    if (error instanceof LiveError) return { code: error.code, detail: error.message };
    return { code: "not-text", detail: "the answer is no text" };
  }
}

function plain(result: ChallengeResult<unknown>): Record<string, unknown> {
  const { address, outcome, verdict } = result;
  return { address, outcome, ...(result.ok ? {} : { code: result.code, detail: result.detail }), verdict };
}

async function misuse<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
