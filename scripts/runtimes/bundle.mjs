/** Bundles the suite with the built package, without a single option for any runtime: what works here works for users. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { folder } from "./install.mjs";

/** @returns {Promise<{ module: string, script: string }>} an ES module that exports `run`, and a script that sets `teeVerifySuite` */
export async function bundleSuite() {
  const out = join(folder, "bundle");
  mkdirSync(out, { recursive: true });
  const casesFile = join(out, "cases.mjs");
  await build({
    entryPoints: ["test/runtimes/cases.ts"],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: casesFile,
    logLevel: "error",
    define: { "import.meta.url": JSON.stringify(`file://${process.cwd()}/test/support/shared.ts`) },
    external: ["vitest"],
  });
  const { runtimeCases } = await import(`${process.cwd()}/${casesFile}`);
  const cases = runtimeCases();
  const common = {
    entryPoints: ["test/runtimes/entry.ts"],
    bundle: true,
    platform: "browser",
    target: "es2022",
    logLevel: "error",
    define: { CASES: "TEE_VERIFY_CASES" },
    banner: { js: `const TEE_VERIFY_CASES = ${JSON.stringify(cases)};` },
  };
  const module = join(out, "suite.mjs");
  const script = join(out, "suite.js");
  await build({ ...common, format: "esm", outfile: module });
  await build({
    ...common,
    format: "iife",
    globalName: "teeVerifySuite",
    outfile: script,
    footer: { js: "globalThis.teeVerifySuite = teeVerifySuite;" },
  });
  return { module, script, count: cases.length };
}
