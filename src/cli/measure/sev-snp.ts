/** `tee-verify measure sev-snp`: MEASUREMENT of one or several machine shapes. */

import { toHex } from "../../encoding/text.js";
import {
  type KernelInputs,
  measureSevSnp,
  measureSvsm,
  type SevSnpLaunch,
  sevSnpKeyDigest,
  VCPU_MODELS,
  type VcpuType,
  type Vmm,
} from "../../expected/measure/index.js";
import { readCommandLine } from "../../expected/release/command-line.js";
import type { Arguments } from "../args.js";
import { UsageError } from "../exit.js";
import { hexArgument, keyArgument } from "../files.js";
import type { Io } from "../io.js";
import { needed, nodeHash, sha256Of, sizeOf, wholeNumber } from "./inputs.js";
import { launchNotes } from "./launch-notes.js";
import type { Measured } from "./measured.js";

export const SEV_SNP_OPTIONS: readonly string[] = [
  "firmware",
  "firmware-digest",
  "vcpus",
  "vcpu-type",
  "vmm",
  "guest-features",
  "kernel",
  "initrd",
  "append",
  "svsm",
  "vars-size",
  "id-key",
  "author-key",
];

const VMMS: readonly Vmm[] = ["qemu", "ec2", "gce"];
const MAX_SHAPES = 64;
/** Firmware is read whole, once for all shapes. */
const MAX_FIRMWARE = 67_108_864;

interface Svsm {
  readonly image: Uint8Array;
  readonly varsSize: number;
}

interface Shape {
  readonly vcpus: number;
  readonly type: string | undefined;
}

/** @throws UsageError, MalformedError, TypeError */
export async function measureSevSnpFiles(args: Arguments, io: Io): Promise<Measured> {
  const firmware = await io.read(needed(args, "firmware"), MAX_FIRMWARE + 1);
  const vmm = VMMS.find((name) => name === (args.one("vmm") ?? "qemu"));
  if (vmm === undefined) throw new UsageError(`--vmm is one of ${VMMS.join(", ")}`);
  const shapes = shapesOf(args);
  const { boot, record, notes } = await bootOf(args, io);
  const svsm = await svsmOf(args, io);
  if (svsm !== undefined && (boot !== undefined || vmm !== "qemu" || args.flag("guest-features")))
    throw new UsageError("--svsm is for QEMU, without a kernel and guest features of its own");
  const features = args.one("guest-features");
  const guestFeatures = features === undefined ? 1 : wholeNumber(features, "guest-features");
  const keys = await keyDigestsOf(args, io);
  const digest = args.one("firmware-digest");
  const inputs = {
    firmware: sha256Text(nodeHash("SHA-256"), firmware),
    ...(digest === undefined ? {} : { firmwareDigest: digest }),
    vmm,
    guestFeatures,
    ...record,
    ...(svsm === undefined ? {} : { svsm: sha256Text(nodeHash("SHA-256"), svsm.image), varsSize: svsm.varsSize }),
  };
  const launch = {
    firmware,
    vmm,
    guestFeatures,
    ...(digest === undefined ? {} : { firmwareDigest: hexArgument(digest, "firmware-digest") }),
    ...(boot === undefined ? {} : { boot }),
  };
  const platforms = [];
  for (const shape of shapes) {
    const measurement = await measureShape(shape, launch, svsm);
    platforms.push({
      kind: "sev-snp",
      label: labelOf(shape, vmm, svsm !== undefined),
      values: { measurement: toHex(measurement), ...keys },
      inputs: { ...inputs, vcpus: shape.vcpus, ...(shape.type === undefined ? {} : { vcpuType: shape.type }) },
    });
  }
  return { platforms, notes };
}

function measureShape(
  { vcpus, type }: Shape,
  launch: Omit<SevSnpLaunch, "vcpus" | "vcpuType" | "createHash">,
  svsm: Svsm | undefined,
): Promise<Uint8Array> {
  const shape = { vcpus, createHash: nodeHash, ...(type === undefined ? {} : { vcpuType: typeOf(type) }) };
  if (svsm === undefined) return measureSevSnp({ ...launch, ...shape });
  if (shape.vcpuType === undefined) throw new UsageError("--vcpu-type is missing");
  const { image, varsSize } = svsm;
  const firmware = launch.firmware as Uint8Array;
  return measureSvsm({ firmware, svsm: image, varsSize, ...shape, vcpuType: shape.vcpuType });
}

/** What the report shows of the keys that sign the ID block, from the public keys. */
async function keyDigestsOf(args: Arguments, io: Io): Promise<Readonly<Record<string, string>>> {
  const [idKey, authorKey] = [args.one("id-key"), args.one("author-key")];
  if (authorKey !== undefined && idKey === undefined)
    throw new UsageError("--author-key signs an ID key: give the --id-key");
  const digest = async (path: string, option: string): Promise<string> =>
    toHex(sevSnpKeyDigest(await keyArgument(io, path, option), { createHash: nodeHash }));
  return {
    ...(idKey === undefined ? {} : { idKeyDigest: await digest(idKey, "id-key") }),
    ...(authorKey === undefined ? {} : { authorKeyDigest: await digest(authorKey, "author-key") }),
  };
}

const sha256Text = (hash: ReturnType<typeof nodeHash>, bytes: Uint8Array): string => {
  hash.update(bytes);
  return `sha256:${toHex(new Uint8Array(hash.digest()))}`;
};

function labelOf({ vcpus, type }: Shape, vmm: Vmm, svsm: boolean): string {
  const parts = [`${vcpus} vCPU${vcpus === 1 ? "" : "s"}`, type, { qemu: "QEMU", ec2: "EC2", gce: "GCE" }[vmm]];
  return [...parts.filter((part) => part !== undefined), ...(svsm ? ["SVSM"] : [])].join(", ");
}

/** `--vcpus 1,2,4` and `--vcpu-type EPYC-Milan,EPYC-Genoa`: each with each. */
function shapesOf(args: Arguments): readonly Shape[] {
  const counts = needed(args, "vcpus").split(",");
  const types = args.one("vcpu-type")?.split(",") ?? [undefined];
  if (counts.length * types.length > MAX_SHAPES) throw new UsageError(`more than ${MAX_SHAPES} machine shapes`);
  return types.flatMap((type) => counts.map((count) => ({ vcpus: wholeNumber(count, "vcpus"), type })));
}

/** A model of QEMU, or the 32-bit signature in hexadecimal. */
function typeOf(text: string): VcpuType {
  if (text.startsWith("0x")) return wholeNumber(text, "vcpu-type");
  if (Object.hasOwn(VCPU_MODELS, text)) return text as VcpuType;
  throw new UsageError(`--vcpu-type is a signature as 0xa00f11, or one of ${Object.keys(VCPU_MODELS).join(", ")}`);
}

async function bootOf(
  args: Arguments,
  io: Io,
): Promise<{ readonly boot?: KernelInputs; readonly record: object; readonly notes: readonly string[] }> {
  const [kernel, initrd, commandLine] = ["kernel", "initrd", "append"].map((name) => args.one(name));
  if (kernel === undefined) {
    if (initrd !== undefined || commandLine !== undefined)
      throw new UsageError("--initrd and --append belong to a --kernel");
    const note = "Without a kernel, the firmware alone is measured: what it boots from a disk is in no value here.";
    return { record: {}, notes: [note] };
  }
  const digests = {
    kernel: await sha256Of(io, kernel),
    ...(initrd === undefined ? {} : { initrd: await sha256Of(io, initrd) }),
  };
  const texts = Object.fromEntries(Object.entries(digests).map(([name, digest]) => [name, `sha256:${toHex(digest)}`]));
  return {
    boot: {
      kernel: { sha256: digests.kernel },
      ...(digests.initrd === undefined ? {} : { initrd: { sha256: digests.initrd } }),
      ...(commandLine === undefined ? {} : { commandLine }),
    },
    record: { ...texts, commandLine: commandLine ?? "" },
    notes: launchNotes(readCommandLine(commandLine ?? "").findings),
  };
}

async function svsmOf(args: Arguments, io: Io): Promise<Svsm | undefined> {
  const path = args.one("svsm");
  if (path === undefined) {
    if (args.flag("vars-size")) throw new UsageError("--vars-size belongs to --svsm");
    return undefined;
  }
  return { image: await io.read(path, MAX_FIRMWARE + 1), varsSize: sizeOf(needed(args, "vars-size"), "vars-size") };
}
