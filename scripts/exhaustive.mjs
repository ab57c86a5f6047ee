// Every single-bit flip and every truncation of every forged exemplar and of its endorsements, every order and omission of them, and every
// other exemplar's in their place (test/hostile/exhaustive.ts). Can be stopped and taken up again: what was run on the same source is not
// run again.
// Usage: npm run exhaustive -- [--only NAME] [--minutes N] [--fresh] [--record]
// --record writes what was run on this source to test/hostile/exhaustive-log.jsonl, complete or not.
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const cache = join(root, ".cache", "exhaustive");

function argument(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
}

mkdirSync(cache, { recursive: true });
const only = argument("only", "");
const end = Date.now() + Number(argument("minutes", 1e6)) * 60_000;
const outfile = join(cache, "exhaustive.mjs");
await build({
  entryPoints: [join(root, "test", "hostile", "exhaustive-worker.ts")],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  logLevel: "error",
});
const source = createHash("sha256").update(readFileSync(outfile)).digest("hex").slice(0, 12);
const log = join(cache, `${source}.jsonl`);
if (process.argv.includes("--fresh")) rmSync(log, { force: true });
const rows = existsSync(log)
  ? readFileSync(log, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
  : [];
const known = new Set(rows.map(({ exemplar }) => exemplar));

const { exhaust } = await import(pathToFileURL(outfile).href);
await exhaust(
  (name) => name.includes(only),
  (name) => known.has(name),
  (row) => {
    rows.push(row);
    appendFileSync(log, `${JSON.stringify(row)}\n`);
    console.log(JSON.stringify(row));
    return Date.now() < end;
  },
);

const COUNTS = ["flips", "cuts", "endorsementFlips", "endorsementCuts", "permutations", "omissions", "swaps"];
const sums = Object.fromEntries(COUNTS.map((name) => [name, rows.reduce((sum, row) => sum + row[name], 0)]));
console.log(JSON.stringify({ source, exemplars: rows.length, ...sums }));
if (process.argv.includes("--record")) {
  const lines = rows.map((row) => JSON.stringify({ source, ...row }));
  writeFileSync(join(root, "test", "hostile", "exhaustive-log.jsonl"), `${lines.join("\n")}\n`);
}
const tried = COUNTS.reduce((sum, name) => sum + sums[name], 0);
const failed = rows.reduce((sum, { faults }) => sum + faults.length, 0);
console.log(`${tried - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 || tried === 0 ? 1 : 0;
