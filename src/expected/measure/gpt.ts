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
  const start = await readStart(disk, 2 * BLOCK_BYTES);
  const header = start.bytes.subarray(BLOCK_BYTES, BLOCK_BYTES + HEADER_BYTES);
  demand(header.length === HEADER_BYTES, "disk is too short for a partition table");
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  demand(view.getBigUint64(0, true) === SIGNATURE, "disk has no GUID partition table", BLOCK_BYTES);
  const firstBlock = view.getBigUint64(72, true);
  const count = view.getUint32(80, true);
  const size = view.getUint32(84, true);
  demand(size >= MIN_ENTRY_BYTES && size % 8 === 0, "partition entry has a wrong size", BLOCK_BYTES + 84);
  demand(count * size <= MAX_TABLE_BYTES && firstBlock <= 0x1000n, "partition table is too large or too far away");
  const at = Number(firstBlock) * BLOCK_BYTES;
  demand(at >= 2 * BLOCK_BYTES, "partition table overlaps its header", BLOCK_BYTES + 72);
  const { bytes } = await start.more(at + count * size);
  demand(bytes.length >= at + count * size, "disk is too short for its partition entries", bytes.length);
  const entries = Array.from({ length: count }, (_, i) => bytes.subarray(at + i * size, at + (i + 1) * size));
  const used = entries.filter((entry) => !allBytes(entry.subarray(0, 16)));
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, BigInt(used.length), true);
  return concatBytes(header, number, ...used);
}

interface Start {
  readonly bytes: Uint8Array;
  /** At least `length` bytes from the start, unless the disk ends before. */
  more(length: number): Promise<Start>;
}

/** Reads a source only as far as it is needed: a disk may be large, and a stream can be read once. */
async function readStart(disk: ByteSource, length: number): Promise<Start> {
  const chunks = chunksOf(disk);
  const gather = async (held: Uint8Array, wanted: number): Promise<Start> => {
    const parts = [held];
    let total = held.length;
    while (total < wanted) {
      const step = await chunks.next();
      if (step.done === true) break;
      parts.push(step.value);
      total += step.value.length;
    }
    const bytes = concatBytes(...parts);
    return { bytes, more: (further) => gather(bytes, further) };
  };
  return gather(new Uint8Array(0), length);
}
