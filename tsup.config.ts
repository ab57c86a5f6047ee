import { readFile } from "node:fs/promises";
import { defineConfig, type Options } from "tsup";
import { thirdPartyLicenses } from "./scripts/third-party.js";

const shared = {
  format: "esm",
  target: "es2022",
  outDir: "dist",
  silent: true,
  esbuildPlugins: [thirdPartyLicenses("dist/THIRD_PARTY_LICENSES.txt")],
} satisfies Options;

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/** A minifier leaves template strings alone: the component's style sheet loses the blanks that are there for its readers. */
const terseStyles: Plugin = {
  name: "terse-styles",
  setup(build) {
    build.onLoad({ filter: /element\/styles\.ts$/ }, async ({ path }) => {
      const [head = "", ...sheet] = (await readFile(path, "utf8")).split(/(?<=`)(?=\n:host)/);
      const terse = sheet
        .join("")
        .replace(/\s*([{};,])\s*/g, "$1")
        .replace(/: /g, ":")
        .replace(/;}/g, "}");
      return { contents: head + terse, loader: "ts" };
    });
  },
};

/** Browser-pure. Only @noble/* stays an import; `hpke` of `live` is inlined. */
const library: Options = {
  ...shared,
  // The public subpaths. A new one is one line here and one in the `exports` of package.json.
  entry: {
    azure: "src/azure.ts",
    ear: "src/ear.ts",
    gce: "src/gce.ts",
    index: "src/index.ts",
    arm: "src/arm.ts",
    nitro: "src/nitro.ts",
    nvidia: "src/nvidia.ts",
    profiles: "src/profiles/index.ts",
    "profiles/dstack": "src/profiles/dstack.ts",
    "profiles/oasis": "src/profiles/oasis.ts",
    "profiles/ra-tls": "src/profiles/ra-tls.ts",
    "sev-snp": "src/sev-snp.ts",
    tdx: "src/tdx.ts",
    sgx: "src/sgx.ts",
    tokens: "src/tokens.ts",
    noble: "src/crypto/noble.ts",
    measure: "src/expected/measure/index.ts",
    dstack: "src/dstack.ts",
    manifest: "src/expected/build/index.ts",
    release: "src/expected/release/index.ts",
    sigstore: "src/expected/sigstore/index.ts",
    live: "src/live/index.ts",
  },
  platform: "browser",
  splitting: true,
  treeshake: false,
  sourcemap: true,
  dts: true,
};

/**
 * The second opinion carries @peculiar/x509 with it. One file that shares no chunk: reflect-metadata works by a side
 * effect, and in a package marked `sideEffects: false` a bundler may drop a chunk that is imported for that alone.
 */
const crossCheck: Options = {
  ...shared,
  entry: { "cross-check": "src/cross-check.ts" },
  platform: "browser",
  splitting: false,
  dts: true,
  noExternal: [/^@peculiar\//, "asn1js", "reflect-metadata"],
};

/** For Node alone: the agent's end of a challenge, and a client that sees TLS certificates. They share no chunk with the library, which stays browser-pure. */
const nodeOnly: Options = {
  ...shared,
  entry: { attester: "src/attester/index.ts", "live-node": "src/live-node/index.ts" },
  tsconfig: "tsconfig.node.json",
  platform: "node",
  target: "node20",
  splitting: false,
  treeshake: false,
  sourcemap: true,
  dts: true,
};

/**
 * The component beside the verifier: what it shares with the front door stays an import of it, so that a page which uses both loads it
 * once, and the component is measured on its own.
 */
const element: Options = {
  ...shared,
  entry: { element: "src/element/element.ts" },
  platform: "browser",
  splitting: false,
  sourcemap: true,
  dts: true,
  esbuildPlugins: [
    ...shared.esbuildPlugins,
    terseStyles,
    {
      name: "beside-the-verifier",
      setup(build) {
        build.onResolve({ filter: /^\.\.\/(index|crypto\/noble)\.js$/ }, ({ path }) => ({
          path: `./${path.replace(/^.*\//, "")}`,
          external: true,
        }));
      },
    },
  ],
};

/** For pages without a build step: one file with everything in it, whose integrity hash is published (scripts/release-notes.mjs). */
const singleFile: Options = {
  ...shared,
  entry: { "tee-verify.min": "src/cdn.ts" },
  platform: "browser",
  splitting: false,
  minify: true,
  noExternal: [/.*/],
  esbuildPlugins: [...shared.esbuildPlugins, terseStyles],
};

/** What the command line loads with `import()`: files of their own beside it, by the name of their source. */
const loadedLater: Plugin = {
  name: "loaded-later",
  setup(build) {
    build.onResolve({ filter: /\.js$/ }, ({ kind, path }) =>
      kind === "dynamic-import"
        ? { path: `./${path.replace(/^.*\//, "").replace(/js$/, "cjs")}`, external: true }
        : undefined,
    );
  },
};

/**
 * The command line, with everything linked in: it starts without resolving a single package. CommonJS in one file, which Node loads
 * faster than modules. What only some calls need has a line here for each `import()` in `src/cli`, and shares no code with the rest.
 */
export const cli: Options = {
  ...shared,
  format: "cjs",
  entry: {
    main: "src/cli/main.ts",
    "cross-check": "src/cross-check.ts",
    noble: "src/crypto/noble.ts",
    "gpus-and-keys": "src/cli/gpus-and-keys.ts",
    "other-kinds": "src/cli/other-kinds.ts",
    tinfoil: "src/cli/tinfoil.ts",
    measure: "src/cli/commands/measure.ts",
    manifest: "src/cli/commands/manifest.ts",
    release: "src/cli/commands/release.ts",
    "expected-build": "src/cli/expected-build.ts",
    challenge: "src/cli/challenge.ts",
  },
  esbuildPlugins: [...shared.esbuildPlugins, loadedLater],
  // `import()` becomes `require()`: the loader of modules does not have to start.
  esbuildOptions(options) {
    options.supported = { "dynamic-import": false };
  },
  outDir: "dist/cli",
  platform: "node",
  target: "node20",
  splitting: false,
  minify: true,
  noExternal: [/.*/],
};

export default defineConfig(
  process.env["TEE_VERIFY_BUILD"] === "cli" ? [cli] : [library, crossCheck, nodeOnly, element, singleFile, cli],
);
