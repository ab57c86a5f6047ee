// Opt-in: compares our SEV launch digests with those of sev-snp-measure (PyPI) on random launches.
// SEV_SNP_MEASURE_PYTHON names a Python that has it: python3 -m venv V && V/bin/pip install sev-snp-measure==0.0.13
// Usage: SEV_SNP_MEASURE_PYTHON=V/bin/python node scripts/compare-measure.mjs [count] [first seed] [--record]
import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "tsup";

const python = process.env["SEV_SNP_MEASURE_PYTHON"];
if (python === undefined) {
  console.error("SEV_SNP_MEASURE_PYTHON is not set: it names a Python that has sev-snp-measure");
  process.exit(2);
}
const here = dirname(fileURLToPath(import.meta.url));
const outDir = mkdtempSync(join(here, "..", "node_modules", ".compare-measure-"));
try {
  const entry = join(here, "compare-measure-run.ts");
  await build({ entry: [entry], outDir, format: "esm", platform: "node", config: false, silent: true, clean: false });
  const { compare, record } = await import(pathToFileURL(join(outDir, "compare-measure-run.js")).href);
  const numbers = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
  const [count, firstSeed] = [Number(numbers[0] ?? 200), Number(numbers[1] ?? 1)];
  if (process.argv.includes("--record")) {
    console.log(JSON.stringify(record(python, count, firstSeed), null, 2));
  } else {
    const result = await compare(python, count, firstSeed);
    console.log(JSON.stringify(result, null, 2));
    process.exitCode = result.different.length === 0 ? 0 : 1;
  }
} finally {
  rmSync(outDir, { recursive: true, force: true });
}
