/** All of it, exemplar after exemplar: the body of scripts/exhaustive.mjs. */
import {
  cuts,
  endorsementDamage,
  flips,
  type Held,
  omissions,
  permutations,
  type Subject,
  subjectOf,
  swaps,
} from "./exhaustive.js";
import { type Exemplar, forgedExemplars } from "./fuzz/exemplars.js";

/** What was tried of one exemplar. */
export interface Row {
  readonly exemplar: string;
  readonly flips: number;
  readonly cuts: number;
  readonly endorsementFlips: number;
  readonly endorsementCuts: number;
  /** Endorsements whose bits and lengths had their turn with another exemplar of the kind. */
  readonly passedOver: number;
  readonly permutations: number;
  readonly omissions: number;
  readonly swaps: number;
  readonly processorSeconds: number;
  readonly faults: readonly string[];
}

async function judge(subject: Subject, exemplars: readonly Exemplar[], held: Held): Promise<Row> {
  const start = process.cpuUsage();
  const evidence = { flips: await flips(subject, "all"), cuts: await cuts(subject, "all") };
  const endorsements = await endorsementDamage(subject, "all", held);
  const orders = await permutations(subject, "all");
  const sets = await omissions(subject, "all");
  const others = await swaps(subject, exemplars, "all");
  const { user, system } = process.cpuUsage(start);
  const all = [evidence.flips, evidence.cuts, endorsements.flips, endorsements.cuts, orders, sets, others];
  return {
    exemplar: subject.exemplar.name,
    flips: evidence.flips.tried,
    cuts: evidence.cuts.tried,
    endorsementFlips: endorsements.flips.tried,
    endorsementCuts: endorsements.cuts.tried,
    passedOver: endorsements.passedOver,
    permutations: orders.tried,
    omissions: sets.tried,
    swaps: others.tried,
    processorSeconds: Math.round((user + system) / 1e6),
    faults: all.flatMap(({ faults }) => faults),
  };
}

/** The signed bytes of each layout first, then the texts that carry them, and the short ones before the long. */
const weight = ({ name, evidence, endorsements }: Exemplar): number => {
  const length = [evidence, ...endorsements].reduce((sum, one) => sum + one.length, 0);
  const text = evidence[0] === 0x7b || evidence[0] === 0x5b;
  return (
    length * (/second reader|nvidia|GPUs/.test(name) ? 4 : 1) + (text ? 1e6 : 0) + (/build hash/.test(name) ? 1e7 : 0)
  );
};

/**
 * Runs every exemplar that is `wanted` and not `known` to have been run, until `done` says no. An endorsement that another exemplar of the
 * kind needs as well is flipped and cut once, with the first of them.
 * @throws Error where an exemplar is not verified as it is
 */
export async function exhaust(
  wanted: (name: string) => boolean,
  known: (name: string) => boolean,
  done: (row: Row) => boolean,
): Promise<void> {
  // Nobody reads the stacks of millions of refusals.
  Error.stackTraceLimit = 0;
  const held: Held = new Set();
  const exemplars = await forgedExemplars();
  for (const exemplar of [...exemplars].sort((a, b) => weight(a) - weight(b))) {
    if (known(exemplar.name)) await endorsementDamage(await subjectOf(exemplar), 0, held);
    else if (wanted(exemplar.name) && !done(await judge(await subjectOf(exemplar), exemplars, held))) return;
  }
}
