/** Runs the suite in runtimes without a page: each prints its result as one line of JSON. */

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { binaries, folder } from "./install.mjs";

const execute = promisify(execFile);
const MARK = "tee-verify-suite ";

/** The result in what a runtime printed. */
async function resultOf(file, args, options = {}) {
  const { stdout, stderr } = await execute(file, args, { timeout: 120_000, maxBuffer: 1 << 24, ...options });
  const line = `${stdout}\n${stderr}`.split("\n").find((text) => text.includes(MARK));
  if (line === undefined) throw new Error(`printed no result: ${stdout}${stderr}`.slice(0, 2000));
  return JSON.parse(line.slice(line.indexOf(MARK) + MARK.length));
}

function mainModule(module) {
  const path = join(folder, "bundle", "main.mjs");
  writeFileSync(
    path,
    `import { run } from ${JSON.stringify(resolve(module))};\nconsole.log(${JSON.stringify(MARK)} + JSON.stringify(await run()));\n`,
  );
  return path;
}

/** Hardened JavaScript: the bundle runs in a compartment that has nothing but what wallets endow. */
function sesModule(script) {
  const path = join(folder, "bundle", "ses.mjs");
  writeFileSync(
    path,
    `import "ses";
import { readFileSync } from "node:fs";
lockdown({ errorTaming: "unsafe" });
const compartment = new Compartment({ globals: harden({ TextEncoder, TextDecoder, setTimeout, clearTimeout, AbortController, URL }), __options__: true });
compartment.globalThis.crypto = process.argv[2] === "webcrypto" ? { subtle: globalThis.crypto.subtle } : undefined;
compartment.evaluate(readFileSync(${JSON.stringify(resolve(script))}, "utf8"));
console.log(${JSON.stringify(MARK)} + JSON.stringify(await compartment.evaluate("teeVerifySuite.run()")));
`,
  );
  return path;
}

/** workerd without Node compatibility: a test worker, as its own test command runs it. */
function workerdConfig(module) {
  const path = join(folder, "bundle", "workerd.capnp");
  writeFileSync(
    join(folder, "bundle", "worker.mjs"),
    `import { run } from "suite.mjs";\nexport default { async test() { console.log(${JSON.stringify(MARK)} + JSON.stringify(await run())); } };\n`,
  );
  writeFileSync(
    path,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "suite", worker = .suite)]);
const suite :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs"), (name = "suite.mjs", esModule = embed "suite.mjs")],
  compatibilityDate = "2026-01-01",
);
`,
  );
  readFileSync(module);
  return path;
}

/** @returns {readonly { name: string, subtle: boolean, run: () => Promise<unknown> }[]} `subtle`: whether WebCrypto must be there */
export function engines({ module, script }) {
  const main = mainModule(module);
  const ses = sesModule(script);
  return [
    { name: "Node 20", subtle: true, run: () => resultOf(process.execPath, [main]) },
    { name: "Node 24", subtle: true, run: () => resultOf(binaries.node, [main]) },
    {
      name: "Deno",
      subtle: true,
      run: () => resultOf(binaries.deno, ["run", "--no-prompt", "--no-config", "--no-lock", main]),
    },
    { name: "Bun", subtle: true, run: () => resultOf(binaries.bun, ["run", main]) },
    { name: "workerd", subtle: true, run: () => resultOf(binaries.workerd, ["test", workerdConfig(module)]) },
    { name: "SES, WebCrypto endowed", subtle: true, run: () => resultOf(process.execPath, [ses, "webcrypto"]) },
    { name: "SES, nothing endowed", subtle: false, run: () => resultOf(process.execPath, [ses, "none"]) },
  ];
}
