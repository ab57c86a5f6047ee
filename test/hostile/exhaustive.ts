/** What is done to one verified exemplar and its endorsements, and what is wrong with a verdict over the damage. */
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Verdict } from "../../src/verdict.js";
import { createDice } from "./fuzz/dice.js";
import type { Exemplar } from "./fuzz/exemplars.js";
import type { HostileInput } from "./fuzz/structure.js";
import { idealCrypto } from "./ideal.js";

export interface Subject {
  readonly exemplar: Exemplar;
  /** Kind of the outermost part. */
  readonly kind: string;
  readonly claims: unknown;
  ask(input: HostileInput): Promise<Verdict>;
}

/** How much: every number, or a seeded sample of so many. */
export type Amount = "all" | number;

/** What was tried, and what was wrong with the first few of them. */
export interface Tally {
  tried: number;
  readonly faults: string[];
}

const claimsOf = ({ parts }: Verdict): unknown => parts.map(({ path, kind, claims }) => [path, kind, claims]);

/** @throws Error where the exemplar is not verified as it is */
export async function subjectOf(exemplar: Exemplar): Promise<Subject> {
  const { record, ideal } = idealCrypto();
  const verdict = await exemplar.ask(exemplar, record);
  const ask = (input: HostileInput): Promise<Verdict> => exemplar.ask(input, ideal);
  const again = await ask(exemplar);
  if (!verdict.ok || !again.ok) throw new Error(`${exemplar.name} is ${verdict.outcome}, then ${again.outcome}`);
  return { exemplar, kind: verdict.parts[0]?.kind ?? "", claims: claimsOf(verdict), ask };
}

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
function chosen(count: number, seed: number, amount: Amount): readonly number[] {
  if (amount === "all" || count <= amount) return Array.from({ length: count }, (_, i) => i);
  const dice = createDice(seed);
  return Array.from({ length: amount }, () => dice.below(count));
}

const AT_ONCE = 64;
const SHOWN = 20;

/** Tries the inputs in turn. */
async function tryAll(
  { ask, claims }: Subject,
  numbers: readonly number[],
  input: (number: number) => HostileInput,
  mayMiss: (number: number) => boolean,
  tally: Tally = { tried: 0, faults: [] },
): Promise<Tally> {
  for (let start = 0; start < numbers.length; start += AT_ONCE) {
    const some = numbers.slice(start, start + AT_ONCE);
    const verdicts = await Promise.all(some.map((number) => ask(input(number))));
    verdicts.forEach((verdict, i) => {
      const what = wrong(verdict, claims, mayMiss(some[i] as number));
      if (what !== "" && tally.faults.length < SHOWN) tally.faults.push(`${some[i]}: ${what}`);
    });
    tally.tried += some.length;
  }
  return tally;
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

/** Every bit of the evidence. */
export function flips(subject: Subject, amount: Amount): Promise<Tally> {
  const { name, evidence } = subject.exemplar;
  const input = (bit: number): HostileInput => ({ ...subject.exemplar, evidence: flipped(evidence, bit) });
  const end = isText(evidence) ? 0 : reliedOn(name, evidence) * 8;
  return tryAll(subject, chosen(evidence.length * 8, 1, amount), input, (bit) => bit >= end);
}

/** Every length of the evidence. */
export function cuts(subject: Subject, amount: Amount): Promise<Tally> {
  const { evidence } = subject.exemplar;
  const input = (length: number): HostileInput => ({ ...subject.exemplar, evidence: evidence.subarray(0, length) });
  return tryAll(subject, chosen(evidence.length, 2, amount), input, () => isText(evidence));
}

/** Endorsements whose every bit had its turn, as needed and as not: they come again in other exemplars of the kind that needs them. */
export type Held = Set<string>;

/** Kinds of the parts that lack something in the verdict `without` one endorsement that they had in `whole`; the outermost where none does. */
function needers(whole: Verdict, without: Verdict, outermost: string): string {
  const open = ({ checks }: Verdict): readonly string[] =>
    checks.filter(({ status }) => status !== "passed").map(({ part, id }) => `${part} ${id}`);
  const before = new Set(open(whole));
  const lacking = open(without).filter((check) => !before.has(check));
  const kinds = without.parts.filter(({ path }) => lacking.some((check) => check.startsWith(`${path} `)));
  return [...new Set(kinds.map(({ kind }) => kind))].sort().join() || outermost;
}

/** Every bit and every length of every endorsement, but those of `held`, which it adds to. */
export async function endorsementDamage(
  subject: Subject,
  amount: Amount,
  held: Held = new Set(),
): Promise<EndorsementTally> {
  const { endorsements } = subject.exemplar;
  const sums = { flips: { tried: 0, faults: [] }, cuts: { tried: 0, faults: [] }, passedOver: 0 } as EndorsementTally;
  const whole = await subject.ask(subject.exemplar);
  for (const [at, item] of endorsements.entries()) {
    const without = await subject.ask({ ...subject.exemplar, endorsements: endorsements.filter((_, i) => i !== at) });
    const needed = !without.ok;
    const id = `${needers(whole, without, subject.kind)} ${needed} ${createHash("sha256").update(item).digest("hex")}`;
    if (held.has(id)) {
      sums.passedOver++;
      continue;
    }
    const mayMiss = (): boolean => !needed || isText(item);
    const put = (bytes: Uint8Array): HostileInput => ({
      ...subject.exemplar,
      endorsements: replaced(endorsements, at, bytes),
    });
    const bits = chosen(item.length * 8, 3 + at, amount);
    await tryAll(subject, bits, (bit) => put(flipped(item, bit)), mayMiss, sums.flips);
    const lengths = chosen(item.length, 30 + at, amount);
    await tryAll(subject, lengths, (length) => put(item.subarray(0, length)), mayMiss, sums.cuts);
    held.add(id);
  }
  return sums;
}

export interface EndorsementTally {
  readonly flips: Tally;
  readonly cuts: Tally;
  /** Endorsements that had their turn with another exemplar. */
  passedOver: number;
}

/** The endorsements in other orders: each must be verified, with the same claims. */
export async function permutations(subject: Subject, amount: Amount): Promise<Tally> {
  const tally: Tally = { tried: 0, faults: [] };
  for (const order of orders(subject.exemplar.endorsements, amount)) {
    const verdict = await subject.ask({ ...subject.exemplar, endorsements: order });
    tally.tried++;
    if (!verdict.ok || !isDeepStrictEqual(claimsOf(verdict), subject.claims))
      tally.faults.push(`order ${tally.tried}: ${verdict.outcome}`);
  }
  return tally;
}

/** Every set of the endorsements (of the first twelve). */
export function omissions(subject: Subject, amount: Amount): Promise<Tally> {
  const { endorsements } = subject.exemplar;
  const input = (mask: number): HostileInput => ({
    ...subject.exemplar,
    endorsements: endorsements.filter((_, i) => (mask >> i) & 1),
  });
  return tryAll(subject, chosen(2 ** Math.min(endorsements.length, 12), 4, amount), input, always);
}

/** Every endorsement of every other exemplar in the place of each, and all of another's in the place of all. */
export async function swaps(subject: Subject, exemplars: readonly Exemplar[], amount: Amount): Promise<Tally> {
  const { name, endorsements } = subject.exemplar;
  const others = exemplars.filter((one) => one.name !== name).flatMap((one) => one.endorsements);
  const input = (number: number): HostileInput => ({
    ...subject.exemplar,
    endorsements: replaced(
      endorsements,
      Math.floor(number / others.length),
      others[number % others.length] as Uint8Array,
    ),
  });
  const tally = await tryAll(subject, chosen(endorsements.length * others.length, 5, amount), input, always);
  const whole = exemplars.filter((one) => one.name !== name && one.endorsements.length > 0);
  const exchanged = (number: number): HostileInput => ({
    ...subject.exemplar,
    endorsements: (whole[number] as Exemplar).endorsements,
  });
  return tryAll(subject, chosen(whole.length, 6, amount), exchanged, always, tally);
}

/** Every order of up to five (three of a sample), else a seeded sample. */
function orders(items: readonly Uint8Array[], amount: Amount): readonly (readonly Uint8Array[])[] {
  if (items.length <= (amount === "all" ? 5 : 3)) return ordersOf(items);
  const dice = createDice(7);
  return Array.from({ length: amount === "all" ? 100 : 10 }, () => {
    const rest = [...items];
    return items.map(() => rest.splice(dice.below(rest.length), 1)[0] as Uint8Array);
  });
}

function ordersOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, at) => ordersOf(items.filter((_, i) => i !== at)).map((rest) => [item, ...rest]));
}
