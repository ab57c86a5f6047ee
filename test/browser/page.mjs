/** The page as a person meets it: from file://, offline, with everything worked out in it. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { loadForge, serveFiles } from "../../scripts/browser/build.mjs";
import { outcomes, standIn, whole } from "../../scripts/browser/evidence.mjs";
import { accessible, shown } from "./support.mjs";

const { snpMachine, configfsTsm, createAttester, nodeHandler } = await loadForge();
const address = pathToFileURL(resolve("dist/page/index.html")).href;

/** Opens the page without a network; whatever it asks for is in `requests`. */
const offline = (use) => async (tab, place) => {
  const requests = [];
  tab.on("request", (request) => requests.push(request.url()));
  await place.setOffline(true);
  await tab.goto(address);
  await use(tab, requests, place);
};

/** Types into the form as a person does. */
async function expecting(tab, { attributes, policy = "", roots }) {
  await standIn(tab, roots);
  const more = tab.locator("form details");
  if (!(await more.evaluate((node) => node.open))) await more.locator("summary").click();
  for (const [name, value] of Object.entries({ ...attributes, policy })) {
    await tab.locator(`[id="${name}"]`).fill(value);
    await tab.locator(`[id="${name}"]`).blur();
  }
}

async function paste(tab, text) {
  await tab.locator("tee-verify textarea").fill(text);
  await tab.locator("tee-verify textarea").blur();
  await tab.locator("tee-verify h2").waitFor();
}

const TONES = { verified: "good", rejected: "bad", undetermined: "unknown" };
const DEVICES = [
  { viewport: { width: 360, height: 740 }, colorScheme: "dark" },
  { viewport: { width: 1280, height: 800 }, colorScheme: "light" },
];

export const tests = [
  ...Object.entries(TONES).flatMap(([outcome, tone]) =>
    DEVICES.map((context) => ({
      name: `from file://, offline, at ${context.viewport.width} px, the page says ${outcome} and asks nobody`,
      context,
      run: offline(async (tab, requests) => {
        await accessible(tab);
        await expecting(tab, outcomes[outcome]);
        await paste(tab, outcomes[outcome].evidence);
        const found = await shown(tab);
        assert.equal(found.tone, tone);
        assert.equal(found.green > 0, outcome === "verified");
        await tab.evaluate(() => {
          for (const details of document.querySelectorAll("details")) details.open = true;
        });
        await accessible(tab);
        const width = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(width <= 0, `the page is ${width} px too wide`);
        assert.deepEqual(
          requests.filter((url) => url !== address && url !== "data:,"),
          [],
        );
      }),
    })),
  ),
  {
    name: "without an expectation and a nonce the page gives no yes",
    run: offline(async (tab) => {
      const { evidence, roots, attributes } = outcomes.verified;
      await expecting(tab, { roots, attributes: { at: attributes.at } });
      await paste(tab, evidence);
      const found = await shown(tab);
      assert.equal(found.tone, "unknown");
      assert.equal(found.green, 0);
      assert.match(found.answer, /This is not a yes/);
    }),
  },
  {
    name: "taking the expectation away takes the yes away",
    run: offline(async (tab) => {
      await expecting(tab, outcomes.verified);
      await paste(tab, outcomes.verified.evidence);
      assert.equal((await shown(tab)).tone, "good");
      await tab.locator("#expect").fill("");
      await tab.locator("#expect").blur();
      await tab.locator("tee-verify .card.unknown").waitFor();
      assert.equal((await shown(tab)).green, 0);
    }),
  },
  {
    name: "the byte map gives offset, bytes and meaning of each field, and leads to the checks that used it",
    run: offline(async (tab) => {
      await expecting(tab, outcomes.verified);
      await paste(tab, outcomes.verified.evidence);
      const map = tab.locator("details.map");
      assert.equal(await map.evaluate((node) => node.open), false);
      await map.locator("summary").click();
      const row = map.locator('tr[data-field="measurement"]');
      const cells = await row.locator("td").allTextContents();
      assert.equal(cells[0], "0x090");
      assert.equal(cells[1].toLowerCase(), whole.attributes.expect);
      assert.match(cells[2], /MEASUREMENT at launch/);
      await row.locator("button").click();
      const focused = await tab.evaluate(
        () => document.querySelector("tee-verify").shadowRoot.activeElement?.dataset.check,
      );
      assert.equal(focused, "sev-snp/build");
      const total = await map.locator("tbody tr").count();
      assert.ok(total > 40, `${total} fields`);
    }),
  },
  {
    name: "bytes that cannot be read have a verdict and no map",
    run: offline(async (tab) => {
      await paste(tab, "00".repeat(100));
      assert.equal((await shown(tab)).tone, "bad");
      assert.equal(await tab.locator("details.map").count(), 0);
    }),
  },
  {
    name: "it says where collateral can come from, and takes it",
    run: offline(async (tab) => {
      await expecting(tab, outcomes.verified);
      await paste(tab, whole.report.toString("hex"));
      assert.match(await tab.locator(".help").textContent(), /do not let web pages read their answers/);
      assert.match((await shown(tab)).text, /kdsintf\.amd\.com/);
      await tab
        .locator("tee-verify input[type=file]")
        .setInputFiles(whole.certificates.map((buffer, i) => ({ name: `certificate-${i}`, mimeType: "", buffer })));
      await tab.locator("tee-verify .card.good").waitFor();
    }),
  },
  {
    name: "a policy that is none is no verdict",
    run: offline(async (tab) => {
      await expecting(tab, { ...outcomes.verified, policy: "{ sev-snp" });
      await tab.locator("tee-verify textarea").fill(outcomes.verified.evidence);
      await tab.locator("tee-verify textarea").blur();
      await tab.locator('tee-verify [data-failure="misuse"]').waitFor();
      assert.equal(await tab.locator("details.map").count(), 0);
    }),
  },
  {
    name: "an address is asked with a GET that carries nothing",
    run: async (tab) => {
      const seen = [];
      const server = await serveFiles({
        "/evidence": (request, response) => {
          seen.push([
            request.method,
            request.headers.cookie,
            request.headers.referer,
            request.headers["content-length"],
          ]);
          response.writeHead(200, { "access-control-allow-origin": "*" }).end(outcomes.verified.evidence);
        },
      });
      await tab.goto(address);
      await expecting(tab, outcomes.verified);
      await tab.locator("#address").fill(`${server.origin}/evidence`);
      await tab.locator("button", { hasText: "Ask the agent" }).click();
      await tab.locator("tee-verify .card.good").waitFor();
      assert.deepEqual(seen, [["GET", undefined, undefined, undefined]]);
      assert.equal(await tab.locator("details.map").count(), 1);
      server.close();
      await tab.locator("#address").fill(`${server.origin}/gone`);
      await tab.locator("button", { hasText: "Ask the agent" }).click();
      await tab.locator('tee-verify [data-failure="unreachable"]').waitFor();
      assert.equal(await tab.locator("details.map").count(), 0, "the bytes of an older answer are gone");
    },
  },
  {
    name: "its Content-Security-Policy lets no picture, script, style or form of anybody in",
    run: async (tab) => {
      const seen = [];
      const server = await serveFiles({
        "/x": (request, response) => {
          seen.push(request.url);
          response.end();
        },
      });
      await tab.goto(address);
      const blocked = await tab.evaluate(async (origin) => {
        const violations = [];
        document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) =>
          violations.push(effectiveDirective),
        );
        const add = (tag, properties) => document.body.append(Object.assign(document.createElement(tag), properties));
        add("img", { src: `${origin}/x` });
        add("script", { src: `${origin}/x` });
        add("script", { textContent: "document.title = 'ran'" });
        add("link", { rel: "stylesheet", href: `${origin}/x` });
        add("iframe", { src: `${origin}/x` });
        const form = Object.assign(document.createElement("form"), { action: `${origin}/x`, method: "post" });
        document.body.append(form);
        form.submit();
        await new Promise((done) => setTimeout(done, 500));
        return violations.sort();
      }, server.origin);
      assert.deepEqual(blocked, [
        "form-action",
        "frame-src",
        "img-src",
        "script-src-elem",
        "script-src-elem",
        "style-src-elem",
      ]);
      assert.deepEqual(seen, []);
      assert.notEqual(await tab.title(), "ran");
      server.close();
    },
  },
  {
    name: "an agent's own address is challenged over a nonce of the page, and a recording is a no",
    run: async (tab) => {
      const machine = snpMachine();
      const attester = await createAttester({
        provider: configfsTsm({ fileSystem: machine.tsm.fileSystem, pause: 1 }),
        onMessage: (message) => message,
        now: () => machine.at.getTime(),
      });
      const handle = nodeHandler(attester);
      const nonces = [];
      let recording;
      let speaks = true;
      const server = createServer(async (request, response) => {
        nonces.push(new URL(request.url, "http://agent").searchParams.get("nonce"));
        if (!speaks) return response.writeHead(404).end();
        if (recording !== undefined)
          return response
            .writeHead(200, { "content-type": "application/json", "access-control-allow-origin": "*" })
            .end(recording);
        return handle(request, response);
      });
      await new Promise((done) => server.listen(0, "127.0.0.1", done));
      const origin = `http://127.0.0.1:${server.address().port}`;
      const binding = async () => {
        const status = await tab.evaluate(
          () =>
            document.querySelector("tee-verify").verdict.checks.find(({ id }) => id === "sev-snp/report-data").status,
        );
        return [status, (await shown(tab)).tone];
      };
      try {
        await tab.goto(address);
        await expecting(tab, { attributes: { at: machine.at.toISOString() } });
        await tab.locator("#address").fill(origin);
        await tab.locator("button", { hasText: "Ask the agent" }).click();
        await tab.locator("tee-verify h2").waitFor();
        // The forge's root is not AMD's, so there is no yes; that it answered this nonce is what counts here.
        assert.deepEqual(await binding(), ["passed", "bad"]);
        const hex = Buffer.from(nonces[0], "base64url").toString("hex");
        assert.equal(hex.length, 64);
        assert.ok((await shown(tab)).text.includes(hex), "the nonce is shown");
        recording = await (
          await fetch(`${origin}/.well-known/tee-attestation?nonce=${Buffer.alloc(32, 7).toString("base64url")}`)
        ).text();
        await tab.locator("button", { hasText: "Ask the agent" }).click();
        await tab.waitForFunction(() => {
          const checks = document.querySelector("tee-verify").verdict?.checks ?? [];
          return checks.some(({ id, status }) => id === "sev-snp/report-data" && status === "failed");
        });
        assert.deepEqual(await binding(), ["failed", "bad"]);
        assert.equal(new Set(nonces).size, 3);
        speaks = false;
        await tab.locator("button", { hasText: "Ask the agent" }).click();
        await tab.locator('tee-verify [data-failure="challenge"]').waitFor();
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
  },
];
