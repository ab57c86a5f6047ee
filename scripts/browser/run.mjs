/** `npm run test:browser [words]`: the tests of test/browser/ in Debian's Chromium, over what was built. Each gets a tab of its own. */

import { launchChromium } from "../runtimes/browsers.mjs";
import { installRuntimes } from "../runtimes/install.mjs";

installRuntimes();
const suites = await Promise.all(
  ["element", "network", "page", "single-file", "examples"].map((name) => import(`../../test/browser/${name}.mjs`)),
);
const [only = ""] = process.argv.slice(2);
const browser = await launchChromium();
let passed = 0;
let failed = 0;
for (const { tests } of suites)
  for (const { name, context = {}, run } of tests) {
    if (!name.includes(only)) continue;
    const place = await browser.newContext({ reducedMotion: "reduce", ...context });
    place.setDefaultTimeout(20_000);
    try {
      const tab = await place.newPage();
      const errors = [];
      tab.on("pageerror", (error) => errors.push(String(error)));
      await run(tab, place);
      if (errors.length > 0) throw new Error(`the page threw: ${errors.join("; ")}`);
      passed += 1;
      console.log(`ok      ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}\n${String(error?.stack ?? error).slice(0, 2500)}`);
    } finally {
      await place.close();
    }
  }
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
