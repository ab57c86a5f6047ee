/** When what was asked of a back end runs, and not when it is done. */

/** Microtasks that engines take to hand imported keys and signatures to their threads, and some more. */
const TICKS = 12;

/**
 * Whoever waits here before going on lets the signatures run beside what follows: what an engine does between an imported key and its
 * signature is done in microtasks, which would wait for us.
 */
export async function started(): Promise<void> {
  for (let tick = 0; tick < TICKS; tick++) await undefined;
}

/** For what is awaited after other things: rejecting before that, it would end the process, and its error still arrives there. */
export function beside<T>(running: Promise<T>): Promise<T> {
  running.catch(() => undefined);
  return running;
}
