/**
 * What must hold of package-lock.json. lockfile-lint judges the `resolved` addresses, and this lockfile has none (so that
 * no mirror's name gets in, see .npmrc); what is left to hold is written here.
 */
import { readFileSync } from "node:fs";

const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const manifest = read("package.json");
const lock = read("package-lock.json");
const installed = Object.entries(lock.packages).filter(([path]) => path !== "");
const lockedNames = new Set(
  installed.map(([path]) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)),
);
const problems = [];
const hold = (condition, words) => condition || problems.push(words);

/** The only packages that `npm install tee-verify` may bring (docs/dependencies.md gives the reason for each). */
const runtime = ["@noble/curves", "@noble/hashes"];
const exact = /^\d+\.\d+\.\d+$/;

hold(lock.lockfileVersion === 3, "lockfileVersion is not 3");
for (const group of ["dependencies", "devDependencies"]) {
  const [ours, locked] = [manifest[group] ?? {}, lock.packages[""][group] ?? {}];
  hold(JSON.stringify(ours) === JSON.stringify(locked), `${group} of package.json and of the lockfile differ`);
  for (const [name, range] of Object.entries(ours))
    hold(exact.test(range), `${name}: ${range} is not an exact version`);
}
for (const group of ["optionalDependencies", "peerDependencies", "bundleDependencies", "bundledDependencies"]) {
  hold(manifest[group] === undefined, `package.json has ${group}`);
}
for (const name of ["preinstall", "install", "postinstall", "prepare", "prepublish"]) {
  hold(manifest.scripts[name] === undefined, `package.json has the install script ${name}`);
}

for (const [path, entry] of installed) {
  hold(path.startsWith("node_modules/") && !entry.link, `${path} comes from outside the registry`);
  hold(/^sha512-[A-Za-z0-9+/]{86}==$/.test(entry.integrity ?? ""), `${path} has no sha512 integrity`);
  hold(entry.resolved === undefined, `${path} names where it was downloaded: see .npmrc`);
  hold(exact.test(entry.version?.replace(/-[\w.]+$/, "") ?? ""), `${path} has no exact version`);
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    hold(lockedNames.has(name), `${name}, an optional part of ${path}, is not locked: npm ci would refuse`);
  }
  if (entry.dev) continue;
  hold(runtime.includes(path.slice("node_modules/".length)), `${path} would be installed at every user's`);
  hold(!entry.hasInstallScript, `${path} runs a script when it is installed`);
}
for (const name of runtime) hold(lock.packages[`node_modules/${name}`] !== undefined, `${name} is not locked`);

console.log(problems.length === 0 ? `package-lock.json: ${installed.length} packages hold` : problems.join("\n"));
process.exitCode = problems.length === 0 ? 0 : 1;
