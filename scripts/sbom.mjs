// `npm run sbom`: what users get (CycloneDX, from the lockfile), written to dist/sbom.json. The lockfile check holds that it is two packages.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";

const args = ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only", "--sbom-type", "library"];
const { stdout, stderr, status } = spawnSync("npm", args, { encoding: "utf8", maxBuffer: 1 << 26 });
if (status !== 0) {
  console.error(stderr);
  process.exit(1);
}
const { components } = JSON.parse(stdout);
mkdirSync("dist", { recursive: true });
writeFileSync("dist/sbom.json", stdout);
console.log(`dist/sbom.json: ${components.map(({ name, version }) => `${name} ${version}`).join(", ")}`);
