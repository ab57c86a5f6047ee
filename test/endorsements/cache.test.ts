/** The cache in memory: bounded, the oldest goes first. */
import { describe, expect, it } from "vitest";
import { memoryCache } from "../../src/endorsements/cache.js";

const answer = (byte: number) => ({ body: Uint8Array.of(byte), headers: {} });

describe("memoryCache", () => {
  it("gives what was set, and nothing else", () => {
    const cache = memoryCache();
    cache.set("a", answer(1));
    expect(cache.get("a")).toEqual(answer(1));
    expect(cache.get("b")).toBeUndefined();
    expect(cache.get("__proto__")).toBeUndefined();
  });

  it("keeps at most so many, and lets the oldest go", () => {
    const cache = memoryCache(2);
    for (const [name, byte] of [
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ] as const)
      cache.set(name, answer(byte));
    expect(["a", "b", "c"].map((name) => cache.get(name))).toEqual([undefined, answer(2), answer(3)]);
  });

  it("counts what is set anew as new", () => {
    const cache = memoryCache(2);
    for (const [name, byte] of [
      ["a", 1],
      ["b", 2],
      ["a", 3],
      ["c", 4],
    ] as const)
      cache.set(name, answer(byte));
    expect(["a", "b", "c"].map((name) => cache.get(name))).toEqual([answer(3), undefined, answer(4)]);
  });

  it("is bounded without being told", () => {
    const cache = memoryCache();
    for (let i = 0; i < 300; i++) cache.set(String(i), answer(i & 255));
    const kept = Array.from({ length: 300 }, (_, i) => cache.get(String(i))).filter((item) => item !== undefined);
    expect(kept.length).toBe(256);
  });
});
