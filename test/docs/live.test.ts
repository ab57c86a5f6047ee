/** The examples of the pages on challenges run as they stand: an operator's server, and a user who challenges it. */
import { createServer as createHttpServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { snpMachine } from "../../fixtures/live/machine.js";
import { testKey } from "../../fixtures/x509.js";
import * as attesting from "../../src/attester/index.js";
import { challenge } from "../../src/live/index.js";
import * as protocol from "../../src/live/protocol.js";
import { challengeTls } from "../../src/live-node/index.js";
import { fixture } from "../cli/support.js";
import { CA, closeTls, tlsAgent } from "../live-node/support.js";

const example = (page: string, index: number): string =>
  (
    [...new TextDecoder().decode(fixture(`docs/${page}.md`)).matchAll(/^```ts\n([\s\S]*?)^```$/gm)][index]?.[1] ?? ""
  ).replace(/^import .*\n/gm, "");

/** Runs the example with these names in place of what it imports and has in hand. */
async function run(page: string, inHand: Readonly<Record<string, unknown>>, index = 0): Promise<void> {
  const names = Object.keys(inHand);
  const AsyncFunction = (async () => undefined).constructor as new (
    ...given: string[]
  ) => (...values: unknown[]) => unknown;
  await new AsyncFunction(...names, example(page, index))(...Object.values(inHand));
}

let server: Server | undefined;
afterEach(() => server?.close());
afterEach(closeTls);

describe("the pages on challenges", () => {
  it("show a challenge that binds to TLS", async () => {
    const agent = await tlsAgent(testKey("p256-2"));
    const { at, trustAnchors, expected } = agent.machine;
    const said: unknown[] = [];
    await run(
      "live",
      {
        challengeTls: (_: string, options: object) =>
          challengeTls(agent.address, { ...options, at, trustAnchors, ca: CA } as never),
        measurement: expected["sev-snp"]?.["measurement"],
        console: { log: (...words: unknown[]) => said.push(...words) },
      },
      1,
    );
    expect(said).toEqual(["GET /v1/models "]);
  });

  it("show a server that answers, and a challenge that it meets", async () => {
    const machine = snpMachine();
    const heard: string[] = [];
    const listening = new Promise<Server>((resolve) => {
      const createServer = (handle: never) => ({
        listen: () => {
          const started: Server = createHttpServer(handle).listen(0, "127.0.0.1", () => resolve(started));
        },
      });
      void run("operators", {
        createServer,
        configfsTsm: () => attesting.configfsTsm({ fileSystem: machine.tsm.fileSystem }),
        createAttester: (options: attesting.AttesterOptions) =>
          attesting.createAttester({ ...options, endorsements: {}, now: () => machine.at.getTime() }),
        nodeHandler: attesting.nodeHandler,
        handle: (message: Uint8Array) => {
          heard.push(new TextDecoder().decode(message));
          return "kept";
        },
        app: () => undefined,
      });
    });
    server = await listening;
    const { port } = server.address() as AddressInfo;
    const { at, trustAnchors, expected } = machine;
    const said: unknown[] = [];
    await run("live", {
      challenge: (_: string, options: object) =>
        challenge(`http://127.0.0.1:${port}`, { ...options, at, trustAnchors } as never),
      measurement: expected["sev-snp"]?.["measurement"],
      console: { log: (...words: unknown[]) => said.push(...words) },
    });
    expect([heard, said]).toEqual([["my secret"], ["kept"]]);
  });

  it("name the addresses, the type and the codes that the source has", () => {
    const page = new TextDecoder().decode(fixture("docs/live-protocol.md"));
    for (const word of [protocol.ATTESTATION_PATH, protocol.INFO_PATH, protocol.MESSAGE_PATH, protocol.SEALED_TYPE])
      expect(page).toContain(word);
  });
});
