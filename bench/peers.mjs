/** Other packages that verify the same, each kind's in a folder of its own: they are nobody's dependency. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** What is imported from inside a folder is resolved from there. */
const LOADER = "export const load = (name) => import(name);\n";

/**
 * Installs `dependencies` (name to version) and `overrides` under `.cache/bench/<kind>`, once, and returns how to import them.
 * Throws where a peer cannot be had: a comparison that is left out would look like one that was won.
 */
export async function installPeers(kind, dependencies, overrides = {}) {
  const folder = resolve(".cache", "bench", kind);
  const manifest = join(folder, "package.json");
  const wanted = JSON.stringify({ private: true, type: "module", dependencies, overrides }, undefined, 2);
  if (!existsSync(join(folder, "node_modules")) || readFileSync(manifest, "utf8") !== wanted) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(manifest, wanted);
    writeFileSync(join(folder, "load.mjs"), LOADER);
    execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], {
      cwd: folder,
      stdio: "inherit",
    });
  }
  const { load } = await import(pathToFileURL(join(folder, "load.mjs")).href);
  return load;
}
