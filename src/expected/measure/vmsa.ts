/** The register state in which each vCPU is launched: one VMSA page (AMD 24593, table B-4; reference sev-snp.md, section 2.11). */

import { PAGE_BYTES } from "./firmware.js";

/** Who launches the guest: hypervisors set a few registers differently. */
export type Vmm = "qemu" | "ec2" | "gce";

/** Where the first vCPU starts: the x86 reset vector. */
export const RESET_VECTOR = 0xffff_fff0;

interface Segment {
  readonly selector: number;
  readonly attributes: number;
  readonly limit: number;
  readonly base: number;
}

/** Offsets in the save area. */
const SEGMENT_AT = {
  es: 0x00,
  cs: 0x10,
  ss: 0x20,
  ds: 0x30,
  fs: 0x40,
  gs: 0x50,
  gdtr: 0x60,
  ldtr: 0x70,
  idtr: 0x80,
  tr: 0x90,
} as const;
type SegmentName = keyof typeof SEGMENT_AT;

/** 64-bit registers that are the same everywhere. */
const COMMON: readonly (readonly [offset: number, value: bigint])[] = [
  [0xd0, 0x1000n], // efer: SVME
  [0x148, 0x40n], // cr4: MCE
  [0x160, 0x400n], // dr7
  [0x168, 0xffff_0ff0n], // dr6
  [0x170, 0x2n], // rflags
  [0x3e8, 0x1n], // xcr0
];

interface VmmRegisters {
  readonly gPat: bigint;
  readonly mxcsr: number;
  readonly fcw: number;
  readonly ssAttributes: number;
  readonly trAttributes: number;
  /** EC2 clears the accessed bit of the first vCPU's code segment. */
  readonly bspCsAttributes: number;
  /** What `rdx` holds when it is not the CPUID signature. */
  readonly rdx?: number;
}

const DEFAULT_PAT = 0x0007_0406_0007_0406n;
const REGISTERS: Readonly<Record<Vmm, VmmRegisters>> = {
  qemu: { gPat: DEFAULT_PAT, mxcsr: 0x1f80, fcw: 0x37f, ssAttributes: 0x93, trAttributes: 0x8b, bspCsAttributes: 0x9b },
  ec2: {
    gPat: DEFAULT_PAT,
    mxcsr: 0,
    fcw: 0,
    ssAttributes: 0x92,
    trAttributes: 0x83,
    bspCsAttributes: 0x9a,
    rdx: 0x600,
  },
  gce: {
    gPat: 0x0007_0106n,
    mxcsr: 0,
    fcw: 0,
    ssAttributes: 0x93,
    trAttributes: 0x8b,
    bspCsAttributes: 0x9b,
    rdx: 0x600,
  },
};

export interface VmsaInputs {
  readonly vmm: Vmm;
  /** Where this vCPU starts: `RESET_VECTOR` for the first, the reset block's address for the others. */
  readonly eip: number;
  /** CPUID Fn0000_0001_EAX; only QEMU shows it. */
  readonly signature: number;
  /** SEV_FEATURES of the guest; zero under SEV-ES. */
  readonly guestFeatures: bigint;
}

/** The page of a vCPU that starts in real mode. */
export function vmsaPage({ vmm, eip, signature, guestFeatures }: VmsaInputs): Uint8Array {
  const registers = REGISTERS[vmm];
  const data: Segment = { selector: 0, attributes: 0x93, limit: 0xffff, base: 0 };
  const csAttributes = eip === RESET_VECTOR ? registers.bspCsAttributes : 0x9b;
  return savePage(
    {
      es: data,
      cs: { selector: 0xf000, attributes: csAttributes, limit: 0xffff, base: (eip & 0xffff_0000) >>> 0 },
      ss: { ...data, attributes: registers.ssAttributes },
      ds: data,
      fs: data,
      gs: data,
      gdtr: { ...data, attributes: 0 },
      ldtr: { ...data, attributes: 0x82 },
      idtr: { ...data, attributes: 0 },
      tr: { ...data, attributes: registers.trAttributes },
    },
    {
      cr0: 0x10n,
      rip: BigInt(eip & 0xffff),
      gPat: registers.gPat,
      rdx: BigInt(registers.rdx ?? signature),
      guestFeatures,
      mxcsr: registers.mxcsr,
      fcw: registers.fcw,
    },
  );
}

/** The page of every vCPU under an SVSM that QEMU starts: flat protected mode at its entry point, SEV-SNP alone active, fcw 0. */
export function svsmVmsaPage(eip: number, signature: number): Uint8Array {
  const data: Segment = { selector: 16, attributes: 0xc93, limit: 0xffff_ffff, base: 0 };
  const small: Segment = { selector: 0, attributes: 0, limit: 0xffff, base: 0 };
  return savePage(
    {
      es: data,
      cs: { selector: 8, attributes: 0xc9b, limit: 0xffff_ffff, base: 0 },
      ss: data,
      ds: data,
      fs: data,
      gs: { ...small, attributes: 0x93 },
      gdtr: small,
      ldtr: { ...small, attributes: 0x82 },
      idtr: small,
      tr: { ...small, attributes: 0x8b },
    },
    {
      cr0: 0x11n,
      rip: BigInt(eip),
      gPat: DEFAULT_PAT,
      rdx: BigInt(signature),
      guestFeatures: 1n,
      mxcsr: 0x1f80,
      fcw: 0,
    },
  );
}

interface Registers {
  readonly cr0: bigint;
  readonly rip: bigint;
  readonly gPat: bigint;
  readonly rdx: bigint;
  readonly guestFeatures: bigint;
  readonly mxcsr: number;
  readonly fcw: number;
}

function savePage(segments: Readonly<Record<SegmentName, Segment>>, registers: Registers): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  const view = new DataView(page.buffer);
  for (const [name, offset] of Object.entries(SEGMENT_AT) as [SegmentName, number][]) {
    const { selector, attributes, limit, base } = segments[name];
    view.setUint16(offset, selector, true);
    view.setUint16(offset + 2, attributes, true);
    view.setUint32(offset + 4, limit, true);
    view.setBigUint64(offset + 8, BigInt(base), true);
  }
  for (const [offset, value] of COMMON) view.setBigUint64(offset, value, true);
  view.setBigUint64(0x158, registers.cr0, true);
  view.setBigUint64(0x178, registers.rip, true);
  view.setBigUint64(0x268, registers.gPat, true);
  view.setBigUint64(0x310, registers.rdx, true);
  view.setBigUint64(0x3b0, registers.guestFeatures, true);
  view.setUint32(0x408, registers.mxcsr, true);
  view.setUint16(0x410, registers.fcw, true);
  return page;
}
