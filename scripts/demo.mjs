/** `npm run demo`: builds the command line if it is older than its source, and shows it on evidence of this repository. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const cli = "dist/cli/main.js";
const node = (args, options = {}) => spawnSync(process.execPath, args, { stdio: "inherit", ...options });

function newest(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  return Math.max(...files.map((file) => statSync(file).mtimeMs));
}

if (!existsSync(cli) || statSync(cli).mtimeMs < newest("src")) {
  const tsup = "node_modules/tsup/dist/cli-default.js";
  const built = node([tsup], { env: { ...process.env, TEE_VERIFY_BUILD: "cli" } });
  if (built.status !== 0) process.exit(built.status ?? 1);
}

/** What the demo runs: words for the screen, and the arguments of the command line. */
const scenes = existsSync("fixtures/demo/scenes.json") ? readFileSync("fixtures/demo/scenes.json", "utf8") : undefined;
if (scenes === undefined) {
  console.error("fixtures/demo/scenes.json is missing");
  process.exit(1);
}

let failed = false;
for (const { words, arguments: args, exitCode } of JSON.parse(scenes)) {
  console.log(`\n# ${words}\n$ tee-verify ${args.join(" ")}\n`);
  const { status } = node([cli, ...args]);
  if (status !== exitCode) {
    console.error(`the demo expected exit code ${exitCode}, and got ${status}`);
    failed = true;
  }
}
process.exitCode = failed ? 1 : 0;
