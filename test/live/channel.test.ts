/** What gives a channel, and what a channel does: one proof for one key, numbers that end, messages taken once, and no WebCrypto. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { snpMachine } from "../../fixtures/live/machine.js";
import { verify } from "../../src/index.js";
import { createChallenger } from "../../src/live/challenge.js";
import { openChannel } from "../../src/live/channel.js";
import { collector } from "../../src/live/collect.js";
import { challenge } from "../../src/live/index.js";
import { createSealingKey } from "../../src/live/sealed.js";
import type { Transport } from "../../src/live/transport.js";
import { hostile, relay } from "./relay.js";
import { closeAll, startAgent } from "./support.js";

afterEach(closeAll);
afterEach(() => vi.unstubAllGlobals());

const machine = snpMachine();

describe("a verdict", () => {
  it.each([
    ["that is fresh by a timestamp alone", { freshness: "timestamp" }],
    ["that is not fresh", { freshness: "none" }],
    ["that shows no key", { channel: "none" }],
  ])("%s gives no channel, though it says verified", async (_, change) => {
    const { address, options } = await startAgent(machine);
    const judging = (evidence: never, given: never) =>
      verify(evidence, given).then((verdict) => ({ ...verdict, ...change }));
    const result = await createChallenger({ verify: judging as never })(address, options as never);
    expect([result.ok, result.outcome, "channel" in result]).toEqual([false, "rejected", false]);
    const right = (evidence: never, given: never) => verify(evidence, given);
    expect((await createChallenger({ verify: right as never })(address, options as never)).ok).toBe(true);
  });

  it("for the key of a TLS certificate gives no channel for messages, whoever hands it on", async () => {
    const { spki } = await createSealingKey();
    const { address, options } = await startAgent(machine, { tlsPublicKey: spki });
    const ask = async (nonce: string) =>
      (await (await fetch(`${address}/.well-known/tee-attestation?nonce=${nonce}&key=tls`)).json()) as object;
    const handing = await relay(address, async ({ session }, nonce) => ({ ...(await ask(nonce)), session }));
    const result = await challenge(handing.address, options);
    expect(result.ok ? "verified" : result.code).toBe("key-swapped");
  });
});

describe("a transport of the caller's own", () => {
  it("that followed a redirect is told", async () => {
    const elsewhere = await startAgent(machine);
    const { address } = await hostile((request, response) =>
      response.writeHead(302, { location: elsewhere.address + request.url }).end(),
    );
    const following: Transport = (target, init) => fetch(target, { ...init, redirect: "follow" });
    const result = await challenge(address, { ...elsewhere.options, transport: following });
    expect(result.ok ? "verified" : result.code).toBe("redirected");
    expect((await challenge(elsewhere.address, { ...elsewhere.options, transport: following })).ok).toBe(true);
  });
});

describe("a channel", () => {
  const parts = async (transport: Transport) => ({
    origin: "https://agent.example",
    publicKey: (await createSealingKey()).spki,
    publicKeySha256: "00",
    session: new Uint8Array(16),
    bounds: { transport, timeout: 5_000, attempts: 2 },
  });

  it("has four bytes of numbers, and none comes twice", async () => {
    const sent: number[] = [];
    const transport: Transport = async (_, { body }) => {
      sent.push(new DataView((body as Uint8Array).buffer).getUint32(17));
      return new Response("", { status: 404 });
    };
    const channel = openChannel(await parts(transport), 0xffff_fffe);
    for (const code of ["not-found", "not-found", "session-unknown", "session-unknown"])
      await expect(channel.send("x")).rejects.toMatchObject({ code });
    expect(sent).toEqual([0xffff_fffe, 0xffff_ffff]);
  });

  it("sends the same bytes again to an agent that is busy, and nothing else twice", async () => {
    const sent: string[] = [];
    const statuses = [503, 404, 500];
    const transport: Transport = async (_, { body }) => {
      sent.push(Buffer.from(body as Uint8Array).toString("hex"));
      return new Response("", { status: statuses[sent.length - 1] as number });
    };
    const channel = openChannel(await parts(transport));
    await expect(channel.send("x")).rejects.toMatchObject({ code: "not-found" });
    await expect(channel.send("x")).rejects.toMatchObject({ code: "unexpected-status" });
    expect([sent.length, sent[0] === sent[1], sent[1] === sent[2]]).toEqual([3, true, false]);
  });

  it("seals nothing without WebCrypto, and says so", async () => {
    const transport = vi.fn();
    const given = await parts(transport);
    vi.stubGlobal("crypto", { getRandomValues: () => undefined });
    await expect(openChannel(given).send("x")).rejects.toMatchObject({ code: "crypto-unavailable" });
    expect(transport).not.toHaveBeenCalled();
  });

  it("seals nothing to a closed channel, nor a message that is too long", async () => {
    const transport = vi.fn();
    const channel = openChannel(await parts(transport));
    await expect(channel.send(new Uint8Array(1_048_577))).rejects.toMatchObject({ code: "message-too-long" });
    channel.close();
    await expect(channel.send("x")).rejects.toMatchObject({ code: "closed" });
    expect(transport).not.toHaveBeenCalled();
  });
});

describe("a page without WebCrypto", () => {
  it("gets a verdict of its own, not a failure", async () => {
    const { address, options } = await startAgent(machine);
    const { getRandomValues } = globalThis.crypto;
    const answer = await (
      await fetch(`${address}/.well-known/tee-attestation?nonce=${Buffer.alloc(32).toString("base64url")}`)
    ).text();
    const transport: Transport = async () => Response.json(JSON.parse(answer));
    vi.stubGlobal("crypto", { getRandomValues: getRandomValues.bind(globalThis.crypto) });
    const result = await challenge("http://agent.example", { ...options, transport });
    expect(result.ok ? "" : [result.outcome, result.code]).toEqual(["undetermined", "crypto-unavailable"]);
  });
});

describe("a body in pieces", () => {
  it("is joined whole, and ends where it may not be longer", () => {
    const body = collector(100_000);
    for (let i = 0; i < 100_000; i++) expect(body.add(Uint8Array.of(i & 0xff))).toBe(true);
    expect(body.add(Uint8Array.of(1))).toBe(false);
    expect(body.add(new Uint8Array())).toBe(true);
    const bytes = body.bytes();
    expect([bytes.length, bytes.every((byte, i) => byte === (i & 0xff))]).toEqual([100_000, true]);
    expect([collector(3).add(new Uint8Array(4)), collector(40_000).add(new Uint8Array(40_000))]).toEqual([false, true]);
  });
});
