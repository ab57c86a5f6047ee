/** `tee-verify measure nitro|sev-snp|tdx|dstack`: from the files that a deployment boots to the values that its evidence will show. */

import { CryptoUnavailableError } from "../../crypto/crypto.js";
import { MalformedError } from "../../encoding/malformed.js";
import { toHex } from "../../encoding/text.js";
import { describeEif, measureEif } from "../../expected/measure/eif.js";
import type { Arguments, OptionSpec } from "../args.js";
import type { Command } from "../command.js";
import { EXIT, UsageError } from "../exit.js";
import type { Io } from "../io.js";
import { DSTACK_OPTIONS, measureDstackFiles } from "../measure/dstack.js";
import { nodeHash } from "../measure/inputs.js";
import { formatOf, type Measured, printed } from "../measure/measured.js";
import { measureSevSnpFiles, SEV_SNP_OPTIONS } from "../measure/sev-snp.js";
import { measureTdxFiles, TDX_OPTIONS } from "../measure/tdx.js";
import { safe } from "../text.js";

const FILES: readonly OptionSpec[] = [
  { name: "firmware", value: "FILE", help: "sev-snp, tdx, dstack: the OVMF or TDVF image" },
  { name: "kernel", value: "FILE", help: "sev-snp, tdx, dstack: the kernel of a direct boot" },
  { name: "initrd", value: "FILE", help: "its initrd" },
  { name: "append", value: "TEXT", help: "its command line, exactly: a trailing space counts" },
  { name: "vcpus", value: "N,...", help: "sev-snp: one machine shape for each number" },
  { name: "vcpu-type", value: "MODEL,...", help: "sev-snp: EPYC-Milan, EPYC-Genoa, ... or a signature as 0xa00f11" },
  { name: "vmm", value: "NAME", help: "sev-snp: qemu (unless told), ec2 or gce" },
  { name: "guest-features", value: "N", help: "sev-snp: SEV_FEATURES, 1 unless told; 0x21 on kernels 6.6 and 6.7" },
  {
    name: "firmware-digest",
    value: "HEX",
    help: "sev-snp: launch digest after the firmware's pages, in place of them",
  },
  { name: "svsm", value: "FILE", help: "sev-snp: a Coconut SVSM image" },
  { name: "vars-size", value: "SIZE", help: "sev-snp: of the variable store beside the SVSM" },
  { name: "id-key", value: "KEY", help: "sev-snp: the P-384 public key that signs the ID block, for idKeyDigest" },
  { name: "author-key", value: "KEY", help: "sev-snp: the public key that signs the ID key, for authorKeyDigest" },
  { name: "page-order", value: "ORDER", help: "tdx, dstack: single-pass (QEMU 9 and later) or two-pass (QEMU 8)" },
  { name: "memory", value: "SIZE", help: "tdx, dstack: 2G, 4096M or bytes" },
  { name: "acpi-loader", value: "FILE", help: "tdx, dstack: QEMU's etc/table-loader" },
  { name: "acpi-rsdp", value: "FILE", help: "tdx, dstack: QEMU's etc/acpi/rsdp" },
  { name: "acpi-tables", value: "FILE", help: "tdx, dstack: QEMU's etc/acpi/tables" },
  { name: "acpi-log", value: "FILE", help: "tdx, dstack: the event log of such a machine, in place of the three" },
  { name: "normalized-header", help: "tdx, dstack: the firmware undoes what QEMU writes into the kernel" },
  { name: "disk", value: "FILE", help: "tdx: the raw disk of a boot with --uki" },
  { name: "uki", value: "FILE", help: "tdx: the unified kernel image on it" },
  { name: "compose", value: "FILE", help: "dstack: app-compose.json, byte for byte as deployed" },
  { name: "document", value: "FILE", help: "dstack: the image's measurement.tdx.cbor, in place of its files" },
  { name: "checksum-file", value: "FILE", help: "dstack: the image's sha256sum.txt" },
  { name: "qemu-version", value: "VERSION", help: "dstack: 9.1.0 unless told" },
  {
    name: "accept-wrong-checksum",
    help: "nitro: take an image whose checksum is wrong, as nitro-cli sign-eif leaves it",
  },
];

export const measureCommand: Command = {
  usage: "nitro IMAGE.eif | sev-snp|tdx|dstack [options]",
  about: [
    "Computes what evidence will show from the files that a deployment boots, which may be of any size. Without a kind, IMAGE.eif is an enclave image.",
    "Prints text (of an enclave image, what nitro-cli describe-eif prints), and on standard error what these values do not tell. --format json has inputs and notes with it, expected is for `verify --expect` and the library, manifest is for the platforms of a build manifest.",
    "Exit code 1 says that a file is not well-formed.",
  ],
  options: [
    { name: "format", short: "f", value: "FORM", help: "text, json, expected or manifest" },
    { name: "expected", help: "the same as --format expected" },
    { name: "label", value: "TEXT", help: "what the machine shape is called in a manifest, if there is one shape" },
    ...FILES,
  ],
  run: runMeasure,
};

const COMMON = ["format", "expected", "label", "help", "version"];

interface Calculator {
  readonly takes: readonly string[];
  run(args: Arguments, io: Io): Promise<Measured>;
}
const CALCULATORS: ReadonlyMap<string, Calculator> = /* @__PURE__ */ new Map<string, Calculator>([
  ["sev-snp", { takes: SEV_SNP_OPTIONS, run: measureSevSnpFiles }],
  ["tdx", { takes: TDX_OPTIONS, run: measureTdxFiles }],
  ["dstack", { takes: DSTACK_OPTIONS, run: measureDstackFiles }],
]);

async function runMeasure(args: Arguments, io: Io): Promise<number> {
  const [first, second, third] = args.positionals;
  const calculator = CALCULATORS.get(first ?? "");
  try {
    if (calculator !== undefined) {
      if (second !== undefined) throw new UsageError(`measure ${first} takes options alone, and ${second} is none`);
      demandTaken(args, calculator.takes, first as string);
      return print(labelled(await calculator.run(args, io), args), formatOf(args) ?? "text", io);
    }
    const [path, more] = first === "nitro" ? [second, third] : [first, second];
    if (path === undefined || more !== undefined)
      throw new UsageError(
        "measure takes one enclave image, or - for standard input; or sev-snp, tdx or dstack with options",
      );
    demandTaken(args, ["accept-wrong-checksum"], "nitro");
    return await measureNitro(args, path, io);
  } catch (error) {
    return explained(error, io);
  }
}

function demandTaken(args: Arguments, takes: readonly string[], kind: string): void {
  const names = FILES.map(({ name }) => name);
  const other = names.find((name) => args.flag(name) && !takes.includes(name) && !COMMON.includes(name));
  if (other !== undefined) throw new UsageError(`measure ${kind} takes no --${other}`);
}

function print(measured: Measured, format: ReturnType<typeof formatOf> & string, io: Io): number {
  io.out(printed(measured, format));
  for (const note of measured.notes) io.err(`note: ${safe(note)}\n`);
  return EXIT.verified;
}

/** A label of the caller's own stands for the one shape there is. */
function labelled(measured: Measured, args: Arguments): Measured {
  const label = args.one("label");
  if (label === undefined) return measured;
  const platforms = measured.platforms.map((platform) => ({ ...platform, label }));
  if (new Set(platforms.map(({ kind, within }) => `${kind} ${within}`)).size < platforms.length)
    throw new UsageError("--label is for one machine shape");
  return { ...measured, platforms };
}

async function measureNitro(args: Arguments, path: string, io: Io): Promise<number> {
  const acceptWrongChecksum = args.flag("accept-wrong-checksum");
  const measurement = await measureEif(io.chunks(path), { createHash: nodeHash, acceptWrongChecksum });
  const pcrs = Object.fromEntries(
    Object.entries(measurement.pcrs).map(([index, value]) => [index, toHex(value as Uint8Array)]),
  );
  const measured = {
    platforms: [{ kind: "nitro", label: "any size", values: { pcrs } }],
    notes: measurement.limits,
  };
  const format = formatOf(args);
  if (format !== undefined) return print(labelled(measured, args), format, io);
  io.out(`${JSON.stringify(describeEif(measurement), null, 2)}\n`);
  for (const limit of measurement.limits) io.err(`note: ${limit}\n`);
  return EXIT.verified;
}

/** @throws what is neither a fault of the files nor of the options */
function explained(error: unknown, io: Io): number {
  if (error instanceof CryptoUnavailableError) {
    io.err(`tee-verify: ${safe(error.message)}\n`);
    return EXIT.undetermined;
  }
  if (error instanceof MalformedError) {
    io.err(`tee-verify: this is not what a machine should boot: ${safe(error.message)}\n`);
    return EXIT.rejected;
  }
  // The calculators' word for options that no launch has; a defect of ours is told by its stack.
  if (error instanceof TypeError && CALCULATOR_FAULT.test(error.message)) throw new UsageError(error.message);
  throw error;
}

const CALCULATOR_FAULT =
  /^(?:varsSize|firmwareDigest|unknown|vcpuType|vcpus|guestFeatures|vCPU|CPU|firmware must|command line|digest of)/;
