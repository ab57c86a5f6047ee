/** Makes the page: one HTML file without a server, which works from file:// and offline. Written to dist/page/index.html. */

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
const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
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
