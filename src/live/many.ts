/** Many agents at once: bounded concurrency, progress, and one result for each address in its order. */

import type { EvidenceKind } from "../evidence/kind.js";
import type { Challenge, ChallengeOptions, ChallengeResult } from "./challenge.js";

export interface ManyOptions {
  /** How many are asked at the same time: 1 to 256; 8 unless told. */
  readonly concurrency?: number;
  /** Called after each answer, in the order in which they come. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** How many came to each outcome so far. */
  readonly verified: number;
  readonly rejected: number;
  readonly undetermined: number;
  readonly last: ChallengeResult;
}

/**
 * Challenges every address, each with a nonce of its own.
 *
 * @throws TypeError (as a rejection) for misuse of the options alone
 * @example
 * const results = await challengeMany(challenge, addresses, { expected, concurrency: 16, onProgress: ({ done, total }) => show(done, total) });
 */
export async function challengeMany<const Kinds extends readonly EvidenceKind[]>(
  challenge: Challenge<Kinds>,
  addresses: readonly (string | URL)[],
  options: ChallengeOptions<Kinds> & ManyOptions,
): Promise<readonly ChallengeResult[]> {
  const { concurrency = 8, onProgress, ...rest } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 256)
    throw new TypeError("concurrency must be a whole number from 1 to 256");
  const list = [...addresses];
  const results = new Array<ChallengeResult>(list.length);
  const count = { verified: 0, rejected: 0, undetermined: 0 };
  let next = 0;
  let done = 0;
  const one = async (index: number): Promise<void> => {
    const last = await challenge(list[index] as string | URL, rest as unknown as ChallengeOptions<Kinds>);
    results[index] = last;
    count[last.outcome]++;
    onProgress?.({ done: ++done, total: list.length, ...count, last });
  };
  const work = async (): Promise<void> => {
    while (next < list.length) await one(next++);
  };
  const stop = (error: unknown): never => {
    next = list.length;
    throw error;
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, list.length) }, () => work().catch(stop)));
  return results;
}
