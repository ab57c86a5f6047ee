/** What the tests in the browser share. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { elementPage, serveFiles } from "../../scripts/browser/build.mjs";
import { standIn } from "../../scripts/browser/evidence.mjs";
import { folder } from "../../scripts/runtimes/install.mjs";

const axe = readFileSync(join(folder, "node_modules/axe-core/axe.min.js"), "utf8");

/** Runs axe over the whole tab, shadow roots too; nothing may be found. */
export async function accessible(tab) {
  await tab.evaluate(axe);
  const { violations } = await tab.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  const words = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`.slice(0, 600));
  assert.deepEqual(words, []);
}

let page;

/** Serves the component's page, with further files, while `use` runs. */
export async function withElement(use, { files = {}, attributes = "", path = "/element.html" } = {}) {
  page ??= await elementPage();
  const server = await serveFiles({ [path]: page.replace("<tee-verify ", `<tee-verify ${attributes}`), ...files });
  try {
    await use({ ...server, address: `${server.origin}${path}` });
  } finally {
    server.close();
  }
}

/** Sets attributes, options (policy and anchors) and evidence of the card in one go, and waits for its answer. */
export async function judge(tab, { evidence, attributes = {}, policy, trustAnchors, endorsements, roots }) {
  await standIn(tab, roots);
  await tab.evaluate(
    ({ evidence, attributes, policy, trustAnchors, endorsements }) => {
      const card = document.querySelector("tee-verify");
      const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      for (const [name, value] of Object.entries(attributes)) card.setAttribute(name, value);
      card.options = {
        ...(policy === undefined ? {} : { policy: JSON.parse(policy) }),
        ...(endorsements === undefined ? {} : { endorsements: endorsements.map(bytes) }),
        ...(trustAnchors === undefined ? {} : { trustAnchors: { amd: trustAnchors.map(bytes) } }),
      };
      card.evidence = evidence;
    },
    { evidence, attributes, policy, trustAnchors, endorsements },
  );
  await tab.locator("tee-verify h2").waitFor();
}

export const base64 = (bytes) => Buffer.from(bytes).toString("base64");

/** What the card shows: its tone, its answer, what screen readers are told, and how much of it is green. */
export function shown(tab) {
  return tab.evaluate(() => {
    const root = document.querySelector("tee-verify").shadowRoot;
    const card = root.querySelector(".card");
    return {
      tone: ["good", "bad", "unknown", "error"].find((tone) => card.classList.contains(tone)),
      answer: root.querySelector("h2")?.textContent,
      status: root.querySelector("[role=status]").textContent,
      text: card.textContent,
      green: root.querySelectorAll(".good").length,
      mark: root.querySelector("header .shape")?.getAttribute("d"),
      questions: Object.fromEntries(
        [...root.querySelectorAll("[data-question]")].map((node) => [node.dataset.question, node.dataset.tone]),
      ),
      failure: card.dataset.failure,
    };
  });
}
