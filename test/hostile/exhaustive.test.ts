/**
 * One verified exemplar of every kind, version and layout, with its endorsements: every bit flipped, every length cut, every order, every
 * omission, and endorsements of others in the place of its own. None gives a false yes, and damage is found before the appraisal.
 *
 * `TEE_VERIFY_EXHAUSTIVE=1` (npm run exhaustive) takes every bit and length; without it a seeded sample of each stands for them.
 */
import { isDeepStrictEqual } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import type { Crypto } from "../../src/crypto/crypto.js";
import type { Verdict } from "../../src/verdict.js";
import { createDice } from "./fuzz/dice.js";
import { type Exemplar, forgedExemplars } from "./fuzz/exemplars.js";
import type { HostileInput } from "./fuzz/structure.js";
import { idealCrypto } from "./ideal.js";

const FULL = process.env["TEE_VERIFY_EXHAUSTIVE"] === "1";
const SAMPLE = 40;

interface Subject {
  readonly exemplar: Exemplar;
  readonly crypto: Crypto;
  readonly claims: unknown;
  ask(input: HostileInput): Promise<Verdict>;
}

const exemplars = await forgedExemplars();
const subjects = new Map<string, Subject>();
const claimsOf = ({ parts }: Verdict): unknown => parts.map(({ path, kind, claims }) => [path, kind, claims]);

beforeAll(async () => {
  for (const exemplar of exemplars) {
    const { record, ideal } = idealCrypto();
    const verdict = await exemplar.ask(exemplar, record);
    const ask = (input: HostileInput): Promise<Verdict> => exemplar.ask(input, ideal);
    expect([exemplar.name, verdict.outcome, (await ask(exemplar)).outcome]).toEqual([
      exemplar.name,
      "verified",
      "verified",
    ]);
    subjects.set(exemplar.name, { exemplar, crypto: ideal, claims: claimsOf(verdict), ask });
  }
}, 120_000);

const subjectOf = (name: string): Subject => subjects.get(name) as Subject;

/** What is wrong with a verdict over damaged input; empty where nothing is. `mayMiss`: damage may leave all that counts as it was. */
function wrong(verdict: Verdict, claims: unknown, mayMiss: boolean): string {
  if (verdict.checks.some(({ code }) => code === "internal-error")) return "a defect";
  if (verdict.ok) {
    if (!isDeepStrictEqual(claimsOf(verdict), claims)) return "a false yes";
    return mayMiss ? "" : "a yes";
  }
  if (verdict.outcome === "undetermined") return "";
  const early = verdict.checks.some(({ status, stage }) => status === "failed" && stage !== "appraise");
  return early || mayMiss ? "" : "found in the appraisal alone";
}

/** All numbers below `count`, or a seeded sample of them. */
function chosen(count: number, seed: number): readonly number[] {
  if (FULL || count <= SAMPLE) return Array.from({ length: count }, (_, i) => i);
  const dice = createDice(seed);
  return Array.from({ length: SAMPLE }, () => dice.below(count));
}

/** Tries `inputs` in turn; returns what was wrong, with the number of the first few. */
async function faults(
  { ask, claims }: Subject,
  numbers: readonly number[],
  input: (number: number) => HostileInput,
  mayMiss: (number: number) => boolean,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (let start = 0; start < numbers.length; start += 64) {
    const some = numbers.slice(start, start + 64);
    const verdicts = await Promise.all(some.map((number) => ask(input(number))));
    verdicts.forEach((verdict, i) => {
      const what = wrong(verdict, claims, mayMiss(some[i] as number));
      if (what !== "") found.push(`${some[i]}: ${what}`);
    });
  }
  return found.slice(0, 20);
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

/** JSON, hex and base64 have letters that carry nothing, and labels that only the appraisal reads. */
const isText = (bytes: Uint8Array): boolean => bytes.subarray(0, 32).every((byte) => byte >= 9 && byte < 127);

/**
 * Where the part ends whose every bit counts. Behind it: in an extended report the table, which may name a root that nobody needs (its
 * certificates have their turn as endorsements); in a quote the copy of Intel's root, since the pinned one is used.
 */
function reliedOn(name: string, evidence: Uint8Array): number {
  if (name.includes("extended")) return 1184;
  const root = Buffer.from(evidence).lastIndexOf("-----BEGIN");
  return /^(tdx|sgx) version/.test(name) ? root : evidence.length;
}

const always = (): boolean => true;

const replaced = <T>(list: readonly T[], at: number, item: T): readonly T[] =>
  list.map((old, i) => (i === at ? item : old));

const names = exemplars.map(({ name }) => name);
const TIMEOUT = FULL ? 3_600_000 : 120_000;

describe.each(names)("%s", (name) => {
  it("no bit of the evidence can change", { timeout: TIMEOUT }, async () => {
    const subject = subjectOf(name);
    const { evidence } = subject.exemplar;
    const bits = chosen(evidence.length * 8, 1);
    const input = (bit: number): HostileInput => ({ ...subject.exemplar, evidence: flipped(evidence, bit) });
    const end = isText(evidence) ? 0 : reliedOn(name, evidence) * 8;
    expect(await faults(subject, bits, input, (bit) => bit >= end)).toEqual([]);
  });

  it("the evidence cannot be cut short", { timeout: TIMEOUT }, async () => {
    const subject = subjectOf(name);
    const { evidence } = subject.exemplar;
    const lengths = chosen(evidence.length, 2);
    const input = (length: number): HostileInput => ({ ...subject.exemplar, evidence: evidence.subarray(0, length) });
    expect(await faults(subject, lengths, input, () => isText(evidence))).toEqual([]);
  });

  it("no bit of an endorsement can change, and none can be cut short, unless it is not needed", {
    timeout: TIMEOUT,
  }, async () => {
    const subject = subjectOf(name);
    const { endorsements } = subject.exemplar;
    for (const [at, item] of endorsements.entries()) {
      const without = await subject.ask({ ...subject.exemplar, endorsements: endorsements.filter((_, i) => i !== at) });
      const mayMiss = (): boolean => without.ok || isText(item);
      const put = (bytes: Uint8Array): HostileInput => ({
        ...subject.exemplar,
        endorsements: replaced(endorsements, at, bytes),
      });
      expect([
        at,
        await faults(subject, chosen(item.length * 8, 3 + at), (bit) => put(flipped(item, bit)), mayMiss),
      ]).toEqual([at, []]);
      expect([
        at,
        await faults(subject, chosen(item.length, 30 + at), (length) => put(item.subarray(0, length)), mayMiss),
      ]).toEqual([at, []]);
    }
  });

  it("endorsements give the same verdict in any order, and never another yes when some are left out", {
    timeout: TIMEOUT,
  }, async () => {
    const subject = subjectOf(name);
    const { endorsements } = subject.exemplar;
    for (const order of orders(endorsements)) {
      const verdict = await subject.ask({ ...subject.exemplar, endorsements: order });
      expect([verdict.outcome, isDeepStrictEqual(claimsOf(verdict), subject.claims)]).toEqual(["verified", true]);
    }
    const subsets = chosen(2 ** Math.min(endorsements.length, 12), 4);
    const input = (mask: number): HostileInput => ({
      ...subject.exemplar,
      endorsements: endorsements.filter((_, i) => (mask >> i) & 1),
    });
    expect(await faults(subject, subsets, input, always)).toEqual([]);
  });

  it("another's endorsements in the place of its own give no other yes", { timeout: TIMEOUT }, async () => {
    const subject = subjectOf(name);
    const { endorsements } = subject.exemplar;
    const others = exemplars.filter((one) => one.name !== name).flatMap((one) => one.endorsements);
    const count = endorsements.length * others.length;
    const input = (number: number): HostileInput => ({
      ...subject.exemplar,
      endorsements: replaced(
        endorsements,
        Math.floor(number / others.length),
        others[number % others.length] as Uint8Array,
      ),
    });
    expect(await faults(subject, chosen(count, 5), input, always)).toEqual([]);
    const whole = exemplars.filter((one) => one.name !== name && one.endorsements.length > 0);
    const exchanged = (number: number): HostileInput => ({
      ...subject.exemplar,
      endorsements: (whole[number] as Exemplar).endorsements,
    });
    expect(await faults(subject, chosen(whole.length, 6), exchanged, always)).toEqual([]);
  });
});

/** Every order of up to five (three without FULL), else a seeded sample. */
function orders(items: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  if (FULL ? items.length <= 5 : items.length <= 3) return permutations(items);
  const dice = createDice(7);
  return Array.from({ length: FULL ? 100 : 10 }, () => {
    const rest = [...items];
    return items.map(() => rest.splice(dice.below(rest.length), 1)[0] as Uint8Array);
  });
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, at) => permutations(items.filter((_, i) => i !== at)).map((rest) => [item, ...rest]));
}
