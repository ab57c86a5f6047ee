/** Fetching within bounds of time, size, hosts and retries: whatever happens is a sentence, and nothing hangs. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MalformedError } from "../../src/encoding/malformed.js";
import { memoryCache } from "../../src/endorsements/cache.js";
import { type Network, type Obtained, obtain, VENDOR_ORIGINS } from "../../src/endorsements/transport.js";
import type { FetchedAnswer, Need } from "../../src/evidence/kind.js";
import { type Answer, deaf, endless, fakeFetch, ok, silent, stalled, status } from "./fake-fetch.js";

const KDS = "https://kdsintf.amd.com";
const ADDRESS = `${KDS}/vcek/v1/Milan/00?blSPL=03`;
const WANTED = Uint8Array.of(1, 2, 3);

/** Wants bytes that start with 1. */
function needing(candidates: readonly string[] = [ADDRESS], seen: FetchedAnswer[] = []): Need {
  return {
    id: "test",
    what: "a test",
    candidates,
    accept(answer) {
      seen.push(answer);
      if (answer.body[0] !== 1) throw new MalformedError("it does not start with 1");
      return [answer.body];
    },
  };
}

const over = (fetch: Network["fetch"], more: Partial<Network> = {}): Network => ({
  fetch,
  cache: undefined,
  signal: undefined,
  mirrors: new Map(),
  ...more,
});

const itemsOf = (result: Obtained): readonly Uint8Array[] | undefined => ("items" in result ? result.items : undefined);
const failuresOf = (result: Obtained): readonly string[] => ("failures" in result ? result.failures : []);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  // A timer that is left behind would keep a process alive.
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Runs to the end, however many of our waits lie in between, and says how long they were. */
async function waited<T>(result: Promise<T>): Promise<{ result: T; milliseconds: number }> {
  let done = false;
  const ended = result.finally(() => {
    done = true;
  });
  let milliseconds = 0;
  for (; !done && milliseconds < 120_000; milliseconds += 50) await vi.advanceTimersByTimeAsync(50);
  if (!done) throw new Error("it hangs");
  return { result: await ended, milliseconds };
}

describe("an answer", () => {
  it("is asked for without credentials, referrer or redirects", async () => {
    const { fetch, asked } = fakeFetch(ok(WANTED));
    expect(itemsOf(await obtain(needing(), over(fetch)))).toEqual([WANTED]);
    expect(asked.map(({ address }) => address)).toEqual([ADDRESS]);
    expect(asked[0]?.init).toMatchObject({ redirect: "error", credentials: "omit", referrerPolicy: "no-referrer" });
    expect(asked[0]?.init.signal).toBeInstanceOf(AbortSignal);
  });

  it("keeps the headers of issuer chains alone, by lowercase name", async () => {
    const seen: FetchedAnswer[] = [];
    const { fetch } = fakeFetch(
      ok(WANTED, { "TCB-Info-Issuer-Chain": "chain", "Set-Cookie": "x", "content-type": "y" }),
    );
    await obtain(needing([ADDRESS], seen), over(fetch));
    expect(
      ["tcb-info-issuer-chain", "content-type", "set-cookie", "toString"].map((name) => seen[0]?.header(name)),
    ).toEqual(["chain", undefined, undefined, undefined]);
  });

  it("keeps no header of 64 kB or more", async () => {
    for (const [length, kept] of [
      [65_535, true],
      [65_536, false],
    ] as const) {
      const seen: FetchedAnswer[] = [];
      const { fetch } = fakeFetch(ok(WANTED, { "tcb-info-issuer-chain": "a".repeat(length) }));
      await obtain(needing([ADDRESS], seen), over(fetch));
      expect(seen[0]?.header("tcb-info-issuer-chain")?.length).toBe(kept ? length : undefined);
    }
  });

  it("may come in parts", async () => {
    const parts = [Uint8Array.of(1), Uint8Array.of(2, 3)];
    const { fetch } = fakeFetch(
      () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              const part = parts.shift();
              if (part === undefined) controller.close();
              else controller.enqueue(part);
            },
          }),
        ),
    );
    expect(itemsOf(await obtain(needing(), over(fetch)))).toEqual([WANTED]);
  });

  it("of exactly one megabyte is read, of a byte more is not", async () => {
    const body = new Uint8Array(1_048_576).fill(1);
    const fits = await obtain(needing(), over(fakeFetch(ok(body)).fetch));
    expect(itemsOf(fits)?.[0]?.length).toBe(1_048_576);
    const over1 = await obtain(needing(), over(fakeFetch(ok(Uint8Array.from([...body, 1]))).fetch));
    expect(failuresOf(over1)).toEqual(["kdsintf.amd.com: answer longer than 1048576 bytes"]);
  });

  it("without an end is left after one megabyte", async () => {
    let pulled = 0;
    const { fetch } = fakeFetch(endless(new Uint8Array(65_536).fill(1), () => pulled++));
    expect(failuresOf(await obtain(needing(), over(fetch)))[0]).toContain("longer than");
    expect(pulled).toBeLessThan(20);
  });
});

describe("failure", () => {
  const FAILURES: Readonly<Record<string, readonly [answers: readonly Answer[], words: RegExp, asked: number]>> = {
    "status 404": [[status(404)], /status 404/, 1],
    "status 500": [[status(500)], /status 500/, 1],
    "status 204": [[() => new Response(null, { status: 204 })], /status 204/, 1],
    "a redirect": [[() => Promise.reject(new TypeError("redirect"))], /request failed/, 1],
    "no network": [[() => Promise.reject(new TypeError("fetch failed"))], /request failed/, 1],
    "a throw of something that is no error": [[() => Promise.reject("no")], /request failed/, 1],
    "an empty body": [[ok(new Uint8Array())], /not what was asked for/, 1],
    "no body at all": [[() => new Response(null, { status: 200 })], /not what was asked for/, 1],
    "HTML in place of DER": [[ok("<html>login</html>")], /not what was asked for/, 1],
    "429 three times": [[status(429)], /busy \(status 429\)/, 3],
    "503 three times": [[status(503)], /busy \(status 503\)/, 3],
    "429 and then 404": [[status(429), status(404)], /status 404/, 2],
    "no answer at all": [[silent], /no answer within 10 seconds/, 1],
    "no answer from a fetch that is deaf to its signal": [[deaf], /no answer within 10 seconds/, 1],
    "a body that stops coming": [[stalled], /no answer within 10 seconds/, 1],
  };

  it.each(Object.entries(FAILURES))("by %s", async (_name, [answers, words, count]) => {
    const { fetch, addresses } = fakeFetch(...answers);
    const { result } = await waited(obtain(needing(), over(fetch)));
    expect(failuresOf(result)).toEqual([expect.stringMatching(words)]);
    expect(failuresOf(result)[0]).toMatch(/^kdsintf\.amd\.com: /);
    expect(addresses().length).toBe(count);
  });

  it("of one candidate leads to the next, and of all is told of all", async () => {
    const { fetch, addresses } = fakeFetch(status(404), ok(WANTED));
    expect(itemsOf(await obtain(needing([`${KDS}/a`, `${KDS}/b`]), over(fetch)))).toEqual([WANTED]);
    expect(addresses()).toEqual([`${KDS}/a`, `${KDS}/b`]);
    const none = await obtain(needing([`${KDS}/a`, `${KDS}/b`]), over(fakeFetch(status(404), status(410)).fetch));
    expect(failuresOf(none)).toEqual(["kdsintf.amd.com: status 404", "kdsintf.amd.com: status 410"]);
  });

  it("of our own is thrown and not taken for the service's", async () => {
    const need: Need = {
      ...needing(),
      accept: () => {
        throw new RangeError("defect");
      },
    };
    await expect(obtain(need, over(fakeFetch(ok(WANTED)).fetch))).rejects.toThrow(RangeError);
  });
});

describe("waiting", () => {
  const WAITS: readonly (readonly [header: string | undefined, milliseconds: number])[] = [
    [undefined, 250],
    ["0", 250],
    ["2", 2000],
    ["3600", 4000],
    ["-5", 250],
    ["Infinity", 250],
    ["Wed, 21 Oct 2026 07:28:00 GMT", 250],
    ["soon", 250],
  ];
  it.each(WAITS)("Retry-After %s: %i ms, and then the answer", async (header, expected) => {
    const { fetch } = fakeFetch(status(429, header === undefined ? {} : { "retry-after": header }), ok(WANTED));
    const { result, milliseconds } = await waited(obtain(needing(), over(fetch)));
    expect(itemsOf(result)).toEqual([WANTED]);
    expect(milliseconds).toBe(expected);
  });

  it("grows from try to try", async () => {
    const { milliseconds } = await waited(obtain(needing(), over(fakeFetch(status(503)).fetch)));
    expect(milliseconds).toBe(250 + 500);
  });

  it("ends when the caller aborts", async () => {
    const abort = new AbortController();
    const { fetch, addresses } = fakeFetch(status(429, { "retry-after": "4" }));
    const result = obtain(needing([`${KDS}/a`, `${KDS}/b`]), over(fetch, { signal: abort.signal }));
    await vi.advanceTimersByTimeAsync(100);
    abort.abort();
    expect(failuresOf(await result)).toEqual(["kdsintf.amd.com: aborted", "kdsintf.amd.com: aborted"]);
    expect(addresses().length).toBe(1);
  });
});

describe("aborting", () => {
  it("before the call asks nobody", async () => {
    const { fetch, addresses } = fakeFetch(ok(WANTED));
    const result = await obtain(needing(), over(fetch, { signal: AbortSignal.abort() }));
    expect(failuresOf(result)).toEqual(["kdsintf.amd.com: aborted"]);
    expect(addresses()).toEqual([]);
  });

  it.each([
    ["that listens", silent],
    ["that is deaf", deaf],
    ["whose body stops", stalled],
  ] as const)("during the call ends it, also with a fetch %s", async (_name, answer) => {
    const abort = new AbortController();
    const result = obtain(needing(), over(fakeFetch(answer).fetch, { signal: abort.signal }));
    await vi.advanceTimersByTimeAsync(10);
    abort.abort();
    expect(failuresOf(await result)).toEqual(["kdsintf.amd.com: aborted"]);
  });
});

describe("hosts", () => {
  it("are the vendors' own", () => {
    expect(VENDOR_ORIGINS).toContain(KDS);
    for (const origin of VENDOR_ORIGINS) expect(new URL(origin).origin).toBe(origin);
    for (const origin of VENDOR_ORIGINS) expect(origin.startsWith("https://")).toBe(true);
  });

  it.each([
    "https://kdsintf.amd.com.evil.example/x",
    "https://evil.example/kdsintf.amd.com",
    "http://kdsintf.amd.com/x",
    "https://kdsintf.amd.com:8443/x",
    "https://user@evil.example/https://kdsintf.amd.com",
    "data:application/octet-stream,AQ",
  ])("%s is not on the list", async (address) => {
    const { fetch, addresses } = fakeFetch(ok(WANTED));
    expect(failuresOf(await obtain(needing([address]), over(fetch)))).toEqual([
      expect.stringMatching(/: host is not on the list$/),
    ]);
    expect(addresses()).toEqual([]);
  });

  it.each([
    ["https://mirror.example", "https://mirror.example/vcek/v1/Milan/00?blSPL=03"],
    ["https://mirror.example/", "https://mirror.example/vcek/v1/Milan/00?blSPL=03"],
    ["http://localhost:8080/kds", "http://localhost:8080/kds/vcek/v1/Milan/00?blSPL=03"],
  ])("a mirror %s takes the vendor's place", async (mirror, expected) => {
    const { fetch, addresses } = fakeFetch(ok(WANTED));
    await obtain(needing(), over(fetch, { mirrors: new Map([[KDS, mirror]]) }));
    expect(addresses()).toEqual([expected]);
  });

  it("a mirror of another vendor does not", async () => {
    const { fetch, addresses } = fakeFetch(ok(WANTED));
    await obtain(
      needing(),
      over(fetch, { mirrors: new Map([["https://api.trustedservices.intel.com", "https://mirror.example"]]) }),
    );
    expect(addresses()).toEqual([ADDRESS]);
  });
});

describe("a cache", () => {
  it("is asked first, and keeps what had the right form, under the vendor's address", async () => {
    const cache = memoryCache();
    const { fetch, addresses } = fakeFetch(ok(WANTED));
    const mirrors = new Map([[KDS, "https://mirror.example"]]);
    for (let i = 0; i < 3; i++)
      expect(itemsOf(await obtain(needing(), over(fetch, { cache, mirrors })))).toEqual([WANTED]);
    expect(addresses().length).toBe(1);
    expect((await cache.get(ADDRESS))?.body).toEqual(WANTED);
  });

  it("never keeps what had another form, nor a failure", async () => {
    const set = vi.fn();
    const cache = { get: () => undefined, set };
    await obtain(needing(), over(fakeFetch(ok("<html>")).fetch, { cache }));
    await obtain(needing(), over(fakeFetch(status(404)).fetch, { cache }));
    expect(set).not.toHaveBeenCalled();
  });

  it("that holds something else does not have it", async () => {
    const cache = memoryCache();
    cache.set(ADDRESS, { body: Uint8Array.of(9), headers: {} });
    const { fetch, addresses } = fakeFetch(ok(WANTED));
    expect(itemsOf(await obtain(needing(), over(fetch, { cache })))).toEqual([WANTED]);
    expect(addresses().length).toBe(1);
    expect((await cache.get(ADDRESS))?.body).toEqual(WANTED);
  });

  const BROKEN: Readonly<Record<string, unknown>> = {
    throws: () => {
      throw new Error("disk");
    },
    rejects: () => Promise.reject(new Error("disk")),
    "holds null": () => null,
    "holds text": () => "AQID",
    "holds an answer without a body": () => ({ headers: {} }),
    "holds a body that is no bytes": () => ({ body: [1, 2, 3], headers: {} }),
    "holds a body of text": () => ({ body: "\u0001", headers: {} }),
  };
  it.each(Object.entries(BROKEN))("that %s does not have it", async (_name, get) => {
    const cache = { get, set: () => Promise.reject(new Error("disk")) } as unknown as NonNullable<Network["cache"]>;
    const { fetch, addresses } = fakeFetch(ok(WANTED));
    expect(itemsOf(await obtain(needing(), over(fetch, { cache })))).toEqual([WANTED]);
    expect(addresses().length).toBe(1);
  });

  it("that holds an answer without headers, or odd ones, has it all the same", async () => {
    for (const headers of [undefined, { "tcb-info-issuer-chain": 5 }]) {
      const seen: FetchedAnswer[] = [];
      const cache = { get: () => ({ body: WANTED, headers }), set: () => undefined } as unknown as NonNullable<
        Network["cache"]
      >;
      const { fetch, addresses } = fakeFetch(ok(WANTED));
      expect(itemsOf(await obtain(needing([ADDRESS], seen), over(fetch, { cache })))).toEqual([WANTED]);
      expect(seen[0]?.header("tcb-info-issuer-chain")).toBeUndefined();
      expect(addresses()).toEqual([]);
    }
  });

  it("shares no bytes with us: what it does to its own later does not reach what was read", async () => {
    const held = { body: WANTED.slice(), headers: {} };
    const fromCache = itemsOf(
      await obtain(needing(), over(fakeFetch().fetch, { cache: { get: () => held, set: () => undefined } })),
    );
    held.body.fill(0);
    expect(fromCache).toEqual([WANTED]);
    const kept: Uint8Array[] = [];
    const cache = {
      get: () => undefined,
      set: (_: string, answer: { body: Uint8Array }) => {
        kept.push(answer.body);
      },
    };
    const fetched = itemsOf(await obtain(needing(), over(fakeFetch(ok(WANTED)).fetch, { cache })));
    kept[0]?.fill(0);
    expect(fetched).toEqual([WANTED]);
  });
});
