/** The PCRs of a Nitro enclave from its image file (reference nitro.md, section 1.4), read once, forward, in bounded memory. */

import { type Crypto, CryptoUnavailableError } from "../../crypto/crypto.js";
import { defaultCrypto } from "../../crypto/webcrypto.js";
import { demand } from "../../encoding/malformed.js";
import { fromUtf8, toHex } from "../../encoding/text.js";
import { crc32 } from "./crc32.js";
import {
  checkSectionOrder,
  EIF_HEADER_BYTES,
  type EifHeader,
  type EifSectionName,
  readEifHeader,
  readSectionHeader,
  SECTION_HEADER_BYTES,
} from "./eif-format.js";
import { checkEifSignature, MAX_SIGNATURE_BYTES } from "./eif-signature.js";
import { type CreateHash, digestOf, finish, type HashOptions, type IncrementalHash, nobleHash } from "./hash.js";
import { type ByteSource, isByteSource } from "./source.js";
import { type StreamReader, streamReader } from "./stream.js";

export interface EifOptions extends HashOptions {
  /** Verifies the image's signature; WebCrypto unless told. */
  readonly crypto?: Crypto;
  /**
   * Takes an image whose checksum is wrong, as `nitro-cli sign-eif` leaves it. The PCRs do not depend on the checksum; `checksum` says what was
   * found. Off unless told.
   */
  readonly acceptWrongChecksum?: boolean;
}

/** What an enclave that runs the image attests. PCRs have 48 bytes. */
export interface EifMeasurement {
  readonly version: EifHeader["version"];
  readonly architecture: EifHeader["architecture"];
  readonly pcrs: EifPcrs;
  /** DER of the signing certificate; absent where the image is not signed, and PCR8 is zero then. */
  readonly signingCertificate?: Uint8Array;
  /** Text of the metadata section: nobody measures it, anybody can write it. */
  readonly metadata?: string;
  readonly sections: readonly { readonly name: EifSectionName; readonly size: number }[];
  readonly checksum: "correct" | "wrong";
  /** What these PCRs do not tell apart, in words. */
  readonly limits: readonly string[];
}

export interface EifPcrs {
  /** Kernel, command line and all ramdisks. */
  readonly 0: Uint8Array;
  /** Kernel, command line and the first ramdisk. */
  readonly 1: Uint8Array;
  /** The other ramdisks: the application. */
  readonly 2: Uint8Array;
  /** The signing certificate; absent where the image is not signed. */
  readonly 8?: Uint8Array;
}

const MAX_METADATA_BYTES = 1_048_576;
const REGISTER_BYTES = 48;

/** What is measured runs together without a boundary, and what is not is free (Trail of Bits, A few notes on AWS Nitro Enclaves, 2024). */
const LIMITS = {
  boundaries:
    "No PCR tells where the kernel ends and the command line or a ramdisk begins: images cut at other places share them.",
  split: "PCR0 does not tell which ramdisk is the first: compare PCR1 and PCR2 as well.",
  unmeasured:
    "Header and metadata are not measured: architecture, default memory and vCPUs, image name and version can be changed freely.",
  noApplication: "PCR2 is the hash of nothing: the image has one ramdisk, so PCR2 identifies no code.",
} as const;

/**
 * Reads an image and computes its PCRs. Refused: a header that disagrees with the sections, sections in another number or order than an enclave
 * has, trailing bytes, a wrong checksum, a signature that is not over this image.
 * @throws MalformedError
 * @throws CryptoUnavailableError for a signed image where no back end can verify its signature
 * @example
 * const { pcrs } = await measureEif(file); // a File from <input type="file">, bytes, or a Node read stream
 * await verify(document, { expected: { nitro: { pcrs: { 0: pcrs[0], 1: pcrs[1], 2: pcrs[2] } } }, binding: { nonce } });
 */
export async function measureEif(source: ByteSource, options: EifOptions = {}): Promise<EifMeasurement> {
  if (!isByteSource(source)) throw new TypeError("measureEif: the image must be bytes, a Blob or a stream of bytes");
  const { createHash = nobleHash, acceptWrongChecksum = false } = options;
  const stream = streamReader(source);
  const headerBytes = await stream.take(EIF_HEADER_BYTES, "EIF header");
  const header = readEifHeader(headerBytes);
  const reading = startReading(createHash, crc32(headerBytes.subarray(0, EIF_HEADER_BYTES - 4)));
  for (const [index, size] of header.sectionSizes.entries()) await readSection(stream, reading, index, size);
  await stream.end("last section that the EIF header counts");
  const names = reading.sections.map(({ name }) => name);
  checkSectionOrder(names, header.version);
  const checksum = reading.crc === header.crc32 ? "correct" : "wrong";
  demand(
    checksum === "correct" || acceptWrongChecksum,
    "EIF checksum is wrong (signing an image afterwards leaves it so)",
    EIF_HEADER_BYTES - 4,
  );
  const [pcr0, pcr1, pcr2] = reading.hashes.map((hash) => extend(createHash, finish(hash))) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const der = reading.signature && (await checkEifSignature(reading.signature, pcr0, options.crypto ?? webCrypto()));
  return {
    version: header.version,
    architecture: header.architecture,
    pcrs: { 0: pcr0, 1: pcr1, 2: pcr2, ...(der && { 8: certificatePcr(createHash, der) }) },
    ...(der && { signingCertificate: der }),
    ...(reading.metadata !== undefined && { metadata: reading.metadata }),
    sections: reading.sections,
    checksum,
    limits: [
      LIMITS.boundaries,
      LIMITS.split,
      LIMITS.unmeasured,
      ...(names.filter((name) => name === "ramdisk").length === 1 ? [LIMITS.noApplication] : []),
    ],
  };
}

function webCrypto(): Crypto {
  const crypto = defaultCrypto();
  if (crypto === undefined)
    throw new CryptoUnavailableError(
      "the image is signed and there is no crypto to verify that with: pass options.crypto",
    );
  return crypto;
}

/** What has been read so far. */
interface Reading {
  crc: number;
  /** PCR0, PCR1, PCR2. */
  readonly hashes: readonly [IncrementalHash, IncrementalHash, IncrementalHash];
  readonly sections: { name: EifSectionName; size: number }[];
  signature?: Uint8Array;
  metadata?: string;
}

function startReading(createHash: CreateHash, crc: number): Reading {
  return { crc, hashes: [createHash("SHA-384"), createHash("SHA-384"), createHash("SHA-384")], sections: [] };
}

async function readSection(stream: StreamReader, reading: Reading, index: number, size: number): Promise<void> {
  const head = await stream.take(SECTION_HEADER_BYTES, `EIF section header ${index}`);
  const name = readSectionHeader(head, index, size);
  reading.crc = crc32(head, reading.crc);
  if (name === "signature" || name === "metadata") {
    const limit = name === "signature" ? MAX_SIGNATURE_BYTES : MAX_METADATA_BYTES;
    demand(size <= limit, `EIF ${name} section is longer than ${limit} bytes`, stream.offset);
    const content = await stream.take(size, `EIF ${name}`);
    reading.crc = crc32(content, reading.crc);
    if (name === "signature") reading.signature = content;
    else reading.metadata = fromUtf8(content);
  } else {
    const hashes = hashesFor(name, reading);
    await stream.pass(size, `EIF ${name}`, (piece) => {
      reading.crc = crc32(piece, reading.crc);
      for (const hash of hashes) hash.update(piece);
    });
  }
  reading.sections.push({ name, size });
}

/** Which PCRs a section goes into. */
function hashesFor(name: "kernel" | "cmdline" | "ramdisk", { hashes, sections }: Reading): readonly IncrementalHash[] {
  const [image, boot, application] = hashes;
  const later = name === "ramdisk" && sections.some((section) => section.name === "ramdisk");
  return [image, later ? application : boot];
}

/** A register that starts at zero and is extended once: SHA-384 of 48 zero bytes and the digest. */
function extend(createHash: CreateHash, digest: Uint8Array): Uint8Array {
  return digestOf(createHash, "SHA-384", new Uint8Array(REGISTER_BYTES), digest);
}

/** PCR8 of an image that is signed with this certificate (DER). */
function certificatePcr(createHash: CreateHash, der: Uint8Array): Uint8Array {
  return extend(createHash, digestOf(createHash, "SHA-384", der));
}

/** The `Measurements` and the rest of what `nitro-cli describe-eif` prints, as plain JSON. */
export function describeEif(measurement: EifMeasurement): Readonly<Record<string, unknown>> {
  const { version, pcrs, signingCertificate, checksum } = measurement;
  const registers = Object.entries(pcrs).map(([index, value]) => [`PCR${index}`, toHex(value as Uint8Array)]);
  return {
    EifVersion: version,
    Measurements: { HashAlgorithm: "Sha384 { ... }", ...Object.fromEntries(registers) },
    IsSigned: signingCertificate !== undefined,
    ...(signingCertificate !== undefined && { SignatureCheck: true }),
    CheckCRC: checksum === "correct",
  };
}
