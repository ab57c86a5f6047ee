/** Where fetched endorsements may be kept between calls. What comes out of a cache is verified like what was fetched. */

/** An injectable cache: anything with these two methods, synchronous or not. Values are answers as they came. */
export interface EndorsementCache {
  get(address: string): Promise<CachedAnswer | undefined> | CachedAnswer | undefined;
  set(address: string, answer: CachedAnswer): Promise<void> | void;
}

export interface CachedAnswer {
  readonly body: Uint8Array;
  /** Response headers that a kind may need, by lowercase name. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A cache in memory for at most `limit` answers; the oldest goes first.
 * @example
 * const cache = memoryCache();
 * await verify(evidence, { expected, binding, fetch, cache });
 */
export function memoryCache(limit = 256): EndorsementCache {
  const answers = new Map<string, CachedAnswer>();
  return {
    get: (address) => answers.get(address),
    set(address, answer) {
      answers.delete(address);
      answers.set(address, answer);
      const oldest = answers.keys().next();
      if (answers.size > limit && !oldest.done) answers.delete(oldest.value);
    },
  };
}
