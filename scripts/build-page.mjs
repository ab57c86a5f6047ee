/** Makes the page: one HTML file without a server, which works from file:// and offline. Written to dist/page/index.html. */

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const { outputFiles } = await build({
  stdin: {
    contents: 'import { startPage } from "./src/page/page.ts"; startPage();',
    resolveDir: process.cwd(),
    loader: "ts",
  },
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  write: false,
  logLevel: "error",
});
// A closing tag inside a string would end the script element.
const script = outputFiles[0].text.replaceAll("</script", "<\\/script");
const hash = createHash("sha256").update(script).digest("base64");
// This script and no other, no form that submits, no style, frame or picture from anywhere: what is entered has no way out but the
// address that a person types, which is asked with a plain GET.
const policy = `default-src 'none'; script-src 'sha256-${hash}'; connect-src http: https:; img-src data:; base-uri 'none'; form-action 'none'`;
const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="description" content="Is this the build I expect, on genuine confidential hardware? Checked in your browser.">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Can I trust this agent? · tee-verify</title>
<body>
<script>${script}</script>
</body>
</html>
`;
mkdirSync("dist/page", { recursive: true });
writeFileSync("dist/page/index.html", html);
