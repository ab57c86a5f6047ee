// Every single-bit flip and every truncation of every forged exemplar and of its endorsements, every order and omission of them, and every
// other exemplar's in their place (test/hostile/exhaustive.ts). Can be stopped and taken up again: what was run on the same source is not
// run again.
// Usage: npm run exhaustive -- [--only PATTERN] [--missing] [--minutes N] [--fresh] [--record]
// --missing runs what test/hostile/exhaustive-log.jsonl has no line of, whatever its source. --record puts what was run on this source
// there, in the place of an older line of the same exemplar.
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
const only = new RegExp(argument("only", ""));
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
const rowsOf = (file) =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
const rows = rowsOf(log);
const recorded = join(root, "test", "hostile", "exhaustive-log.jsonl");
const known = new Set(
  [...rows, ...(process.argv.includes("--missing") ? rowsOf(recorded) : [])].map((row) => row.exemplar),
);

const { exhaust } = await import(pathToFileURL(outfile).href);
await exhaust(
  (name) => only.test(name),
  (name) => known.has(name),
  (row) => {
    rows.push(row);
    appendFileSync(log, `${JSON.stringify(row)}\n`);
    console.log(JSON.stringify(row));
    return Date.now() < end;
  },
);

const COUNTS = ["flips", "cuts", "endorsementFlips", "endorsementCuts", "permutations", "omissions", "swaps"];
const sumsOf = (list) =>
  Object.fromEntries(COUNTS.map((name) => [name, list.reduce((sum, row) => sum + row[name], 0)]));
const sums = sumsOf(rows);
console.log(JSON.stringify({ source, exemplars: rows.length, ...sums }));
const newest = [
  ...new Map(
    [...rowsOf(recorded), ...rows.map((row) => ({ source, ...row }))].map((row) => [row.exemplar, row]),
  ).values(),
];
if (process.argv.includes("--missing")) console.log(JSON.stringify({ recorded: newest.length, ...sumsOf(newest) }));
if (process.argv.includes("--record"))
  writeFileSync(recorded, newest.map((row) => `${JSON.stringify(row)}\n`).join(""));
const tried = COUNTS.reduce((sum, name) => sum + sums[name], 0);
const failed = rows.reduce((sum, { faults }) => sum + faults.length, 0);
console.log(`${tried - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 || tried === 0 ? 1 : 0;
