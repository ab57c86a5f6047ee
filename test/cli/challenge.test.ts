/** `tee-verify https://agent.example`: the challenge from the terminal. */
import { afterEach, describe, expect, it } from "vitest";
import { parseArguments } from "../../src/cli/args.js";
import { runChallenge } from "../../src/cli/challenge.js";
import { verifyCommand } from "../../src/cli/commands/verify.js";
import { verify } from "../../src/index.js";
import { hostile } from "../live/relay.js";
import { closeAll, startAgent } from "../live/support.js";
import { cli, PLAIN } from "./support.js";

afterEach(closeAll);

/** The command behind a `verify` that knows the forged roots, which no argument can name. */
async function challenged(argv: readonly string[]): Promise<{ code: number; out: string }> {
  const { address, options } = await startAgent();
  const args = parseArguments(verifyCommand.options, [address, ...argv]);
  let out = "";
  const io = { out: (text: string) => (out += text), terminal: PLAIN, fetch: globalThis.fetch } as never;
  const { expected, at, trustAnchors } = options;
  const given = { expected, at, binding: "unbound" } as never;
  const trusting = (evidence: never, judging: object) => verify(evidence, { ...judging, trustAnchors } as never);
  const code = await runChallenge({
    address,
    args,
    options: given,
    io,
    verify: trusting as never,
    render: ({ outcome, freshness }) => `${outcome}, ${freshness}\n`,
  });
  return { code, out: out.replace(/127\.0\.0\.1:\d+/g, "agent") };
}

describe("tee-verify <address>", () => {
  it("shows the verdict, and says that the agent answered this challenge", async () => {
    expect(await challenged([])).toEqual({
      code: 0,
      out: "verified, nonce\nhttp://agent answered this challenge, with the key that it attests.\n",
    });
  });

  it("seals what it is told to send, and shows the answer", async () => {
    const { code, out } = await challenged(["--send", "hello"]);
    expect([code, out.split("\n").at(-2)]).toEqual([0, "echo: hello"]);
    const json = JSON.parse((await challenged(["--send", "hello", "--json"])).out);
    expect(json).toMatchObject({ outcome: "verified", answer: "echo: hello", verdict: { ok: true } });
    expect((await challenged(["--quiet"])).out).toBe("");
  });

  it("rejects an agent whose roots are nobody's", async () => {
    const { address } = await startAgent();
    const { code, out } = await cli([address, "--at", "2026-06-01"], { fetch: globalThis.fetch });
    expect(code).toBe(1);
    expect(out).toContain(`${address}: rejected (certificate-signature-invalid)`);
  });

  it("leaves it open where nobody answers as an agent does", async () => {
    const { address } = await hostile((_, response) => response.writeHead(200, { "content-type": "text/html" }).end());
    const { code, out } = await cli([address], { fetch: globalThis.fetch });
    expect([code, out]).toEqual([2, `${address}: undetermined (not-json): ${out.split("): ")[1]}`]);
  });

  it("is misused by a binding of one's own, a password in the address, and --send for a file", async () => {
    const nonce = "00".repeat(32);
    expect((await cli(["https://agent.example", "--nonce", nonce])).err).toContain("a challenge makes its own");
    expect((await cli(["https://me:pw@agent.example"])).err).toContain("must not carry a password");
    expect((await cli(["fixtures/demo/debug-guest.report.bin", "--send", "x"])).err).toContain("needs the address");
    expect((await cli(["https://agent.example", "--nonce", nonce])).code).toBe(64);
  });
});
