/** The bits of GUEST_POLICY and PLATFORM_INFO (AMD 56860, section 4.3 and table "PLATFORM_INFO"), as data. */

/** Bit of the guest policy by name. ABI_MINOR is bits 7 to 0, ABI_MAJOR 15 to 8. */
export const POLICY_BITS = {
  smt: 16,
  migrateMa: 18,
  debug: 19,
  singleSocket: 20,
  cxl: 21,
  memAes256Xts: 22,
  raplDis: 23,
  ciphertextHidingDram: 24,
  pageSwapDisable: 25,
} as const;

/** Bit 17 is reserved and must be one. */
export const POLICY_MUST_BE_ONE: bigint = 1n << 17n;
/** Bits 63 to 26 must be zero. */
export const POLICY_KNOWN: bigint = (1n << 26n) - 1n;

export const PLATFORM_BITS = {
  smt: 0,
  tsme: 1,
  ecc: 2,
  raplDis: 3,
  ciphertextHidingDram: 4,
  aliasCheckComplete: 5,
  iommuWriteSafe: 6,
  tio: 7,
} as const;

export const PLATFORM_KNOWN: bigint = (1n << 8n) - 1n;

export type PolicyBit = keyof typeof POLICY_BITS;
export type PlatformBit = keyof typeof PLATFORM_BITS;

/** Whether a bit below 32 is set. */
export function hasBit(value: bigint, bit: number): boolean {
  return ((Number(value & 0xffffffffn) >>> bit) & 1) === 1;
}

/** Every bit by name; all named bits are below 32. */
export function readBits<Name extends string>(
  value: bigint,
  bits: Readonly<Record<Name, number>>,
): Readonly<Record<Name, boolean>> {
  const low = Number(value & 0xffffffffn);
  const read = {} as Record<Name, boolean>;
  for (const name in bits) read[name] = ((low >>> bits[name]) & 1) === 1;
  return read;
}
