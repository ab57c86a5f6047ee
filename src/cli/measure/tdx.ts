/** `tee-verify measure tdx`: MRTD of a firmware, and the run-time registers of what it boots. */

import { toHex } from "../../encoding/text.js";
import {
  type BootEvent,
  directBootEvents,
  extendRegisters,
  measureMrtd,
  type PageOrder,
  platformEvents,
  readTdvf,
  ukiBootEvents,
} from "../../expected/measure/index.js";
import { readCommandLine } from "../../expected/release/command-line.js";
import type { Arguments } from "../args.js";
import { UsageError } from "../exit.js";
import type { Io } from "../io.js";
import { acpiOf, needed, nodeHash, recorded, sizeOf } from "./inputs.js";
import { launchNotes } from "./launch-notes.js";
import type { Measured } from "./measured.js";

export const TDX_OPTIONS: readonly string[] = [
  "firmware",
  "page-order",
  "memory",
  "acpi-loader",
  "acpi-rsdp",
  "acpi-tables",
  "acpi-log",
  "kernel",
  "initrd",
  "append",
  "normalized-header",
  "disk",
  "uki",
];

const MAX_FIRMWARE = 67_108_864;
const options = { createHash: nodeHash };

/** @throws UsageError, MalformedError, TypeError */
export async function measureTdxFiles(args: Arguments, io: Io): Promise<Measured> {
  const firmware = await io.read(needed(args, "firmware"), MAX_FIRMWARE + 1);
  const pageOrder = pageOrderOf(args.one("page-order") ?? "single-pass");
  const memory = args.one("memory");
  const memorySize = memory === undefined ? undefined : sizeOf(memory, "memory");
  const acpi = await acpiOf(args, io);
  if (acpi !== undefined && memorySize === undefined)
    throw new UsageError("RTMR0 depends on the memory's size too: --memory");
  const mrtd = await measureMrtd({ firmware, pageOrder, ...options });
  const boot = await bootOf(args, io, memorySize);
  const tdvf = readTdvf(firmware);
  const platform =
    acpi === undefined
      ? []
      : await platformEvents(
          { tdHob: { firmware: tdvf, memorySize: memorySize as number }, cfv: { firmware: tdvf }, acpi },
          options,
        );
  const registers = extendRegisters([...platform, ...boot.events], options);
  const values = {
    mrtd: toHex(mrtd),
    ...(acpi === undefined ? {} : { rtmr0: toHex(registers.rtmr0) }),
    ...(boot.events.length === 0 ? {} : { rtmr1: toHex(registers.rtmr1), rtmr2: toHex(registers.rtmr2) }),
  };
  const shape = [
    memory,
    args.one("normalized-header") === undefined ? undefined : "normalized kernel header",
    pageOrder,
  ];
  const inputs = {
    firmware: fileDigest(firmware),
    pageOrder,
    ...(memorySize === undefined ? {} : { memorySize }),
    ...boot.record,
  };
  return {
    platforms: [{ kind: "tdx", label: shape.filter((part) => part !== undefined).join(", "), values, inputs }],
    notes: [
      ...(acpi === undefined
        ? [
            "RTMR0 is not here: it depends on QEMU's ACPI tables. Give them (--acpi-loader, --acpi-rsdp, --acpi-tables), or a machine's log (--acpi-log).",
          ]
        : args.flag("acpi-log")
          ? [
              "The ACPI digests were taken from the log and not computed: make sure that the machine is one that you know.",
            ]
          : []),
      ...(boot.events.length === 0
        ? ["MRTD alone is the firmware, which every guest of a host may share: give what it boots."]
        : []),
      ...boot.notes,
    ],
  };
}

const fileDigest = (bytes: Uint8Array): string => {
  const hash = nodeHash("SHA-256");
  hash.update(bytes);
  return `sha256:${toHex(new Uint8Array(hash.digest()))}`;
};

export function pageOrderOf(text: string): PageOrder {
  if (text === "single-pass" || text === "two-pass") return text;
  throw new UsageError("--page-order is single-pass (QEMU 9 and later) or two-pass (QEMU 8)");
}

interface Boot {
  readonly events: readonly BootEvent[];
  readonly record: object;
  readonly notes: readonly string[];
}

async function bootOf(args: Arguments, io: Io, memorySize: number | undefined): Promise<Boot> {
  const [kernel, uki] = [args.one("kernel"), args.one("uki")];
  if (kernel !== undefined && uki !== undefined)
    throw new UsageError("--kernel is a direct boot and --uki is one from disk");
  if (uki !== undefined) {
    demandAbsent(args, ["initrd", "append", "normalized-header"], "--uki");
    const [image, disk] = [recorded(io, uki), recorded(io, needed(args, "disk"))];
    const events = await ukiBootEvents({ disk: disk.source, uki: image.source }, options);
    return { events, record: { uki: image.sha256() }, notes: [] };
  }
  demandAbsent(
    args,
    kernel === undefined ? ["initrd", "append", "normalized-header", "disk"] : ["disk"],
    kernel === undefined ? "nothing" : "--kernel",
  );
  if (kernel === undefined) return { events: [], record: {}, notes: [] };
  const normalized = args.flag("normalized-header");
  if (!normalized && memorySize === undefined)
    throw new UsageError(
      "QEMU writes the memory's layout into the kernel: give --memory, or --normalized-header for firmware that undoes it",
    );
  const files = { kernel: recorded(io, kernel), initrd: recorded(io, needed(args, "initrd")) };
  const commandLine = args.one("append") ?? "";
  const setupHeader = normalized ? ("normalized" as const) : { memorySize: memorySize as number };
  const events = await directBootEvents(
    { kernel: files.kernel.source, initrd: files.initrd.source, commandLine, setupHeader },
    options,
  );
  return {
    events,
    record: { kernel: files.kernel.sha256(), initrd: files.initrd.sha256(), commandLine, normalizedHeader: normalized },
    notes: launchNotes(readCommandLine(commandLine).findings),
  };
}

function demandAbsent(args: Arguments, names: readonly string[], where: string): void {
  const given = names.find((name) => args.flag(name));
  if (given !== undefined)
    throw new UsageError(`--${given} does not belong to ${where === "nothing" ? "a firmware alone" : where}`);
}
