/** Files as the measurement calculators take them: bytes, a Blob or File, or any stream of chunks; large ones pass through in bounded memory. */

import type { HashName } from "../../crypto/crypto.js";
import { MalformedError } from "../../encoding/malformed.js";
import { type CreateHash, finish } from "./hash.js";

/** The part of `Blob` and `File` that is used. */
export interface BlobLike {
  readonly size: number;
  stream(): ReadableStream<Uint8Array>;
}

/** Bytes in memory, a Blob or File, or chunks from anywhere (a Node read stream, a fetch body). A stream can be read once. */
export type ByteSource = Uint8Array | BlobLike | AsyncIterable<Uint8Array>;

/** Whether `value` is one of the three forms. */
export function isByteSource(value: unknown): value is ByteSource {
  if (value instanceof Uint8Array) return true;
  if (typeof value !== "object" || value === null) return false;
  return Symbol.asyncIterator in value || ("stream" in value && typeof value.stream === "function");
}

/** The chunks of `source` in order. */
export async function* chunksOf(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  if (source instanceof Uint8Array) {
    yield source;
  } else if (Symbol.asyncIterator in source) {
    for await (const chunk of source) yield checkedChunk(chunk);
  } else {
    yield* chunksOfStream(source.stream());
  }
}

/** Not every browser iterates a ReadableStream with `for await`. */
async function* chunksOfStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield checkedChunk(step.value);
  } finally {
    reader.releaseLock();
  }
}

function checkedChunk(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError("a byte source must give Uint8Array chunks");
}

/** Digest of all of `source`; memory is bounded by its chunks. */
export async function hashSource(createHash: CreateHash, name: HashName, source: ByteSource): Promise<Uint8Array> {
  const hash = createHash(name);
  for await (const chunk of chunksOf(source)) hash.update(chunk);
  return finish(hash);
}

/** Digest and length in bytes of all of `source`. */
export async function hashAndCount(
  createHash: CreateHash,
  name: HashName,
  source: ByteSource,
): Promise<{ readonly digest: Uint8Array; readonly length: number }> {
  const hash = createHash(name);
  let length = 0;
  for await (const chunk of chunksOf(source)) {
    hash.update(chunk);
    length += chunk.length;
  }
  return { digest: finish(hash), length };
}

/** All bytes of `source`, refused beyond `maxLength` before they are gathered. */
export async function readSource(source: ByteSource, maxLength: number, what: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Chunks are copied: a stream may fill the same buffer again.
  for await (const chunk of chunksOf(source)) {
    length += chunk.length;
    if (length > maxLength) throw new MalformedError(`${what} is longer than ${maxLength} bytes`, maxLength);
    parts.push(source instanceof Uint8Array ? chunk : chunk.slice());
  }
  if (parts.length === 1) return parts[0] as Uint8Array;
  const all = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
