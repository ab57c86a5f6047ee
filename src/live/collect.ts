/** A body that arrives in pieces, in memory that its length bounds and not the number of its pieces. */

export interface Collector {
  /** `false` where it would be longer than it may; what was there before stays. */
  add(piece: Uint8Array): boolean;
  bytes(): Uint8Array;
}

const FIRST_BYTES = 16_384;

/** A list of pieces would cost whoever sends single bytes a hundred times less than whoever keeps them. */
export function collector(maxBytes: number): Collector {
  let buffer = new Uint8Array(Math.min(FIRST_BYTES, maxBytes));
  let length = 0;
  return {
    add(piece) {
      const needed = length + piece.length;
      if (needed > maxBytes) return false;
      if (needed > buffer.length) {
        const larger = new Uint8Array(Math.min(maxBytes, Math.max(needed, 2 * buffer.length)));
        larger.set(buffer.subarray(0, length));
        buffer = larger;
      }
      buffer.set(piece, length);
      length = needed;
      return true;
    },
    bytes: () => buffer.slice(0, length),
  };
}
