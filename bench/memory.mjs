/** `npm run bench -- memory`: verifying many reports in one process keeps its memory flat. */
import { existsSync, readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { verify } from "../dist/sev-snp.js";

const REPORTS = 100_000;
const SAMPLES = 20;
/** Of the heap after collection, from the second sample (everything is loaded and compiled by then) to the last. */
const MAX_GROWTH_BYTES = 2_000_000;

const read = (name) => new Uint8Array(readFileSync(`fixtures/demo/${name}`));

/** Another report each time, so that a cache of what was seen would fill: the bytes of CURRENT_TCB hold the number. */
function numbered(report, number) {
  const copy = report.slice();
  new DataView(copy.buffer).setUint32(0x38, number, true);
  return copy;
}

/** Bytes on the heap and outside of it that are still in use. */
function inUse(collect) {
  collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

export async function benchMemory() {
  if (!existsSync("dist/sev-snp.js")) throw new Error("dist is missing: npm run build");
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  const text = new TextDecoder().decode(read("milan-2023.report.hex"));
  const report = new Uint8Array(Buffer.from(text, "hex"));
  const vcek = read("milan-2023.vcek.der");
  const options = { expected: "any-build", binding: "unbound", endorsements: [vcek], at: new Date("2023-06-01") };
  const samples = [];
  console.log(`\nMemory in use over ${REPORTS.toLocaleString("en")} reports in one process`);
  for (let number = 0; number < REPORTS; number++) {
    const { ok, checks } = await verify(numbered(report, number), options);
    if (ok || checks.length === 0) throw new Error("an altered report was not rejected");
    if ((number + 1) % (REPORTS / SAMPLES) !== 0) continue;
    samples.push(inUse(collect));
  }
  const growth = samples.at(-1) - samples[1];
  console.log(`  ${samples.map((bytes) => (bytes / 1e6).toFixed(1)).join(" ")} MB`);
  const words = `${(growth / 1e6).toFixed(2)} MB of growth (at most ${MAX_GROWTH_BYTES / 1e6})`;
  console.log(`  ${growth <= MAX_GROWTH_BYTES ? "ok  " : "OVER"} ${words}`);
  return growth <= MAX_GROWTH_BYTES ? [] : [`Memory: ${words}`];
}
