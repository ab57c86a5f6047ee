/**
 * Release notes of this build, for people and for pages that load the single file: what changed, and the integrity hash of
 * dist/tee-verify.min.js. Written to dist/RELEASE-NOTES.md; `--check` compares what is written with the file.
 */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const FILE = "tee-verify.min.js";

/** The value of an `integrity` attribute (W3C Subresource Integrity). */
export function integrityOf(bytes) {
  return `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
}

/** The section of a changelog for `version`, or what is not released yet. */
export function changesOf(changelog, version) {
  const sections = changelog.split(/^## /m).slice(1);
  const named = (name) => sections.find((section) => section.startsWith(name));
  const section = named(version) ?? named(`[${version}]`) ?? named("Unreleased");
  if (section === undefined) throw new Error(`CHANGELOG.md says nothing of ${version}`);
  return section.slice(section.indexOf("\n") + 1).trim();
}

export function releaseNotes({ version, changelog, bytes }) {
  return `# tee-verify ${version}

${changesOf(changelog, version)}

## The single file

\`dist/${FILE}\` holds the front door, both crypto back ends and the component \`<tee-verify>\`. A page that loads it from somebody
else's server gives its hash, and the browser refuses any other bytes:

\`\`\`html
<script type="module" integrity="${integrityOf(bytes)}" crossorigin src="https://your-cdn/tee-verify@${version}/dist/${FILE}"></script>
\`\`\`

| file | bytes | integrity |
| --- | --- | --- |
| \`dist/${FILE}\` | ${bytes.length} | \`${integrityOf(bytes)}\` |
`;
}

/** What is wrong with published notes, in words; empty if they are of these bytes. */
export function faultsOf(notes, bytes) {
  const hashes = [...notes.matchAll(/sha384-[A-Za-z0-9+/=]+/g)].map(([hash]) => hash);
  if (hashes.length === 0) return ["the release notes have no integrity hash"];
  const wrong = hashes.filter((hash) => hash !== integrityOf(bytes));
  return wrong.map((hash) => `the release notes say ${hash}, and the file has ${integrityOf(bytes)}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const bytes = readFileSync(`dist/${FILE}`);
  if (process.argv.includes("--check")) {
    const faults = faultsOf(readFileSync("dist/RELEASE-NOTES.md", "utf8"), bytes);
    console.log(faults.join("\n") || "the release notes give the hash of the single file");
    process.exitCode = faults.length === 0 ? 0 : 1;
  } else {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    const changelog = readFileSync("CHANGELOG.md", "utf8");
    writeFileSync("dist/RELEASE-NOTES.md", releaseNotes({ version, changelog, bytes }));
  }
}
