/** Collects the licence of every package that the build inlines, so that what we ship carries the notices it must carry. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Options } from "tsup";

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/** Licences that allow redistribution inside an Apache-2.0 package when their notice travels along. */
const allowed = new Set(["MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "0BSD", "ISC"]);
const inlined = new Set<string>();

const noticeFiles = (folder: string): string[] =>
  readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice|copyrightnotice)(\.|$)/i.test(name));

function notice(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (!allowed.has(manifest.license))
    throw new Error(`${manifest.name}: licence ${manifest.license} is not on our list`);
  const texts = noticeFiles(folder).map((name) => readFileSync(join(folder, name), "utf8").trim());
  if (texts.length === 0) throw new Error(`${manifest.name}: it carries no licence text`);
  return [`${manifest.name} ${manifest.version} (${manifest.license})`, ...texts].join("\n\n");
}

/** An esbuild plugin that writes `dist/THIRD_PARTY_LICENSES.txt` from what really ended up in the output. */
export function thirdPartyLicenses(outFile: string): Plugin {
  return {
    name: "third-party-licenses",
    setup(build) {
      build.initialOptions.metafile = true;
      build.onEnd((result) => {
        for (const output of Object.values(result.metafile?.outputs ?? {})) {
          for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
            const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
            if (bytesInOutput > 0 && folder !== undefined && existsSync(folder)) inlined.add(folder);
          }
        }
        mkdirSync(join(outFile, ".."), { recursive: true });
        const rule = `\n\n${"-".repeat(80)}\n\n`;
        writeFileSync(outFile, `${[...inlined].sort().map(notice).join(rule)}\n`);
      });
    },
  };
}
