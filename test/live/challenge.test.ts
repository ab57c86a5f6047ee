/** The whole way on one machine: fake device, server, network, client, verdict, sealed message, answer. */
import { afterEach, describe, expect, it } from "vitest";
import { snpMachine, tdxMachine } from "../../fixtures/live/machine.js";
import { challenge } from "../../src/live/index.js";
import type { Transport } from "../../src/live/transport.js";
import { closeAll, startAgent } from "./support.js";

afterEach(closeAll);

describe("challenge", () => {
  it("verifies an SEV-SNP agent and exchanges a sealed message", async () => {
    const { address, options, machine } = await startAgent(snpMachine());
    const result = await challenge(address, options);
    if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
    expect(result.verdict.freshness).toBe("nonce");
    expect(result.verdict.channel).toEqual({ publicKeySha256: result.channel.publicKeySha256 });
    expect((await result.channel.send("hello")).text()).toBe("echo: hello");
    expect((await result.channel.send("again")).text()).toBe("echo: again");
    expect(machine.tsm.directories.size).toBe(0);
  });

  it.each([
    ["with a password", (url: URL) => `http://someone:secret@${url.host}`],
    ["with a name", (url: URL) => `http://someone@${url.host}`],
    ["of another protocol", (url: URL) => `ftp://${url.host}`],
    ["that is none", () => "agent"],
  ])("asks nobody at an address %s: misuse", async (_, change) => {
    const { address, options } = await startAgent(snpMachine());
    await expect(challenge(change(new URL(address)), options)).rejects.toThrow(TypeError);
  });

  it("takes no answer under another type than JSON, whatever it holds", async () => {
    const { address, options } = await startAgent(snpMachine());
    const as =
      (type: string): Transport =>
      async (target, init) => {
        const { status, body } = await fetch(target, init);
        return new Response(body, { status, headers: { "content-type": type } });
      };
    const typed = async (type: string) => {
      const result = await challenge(address, { ...options, transport: as(type) });
      return result.ok ? "verified" : result.code;
    };
    expect(await typed("application/json; charset=utf-8")).toBe("verified");
    expect(await typed("text/plain")).toBe("not-json");
  });

  it("verifies a TDX agent with the collateral that it sends along", async () => {
    const machine = tdxMachine();
    const { address, options } = await startAgent(machine, { endorsements: { always: machine.collateral } });
    const result = await challenge(address, options);
    if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
    expect(result.verdict.parts[0]?.kind).toBe("tdx");
    expect((await result.channel.send("hello")).text()).toBe("echo: hello");
  });
});
