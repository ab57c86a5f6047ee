/** Providers beside configfs-tsm: dstack's sockets, the Confidential Containers agent, a command of the operator's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fakeCoco } from "../../fixtures/live/coco.js";
import { type FakeDstackOptions, fakeDstack } from "../../fixtures/live/dstack.js";
import { tdxMachine } from "../../fixtures/live/machine.js";
import { cocoAgent, command, dstack, type Provider } from "../../src/attester/index.js";
import { challenge } from "../../src/live/index.js";
import { closeAll, startAgent } from "../live/support.js";

let folder: string;
const servers: Server[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tee-verify-"));
});
afterEach(async () => {
  await closeAll();
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true, force: true });
});

const question = {
  reportData: new Uint8Array(64).fill(0x5a),
  nonce: new Uint8Array(32).fill(1),
  publicKey: new Uint8Array(91).fill(2),
  signal: new AbortController().signal,
};

/** What a client makes of an agent with this provider. */
async function outcome(provider: Provider): Promise<string> {
  const machine = tdxMachine();
  const { address, options } = await startAgent(machine, {
    provider,
    endorsements: { always: machine.collateral },
  });
  const result = await challenge(address, options);
  return result.ok ? "verified" : `${result.outcome} ${result.code}`;
}

describe("dstack", () => {
  const start = async (options: Omit<FakeDstackOptions, "socket">): Promise<{ socket: string; asked: string[] }> => {
    const socket = join(folder, `${options.api}.sock`);
    const { server, asked } = await fakeDstack({ ...options, socket });
    servers.push(server);
    return { socket, asked };
  };
  const none = (): string => join(folder, "none.sock");

  it("is asked through its current API", async () => {
    const { socket, asked } = await start({ api: "current" });
    expect(await outcome(dstack({ socket, legacySocket: none() }))).toBe("verified");
    expect(asked).toEqual(["/GetQuote"]);
  });

  it("is asked through the older one where there is no other, for the report data as it is", async () => {
    const { socket, asked } = await start({ api: "legacy" });
    expect(await outcome(dstack({ socket: none(), legacySocket: socket }))).toBe("verified");
    expect(asked).toEqual(["/prpc/Tappd.TdxQuote"]);
  });

  it.each(["current", "legacy"] as const)("sends the compose file along where it is asked to (%s)", async (api) => {
    const { socket } = await start({ api, appCompose: '{"name":"mine"}' });
    const provider = dstack({ socket: api === "current" ? socket : none(), legacySocket: socket, appCompose: true });
    const { evidence } = await provider.attest(question);
    expect(JSON.parse(evidence as string)).toMatchObject({ app_compose: '{"name":"mine"}' });
  });

  it("is unavailable without a socket, and never asked twice after an error", async () => {
    const { socket, asked } = await start({ api: "current", answer: () => ({ status: 500, body: "secret inside" }) });
    const legacySocket = (await start({ api: "legacy" })).socket;
    await expect(dstack({ socket, legacySocket }).attest(question)).rejects.toMatchObject({ failure: "failed" });
    expect(asked).toEqual(["/GetQuote"]);
    const absent = dstack({ socket: none(), legacySocket: none() });
    await expect(absent.attest(question)).rejects.toMatchObject({ failure: "unavailable" });
  });

  it.each(["", "[]", "{", '{"quote":""}', '{"quote":7}', `"${"x".repeat(5_000_000)}"`])(
    "fails on an answer that is none (%#)",
    async (body) => {
      const { socket } = await start({ api: "current", answer: () => ({ status: 200, body }) });
      await expect(dstack({ socket }).attest(question)).rejects.toMatchObject({ failure: "failed" });
    },
  );
});

describe("the Confidential Containers agent", () => {
  const start = async (version: "encoded" | "text" | "snp"): Promise<Provider> => {
    const { server, port } = await fakeCoco(version);
    servers.push(server);
    return cocoAgent({ address: `http://127.0.0.1:${port}` });
  };

  it("is asked with the report data in base64", async () => {
    expect(await outcome(await start("encoded"))).toBe("verified");
  });

  it("on SEV-SNP gives fields and no report: the operator is told, and the client that there is no evidence", async () => {
    const provider = await start("snp");
    await expect(provider.attest(question)).rejects.toThrow("configfsTsm");
    expect(await outcome(provider)).toBe("undetermined unexpected-status");
  });

  it("of an older version makes no evidence of it", async () => {
    expect(await outcome(await start("text"))).toBe("undetermined unexpected-status");
  });

  it("is unavailable where nobody listens, and nowhere but on this machine", async () => {
    await expect(cocoAgent({ address: "http://127.0.0.1:1" }).attest(question)).rejects.toMatchObject({
      failure: "unavailable",
    });
    expect(() => cocoAgent({ address: "https://coco.example" })).toThrow(TypeError);
  });
});

describe("a command", () => {
  const script = (text: string): string => {
    const path = join(folder, "attest.mjs");
    writeFileSync(path, text);
    return path;
  };
  const run = (text: string, ...given: string[]): Provider =>
    command({ file: process.execPath, arguments: [script(text), ...given], timeout: 5_000 });

  it("is given hex, and its output is the evidence", async () => {
    const provider = run(
      "process.stdout.write(process.argv.slice(2).join(' '))",
      "{reportData}",
      "--n={nonce}",
      "{publicKey}",
    );
    const { evidence } = await provider.attest(question);
    expect(evidence).toBe(`${"5a".repeat(64)} --n=${"01".repeat(32)} ${"02".repeat(91)}`);
  });

  it("hands on bytes as bytes, and text as text", async () => {
    const bytes = run("process.stdout.write(Buffer.from([2, 0, 0, 0, 0x7b]))", "{nonce}");
    expect((await bytes.attest(question)).evidence).toEqual(Uint8Array.of(2, 0, 0, 0, 0x7b));
    const json = run("console.log(JSON.stringify({ quote: 'ö' }))", "{nonce}");
    expect((await json.attest(question)).evidence).toBe('{"quote":"ö"}');
  });

  it("says by its exit code that it is busy, or that it failed; its words stay inside", async () => {
    const fails = (text: string): Promise<unknown> => run(text, "{nonce}").attest(question);
    await expect(fails("process.exit(75)")).rejects.toMatchObject({ failure: "busy" });
    await expect(fails("console.log('x'); process.exit(1)")).rejects.toMatchObject({ failure: "failed" });
    await expect(fails("")).rejects.toThrow("wrote nothing");
    await expect(fails("process.stdout.write('x'.repeat(5_000_000))")).rejects.toMatchObject({ failure: "failed" });
    const missing = command({ file: join(folder, "missing"), arguments: ["{nonce}"] });
    await expect(missing.attest(question)).rejects.toMatchObject({ failure: "unavailable" });
  });

  it("is stopped in time, however it hangs", async () => {
    const hanging = script("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
    const provider = command({ file: process.execPath, arguments: [hanging, "{nonce}"], timeout: 300 });
    await expect(provider.attest(question)).rejects.toMatchObject({ failure: "failed" });
  });

  it("must hand on the question", () => {
    expect(() => command({ file: "x", arguments: ["{publicKey}"] })).toThrow(TypeError);
  });
});
