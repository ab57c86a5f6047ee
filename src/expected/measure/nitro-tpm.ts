/** The boot registers of an EC2 instance with NitroTPM (aws/NitroTPM-Tools, nitro-tpm-pcr-compute; reference nitro.md, section 1.5; TCG PC Client Platform Firmware Profile, section 10). */

import { MalformedError } from "../../encoding/malformed.js";
import { peHash, type Tap } from "./authenticode.js";
import { type CreateHash, digestOf, type HashOptions, nobleHash } from "./hash.js";
import type { PeLayout } from "./pe.js";
import { type ByteSource, chunksOf } from "./source.js";
import { actionDigest, separatorDigest, VARIABLE_GUID, variableDigest } from "./tdx-events.js";

/** What an instance boots. */
export interface NitroTpmBoot extends HashOptions {
  /** The PE images that the firmware loads, in their order: the boot loader or the unified kernel image first. */
  readonly images: readonly ByteSource[];
  /** With Secure Boot; without, its variables are empty. */
  readonly secureBoot?: NitroSecureBoot;
  /** Version of the systemd stub of a unified kernel image that does not name its own (`.sdmagic`); 252, that of Amazon Linux 2023, unless told. */
  readonly stubVersion?: number;
}

export interface NitroSecureBoot {
  /** Contents of the variables: signature lists, as the instance's UEFI data has them. */
  readonly PK: Uint8Array;
  readonly KEK: Uint8Array;
  readonly db: Uint8Array;
  /** Empty unless told. */
  readonly dbx?: Uint8Array;
  /** The entries of `db` (EFI_SIGNATURE_DATA: owner, then certificate) that verified the images, each once, in the order of their first use. */
  readonly authorities: readonly Uint8Array[];
}

/** 48 bytes each. Pin PCR4 and PCR12; with Secure Boot, PCR7 as well. */
export interface NitroTpmRegisters {
  /** The images that were booted. */
  readonly 4: Uint8Array;
  /** Secure Boot: off, or on with these keys. */
  readonly 7: Uint8Array;
  /** Zero: nobody gave the kernel another command line than the one in its image. */
  readonly 12: Uint8Array;
}

const REGISTER_BYTES = 48;
const AMAZON_LINUX_STUB = 252;
/** Stubs before load the kernel through the firmware, which measures it; from 252 on not under Secure Boot. */
const STUB_LOADS_ALONE = 258;
const STUB_LOADS_ALONE_UNDER_SECURE_BOOT = 252;

/**
 * PCR4, PCR7 and PCR12 of an instance that boots these images.
 * @throws MalformedError for an image that is none
 * @throws TypeError without an image
 * @example
 * const pcrs = await measureNitroTpm({ images: [unifiedKernelImage] });
 * await verify(document, { expected: { "nitro-tpm": { pcrs } }, binding: { nonce } });
 */
export async function measureNitroTpm(boot: NitroTpmBoot): Promise<NitroTpmRegisters> {
  const { images, secureBoot, createHash = nobleHash, stubVersion = AMAZON_LINUX_STUB } = boot;
  if (images.length === 0) throw new TypeError("measureNitroTpm: images must name at least one image");
  const loaded: Uint8Array[] = [];
  for (const image of images)
    loaded.push(...(await loadedImages(image, { createHash, stubVersion, underSecureBoot: secureBoot !== undefined })));
  return {
    4: extendAll(createHash, [actionDigest(createHash, "calling"), separatorDigest(createHash), ...loaded]),
    7: extendAll(createHash, secureBootEvents(createHash, secureBoot)),
    12: new Uint8Array(REGISTER_BYTES),
  };
}

function extendAll(createHash: CreateHash, digests: readonly Uint8Array[]): Uint8Array {
  return digests.reduce(
    (register, digest) => digestOf(createHash, "SHA-384", register, digest),
    new Uint8Array(REGISTER_BYTES),
  );
}

function secureBootEvents(createHash: CreateHash, secureBoot: NitroSecureBoot | undefined): readonly Uint8Array[] {
  const {
    PK,
    KEK,
    db,
    dbx = new Uint8Array(),
    authorities = [],
  } = secureBoot ?? { PK: new Uint8Array(), KEK: new Uint8Array(), db: new Uint8Array() };
  const { imageSecurity } = VARIABLE_GUID;
  return [
    variableDigest(createHash, VARIABLE_GUID.global, "SecureBoot", Uint8Array.of(secureBoot === undefined ? 0 : 1)),
    variableDigest(createHash, VARIABLE_GUID.global, "PK", PK),
    variableDigest(createHash, VARIABLE_GUID.global, "KEK", KEK),
    variableDigest(createHash, imageSecurity, "db", db),
    variableDigest(createHash, imageSecurity, "dbx", dbx),
    separatorDigest(createHash),
    ...authorities.map((entry) => variableDigest(createHash, imageSecurity, "db", entry)),
  ];
}

interface StubOptions {
  readonly createHash: CreateHash;
  readonly stubVersion: number;
  readonly underSecureBoot: boolean;
}

/** Authenticode digest of an image, and of the kernel inside it where its stub lets the firmware load that. */
async function loadedImages(
  image: ByteSource,
  { createHash, stubVersion, underSecureBoot }: StubOptions,
): Promise<readonly Uint8Array[]> {
  let inner: UnifiedKernel | undefined;
  const hash = peHash(createHash, {
    taps: (layout) => {
      inner = unifiedKernel(layout, createHash);
      return inner?.taps ?? [];
    },
  });
  for await (const chunk of chunksOf(image)) hash.update(chunk);
  const whole = hash.digest();
  if (inner === undefined) return [whole];
  const version = inner.version() ?? stubVersion;
  const alone = version >= STUB_LOADS_ALONE || (underSecureBoot && version >= STUB_LOADS_ALONE_UNDER_SECURE_BOOT);
  return alone ? [whole] : [whole, inner.digest()];
}

interface UnifiedKernel {
  readonly taps: readonly Tap[];
  /** Authenticode digest of `.linux`. */
  digest(): Uint8Array;
  /** As the stub names itself. */
  version(): number | undefined;
}

const MAX_MAGIC_BYTES = 4096;
const MAGIC = /#### LoaderInfo: systemd-stub (\d{1,5})/;

function unifiedKernel({ sections }: PeLayout, createHash: CreateHash): UnifiedKernel | undefined {
  const [linux, second] = sections.filter(({ name }) => name === ".linux");
  if (linux === undefined) return undefined;
  if (second !== undefined) throw new MalformedError("image has the section .linux twice");
  const kernel = peHash(createHash);
  let magic = "";
  const append = (bytes: Uint8Array): void => {
    magic += String.fromCharCode(...bytes);
  };
  const tap = (section: PeLayout["sections"][number], most: number, update: (bytes: Uint8Array) => void): Tap => ({
    start: section.rawOffset,
    end: section.rawOffset + Math.min(section.rawSize, section.virtualSize, most),
    update,
  });
  const magicSection = sections.find(({ name }) => name === ".sdmagic");
  return {
    taps: [
      tap(linux, linux.rawSize, (bytes) => kernel.update(bytes)),
      ...(magicSection === undefined ? [] : [tap(magicSection, MAX_MAGIC_BYTES, append)]),
    ],
    digest: () => kernel.digest(),
    version: () => {
      const found = MAGIC.exec(magic)?.[1];
      return found === undefined ? undefined : Number(found);
    },
  };
}
