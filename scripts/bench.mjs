/**
 * `npm run bench`, or `npm run bench -- nitro sev-snp` for some: every rule holds, or the process ends with an error. Needs `npm run build`.
 * What takes minutes runs only where it is named: `npm run bench -- memory`.
 */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const helpers = ["harness.mjs", "peers.mjs"];
const slow = ["memory.mjs"];
// `--memory` is another spelling of `memory`.
const wanted = process.argv.slice(2).map((name) => `${name.replace(/^--/, "")}.mjs`);

if (!existsSync(join("dist", "index.js"))) throw new Error("dist is missing: npm run build");
const there = readdirSync("bench").filter((file) => file.endsWith(".mjs") && !helpers.includes(file));
const unknown = wanted.filter((file) => !there.includes(file));
if (unknown.length > 0) throw new Error(`no such bench: ${unknown.join(", ")}; there are ${there.join(", ")}`);
const files = wanted.length > 0 ? wanted : there.filter((file) => !slow.includes(file));

const over = [];
for (const file of files) {
  const module = await import(pathToFileURL(resolve("bench", file)).href);
  for (const [name, run] of Object.entries(module)) if (name.startsWith("bench")) over.push(...(await run()));
}
console.log(over.length === 0 ? "\nWithin budget." : `\nOver budget:\n${over.map((line) => `  ${line}`).join("\n")}`);
process.exitCode = over.length === 0 ? 0 : 1;
