// Fuzzes every kind of evidence against one invariant (test/hostile/fuzz): any input resolves to a verdict in bounded time and memory, and is
// verified only with the claims of the authentic original.
// Usage: npm run fuzz -- [--minutes N | --executions N] [--seed N] [--only EXEMPLAR] [--record]
// A finding is written to test/hostile/findings, where it stays a test. --record appends the figures to test/hostile/fuzz-log.jsonl.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const findings = join(root, "test", "hostile", "findings");
const HANG_SECONDS = 60;
const ROUND_MILLISECONDS = 600_000;

function argument(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
}

const minutes = Number(argument("minutes", process.argv.includes("--executions") ? 1e6 : 1));
const executions = Number(argument("executions", 1e12));
const firstSeed = Number(argument("seed", 1));
const only = argument("only", "");
const end = Date.now() + minutes * 60_000;

const outDir = mkdtempSync(join(root, "node_modules", ".fuzz-"));
const sum = {
  executions: 0,
  verified: 0,
  rejected: 0,
  undetermined: 0,
  behaviours: 0,
  corpus: 0,
  slowestMilliseconds: 0,
};
const found = [];
let exemplars = 0;

function save({ name, text, fault, detail }) {
  mkdirSync(findings, { recursive: true });
  writeFileSync(join(findings, name), text);
  found.push(name);
  console.log(`FOUND ${fault}: ${detail.slice(0, 300)}\n      test/hostile/findings/${name}`);
}

/** One thread, watched: resolves when it is done, or when it hangs. */
function run(entry, seed) {
  return new Promise((resolve, reject) => {
    const beats = new SharedArrayBuffer(8);
    const current = new SharedArrayBuffer(4 * 1024 * 1024);
    const beat = new Int32Array(beats);
    let [last, since] = [0, Date.now()];
    const workerData = {
      seed,
      milliseconds: Math.min(end - Date.now(), ROUND_MILLISECONDS),
      executions: executions - sum.executions,
      only,
      beats,
      current,
    };
    const worker = new Worker(entry, { workerData });
    const watch = setInterval(async () => {
      const now = Atomics.load(beat, 0);
      if (now !== last) [last, since] = [now, Date.now()];
      if (now === 0 || Date.now() - since < HANG_SECONDS * 1000) return;
      clearInterval(watch);
      await worker.terminate();
      sum.executions += now;
      const length = new DataView(current).getUint32(0);
      const input = JSON.parse(
        Buffer.from(current)
          .subarray(4, 4 + length)
          .toString() || "{}",
      );
      const saved = {
        exemplar: Atomics.load(beat, 1),
        fault: "hang",
        detail: `no verdict in ${HANG_SECONDS} s`,
        seed,
        index: now - 1,
        ...input,
      };
      save({
        name: `hang-${seed}-${now}.json`,
        text: JSON.stringify(saved, null, 2),
        fault: "hang",
        detail: saved.detail,
      });
      resolve();
    }, 1000);
    worker.on("message", (message) => {
      if (message.finding) return save(message.finding);
      for (const [name, value] of Object.entries(message.totals))
        sum[name] = name === "slowestMilliseconds" ? Math.max(sum[name], value) : sum[name] + value;
      exemplars = message.exemplars;
    });
    worker.on("error", (error) => {
      clearInterval(watch);
      reject(error);
    });
    worker.on("exit", () => {
      clearInterval(watch);
      resolve();
    });
  });
}

let status = 0;
try {
  const outfile = join(outDir, "worker.mjs");
  await build({
    entryPoints: [join(root, "test", "hostile", "fuzz", "worker.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    sourcemap: "inline",
    logLevel: "error",
  });
  const started = Date.now();
  // A new thread with the next seed every ten minutes at most, so that no corpus grows old.
  let seed = firstSeed;
  for (; Date.now() < end && sum.executions < executions; seed++) await run(outfile, seed);
  const seconds = Math.round((Date.now() - started) / 1000);
  const figures = {
    seeds: [firstSeed, seed - 1],
    seconds,
    exemplars,
    ...sum,
    slowestMilliseconds: Math.round(sum.slowestMilliseconds),
    findings: found.length,
  };
  console.log(JSON.stringify(figures));
  if (process.argv.includes("--record"))
    appendFileSync(
      join(root, "test", "hostile", "fuzz-log.jsonl"),
      `${JSON.stringify({ date: new Date().toISOString().slice(0, 10), ...figures })}\n`,
    );
} catch (error) {
  console.error(error);
  status = 1;
} finally {
  rmSync(outDir, { recursive: true, force: true });
}
// The last line counts, as for every suite of scripts/ci-*.sh: an input judged is a test that passed.
console.log(`${sum.executions - found.length} passed, ${found.length + status} failed`);
process.exitCode = status || (found.length > 0 ? 1 : 0);
