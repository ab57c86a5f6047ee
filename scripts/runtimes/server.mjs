/** Serves the suite to browsers: a page, a worker and a page under a strict Content-Security-Policy. */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const page = (script) =>
  `<!doctype html><meta charset="utf-8"><title>suite</title><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;
const finish = `(result) => { document.title = "done"; window.suite = JSON.stringify(result); }`;

/** @param {Readonly<Record<string, string>>} files further files by path, as text */
export function serve(module, files = {}) {
  const answers = {
    "/suite.mjs": ["text/javascript", () => readFileSync(module)],
    "/page": ["text/html", () => page("/page.mjs")],
    "/page.mjs": [
      "text/javascript",
      () => `import { run } from "/suite.mjs"; run().catch((error) => ({ error: String(error) })).then(${finish});`,
    ],
    "/worker": ["text/html", () => page("/worker-page.mjs")],
    "/worker-page.mjs": [
      "text/javascript",
      () =>
        `const worker = new Worker("/worker.mjs", { type: "module" }); worker.onmessage = ({ data }) => (${finish})(data); worker.onerror = (event) => (${finish})({ error: event.message });`,
    ],
    "/worker.mjs": [
      "text/javascript",
      () =>
        `import { run } from "/suite.mjs"; run().catch((error) => ({ error: String(error) })).then((result) => postMessage(result));`,
    ],
    "/csp": ["text/html", () => page("/page.mjs")],
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const file = files[path];
    const answer = answers[path];
    if (file === undefined && answer === undefined) {
      response.writeHead(404).end();
      return;
    }
    const type = answer?.[0] ?? (path.endsWith(".html") ? "text/html" : "text/javascript");
    const headers = { "content-type": `${type}; charset=utf-8` };
    // No unsafe-eval, no inline, nothing fetched: what a wallet's page would set.
    if (path === "/csp")
      headers["content-security-policy"] =
        "default-src 'none'; script-src 'self'; img-src data:; require-trusted-types-for 'script'; trusted-types 'none'";
    response.writeHead(200, headers).end(file ?? answer[1]());
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve({ port: server.address().port, close: () => server.close() })),
  );
}
