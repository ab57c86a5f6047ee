/** Runs the suite in real browsers: Debian's Chromium and Firefox through Playwright, WebKitGTK through WebDriver. */

import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { binaries, folder } from "./install.mjs";
import { serve } from "./server.mjs";

const HOST = "agent.test";
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  `--host-resolver-rules=MAP ${HOST} 127.0.0.1`,
];

export function playwright() {
  return createRequire(resolve(folder, "package.json"))("playwright-core");
}

export async function launchChromium() {
  return playwright().chromium.launch({ executablePath: binaries.chromium, args: QUIET });
}

async function launchFirefox() {
  return playwright().firefox.launch({ channel: "moz-firefox", executablePath: binaries.firefox });
}

/** Opens `address` and waits for the suite's result. */
async function resultIn(launch, address) {
  const browser = await launch();
  try {
    // Firefox ESR refuses the emulation that Playwright sets unless told not to.
    const page = await (
      await browser.newContext({
        viewport: null,
        locale: undefined,
        colorScheme: null,
        reducedMotion: null,
        forcedColors: null,
        contrast: null,
      })
    ).newPage();
    await page.goto(address);
    await page.waitForFunction(() => window.suite !== undefined, undefined, { timeout: 120_000 });
    return JSON.parse(await page.evaluate(() => window.suite));
  } finally {
    await browser.close();
  }
}

/** @returns the places to run, like `engines` */
export async function browsers({ module }) {
  const at = (host, path, launch) => async () => {
    const server = await serve(module);
    try {
      return await resultIn(launch, `http://${host}:${server.port}${path}`);
    } finally {
      server.close();
    }
  };
  return [
    { name: "Chromium, page", subtle: true, run: at("localhost", "/page", launchChromium) },
    { name: "Chromium, Web Worker", subtle: true, run: at("localhost", "/worker", launchChromium) },
    { name: "Chromium, strict Content-Security-Policy", subtle: true, run: at("localhost", "/csp", launchChromium) },
    { name: "Chromium, plain http", subtle: false, run: at(HOST, "/page", launchChromium) },
    { name: "Firefox", subtle: true, run: at("localhost", "/page", launchFirefox) },
    { name: "WebKitGTK", subtle: true, run: () => inWebKit(module) },
  ];
}

const MINI_BROWSERS = "/usr/lib/x86_64-linux-gnu";

function miniBrowser() {
  const found = readdirSync(MINI_BROWSERS)
    .filter((name) => name.startsWith("webkit2gtk-"))
    .map((name) => join(MINI_BROWSERS, name, "MiniBrowser"));
  return found.find((path) => existsSync(path));
}

/** The W3C WebDriver protocol, spoken directly: WebKitGTK's driver and its MiniBrowser, under a virtual display. */
async function inWebKit(module) {
  const server = await serve(module);
  const port = 20_000 + (process.pid % 20_000);
  const driver = spawn("xvfb-run", ["-a", binaries.webkit, `--port=${port}`], { stdio: "ignore", detached: true });
  const call = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`WebDriver: ${value?.message ?? response.status}`);
    return value;
  };
  try {
    await ready(() => call("GET", "/status"));
    const options = { binary: miniBrowser(), args: ["--automation"] };
    const { sessionId } = await call("POST", "/session", {
      capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } },
    });
    await call("POST", `/session/${sessionId}/url`, { url: `http://localhost:${server.port}/page` });
    const read = () =>
      call("POST", `/session/${sessionId}/execute/sync`, { script: "return window.suite ?? null", args: [] });
    const text = await ready(async () => (await read()) ?? Promise.reject(new Error("no result in time")), 120_000);
    await call("DELETE", `/session/${sessionId}`);
    return JSON.parse(text);
  } finally {
    process.kill(-driver.pid);
    server.close();
  }
}

async function ready(ask, limit = 20_000) {
  const end = Date.now() + limit;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((done) => setTimeout(done, 200));
    }
  }
}
