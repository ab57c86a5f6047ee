/**
 * `npm run size:parts`: what each part of a bundle weighs. Bundles the sources as a browser would get them, then once more for each
 * part with its modules replaced by their names alone; the difference of the two gzip sizes is the part's weight.
 */

import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** By what the design and the issues call them; the first that fits counts. */
const PARTS = [
  ["pinned roots", /trust\/roots/],
  ["words of checks, limits and advice", /messages\//],
  ["DER, PEM, hex, base64, JSON, CBOR", /encoding\//],
  ["certificates, paths, revocation, COSE, cross-check seam", /trust\//],
  ["cryptographic seam and checks of keys and signatures", /crypto\//],
  ["endorsements: sorting, fetching, cache", /endorsements\//],
  ["build manifests and build hashes", /build(\.ts|\/)/],
  ["bindings and readers of options", /(expected\/|options\.ts|challenge\.ts)/],
  [
    "what evidence came in: envelopes, wrappers, lookalikes",
    /(envelope|lookalikes|detect|wrappers|serde|recognise|text-forms)\.ts/,
  ],
  ["the way through: verify, conclude, ledger, inspect", /src\/[a-z-]+\.ts|evidence\/[a-z]+\.ts/],
  ["the kinds themselves", /evidence\//],
];

const ENTRIES = {
  "tee-verify/sev-snp": ["src/sev-snp.ts"],
  "tee-verify/tdx and tee-verify/sgx": ["src/tdx.ts", "src/sgx.ts"],
  "tee-verify/nitro": ["src/nitro.ts"],
  "tee-verify": ["src/index.ts"],
};

const COMMON = {
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  write: false,
  metafile: true,
};

/** All that each module exports: what one part alone uses is not lost with it. */
const contents = (sources) => sources.map((source, index) => `export * as m${index} from "./${source}";`).join("\n");

/** A module of the same exports with nothing in them. */
async function emptied(path) {
  const { metafile } = await build({ ...COMMON, entryPoints: [path], packages: "external", outdir: "nowhere" });
  const [{ exports }] = Object.values(metafile.outputs);
  return exports.map((name) => `export const ${name} = 0;`).join("\n");
}

async function bundle(sources, without) {
  const plugin = {
    name: "without",
    setup(own) {
      own.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) =>
        without?.(path) ? { contents: await emptied(path), loader: "ts" } : undefined,
      );
    },
  };
  const stdin = { contents: contents(sources), resolveDir: process.cwd(), loader: "ts" };
  const { outputFiles, metafile } = await build({ ...COMMON, stdin, outdir: "nowhere", plugins: [plugin] });
  const [{ inputs }] = Object.values(metafile.outputs);
  const code = outputFiles[0].contents;
  return { minified: code.length, gzip: gzipSync(code, { level: 9 }).length, inputs: Object.keys(inputs) };
}

const partOf = (path) => PARTS.find(([, pattern]) => pattern.test(path.replaceAll("\\", "/")))?.[0];
const kB = (bytes) => (bytes / 1000).toFixed(1);

for (const [name, sources] of Object.entries(ENTRIES)) {
  const used = await bundle(sources);
  console.log(`\n${name}: ${kB(used.minified)} kB minified, ${kB(used.gzip)} kB gzip`);
  const modules = used.inputs.filter((path) => path.startsWith("src/"));
  const whole = await bundle(modules);
  const unknown = modules.filter((path) => partOf(path) === undefined);
  if (unknown.length > 0) throw new Error(`of no part: ${unknown.join(", ")}`);
  for (const [part] of PARTS) {
    const rest = await bundle(modules, (path) => partOf(path.slice(path.lastIndexOf("/src/") + 1)) === part);
    console.log(
      `  ${part.padEnd(60)} ${kB(whole.minified - rest.minified).padStart(7)} ${kB(whole.gzip - rest.gzip).padStart(7)}`,
    );
  }
}
