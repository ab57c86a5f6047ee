/** Many agents: bounded concurrency, progress, results in order; and what bounds of a challenge are. */
import { describe, expect, it } from "vitest";
import type { ChallengeResult } from "../../src/live/challenge.js";
import { challenge, challengeMany } from "../../src/live/index.js";

describe("challengeMany", () => {
  const addresses = Array.from({ length: 50 }, (_, i) => `https://agent-${i}.example`);

  it("asks so many at a time, reports each, and keeps the order", async () => {
    let inside = 0;
    let most = 0;
    const fake = async (address: string | URL): Promise<ChallengeResult> => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      inside--;
      return { outcome: "undetermined", ok: false, address: String(address), code: "timeout", detail: "" };
    };
    const seen: number[] = [];
    const results = await challengeMany(fake as never, addresses, {
      expected: "any-build",
      concurrency: 7,
      onProgress: ({ done, undetermined }) => seen.push(done, undetermined),
    });
    expect(most).toBe(7);
    expect(results.map(({ address }) => address)).toEqual(addresses);
    expect(seen).toEqual(addresses.flatMap((_, i) => [i + 1, i + 1]));
  });

  it("stops at misuse", async () => {
    let asked = 0;
    const misused = (): Promise<never> => {
      asked++;
      return Promise.reject(new TypeError("misuse"));
    };
    await expect(challengeMany(misused as never, addresses, { expected: "any-build" })).rejects.toThrow("misuse");
    expect(asked).toBeLessThanOrEqual(8);
    for (const concurrency of [0, 0.5, 257])
      await expect(challengeMany(misused, addresses, { expected: "any-build", concurrency })).rejects.toThrow(
        TypeError,
      );
  });
});

describe("challenge", () => {
  const silent = () => new Promise<Response>(() => undefined);

  it("refuses options and addresses that are none, and asks nobody", async () => {
    let asked = 0;
    const transport = (): Promise<never> => {
      asked++;
      return Promise.reject(new Error());
    };
    const expected = "any-build";
    for (const [address, options] of [
      ["agent.example", {}],
      ["ftp://agent.example", {}],
      ["https://me:secret@agent.example", {}],
      ["https://agent.example", { timeout: 0 }],
      ["https://agent.example", { timeout: Number.POSITIVE_INFINITY }],
      ["https://agent.example", { attempts: 11 }],
      ["https://agent.example", { transport: 7 }],
      ["https://agent.example", { accept: [] }],
      ["https://agent.example", { expected: undefined }],
      ["https://agent.example", { nonsense: 1 }],
    ] as const)
      await expect(challenge(address, { expected, transport, ...options } as never), address).rejects.toThrow(
        TypeError,
      );
    expect(asked).toBe(0);
  });

  it("ends in time and at once when it is told to, whether or not the transport listens", async () => {
    const late = await challenge("https://agent.example", { expected: "any-build", transport: silent, timeout: 30 });
    expect(!late.ok && late.code).toBe("timeout");
    const controller = new AbortController();
    const running = challenge("https://agent.example", {
      expected: "any-build",
      transport: silent,
      signal: controller.signal,
    });
    controller.abort();
    const stopped = await running;
    expect(!stopped.ok && stopped.code).toBe("aborted");
  });

  it("comes back to a busy agent as often as it may, and not before it is told to", async () => {
    const times: number[] = [];
    const busy = async (): Promise<Response> => {
      times.push(performance.now());
      return new Response("", { status: 503, headers: { "retry-after": "1" } });
    };
    const result = await challenge("https://agent.example", { expected: "any-build", transport: busy, attempts: 2 });
    expect([!result.ok && result.code, times.length]).toEqual(["busy", 2]);
    expect((times[1] as number) - (times[0] as number)).toBeGreaterThan(900);
  });

  it("waits no longer than its time, whatever a busy agent asks for", async () => {
    const busy = async (): Promise<Response> => new Response("", { status: 429, headers: { "retry-after": "86400" } });
    const result = await challenge("https://agent.example", { expected: "any-build", transport: busy, timeout: 50 });
    expect(!result.ok && result.code).toBe("timeout");
  });
});
