import { expect, it } from "vitest";
import { fromBigEndian, fromLittleEndian, powMod, toBigEndian } from "../../src/crypto/bigint.js";
import { digest, toBigInt } from "./backends.js";

const LENGTHS = [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 66, 256, 257];
const bytesOf = (length: number): Uint8Array => {
  return Uint8Array.from(
    { length },
    (_, i) => digest("SHA-256", Uint8Array.of(length & 255, i & 255, i >> 8))[0] as number,
  );
};

it.each(LENGTHS)("reads and writes %i bytes, in views too", (length) => {
  const bytes = bytesOf(length);
  const value = toBigInt(bytes);
  expect(fromBigEndian(bytes)).toBe(value);
  expect(fromBigEndian(Uint8Array.of(1, ...bytes, 2).subarray(1, -1))).toBe(value);
  expect(fromLittleEndian(bytes.slice().reverse())).toBe(value);
  expect(toBigEndian(value, length)).toEqual(bytes);
  expect(toBigEndian(value, length + 3)).toEqual(Uint8Array.of(0, 0, 0, ...bytes));
  expect(toBigEndian(1n << BigInt(8 * length), length)).toBeUndefined();
});

it("reads no bytes as zero", () => expect(fromBigEndian(new Uint8Array(0))).toBe(0n));

it("raises to a power", () => {
  for (const [base, exponent, modulus] of [
    [3n, 200n, 1000007n],
    [7n, 0n, 13n],
    [0n, 5n, 13n],
    [99n, 1n, 13n],
    [2n, 65537n, 2n ** 61n - 1n],
  ] as const) {
    let naive = 1n;
    for (let i = 0n; i < exponent; i++) naive = (naive * base) % modulus;
    expect(powMod(base, exponent, modulus)).toBe(naive);
  }
});
