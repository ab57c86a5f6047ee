/** `npm run bench`, or `npm run bench -- nitro sev-snp` for some: every rule holds, or the process ends with an error. Needs `npm run build`. */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const helpers = ["harness.mjs", "peers.mjs"];
const wanted = process.argv.slice(2);

if (!existsSync(join("dist", "index.js"))) throw new Error("dist is missing: npm run build");
const files = readdirSync("bench")
  .filter((file) => file.endsWith(".mjs") && !helpers.includes(file))
  .filter((file) => wanted.length === 0 || wanted.includes(file.replace(".mjs", "")));
if (files.length === 0) throw new Error(`no such bench: ${wanted.join(", ")}`);

const over = [];
for (const file of files) {
  const module = await import(pathToFileURL(resolve("bench", file)).href);
  for (const [name, run] of Object.entries(module)) if (name.startsWith("bench")) over.push(...(await run()));
}
console.log(over.length === 0 ? "\nWithin budget." : `\nOver budget:\n${over.map((line) => `  ${line}`).join("\n")}`);
process.exitCode = over.length === 0 ? 0 : 1;
