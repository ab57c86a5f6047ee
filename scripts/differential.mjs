// Opt-in: compares what we accept with what go-sev-guest and go-tdx-guest accept, on real evidence and on mutations of it. Needs Go.
// Usage: npm run differential -- [MUTATIONS] [SEED]
// Only genuineness is compared (signatures, certificate path, evidence to certificate): neither of the two judges floors or builds, and
// without collateral go-tdx-guest does not look at TCB info or the quoting enclave. Every class of disagreement must be explained in
// docs/assurance.md: one that is not known fails.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");
const cache = join(root, ".cache", "differential");
const MODULES = ["github.com/google/go-sev-guest@v0.15.0", "github.com/google/go-tdx-guest@v0.3.1"];

function go(...args) {
  const { status } = spawnSync("go", args, { cwd: join(cache, "go"), stdio: "inherit" });
  if (status !== 0) throw new Error(`go ${args.join(" ")} failed`);
}

const oracle = join(cache, "oracle");
mkdirSync(join(cache, "go"), { recursive: true });
copyFileSync(join(here, "differential", "main.go"), join(cache, "go", "main.go"));
if (!existsSync(join(cache, "go", "go.mod"))) go("mod", "init", "differential");
if (!existsSync(oracle)) {
  go("get", ...MODULES);
  go("mod", "tidy");
  go("build", "-o", oracle, ".");
}

const outDir = mkdtempSync(join(root, "node_modules", ".differential-"));
try {
  const outfile = join(outDir, "run.mjs");
  const entryPoints = [join(root, "test", "hostile", "differential.ts")];
  const node = { bundle: true, format: "esm", platform: "node", target: "node20", packages: "external" };
  await build({ ...node, entryPoints, outfile, logLevel: "error" });
  const { compare } = await import(pathToFileURL(outfile).href);
  const [mutations = "10000", seed = "1"] = process.argv.slice(2);
  const result = await compare(oracle, Number(mutations), Number(seed));
  console.log(JSON.stringify(result, null, 2));
  process.exitCode = result.unexplained.length === 0 ? 0 : 1;
} finally {
  rmSync(outDir, { recursive: true, force: true });
}
