/** Token buckets: who counts as one peer, and that many peers cost no more memory than a bounded number. */
import { describe, expect, it } from "vitest";
import { createRateLimiter } from "../../src/attester/rate-limit.js";

const one = { perSecond: 1e6, burst: 1e6, perPeerPerSecond: 0.001, peerBurst: 1 };
/** Whether the second of two addresses pays for the first. */
function same(first: string, second: string): boolean {
  const limiter = createRateLimiter(one);
  expect(limiter.take(first, 1_000)).toBe(0);
  return limiter.take(second, 1_000) > 0;
}

describe("a peer", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["192.0.2.1", "::ffff:192.0.2.1"],
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"],
    ["2001:db8::1", "2001:0db8:0:0:1:2:3:4"],
    ["2001:DB8::1", "2001:db8::"],
    ["fe80::1%eth0", "fe80::2%eth1"],
    ["::1", "::2"],
  ])("is one network: %s and %s", (first, second) => expect(same(first, second)).toBe(true));

  it.each([
    ["192.0.2.1", "192.0.2.2"],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.2"],
    ["2001:db8:1:2::1", "2001:db8:1:3::1"],
    ["2001:db8::1", "2001:db9::1"],
    ["user:1", "user:2"],
  ])("is another network: %s and %s", (first, second) => expect(same(first, second)).toBe(false));
});

describe("memory", () => {
  it("holds ten thousand peers: the one that asked longest ago is forgotten, and no other", () => {
    const limiter = createRateLimiter(one);
    for (let i = 0; i < 10_000; i++) expect(limiter.take(`peer ${i}`, 1_000)).toBe(0);
    expect(limiter.take("peer 0", 1_000)).toBeGreaterThan(0);
    expect(limiter.take("a new one", 1_000)).toBe(0);
    expect(limiter.take("peer 0", 1_000)).toBeGreaterThan(0);
    expect(limiter.take("peer 1", 1_000)).toBe(0);
  });
});
