/** The fields of a Linux setup header that QEMU writes before OVMF measures the kernel (Linux Documentation/arch/x86/boot.rst; QEMU hw/i386/x86-common.c). */

import { demand } from "../../encoding/malformed.js";
import { Q35_SPLIT } from "./td-hob.js";

export interface SetupInputs {
  /** In bytes; 0 without an initrd. */
  readonly initrdSize: number;
  /** RAM of the machine in bytes. */
  readonly memorySize: number;
  /** What QEMU keeps below 4 GiB for ACPI: 0x28000 unless told. */
  readonly acpiDataSize?: number;
}

const MIN_KERNEL_BYTES = 0x1000;
const PROTOCOL_AT = 0x206;
const LOADER_TYPE_AT = 0x210;
const LOADFLAGS_AT = 0x211;
const RAMDISK_ADDRESS_AT = 0x218;
const RAMDISK_SIZE_AT = 0x21c;
const HEAP_END_AT = 0x224;
const COMMAND_LINE_AT = 0x228;
const INITRD_MAX_AT = 0x22c;
const XLOADFLAGS_AT = 0x236;
const DEFAULT_INITRD_MAX = 0x37ff_ffff;
const ABOVE_4G = 0x40;
const LOADED_HIGH = 1;
/** Where QEMU puts real-mode code and command line. */
const REAL_MODE = 0x10000;
const COMMAND_LINE = 0x20000;

/**
 * Changes the first bytes of a kernel as QEMU does when it loads it.
 * The initrd's address depends on the machine's memory, so the measured kernel does too: below 0xB0000000 bytes each size
 * gives another digest; 2 GiB and all sizes from there on give one.
 * @throws MalformedError for a kernel too old or an initrd too large to be loaded.
 */
export function qemuSetup(kernel: Uint8Array, inputs: SetupInputs): void {
  demand(kernel.length >= MIN_KERNEL_BYTES, "kernel is too short for a setup header");
  const view = new DataView(kernel.buffer, kernel.byteOffset, kernel.byteLength);
  demand(view.getUint32(0x202, true) === 0x5372_6448, "kernel has no setup header (HdrS)", 0x202);
  const protocol = view.getUint16(PROTOCOL_AT, true);
  demand(protocol >= 0x202, "kernel's boot protocol is older than 2.02", PROTOCOL_AT);
  // A kernel that is loaded low has its command line at an address that depends on its length: none of the last decades is.
  demand((view.getUint8(LOADFLAGS_AT) & LOADED_HIGH) !== 0, "kernel is not loaded high", LOADFLAGS_AT);
  view.setUint8(LOADER_TYPE_AT, 0xb0);
  view.setUint8(LOADFLAGS_AT, view.getUint8(LOADFLAGS_AT) | 0x80);
  // QEMU writes 32 bits over a 16-bit field and the two bytes behind it.
  view.setUint32(HEAP_END_AT, COMMAND_LINE - REAL_MODE - 0x200, true);
  view.setUint32(COMMAND_LINE_AT, COMMAND_LINE, true);
  if (inputs.initrdSize > 0) {
    view.setUint32(RAMDISK_ADDRESS_AT, initrdAddress(view, protocol, inputs), true);
    view.setUint32(RAMDISK_SIZE_AT, inputs.initrdSize, true);
  }
}

/** As high as kernel and low memory allow, on a page. */
function initrdAddress(view: DataView, protocol: number, inputs: SetupInputs): number {
  const { initrdSize, memorySize, acpiDataSize = 0x28000 } = inputs;
  const lowMemory = memorySize >= Q35_SPLIT ? 0x8000_0000 : memorySize;
  demand(lowMemory > acpiDataSize, "the machine's memory is smaller than what ACPI takes");
  const max = Math.min(kernelInitrdMax(view, protocol), lowMemory - acpiDataSize - 1);
  demand(initrdSize < max, "initrd is too large for the machine");
  const top = max - initrdSize;
  return top - (top % 0x1000);
}

function kernelInitrdMax(view: DataView, protocol: number): number {
  if (protocol >= 0x20c) {
    return (view.getUint16(XLOADFLAGS_AT, true) & ABOVE_4G) === 0 ? DEFAULT_INITRD_MAX : 0xffff_ffff;
  }
  return (protocol >= 0x203 ? view.getUint32(INITRD_MAX_AT, true) : 0) || DEFAULT_INITRD_MAX;
}
