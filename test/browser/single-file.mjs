/** The single file as a page without a build step loads it: under its published integrity hash, and under no other. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { serveFiles } from "../../scripts/browser/build.mjs";
import { olderRules, outcomes } from "../../scripts/browser/evidence.mjs";
import { shown } from "./support.mjs";

const file = readFileSync("dist/tee-verify.min.js");
const [, published] = /integrity="([^"]+)"/.exec(readFileSync("dist/RELEASE-NOTES.md", "utf8")) ?? [];

const html = (
  integrity,
) => `<!doctype html><html lang="en"><title>t</title><link rel="icon" href="data:,"><tee-verify></tee-verify>
<script type="module" integrity="${integrity}" crossorigin src="/tee-verify.min.js" onerror="window.refused = true"></script>
<script type="module">if (!window.refused) window.library = await import("/tee-verify.min.js");</script></html>`;

const serving = (integrity, use) => async (tab) => {
  const server = await serveFiles({ "/tee-verify.min.js": file, "/index.html": html(integrity) });
  const { port } = server;
  try {
    await use(tab, port);
  } finally {
    server.close();
  }
};

export const tests = [
  {
    name: "the single file loads under its published hash, and verifies with either back end",
    run: serving(published, async (tab, port) => {
      for (const [host, backEnd] of [
        ["localhost", "webcrypto"],
        ["agent.test", "noble"],
      ]) {
        await tab.goto(`http://${host}:${port}/index.html`);
        await tab.waitForFunction(() => window.library !== undefined);
        assert.equal(await tab.evaluate(() => window.refused), undefined);
        const { evidence, attributes, policy } = olderRules;
        const verdict = await tab.evaluate(
          ({ evidence, attributes, policy }) =>
            window.library.verify(evidence, {
              expected: attributes.expect,
              binding: {
                reportData: Uint8Array.from(attributes["report-data"].match(/../g), (pair) =>
                  Number.parseInt(pair, 16),
                ),
              },
              at: new Date(attributes.at),
              policy: JSON.parse(policy),
            }),
          { evidence, attributes, policy },
        );
        assert.equal(verdict.outcome, "verified");
        assert.equal(verdict.meta.crypto, backEnd);
        await tab.evaluate(({ evidence }) => {
          window.library.defineTeeVerify();
          document.querySelector("tee-verify").evidence = evidence;
        }, outcomes.undetermined);
        await tab.locator("tee-verify .card.unknown").waitFor();
        assert.equal((await shown(tab)).green, 0);
      }
    }),
  },
  {
    name: "the single file is refused under any other hash",
    run: serving(`sha384-${Buffer.alloc(48).toString("base64")}`, async (tab, port) => {
      await tab.goto(`http://localhost:${port}/index.html`);
      await tab.waitForFunction(() => window.refused === true);
    }),
  },
];
