/** TDATTRIBUTES and XFAM, bit by bit (Intel TDX Module ABI, ATTRIBUTES and XFAM). */

/** Bits 0 to 7 put the TD under debug or profiling and are zero in production. */
export const DEBUG_GROUP = 0xffn;

export const TD_ATTRIBUTES = {
  debug: 0,
  hgsPlusProf: 4,
  perfProf: 5,
  pmtProf: 6,
  icssd: 16,
  lass: 27,
  septVeDisable: 28,
  migratable: 29,
  pks: 30,
  kl: 31,
  tpa: 62,
  perfmon: 63,
} as const;
export type TdAttribute = keyof typeof TD_ATTRIBUTES;

/** Bits that have a name, and the rest of the debug group, which has its own check. */
const KNOWN: bigint = /* @__PURE__ */ Object.values(TD_ATTRIBUTES).reduce(
  (mask, bit) => mask | (1n << BigInt(bit)),
  DEBUG_GROUP,
);

export function reservedBits(attributes: bigint): bigint {
  return attributes & ~KNOWN;
}

export function hasAttribute(attributes: bigint, name: TdAttribute): boolean {
  return ((attributes >> BigInt(TD_ATTRIBUTES[name])) & 1n) === 1n;
}

export const ATTRIBUTE_NAMES: readonly TdAttribute[] = /* @__PURE__ */ Object.keys(TD_ATTRIBUTES) as TdAttribute[];

/** x87 and SSE. */
export const XFAM_REQUIRED = 0x3n;
/** What the TDX module lets a TD have: x87, SSE, AVX, AVX-512, PT, PKRU, CET, UINTR, LBR, AMX. */
export const XFAM_ALLOWED = 0x6dbe7n;

/** `0x` and hex, as claims and messages show masks. */
export function mask(value: bigint): string {
  return `0x${value.toString(16)}`;
}
