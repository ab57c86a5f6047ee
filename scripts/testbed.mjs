/**
 * The test bed: an agent on a forged confidential machine, on loopback, and those who challenge it.
 * `npm run testbed` serves, `npm run testbed:challenge` challenges from Node, `npm run testbed:browser` from Chromium, and `check` does all three.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const out = join("node_modules", ".testbed");
mkdirSync(out, { recursive: true });
const common = { bundle: true, logLevel: "error", target: "es2022", format: "esm" };
await Promise.all([
  build({
    ...common,
    entryPoints: ["scripts/testbed/main.ts"],
    outfile: join(out, "main.mjs"),
    platform: "node",
    packages: "external",
  }),
  build({
    ...common,
    entryPoints: ["scripts/testbed/page.ts"],
    outfile: join(out, "page.js"),
    platform: "browser",
    // Else two hashes of the noble back end come along, which a page with WebCrypto never calls.
    minify: true,
  }),
]);
const { main } = await import(pathToFileURL(join(out, "main.mjs")).href);
process.exitCode = await main(process.argv.slice(2), join(out, "page.js"));
