/** Asked directly: behind these bounds both engines happen to say no as well, and would hide a bound that is gone. */
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { describe, expect, it } from "vitest";
import {
  COORDINATE_BYTES,
  isUsableRsaKey,
  type RsaPublicKey,
  type SignatureAlgorithm,
} from "../../src/crypto/crypto.js";
import { isUsableKey, isUsableSignature } from "../../src/crypto/usable.js";
import { bigEndian, curves, ecPrivate, edPrivate, everyAlgorithm, publicKeyOf, toBigInt } from "./backends.js";

const NOBLE = { "P-256": p256, "P-384": p384, "P-521": p521 };
const ECDSA: SignatureAlgorithm = { name: "ECDSA", hash: "SHA-256" };
const PKCS1: SignatureAlgorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const rsa = (modulus: Uint8Array, exponent = 65537): RsaPublicKey => ({ type: "rsa", modulus, exponent });
const ones = (length: number): Uint8Array => new Uint8Array(length).fill(0xff);

describe.each(curves)("%s", (curve) => {
  const size = COORDINATE_BYTES[curve];
  const { Point } = NOBLE[curve];
  const key = { type: "ec", curve, point: Point.BASE.toBytes(false) } as const;
  const judge = (r: bigint, s: bigint): boolean =>
    isUsableSignature(ECDSA, key, Uint8Array.of(...bigEndian(r, size), ...bigEndian(s, size)));

  it("takes r and s from 1 to n - 1 and nothing else", () => {
    const { ORDER: n } = Point.Fn;
    for (const good of [1n, 2n, n / 2n, n / 2n + 1n, n - 1n])
      expect([judge(good, 1n), judge(1n, good)]).toEqual([true, true]);
    for (const bad of [0n, n, n + 1n, 2n ** BigInt(8 * size) - 1n]) {
      expect([judge(bad, 1n), judge(1n, bad), judge(bad, bad)]).toEqual([false, false, false]);
    }
  });

  it("takes points on the curve, written in one way", () => {
    for (const factor of [1n, 2n, 12345n, Point.Fn.ORDER - 1n]) {
      const point = Point.BASE.multiply(factor).toBytes(false);
      expect(isUsableKey({ ...key, point })).toBe(true);
      for (const first of [0, 2, 3, 5, 6, 7, 255]) {
        expect(isUsableKey({ ...key, point: Uint8Array.of(first, ...point.subarray(1)) })).toBe(false);
      }
      expect(isUsableKey({ ...key, point: Uint8Array.of(...point, 0) })).toBe(false);
      expect(isUsableKey({ ...key, point: point.subarray(0, -1) })).toBe(false);
      const next = bigEndian(toBigInt(point) + 1n, 1 + 2 * size);
      expect(isUsableKey({ ...key, point: next })).toBe(false);
    }
  });
});

it.each(curves)("refuses x written as p, which is the point at zero again (%s)", (curve) => {
  const { Fp, CURVE } = NOBLE[curve].Point as unknown as {
    Fp: { ORDER: bigint; sqrt(value: bigint): bigint };
    CURVE(): { b: bigint };
  };
  const size = COORDINATE_BYTES[curve];
  const y = Fp.sqrt(CURVE().b);
  const at = (x: bigint): Uint8Array => Uint8Array.of(4, ...bigEndian(x, size), ...bigEndian(y, size));
  expect(isUsableKey({ type: "ec", curve, point: at(0n) })).toBe(true);
  expect(isUsableKey({ type: "ec", curve, point: at(Fp.ORDER) })).toBe(false);
});

it("refuses a coordinate of p or more where there is room to write one (P-521)", () => {
  const { point } = publicKeyOf(ecPrivate["P-521"]) as { point: Uint8Array };
  const above = (from: number): Uint8Array =>
    bigEndian(toBigInt(point.subarray(from, from + 66)) + p521.Point.Fp.ORDER, 66);
  const judge = (...parts: readonly Uint8Array[]): boolean =>
    isUsableKey({ type: "ec", curve: "P-521", point: Uint8Array.of(4, ...parts.flatMap((part) => [...part])) });
  expect(judge(point.subarray(1, 67), point.subarray(67))).toBe(true);
  expect(judge(above(1), point.subarray(67))).toBe(false);
  expect(judge(point.subarray(1, 67), above(67))).toBe(false);
});

it("takes an RSA signature from 0 to n - 1, as long as n", () => {
  const modulus = Uint8Array.of(0xc0, ...ones(255));
  const judge = (signature: Uint8Array): boolean => isUsableSignature(PKCS1, rsa(modulus), signature);
  expect(judge(new Uint8Array(256))).toBe(true);
  expect(judge(bigEndian(toBigInt(modulus) - 1n, 256))).toBe(true);
  expect(judge(modulus)).toBe(false);
  expect(judge(bigEndian(toBigInt(modulus) + 1n, 256))).toBe(false);
  expect(judge(ones(256))).toBe(false);
  expect(judge(new Uint8Array(255))).toBe(false);
  expect(judge(new Uint8Array(257))).toBe(false);
});

it("takes an Ed25519 signature with S below the order", () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const key = publicKeyOf(edPrivate);
  const judge = (s: bigint): boolean =>
    isUsableSignature({ name: "Ed25519" }, key, Uint8Array.of(...ones(32), ...bigEndian(s, 32).reverse()));
  expect([0n, 1n, order - 1n].map(judge)).toEqual([true, true, true]);
  expect([order, order + 1n, 2n ** 253n, 2n ** 256n - 1n].map(judge)).toEqual([false, false, false, false]);
});

it("takes a signature under a key of its own type alone", () => {
  const all = everyAlgorithm();
  const pairs = all.flatMap((item) => all.map((other) => ({ item, other })));
  const wrong = pairs.filter(({ item, other }) => item.key.type !== other.key.type);
  expect(wrong.length).toBeGreaterThan(100);
  for (const { item, other } of wrong) {
    expect(isUsableSignature(item.algorithm, other.key, item.signature)).toBe(false);
    expect(isUsableSignature(item.algorithm, other.key, other.signature)).toBe(false);
  }
  expect(all.every(({ algorithm, key, signature }) => isUsableSignature(algorithm, key, signature))).toBe(true);
});

describe("isUsableRsaKey", () => {
  const bits = (length: number): Uint8Array => bigEndian(2n ** BigInt(length) - 1n, Math.ceil(length / 8));

  it("takes 2048 to 8192 bits", () => {
    expect([2048, 2049, 3072, 8191, 8192].map((length) => isUsableRsaKey(rsa(bits(length))))).toEqual(
      Array(5).fill(true),
    );
    expect([1024, 2047, 8193, 8200, 65536].map((length) => isUsableRsaKey(rsa(bits(length))))).toEqual(
      Array(5).fill(false),
    );
  });

  it("takes an odd modulus without leading zeros", () => {
    expect(isUsableRsaKey(rsa(Uint8Array.of(...ones(255), 0xfe)))).toBe(false);
    expect(isUsableRsaKey(rsa(Uint8Array.of(0, ...ones(256))))).toBe(false);
    expect(isUsableRsaKey(rsa(Uint8Array.of(0, ...ones(300))))).toBe(false);
    expect(isUsableRsaKey(rsa(new Uint8Array(0)))).toBe(false);
  });

  it("takes an odd exponent from 3 to 2^32 - 1", () => {
    const judge = (exponent: number): boolean => isUsableRsaKey(rsa(ones(256), exponent));
    expect([3, 5, 65537, 2 ** 32 - 1].map(judge)).toEqual([true, true, true, true]);
    for (const bad of [
      -3,
      0,
      1,
      2,
      4,
      65536,
      3.5,
      2 ** 32,
      2 ** 32 + 1,
      2 ** 53 - 1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]) {
      expect(judge(bad), String(bad)).toBe(false);
    }
  });
});
