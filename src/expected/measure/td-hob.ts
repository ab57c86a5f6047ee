/** The hand-off block list that QEMU writes for a TD and the firmware measures into RTMR0 (QEMU hw/i386/tdvf-hob.c; UEFI PI, volume 3). */

import { demand } from "../../encoding/malformed.js";
import { PAGE_BYTES } from "./firmware.js";
import { TDVF_SECTION, type Tdvf } from "./tdvf.js";

/** A range of guest memory, in bytes; both a multiple of 4096. */
export interface MemoryRange {
  readonly start: number;
  readonly length: number;
}

/** What the list depends on. */
export interface TdHobInputs {
  /** Address of the list itself: the TD_HOB section. */
  readonly base: number;
  /** Memory that is accepted already: the TD_HOB and TEMP_MEM sections. */
  readonly accepted: readonly MemoryRange[];
  /** RAM of the machine in bytes. */
  readonly memorySize: number;
}

const HANDOFF_BYTES = 56;
const RESOURCE_BYTES = 48;
const END_BYTES = 8;
const RESOURCE = { systemMemory: 0, unaccepted: 7 } as const;
/** PRESENT, INITIALIZED, TESTED. */
const ATTRIBUTES = 7;
const GIB = 0x4000_0000;
/** q35 keeps RAM in one block below 4 GiB until it reaches this size; from then on 2 GiB lie below and the rest above. */
export const Q35_SPLIT = 0xb000_0000;
const MAX_MEMORY = 2 ** 46;
const MAX_RANGES = 64;

/** Base and accepted ranges of a firmware. */
export function tdHobRanges({ sections }: Tdvf): { readonly base: number; readonly accepted: readonly MemoryRange[] } {
  const hobs = sections.filter(({ type }) => type === TDVF_SECTION.tdHob);
  demand(hobs.length === 1, "firmware must have one TD_HOB section");
  const accepted = sections
    .filter(({ type }) => type === TDVF_SECTION.tdHob || type === TDVF_SECTION.tempMem)
    .map(({ address, memorySize }) => ({ start: address, length: memorySize }));
  return { base: hobs[0]?.address as number, accepted };
}

/**
 * The bytes of the list as they are measured.
 * @throws MalformedError when accepted ranges overlap or do not lie in the machine's low memory.
 */
export function tdHob({ base, accepted, memorySize }: TdHobInputs): Uint8Array {
  const memory = checkedMemory(memorySize);
  const ranges = checkedRanges(accepted, memorySize >= Q35_SPLIT ? 2 * GIB : memorySize);
  const resources: (readonly [type: number, start: number, length: number])[] = [];
  let free = 0;
  for (const { start, length } of ranges) {
    if (start > free) resources.push([RESOURCE.unaccepted, free, start - free]);
    resources.push([RESOURCE.systemMemory, start, length]);
    free = start + length;
  }
  for (const { start, length } of memory) {
    const from = Math.max(start, free);
    if (from < start + length) resources.push([RESOURCE.unaccepted, from, start + length - from]);
  }
  return encodeList(base, resources);
}

function checkedMemory(memorySize: number): readonly MemoryRange[] {
  const fits = Number.isSafeInteger(memorySize) && memorySize > 0 && memorySize <= MAX_MEMORY;
  demand(fits && memorySize % PAGE_BYTES === 0, "memory size must be a whole number of 4 KiB pages, at most 64 TiB");
  if (memorySize < Q35_SPLIT) return [{ start: 0, length: memorySize }];
  const low = 2 * GIB;
  return [
    { start: 0, length: low },
    { start: 4 * GIB, length: memorySize - low },
  ];
}

function checkedRanges(accepted: readonly MemoryRange[], lowMemory: number): readonly MemoryRange[] {
  demand(accepted.length > 0 && accepted.length <= MAX_RANGES, `TD HOB must have 1 to ${MAX_RANGES} accepted ranges`);
  const ranges = [...accepted].sort((a, b) => a.start - b.start);
  let end = 0;
  for (const { start, length } of ranges) {
    demand(start >= end && length > 0, "accepted ranges of the TD HOB overlap or are empty");
    demand(start % PAGE_BYTES === 0 && length % PAGE_BYTES === 0, "accepted range of the TD HOB is not aligned");
    end = start + length;
  }
  demand(end <= lowMemory, "accepted range of the TD HOB lies outside the machine's low memory");
  return ranges;
}

/** EFI_HOB_HANDOFF_INFO_TABLE, then one EFI_HOB_RESOURCE_DESCRIPTOR each; the end marker is counted and not measured. */
function encodeList(base: number, resources: readonly (readonly [number, number, number])[]): Uint8Array {
  const bytes = new Uint8Array(HANDOFF_BYTES + resources.length * RESOURCE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 1, true);
  view.setUint16(2, HANDOFF_BYTES, true);
  view.setUint32(8, 9, true);
  view.setBigUint64(48, BigInt(base + bytes.length + END_BYTES), true);
  for (const [i, [type, start, length]] of resources.entries()) {
    const at = HANDOFF_BYTES + i * RESOURCE_BYTES;
    view.setUint16(at, 3, true);
    view.setUint16(at + 2, RESOURCE_BYTES, true);
    view.setUint32(at + 24, type, true);
    view.setUint32(at + 28, ATTRIBUTES, true);
    view.setBigUint64(at + 32, BigInt(start), true);
    view.setBigUint64(at + 40, BigInt(length), true);
  }
  return bytes;
}
