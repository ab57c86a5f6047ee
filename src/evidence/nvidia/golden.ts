/** Comparison with golden measurements (NVIDIA nvtrust and attestation-sdk): alternatives, conflicts, inactive and missing indices. */

import { toHex } from "../../encoding/text.js";
import type { NvidiaReport } from "./report.js";
import type { Rim } from "./rim.js";

export interface Comparison {
  /** Active in both manifests: each speaks for itself alone, so neither can be right about it. */
  readonly conflicts: readonly number[];
  /** Measured value is none of the alternatives. */
  readonly differing: readonly number[];
  /** Active in a manifest, and the report has no such measurement. */
  readonly missing: readonly number[];
  readonly compared: number;
}

/** Measures a decoder that is fused off on parts of the boards (NVDEC0): compared only where the report says that it is on. */
const NVDEC0_INDEX = 35;

export function compareGolden(report: NvidiaReport, rims: readonly Pick<Rim, "golden">[]): Comparison {
  const golden = new Map<number, readonly string[]>();
  const conflicts: number[] = [];
  for (const [index, values] of rims.flatMap((rim) => [...rim.golden])) {
    if (golden.has(index)) conflicts.push(index);
    golden.set(index, values);
  }
  if (report.opaque.get("nvdec0")?.value === false) golden.delete(NVDEC0_INDEX);
  const indices = [...golden.keys()].sort((a, b) => a - b);
  const missing = indices.filter((index) => report.measurements[index] === undefined);
  const differing = indices.filter((index) => {
    const measured = report.measurements[index];
    return measured !== undefined && golden.get(index)?.includes(toHex(measured)) !== true;
  });
  return { conflicts, differing, missing, compared: indices.length };
}

/** How far from equal; for choosing among several manifests of one version. */
export function distance({ conflicts, differing, missing }: Comparison): number {
  return conflicts.length + differing.length + missing.length;
}
