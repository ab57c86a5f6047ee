/** `<tee-verify>` in a real browser: what it shows for each outcome, and every way in. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { bundled, loadForge, serveFiles } from "../../scripts/browser/build.mjs";
import { olderRules, outcomes, standIn, whole } from "../../scripts/browser/evidence.mjs";
import { accessible, base64, judge, shown, withElement } from "./support.mjs";

const { forgeSnp } = await loadForge();
const script = await bundled('import { defineTeeVerify } from "tee-verify/element"; defineTeeVerify();');

const ANSWERS = {
  verified: ["good", "Yes. This is the agent that you expect."],
  rejected: ["bad", "No. Do not trust this agent."],
  undetermined: ["unknown", "Not known. Treat it as a no for now."],
};

const opened = (use, options) => async (tab, place) =>
  withElement(async (server) => {
    await tab.goto(server.address);
    await use(tab, { server, place });
  }, options);

const outcomeTests = Object.entries(ANSWERS).flatMap(([outcome, [tone, answer]]) =>
  ["light", "dark"].map((colorScheme) => ({
    name: `the card says ${outcome} in words and in a shape of its own, ${colorScheme}`,
    context: {
      colorScheme,
      viewport: colorScheme === "dark" ? { width: 360, height: 800 } : { width: 1000, height: 800 },
    },
    run: opened(async (tab) => {
      await judge(tab, outcomes[outcome]);
      const found = await shown(tab);
      assert.equal(found.tone, tone);
      assert.equal(found.answer, answer);
      assert.ok(found.status.startsWith(answer), found.status);
      assert.equal(found.green > 0, outcome === "verified");
      await tab.evaluate(() => {
        for (const details of document.querySelector("tee-verify").shadowRoot.querySelectorAll("details"))
          details.open = true;
      });
      await accessible(tab);
      const width = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(width <= 0, `the card is ${width} px too wide`);
    }),
  })),
);

const forgery = forgeSnp();
const forged = {
  evidence: Buffer.from(forgery.report).toString("hex"),
  endorsements: forgery.endorsements.map(base64),
  trustAnchors: forgery.trustAnchors.amd.map(base64),
  attributes: {
    expect: Buffer.from(forgery.fields.measurement).toString("hex"),
    "report-data": Buffer.from(forgery.fields.reportData).toString("hex"),
    at: forgery.at.toISOString(),
  },
};
const { verified } = outcomes;
const without = (...names) => ({
  ...verified,
  attributes: Object.fromEntries(Object.entries(verified.attributes).filter(([name]) => !names.includes(name))),
});

/** A verified verdict with something left open: never green, and its first words say what is open. */
const OPEN = {
  "custom anchors": [forged, /^A test, not a real yes/],
  "any build": [without("expect"), /unknown program. This is not a yes/],
  "an empty expectation": [{ ...verified, attributes: { ...verified.attributes, expect: "" } }, /unknown program/],
  unbound: [without("sent-nonce", "public-key"), /recording. This is not a yes/],
  "neither build nor binding": [without("expect", "sent-nonce", "public-key"), /unknown program/],
  "floors of one's own": [
    // As of a day that knows the newer floors: then the older ones are weaker rules.
    { ...olderRules, attributes: { ...olderRules.attributes, at: "2026-11-25" } },
    /^A yes by weaker rules of your own/,
  ],
};

const openTests = Object.entries(OPEN).map(([name, [scene, words]]) => ({
  name: `${name}: nothing on the card is green`,
  run: opened(async (tab) => {
    await judge(tab, scene);
    const verdict = await tab.evaluate(() => document.querySelector("tee-verify").verdict.outcome);
    assert.equal(verdict, "verified", "the neighbour of a yes");
    const found = await shown(tab);
    assert.equal(found.tone, "unknown");
    assert.match(found.answer, words);
    assert.equal(found.green, 0);
    assert.ok(!Object.values(found.questions).includes("good"));
    await accessible(tab);
  }),
}));

const files = (list) => ({
  files: list.map(({ name, bytes }) => ({ name, data: base64(bytes) })),
});

async function drop(tab, list) {
  await tab.evaluate(({ files }) => {
    const transfer = new DataTransfer();
    for (const { name, data } of files)
      transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name));
    const event = (kind) =>
      new DragEvent(kind, { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true });
    const zone = document.querySelector("tee-verify").shadowRoot.querySelector(".card");
    zone.dispatchEvent(event("dragover"));
    zone.dispatchEvent(event("drop"));
  }, files(list));
  await tab.locator("tee-verify h2").waitFor();
}

const setUp = async (tab, evidence) => {
  await standIn(tab, verified.roots);
  await tab.evaluate(
    ({ attributes, evidence }) => {
      const card = document.querySelector("tee-verify");
      for (const [name, value] of Object.entries(attributes)) card.setAttribute(name, value);
      if (evidence !== undefined) card.evidence = evidence;
    },
    { attributes: verified.attributes, evidence },
  );
};

export const tests = [
  ...outcomeTests,
  ...openTests,
  {
    name: "three outcomes have three shapes",
    run: opened(async (tab) => {
      const marks = [];
      for (const scene of Object.values(outcomes)) {
        await tab.reload();
        await judge(tab, scene);
        marks.push((await shown(tab)).mark);
      }
      assert.equal(new Set(marks).size, 3);
    }),
  },
  {
    name: "an empty card is a drop zone that keyboards and screen readers reach",
    run: opened(async (tab) => {
      await tab.locator("tee-verify .drop").waitFor();
      await accessible(tab);
      await tab.keyboard.press("Tab");
      const focused = () => tab.evaluate(() => document.querySelector("tee-verify").shadowRoot.activeElement?.tagName);
      assert.equal(await focused(), "BUTTON");
      await tab.keyboard.press("Tab");
      assert.equal(await focused(), "TEXTAREA");
    }),
  },
  {
    name: "a report and its certificate are dropped together, in any order",
    run: opened(async (tab) => {
      await setUp(tab);
      await drop(tab, [
        ...whole.certificates.map((bytes, i) => ({ name: `certificate-${i}.der`, bytes })),
        { name: "report.bin", bytes: whole.report },
      ]);
      assert.equal((await shown(tab)).tone, "good");
    }),
  },
  {
    name: "what is missing is added by hand, and the answer changes",
    run: opened(async (tab) => {
      await setUp(tab, whole.report.toString("hex"));
      await tab.locator("tee-verify h2").waitFor();
      assert.equal((await shown(tab)).tone, "unknown");
      const links = await tab
        .locator("tee-verify li a")
        .evaluateAll((list) => list.map(({ href, rel }) => [href, rel]));
      assert.ok(
        links.length > 0 && links.every(([href]) => href.startsWith("https://kdsintf.amd.com/")),
        String(links),
      );
      assert.ok(links.every(([, rel]) => rel === "noopener noreferrer"));
      await tab
        .locator("tee-verify input[type=file]")
        .setInputFiles(whole.certificates.map((buffer, i) => ({ name: `certificate-${i}`, mimeType: "", buffer })));
      await tab.locator("tee-verify .card.good").waitFor();
    }),
  },
  {
    name: "a file that is read late does not stand in for what was given since",
    run: opened(async (tab) => {
      await setUp(tab);
      await tab.evaluate(() => {
        const { arrayBuffer } = File.prototype;
        File.prototype.arrayBuffer = async function () {
          await new Promise((done) => setTimeout(done, 300));
          return arrayBuffer.call(this);
        };
      });
      await tab
        .locator("tee-verify input[type=file]")
        .setInputFiles({ name: "bundle.json", mimeType: "", buffer: Buffer.from(verified.evidence) });
      await tab.evaluate(() => {
        document.querySelector("tee-verify").evidence = "00".repeat(100);
      });
      await tab.locator("tee-verify .card.bad").waitFor();
      await new Promise((done) => setTimeout(done, 600));
      assert.equal((await shown(tab)).tone, "bad");
    }),
  },
  {
    name: "a time and a policy that were given are said beside the answer",
    run: opened(async (tab) => {
      await judge(tab, olderRules);
      assert.match((await shown(tab)).text, /Judged as of 2023-06-01, .*Judged by a policy that was given/);
      await judge(tab, outcomes.rejected);
      assert.doesNotMatch((await shown(tab)).text, /a policy that was given/);
    }),
  },
  {
    name: "a chosen file is judged",
    run: opened(async (tab) => {
      await setUp(tab);
      await tab
        .locator("tee-verify input[type=file]")
        .setInputFiles({ name: "bundle.json", mimeType: "", buffer: Buffer.from(verified.evidence) });
      await tab.locator("tee-verify .card.good").waitFor();
    }),
  },
  {
    name: "pasted text is judged, and the focus goes on at the answer",
    run: opened(async (tab) => {
      await setUp(tab);
      const field = tab.locator("tee-verify textarea");
      await field.focus();
      await field.evaluate((node, text) => {
        const data = new DataTransfer();
        data.setData("text/plain", text);
        node.dispatchEvent(
          new ClipboardEvent("paste", { clipboardData: data, bubbles: true, composed: true, cancelable: true }),
        );
      }, verified.evidence);
      await tab.locator("tee-verify .card.good").waitFor();
      const focused = await tab.evaluate(() => document.querySelector("tee-verify").shadowRoot.activeElement?.id);
      assert.equal(focused, "outcome");
    }),
  },
  {
    name: "details open by keyboard, with every check in words",
    run: opened(async (tab) => {
      await judge(tab, verified);
      const summary = tab.locator("tee-verify summary", { hasText: "What was checked and holds" });
      await summary.focus();
      await tab.keyboard.press("Enter");
      const item = tab.locator('tee-verify [data-check="sev-snp/report-signature"]');
      assert.equal(await item.isVisible(), true);
      const verdict = await tab.evaluate(() => document.querySelector("tee-verify").verdict);
      const listed = await tab
        .locator("tee-verify [data-check]")
        .evaluateAll((nodes) => nodes.map((node) => node.dataset.check));
      for (const { id } of verdict.checks) assert.ok(listed.includes(id), `${id} is not on the card`);
      for (const limit of verdict.limits) assert.ok((await shown(tab)).text.includes(limit), limit);
    }),
  },
  {
    name: "raw values are folded away and there",
    run: opened(async (tab) => {
      await judge(tab, verified);
      const value = tab.locator("tee-verify .values dd", { hasText: whole.attributes.expect });
      assert.equal(await value.first().isVisible(), false);
      await tab.locator("tee-verify summary", { hasText: "Values in the evidence" }).click();
      assert.equal(await value.first().isVisible(), true);
    }),
  },
  {
    name: "the verdict is copied as JSON",
    context: { permissions: ["clipboard-read", "clipboard-write"] },
    run: opened(async (tab) => {
      await judge(tab, verified);
      await tab.locator("tee-verify button", { hasText: "Copy as JSON" }).click();
      await tab.locator("tee-verify button", { hasText: "Copied" }).waitFor();
      const copied = JSON.parse(await tab.evaluate(() => navigator.clipboard.readText()));
      assert.deepEqual(copied, await tab.evaluate(() => document.querySelector("tee-verify").verdict));
    }),
  },
  {
    name: "over plain http JavaScript does the cryptography, and the verdict is copied by hand",
    run: (tab) =>
      withElement(async ({ port }) => {
        await tab.goto(`http://agent.test:${port}/element.html`);
        assert.equal(await tab.evaluate(() => globalThis.crypto.subtle === undefined), true);
        await judge(tab, verified);
        assert.equal((await shown(tab)).tone, "good");
        assert.match(await tab.evaluate(() => document.querySelector("tee-verify").verdict.meta.crypto), /noble/);
        await tab.locator("tee-verify button", { hasText: "Copy as JSON" }).click();
        const text = await tab.locator("tee-verify textarea").inputValue();
        assert.equal(JSON.parse(text).outcome, "verified");
      }),
  },
  {
    name: "under a strict Content-Security-Policy it works, and a nonce is not blanked",
    run: (tab) =>
      withElement(
        async ({ origin }) => {
          await tab.goto(`${origin}/strict.html`);
          await judge(tab, verified);
          assert.equal((await shown(tab)).tone, "good");
          await tab.evaluate(() => {
            const card = document.querySelector("tee-verify");
            card.setAttribute("sent-nonce", "11".repeat(32));
          });
          await tab.locator("tee-verify .card.bad").waitFor();
          assert.equal((await shown(tab)).questions.channel, "bad");
          assert.ok((await shown(tab)).text.includes("11".repeat(32)), "the nonce is shown");
        },
        {
          files: {
            "/strict.html": (_request, response) =>
              response
                .writeHead(200, {
                  "content-type": "text/html",
                  "content-security-policy":
                    "default-src 'none'; script-src 'self'; img-src data:; require-trusted-types-for 'script'; trusted-types 'none'",
                })
                .end(
                  '<!doctype html><html lang="en"><title>t</title><link rel="icon" href="data:,"><tee-verify></tee-verify><script src="/element.js"></script>',
                ),
            "/element.js": script,
          },
        },
      ),
  },
  {
    name: "colours and fonts are custom properties of the page",
    run: opened(async (tab) => {
      await tab.evaluate(() => document.documentElement.style.setProperty("--tee-verify-good", "rgb(1, 2, 3)"));
      await judge(tab, verified);
      assert.equal(await tab.locator("tee-verify h2").evaluate((node) => getComputedStyle(node).color), "rgb(1, 2, 3)");
    }),
  },
  {
    name: "nothing in evidence becomes markup",
    run: opened(async (tab) => {
      const hostile = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
      for (const evidence of [
        hostile,
        JSON.stringify({ "tee-verify": 1, evidence: hostile, endorsements: [hostile] }),
      ]) {
        await judge(tab, { evidence, attributes: { expect: hostile } });
        const found = await tab.evaluate(() => {
          const root = document.querySelector("tee-verify").shadowRoot;
          return root.querySelectorAll("img, script, iframe").length;
        });
        assert.equal(found, 0);
      }
      assert.equal(await tab.title(), "tee-verify");
    }),
  },
  {
    name: "a bidirectional mark in what is shown is visible",
    run: opened(async (tab) => {
      await judge(tab, { ...verified, attributes: { ...verified.attributes, "sent-nonce": "\u202e" } });
      const { text, failure } = await shown(tab);
      assert.equal(failure, "misuse");
      assert.ok(!text.includes("\u202e"));
    }),
  },
  {
    name: "the example of docs/component.md runs",
    run: async (tab) => {
      const [, example = ""] = /^```html\n([\s\S]*?)^```$/m.exec(readFileSync("docs/component.md", "utf8")) ?? [];
      const [, code = ""] = /<script type="module">([\s\S]*?)<\/script>/.exec(example) ?? [];
      const html = example.replace(code, await bundled(code, "esm"));
      const server = await serveFiles({ "/index.html": html, "/attestation": verified.evidence });
      await tab.goto(`${server.origin}/index.html`);
      await tab.locator("tee-verify .card.bad").waitFor();
      assert.equal((await shown(tab)).tone, "bad", "an old report is not the build of the example");
      server.close();
    },
  },
];
