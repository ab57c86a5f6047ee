/** The table of kernel, initrd and command line digests that QEMU hands to OVMF (reference sev-snp.md, section 2.11; QEMU target/i386/sev.c). */

import { concatBytes } from "../../encoding/bytes.js";
import { demand } from "../../encoding/malformed.js";
import { toUtf8 } from "../../encoding/text.js";
import { PAGE_BYTES } from "./firmware.js";
import { guidBytes } from "./guid.js";
import { type CreateHash, digestOf } from "./hash.js";
import { type ByteSource, hashSource, isByteSource } from "./source.js";

/** A digest that is already known, in place of the file. */
export interface KnownSha256 {
  /** 32 bytes. */
  readonly sha256: Uint8Array;
}

/** What `-kernel`, `-initrd` and `-append` name. */
export interface KernelInputs {
  readonly kernel: ByteSource | KnownSha256;
  /** Absent is the same as empty. */
  readonly initrd?: ByteSource | KnownSha256;
  /** Exactly as on QEMU's command line: a trailing space counts. Absent is the same as empty. */
  readonly commandLine?: string;
}

const TABLE_GUID = "9438d606-4f22-4cc9-b479-a793d411fd21";
const COMMAND_LINE_GUID = "97d02dd8-bd20-4c94-aa78-e7714d36ab2a";
const INITRD_GUID = "44baf731-3a2f-4bd7-9af1-41e29169781d";
const KERNEL_GUID = "4de79437-abd2-427f-b835-d5b172d2045b";
const ENTRY_BYTES = 50;
const TABLE_BYTES = 168;
const PADDED_BYTES = 176;

/** The 176 bytes of the table, padding included. */
export async function kernelHashesTable(inputs: KernelInputs, createHash: CreateHash): Promise<Uint8Array> {
  const kernel = await sha256Of(inputs.kernel, createHash);
  const initrd = await sha256Of(inputs.initrd ?? new Uint8Array(0), createHash);
  const commandLine = digestOf(createHash, "SHA-256", commandLineBytes(inputs.commandLine ?? ""));
  const table = concatBytes(
    header(TABLE_GUID, TABLE_BYTES),
    entry(COMMAND_LINE_GUID, commandLine),
    entry(INITRD_GUID, initrd),
    entry(KERNEL_GUID, kernel),
  );
  return concatBytes(table, new Uint8Array(PADDED_BYTES - TABLE_BYTES));
}

/** The page that holds the table at the offset that the firmware asks for. */
export function kernelHashesPage(table: Uint8Array, hashesTableGpa: number): Uint8Array {
  const offset = hashesTableGpa % PAGE_BYTES;
  demand(offset + table.length <= PAGE_BYTES, "kernel hashes table does not fit its page", offset);
  const page = new Uint8Array(PAGE_BYTES);
  page.set(table, offset);
  return page;
}

function header(guid: string, length: number): Uint8Array {
  return concatBytes(guidBytes(guid), Uint8Array.of(length, 0));
}

function entry(guid: string, digest: Uint8Array): Uint8Array {
  return concatBytes(header(guid, ENTRY_BYTES), digest);
}

async function sha256Of(input: ByteSource | KnownSha256, createHash: CreateHash): Promise<Uint8Array> {
  if (isByteSource(input)) return hashSource(createHash, "SHA-256", input);
  if (!(input?.sha256 instanceof Uint8Array) || input.sha256.length !== 32) {
    throw new TypeError("a kernel or initrd is a byte source or { sha256 } of 32 bytes");
  }
  return input.sha256;
}

/** QEMU hashes the C string with its terminating NUL. */
function commandLineBytes(text: string): Uint8Array {
  return concatBytes(cString(text, "command line"), Uint8Array.of(0));
}

/** UTF-8 of a string that a C program can carry: no NUL, no lone surrogate (which would silently become U+FFFD). */
export function cString(text: string, what: string): Uint8Array {
  if (typeof text !== "string" || text.includes("\0")) throw new TypeError(`${what} must be a string without NUL`);
  if (/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text)) {
    throw new TypeError(`${what} has a lone surrogate`);
  }
  return toUtf8(text);
}
