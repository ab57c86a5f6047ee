// Mutation testing of one room with Stryker, which is installed into .cache/mutation on first use (it is no dependency of the repository).
// Usage: npm run mutation -- ROOM [FILE...] [--without-static] [--record]
// ROOM is a name of the table below. FILEs (under src) narrow a run; the room's next run takes over what they found (incremental).
// --without-static leaves out mutants that act at import, each of which costs all tests of the room. --record adds a line to the log.
// The report goes to .cache/mutation/reports/ROOM.json.
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const cache = join(root, ".cache", "mutation");
const VERSION = "9.6.1";

/** How builds that a manifest lists are compared. */
const MANIFEST = ["test/manifest/values.test.ts", "test/manifest/closest.test.ts"];

/** The files of a room, and the fast tests that hold them, `!` before those left out: exhaustive flips and fuzzing would find more and take hours. */
const ROOMS = {
  encoding: [["encoding/*.ts"], ["test/encoding"]],
  // Without Wycheproof, whose thousands of cases take a minute under the back end in JavaScript.
  crypto: [["crypto/*.ts"], ["test/crypto", "!test/crypto/wycheproof.test.ts"]],
  // Without the pinned roots, which are data that `roots.test.ts` compares with their files.
  // The profiles come first: most that acts at import is a table of theirs.
  trust: [["trust/*.ts"], ["test/trust/profiles.test.ts", "test/trust", "!test/trust/roots.test.ts"]],
  "sev-snp": [
    ["evidence/sev-snp/authenticate.ts", "evidence/sev-snp/appraise.ts"],
    [
      "test/evidence/sev-snp/codes.test.ts",
      "test/evidence/sev-snp/builds.test.ts",
      "test/evidence/azure/rows.test.ts",
      ...MANIFEST,
    ],
  ],
  dcap: [
    ["evidence/dcap/authenticate.ts", "evidence/dcap/appraise.ts"],
    [
      "test/evidence/dcap/said.test.ts",
      "test/evidence/tdx/appraise.test.ts",
      "test/evidence/sgx/appraise.test.ts",
      "test/manifest/closest.test.ts",
      "test/evidence/dcap/pitfalls.test.ts",
    ],
  ],
  tdx: [
    ["evidence/tdx/authenticate.ts", "evidence/tdx/appraise.ts"],
    [
      "test/evidence/dcap/said.test.ts",
      "test/evidence/tdx/appraise.test.ts",
      "test/evidence/tdx/runtime.test.ts",
      "test/evidence/tdx",
      "test/evidence/dstack/said.test.ts",
      "test/evidence/dstack/unreplayed.test.ts",
      "test/manifest/runtime-registers.test.ts",
    ],
  ],
  sgx: [["evidence/sgx/appraise.ts"], ["test/evidence/dcap/said.test.ts", "test/evidence/sgx"]],
  nitro: [
    ["evidence/nitro/authenticate.ts", "evidence/nitro/appraise.ts"],
    [
      ...["said", "appraise", "binding-rows", "chain-rows", "cose-rows", "evidence", "register-rows"].map(
        (suite) => `test/evidence/nitro/${suite}.test.ts`,
      ),
      ...MANIFEST,
    ],
  ],
  azure: [
    ["evidence/azure/authenticate.ts", "evidence/azure/appraise.ts", "evidence/azure/aci.ts"],
    ["test/evidence/azure"],
  ],
  gce: [["evidence/gce/judge.ts"], ["test/evidence/gce"]],
  arm: [["evidence/arm/psa.ts", "evidence/arm/cca.ts", "evidence/arm/shared.ts"], ["test/evidence/arm"]],
  nvidia: [
    ["evidence/nvidia/authenticate.ts", "evidence/nvidia/appraise.ts"],
    ["test/evidence/nvidia/said.test.ts", "test/evidence/nvidia"],
  ],
  tokens: [
    ["evidence/tokens/authenticate.ts", "evidence/tokens/appraise.ts"],
    ["test/evidence/tokens/rows.test.ts", "test/evidence/tokens"],
  ],
  dstack: [
    ["evidence/dstack/appraise.ts"],
    ["test/evidence/dstack/said.test.ts", "test/evidence/dstack/unreplayed.test.ts"],
  ],
};

const [name, ...rest] = process.argv.slice(2);
const only = rest.filter((argument) => !argument.startsWith("--"));
if (ROOMS[name] === undefined) {
  console.error(`usage: npm run mutation -- ROOM [FILE...], where ROOM is ${Object.keys(ROOMS).join(", ")}`);
  process.exit(2);
}
const [files, tests] = ROOMS[name];
if (!existsSync(join(cache, "node_modules", "@stryker-mutator", "core"))) {
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, "package.json"), '{ "private": true }\n');
  const options = ["--no-audit", "--no-fund", "--legacy-peer-deps", "--ignore-scripts", "-E"];
  const { status } = spawnSync("npm", ["install", ...options, `@stryker-mutator/core@${VERSION}`], {
    cwd: cache,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
}

const config = {
  mutate: (only.length > 0 ? only : files).map((file) =>
    file.startsWith("!") ? `!src/${file.slice(1)}` : `src/${file}`,
  ),
  testRunner: "bundle",
  plugins: [join(root, "scripts", "mutation-words.mjs"), join(root, "scripts", "mutation-runner.mjs")],
  bundle: { tests, modules: "." },
  ignorers: ["words"],
  ignoreStatic: rest.includes("--without-static"),
  inPlace: false,
  tempDirName: join(".cache", "mutation", `tmp-${name}`),
  // Evidence lies beside the repository, and a copy of it two folders further down.
  ignorePatterns: ["dist", ".cache", ".runtimes", "coverage"],
  coverageAnalysis: "perTest",
  incremental: true,
  force: rest.includes("--force"),
  incrementalFile: join(cache, `incremental-${name}.json`),
  jsonReporter: { fileName: join(cache, "reports", `${name}.json`) },
  reporters: ["json", "clear-text", "progress-append-only"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  concurrency: 1,
  // Longer than a busy machine keeps a run waiting: what is merely late is not killed.
  timeoutMS: 30_000,
  timeoutFactor: 2,
  thresholds: { high: 95, low: 90, break: 90 },
};
const file = join(cache, `stryker-${name}.config.json`);
writeFileSync(file, JSON.stringify(config, null, 2));
const { status } = spawnSync(
  process.execPath,
  [join(cache, "node_modules", "@stryker-mutator", "core", "bin", "stryker.js"), "run", file],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, TEE_VERIFY_SHARED: process.env["TEE_VERIFY_SHARED"] ?? join(root, "..", "shared") },
  },
);
const report = join(cache, "reports", `${name}.json`);
if (existsSync(report)) {
  const mutants = Object.values(JSON.parse(readFileSync(report, "utf8")).files).flatMap(({ mutants: all }) => all);
  const count = (...states) => mutants.filter(({ status: state }) => states.includes(state)).length;
  const ignored = (pattern) =>
    mutants.filter(({ status: state, statusReason }) => state === "Ignored" && pattern.test(statusReason ?? "")).length;
  const [killed, survived] = [count("Killed", "Timeout"), count("Survived", "NoCoverage")];
  const [words, atImport] = [ignored(/^words$/), ignored(/static/i)];
  const line = JSON.stringify({
    room: name,
    date: new Date().toISOString().slice(0, 10),
    mutants: killed + survived,
    killed,
    survived,
    disabled: count("Ignored") - words - atImport,
    words,
    static: atImport,
    score: Math.floor((1000 * killed) / (killed + survived)) / 10,
  });
  console.log(line);
  if (rest.includes("--record")) appendFileSync(join(root, "test", "hostile", "mutation-log.jsonl"), `${line}\n`);
}
process.exitCode = status ?? 1;
