/** A relay between client and agent, as a hostile proxy is: it may change, keep and replace whatever passes. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { serve } from "./support.js";

// biome-ignore lint/suspicious/noExplicitAny: what the relay makes of an answer may have any form.
export type AnswerJson = any;

export interface Relay {
  readonly address: string;
  /** What was asked, method and target, in order. */
  readonly asked: string[];
}

/** Asks an agent as a client would, and gives its answer as JSON. */
export async function answerOf(agent: string, nonce: string): Promise<AnswerJson> {
  return (await fetch(`${agent}/.well-known/tee-attestation?nonce=${nonce}`)).json();
}

const nonceOf = (request: IncomingMessage): string =>
  new URL(request.url ?? "", "http://relay").searchParams.get("nonce") ?? "";

/** Hands a challenge on to `agent`, and what `change` makes of the answer back. */
export async function relay(
  agent: string,
  change: (answer: AnswerJson, nonce: string) => AnswerJson | Promise<AnswerJson>,
): Promise<Relay> {
  return hostile(async (request, response) => {
    const nonce = nonceOf(request);
    const answer = await change(await answerOf(agent, nonce), nonce);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
}

/** A server that does what it likes, and remembers what it was asked. */
export async function hostile(handle: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Relay> {
  const asked: string[] = [];
  const { address } = await serve((request, response) => {
    asked.push(`${request.method} ${request.url?.split("?")[0]}`);
    return handle(request, response);
  });
  return { address, asked };
}
