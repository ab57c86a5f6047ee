/** A challenge bound to the TLS connection's key: what passes, and everybody in between who gains nothing. */
import { request as httpsRequest } from "node:https";
import { afterEach, describe, expect, it } from "vitest";
import { testKey } from "../../fixtures/x509.js";
import { configfsTsm } from "../../src/attester/index.js";
import { reportDataFor } from "../../src/challenge.js";
import { verify } from "../../src/index.js";
import { challengeTls, createTlsChallenger } from "../../src/live-node/index.js";
import { CA, closeTls, serveTls, type TlsAgent, tlsAgent } from "./support.js";

afterEach(closeTls);

const [OWN, OTHER] = [testKey("p256-2"), testKey("p256-3")];
const PATH = "/.well-known/tee-attestation";

const outcome = async (address: string, options: object): Promise<string> => {
  const result = await challengeTls(address, options as never);
  return result.ok ? result.outcome : `${result.outcome} ${result.code}`;
};

/** What a proxy gets from an agent behind it. */
function fetched(address: string, target: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const asked = httpsRequest(address + target, { rejectUnauthorized: false }, async (response) => {
      const pieces: Buffer[] = [];
      for await (const piece of response) pieces.push(piece as Buffer);
      resolve(Buffer.concat(pieces));
    });
    asked.on("error", reject);
    asked.end();
  });
}

const proxyFor = (agent: TlsAgent, key = OTHER, change = (answer: string): string => answer) =>
  serveTls(key, async (request, response) => {
    const answer = await fetched(agent.address, request.url ?? "");
    response.writeHead(200, { "content-type": "application/json" }).end(change(answer.toString()));
  });

describe("challengeTls", () => {
  it("verifies an agent by the key of its connection, and sends requests to that key", async () => {
    const { address, options, asked } = await tlsAgent(OWN);
    const result = await challengeTls(address, { ...options, ca: CA });
    if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
    expect(result.verdict.channel).toEqual({ publicKeySha256: result.channel.publicKeySha256 });
    const answer = await result.channel.fetch("/v1/messages?x=1", { method: "POST", body: "hello" });
    expect([answer.status, answer.headers.get("x-agent"), await answer.text()]).toEqual([
      200,
      "yes",
      "POST /v1/messages?x=1 hello",
    ]);
    expect((await result.channel.fetch("/empty")).status).toBe(204);
    expect((await result.channel.fetch("/away")).status).toBe(302);
    expect(asked).toEqual([`GET ${PATH}`, "POST /v1/messages", "GET /empty", "GET /away"]);
  });

  it.each(["rsa2048-1", "p384-2"] as const)("binds keys of other kinds, as they are: %s", async (name) => {
    const { address, options } = await tlsAgent(testKey(name), { self: true });
    expect(await outcome(address, { ...options, certificate: "attested" })).toBe("verified");
  });

  it("takes a certificate that nobody vouches for only where it is told to (RA-TLS)", async () => {
    const { address, options, asked } = await tlsAgent(OWN, { self: true });
    expect(await outcome(address, options)).toBe("undetermined unreachable");
    expect(asked).toEqual([]);
    expect(await outcome(address, { ...options, certificate: "attested" })).toBe("verified");
  });

  it("takes an authority only where it is named", async () => {
    const { address, options } = await tlsAgent(OWN);
    expect(await outcome(address, options)).toBe("undetermined unreachable");
    expect(await outcome(address, { ...options, ca: [CA] })).toBe("verified");
  });

  it("rejects a proxy that ends TLS with a key of its own, whatever it writes into the answer", async () => {
    const agent = await tlsAgent(OWN);
    const given = { ...agent.options, ca: CA };
    const passing = await proxyFor(agent);
    expect(await outcome(passing.address, given)).toBe("rejected tls-key-changed");
    const swapping = await proxyFor(agent, OTHER, (answer) =>
      JSON.stringify({ ...JSON.parse(answer), publicKey: Buffer.from(OTHER.spki).toString("base64") }),
    );
    expect(await outcome(swapping.address, given)).toBe("rejected key-swapped");
    for (const { asked } of [passing, swapping]) expect(asked).toEqual([`GET ${PATH}`]);
    expect(await outcome((await proxyFor(agent, OWN)).address, given)).toBe("verified");
  });

  it("rejects an agent that attests another key than it shows", async () => {
    const { address, options } = await tlsAgent(OWN, { bound: OTHER });
    expect(await outcome(address, { ...options, ca: CA })).toBe("rejected tls-key-changed");
  });

  it.each([
    ["without its label is none for TLS", "", "rejected foreign-evidence"],
    ["with it is", "tee-verify/live/tls/v1", "verified"],
  ])("takes evidence for one use alone: the same key %s", async (_, label, expected) => {
    const agent = await tlsAgent(OWN);
    const provider = configfsTsm({ fileSystem: agent.machine.tsm.fileSystem });
    const relabelled = await serveTls(OWN, async (request, response) => {
      const answer = JSON.parse((await fetched(agent.address, request.url ?? "")).toString());
      const asked = new URL(request.url ?? "", agent.address).searchParams.get("nonce") ?? "";
      const nonce = new Uint8Array([...Buffer.from(asked, "base64url"), ...Buffer.from(label)]);
      const reportData = await reportDataFor({ nonce, publicKey: OWN.spki });
      const { signal } = new AbortController();
      const { evidence } = await provider.attest({ reportData, nonce, publicKey: OWN.spki, signal });
      answer.bundle.evidence = evidence;
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
    expect(await outcome(relabelled.address, { ...agent.options, ca: CA })).toBe(expected);
  });

  it("rejects evidence for the key of sealed messages", async () => {
    const agent = await tlsAgent(OWN);
    const sealed = await serveTls(OWN, async (request, response) => {
      const answer = await fetched(agent.address, (request.url ?? "").replace("&key=tls", ""));
      response.writeHead(200, { "content-type": "application/json" }).end(answer);
    });
    expect(await outcome(sealed.address, { ...agent.options, ca: CA })).toBe("rejected tls-key-changed");
  });

  it("rejects a recording", async () => {
    const agent = await tlsAgent(OWN);
    const recorded = await fetched(agent.address, `${PATH}?nonce=${Buffer.alloc(32).toString("base64url")}&key=tls`);
    const replaying = await serveTls(OWN, (_, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end(recorded),
    );
    expect(await outcome(replaying.address, { ...agent.options, ca: CA })).toBe("rejected replayed");
  });

  it("sends nothing to a peer whose certificate is swapped after the challenge", async () => {
    const agent = await tlsAgent(OWN);
    const result = await challengeTls(agent.address, { ...agent.options, ca: CA });
    if (!result.ok) throw new Error(result.code);
    agent.swap(OTHER);
    const sent = result.channel.fetch("/v1/messages", { method: "POST", body: "secret" });
    await expect(sent).rejects.toMatchObject({ code: "tls-key-changed" });
    expect(agent.asked).toEqual([`GET ${PATH}`]);
    agent.swap(OWN);
    expect((await result.channel.fetch("/")).status).toBe(200);
  });

  it("holds the certificate to the same demand after the challenge", async () => {
    const agent = await tlsAgent(OWN);
    const result = await challengeTls(agent.address, { ...agent.options, ca: CA });
    if (!result.ok) throw new Error(result.code);
    agent.swap(OWN, true);
    await expect(result.channel.fetch("/")).rejects.toMatchObject({ code: "unreachable" });
  });

  it("speaks TLS 1.3 alone, in which nothing is negotiated anew", async () => {
    const agent = await tlsAgent(OWN);
    const old = await serveTls(OWN, (_, response) => response.end(), { maxVersion: "TLSv1.2" });
    expect(await outcome(old.address, { ...agent.options, ca: CA })).toBe("undetermined unreachable");
    expect(old.asked).toEqual([]);
  });

  it("ends in time, and when it is told to", async () => {
    const agent = await tlsAgent(OWN);
    const silent = await serveTls(OWN, () => undefined);
    expect(await outcome(silent.address, { ...agent.options, ca: CA, timeout: 300 })).toBe("undetermined timeout");
    const result = await challengeTls(agent.address, { ...agent.options, ca: CA });
    if (!result.ok) throw new Error(result.code);
    await expect(result.channel.fetch("/", { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
    const stopped = new AbortController();
    const running = result.channel.fetch("/", { signal: stopped.signal });
    stopped.abort();
    await expect(running).rejects.toMatchObject({ code: "aborted" });
  });

  it("of a channel ends in time", async () => {
    let held = false;
    const agent = await tlsAgent(OWN, { attester: {} });
    const late = await serveTls(OWN, async (request, response) => {
      if (held) return;
      const answer = await fetched(agent.address, request.url ?? "");
      response.writeHead(200, { "content-type": "application/json" }).end(answer);
    });
    const result = await challengeTls(late.address, { ...agent.options, ca: CA, timeout: 2_000 });
    if (!result.ok) throw new Error(result.code);
    held = true;
    await expect(result.channel.fetch("/")).rejects.toMatchObject({ code: "timeout" });
  });

  it("refuses misuse, and asks nobody", async () => {
    const { address, options, asked } = await tlsAgent(OWN);
    const right = { ...options, ca: CA };
    for (const [to, given] of [
      [address.replace("https", "http"), right],
      ["agent", right],
      [address, { ...right, transport: fetch }],
      [address, { ...right, certificate: "any" }],
      [address, { ...right, expected: undefined }],
    ] as const)
      await expect(challengeTls(to, given as never)).rejects.toThrow(TypeError);
    expect(asked).toEqual([]);
    const result = await createTlsChallenger({ verify })(address, right as never);
    if (!result.ok) throw new Error(result.code);
    for (const path of ["https://elsewhere.example/", "//elsewhere.example/", "http://127.0.0.1/"])
      await expect(result.channel.fetch(path)).rejects.toThrow(TypeError);
  });
});
