/** `tee-verify measure dstack`: compose hash and application id, the image's hash, and the registers of a machine that boots the image. */

import { fromUtf8, toHex } from "../../encoding/text.js";
import {
  checkDstackDocument,
  type DstackMachine,
  dstackAppId,
  dstackComposeHash,
  dstackOsImageHash,
  measureDstackDocument,
  measureDstackImage,
  type TdxMeasurement,
} from "../../expected/measure/index.js";
import { readAppCompose } from "../../expected/release/compose.js";
import type { Arguments } from "../args.js";
import { UsageError } from "../exit.js";
import { readFile } from "../files.js";
import type { Io } from "../io.js";
import { acpiOf, needed, nodeHash, recorded, sizeOf } from "./inputs.js";
import { launchNotes } from "./launch-notes.js";
import type { Measured } from "./measured.js";
import { pageOrderOf } from "./tdx.js";

export const DSTACK_OPTIONS: readonly string[] = [
  "compose",
  "document",
  "checksum-file",
  "firmware",
  "kernel",
  "initrd",
  "append",
  "normalized-header",
  "memory",
  "qemu-version",
  "page-order",
  "acpi-loader",
  "acpi-rsdp",
  "acpi-tables",
  "acpi-log",
];

const options = { createHash: nodeHash };

/** @throws UsageError, MalformedError, TypeError */
export async function measureDstackFiles(args: Arguments, io: Io): Promise<Measured> {
  const composePath = args.one("compose");
  const compose = composePath === undefined ? undefined : await readFile(io, composePath);
  const composeHash = compose === undefined ? undefined : dstackComposeHash(compose, options);
  const image = await imageOf(args, io);
  if (composeHash === undefined && image.osImageHash === undefined && image.registers === undefined)
    throw new UsageError("measure dstack needs --compose, an image (--document, or its files), or --checksum-file");
  const registers = image.registers && hexOf(image.registers);
  const events = composeHash === undefined ? {} : { events: { "compose-hash": toHex(composeHash) } };
  const label = args.one("memory") ?? "any machine";
  const inputs = { ...image.record, ...(composeHash === undefined ? {} : { composeHash: toHex(composeHash) }) };
  const own = {
    ...(composeHash === undefined ? {} : { composeHash: toHex(composeHash) }),
    ...osHash(image.osImageHash),
  };
  const reading = compose === undefined ? undefined : readAppCompose(fromUtf8(compose));
  return {
    platforms: [
      ...(Object.keys(own).length === 0 ? [] : [{ kind: "dstack", label, values: own, inputs }]),
      ...(registers === undefined
        ? []
        : [
            { kind: "tdx", within: "dstack", label, values: { ...registers, ...events }, inputs },
            { kind: "tdx", label, values: { ...registers, ...events }, inputs },
          ]),
    ],
    lines: composeHash === undefined ? [] : [["appId of a first deployment", toHex(dstackAppId(composeHash))]],
    notes: [
      ...(reading === undefined ? [] : launchNotes(reading.findings)),
      ...(reading === undefined || reading.identifies
        ? []
        : ["The compose hash does not identify what runs: no verdict with it covers the workload."]),
      ...(registers === undefined
        ? [
            "The registers of the image are not here: without them anybody's image may run this application. Give --document or the image's files, --memory, and the ACPI tables or a log.",
          ]
        : []),
      ...(image.notes ?? []),
      ...(args.flag("acpi-log")
        ? [
            "The ACPI digests were taken from the log and not computed: make sure that the machine is one that you know.",
          ]
        : []),
    ],
  };
}

const osHash = (hash: Uint8Array | undefined): { readonly osImageHash?: string } =>
  hash === undefined ? {} : { osImageHash: toHex(hash) };

const hexOf = ({ mrtd, rtmr0, rtmr1, rtmr2 }: TdxMeasurement): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries({ mrtd, rtmr0, rtmr1, rtmr2 }).map(([name, bytes]) => [name, toHex(bytes)]));

interface Image {
  readonly registers?: TdxMeasurement;
  readonly osImageHash?: Uint8Array;
  readonly record: object;
  readonly notes?: readonly string[];
}

async function imageOf(args: Arguments, io: Io): Promise<Image> {
  const [documentPath, checksumPath] = [args.one("document"), args.one("checksum-file")];
  const checksumFile = checksumPath === undefined ? undefined : await readFile(io, checksumPath);
  const osImageHash = checksumFile === undefined ? undefined : dstackOsImageHash(checksumFile, options);
  const hashed = osImageHash === undefined ? {} : { osImageHash };
  if (documentPath !== undefined) {
    if (args.flag("firmware")) throw new UsageError("--document stands for the image's files");
    const document = await readFile(io, documentPath);
    if (
      checksumFile !== undefined &&
      osImageHash !== undefined &&
      !checkDstackDocument({ document, checksumFile, osImageHash, ...options })
    )
      throw new UsageError(`${checksumPath} does not name ${documentPath}: it belongs to another image`);
    const machine = await machineOf(args, io);
    return {
      ...hashed,
      registers: await measureDstackDocument({ document, machine, ...options }),
      record: recordOf(machine),
    };
  }
  if (!args.flag("firmware")) return { ...hashed, record: {} };
  const files = {
    firmware: recorded(io, needed(args, "firmware")),
    kernel: recorded(io, needed(args, "kernel")),
    initrd: recorded(io, needed(args, "initrd")),
  };
  const commandLine = needed(args, "append");
  const machine = await machineOf(args, io);
  const image = {
    firmware: files.firmware.source,
    kernel: files.kernel.source,
    initrd: files.initrd.source,
    commandLine,
    kernelHeaderNormalized: args.flag("normalized-header"),
  };
  const registers = await measureDstackImage({ image, machine, ...options });
  const digests = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, file.sha256()]));
  return {
    ...hashed,
    registers,
    record: { ...digests, commandLine, ...recordOf(machine) },
    notes: checksumFile === undefined ? [] : notesOn(fromUtf8(checksumFile), Object.values(digests)),
  };
}

/** Whether the checksum file is of these files' image. Newer images have one that names their measurement document alone. @throws UsageError */
function notesOn(checksums: string, digests: readonly string[]): readonly string[] {
  const named = new Set(checksums.split("\n").map((line) => `sha256:${line.slice(0, 64)}`));
  if (digests.every((digest) => named.has(digest))) return [];
  if (!/^[0-9a-f]{64} [ *]measurement\.tdx\.cbor$/m.test(checksums))
    throw new UsageError(
      "the checksum file does not name the firmware, kernel and initrd: it belongs to another image",
    );
  return [
    "The checksum file names a measurement document and not these files: nothing here says that both are of one image. Give the --document.",
  ];
}

async function machineOf(args: Arguments, io: Io): Promise<DstackMachine> {
  const acpi = await acpiOf(args, io);
  if (acpi === undefined)
    throw new UsageError(
      "RTMR0 depends on QEMU's ACPI tables: give --acpi-loader, --acpi-rsdp and --acpi-tables, or a machine's log with --acpi-log",
    );
  const [qemuVersion, pageOrder] = [args.one("qemu-version"), args.one("page-order")];
  return {
    memorySize: sizeOf(needed(args, "memory"), "memory"),
    acpi,
    ...(qemuVersion === undefined ? {} : { qemuVersion }),
    ...(pageOrder === undefined ? {} : { pageOrder: pageOrderOf(pageOrder) }),
  };
}

const recordOf = ({ memorySize, qemuVersion, pageOrder }: DstackMachine): object => ({
  memorySize,
  ...(qemuVersion === undefined ? {} : { qemuVersion }),
  ...(pageOrder === undefined ? {} : { pageOrder }),
});
