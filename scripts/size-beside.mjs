/** What a subpath weighs for somebody who has the front door already: minified, gzip, without the modules that both share. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Most bytes beside the shared core. */
const LIMITS = { nvidia: 20_000, arm: 20_000 };

async function bundle(contents) {
  const stdin = { contents, resolveDir: process.cwd(), loader: "ts" };
  const options = { bundle: true, minify: true, format: "esm", platform: "browser", target: "es2022" };
  const { outputFiles, metafile } = await build({ ...options, stdin, write: false, metafile: true });
  const [output] = Object.values(metafile.outputs);
  return { bytes: gzipSync(outputFiles[0].contents, { level: 9 }).length, modules: Object.keys(output.inputs) };
}

/** All that a module exports: nothing of the shared ones is left out and then counted as the subpath's. */
const whole = (modules) => modules.map((path, index) => `export * as m${index} from "./${path}";`).join("\n");

const frontDoor = new Set((await bundle('export * from "./src/index.ts";')).modules);
let over = false;
for (const [name, limit] of Object.entries(LIMITS)) {
  const entry = `src/${name}.ts`;
  const { modules } = await bundle(`export * from "./${entry}";`);
  const shared = modules.filter((path) => frontDoor.has(path) && path.startsWith("src/"));
  const core = await bundle(whole(shared));
  const beside = (await bundle(whole([...shared, entry]))).bytes - core.bytes;
  over ||= beside >= limit;
  console.log(`tee-verify/${name} beside the shared core: ${beside} bytes gzip (limit ${limit}; core ${core.bytes})`);
}
process.exitCode = over ? 1 : 0;
