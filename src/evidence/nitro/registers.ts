/** How registers of a document come about, and the demands that reference values make on them. */

import type { Crypto } from "../../crypto/crypto.js";
import { allBytes, concatBytes, equalBytes } from "../../encoding/bytes.js";
import { toHex } from "../../encoding/text.js";

export const REGISTER_BYTES = 48;

/** PCR2 of an image with one ramdisk: the hash of nothing, which identifies no code. */
export const EMPTY_REGISTER =
  "21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c10edb30948c90ba67310f7b964fc500a";

/** A register that starts at zero and is extended once with `data` (PCR3: the role's ARN; PCR4: the instance id; PCR8: a certificate's SHA-384). */
export function extended(data: Uint8Array, crypto: Pick<Crypto, "digest">): Promise<Uint8Array> {
  return crypto.digest("SHA-384", concatBytes(new Uint8Array(REGISTER_BYTES), data));
}

/** PCR8 of an image that is signed with this certificate (DER). */
async function signerRegister(certificate: Uint8Array, crypto: Pick<Crypto, "digest">): Promise<Uint8Array> {
  return extended(await crypto.digest("SHA-384", certificate), crypto);
}

/** What reference values say of a document's registers. Everything in it must hold. */
export interface RegisterValues {
  /** By index: one of these values. */
  readonly registers: ReadonlyMap<number, readonly Uint8Array[]>;
  /** Where there are any: one of these must hold as a whole. */
  readonly sets: readonly ReadonlyMap<number, Uint8Array>[];
  /** By index: extended with one of these. `certificate` is hashed first. */
  readonly extensions: readonly {
    readonly register: number;
    readonly data: readonly Uint8Array[];
    readonly certificate: boolean;
  }[];
  /** SHA-256 over a prefix and these registers, one after the other. */
  readonly digests: readonly RegistersDigest[];
}

export interface RegistersDigest {
  readonly prefix: Uint8Array;
  readonly registers: readonly number[];
  /** Those of them that count as zero where the document has not got them. */
  readonly absentAsZero: readonly number[];
  readonly accepted: readonly Uint8Array[];
}

export interface RegisterJudgement {
  /** Registers on which the comparison rests. */
  readonly compared: readonly number[];
  /** What does not hold, in words; empty where all does. */
  readonly differing: readonly string[];
}

type Registers = ReadonlyMap<number, Uint8Array>;

/** A register that is expected and absent never matches (CVE-2025-64186). */
export async function judgeRegisters(
  registers: Registers,
  values: RegisterValues,
  crypto: Pick<Crypto, "digest">,
): Promise<RegisterJudgement> {
  const compared = new Set<number>();
  const differing: string[] = [];
  const expect = (index: number, accepted: readonly Uint8Array[]): void => {
    compared.add(index);
    const complaint = judgeRegister(registers, index, accepted);
    if (complaint !== undefined) differing.push(complaint);
  };
  for (const [index, accepted] of values.registers) expect(index, accepted);
  for (const { register, data, certificate } of values.extensions) {
    expect(
      register,
      await Promise.all(data.map((item) => (certificate ? signerRegister(item, crypto) : extended(item, crypto)))),
    );
  }
  for (const demand of values.digests) {
    for (const index of demand.registers) compared.add(index);
    differing.push(...(await judgeDigest(registers, demand, crypto)));
  }
  const set = closestSet(registers, values.sets);
  for (const index of set?.compared ?? []) compared.add(index);
  differing.push(...(set?.differing ?? []));
  return { compared: [...compared].sort((a, b) => a - b), differing };
}

function judgeRegister(registers: Registers, index: number, accepted: readonly Uint8Array[]): string | undefined {
  const found = registers.get(index);
  if (found === undefined) return `PCR${index} is not in the document`;
  if (accepted.some((value) => equalBytes(value, found))) return undefined;
  return `PCR${index} is ${toHex(found)} and not ${accepted.map(toHex).join(" or ")}`;
}

async function judgeDigest(
  registers: Registers,
  demand: RegistersDigest,
  crypto: Pick<Crypto, "digest">,
): Promise<readonly string[]> {
  const values = demand.registers.map(
    (index) =>
      registers.get(index) ?? (demand.absentAsZero.includes(index) ? new Uint8Array(REGISTER_BYTES) : undefined),
  );
  const missing = demand.registers.filter((_, i) => values[i] === undefined);
  if (missing.length > 0) return missing.map((index) => `PCR${index} is not in the document`);
  const found = await crypto.digest("SHA-256", concatBytes(demand.prefix, ...(values as Uint8Array[])));
  if (demand.accepted.some((value) => equalBytes(value, found))) return [];
  return [
    `the digest of PCR ${demand.registers.join(", ")} is ${toHex(found)} and not ${demand.accepted.map(toHex).join(" or ")}`,
  ];
}

/** The set that differs least. A value of one set and a value of another are no match. */
function closestSet(registers: Registers, sets: readonly Registers[]): RegisterJudgement | undefined {
  const judged = sets.map((set) => ({
    compared: [...set.keys()],
    differing: [...set].flatMap(([index, value]) => judgeRegister(registers, index, [value]) ?? []),
  }));
  return judged.length === 0
    ? undefined
    : judged.reduce((best, next) => (next.differing.length < best.differing.length ? next : best));
}

/** Whether the document has this register and it is not zero. */
export function isSet(registers: Registers, index: number): boolean {
  const value = registers.get(index);
  return value !== undefined && !allBytes(value);
}
