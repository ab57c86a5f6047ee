/**
 * Packs the package, installs it beside bundlers in `.bundlers/`, and bundles one program for browsers with each, without a single
 * option beyond entry and output. What comes out runs in Chromium, under a policy that forbids code from strings.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { serveFiles } from "../browser/build.mjs";
import { olderRules, report } from "../browser/evidence.mjs";
import { launchChromium } from "../runtimes/browsers.mjs";
import { installRuntimes } from "../runtimes/install.mjs";

const folder = ".bundlers";
const packages = {
  esbuild: "0.28.2",
  rollup: "4.68.8",
  "@rollup/plugin-node-resolve": "16.0.3",
  vite: "8.3.8",
  webpack: "5.113.0",
  "webpack-cli": "7.3.1",
};

installRuntimes();
install();
const program = `import { verify } from "tee-verify";
import { sevSnp } from "tee-verify/sev-snp";
import { noble } from "tee-verify/noble";
import { defineTeeVerify } from "tee-verify/element";
const judge = (evidence, options, backEnd) => verify(evidence, { ...options, at: new Date(options.at), ...(backEnd === "noble" ? { crypto: noble } : {}) });
globalThis.program = { judge, kind: sevSnp.name, component: typeof defineTeeVerify };
`;
writeFileSync(join(folder, "entry.js"), program);
writeFileSync(
  join(folder, "index.html"),
  '<!doctype html><title>t</title><script type="module" src="/entry.js"></script>',
);

const inFolder = (name, args) =>
  execFileSync(resolve(folder, "node_modules/.bin", name), args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
const firstScript = (path) =>
  readdirSync(join(folder, path))
    .filter((name) => name.endsWith(".js"))
    .map((name) => join(path, name))[0];

const webpack = (mode, out, ...more) =>
  inFolder("webpack", ["./entry.js", "--mode", mode, ...more, "--output-path", resolve(folder, out)]);

/** How each is called, and where what it made lies. */
const bundlers = [
  ["esbuild", () => inFolder("esbuild", ["entry.js", "--bundle", "--outfile=out/esbuild.js"]), () => "out/esbuild.js"],
  [
    "esbuild, minified module",
    () => inFolder("esbuild", ["entry.js", "--bundle", "--minify", "--format=esm", "--outfile=out/esbuild.min.js"]),
    () => "out/esbuild.min.js",
  ],
  [
    // Rollup alone resolves no package: its own plugin, named on the command line, does.
    "rollup",
    () => inFolder("rollup", ["entry.js", "--plugin", "node-resolve", "--format", "es", "--file", "out/rollup.js"]),
    () => "out/rollup.js",
  ],
  ["vite", () => inFolder("vite", ["build", "--outDir", "out/vite"]), () => firstScript("out/vite/assets")],
  ["webpack, production", () => webpack("production", "out/webpack"), () => "out/webpack/main.js"],
  [
    // The default devtool of this mode is eval(), which no strict Content-Security-Policy lets in.
    "webpack, development",
    () => webpack("development", "out/webpack-dev", "--devtool", "source-map"),
    () => "out/webpack-dev/main.js",
  ],
];

let passed = 0;
let failed = 0;
const browser = await launchChromium();
for (const [name, make, made] of bundlers) {
  try {
    make();
    const text = readFileSync(join(folder, made()), "utf8");
    await run(text);
    passed += 1;
    console.log(`ok      ${name}: ${Math.round(text.length / 1000)} kB`);
  } catch (error) {
    failed += 1;
    const output = `${String(error?.stdout ?? "")}${String(error?.stderr ?? "")}`;
    console.log(`FAILED  ${name}\n${output}${error?.stack ?? error}`.slice(0, 3000));
  }
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

/** Runs a bundle in Chromium under a policy that forbids code from strings and everything from elsewhere. */
async function run(text) {
  const policy = "default-src 'none'; script-src 'self'; img-src data:";
  const page =
    '<!doctype html><title>t</title><link rel="icon" href="data:,"><script type="module" src="/bundle.js"></script>';
  const server = await serveFiles({
    "/bundle.js": text,
    "/index.html": (_request, response) =>
      response.writeHead(200, { "content-type": "text/html", "content-security-policy": policy }).end(page),
  });
  const tab = await browser.newPage();
  const errors = [];
  tab.on("pageerror", (error) => errors.push(String(error)));
  try {
    await tab.goto(`${server.origin}/index.html`);
    await tab.waitForFunction(() => globalThis.program !== undefined, undefined, { timeout: 20_000 });
    const found = await tab.evaluate(judgeAll, { ...olderRules, report });
    const wanted = ["sev-snp", "function", "verified by webcrypto", "verified by noble", "rejected by webcrypto"];
    if (String(found) !== String(wanted)) throw new Error(`${found} where ${wanted} belongs`);
  } finally {
    await tab.close();
    server.close();
    if (errors.length > 0) console.log(errors.join("\n"));
  }
}

/** In the page: what was exported, and what it says of genuine and of altered evidence. */
async function judgeAll({ evidence, attributes, policy, report }) {
  const { judge, kind, component } = globalThis.program;
  const options = { expected: attributes.expect, binding: "unbound", at: attributes.at, policy: JSON.parse(policy) };
  const said = ({ outcome, meta }) => `${outcome} by ${meta.crypto}`;
  // One bit of the image id, which nothing but the signature covers.
  const altered = evidence.replace(report, `${report.slice(0, 64)}01${report.slice(66)}`);
  return [
    kind,
    component,
    said(await judge(evidence, options, "webcrypto")),
    said(await judge(evidence, options, "noble")),
    said(await judge(altered, options, "webcrypto")),
  ];
}

function install() {
  mkdirSync(folder, { recursive: true });
  const wanted = JSON.stringify({ private: true, type: "module", dependencies: packages });
  const mark = join(folder, "installed.json");
  if (!existsSync(mark) || readFileSync(mark, "utf8") !== wanted) {
    writeFileSync(join(folder, "package.json"), wanted);
    npm(["install", "--prefix", folder, "--no-package-lock"]);
    writeFileSync(mark, wanted);
  }
  // The package as it would be published, in place of whatever an older run left.
  const [{ filename }] = JSON.parse(npm(["pack", "--json", "--pack-destination", folder]));
  rmSync(join(folder, "node_modules/tee-verify"), { recursive: true, force: true });
  npm(["install", "--prefix", folder, "--no-package-lock", "--no-save", join(folder, filename)]);
}

function npm(args) {
  return execFileSync("npm", [...args, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
}
