/** The EV_EFI_GPT_EVENT of a disk: partition table header and the entries in use (UEFI Specification 2.10, section 5.3; TCG PC Client Platform Firmware Profile, UEFI_GPT_DATA). */

import { allBytes, concatBytes } from "../../encoding/bytes.js";
import { demand } from "../../encoding/malformed.js";
import { type ByteSource, chunksOf } from "./source.js";

const BLOCK_BYTES = 512;
const HEADER_BYTES = 92;
const SIGNATURE = 0x5452_4150_2049_4645n;
const MIN_ENTRY_BYTES = 128;
const MAX_TABLE_BYTES = 0x10_0000;

/**
 * The data that are hashed, from a raw disk image with blocks of 512 bytes. Reads no further than the table's end.
 * @throws MalformedError when the disk has no well-formed table, or one beyond 1 MiB.
 */
export async function gptEventData(disk: ByteSource): Promise<Uint8Array> {
  const chunks = chunksOf(disk);
  try {
    const start = await readUpTo(chunks, new Uint8Array(0), 2 * BLOCK_BYTES);
    const header = start.subarray(BLOCK_BYTES, BLOCK_BYTES + HEADER_BYTES);
    const { at, count, size } = entryArray(header);
    const bytes = await readUpTo(chunks, start, at + count * size);
    demand(bytes.length >= at + count * size, "disk is too short for its partition entries", bytes.length);
    const entries = Array.from({ length: count }, (_, i) => bytes.subarray(at + i * size, at + (i + 1) * size));
    const used = entries.filter((entry) => !allBytes(entry.subarray(0, 16)));
    const number = new Uint8Array(8);
    new DataView(number.buffer).setBigUint64(0, BigInt(used.length), true);
    return concatBytes(header, number, ...used);
  } finally {
    await chunks.return();
  }
}

function entryArray(header: Uint8Array): { readonly at: number; readonly count: number; readonly size: number } {
  demand(header.length === HEADER_BYTES, "disk is too short for a partition table");
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  demand(view.getBigUint64(0, true) === SIGNATURE, "disk has no GUID partition table", BLOCK_BYTES);
  const firstBlock = view.getBigUint64(72, true);
  const count = view.getUint32(80, true);
  const size = view.getUint32(84, true);
  demand(size >= MIN_ENTRY_BYTES && size % 8 === 0, "partition entry has a wrong size", BLOCK_BYTES + 84);
  demand(count * size <= MAX_TABLE_BYTES && firstBlock <= 0x1000n, "partition table is too large or too far away");
  demand(firstBlock >= 2n, "partition table overlaps its header", BLOCK_BYTES + 72);
  return { at: Number(firstBlock) * BLOCK_BYTES, count, size };
}

/** A disk may be large and a stream can be read once: gathers no more than is needed. */
async function readUpTo(
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
  held: Uint8Array,
  wanted: number,
): Promise<Uint8Array> {
  const parts = [held];
  let total = held.length;
  while (total < wanted) {
    const step = await chunks.next();
    if (step.done === true) break;
    parts.push(step.value.slice());
    total += step.value.length;
  }
  return concatBytes(...parts);
}
