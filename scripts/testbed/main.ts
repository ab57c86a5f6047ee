/** The commands of the test bed. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAttester, nodeHandler } from "../../src/attester/index.js";
import { bedOf, type Scene, sceneOf } from "./scene.js";
import { SCENE_PATH } from "./scene-path.js";
import { type Talk, talk } from "./talk.js";

const DEFAULT_PORT = 8787;

/** Resolves to the exit code; `serve` goes on. */
export async function main([command = "serve", ...rest]: readonly string[], page: string): Promise<number> {
  if (command === "serve") return await serve(rest[0] ?? "sev-snp", Number(rest[1] ?? DEFAULT_PORT), page);
  const address = rest[0] ?? `http://127.0.0.1:${DEFAULT_PORT}`;
  if (command === "challenge") return report(await inNode(address));
  if (command === "browser") return report(await inChromium(address, address));
  if (command === "check") return await check(page);
  console.error(`no such command: ${command} (serve, challenge, browser, check)`);
  return 64;
}

async function serve(machine: string, port: number, page: string): Promise<number> {
  const { address } = await start(machine, port, page);
  console.log(`A forged ${machine} machine answers challenges at ${address}. Its page: ${address}/`);
  console.log(`Now, elsewhere: npm run testbed:challenge -- ${address}`);
  return 0;
}

async function start(machine: string, port: number, page: string): Promise<{ address: string; server: Server }> {
  const { machine: forged, options } = bedOf(machine);
  const handle = nodeHandler(await createAttester(options));
  const scene = JSON.stringify(sceneOf(forged));
  const server = createServer(async (request, response) => {
    if (await handle(request, response)) return;
    const path = (request.url ?? "").split("?")[0];
    const any = { "access-control-allow-origin": "*" };
    if (path === SCENE_PATH) response.writeHead(200, { "content-type": "application/json", ...any }).end(scene);
    else if (path === "/page.js")
      response.writeHead(200, { "content-type": "text/javascript" }).end(readFileSync(page));
    else if (path === "/")
      response
        .writeHead(200, { "content-type": "text/html" })
        .end('<!doctype html><title>test bed</title><body><script type="module" src="/page.js"></script>');
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

async function inNode(address: string): Promise<Talk> {
  const scene = (await (await fetch(address + SCENE_PATH)).json()) as Scene;
  return talk(address, scene, "hello from Node");
}

/** @param from whose page is opened: another origin than the agent's, to hold CORS */
async function inChromium(address: string, from: string): Promise<Talk> {
  const profile = mkdtempSync(join(tmpdir(), "testbed-"));
  const quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
  const { told, to, server } = await receiver();
  const url = `${from}/?${new URLSearchParams({ agent: address, to })}`;
  const browser = spawn("chromium", [...quiet, `--user-data-dir=${profile}`, url], { stdio: "ignore", detached: true });
  try {
    const text = await Promise.race([told, failed(browser)]);
    const talked = JSON.parse(text) as Talk & { readonly error?: string };
    if (talked.error !== undefined) throw new Error(`the page: ${talked.error}`);
    return talked;
  } finally {
    server.close();
    await closed(browser);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Where the page sends what came of it. */
async function receiver(): Promise<{ told: Promise<string>; to: string; server: Server }> {
  let tell: (text: string) => void = () => undefined;
  const told = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request) text += piece;
    response.writeHead(204).end();
    tell(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { told, to: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

const PATIENCE_MS = 60_000;

function failed(browser: ChildProcess): Promise<never> {
  return new Promise((_, reject) => {
    browser.once("error", reject);
    setTimeout(() => reject(new Error("the page came to no result")), PATIENCE_MS).unref();
  });
}

/** With the processes that it started. */
async function closed(browser: ChildProcess): Promise<void> {
  if (browser.pid === undefined || browser.exitCode !== null) return;
  const over = new Promise((resolve) => browser.once("close", resolve));
  process.kill(-browser.pid, "SIGKILL");
  await over;
}

function report({ outcome, code, said, answer }: Talk): number {
  console.log(outcome === "verified" ? `verified\nsent:     ${said}\nreceived: ${answer}` : `${outcome} ${code}`);
  return outcome === "verified" && answer === `the agent read: ${said}` ? 0 : 1;
}

/** Both machines, from Node and from a page of another origin. The last line counts, for scripts/ci-testbed.sh. */
async function check(page: string): Promise<number> {
  let [passed, failed] = [0, 0];
  const hold = async (name: string, run: () => Promise<Talk>): Promise<void> => {
    console.log(`# ${name}`);
    const code = await run().then(report, (error: unknown) => {
      console.error(error);
      return 1;
    });
    if (code === 0) passed++;
    else failed++;
  };
  const elsewhere = await start("sev-snp", 0, page);
  for (const machine of ["sev-snp", "tdx"]) {
    const { address, server } = await start(machine, 0, page);
    await hold(`${machine}, from Node`, () => inNode(address));
    await hold(`${machine}, from Chromium`, () => inChromium(address, elsewhere.address));
    server.close();
  }
  elsewhere.server.close();
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
