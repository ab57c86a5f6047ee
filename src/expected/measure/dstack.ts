/** What a dstack image measures on TDX, from its files or from its measurement document; its image and compose hashes (reference dcap.md, section 5.2). */

import { equalBytes } from "../../encoding/bytes.js";
import { type CborMap, isCborMap, readCbor } from "../../encoding/cbor.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromHex, fromUtf8 } from "../../encoding/text.js";
import { MAX_FIRMWARE_BYTES } from "./firmware.js";
import { digestOf, type HashOptions, nobleHash } from "./hash.js";
import { type ByteSource, readSource } from "./source.js";
import { type MemoryRange, Q35_SPLIT } from "./td-hob.js";
import { mrtdOf, type PageOrder, readTdvf } from "./tdvf.js";
import { directBootEvents, type PlatformInputs, platformEvents } from "./tdx.js";
import { type BootEvent, type BootRegisters, extendRegisters } from "./tdx-events.js";

/** The machine that a dstack image runs on: what `vm_config` says of it. */
export interface DstackMachine {
  /** `memory_size`, in bytes. */
  readonly memorySize: number;
  /** `qemu_version`, "9.1.0" unless told: 8.x adds all pages of a section before it measures them. */
  readonly qemuVersion?: string;
  /** Overrides what the version implies. `vm_config.qemu_single_pass_add_pages`, despite its name, is `true` for "two-pass". */
  readonly pageOrder?: PageOrder;
  /** QEMU's ACPI blobs for this machine, or the digests that the event log shows for them. */
  readonly acpi: PlatformInputs["acpi"];
}

/** A dstack image's files. */
export interface DstackImage {
  /** `bios` of metadata.json. */
  readonly firmware: ByteSource;
  readonly kernel: ByteSource;
  readonly initrd: ByteSource;
  /** `cmdline` of metadata.json, without ` initrd=initrd`. */
  readonly commandLine: string;
  /** `kernel_header_normalized` of metadata.json: whether the firmware undoes what QEMU writes into the kernel. */
  readonly kernelHeaderNormalized?: boolean;
}

/** MRTD and RTMR0 to RTMR2, 48 bytes each; RTMR3 is extended at run time. */
export interface TdxMeasurement extends BootRegisters {
  readonly mrtd: Uint8Array;
}

/** `measurement.tdx.cbor`, version 3: what an image's files give, without the files. */
export interface DstackDocument {
  readonly mrtd: Readonly<Record<PageOrder, Uint8Array>>;
  readonly tdHob: { readonly base: number; readonly accepted: readonly MemoryRange[] };
  /** Digests of RTMR1's first event and RTMR2's two. */
  readonly kernel: Uint8Array;
  readonly commandLine: Uint8Array;
  readonly initrd: Uint8Array;
}

/** SHA-384 of OVMF's empty 528 KiB variable store, which every dstack firmware carries. */
const EMPTY_CFV = "344bc51c980ba621aaa00da3ed7436f7d6e549197dfe699515dfa2c6583d95e6412af21c097d473155875ffd561d6790";
const TWO_GIB = 0x8000_0000;
const PAGE = 0x1000;

/**
 * The registers of a TD that boots these files on this machine.
 * @example
 * const { mrtd, rtmr0, rtmr1, rtmr2 } = await measureDstackImage({ image, machine });
 */
export async function measureDstackImage(
  inputs: { readonly image: DstackImage; readonly machine: DstackMachine } & HashOptions,
): Promise<TdxMeasurement> {
  const { image, machine, createHash = nobleHash } = inputs;
  const firmware = readTdvf(await readSource(image.firmware, MAX_FIRMWARE_BYTES, "firmware"));
  const { memorySize, acpi } = machine;
  const events = [
    ...(await platformEvents({ tdHob: { firmware, memorySize }, cfv: { firmware }, acpi }, { createHash })),
    ...(await directBootEvents(
      { ...image, setupHeader: image.kernelHeaderNormalized === true ? "normalized" : { memorySize } },
      { createHash },
    )),
  ];
  return measurement(mrtdOf(firmware, { pageOrder: pageOrderOf(machine), createHash }), events, { createHash });
}

/**
 * The registers of a TD that boots the image of a measurement document on this machine.
 * Whether the document belongs to an image is for `checkDstackDocument`.
 * @throws MalformedError for another version of the document, and for memory sizes for which it does not know the kernel's digest.
 */
export async function measureDstackDocument(
  inputs: { readonly document: Uint8Array | DstackDocument; readonly machine: DstackMachine } & HashOptions,
): Promise<TdxMeasurement> {
  const { machine, createHash = nobleHash } = inputs;
  const document = inputs.document instanceof Uint8Array ? readDstackDocument(inputs.document) : inputs.document;
  const { memorySize, acpi } = machine;
  demand(
    memorySize === TWO_GIB || memorySize >= Q35_SPLIT,
    "the document's kernel digest holds for 2 GiB of memory and for 2816 MiB and more",
  );
  const tdHob = { ...document.tdHob, memorySize };
  const events = [
    ...(await platformEvents({ tdHob, cfv: { sha384: fromHex(EMPTY_CFV) }, acpi }, { createHash })),
    ...(await directBootEvents(
      {
        kernel: { sha384: document.kernel },
        initrd: { sha384: document.initrd },
        commandLine: { sha384: document.commandLine },
        setupHeader: { memorySize },
      },
      { createHash },
    )),
  ];
  return measurement(document.mrtd[pageOrderOf(machine)], events, { createHash });
}

function measurement(mrtd: Uint8Array, events: readonly BootEvent[], options: HashOptions): TdxMeasurement {
  return { mrtd, ...extendRegisters(events, options) };
}

function pageOrderOf({ pageOrder, qemuVersion = "9.1.0" }: DstackMachine): PageOrder {
  if (pageOrder !== undefined) return pageOrder;
  const major = /^(\d{1,3})\.\d{1,3}\.\d{1,3}$/.exec(qemuVersion)?.[1];
  demand(major !== undefined && Number(major) >= 8, "QEMU version must be 8.0.0 or later, in three numbers");
  return Number(major) === 8 ? "two-pass" : "single-pass";
}

/**
 * Checks that `document` is the one that the image hash commits to: the hash is the SHA-256 of the checksum file, and a line of
 * that file names measurement.tdx.cbor with the SHA-256 of the document.
 */
export function checkDstackDocument(
  inputs: {
    readonly document: Uint8Array;
    readonly checksumFile: Uint8Array;
    readonly osImageHash: Uint8Array;
  } & HashOptions,
): boolean {
  const { document, checksumFile, osImageHash, createHash = nobleHash } = inputs;
  if (!equalBytes(dstackOsImageHash(checksumFile, { createHash }), osImageHash)) return false;
  const digests = fromUtf8(checksumFile)
    .split("\n")
    .flatMap((line) => /^([0-9a-f]{64}) [ *]measurement\.tdx\.cbor$/.exec(line)?.[1] ?? []);
  return digests.length === 1 && equalBytes(fromHex(digests[0] as string), digestOf(createHash, "SHA-256", document));
}

/** `os_image_hash`, 32 bytes: SHA-256 of the image's sha256sum.txt. */
export function dstackOsImageHash(checksumFile: Uint8Array, options: HashOptions = {}): Uint8Array {
  return digestOf(options.createHash ?? nobleHash, "SHA-256", checksumFile);
}

/**
 * `compose_hash`, 32 bytes: SHA-256 of app-compose.json, byte for byte as deployed.
 * @example
 * const hash = dstackComposeHash(new TextEncoder().encode(appCompose));
 */
export function dstackComposeHash(appCompose: Uint8Array, options: HashOptions = {}): Uint8Array {
  return digestOf(options.createHash ?? nobleHash, "SHA-256", appCompose);
}

/** `app_id` of the first deployment: the first 20 bytes of its compose hash. */
export function dstackAppId(composeHash: Uint8Array): Uint8Array {
  if (composeHash.length !== 32) throw new TypeError("compose hash must be 32 bytes");
  return composeHash.slice(0, 20);
}

/** Reads `measurement.tdx.cbor` of version 3. */
export function readDstackDocument(bytes: Uint8Array): DstackDocument {
  const root = mapWith(readCbor(bytes), ["version", "image", "tdvf"], "measurement document");
  demand(root.get("version") === 3, "measurement document is not of version 3");
  const image = mapWith(root.get("image"), ["cmdline_sha384", "kernel_authenticode", "initrd_sha384"], "image");
  const tdvf = mapWith(root.get("tdvf"), ["ovmf", "mrtd", "td_hob"], "tdvf");
  demand(tdvf.get("ovmf") === "pre202505", "measurement document has an unknown OVMF variant");
  const mrtd = mapWith(tdvf.get("mrtd"), ["single_pass", "two_pass"], "mrtd");
  return {
    mrtd: { "single-pass": digest(mrtd, "single_pass"), "two-pass": digest(mrtd, "two_pass") },
    tdHob: readWitness(tdvf.get("td_hob")),
    kernel: digest(image, "kernel_authenticode"),
    commandLine: digest(image, "cmdline_sha384"),
    initrd: digest(image, "initrd_sha384"),
  };
}

function mapWith(value: Parameters<typeof isCborMap>[0], names: readonly string[], what: string): CborMap {
  if (!isCborMap(value)) throw new MalformedError(`${what} is not a map`);
  demand(
    value.size === names.length && names.every((name) => value.has(name)),
    `${what} has not the members ${names.join(", ")}`,
  );
  return value;
}

function digest(map: CborMap, name: string): Uint8Array {
  const value = map.get(name);
  if (!(value instanceof Uint8Array) || value.length !== 48) throw new MalformedError(`${name} is not 48 bytes`);
  return value;
}

/** Page numbers as LEB128: base page, the list's page and each range's start relative to it, each range with its page count. */
function readWitness(value: unknown): DstackDocument["tdHob"] {
  if (!(value instanceof Uint8Array)) throw new MalformedError("td_hob is not a byte string");
  const next = leb128(value);
  const base = next();
  const hob = next();
  const count = next();
  demand(count <= 64, "td_hob has more than 64 ranges");
  const accepted: MemoryRange[] = [];
  for (let i = 0; i < count; i++) accepted.push({ start: (base + next()) * PAGE, length: next() * PAGE });
  demand(next.end(), "td_hob has bytes behind its ranges");
  return { base: (base + hob) * PAGE, accepted };
}

/** Unsigned LEB128 below 2^35, shortest form only. */
function leb128(bytes: Uint8Array): (() => number) & { readonly end: () => boolean } {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 35; scale *= 128) {
      const byte = bytes[at++];
      demand(byte !== undefined, "td_hob is cut short", at);
      value += (byte & 127) * scale;
      if (byte >= 128) continue;
      demand(byte !== 0 || scale === 1, "td_hob has a number in a longer form than it needs", at);
      return value;
    }
    throw new MalformedError("td_hob has a number of 2^35 or more", at);
  };
  return Object.assign(next, { end: () => at === bytes.length });
}
