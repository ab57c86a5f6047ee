/** RTMR0 to RTMR2 of a TD from the files that it boots: direct boot, shim and GRUB, unified kernel image (reference dcap.md, section 5.1). */

import { fromHex } from "../../encoding/text.js";
import { gptEventData } from "./gpt.js";
import { type CreateHash, digestOf, type HashOptions, nobleHash } from "./hash.js";
import { qemuSetup } from "./linux-setup.js";
import { type ByteSource, hashAndCount, isByteSource } from "./source.js";
import { type TdHobInputs, tdHob, tdHobRanges } from "./td-hob.js";
import { TDVF_SECTION, type Tdvf } from "./tdvf.js";
import {
  actionDigest,
  type BootEvent,
  type BootRegister,
  contentDigest,
  grubTextDigest,
  imageDigest,
  type KnownSha384,
  loadOptionsDigest,
  separatorDigest,
  VARIABLE_GUID,
  variableDigest,
} from "./tdx-events.js";
import { ukiDigests } from "./uki.js";

/** What the firmware measures of the machine, RTMR0. */
export interface PlatformInputs {
  /** The hand-off blocks: of a firmware and a memory size, of their ranges, or their digest. */
  readonly tdHob: { readonly firmware: Tdvf; readonly memorySize: number } | TdHobInputs | KnownSha384;
  /** The configuration firmware volume (variable store) as the firmware file has it: of a firmware, its bytes, or their digest. */
  readonly cfv: { readonly firmware: Tdvf } | ByteSource | KnownSha384;
  /** Contents of the Secure Boot variables; absent ones are measured as empty. */
  readonly secureBoot?: Readonly<Partial<Record<SecureBootVariable, Uint8Array>>>;
  /** QEMU's `etc/table-loader`, `etc/acpi/rsdp` and `etc/acpi/tables`, or their digests: they depend on the machine's devices. */
  readonly acpi: Readonly<Record<"loader" | "rsdp" | "tables", ByteSource | KnownSha384>>;
  /** The variables BootOrder and then each Boot####; that of a direct boot unless told. */
  readonly bootVariables?: readonly Uint8Array[];
}

export type SecureBootVariable = "SecureBoot" | "PK" | "KEK" | "db" | "dbx";

const SECURE_BOOT: readonly (readonly [SecureBootVariable, string])[] = [
  ["SecureBoot", VARIABLE_GUID.global],
  ["PK", VARIABLE_GUID.global],
  ["KEK", VARIABLE_GUID.global],
  ["db", VARIABLE_GUID.imageSecurity],
  ["dbx", VARIABLE_GUID.imageSecurity],
];

/** BootOrder = 0000; Boot0000 = "UiApp" in OVMF's firmware volume: what OVMF publishes when nothing else can be booted. */
const DIRECT_BOOT_VARIABLES: readonly string[] = [
  "0000",
  "090100002c0055006900410070007000000004071400c9bdb87cebf8344faaea3ee4af6516a10406140021aa2c4614760345836e8ab6f46623317fff0400",
];

/** The events of RTMR0 before anything is booted (edk2 before stable202505). */
export async function platformEvents(inputs: PlatformInputs, options: HashOptions = {}): Promise<readonly BootEvent[]> {
  const { createHash = nobleHash } = options;
  const { secureBoot = {}, acpi, bootVariables = DIRECT_BOOT_VARIABLES.map(fromHex) } = inputs;
  const at = event(0);
  return [
    at("TD HOB", await tdHobDigest(inputs.tdHob, createHash)),
    at("configuration firmware volume", await cfvDigest(inputs.cfv, createHash)),
    ...SECURE_BOOT.map(([name, guid]) =>
      at(name, variableDigest(createHash, guid, name, secureBoot[name] ?? new Uint8Array(0))),
    ),
    at("separator", separatorDigest(createHash)),
    at("ACPI table loader", await contentDigest(createHash, acpi.loader)),
    at("ACPI RSDP", await contentDigest(createHash, acpi.rsdp)),
    at("ACPI tables", await contentDigest(createHash, acpi.tables)),
    ...bootVariables.map((data, i) =>
      at(i === 0 ? "BootOrder" : `boot option ${i}`, digestOf(createHash, "SHA-384", data)),
    ),
  ];
}

async function tdHobDigest(input: PlatformInputs["tdHob"], createHash: CreateHash): Promise<Uint8Array> {
  if ("sha384" in input) return contentDigest(createHash, input);
  const hob = "firmware" in input ? { ...tdHobRanges(input.firmware), memorySize: input.memorySize } : input;
  return digestOf(createHash, "SHA-384", tdHob(hob));
}

async function cfvDigest(input: PlatformInputs["cfv"], createHash: CreateHash): Promise<Uint8Array> {
  if (isByteSource(input) || "sha384" in input) return contentDigest(createHash, input);
  const { image, sections } = input.firmware;
  const volumes = sections.filter(({ type }) => type === TDVF_SECTION.cfv);
  const [volume] = volumes;
  if (volume === undefined || volumes.length > 1)
    throw new TypeError("firmware must have one CFV section: give its bytes as cfv");
  return digestOf(createHash, "SHA-384", image.subarray(volume.dataOffset, volume.dataOffset + volume.rawSize));
}

/** Where the separator goes that follows "Calling EFI Application": RTMR1 unless told; some builds of OVMF put it in RTMR0. */
interface ReadyToBoot {
  readonly readyToBootSeparator?: 0 | 1;
}

/** A kernel that QEMU hands to OVMF. */
export interface DirectBoot extends ReadyToBoot {
  /** The kernel file; or its Authenticode digest as measured. */
  readonly kernel: ByteSource | KnownSha384;
  readonly initrd: ByteSource | KnownSha384;
  /** As given to `-append`; OVMF adds ` initrd=initrd` before it is measured. A digest is of the whole event. */
  readonly commandLine: string | KnownSha384;
  /**
   * Whose bytes are measured: the kernel as QEMU rewrites its setup header, which depends on the machine's memory in bytes, or,
   * for firmware that undoes that (`"normalized"`), the file itself. Not needed with a known digest.
   */
  readonly setupHeader: { readonly memorySize: number; readonly acpiDataSize?: number } | "normalized";
}

/** What OVMF appends to the command line of a direct boot so that the kernel finds the initrd. */
const INITRD_SUFFIX = " initrd=initrd";

/**
 * RTMR1 and RTMR2 of a direct boot: the kernel image, then its command line and initrd.
 * @example
 * const events = await directBootEvents({ kernel, initrd, commandLine: "console=ttyS0", setupHeader: { memorySize: 2 ** 31 } });
 */
export async function directBootEvents(boot: DirectBoot, options: HashOptions = {}): Promise<readonly BootEvent[]> {
  const { createHash = nobleHash } = options;
  const { setupHeader, commandLine } = boot;
  const initrd = isByteSource(boot.initrd)
    ? await hashAndCount(createHash, "SHA-384", boot.initrd)
    : { digest: await contentDigest(createHash, boot.initrd), length: undefined };
  if (isByteSource(boot.kernel) && setupHeader !== "normalized" && initrd.length === undefined) {
    throw new TypeError("the kernel's setup header holds the initrd's size: give the initrd, not its digest");
  }
  const patch =
    setupHeader === "normalized"
      ? {}
      : { patch: (prefix: Uint8Array) => qemuSetup(prefix, { ...setupHeader, initrdSize: initrd.length ?? 0 }) };
  const loadOptions =
    typeof commandLine === "string"
      ? loadOptionsDigest(createHash, commandLine + INITRD_SUFFIX)
      : await contentDigest(createHash, commandLine);
  return [
    event(1)("kernel", await imageDigest(createHash, boot.kernel, patch)),
    ...callingEvents(createHash, boot),
    event(2)("command line", loadOptions),
    event(2)("initrd", initrd.digest),
    ...exitEvents(createHash),
  ];
}

/** A disk with shim and GRUB. Which events a loader extends differs by its build: give them as its log shows them. */
export interface GrubBoot extends ReadyToBoot {
  /** The raw disk image (its start is enough); or the digest of its GPT event. */
  readonly disk: ByteSource | KnownSha384;
  /** Images in the order in which they are loaded: shim, GRUB and, where the loader uses the firmware for it, the kernel. */
  readonly images: readonly (ByteSource | KnownSha384)[];
  /** Variables that shim extends into RTMR0 (SbatLevel and others): its namespace unless told. */
  readonly authorities?: readonly { readonly name: string; readonly data: Uint8Array; readonly guid?: string }[];
  /** What shim, GRUB and the kernel extend into RTMR2, in order. */
  readonly loader: readonly LoaderEvent[];
}

/** An event of RTMR2: a variable or file by its contents, a GRUB command or kernel command line by its text, the kernel's load options. */
export type LoaderEvent =
  | { readonly content: ByteSource | KnownSha384; readonly what: string }
  | { readonly grub: string }
  | { readonly loadOptions: string };

/** RTMR0 (shim's part), RTMR1 and RTMR2 of a boot from disk through shim and GRUB. */
export async function grubBootEvents(boot: GrubBoot, options: HashOptions = {}): Promise<readonly BootEvent[]> {
  const { createHash = nobleHash } = options;
  const events: BootEvent[] = [...callingEvents(createHash, boot), await gptEvent(boot.disk, createHash)];
  for (const [i, image] of boot.images.entries()) {
    events.push(event(1)(`image ${i + 1}`, await imageDigest(createHash, image)));
  }
  for (const { name, data, guid = VARIABLE_GUID.shim } of boot.authorities ?? []) {
    events.push(event(0)(name, variableDigest(createHash, guid, name, data)));
  }
  for (const loaded of boot.loader) events.push(await loaderEvent(loaded, createHash));
  return [...events, ...exitEvents(createHash)];
}

async function loaderEvent(loaded: LoaderEvent, createHash: CreateHash): Promise<BootEvent> {
  const at = event(2);
  if ("grub" in loaded) return at(loaded.grub, grubTextDigest(createHash, loaded.grub));
  if ("loadOptions" in loaded) return at("load options", loadOptionsDigest(createHash, loaded.loadOptions));
  return at(loaded.what, await contentDigest(createHash, loaded.content));
}

/** A disk with a unified kernel image that the firmware starts. */
export interface UkiBoot extends ReadyToBoot {
  /** The raw disk image (its start is enough); or the digest of its GPT event. */
  readonly disk: ByteSource | KnownSha384;
  readonly uki: ByteSource;
  /** Whether the stub has the firmware load its `.linux`, which measures it again: true unless told (systemd before 258). */
  readonly kernelLoadedByFirmware?: boolean;
  /** What the kernel extends into RTMR2 after the stub, in order. */
  readonly loader?: readonly LoaderEvent[];
}

/** RTMR1 and RTMR2 of a boot from disk into a unified kernel image: image, inner kernel; name and contents of each section. */
export async function ukiBootEvents(boot: UkiBoot, options: HashOptions = {}): Promise<readonly BootEvent[]> {
  const { createHash = nobleHash } = options;
  const uki = await ukiDigests(boot.uki, createHash);
  const inner = boot.kernelLoadedByFirmware === false ? [] : [event(1)(".linux as an image", uki.kernel)];
  const later: BootEvent[] = [];
  for (const loaded of boot.loader ?? []) later.push(await loaderEvent(loaded, createHash));
  return [
    ...callingEvents(createHash, boot),
    await gptEvent(boot.disk, createHash),
    event(1)("unified kernel image", uki.image),
    ...uki.sections.flatMap(({ name, nameDigest, digest }) => [
      event(2)(`name ${name}`, nameDigest),
      event(2)(name, digest),
    ]),
    ...inner,
    ...later,
    ...exitEvents(createHash),
  ];
}

async function gptEvent(disk: ByteSource | KnownSha384, createHash: CreateHash): Promise<BootEvent> {
  const content = isByteSource(disk) ? await gptEventData(disk) : disk;
  return event(1)("partition table", await contentDigest(createHash, content));
}

function callingEvents(createHash: CreateHash, { readyToBootSeparator = 1 }: ReadyToBoot): readonly BootEvent[] {
  return [
    event(1)("calling the boot option", actionDigest(createHash, "calling")),
    event(readyToBootSeparator)("separator", separatorDigest(createHash)),
  ];
}

function exitEvents(createHash: CreateHash): readonly BootEvent[] {
  return [
    event(1)("exit boot services, called", actionDigest(createHash, "exiting")),
    event(1)("exit boot services, returned", actionDigest(createHash, "exited")),
  ];
}

function event(register: BootRegister): (what: string, digest: Uint8Array) => BootEvent {
  return (what, digest) => ({ register, what, digest });
}
