/** A bounded queue before a slow device: so many at once, so many waiting, and nobody else. */

export class QueueFullError extends Error {
  override readonly name = "QueueFullError";
}

export interface Queue {
  /** @throws QueueFullError at once where too many wait already */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createQueue(concurrency: number, waitingLimit: number): Queue {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    async run(work) {
      if (running >= concurrency) {
        if (waiting.length >= waitingLimit) throw new QueueFullError("too many wait");
        // Whoever ends hands the place on, so that nobody who comes later takes it.
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else running++;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
      }
    },
  };
}
