/** `npm run bench:live`: 10,000 challenges to one server, memory and rate; then one client and 1,000 instances. Not part of the timed tests. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const out = join("node_modules", ".testbed");
mkdirSync(out, { recursive: true });
const outfile = join(out, "load.mjs");
const common = { bundle: true, format: "esm", platform: "node", packages: "external", logLevel: "error" };
await build({ ...common, entryPoints: ["scripts/testbed/load.ts"], outfile });
const { load } = await import(pathToFileURL(outfile).href);
process.exitCode = await load(Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? 1_000));
