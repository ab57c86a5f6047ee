/** Bundles the built component for the browser's tests, and serves pages to them. */

import { createServer } from "node:http";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { folder } from "../runtimes/install.mjs";

/** A page with one `<tee-verify>`, whose script is in the page; `attributes` as text. */
export async function elementPage(attributes = "") {
  const script = await bundled('import { defineTeeVerify } from "tee-verify/element"; defineTeeVerify();');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><title>tee-verify</title>
<style>body { margin: 0; padding: 16px; background: light-dark(#f1f3f6, #0c0e11); } main { max-width: 820px; margin: 0 auto; } h1 { position: absolute; clip-path: inset(50%); margin: 0; }</style>
<main><h1>Agent</h1><tee-verify ${attributes}></tee-verify></main><script>${script.replaceAll("</script", "<\\/script")}</script></html>`;
}

/** Text of a script that runs `contents`, with what it imports by name from the built package. */
export async function bundled(contents, format = "iife") {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format,
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].text;
}

/**
 * @param {Readonly<Record<string, string | Uint8Array | ((request: object, response: object) => void)>>} files by path
 * @returns {Promise<{ origin: string, port: number, close: () => void }>}
 */
export function serveFiles(files) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const file = files[pathname];
    if (typeof file === "function") return file(request, response);
    if (file === undefined) return response.writeHead(404).end();
    const type = pathname.endsWith(".html") ? "text/html" : pathname.endsWith(".js") ? "text/javascript" : "text/plain";
    return response.writeHead(200, { "content-type": `${type}; charset=utf-8` }).end(file);
  });
  return new Promise((done) =>
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      done({ origin: `http://localhost:${port}`, port, close: () => server.close() });
    }),
  );
}

/** The forge, for evidence that answers a nonce made in the browser. */
export async function loadForge() {
  const outfile = resolve(folder, "bundle", "forge.mjs");
  await build({
    stdin: {
      contents:
        'export { forgeSnp } from "./fixtures/amd/snp.ts"; export { snpMachine } from "./fixtures/live/machine.ts"; export { configfsTsm, createAttester, nodeHandler } from "./src/attester/index.ts"; export { reportDataFor } from "./src/challenge.ts"; export { toHex, fromHex } from "./src/encoding/text.ts";',
      resolveDir: process.cwd(),
      loader: "ts",
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "error",
  });
  return import(pathToFileURL(outfile).href);
}
