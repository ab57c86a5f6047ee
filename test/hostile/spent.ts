/** How long a call takes, measured so that a limit can be asserted on a machine that does other things too. */
import { LIMITS, stopwatch } from "./fuzz/judge.js";

/**
 * The shortest time of up to eight tries, in milliseconds, and the last result: what is slow once may be a collection of garbage, code that
 * was not compiled yet, or another process. One try suffices where it is within the limit.
 */
export async function spent<T>(run: () => Promise<T>): Promise<readonly [T, number]> {
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; ; ) {
    const elapsed = stopwatch();
    const result = await run();
    best = Math.min(best, elapsed());
    if (++tries === 8 || best < LIMITS.milliseconds) return [result, best];
  }
}
