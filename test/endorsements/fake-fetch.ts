/** A `fetch` for tests: answers from a list, and remembers what it was asked. */
import type { Fetch } from "../../src/endorsements/transport.js";

export interface Asked {
  readonly address: string;
  readonly init: RequestInit;
}

export interface FakeFetch {
  readonly fetch: Fetch;
  readonly asked: readonly Asked[];
  readonly addresses: () => readonly string[];
}

export type Answer = (asked: Asked) => Response | Promise<Response>;

/** Each call takes the next answer; the last one stays. */
export function fakeFetch(...answers: readonly Answer[]): FakeFetch {
  const asked: Asked[] = [];
  const fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const question = { address: String(input), init };
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(question);
    if (answer === undefined) throw new Error("nobody answers");
    return answer(question);
  };
  return { fetch: fetch as Fetch, asked, addresses: () => asked.map(({ address }) => address) };
}

export const ok =
  (body: Uint8Array | string, headers: Record<string, string> = {}): Answer =>
  () =>
    new Response(body as BodyInit, { status: 200, headers });

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  () =>
    new Response("", { status: code, headers });

/** Never answers, and gives up when it is told to, as the real one does. */
export const silent: Answer = ({ init }) =>
  new Promise((_, reject) => {
    init.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
  });

/** Never answers, and does not listen either. */
export const deaf: Answer = () => new Promise(() => undefined);

/** A body that never ends. */
export const endless =
  (chunk: Uint8Array, pulled: () => void = () => undefined): Answer =>
  () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          pulled();
          controller.enqueue(chunk);
        },
      }),
    );

/** A body whose first part is all that ever comes. */
export const stalled: Answer = () =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(Uint8Array.of(0x30));
      },
    }),
  );
