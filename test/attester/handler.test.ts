/** The attester over HTTP: routes, CORS, limits, sessions, and refusals that say nothing of the inside. */
import { request as nodeRequest } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { snpMachine } from "../../fixtures/live/machine.js";
import {
  type AttesterOptions,
  configfsTsm,
  createAttester,
  fetchHandler,
  MessageRefusedError,
  type RefusedError,
} from "../../src/attester/index.js";
import { reportDataFor } from "../../src/challenge.js";
import { challenge, LiveError } from "../../src/live/index.js";
import { MAX_SEALED_BYTES, sealMessage } from "../../src/live/sealed.js";
import { closeAll, optionsFor, startAgent } from "../live/support.js";

afterEach(closeAll);

const PATH = "/.well-known/tee-attestation";
const nonce = (bytes = 32): string => Buffer.alloc(bytes, 3).toString("base64url");
const machine = snpMachine();

const refused = async (response: Response): Promise<string> => `${response.status} ${await response.text()}`;

async function agent(
  options: Partial<AttesterOptions> = {},
): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const { address } = await startAgent(machine, options);
  return (path, init) => fetch(address + path, init);
}

const SEALED = { "content-type": "application/vnd.tee-verify.sealed" };
const post = (body: Uint8Array, headers: Record<string, string> = SEALED): RequestInit => ({
  method: "POST",
  headers,
  body: body.slice(),
});

describe("GET /.well-known/tee-attestation", () => {
  it("answers any page, once, and asks nobody to keep it", async () => {
    const ask = await agent();
    const { status, headers } = await ask(`${PATH}?nonce=${nonce()}`);
    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": "application/json",
      "access-control-allow-origin": "*",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
  });

  it("takes nonces of 32 to 64 bytes in base64url, one at a time", async () => {
    const ask = await agent();
    for (const good of [32, 33, 64]) expect((await ask(`${PATH}?nonce=${nonce(good)}`)).status).toBe(200);
    for (const [query, code] of [
      ["", "nonce-missing"],
      ["?nonce=", "nonce-length"],
      [`?nonce=${nonce(31)}`, "nonce-length"],
      [`?nonce=${nonce(65)}`, "nonce-length"],
      [`?nonce=${"A".repeat(100_000).slice(0, 8000)}`, "nonce-length"],
      [`?nonce=${"*".repeat(43)}`, "nonce-malformed"],
      [`?nonce=${nonce()}&nonce=${nonce()}`, "nonce-malformed"],
      [`?nonce=${nonce()}&key=other`, "nonce-malformed"],
      [`?nonce=${nonce()}&key=tls`, "no-tls-key"],
    ] as const)
      expect(await refused(await ask(PATH + query)), query.slice(0, 60)).toBe(`400 {"error":"${code}"}`);
  });

  it("binds the key of the TLS certificate where it is asked to and has one", async () => {
    const tlsPublicKey = new Uint8Array(91).fill(0x30);
    const ask = await agent({ tlsPublicKey });
    const answer = (await (await ask(`${PATH}?nonce=${nonce()}&key=tls`)).json()) as Record<string, string>;
    expect(answer["publicKey"]).toBe(Buffer.from(tlsPublicKey).toString("base64"));
    expect(answer).not.toHaveProperty("session");
    // Under a label, so that it is no evidence for a key of sealed messages.
    const labelled = Buffer.concat([Buffer.alloc(32, 3), Buffer.from("tee-verify/live/tls/v1")]);
    const bound = await reportDataFor({ nonce: new Uint8Array(labelled), publicKey: tlsPublicKey });
    expect(answer["reportData"]).toBe(Buffer.from(bound).toString("hex"));
  });

  it("has no other methods, and answers a preflight", async () => {
    const ask = await agent();
    expect(await refused(await ask(PATH, { method: "POST" }))).toBe('405 {"error":"method"}');
    expect(await refused(await ask(`${PATH}/message`))).toBe('405 {"error":"method"}');
    const preflight = await ask(`${PATH}/message`, { method: "OPTIONS" });
    expect([preflight.status, preflight.headers.get("access-control-allow-methods")]).toEqual([204, "POST"]);
    expect((await ask("/")).status).toBe(404);
    expect((await ask(`${PATH}/constructor`)).status).toBe(404);
  });

  it("says what it is without a nonce, and of the inside nothing", async () => {
    const ask = await agent();
    expect(await (await ask(`${PATH}/info`)).json()).toEqual({
      "tee-attestation": 1,
      provider: "configfs-tsm",
      nonceBytes: { min: 32, max: 64 },
      keys: ["sealed"],
      messages: true,
    });
  });

  it("hides every error of the device, and tells the operator", async () => {
    const seen: unknown[] = [];
    const secret = new Error("/secret/path: the key is 1234");
    const ask = await agent({
      provider: { name: "broken", attest: () => Promise.reject(secret) },
      onError: (error) => seen.push(error),
    });
    expect(await refused(await ask(`${PATH}?nonce=${nonce()}`))).toBe('500 {"error":"evidence-unavailable"}');
    expect(seen).toEqual([secret]);
  });

  it("sends nothing whose report data is another than what was asked for", async () => {
    const seen: unknown[] = [];
    const { fileSystem } = snpMachine({ report: {} }).tsm;
    const right = configfsTsm({ fileSystem });
    const ask = await agent({
      provider: { name: "hashing", attest: (given) => right.attest({ ...given, reportData: new Uint8Array(64) }) },
      onError: (error) => seen.push(String(error)),
    });
    expect(await refused(await ask(`${PATH}?nonce=${nonce()}`))).toBe('500 {"error":"evidence-unavailable"}');
    expect(seen[0]).toContain("report data");
  });

  it("does not wait for ever for a device that never answers", async () => {
    const ask = await agent({
      provider: { name: "hung", attest: () => new Promise(() => undefined) },
      timeout: 50,
    });
    expect(await refused(await ask(`${PATH}?nonce=${nonce()}`))).toBe('503 {"error":"busy"}');
  });

  it("lets so many wait for the device and no more", async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const right = configfsTsm({ fileSystem: machine.tsm.fileSystem });
    let inside = 0;
    let most = 0;
    const ask = await agent({
      concurrency: 2,
      waiting: 3,
      provider: {
        name: "slow",
        async attest(given) {
          most = Math.max(most, ++inside);
          await gate;
          inside--;
          return right.attest(given);
        },
      },
    });
    const asked = Array.from({ length: 8 }, () => ask(`${PATH}?nonce=${nonce()}`).then(({ status }) => status));
    await new Promise((resolve) => setTimeout(resolve, 300));
    release();
    const statuses = await Promise.all(asked);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 503)).toHaveLength(3);
    expect(most).toBe(2);
  });

  it("limits the rate of one peer and of all, and says when to come back", async () => {
    let now = machine.at.getTime();
    const rate = { perSecond: 100, burst: 100, perPeerPerSecond: 0.5, peerBurst: 2 };
    const ask = await agent({ rate, now: () => now });
    const challenged = async (): Promise<number> => (await ask(`${PATH}?nonce=${nonce()}`)).status;
    expect([await challenged(), await challenged()]).toEqual([200, 200]);
    const limited = await ask(`${PATH}?nonce=${nonce()}`);
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "2"]);
    now += 2_000;
    expect([await challenged(), await challenged()]).toEqual([200, 429]);
    const all = await agent({ rate: { ...rate, perSecond: 1, burst: 1, peerBurst: 50 }, now: () => now });
    expect([(await all(`${PATH}?nonce=${nonce()}`)).status, (await all(`${PATH}?nonce=${nonce()}`)).status]).toEqual([
      200, 429,
    ]);
  });
});

describe("sealed messages", () => {
  const opened = async (options: Partial<AttesterOptions> = {}) => {
    const { address, options: asking } = await startAgent(machine, options);
    const { session, publicKey } = (await (await fetch(`${address}${PATH}?nonce=${nonce()}`)).json()) as {
      session: string;
      publicKey: string;
    };
    const seal = async (sequence: number, text = "hello") =>
      (
        await sealMessage(
          new Uint8Array(Buffer.from(publicKey, "base64")),
          new Uint8Array(Buffer.from(session, "base64url")),
          sequence,
          new TextEncoder().encode(text),
        )
      ).sealed;
    const send = async (sealed: Uint8Array): Promise<Response> => fetch(`${address}${PATH}/message`, post(sealed));
    return { address, asking, seal, send };
  };

  it("are taken once, in any order within a window", async () => {
    let taken = 0;
    const { seal, send } = await opened({ onMessage: () => String(++taken) });
    const first = await seal(0);
    expect((await send(first)).status).toBe(200);
    expect(await refused(await send(first))).toBe('400 {"error":"message-replayed"}');
    expect(await refused(await send(await seal(0, "other")))).toBe('400 {"error":"message-replayed"}');
    for (const sequence of [5, 3, 70, 7]) expect((await send(await seal(sequence))).status, `${sequence}`).toBe(200);
    for (const sequence of [5, 3, 70, 6]) expect((await send(await seal(sequence))).status, `${sequence}`).toBe(400);
    expect(taken).toBe(5);
  });

  it("of a session that has ended, or that never was, are refused before they are opened", async () => {
    let now = machine.at.getTime();
    const { address, seal, send } = await opened({ now: () => now, sessionSeconds: 60 });
    expect((await send(await seal(0))).status).toBe(200);
    now += 60_000;
    expect(await refused(await send(await seal(1)))).toBe('409 {"error":"session-unknown"}');
    const { seal: elsewhere } = await opened();
    expect(await refused(await fetch(`${address}${PATH}/message`, post(await elsewhere(0))))).toBe(
      '409 {"error":"session-unknown"}',
    );
  });

  it("that are no sealed messages are refused, however long", async () => {
    const { address, seal, send } = await opened();
    const changed = await seal(0);
    changed[100] = (changed[100] as number) ^ 1;
    expect(await refused(await send(changed))).toBe('400 {"error":"message-malformed"}');
    expect(await refused(await send(new Uint8Array(10)))).toBe('400 {"error":"message-malformed"}');
    expect((await send(await seal(0))).status).toBe(200);
    const typed = await fetch(`${address}${PATH}/message`, post(changed, { "content-type": "text/plain" }));
    expect(await refused(typed)).toBe('415 {"error":"media-type"}');
    const long = await send(new Uint8Array(MAX_SEALED_BYTES + 1)).catch(() => undefined);
    expect(long === undefined || long.status === 413).toBe(true);
  });

  it("that never end are cut off", async () => {
    const { address } = await opened();
    const status = await new Promise<number | string>((resolve) => {
      const asked = nodeRequest(`${address}${PATH}/message`, { method: "POST", headers: SEALED }, (response) => {
        resolve(response.statusCode ?? 0);
        asked.destroy();
      });
      asked.on("error", (error) => resolve(error.message));
      const chunk = Buffer.alloc(65_536);
      const more = (): void => {
        while (!asked.destroyed && asked.write(chunk));
        if (!asked.destroyed) asked.once("drain", more);
      };
      more();
    });
    expect(typeof status === "string" || status === 413).toBe(true);
  });

  it.each([
    ["refuses", new MessageRefusedError("secret inside"), "refused", "MessageRefusedError: secret inside"],
    ["fails at", new Error("secret inside"), "agent-failed", "Error: secret inside"],
  ])("that the agent %s are answered by a sealed code, which says no more", async (_, thrown, code, logged) => {
    const seen: unknown[] = [];
    const { address, asking } = await opened({
      onMessage: () => {
        throw thrown;
      },
      onError: (error) => seen.push(String(error)),
    });
    const result = await challenge(address, asking);
    if (!result.ok) throw new Error(result.code);
    const error = await result.channel.send("x").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(LiveError);
    expect((error as LiveError).code).toBe(code);
    expect((error as LiveError).message).not.toContain("secret");
    expect(seen).toEqual([logged]);
  });

  it("that the agent does not answer in its time are failed at, not refused", async () => {
    const { address, asking } = await opened({ onMessage: () => new Promise<string>(() => undefined), timeout: 50 });
    const result = await challenge(address, asking);
    if (!result.ok) throw new Error(result.code);
    await expect(result.channel.send("x")).rejects.toMatchObject({ code: "agent-failed" });
  });

  it("are not even read from whoever asks too often", async () => {
    const rate = { perSecond: 100, burst: 100, perPeerPerSecond: 0.001, peerBurst: 1 };
    const { fileSystem } = machine.tsm;
    const at = (): number => machine.at.getTime();
    const attester = await createAttester({
      provider: configfsTsm({ fileSystem }),
      rate,
      now: at,
      onMessage: () => "",
    });
    let read = 0;
    const asked = (): Promise<unknown> =>
      attester
        .message(async () => {
          read++;
          return new Uint8Array(200);
        }, "192.0.2.1")
        .catch(({ refusal }: RefusedError) => refusal);
    expect([await asked(), await asked(), read]).toEqual(["message-malformed", "too-many-requests", 1]);
  });

  it("that trickle in are cut off, and hold no more than so many places", async () => {
    const { fileSystem } = machine.tsm;
    const rate = { perSecond: 1e6, burst: 1e6 };
    const at = (): number => machine.at.getTime();
    const attester = await createAttester({
      provider: configfsTsm({ fileSystem }),
      rate,
      now: at,
      onMessage: () => "",
    });
    const handle = fetchHandler(attester, { bodyTimeout: 100 });
    const slow = (): Promise<Response | undefined> => {
      const body = new ReadableStream<Uint8Array>({ start: (stream) => stream.enqueue(new Uint8Array(1)) });
      const init = { method: "POST", headers: SEALED, body, duplex: "half" };
      return handle(new Request(`https://agent.example${PATH}/message`, init as RequestInit));
    };
    const answers = await Promise.all(Array.from({ length: 65 }, slow));
    const statuses = answers.map((answer) => answer?.status);
    expect([statuses.filter((status) => status === 408).length, statuses.at(-1)]).toEqual([64, 503]);
    expect(await refused((await slow()) as Response)).toBe('408 {"error":"too-slow"}');
  });

  it("go nowhere where an agent takes none", async () => {
    const { fileSystem } = machine.tsm;
    const attester = await createAttester({ provider: configfsTsm({ fileSystem }), now: () => machine.at.getTime() });
    const handle = fetchHandler(attester);
    const transport = async (address: string, init: RequestInit): Promise<Response> =>
      (await handle(new Request(address, init))) ?? new Response("", { status: 404 });
    const result = await challenge("https://agent.example", { ...optionsFor(machine), transport: transport as never });
    if (!result.ok) throw new Error(result.code);
    await expect(result.channel.send("x")).rejects.toMatchObject({ code: "no-messages" });
    const posted = await handle(new Request(`https://agent.example${PATH}/message`, post(new Uint8Array(200))));
    expect(await refused(posted as Response)).toBe('404 {"error":"no-messages"}');
    expect(await handle(new Request("https://agent.example/"))).toBeUndefined();
  });
});

describe("createAttester", () => {
  it("refuses options that are none", async () => {
    const provider = configfsTsm({ fileSystem: machine.tsm.fileSystem });
    for (const wrong of [
      {},
      { provider: {} },
      { provider, sessionSeconds: 0 },
      { provider, concurrency: 0.5 },
      { provider, timeout: Number.NaN },
      { provider, tlsPublicKey: new Uint8Array() },
      { provider, waiting: Number.NaN },
      { provider, waiting: -1 },
      { provider, rate: { perSecond: 0 } },
      { provider, rate: { burst: 0.5 } },
      { provider, rate: { peerBurst: 0.5 } },
    ])
      await expect(createAttester(wrong as never)).rejects.toThrow(TypeError);
  });
});
