/** A bounded cursor over bytes: every length is checked before it is used, and `end` refuses what is left over. */

import { allBytes } from "./bytes.js";
import { MalformedError } from "./malformed.js";

/** Reads forward only. Slices are views of the input, never copies. */
export interface Reader {
  /** Bytes from the start of the input. */
  readonly offset: number;
  readonly remaining: number;
  u8(what: string): number;
  u16le(what: string): number;
  u16be(what: string): number;
  u32le(what: string): number;
  u32be(what: string): number;
  u64le(what: string): bigint;
  u64be(what: string): bigint;
  take(length: number, what: string): Uint8Array;
  /** Takes `length` bytes that the specification reserves: they must be zero. */
  zero(length: number, what: string): void;
  /** Refuses trailing bytes. */
  end(what: string): void;
}

/**
 * @example
 * const r = reader(Uint8Array.of(2, 0, 0, 0));
 * r.u32le("VERSION"); // 2
 * r.end("report");
 */
export function reader(bytes: Uint8Array): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;

  /** Moves past `length` bytes and returns where they start. */
  function advance(length: number, what: string): number {
    if (!Number.isSafeInteger(length) || length < 0 || length > bytes.length - offset) {
      throw new MalformedError(`${what} needs ${length} bytes and ${bytes.length - offset} are left`, offset);
    }
    const start = offset;
    offset += length;
    return start;
  }

  return {
    get offset() {
      return offset;
    },
    get remaining() {
      return bytes.length - offset;
    },
    u8: (what) => view.getUint8(advance(1, what)),
    u16le: (what) => view.getUint16(advance(2, what), true),
    u16be: (what) => view.getUint16(advance(2, what), false),
    u32le: (what) => view.getUint32(advance(4, what), true),
    u32be: (what) => view.getUint32(advance(4, what), false),
    u64le: (what) => view.getBigUint64(advance(8, what), true),
    u64be: (what) => view.getBigUint64(advance(8, what), false),
    take(length, what) {
      const start = advance(length, what);
      return bytes.subarray(start, start + length);
    },
    zero(length, what) {
      const start = advance(length, what);
      if (!allBytes(bytes.subarray(start, start + length))) throw new MalformedError(`${what} must be zero`, start);
    },
    end(what) {
      if (offset !== bytes.length)
        throw new MalformedError(`${bytes.length - offset} bytes follow the ${what}`, offset);
    },
  };
}
