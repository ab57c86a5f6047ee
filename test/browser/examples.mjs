/** The examples of docs/examples, run as they stand: in Chromium, in hardened JavaScript, in Node. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { webcrypto } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createService } from "../../docs/examples/node-service/service.js";
import { bundled, loadForge, serveFiles } from "../../scripts/browser/build.mjs";
import { folder } from "../../scripts/runtimes/install.mjs";
import { accessible, base64 } from "./support.mjs";

const { forgeSnp, reportDataFor, fromHex } = await loadForge();
const { at, trustAnchors, fields, endorsements } = forgeSnp();
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const expected = { "sev-snp": { measurement: hex(fields.measurement) } };
const anchors = { amd: trustAnchors.amd.map(base64) };

/** A bundle that answers the nonce with the key; anything of the forgery changed. */
async function attest({ nonce, publicKey, certificates = endorsements, ...request }) {
  const reportData = await reportDataFor({ nonce, publicKey });
  const { report } = forgeSnp({ ...request, report: { reportData, ...request.report } });
  return JSON.stringify({ "tee-verify": 1, evidence: base64(report), endorsements: certificates.map(base64) });
}

const flip = (report) => report.set([report[0x20] ^ 1], 0x20);
const other = { report: { measurement: new Uint8Array(48).fill(0xee) } };

const dashboard = {
  name: "example: the dashboard verifies 50 instances in a worker",
  run: async (tab) => {
    const nonce = new Uint8Array(32).fill(5);
    const kinds = [{}, { afterSigning: flip }, { certificates: [] }, other, {}];
    const instances = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => ({
        name: `agent-${i}`,
        evidence: await attest({ nonce, ...kinds[i % 5] }),
        endorsements: [],
      })),
    );
    const example = (name) => readFileSync(join("docs/examples/dashboard", name), "utf8");
    const server = await serveFiles({
      "/index.html":
        '<!doctype html><html lang="en"><title>Instances</title><link rel="icon" href="data:,"><main><h1>Instances</h1><div id="root"></div></main><script type="module" src="/main.js"></script></html>',
      "/main.js": await bundled(`${example("dashboard.js")}; globalThis.showDashboard = showDashboard;`, "esm"),
      "/worker.js": await bundled(example("worker.js"), "esm"),
    });
    await tab.goto(`${server.origin}/index.html`);
    await tab.waitForFunction(() => globalThis.showDashboard !== undefined);
    const { results, steps } = await tab.evaluate(
      async ({ instances, nonce, expected, anchors, at }) => {
        const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
        const steps = new Set();
        const root = document.querySelector("#root");
        new MutationObserver(() => steps.add(root.querySelector("progress")?.value)).observe(root, {
          childList: true,
          subtree: true,
        });
        const results = await globalThis.showDashboard({
          root,
          worker: new Worker("/worker.js", { type: "module" }),
          instances,
          options: {
            expected,
            binding: { nonce: Uint8Array.from(nonce) },
            trustAnchors: { amd: anchors.amd.map(bytes) },
            at: new Date(at),
          },
        });
        await new Promise((done) => setTimeout(done));
        return { results, steps: steps.size };
      },
      { instances, nonce: [...nonce], expected, anchors, at: at.toISOString() },
    );
    const outcomes = ["verified", "rejected", "undetermined", "rejected", "verified"];
    assert.deepEqual(
      results.map(({ name, outcome }) => `${name} ${outcome}`).sort(),
      instances.map(({ name }, i) => `${name} ${outcomes[i % 5]}`).sort(),
    );
    assert.ok(steps > 5, `progress was seen ${steps} times`);
    const text = await tab.locator("[role=status]").textContent();
    assert.equal(text, "50 of 50: 10 ? undetermined, 20 ? verified under your own anchors, 20 ✕ rejected");
    assert.equal(await tab.locator("td", { hasText: "✓" }).count(), 0, "no tick under anchors of one's own");
    assert.equal(await tab.locator("tr").count(), 51);
    await accessible(tab);
    server.close();
  },
};

const dishonest = {
  "another build": { forge: other },
  "an altered report": { forge: { afterSigning: flip } },
  "no certificate": { forge: { certificates: [] } },
  "a key that is not attested": { swap: true },
  "a recording": { replay: true },
};

/** An agent on this side of the browser: attests, and remembers every session key that it was sent. */
function agent({ forge = {}, swap = false, replay = false } = {}) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const opened = [];
  let first;
  return {
    opened,
    attest: async (nonceHex) => {
      const { publicKey } = await webcrypto.subtle.generateKey(curve, true, ["deriveBits"]);
      const own = new Uint8Array(await webcrypto.subtle.exportKey("spki", publicKey));
      const pair = await webcrypto.subtle.generateKey(curve, true, ["deriveBits"]);
      const shown = new Uint8Array(await webcrypto.subtle.exportKey("spki", pair.publicKey));
      opened.key = pair.privateKey;
      const nonce = replay ? new Uint8Array(32).fill(1) : fromHex(nonceHex);
      first = { evidence: await attest({ nonce, publicKey: swap ? own : shown, ...forge }), publicKey: base64(shown) };
      return first;
    },
    open: async ({ ephemeral, sealed }) => {
      const salt = Buffer.from(ephemeral, "base64");
      const theirs = await webcrypto.subtle.importKey("spki", salt, curve, false, []);
      const shared = await webcrypto.subtle.deriveBits({ name: "ECDH", public: theirs }, opened.key, 256);
      const base = await webcrypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
      const hkdf = { name: "HKDF", hash: "SHA-256", salt, info: Buffer.from("session key v1") };
      const key = await webcrypto.subtle.deriveKey(hkdf, base, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
      const iv = new Uint8Array(12);
      opened.push(
        hex(
          new Uint8Array(await webcrypto.subtle.decrypt({ name: "AES-GCM", iv }, key, Buffer.from(sealed, "base64"))),
        ),
      );
    },
  };
}

async function connectIn(tab, { attest: answer, open }) {
  await tab.exposeFunction("attest", answer);
  await tab.exposeFunction("open_", open);
  const code = readFileSync("docs/examples/wallet/connect.js", "utf8");
  const server = await serveFiles({
    "/index.html":
      '<!doctype html><title>t</title><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>',
    "/main.js": await bundled(`${code}; globalThis.wallet = { connect, discoverAgents };`, "esm"),
  });
  try {
    await tab.goto(`${server.origin}/index.html`);
    await tab.waitForFunction(() => globalThis.wallet !== undefined);
    return await tab.evaluate(
      async ({ expected, anchors, at }) => {
        const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
        const text = (list) => btoa(String.fromCharCode(...list));
        const provider = {
          request: async ({ method, params: [param] }) => {
            if (method === "agent_openSession")
              return globalThis.open_({ ephemeral: text(param.ephemeral), sealed: text(param.sealed) });
            const nonce = Array.from(param.nonce, (byte) => byte.toString(16).padStart(2, "0")).join("");
            const { evidence, publicKey } = await globalThis.attest(nonce);
            return { evidence, publicKey: bytes(publicKey) };
          },
        };
        addEventListener("eip6963:requestProvider", () =>
          dispatchEvent(
            new CustomEvent("eip6963:announceProvider", { detail: { info: { name: "OpenClaw" }, provider } }),
          ),
        );
        const found = await new Promise((resolve) => globalThis.wallet.discoverAgents(resolve));
        const sessionKey = new Uint8Array(32).fill(0xab);
        return globalThis.wallet
          .connect({
            provider: found.provider,
            sessionKey,
            expected,
            trustAnchors: { amd: anchors.amd.map(bytes) },
            at: new Date(at),
          })
          .then(
            ({ outcome }) => outcome,
            ({ name, verdict }) => `${name}: ${verdict?.outcome}`,
          );
      },
      { expected, anchors, at: at.toISOString() },
    );
  } finally {
    server.close();
  }
}

const wallet = [
  {
    name: "example: the wallet opens a session with the agent that it expects",
    run: async (tab) => {
      const honest = agent();
      assert.equal(await connectIn(tab, honest), "verified");
      assert.deepEqual([...honest.opened], ["ab".repeat(32)]);
    },
  },
  ...Object.entries(dishonest).map(([name, request]) => ({
    name: `example: the wallet sends nothing to an agent with ${name}`,
    run: async (tab) => {
      const liar = agent(request);
      const outcome = name === "no certificate" ? "undetermined" : "rejected";
      assert.equal(await connectIn(tab, liar), `NotVerifiedError: ${outcome}`);
      assert.deepEqual([...liar.opened], []);
    },
  })),
];

const snap = {
  name: "example: the Snap verifies in a compartment of hardened JavaScript",
  run: async () => {
    const code = readFileSync("docs/examples/snap/snap.js", "utf8");
    const text = await bundled(`${code}; globalThis.snap = { onRpcRequest };`);
    const nonce = new Uint8Array(32).fill(3);
    const publicKey = new Uint8Array(91).fill(0x30);
    const params = { expected, nonce: hex(nonce), publicKey: hex(publicKey) };
    const requests = [
      { method: "verifyAgent", params: { ...params, evidence: await attest({ nonce, publicKey }) } },
      { method: "verifyAgent", params: { ...params, evidence: await attest({ nonce, publicKey, ...other }) } },
      { method: "verifyAgent", params: { ...params, evidence: await attest({ nonce, publicKey, certificates: [] }) } },
      { method: "verifyAgent", params: { ...params, nonce: "zz", evidence: "" } },
      { method: "sendEverything", params },
    ];
    const path = join(folder, "bundle", "snap.mjs");
    writeFileSync(
      path,
      `import "ses";
lockdown({ errorTaming: "unsafe" });
const results = [];
for (const subtle of [globalThis.crypto.subtle, undefined]) {
  const compartment = new Compartment({ globals: harden({ TextEncoder, TextDecoder, setTimeout, clearTimeout, AbortController, URL }), __options__: true });
  compartment.globalThis.crypto = { subtle };
  compartment.evaluate(${JSON.stringify(text)});
  const call = compartment.evaluate(\`(request, at, anchors) => globalThis.snap.onRpcRequest({ request }, {
    at: new Date(at),
    trustAnchors: { amd: anchors.map((hex) => Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16))) },
  })\`);
  for (const request of ${JSON.stringify(requests)})
    results.push(await call(request, ${JSON.stringify(at.toISOString())}, ${JSON.stringify(trustAnchors.amd.map(hex))}).then(
      ({ outcome, anchors, crypto, reasons }) => [outcome, anchors, crypto, reasons[0] ?? ""].join(" "),
      (error) => error.message,
    ));
}
console.log(JSON.stringify(results));
`,
    );
    const output = execFileSync(process.execPath, [resolve(path)], { encoding: "utf8" });
    const answers = (crypto) => [
      `verified custom ${crypto} sev-snp/revocation`,
      `rejected custom ${crypto} sev-snp/revocation`,
      `undetermined custom ${crypto} sev-snp/endorsement-key`,
      "nonce and publicKey are hex",
      "there is no method sendEverything",
    ];
    assert.deepEqual(JSON.parse(output.trim().split("\n").at(-1)), [...answers("webcrypto"), ...answers("noble")]);
  },
};

const service = {
  name: "example: the Node service admits an agent that answers its nonce, once",
  run: async () => {
    const server = createService({ expected, trustAnchors, at });
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    const origin = `http://127.0.0.1:${server.address().port}`;
    const post = async (body) => {
      const response = await fetch(`${origin}/agents`, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      return [response.status, await response.json()];
    };
    const publicKey = new Uint8Array(91).fill(0x30);
    const challenged = async (request = {}) => {
      const { nonce } = await (await fetch(`${origin}/nonce`)).json();
      return {
        nonce,
        publicKey: base64(publicKey),
        evidence: await attest({ nonce: fromHex(nonce), publicKey, ...request }),
      };
    };
    try {
      const honest = await challenged();
      const [status, body] = await post(honest);
      assert.deepEqual([status, body.outcome, body.anchors], [200, "verified", "custom"]);
      assert.match(body.channel.publicKeySha256, /^[0-9a-f]{64}$/);
      assert.deepEqual(await post(honest), [403, { error: "this nonce is not open" }]);
      const { nonce } = await challenged();
      const replayed = await post({ ...honest, nonce });
      assert.deepEqual([replayed[0], replayed[1].outcome], [403, "rejected"]);
      const swapped = await post({ ...(await challenged()), publicKey: base64(publicKey.map((byte) => byte ^ 1)) });
      assert.deepEqual([swapped[0], swapped[1].outcome], [403, "rejected"]);
      const bare = await post(await challenged({ certificates: [] }));
      assert.deepEqual([bare[0], bare[1].outcome], [403, "undetermined"]);
      assert.equal((await post("[1"))[0], 400);
      assert.equal((await post({ nonce: 1 }))[0], 400);
      assert.equal((await post(JSON.stringify({ evidence: "0".repeat(2_000_000) })))[0], 413);
      assert.equal((await fetch(`${origin}/else`)).status, 404);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
};

export const tests = [dashboard, ...wallet, snap, service];
