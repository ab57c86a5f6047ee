/** Judges what the build made as a user meets it: every export loads in plain Node, and nothing undeclared is imported. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const declared = Object.keys(manifest.dependencies);
const problems = [];
const hold = (condition, words) => condition || problems.push(words);

/** Strings and comments may speak of anything: only what an import statement or `import()` names counts. */
const importPattern =
  /(?:^|[;\n}])\s*(?:import|export)\b(?:[^;"'()=]*\bfrom)?\s*["']([^"'\n]+)["']|\bimport\(\s*["']([^"'\n]+)["']\s*\)/g;
const importsOf = (text) => [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2]);

const packageOf = (specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)[0];

for (const [subpath, entry] of Object.entries(manifest.exports)) {
  if (typeof entry === "string") continue;
  hold(existsSync(entry.types), `${subpath}: ${entry.types} is missing`);
  const module = await import(pathToFileURL(entry.default).href).catch((error) => {
    problems.push(`${subpath}: ${error}`);
    return {};
  });
  hold(Object.keys(module).length > 0, `${subpath} exports nothing`);
  hold(!("default" in module), `${subpath} has a default export`);
}

/** Subpaths for Node alone, as `nodeOnly` in tsup.config.ts builds them. */
const nodeOnly = ["attester.js", "attester.d.ts", "live-node.js", "live-node.d.ts"];

const files = readdirSync("dist", { recursive: true, encoding: "utf8" }).filter((name) => /\.(js|d\.ts)$/.test(name));
for (const name of files) {
  const text = readFileSync(join("dist", name), "utf8");
  const isCli = dirname(name) === "cli";
  for (const specifier of importsOf(text)) {
    if (specifier.startsWith("."))
      hold(
        existsSync(join("dist", dirname(name), specifier.replace(/\.js$/, name.endsWith(".d.ts") ? ".d.ts" : ".js"))),
        `dist/${name} imports ${specifier}, which is missing`,
      );
    else if (isBuiltin(specifier)) hold(isCli || nodeOnly.includes(name), `dist/${name} imports ${specifier}`);
    else
      hold(!isCli && declared.includes(packageOf(specifier)), `dist/${name} imports ${specifier}, which no user has`);
  }
  // The second opinion and the command line carry code of others that has such branches; the trusted path must not.
  if (isCli || name.startsWith("cross-check") || name.endsWith(".d.ts")) continue;
  for (const word of ["new Function(", "eval(", "import(", "require("]) {
    hold(!new RegExp(`(?<![\\w$.])${word.replace("(", "\\(")}`).test(text), `dist/${name} has ${word})`);
  }
}

/** The command line is CommonJS with everything linked in: it starts without resolving a single package. */
for (const name of readdirSync(join("dist", "cli")).filter((file) => file.endsWith(".cjs"))) {
  const text = readFileSync(join("dist", "cli", name), "utf8");
  for (const [, specifier] of text.matchAll(/\b(?:require|import)\("([^"]+)"\)/g)) {
    const there = specifier.startsWith(".") ? existsSync(join("dist", "cli", specifier)) : isBuiltin(specifier);
    hold(there, `dist/cli/${name} requires ${specifier}, which is not there`);
  }
}

for (const [name, path] of Object.entries(manifest.bin)) {
  hold(
    existsSync(path) && readFileSync(path, "utf8").startsWith("#!/usr/bin/env node\n"),
    `${name}: ${path} does not start with the node shebang`,
  );
}
hold(existsSync("dist/THIRD_PARTY_LICENSES.txt"), "the licences of inlined packages are missing");

console.log(problems.length === 0 ? `dist: ${files.length} files hold` : problems.join("\n"));
process.exitCode = problems.length === 0 ? 0 : 1;
