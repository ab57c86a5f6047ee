/** gzip (RFC 1952) out of a stream, in bounded memory: the engine's own DecompressionStream, and a check of the trailer that not every engine makes. */

import { demand, MalformedError } from "../../encoding/malformed.js";
import { crc32 } from "../measure/crc32.js";
import { type ByteSource, chunksOf } from "../measure/source.js";

/** Takes the chunks of one gzip file and gives those of what is in it. It may throw anything for what is no gzip. */
export type Decompress = (compressed: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

export interface GunzipOptions {
  /** Most bytes that come out. */
  readonly maxBytes: number;
  /** In place of the engine's `DecompressionStream`, for engines without one (hardened JavaScript). */
  readonly decompress?: Decompress | undefined;
  /** Sees the compressed bytes as they pass. */
  readonly onCompressed?: (piece: Uint8Array) => void;
}

/** Compressed bytes that are handed over at once: deflate makes at most 1032 bytes of one, and some engines hold all of them. */
const PIECE_BYTES = 16_384;
const TRAILER_BYTES = 8;

/**
 * The decompressed chunks of `source`, one gzip member with nothing behind it.
 * @throws MalformedError for what is no gzip, is cut short or longer than `maxBytes`, or has another trailer than its contents
 * @throws TypeError without a decompressor
 */
export async function* gunzip(source: ByteSource, options: GunzipOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const { maxBytes, decompress = inEngine(), onCompressed } = options;
  const input: Input = { tail: new Uint8Array(0) };
  let length = 0;
  let crc = 0;
  try {
    for await (const chunk of decompress(pieces(source, input, onCompressed))) {
      length += chunk.length;
      demand(length <= maxBytes, `more than ${maxBytes} bytes come out of the gzip file`, maxBytes);
      crc = crc32(chunk, crc);
      yield chunk;
    }
  } catch (error) {
    if (input.fault !== undefined) throw input.fault.error;
    if (error instanceof MalformedError) throw error;
    throw new MalformedError("file is not well-formed gzip");
  }
  // Engines differ in what they do with a second member or other bytes behind the first: the file must end with this trailer.
  const { tail } = input;
  demand(tail.length === TRAILER_BYTES, "gzip file is cut short");
  const view = new DataView(tail.buffer, tail.byteOffset, TRAILER_BYTES);
  demand(
    view.getUint32(0, true) === crc && view.getUint32(4, true) === length % 2 ** 32,
    "gzip file does not end with the checksum and length of its contents",
  );
}

interface Input {
  /** The last bytes that went in, at most eight. */
  tail: Uint8Array;
  /** What the source itself threw, which says nothing of gzip. */
  fault?: { readonly error: unknown };
}

async function* pieces(
  source: ByteSource,
  input: Input,
  onCompressed: GunzipOptions["onCompressed"],
): AsyncGenerator<Uint8Array> {
  const chunks = chunksOf(source);
  for (;;) {
    const step = await chunks.next().catch((error: unknown) => {
      input.fault = { error };
      throw error;
    });
    if (step.done) return;
    for (let at = 0; at < step.value.length; at += PIECE_BYTES) {
      // A copy: whoever gave the chunk may fill it again while the engine still reads.
      const piece = step.value.slice(at, at + PIECE_BYTES);
      onCompressed?.(piece);
      input.tail = lastBytes(input.tail, piece);
      yield piece;
    }
  }
}

function lastBytes(before: Uint8Array, piece: Uint8Array): Uint8Array {
  if (piece.length >= TRAILER_BYTES) return piece.slice(-TRAILER_BYTES);
  const both = new Uint8Array(before.length + piece.length);
  both.set(before);
  both.set(piece, before.length);
  return both.slice(-TRAILER_BYTES);
}

function inEngine(): Decompress {
  const { DecompressionStream } = globalThis as { DecompressionStream?: typeof globalThis.DecompressionStream };
  if (DecompressionStream === undefined)
    throw new TypeError("this engine has no DecompressionStream: pass `decompress`");
  return (compressed) => throughStream(compressed, new DecompressionStream("gzip"));
}

/** Writes and reads at the same pace. Whoever stops reading stops the writing too. */
async function* throughStream(
  compressed: AsyncIterable<Uint8Array>,
  { readable, writable }: DecompressionStream,
): AsyncGenerator<Uint8Array> {
  const reader = readable.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const writer = writable.getWriter();
  let failure: { readonly error: unknown } | undefined;
  const writing = writeAll(compressed, writer).catch(async (error: unknown) => {
    failure = { error };
    await writer.abort(error).catch(() => undefined);
  });
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
    await writing;
    if (failure !== undefined) throw failure.error;
  } finally {
    await reader.cancel().catch(() => undefined);
    await writing;
  }
}

async function writeAll(
  compressed: AsyncIterable<Uint8Array>,
  writer: WritableStreamDefaultWriter<BufferSource>,
): Promise<void> {
  for await (const piece of compressed) {
    await writer.ready;
    await writer.write(piece as Uint8Array<ArrayBuffer>);
  }
  await writer.close();
}
