/** Damage to bytes of no known structure: bits, runs, lengths, cuts, repeats, splices. */
import type { Dice } from "./dice.js";

/** Changes `bytes` into something else; `donor` is another input's structure, for splices. */
export type Mutator = (bytes: Uint8Array, dice: Dice, donor: Uint8Array) => Uint8Array;

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const INTERESTING = [0, 1, 2, 0x10, 0x20, 0x30, 0x40, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x9f, 0xbf, 0xd2, 0xfe, 0xff];
const NUMBERS = [
  0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

const setNumber: Mutator = (bytes, dice) => {
  const copy = bytes.slice();
  const size = dice.pick([2, 4, 8].filter((length) => length <= copy.length));
  if (size === undefined) return copy;
  const view = new DataView(copy.buffer);
  const at = dice.below(copy.length - size + 1);
  const little = dice.chance(70);
  const near = size === 2 ? view.getUint16(at, little) : view.getUint32(at, little);
  const value = dice.chance(40) ? near + dice.below(9) - 4 : dice.pick(NUMBERS);
  if (size === 2) view.setUint16(at, value, little);
  else if (size === 4) view.setUint32(at, value, little);
  else view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), little);
  return copy;
};

export const BYTE_MUTATORS: readonly Mutator[] = [
  (bytes, dice) => {
    const copy = bytes.slice();
    const at = dice.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << dice.below(8));
    return copy;
  },
  (bytes, dice) => {
    const copy = bytes.slice();
    for (let count = dice.below(4); count >= 0; count--) copy[dice.below(copy.length)] = dice.below(256);
    return copy;
  },
  (bytes, dice) => {
    const copy = bytes.slice();
    const at = dice.below(copy.length);
    return copy.fill(dice.pick(INTERESTING), at, at + 1 + dice.below(dice.chance(80) ? 8 : 200));
  },
  setNumber,
  setNumber,
  (bytes, dice) => bytes.slice(0, dice.below(bytes.length)),
  (bytes, dice) => join(bytes, dice.chance(50) ? new Uint8Array(1 + dice.below(64)) : dice.bytes(1 + dice.below(64))),
  (bytes, dice) => {
    const at = dice.below(bytes.length);
    return join(bytes.subarray(0, at), bytes.subarray(at + 1 + dice.below(40)));
  },
  (bytes, dice) => {
    const [at, from] = [dice.below(bytes.length), dice.below(bytes.length)];
    return join(bytes.subarray(0, at), bytes.subarray(from, from + 1 + dice.below(80)), bytes.subarray(at));
  },
  (bytes, dice) => {
    const [to, from, length] = [dice.below(bytes.length), dice.below(bytes.length), 1 + dice.below(96)];
    const copy = bytes.slice();
    copy.copyWithin(to, from, from + length);
    return copy;
  },
  (bytes, dice, donor) => {
    const [at, from] = [dice.below(bytes.length), dice.below(donor.length)];
    return join(bytes.subarray(0, at), donor.subarray(from, from + 1 + dice.below(400)), bytes.subarray(at));
  },
  (bytes, dice, donor) => {
    const at = dice.below(Math.min(bytes.length, donor.length));
    return join(bytes.subarray(0, at), donor.subarray(at));
  },
  (bytes, dice, donor) => {
    const copy = bytes.slice();
    const at = dice.below(copy.length);
    copy.set(donor.subarray(at, Math.min(at + 1 + dice.below(64), copy.length)), Math.min(at, copy.length));
    return copy;
  },
];
