/** CPUID signatures of the vCPU models that QEMU names (AMD 25481, Fn0000_0001_EAX; QEMU target/i386/cpu.c). */

/** Family, model and stepping as AMD prints them. */
export interface CpuFamily {
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
}

const NAPLES: CpuFamily = { family: 23, model: 1, stepping: 2 };
const ROME: CpuFamily = { family: 23, model: 49, stepping: 0 };
const MILAN: CpuFamily = { family: 25, model: 1, stepping: 1 };
const GENOA: CpuFamily = { family: 25, model: 17, stepping: 0 };
const TURIN: CpuFamily = { family: 26, model: 0, stepping: 0 };

/** A model name of QEMU, as `-cpu` takes it. */
export type VcpuModel =
  | "EPYC"
  | "EPYC-v1"
  | "EPYC-v2"
  | "EPYC-IBPB"
  | "EPYC-v3"
  | "EPYC-v4"
  | "EPYC-Rome"
  | "EPYC-Rome-v1"
  | "EPYC-Rome-v2"
  | "EPYC-Rome-v3"
  | "EPYC-Milan"
  | "EPYC-Milan-v1"
  | "EPYC-Milan-v2"
  | "EPYC-Genoa"
  | "EPYC-Genoa-v1"
  | "EPYC-Turin";

/** What each model is. */
export const VCPU_MODELS: Readonly<Record<VcpuModel, CpuFamily>> = {
  EPYC: NAPLES,
  "EPYC-v1": NAPLES,
  "EPYC-v2": NAPLES,
  "EPYC-IBPB": NAPLES,
  "EPYC-v3": NAPLES,
  "EPYC-v4": NAPLES,
  "EPYC-Rome": ROME,
  "EPYC-Rome-v1": ROME,
  "EPYC-Rome-v2": ROME,
  "EPYC-Rome-v3": ROME,
  "EPYC-Milan": MILAN,
  "EPYC-Milan-v1": MILAN,
  "EPYC-Milan-v2": MILAN,
  "EPYC-Genoa": GENOA,
  "EPYC-Genoa-v1": GENOA,
  "EPYC-Turin": TURIN,
};

/** A model name, family, model and stepping, or the 32-bit signature itself. */
export type VcpuType = VcpuModel | CpuFamily | number;

/**
 * The 32-bit signature that the first `rdx` of a vCPU holds.
 * @example
 * vcpuSignature("EPYC-Milan").toString(16); // "a00f11"
 */
export function vcpuSignature(type: VcpuType): number {
  if (typeof type === "number") return demandRange(type, 0xffff_ffff, "vCPU signature");
  const cpu = typeof type === "string" && Object.hasOwn(VCPU_MODELS, type) ? VCPU_MODELS[type] : type;
  if (typeof cpu !== "object" || cpu === null) throw new TypeError(`unknown vCPU model ${JSON.stringify(type)}`);
  const family = demandRange(cpu.family, 0xf + 0xff, "CPU family");
  const model = demandRange(cpu.model, 0xff, "CPU model");
  const stepping = demandRange(cpu.stepping, 0xf, "CPU stepping");
  const base = Math.min(family, 0xf);
  return ((family - base) << 20) | ((model >> 4) << 16) | (base << 8) | ((model & 0xf) << 4) | stepping;
}

function demandRange(value: number, max: number, what: string): number {
  if (!Number.isInteger(value) || value < 0 || value > max) throw new TypeError(`${what} must be 0 to ${max}`);
  return value;
}
