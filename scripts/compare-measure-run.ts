/** Random launches, measured by us and by sev-snp-measure: the body of scripts/compare-measure.mjs. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "../src/encoding/text.js";
import {
  type KernelInputs,
  measureSev,
  measureSevEs,
  measureSevSnp,
  measureSvsm,
  sevSnpFirmwareDigest,
  VCPU_MODELS,
  type VcpuModel,
} from "../src/expected/measure/index.js";
import { type ForgedSection, forgeFirmware, randomBytes } from "../test/expected/measure/forge.js";

const MODES = ["snp", "snp", "snp", "snp", "snp:ec2", "snp:gce", "snp:digest", "snp:svsm", "seves", "sev"] as const;
type Mode = (typeof MODES)[number];

export interface Case {
  readonly mode: Mode;
  readonly firmware: Uint8Array;
  readonly svsm: Uint8Array;
  readonly varsSize: number;
  readonly vcpus: number;
  readonly vcpuType: VcpuModel | number;
  readonly guestFeatures: number;
  readonly kernel?: Uint8Array;
  readonly initrd?: Uint8Array;
  readonly commandLine?: string;
}

/** Whole numbers, picks and chances that follow from the seed. */
function dice(seed: number) {
  const bytes = randomBytes(seed);
  const below = (limit: number): number => new DataView(bytes(4).buffer).getUint32(0) % limit;
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  return { bytes, below, pick, chance: (percent: number): boolean => below(100) < percent };
}
type Dice = ReturnType<typeof dice>;

function randomSections({ below, chance }: Dice, withHashes: boolean): ForgedSection[] {
  const types = [1, 1, 2, 3, 4, ...(withHashes ? [0x10] : [])].filter((type) => type === 0x10 || chance(80));
  let gpa = 0x80_0000;
  return types
    .map((type) => {
      const size = type === 1 || type === 4 ? (1 + below(16)) * 0x1000 : 0x1000;
      const section = { gpa, size, type, order: below(1000) };
      gpa += size + below(4) * 0x1000;
      return section;
    })
    .sort((a, b) => a.order - b.order)
    .map(({ gpa: at, size, type }) => ({ gpa: at, size, type }));
}

function randomCommandLine({ pick, below }: Dice): string {
  const words = ["console=ttyS0", "root=/dev/vda1", "ro", "quiet", "x=\u00e9\u4e2d\u{1f512}", "", "init=/init "];
  return Array.from({ length: below(8) }, () => pick(words)).join(" ");
}

function randomFirmware(roll: Dice, extra: object = {}): Uint8Array {
  const { bytes, below, chance } = roll;
  const withHashes = chance(85);
  const sections = randomSections(roll, withHashes);
  const hashes = sections.find(({ type }) => type === 0x10);
  return forgeFirmware({
    size: (2 + below(30)) * 0x1000,
    fill: (image) => image.set(bytes(image.length)),
    sections,
    resetEip: 1 + below(0xffff_fffe),
    ...(hashes === undefined ? {} : { hashesTableGpa: hashes.gpa + below(0x1000 - 176) }),
    ...extra,
  });
}

export function randomCase(seed: number): Case {
  const roll = dice(seed * 2654435761);
  const { bytes, below, pick, chance } = roll;
  const mode = pick(MODES);
  const kernel = chance(75) ? bytes(below(5000)) : undefined;
  return {
    mode,
    firmware: randomFirmware(roll),
    svsm: randomFirmware(roll, { svsmEntry: below(0x2000) }),
    varsSize: below(64) * 0x1000,
    vcpus: 1 + below(8),
    vcpuType: chance(70) ? pick(Object.keys(VCPU_MODELS) as VcpuModel[]) : below(0xffff_ffff),
    guestFeatures: pick([0x1, 0x21, 0, 0xffff_ffff, 0x1f]),
    ...(kernel === undefined ? {} : { kernel, commandLine: randomCommandLine(roll) }),
    ...(kernel === undefined || chance(40) ? {} : { initrd: bytes(below(5000)) }),
  };
}

/** Our answer: hex, or `undefined` where we refuse. */
export async function ours(c: Case): Promise<string | undefined> {
  const { firmware, svsm, varsSize, vcpus, vcpuType, guestFeatures, kernel, initrd, commandLine } = c;
  const boot: { boot?: KernelInputs } =
    kernel === undefined
      ? {}
      : { boot: { kernel, ...(initrd ? { initrd } : {}), ...(commandLine === undefined ? {} : { commandLine }) } };
  const launch = { firmware, vcpus, vcpuType, guestFeatures, ...boot };
  const measure: Readonly<Record<Mode, () => Promise<Uint8Array>>> = {
    snp: () => measureSevSnp(launch),
    "snp:ec2": () => measureSevSnp({ ...launch, vmm: "ec2" }),
    "snp:gce": () => measureSevSnp({ ...launch, vmm: "gce" }),
    "snp:digest": async () => measureSevSnp({ ...launch, firmwareDigest: await sevSnpFirmwareDigest({ firmware }) }),
    "snp:svsm": () => measureSvsm({ firmware, svsm, varsSize, vcpus, vcpuType }),
    seves: () => measureSevEs({ firmware, vcpus, vcpuType, ...boot }),
    sev: () => measureSev({ firmware, ...boot }),
  };
  return measure[c.mode]().then(toHex, (error: Error) => {
    if (error.name !== "MalformedError") throw error;
    return undefined;
  });
}

const PYTHON = `
import json, sys
from sevsnpmeasure import guest, vcpu_types
from sevsnpmeasure.sev_mode import SevMode
from sevsnpmeasure.vmm_types import VMMType
MODE = {"snp": SevMode.SEV_SNP, "snp:svsm": SevMode.SEV_SNP_SVSM, "seves": SevMode.SEV_ES, "sev": SevMode.SEV}
def answer(c):
    cpu = c["vcpuType"]
    sig = vcpu_types.CPU_SIGS[cpu] if isinstance(cpu, str) else cpu
    mode = c["mode"]
    kind = mode.split(":")[-1]
    pre = guest.calc_snp_ovmf_hash(c["firmware"]).hex() if kind == "digest" else ""
    vmm = {"ec2": VMMType.ec2, "gce": VMMType.gce}.get(kind, VMMType.QEMU)
    sev = MODE.get(mode, SevMode.SEV_SNP)
    return guest.calc_launch_digest(sev, c["vcpus"], sig, c["firmware"], c["kernel"], c["initrd"], c["commandLine"],
        c["guestFeatures"], pre, vmm, svsm_file=c["svsm"], ovmf_vars_size=c["varsSize"]).hex()
out = []
for c in json.load(sys.stdin):
    try: out.append(answer(c))
    except Exception as e: out.append("error: " + repr(e))
print(json.dumps(out))
`;

function theirs(python: string, cases: readonly Case[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "compare-measure-"));
  const file = (name: string, bytes: Uint8Array | undefined): string | null => {
    if (bytes === undefined) return null;
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  try {
    const jobs = cases.map((c, i) => ({
      ...c,
      firmware: file(`${i}.fd`, c.firmware),
      svsm: file(`${i}.svsm`, c.svsm),
      kernel: file(`${i}.kernel`, c.kernel),
      initrd: file(`${i}.initrd`, c.initrd),
      commandLine: c.commandLine ?? null,
    }));
    const run = spawnSync(python, ["-c", PYTHON], {
      input: JSON.stringify(jobs),
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    if (run.status !== 0) throw new Error(`sev-snp-measure does not run: ${run.error ?? run.stderr}`);
    return JSON.parse(run.stdout) as string[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Comparison {
  readonly cases: number;
  readonly equal: number;
  readonly bothRefuse: number;
  readonly different: readonly string[];
  readonly byMode: Readonly<Record<string, number>>;
  /** SHA-256 over all answers in order: two runs on one seed show the same. */
  readonly answers: string;
}

export async function compare(python: string, count: number, firstSeed: number): Promise<Comparison> {
  const cases = Array.from({ length: count }, (_, i) => randomCase(firstSeed + i));
  const reference = theirs(python, cases);
  const different: string[] = [];
  const byMode: Record<string, number> = {};
  let equal = 0;
  let bothRefuse = 0;
  for (const [i, c] of cases.entries()) {
    const mine = await ours(c);
    const answer = reference[i] as string;
    byMode[c.mode] = (byMode[c.mode] ?? 0) + 1;
    if (mine === answer) equal++;
    else if (mine === undefined && answer.startsWith("error: ")) bothRefuse++;
    else different.push(`seed ${firstSeed + i} (${c.mode}): ours ${mine ?? "refused"}, theirs ${answer}`);
  }
  const answers = createHash("sha256").update(reference.join("\n")).digest("hex");
  return { cases: count, equal, bothRefuse, different, byMode, answers };
}

export interface KnownLaunch {
  readonly seed: number;
  readonly mode: Mode;
  /** Hex, or null where sev-snp-measure refuses. */
  readonly expected: string | null;
}

/** The reference's answers alone, for fixtures/measure/known-answers.json. */
export function record(python: string, count: number, firstSeed: number): readonly KnownLaunch[] {
  const cases = Array.from({ length: count }, (_, i) => randomCase(firstSeed + i));
  return theirs(python, cases).map((answer, i) => ({
    seed: firstSeed + i,
    mode: (cases[i] as Case).mode,
    expected: answer.startsWith("error: ") ? null : answer,
  }));
}
