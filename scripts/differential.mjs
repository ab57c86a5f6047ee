// Opt-in: compares what we accept with what other verifiers accept, on real evidence and on mutations of it: go-sev-guest and go-tdx-guest
// (needs Go), or the crates sev and dcap-qvl (needs Rust). With Python it compares launch digests instead, of as many random launches,
// with those of sev-snp-measure, which verifies nothing.
// Usage: npm run differential -- [MUTATIONS] [SEED] [--with go | rust | python]
// Only genuineness is compared (signatures, certificate path, evidence to certificate): none of them judges floors or builds, and
// without collateral go-tdx-guest does not look at TCB info or the quoting enclave; dcap-qvl is given the collateral. Every class of
// disagreement must be explained in docs/assurance.md: one that is not known fails.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");
const cache = join(root, ".cache", "differential");
const MEASURE = "sev-snp-measure==0.0.13";
const MODULES = ["github.com/google/go-sev-guest@v0.15.0", "github.com/google/go-tdx-guest@v0.3.1"];

function run(folder, command, ...args) {
  const { status } = spawnSync(command, args, { cwd: join(cache, folder), stdio: "inherit" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed`);
}

function buildGo() {
  const oracle = join(cache, "oracle");
  mkdirSync(join(cache, "go"), { recursive: true });
  copyFileSync(join(here, "differential", "main.go"), join(cache, "go", "main.go"));
  if (!existsSync(join(cache, "go", "go.mod"))) run("go", "go", "mod", "init", "differential");
  if (!existsSync(oracle)) {
    run("go", "go", "get", ...MODULES);
    run("go", "go", "mod", "tidy");
    run("go", "go", "build", "-o", oracle, ".");
  }
  return oracle;
}

/** Cargo builds again what has changed, and nothing else. */
function buildRust() {
  cpSync(join(here, "differential", "rust"), join(cache, "rust"), { recursive: true, preserveTimestamps: true });
  run("rust", "cargo", "build", "--release", "--quiet");
  return join(cache, "rust", "target", "release", "oracle");
}

/** A virtual environment of its own. */
function buildPython() {
  const python = join(cache, "python", "bin", "python");
  mkdirSync(cache, { recursive: true });
  if (!existsSync(python)) run(".", "python3", "-m", "venv", "python");
  run(".", python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", MEASURE);
  return python;
}

const at = process.argv.indexOf("--with");
const other = at < 0 ? "go" : process.argv[at + 1];
const builders = { go: buildGo, rust: buildRust, python: buildPython };
if (!Object.hasOwn(builders, other)) throw new Error(`--with ${other}: none of ${Object.keys(builders).join(", ")}`);
const oracle = builders[other]();

const outDir = mkdtempSync(join(root, "node_modules", ".differential-"));
try {
  const outfile = join(outDir, "run.mjs");
  const entryPoints = [
    other === "python" ? join(here, "compare-measure-run.ts") : join(root, "test", "hostile", "differential.ts"),
  ];
  const node = { bundle: true, format: "esm", platform: "node", target: "node20", packages: "external" };
  await build({ ...node, entryPoints, outfile, logLevel: "error" });
  const { compare } = await import(pathToFileURL(outfile).href);
  const [mutations = "10000", seed = "1"] = process.argv.slice(2, at < 0 ? undefined : at);
  const numbers = [Number(mutations), Number(seed)];
  const result = await (other === "python" ? compare(oracle, ...numbers) : compare(other, oracle, ...numbers));
  console.log(JSON.stringify(result, null, 2));
  process.exitCode = (result.unexplained ?? result.different).length === 0 ? 0 : 1;
} finally {
  rmSync(outDir, { recursive: true, force: true });
}
