/** A point has its curve's length (SEC 1, section 2.3.4): with zeros in front of a coordinate the numbers are the same, and the point is none. */
import { expect, it } from "vitest";
import { testKey } from "../../fixtures/keys.js";
import { isUsableKey } from "../../src/crypto/usable.js";

it.each([
  ["P-256", testKey("p256-1").raw, 32],
  ["P-384", testKey("p384-1").raw, 48],
] as const)("of %s with a byte more is no key", (curve, point, size) => {
  const usable = (bytes: Uint8Array): boolean => isUsableKey({ type: "ec", curve, point: bytes });
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
  expect(usable(point)).toBe(true);
  expect(usable(Uint8Array.of(4, ...x, 0, ...y))).toBe(false);
  expect(usable(Uint8Array.of(4, 0, ...x, ...y))).toBe(false);
  expect(usable(Uint8Array.of(...point, 0))).toBe(false);
  expect(usable(point.subarray(0, -1))).toBe(false);
});
