/** `tee-verify https://agent.example`: the challenge from the terminal. */
import { afterEach, describe, expect, it } from "vitest";
import { testKey } from "../../fixtures/x509.js";
import { parseArguments } from "../../src/cli/args.js";
import { runChallenge } from "../../src/cli/challenge.js";
import { verifyCommand } from "../../src/cli/commands/verify.js";
import { verify } from "../../src/index.js";
import { hostile } from "../live/relay.js";
import { closeAll, type Options, startAgent } from "../live/support.js";
import { closeTls, tlsAgent } from "../live-node/support.js";
import { cli, PLAIN } from "./support.js";

afterEach(closeAll);
afterEach(closeTls);

/** The command behind a `verify` that knows the forged roots, which no argument can name. */
async function challenged(
  argv: readonly string[],
  agent: () => Promise<{ readonly address: string; readonly options: Options }> = () => startAgent(),
): Promise<{ code: number; out: string }> {
  const { address, options } = await agent();
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

  it("binds to the key of the TLS connection where it is told to", async () => {
    const agent = () => tlsAgent(testKey("p256-2"), { self: true });
    const { code, out } = await challenged(["--tls", "attested"], agent);
    expect([code, out]).toEqual([
      0,
      "verified, nonce\nhttps://agent answered this challenge, with the key of its TLS connection, which it attests.\n",
    ]);
    const swapped = () => tlsAgent(testKey("p256-2"), { self: true, bound: testKey("p256-3") });
    const other = await challenged(["--tls", "attested"], swapped);
    expect([other.code, other.out.includes("rejected (tls-key-changed)")]).toEqual([1, true]);
    const unknown = await challenged(["--tls", "web-pki"], agent);
    expect([unknown.code, unknown.out.includes("undetermined (unreachable)")]).toEqual([2, true]);
  });

  it("is misused by --tls for a file, for plain http, of another name, and beside --send", async () => {
    const misused = async (...argv: string[]): Promise<string> => {
      const { code, err } = await cli(argv);
      expect(code).toBe(64);
      return err;
    };
    expect(await misused("fixtures/demo/debug-guest.report.bin", "--tls", "attested")).toContain("needs the address");
    expect(await misused("http://agent.example", "--tls", "attested")).toContain("https address");
    expect(await misused("https://agent.example/attest")).toContain("without a path");
    expect(await misused("https://agent.example/?x=1")).toContain("without a path");
    expect(await misused("https://agent.example", "--tls", "any")).toContain("web-pki");
    expect(await misused("https://agent.example", "--tls", "attested", "--send", "x")).toContain("without --tls");
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
