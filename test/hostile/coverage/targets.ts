/** What the coverage-guided fuzzer calls (scripts/fuzz-coverage.mjs): the readers, and the verifier under the invariant of `judge.ts`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Exemplar, forgedExemplars } from "../fuzz/exemplars.js";
import { confirm, LIMITS, type Original, observe, originalOf } from "../fuzz/judge.js";
import type { HostileInput } from "../fuzz/structure.js";
import { READERS, read } from "./parsers.js";

interface Subject {
  readonly exemplar: Exemplar;
  readonly original: Original;
}

let prepared: Promise<readonly Subject[]> | undefined;

async function prepare(): Promise<readonly Subject[]> {
  const subjects: Subject[] = [];
  for (const exemplar of await forgedExemplars()) subjects.push({ exemplar, original: await originalOf(exemplar) });
  return subjects;
}

const replaced = (list: readonly Uint8Array[], at: number, item: Uint8Array): readonly Uint8Array[] =>
  list.map((old, i) => (i === at ? item : old));

/** The exemplar with one of its inputs exchanged: the evidence first, then the endorsements, then the manifests. */
function exchanged(exemplar: Exemplar, at: number, bytes: Uint8Array): HostileInput {
  const { evidence, endorsements, manifests } = exemplar;
  const place = at % (1 + endorsements.length + manifests.length);
  if (place === 0) return { evidence: bytes, endorsements, manifests };
  const later = place - 1 - endorsements.length;
  if (later < 0) return { evidence, endorsements: replaced(endorsements, place - 1, bytes), manifests };
  return { evidence, endorsements, manifests: replaced(manifests, later, bytes) };
}

/** The first byte of `data` says which reader, the rest is what it reads. */
export function parsers(data: Uint8Array): void {
  read(new Uint8Array(data), LIMITS.milliseconds);
}

/** The first byte of `data` says which exemplar, the second which of its inputs, and the rest stands in the place of that. */
export async function verify(data: Uint8Array): Promise<void> {
  prepared ??= prepare();
  const subjects = await prepared;
  if (data.length < 2) return;
  const { exemplar, original } = subjects[(data[0] as number) % subjects.length] as Subject;
  const input = exchanged(exemplar, data[1] as number, new Uint8Array(data.subarray(2)));
  let result = await observe(exemplar, input, original);
  if (result.fault !== undefined) result = await confirm(exemplar, input, original);
  if (result.fault !== undefined) throw new Error(`${exemplar.name}: ${result.fault}: ${result.detail}`);
}

/** Writes what both start from: the inputs of every exemplar for each place that they stand in, and for every reader. */
export async function writeSeeds(folder: string): Promise<void> {
  const exemplars = await forgedExemplars();
  for (const name of ["parsers", "verify"]) mkdirSync(join(folder, name), { recursive: true });
  const put = (name: string, file: string, head: readonly number[], bytes: Uint8Array): void =>
    writeFileSync(join(folder, name, file), Buffer.concat([Uint8Array.from(head), bytes]));
  for (const [e, { evidence, endorsements, manifests }] of exemplars.entries())
    for (const [at, bytes] of [evidence, ...endorsements, ...manifests].entries())
      put("verify", `seed-${e}-${at}`, [e, at], bytes);
  const distinct = new Map(
    exemplars.flatMap(({ evidence, endorsements, manifests }) =>
      [evidence, ...endorsements, ...manifests].map((bytes) => [Buffer.from(bytes).toString("base64"), bytes] as const),
    ),
  );
  // A reader that throws at once finds its own way from there: all start from all.
  for (const r of READERS.keys())
    for (const [i, bytes] of [...distinct.values()].entries()) put("parsers", `seed-${r}-${i}`, [r], bytes);
}
