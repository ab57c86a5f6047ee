/** TCB_VERSION by product (AMD 56860, section 2.2; AMD 57230, section 3): the layouts differ, so a level is never read without its product. */

import type { AmdProduct } from "../../endorsements/amd-kds.js";

/** Security patch levels by their KDS names, without `SPL`; `fmc` on Turin alone. */
export interface Tcb {
  readonly fmc?: number;
  readonly bl: number;
  readonly tee: number;
  readonly snp: number;
  readonly ucode: number;
}

interface Component {
  readonly name: string;
  /** Index in the 8 bytes of a TCB_VERSION. */
  readonly byte: number;
  /** Tail of the certificate extension's identifier, after `1.3.6.1.4.1.3704.1`. */
  readonly extension: string;
  /** Parameter in KDS addresses; reserved components have none. */
  readonly parameter?: string;
}

const MILAN_GENOA: readonly Component[] = [
  { name: "bl", byte: 0, extension: "3.1", parameter: "blSPL" },
  { name: "tee", byte: 1, extension: "3.2", parameter: "teeSPL" },
  { name: "spl4", byte: 2, extension: "3.4" },
  { name: "spl5", byte: 3, extension: "3.5" },
  { name: "spl6", byte: 4, extension: "3.6" },
  { name: "spl7", byte: 5, extension: "3.7" },
  { name: "snp", byte: 6, extension: "3.3", parameter: "snpSPL" },
  { name: "ucode", byte: 7, extension: "3.8", parameter: "ucodeSPL" },
];

const TURIN: readonly Component[] = [
  { name: "fmc", byte: 0, extension: "3.9", parameter: "fmcSPL" },
  { name: "bl", byte: 1, extension: "3.1", parameter: "blSPL" },
  { name: "tee", byte: 2, extension: "3.2", parameter: "teeSPL" },
  { name: "snp", byte: 3, extension: "3.3", parameter: "snpSPL" },
  { name: "spl5", byte: 4, extension: "3.5" },
  { name: "spl6", byte: 5, extension: "3.6" },
  { name: "spl7", byte: 6, extension: "3.7" },
  { name: "ucode", byte: 7, extension: "3.8", parameter: "ucodeSPL" },
];

export const TCB_COMPONENTS: Readonly<Record<AmdProduct, readonly Component[]>> = {
  Milan: MILAN_GENOA,
  Genoa: MILAN_GENOA,
  Turin: TURIN,
};

/** The named levels of `bytes` (8) in the layout of `product`. */
export function readTcb(product: AmdProduct, bytes: Uint8Array): Tcb {
  const level = (name: string): number =>
    bytes[TCB_COMPONENTS[product].find((component) => component.name === name)?.byte ?? -1] as number;
  const common = { bl: level("bl"), tee: level("tee"), snp: level("snp"), ucode: level("ucode") };
  return product === "Turin" ? { fmc: level("fmc"), ...common } : common;
}

/** Names of the components in which `tcb` is below `floor`; those that the floor does not name do not count. */
export function belowFloor(tcb: Tcb, floor: Partial<Tcb>): readonly string[] {
  const names = Object.keys(floor) as (keyof Tcb)[];
  // A component that this product does not have cannot satisfy a demand for it.
  return names.filter((name) => (tcb[name] ?? -1) < (floor[name] as number));
}

/** Whether every byte of `low` is at most that of `high`: component by component, never as one number (design, rule 8). */
export function atMost(low: Uint8Array, high: Uint8Array): boolean {
  return low.every((level, index) => level <= (high[index] as number));
}

/** The lower level of each component. */
export function lowerOf(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((level, index) => Math.min(level, b[index] as number));
}

/** `Milan` to its family and models (AMD 57230, section 3.1; combined CPUID values). Bergamo and Siena are Genoa to the KDS. */
const CPU_MODELS: readonly {
  readonly product: AmdProduct | "Venice";
  readonly family: number;
  readonly from: number;
  readonly to: number;
}[] = [
  { product: "Milan", family: 0x19, from: 0x00, to: 0x0f },
  { product: "Genoa", family: 0x19, from: 0x10, to: 0x1f },
  { product: "Genoa", family: 0x19, from: 0xa0, to: 0xaf },
  { product: "Turin", family: 0x1a, from: 0x00, to: 0x11 },
  { product: "Venice", family: 0x1a, from: 0x50, to: 0x57 },
  { product: "Venice", family: 0x1a, from: 0x90, to: 0xaf },
  { product: "Venice", family: 0x1a, from: 0xc0, to: 0xc7 },
];

/** The product line of a processor, `undefined` for one that is not known. */
export function productOf(family: number, model: number): AmdProduct | "Venice" | undefined {
  return CPU_MODELS.find((line) => line.family === family && model >= line.from && model <= line.to)?.product;
}
