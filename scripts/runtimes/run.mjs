/** `npm run test:runtimes`: the conformance suite everywhere, and a table of what ran. Every runtime of the list must run. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { browsers } from "./browsers.mjs";
import { bundleSuite } from "./bundle.mjs";
import { engines } from "./engines.mjs";
import { folder, installRuntimes } from "./install.mjs";
import { differences, withTable } from "./table.mjs";

installRuntimes();
const bundle = await bundleSuite();
const write = process.argv.includes("--write");
const only = process.argv.slice(2).find((word) => !word.startsWith("--"));
const places = [...engines(bundle), ...(await browsers(bundle))].filter(
  ({ name }) => only === undefined || name.includes(only),
);

const rows = [];
for (const { name, subtle, run } of places) {
  const start = performance.now();
  const result = await run().catch((error) => ({ error: String(error.message ?? error).split("\n")[0] }));
  rows.push({ name, subtle, result, seconds: ((performance.now() - start) / 1000).toFixed(1) });
}

// One digest for all: the same evidence must come to the same words everywhere.
const reference = rows.flatMap(({ result }) => result.results ?? [])[0]?.digest;
const judged = rows.map((row) => ({ ...row, faults: [...faultsOf(row), ...gunzipFaults(row)] }));

function faultsOf({ subtle, result }) {
  if (result.error !== undefined) return [result.error];
  const names = result.results.map(({ backEnd }) => backEnd);
  const wanted = subtle ? ["webcrypto", "noble"] : ["noble"];
  return [
    ...(result.subtle === subtle ? [] : [`crypto.subtle is ${result.subtle ? "there" : "missing"}`]),
    ...(String(names) === String(wanted) ? [] : [`ran with ${names} instead of ${wanted}`]),
    ...result.results.flatMap(({ failures }) => failures),
    ...result.results.flatMap(({ backEnd, digest }) =>
      digest === reference ? [] : [`${backEnd}: other verdicts than elsewhere`],
    ),
  ];
}

/** Hardened JavaScript alone has no DecompressionStream: there the refusal is what is tested. */
function gunzipFaults({ name, result: { gunzip, error } }) {
  if (error !== undefined) return [];
  const wanted = !name.startsWith("SES");
  return [
    ...(gunzip.there === wanted ? [] : [`DecompressionStream is ${gunzip.there ? "there" : "missing"}`]),
    ...gunzip.failures,
  ];
}

const table = [
  "| where | back ends | verdicts | seconds | result |",
  "| --- | --- | --- | --- | --- |",
  ...judged.map(({ name, result, seconds, faults }) => {
    const backEnds = (result.results ?? []).map(({ backEnd }) => backEnd).join(", ");
    const verdicts = (result.results ?? []).reduce((sum, { passed }) => sum + passed, 0);
    return `| ${name} | ${backEnds} | ${verdicts} | ${seconds} | ${faults.length === 0 ? "same verdicts" : faults.join("; ")} |`;
  }),
].join("\n");
console.log(`${table}\n\n${bundle.count} pieces of evidence; digest of all verdicts ${reference}`);
writeFileSync(join(folder, "table.md"), `${table}\n`);
const failed = judged.filter(({ faults }) => faults.length > 0).length;

/** The README says what ran; a run of everything that held writes it, or is compared with it. */
function readmeFaults() {
  const ran = judged.map(({ name, result, seconds }) => ({
    name,
    backEnds: (result.results ?? []).map(({ backEnd }) => backEnd),
    seconds,
  }));
  const readme = readFileSync("README.md", "utf8");
  if (write && failed === 0) writeFileSync("README.md", withTable(readme, ran));
  return write ? [] : differences(readme, ran);
}

const unsaid = only === undefined ? readmeFaults() : [];
for (const words of unsaid) console.log(words);
const wrong = failed + (unsaid.length > 0 ? 1 : 0);
console.log(`${judged.length - failed + (only === undefined && unsaid.length === 0 ? 1 : 0)} passed, ${wrong} failed`);
process.exitCode = wrong === 0 ? 0 : 1;
