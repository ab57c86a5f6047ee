/** Load: a server under repeated challenges from warm endorsements, and a client with many instances. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { snpMachine } from "../../fixtures/live/machine.js";
import { configfsTsm, createAttester, fetchHandler, nodeHandler } from "../../src/attester/index.js";
import { challenge, challengeMany } from "../../src/live/index.js";

/** A device that answers at once, with a report that was forged before: what is measured is the server. */
function recorded() {
  const machine = snpMachine();
  const provider = configfsTsm({ fileSystem: machine.tsm.fileSystem });
  const answers = new Map<string, ReturnType<typeof provider.attest>>();
  return {
    machine,
    provider: {
      name: "recorded",
      attest(request: Parameters<typeof provider.attest>[0]) {
        const key = Buffer.from(request.reportData).toString("hex");
        const answer = answers.get(key) ?? provider.attest(request);
        answers.set(key, answer);
        return answer;
      },
    },
  };
}

const free = { perSecond: 1e9, burst: 1e9, perPeerPerSecond: 1e9, peerBurst: 1e9 };

/** Resolves to the exit code: 1 where memory grew, or an instance was not verified. */
export async function load(challenges: number, instances: number): Promise<number> {
  const flat = await server(challenges);
  return (await client(instances)) && flat ? 0 : 1;
}

async function server(challenges: number): Promise<boolean> {
  const { machine, provider } = recorded();
  const now = (): number => machine.at.getTime();
  const onMessage = (message: Uint8Array): Uint8Array => message;
  const attester = await createAttester({ provider, now, onMessage, rate: free, waiting: 1000 });
  const handle = nodeHandler(attester);
  const listening = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const path = `http://127.0.0.1:${(listening.address() as AddressInfo).port}/.well-known/tee-attestation?nonce=`;
  const nonces = Array.from({ length: 16 }, (_, i) => Buffer.alloc(32, i).toString("base64url"));
  const round = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += nonces.length)
      await Promise.all(nonces.map(async (nonce) => (await fetch(path + nonce)).arrayBuffer()));
  };
  // Sessions are kept up to their limit of 10,000: memory is flat from there on.
  await round(Math.max(10_000, challenges / 4));
  const used = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed / 1_048_576;
  };
  const before = used();
  const start = performance.now();
  await round(challenges);
  const seconds = (performance.now() - start) / 1000;
  const grown = used() - before;
  console.log(
    `server: ${challenges} challenges in ${seconds.toFixed(1)} s, ${(challenges / seconds).toFixed(0)} a second`,
  );
  console.log(`server: heap ${before.toFixed(1)} MiB before, ${grown.toFixed(1)} MiB more after`);
  listening.close();
  return grown < 8;
}

async function client(instances: number): Promise<boolean> {
  const machine = snpMachine();
  const { at, trustAnchors, expected } = machine;
  const attester = await createAttester({
    provider: configfsTsm({ fileSystem: machine.tsm.fileSystem }),
    now: () => at.getTime(),
    rate: free,
    waiting: 1000,
  });
  const handle = fetchHandler(attester);
  const transport = async (address: string, init: RequestInit): Promise<Response> =>
    (await handle(new Request(address, init))) ?? new Response("", { status: 404 });
  const addresses = Array.from({ length: instances }, (_, i) => `https://agent-${i}.example`);
  const start = performance.now();
  const results = await challengeMany(challenge, addresses, {
    expected,
    at,
    trustAnchors,
    transport: transport as never,
    concurrency: 16,
    onProgress: ({ done, total, verified }) => {
      if (done % 100 === 0) console.log(`client: ${done} of ${total} instances, ${verified} verified`);
    },
  });
  const seconds = (performance.now() - start) / 1000;
  console.log(`client: ${instances} instances in ${seconds.toFixed(1)} s (the forged device's signatures included)`);
  return results.length === instances && results.every(({ ok }) => ok);
}
