/** The whole way on one machine: fake device, server, network, client, verdict, sealed message, answer. */
import { afterEach, describe, expect, it } from "vitest";
import { snpMachine, tdxMachine } from "../../fixtures/live/machine.js";
import { challenge } from "../../src/live/index.js";
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

  it("verifies a TDX agent with the collateral that it sends along", async () => {
    const machine = tdxMachine();
    const { address, options } = await startAgent(machine, { endorsements: { always: machine.collateral } });
    const result = await challenge(address, options);
    if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
    expect(result.verdict.parts[0]?.kind).toBe("tdx");
    expect((await result.channel.send("hello")).text()).toBe("echo: hello");
  });
});
