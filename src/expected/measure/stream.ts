/** A forward cursor over a byte source: small pieces are taken whole, large ones pass by in chunks, and the end is checked. */

import { MalformedError } from "../../encoding/malformed.js";
import { type ByteSource, chunksOf } from "./source.js";

export interface StreamReader {
  /** Bytes read so far. */
  readonly offset: number;
  /** Exactly `length` bytes, as a copy. The caller has bounded `length`. */
  take(length: number, what: string): Promise<Uint8Array>;
  /** Hands exactly `length` bytes to `sink` in pieces, which are views that live for the call alone. */
  pass(length: number, what: string, sink: (piece: Uint8Array) => void): Promise<void>;
  /** Whether bytes are left. */
  more(): Promise<boolean>;
  /** Refuses trailing bytes. */
  end(what: string): Promise<void>;
}

export function streamReader(source: ByteSource): StreamReader {
  const chunks = chunksOf(source);
  let chunk: Uint8Array = new Uint8Array();
  let offset = 0;

  /** Whether bytes are left; loads the next chunk that is not empty. */
  async function more(): Promise<boolean> {
    while (chunk.length === 0) {
      const next = await chunks.next();
      if (next.done) return false;
      chunk = next.value;
    }
    return true;
  }

  async function pass(length: number, what: string, sink: (piece: Uint8Array) => void): Promise<void> {
    for (let left = length; left > 0; ) {
      if (!(await more())) throw new MalformedError(`${what} is cut short by ${left} bytes`, offset);
      const piece = chunk.subarray(0, left);
      sink(piece);
      chunk = chunk.subarray(piece.length);
      left -= piece.length;
      offset += piece.length;
    }
  }

  return {
    get offset() {
      return offset;
    },
    pass,
    more,
    async take(length, what) {
      const bytes = new Uint8Array(length);
      let filled = 0;
      await pass(length, what, (piece) => {
        bytes.set(piece, filled);
        filled += piece.length;
      });
      return bytes;
    },
    async end(what) {
      if (await more()) throw new MalformedError(`bytes follow the ${what}`, offset);
    },
  };
}
