/** `npm run demo`: builds the command line if it is older than its source, and shows it on evidence of this repository. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));
const cli = "dist/cli/main.cjs";
const node = (args, options = {}) => spawnSync(process.execPath, args, { stdio: "inherit", ...options });

function newest(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  return Math.max(...files.map((file) => statSync(file).mtimeMs));
}

if (!existsSync(cli) || statSync(cli).mtimeMs < newest("src")) {
  const tsup = "node_modules/tsup/dist/cli-default.js";
  if (!existsSync(tsup)) {
    console.error("run `npm ci` first");
    process.exit(1);
  }
  const built = node([tsup], { env: { ...process.env, TEE_VERIFY_BUILD: "cli" } });
  if (built.status !== 0) process.exit(built.status ?? 1);
}

/**
 * What the demo runs: words for the screen, and the arguments of the command line.
 * @type {{ title: string, words: string, arguments: string[], outcome: string, exitCode: number }[]}
 */
const scenes = JSON.parse(readFileSync("fixtures/demo/scenes.json", "utf8"));

const width = Math.min(process.stdout.columns ?? 80, 110);
const rule = "=".repeat(width);

/** Long arguments would bury the command: the screen shows their start. */
const shown = (argument) => (argument.length > 70 ? `${argument.slice(0, 16)}...` : argument);

function wrapped(text) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (`${last} ${word}`.length > width) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines.join("\n");
}

const results = scenes.map((scene, index) => {
  const { title, words, arguments: args, exitCode } = scene;
  console.log(`\n${rule}\n${index + 1} of ${scenes.length}: ${title}\n${rule}\n${wrapped(words)}`);
  console.log(`\n$ tee-verify ${args.map(shown).join(" ")}`);
  const { status } = node([cli, ...args]);
  return { ...scene, as: status === exitCode };
});

console.log(`\n${rule}`);
for (const { title, outcome, exitCode, as } of results) {
  console.log(`${as ? outcome.padEnd(14) : "UNEXPECTED    "} exit code ${exitCode}  ${title}`);
}
console.log(
  wrapped(
    "\nEverything was judged in this process, without a network, under AMD's root certificates as this repository pins them (roots/). Where the evidence comes from: fixtures/PROVENANCE.json.",
  ),
);
process.exitCode = results.every(({ as }) => as) ? 0 : 1;
