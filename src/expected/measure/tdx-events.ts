/** The events that a TD's firmware and boot loaders extend into RTMR0 to RTMR2, each as its digest (TCG PC Client Platform Firmware Profile, section 10; reference dcap.md, section 5.1). */

import { toUtf8 } from "../../encoding/text.js";
import { authenticodeDigest, type PeHashOptions } from "./authenticode.js";
import { guidBytes } from "./guid.js";
import { type CreateHash, digestOf, type HashOptions, nobleHash } from "./hash.js";
import { cString } from "./kernel-hashes.js";
import { type ByteSource, hashSource, isByteSource } from "./source.js";

/** RTMR3 belongs to the application: no boot event goes there. */
export type BootRegister = 0 | 1 | 2;

/** One event, in the order in which registers are extended. */
export interface BootEvent {
  readonly register: BootRegister;
  /** What was measured, in words. */
  readonly what: string;
  /** 48 bytes. */
  readonly digest: Uint8Array;
}

/** RTMR0 to RTMR2, 48 bytes each. */
export interface BootRegisters {
  readonly rtmr0: Uint8Array;
  readonly rtmr1: Uint8Array;
  readonly rtmr2: Uint8Array;
}

/** A digest that is already known, in place of the bytes. */
export interface KnownSha384 {
  /** 48 bytes. */
  readonly sha384: Uint8Array;
}

const DIGEST_BYTES = 48;

/** UEFI's namespaces of the variables that are measured. */
export const VARIABLE_GUID = {
  global: "8be4df61-93ca-11d2-aa0d-00e098032b8c",
  imageSecurity: "d719b2cb-3d3a-4596-a3bc-dad00e67656f",
  shim: "605dab50-e046-4300-abb6-3dd810dd8b23",
} as const;

/**
 * Extends all events, each register from zero: `mr = SHA-384(mr || digest)`.
 * @example
 * const { rtmr1 } = extendRegisters(await directBootEvents(boot));
 */
export function extendRegisters(events: readonly BootEvent[], options: HashOptions = {}): BootRegisters {
  const registers = [0, 1, 2].map(() => new Uint8Array(DIGEST_BYTES)) as [Uint8Array, Uint8Array, Uint8Array];
  for (const { register, digest, what } of events) {
    if (digest.length !== DIGEST_BYTES) throw new TypeError(`digest of ${what} must be ${DIGEST_BYTES} bytes`);
    registers[register] = digestOf(options.createHash ?? nobleHash, "SHA-384", registers[register], digest);
  }
  return { rtmr0: registers[0], rtmr1: registers[1], rtmr2: registers[2] };
}

/** Digest of an EV_EFI_VARIABLE_DRIVER_CONFIG or _AUTHORITY event: UEFI_VARIABLE_DATA with GUID, lengths, name and data. */
export function variableDigest(createHash: CreateHash, guid: string, name: string, data: Uint8Array): Uint8Array {
  const lengths = new Uint8Array(16);
  const view = new DataView(lengths.buffer);
  view.setBigUint64(0, BigInt(name.length), true);
  view.setBigUint64(8, BigInt(data.length), true);
  return digestOf(createHash, "SHA-384", guidBytes(guid), lengths, utf16(name), data);
}

/** Digest of the text of an EV_EFI_ACTION event. */
export function actionDigest(createHash: CreateHash, action: keyof typeof ACTION): Uint8Array {
  return digestOf(createHash, "SHA-384", toUtf8(ACTION[action]));
}

/** Digest of an EV_SEPARATOR event: four zero bytes. */
export function separatorDigest(createHash: CreateHash): Uint8Array {
  return digestOf(createHash, "SHA-384", new Uint8Array(4));
}

/** Digest of the kernel's LOADED_IMAGE::LoadOptions event: the command line in UTF-16LE with its NUL. */
export function loadOptionsDigest(createHash: CreateHash, commandLine: string): Uint8Array {
  cString(commandLine, "command line");
  return digestOf(createHash, "SHA-384", utf16(commandLine), new Uint8Array(2));
}

/** Digest of a GRUB command or command line, as upstream GRUB measures it: its text without the `grub_cmd: ` of the log. */
export function grubTextDigest(createHash: CreateHash, text: string): Uint8Array {
  return digestOf(createHash, "SHA-384", cString(text, "GRUB text"));
}

/** Digest of bytes, of a file, or one that is known. */
export async function contentDigest(createHash: CreateHash, content: ByteSource | KnownSha384): Promise<Uint8Array> {
  return isByteSource(content) ? hashSource(createHash, "SHA-384", content) : knownDigest(content);
}

/** Authenticode digest of an image, or one that is known. */
export async function imageDigest(
  createHash: CreateHash,
  image: ByteSource | KnownSha384,
  options: PeHashOptions = {},
): Promise<Uint8Array> {
  return isByteSource(image) ? authenticodeDigest({ ...options, image, createHash }) : knownDigest(image);
}

function knownDigest(known: KnownSha384): Uint8Array {
  if (!(known?.sha384 instanceof Uint8Array) || known.sha384.length !== DIGEST_BYTES) {
    throw new TypeError("content is a byte source or { sha384 } of 48 bytes");
  }
  return known.sha384;
}

const ACTION = {
  calling: "Calling EFI Application from Boot Option",
  exiting: "Exit Boot Services Invocation",
  exited: "Exit Boot Services Returned with Success",
} as const;

/** UTF-16LE without a NUL. */
function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), true);
  return bytes;
}
