/** `npm run screenshots`: the component and the page in all three outcomes, light and dark, at phone and desktop width, into docs/screenshots/. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launchChromium } from "../runtimes/browsers.mjs";
import { installRuntimes } from "../runtimes/install.mjs";
import { elementPage, serveFiles } from "./build.mjs";
import { outcomes, standIn } from "./evidence.mjs";

const OUT = "docs/screenshots";
const WIDTHS = { phone: { width: 390, height: 844 }, desktop: { width: 1000, height: 900 } };
const [only = ""] = process.argv.slice(2);

installRuntimes();
if (!existsSync("/usr/bin/pngquant"))
  execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "pngquant"], { stdio: "ignore" });
mkdirSync(OUT, { recursive: true });

const server = await serveFiles({ "/element.html": await elementPage() });
const browser = await launchChromium();
for (const colorScheme of ["light", "dark"])
  for (const [size, viewport] of Object.entries(WIDTHS))
    for (const [outcome, scene] of Object.entries(outcomes)) {
      const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
      for (const [what, shoot] of Object.entries({ component, page })) {
        const name = `${what}-${outcome}-${colorScheme}-${size}`;
        if (name.includes(only)) await shoot(await context.newPage(), scene, join(OUT, `${name}.png`));
      }
      await context.close();
    }
await browser.close();
server.close();

async function component(tab, { evidence, attributes, roots }, path) {
  await tab.goto(`${server.origin}/element.html`);
  await standIn(tab, roots);
  await tab.evaluate(
    ({ evidence, attributes }) => {
      const card = document.querySelector("tee-verify");
      for (const [name, value] of Object.entries(attributes)) card.setAttribute(name, value);
      card.evidence = evidence;
    },
    { evidence, attributes },
  );
  await tab.locator("tee-verify h2").waitFor();
  await save(tab, path);
}

async function page(tab, { evidence, attributes, roots }, path) {
  await tab.goto(pathToFileURL(resolve("dist/page/index.html")).href);
  await standIn(tab, roots);
  await tab.locator("form summary").click();
  for (const [name, value] of Object.entries(attributes)) await tab.locator(`[id="${name}"]`).fill(value);
  await tab.locator("form summary").click();
  await tab.locator("tee-verify textarea").fill(evidence);
  await tab.locator("tee-verify textarea").blur();
  await tab.locator("tee-verify h2").waitFor();
  await tab.evaluate(() => scrollTo(0, 0));
  await save(tab, path);
}

async function save(tab, path) {
  // What a person reads in the first ten seconds, and a little more.
  const clip = {
    x: 0,
    y: 0,
    width: tab.viewportSize().width,
    height: Math.min(1500, await tab.evaluate(() => document.documentElement.scrollHeight)),
  };
  await tab.screenshot({ path, fullPage: true, animations: "disabled", clip });
  execFileSync("pngquant", [
    "--force",
    "--skip-if-larger",
    "--strip",
    "--speed",
    "1",
    "--nofs",
    "--output",
    path,
    "16",
    path,
  ]);
}
