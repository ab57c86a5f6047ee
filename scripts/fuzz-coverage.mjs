// Opt-in: Jazzer.js (libFuzzer) with our source as what it covers, against the invariant of test/hostile/fuzz/judge.ts and against the
// readers, which may throw MalformedError alone. It is installed into .cache/jazzer on first use and is no dependency of the repository.
// Usage: npm run fuzz:coverage -- [--minutes N] [--target parsers | verify] [--seed N] [--report] [--record]
// The minutes are shared by the targets. The corpus stays in .cache/jazzer/corpus and grows from run to run; a finding is written beside it
// and fails. --report runs the corpus once more and prints what it reaches of src; --record appends the figures to
// test/hostile/fuzz-coverage-log.jsonl.
import { spawnSync } from "node:child_process";
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { prepareAddon } from "./fuzz-coverage/addon.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const cache = join(root, ".cache", "jazzer");
const VERSION = "4.0.0";

function argument(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
}

if (!existsSync(join(cache, "node_modules", "@jazzer.js", "core"))) {
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, "package.json"), '{ "private": true }\n');
  const options = ["--no-audit", "--no-fund", "--ignore-scripts", "-E"];
  const { status } = spawnSync("npm", ["install", ...options, `@jazzer.js/core@${VERSION}`], {
    cwd: cache,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
  // What tests share imports it for its `describe` alone, and it cannot be loaded by require().
  mkdirSync(join(cache, "node_modules", "vitest"));
  writeFileSync(
    join(cache, "node_modules", "vitest", "index.js"),
    "exports.describe = exports.it = () => undefined;\n",
  );
}
const addonEnvironment = prepareAddon(cache);

/** Each file by itself, since what is instrumented is chosen by file: Jazzer.js hooks require(). */
const tree = join(cache, "tree");
rmSync(tree, { recursive: true, force: true });
const sources = ["src", "fixtures", "test/hostile", "test/support", "test/evidence"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => join(root, folder, name)),
);
const awaits = ["worker.ts", "exhaustive-worker.ts"];
await build({
  entryPoints: sources.filter((file) => !awaits.some((name) => file.endsWith(name))),
  outdir: tree,
  outbase: root,
  format: "cjs",
  platform: "node",
  target: "node20",
  sourcemap: "inline",
  define: { "import.meta.url": "importMetaUrl" },
  // The text of a path for `resolve`, so that data beside the repository is found from the copy.
  banner: {
    js: `const importMetaUrl = require("node:url").pathToFileURL(__filename.replace(${JSON.stringify(tree)}, ${JSON.stringify(root)})).href;`,
  },
  logLevel: "error",
});
for (const name of readdirSync(join(root, "fixtures"), { recursive: true, encoding: "utf8" })) {
  if (!name.endsWith(".json")) continue;
  mkdirSync(dirname(join(tree, "fixtures", name)), { recursive: true });
  copyFileSync(join(root, "fixtures", name), join(tree, "fixtures", name));
}

const targets = join(tree, "test", "hostile", "coverage", "targets.js");
const seeds = join(cache, "seeds");
const { writeSeeds } = (await import(pathToFileURL(targets).href)).default;
await writeSeeds(seeds);

const MAX_LENGTH = 16_384;
/** A hang: on the clock, and machines are busy. What is slow is told by the processor's time (test/hostile/fuzz/judge.ts). */
const HANG_MILLISECONDS = 120_000;
const jazzer = join(cache, "node_modules", "@jazzer.js", "core", "dist", "cli.js");

/** Runs Jazzer.js on one target; its own word on what it did. */
function run(target, options, fuzzer) {
  const corpus = join(cache, "corpus", target);
  mkdirSync(corpus, { recursive: true });
  const found = join(cache, "findings", `${target}-`);
  mkdirSync(dirname(found), { recursive: true });
  const args = [
    ...["--expose-gc", jazzer, targets, corpus, join(seeds, target), "-f", target, "-i", "jazzer/tree/src/"],
    // A verdict is what is judged here, with limits of its own (test/hostile/fuzz/judge.ts).
    ...[
      "--disableBugDetectors",
      "command-injection",
      "--disableBugDetectors",
      "path-traversal",
      "--timeout",
      HANG_MILLISECONDS,
      ...options,
      "--",
    ],
    ...[`-max_len=${MAX_LENGTH}`, `-artifact_prefix=${found}`, "-rss_limit_mb=3072", "-print_final_stats=1", ...fuzzer],
  ];
  const env = { ...process.env, ...addonEnvironment };
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: cache,
    env,
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  writeFileSync(join(cache, `${target}.log`), `${stdout}\n${stderr}`);
  return { status, text: `${stdout}\n${stderr}`, corpus: readdirSync(corpus).length };
}

const only = argument("target", "");
const names = ["parsers", "verify"].filter((name) => name.includes(only));
const seconds = Math.round((Number(argument("minutes", 2)) * 60) / names.length);
let failed = 0;
let executions = 0;
for (const target of names) {
  const { status, text, corpus } = run(target, [], [`-max_total_time=${seconds}`, `-seed=${argument("seed", "1")}`]);
  const last = (pattern) => Number([...text.matchAll(pattern)].at(-1)?.[1] ?? 0);
  const figures = {
    target,
    // The last word is lost now and then, where the process ends before its pipe is empty.
    executions: Math.max(last(/stat::number_of_executed_units:\s+(\d+)/g), last(/^#(\d+)\s/gm)),
    seconds,
    edges: last(/cov: (\d+)/g),
    features: last(/ft: (\d+)/g),
    corpus,
    findings: status === 0 ? 0 : 1,
  };
  console.log(JSON.stringify(figures));
  if (process.argv.includes("--record"))
    appendFileSync(
      join(root, "test", "hostile", "fuzz-coverage-log.jsonl"),
      `${JSON.stringify({ date: new Date().toISOString().slice(0, 10), ...figures })}\n`,
    );
  executions += figures.executions;
  if (status !== 0) {
    failed++;
    console.log(
      `${text.slice(-3000)}\nthe input is under .cache/jazzer/findings, the log in .cache/jazzer/${target}.log`,
    );
  }
}
if (process.argv.includes("--report"))
  for (const target of names) {
    const { text } = run(target, ["--mode", "regression", "--coverage", "--coverageReporters", "text-summary"], []);
    console.log(target, /Statements[\s\S]*?(?=={10})/.exec(text)?.[0] ?? text.slice(-1000));
  }
console.log(`${executions - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 || executions === 0 ? 1 : 0;
