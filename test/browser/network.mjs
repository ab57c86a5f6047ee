/** `<tee-verify src>`: waiting, each failure of the network, and which answer stands at the end. */

import assert from "node:assert/strict";
import { loadForge } from "../../scripts/browser/build.mjs";
import { outcomes, standIn } from "../../scripts/browser/evidence.mjs";
import { accessible, base64, judge, shown, withElement } from "./support.mjs";

const { forgeSnp, reportDataFor, fromHex } = await loadForge();
const { verified } = outcomes;

const served = (files, use) => (tab, place) =>
  withElement(
    async (server) => {
      await tab.goto(server.address);
      await use(tab, server, place);
    },
    { files },
  );

const source = (tab, address) =>
  tab.evaluate((value) => document.querySelector("tee-verify").setAttribute("src", value), address);

/** Waits until the card says why there is no answer; it must look like none of the outcomes. */
async function fails(tab, failure, words) {
  await tab.locator(`tee-verify [data-failure="${failure}"]`).waitFor();
  const found = await shown(tab);
  assert.equal(found.tone, "error");
  assert.equal(found.answer, "No answer");
  assert.match(found.status, words);
  assert.equal(found.green, 0);
  assert.equal(await tab.evaluate(() => document.querySelector("tee-verify").verdict), undefined);
  await accessible(tab);
}

const hang = () => {};
const bundle = (_request, response) => response.writeHead(200).end(verified.evidence);
const cases = [
  ["an error", "status", /error \(503\)/, { "/x": (_request, response) => response.writeHead(503).end("no") }],
  ["an empty answer", "empty", /empty/, { "/x": (_request, response) => response.writeHead(200).end() }],
  [
    "an answer without end",
    "too-large",
    /larger than any evidence/,
    {
      "/x": (_request, response) => {
        response.writeHead(200);
        const more = () => {
          while (response.write(Buffer.alloc(1 << 20)));
        };
        response.on("drain", more);
        more();
      },
    },
  ],
  ["a broken connection", "unreachable", /did not answer this page/, { "/x": (request) => request.socket.destroy() }],
];

export const tests = [
  ...cases.map(([name, failure, words, files]) => ({
    name: `${name} is said as what it is`,
    run: served(files, async (tab) => {
      await source(tab, "/x");
      await fails(tab, failure, words);
    }),
  })),
  {
    name: "an address of another site that does not allow it is said to be unreachable",
    run: served({ "/x": bundle }, async (tab, { port }) => {
      await source(tab, `http://127.0.0.1:${port}/x`);
      await fails(tab, "unreachable", /CORS/);
    }),
  },
  {
    name: "no network is said as what it is",
    run: served({ "/x": bundle }, async (tab, _server, place) => {
      await place.setOffline(true);
      await source(tab, "/x");
      await fails(tab, "offline", /no network/);
    }),
  },
  {
    name: "an address that never answers ends in time",
    run: served({ "/x": hang }, async (tab) => {
      await tab.clock.install();
      await source(tab, "/x");
      await tab.locator("tee-verify .busy").waitFor();
      await tab.clock.fastForward(16_000);
      await fails(tab, "timeout", /in time/);
    }),
  },
  {
    name: "while it waits the card says so, and stands still for who wants less motion",
    run: served({ "/x": hang }, async (tab) => {
      await source(tab, "/x");
      await tab.locator("tee-verify .busy").waitFor();
      assert.equal((await shown(tab)).status, "Asking the agent for evidence…");
      const motion = await tab.locator("tee-verify .spinner").evaluate((node) => getComputedStyle(node).animationName);
      assert.equal(motion, "none");
      await accessible(tab);
    }),
  },
  {
    name: "otherwise it turns",
    context: { reducedMotion: "no-preference" },
    run: served({ "/x": hang }, async (tab) => {
      await source(tab, "/x");
      const spinner = tab.locator("tee-verify .spinner");
      assert.equal(await spinner.evaluate((node) => getComputedStyle(node).animationName), "turn");
    }),
  },
  {
    name: "a second try is judged",
    run: (() => {
      let tries = 0;
      const flaky = (request, response) => (tries++ === 0 ? response.writeHead(502).end() : bundle(request, response));
      return served({ "/x": flaky }, async (tab) => {
        await standIn(tab, verified.roots);
        await tab.evaluate(
          ({ attributes }) => {
            const card = document.querySelector("tee-verify");
            for (const [name, value] of Object.entries(attributes)) card.setAttribute(name, value);
          },
          { attributes: verified.attributes },
        );
        await source(tab, "/x");
        await fails(tab, "status", /502/);
        await tab.locator("tee-verify button", { hasText: "Try again" }).click();
        await tab.locator("tee-verify .card.good").waitFor();
      });
    })(),
  },
  {
    name: "what cannot be an expectation or a binding is no verdict",
    run: served({}, async (tab) => {
      const misuses = [
        { "sent-nonce": "0011" },
        { "sent-nonce": "" },
        { "sent-nonce": "?" },
        { "public-key": "00".repeat(91) },
        { "report-data": "00".repeat(64), "sent-nonce": "11".repeat(32) },
        { expect: "{" },
        { expect: "nonsense" },
        { at: "yesterday" },
        { covers: "everything" },
      ];
      for (const attributes of misuses) {
        await tab.reload();
        await judge(tab, { evidence: verified.evidence, attributes });
        await fails(tab, "misuse", /cannot be used/);
      }
    }),
  },
  {
    name: "a file that cannot be read is no verdict",
    run: served({}, async (tab) => {
      await tab.evaluate(() => {
        File.prototype.arrayBuffer = () => Promise.reject(new Error("gone"));
      });
      await tab
        .locator("tee-verify input[type=file]")
        .setInputFiles({ name: "x", mimeType: "", buffer: Buffer.from("x") });
      await fails(tab, "unreadable", /could not be read/);
    }),
  },
  {
    name: "a slow answer to an old question does not overwrite a newer one",
    run: (() => {
      let answer;
      const slow = (_request, response) => {
        answer = () => response.writeHead(200).end("00");
      };
      return served({ "/slow": slow }, async (tab) => {
        await source(tab, "/slow");
        await tab.locator("tee-verify .busy").waitFor();
        while (answer === undefined) await new Promise((done) => setTimeout(done, 20));
        await judge(tab, verified);
        answer();
        await new Promise((done) => setTimeout(done, 300));
        assert.equal((await shown(tab)).tone, "good");
      });
    })(),
  },
  {
    name: "a change of what is expected takes the old verdict away at once",
    run: served({}, async (tab) => {
      await judge(tab, verified);
      const after = await tab.evaluate(() => {
        const card = document.querySelector("tee-verify");
        card.setAttribute("expect", "00".repeat(48));
        return card.verdict;
      });
      assert.equal(after, undefined);
      await tab.locator("tee-verify .card.bad").waitFor();
      assert.equal((await shown(tab)).questions.build, "bad");
    }),
  },
  {
    name: "`challenge` asks the agent, and its nonce is what the evidence must answer",
    run: served({}, async (tab) => {
      let first;
      await tab.exposeFunction("attest", async (nonce, replay) => {
        const { report } = forgeSnp({ report: { reportData: await reportDataFor({ nonce: fromHex(nonce) }) } });
        first ??= base64(report);
        return replay ? first : base64(report);
      });
      const forgery = forgeSnp();
      await tab.evaluate(
        ({ endorsements, anchors, measurement, at }) => {
          const card = document.querySelector("tee-verify");
          const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
          card.setAttribute("expect", measurement);
          card.options = { trustAnchors: { amd: anchors.map(bytes) }, at: new Date(at) };
          globalThis.ask = (replay) => async (address) => {
            globalThis.asked = address;
            const nonce = crypto.getRandomValues(new Uint8Array(32));
            const hex = Array.from(nonce, (byte) => byte.toString(16).padStart(2, "0")).join("");
            const evidence = bytes(await globalThis.attest(hex, replay));
            return { evidence, endorsements: endorsements.map(bytes), binding: { nonce } };
          };
          card.challenge = globalThis.ask(false);
          card.setAttribute("src", "https://agent.example/attestation");
        },
        {
          endorsements: forgery.endorsements.map(base64),
          anchors: forgery.trustAnchors.amd.map(base64),
          measurement: Buffer.from(forgery.fields.measurement).toString("hex"),
          at: forgery.at.toISOString(),
        },
      );
      await tab.locator("tee-verify .card.unknown").waitFor();
      const { outcome, freshness } = await tab.evaluate(() => document.querySelector("tee-verify").verdict);
      assert.deepEqual([outcome, freshness], ["verified", "nonce"]);
      assert.equal(await tab.evaluate(() => globalThis.asked), "https://agent.example/attestation");
      await tab.evaluate(() => {
        document.querySelector("tee-verify").challenge = globalThis.ask(true);
      });
      await tab.locator("tee-verify .card.bad").waitFor();
      assert.equal((await shown(tab)).questions.channel, "bad");
    }),
  },
  {
    name: "an agent that cannot be asked, or never answers, is no verdict",
    run: served({}, async (tab) => {
      await tab.evaluate(() => {
        document.querySelector("tee-verify").challenge = () => Promise.reject(new Error("it hung up"));
      });
      await source(tab, "https://agent.example/");
      await fails(tab, "challenge", /it hung up/);
      await tab.clock.install();
      await tab.evaluate(() => {
        document.querySelector("tee-verify").challenge = () => new Promise(() => {});
      });
      await tab.locator("tee-verify .busy").waitFor();
      await tab.clock.fastForward(61_000);
      await fails(tab, "timeout", /in time/);
    }),
  },
];
