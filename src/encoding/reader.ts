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
  return new Cursor(bytes);
}

/** A class and not closures: one quote takes eight of these. */
class Cursor implements Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves past `length` bytes and returns where they start. */
  #advance(length: number, what: string): number {
    const start = this.#offset;
    if (!Number.isSafeInteger(length) || length < 0 || length > this.remaining) {
      throw new MalformedError(`${what} needs ${length} bytes and ${this.remaining} are left`, start);
    }
    this.#offset = start + length;
    return start;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(what: string): number {
    return this.#view.getUint8(this.#advance(1, what));
  }

  u16le(what: string): number {
    return this.#view.getUint16(this.#advance(2, what), true);
  }

  u16be(what: string): number {
    return this.#view.getUint16(this.#advance(2, what), false);
  }

  u32le(what: string): number {
    return this.#view.getUint32(this.#advance(4, what), true);
  }

  u32be(what: string): number {
    return this.#view.getUint32(this.#advance(4, what), false);
  }

  u64le(what: string): bigint {
    return this.#view.getBigUint64(this.#advance(8, what), true);
  }

  u64be(what: string): bigint {
    return this.#view.getBigUint64(this.#advance(8, what), false);
  }

  take(length: number, what: string): Uint8Array {
    const start = this.#advance(length, what);
    return this.#bytes.subarray(start, start + length);
  }

  zero(length: number, what: string): void {
    const start = this.#advance(length, what);
    if (!allBytes(this.#bytes.subarray(start, start + length))) throw new MalformedError(`${what} must be zero`, start);
  }

  end(what: string): void {
    if (this.remaining !== 0) throw new MalformedError(`${this.remaining} bytes follow the ${what}`, this.#offset);
  }
}
