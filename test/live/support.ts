/** An agent on a forged machine, served on loopback, and the right way to challenge it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Machine, snpMachine } from "../../fixtures/live/machine.js";
import { type AttesterOptions, configfsTsm, createAttester, nodeHandler } from "../../src/attester/index.js";
import type { sevSnp } from "../../src/index.js";
import type { ChallengeOptions } from "../../src/live/challenge.js";

export type Options = ChallengeOptions<readonly [typeof sevSnp]>;

export interface Agent {
  readonly address: string;
  readonly machine: Machine;
  readonly options: Options;
  close(): Promise<void>;
}

const running: Server[] = [];

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all(running.splice(0).map(closed));
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

export async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<{ address: string; close(): Promise<void> }> {
  const server = createServer((request, response) => void handle(request, response));
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, close: () => closed(server) };
}

/** No limits of rate that a test would meet, unless it asks for them. */
const ENOUGH = { perSecond: 1e6, burst: 1e6, perPeerPerSecond: 1e6, peerBurst: 1e6 };

export function optionsFor(machine: Machine): Options {
  const { at, trustAnchors, expected } = machine;
  return { at, trustAnchors, expected, timeout: 5_000 } as Options;
}

export async function startAgent(
  machine: Machine = snpMachine(),
  given: Partial<AttesterOptions> = {},
): Promise<Agent> {
  const { fileSystem } = machine.tsm;
  const attester = await createAttester({
    provider: configfsTsm({ fileSystem, pause: 1 }),
    onMessage: (message) => new Uint8Array([...new TextEncoder().encode("echo: "), ...message]),
    rate: ENOUGH,
    now: () => machine.at.getTime(),
    ...given,
  });
  const handler = nodeHandler(attester);
  const { address, close } = await serve(async (request, response) => {
    if (!(await handler(request, response))) response.writeHead(404).end();
  });
  return { address, machine, options: optionsFor(machine), close };
}
