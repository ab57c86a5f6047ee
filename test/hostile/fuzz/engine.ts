/** Runs mutations of exemplars against the invariant; inputs that make the verifier do something new are changed further. */
import { createDice } from "./dice.js";
import type { Exemplar } from "./exemplars.js";
import { confirm, type Fault, type Observation, type Original, observe, originalOf } from "./judge.js";
import { type HostileInput, mutateInput } from "./structure.js";

export interface Finding {
  readonly exemplar: string;
  readonly fault: Fault;
  readonly detail: string;
  readonly seed: number;
  readonly index: number;
  readonly input: HostileInput;
}

export interface Totals {
  executions: number;
  verified: number;
  rejected: number;
  undetermined: number;
  /** Different behaviours seen: outcome, and every check that did not pass with its code and reason. */
  behaviours: number;
  /** Inputs that further changes start from. */
  corpus: number;
  slowestMilliseconds: number;
}

export interface Progress {
  /** Called before each execution: what is being judged, so that a hang can be laid to it. */
  starting?(exemplar: string, index: number, input: HostileInput): void;
  found?(finding: Finding): void;
}

interface Room {
  readonly exemplar: Exemplar;
  readonly original: Original;
  readonly inputs: HostileInput[];
  readonly seen: Set<string>;
}

const MAX_INPUTS = 400;
const MAX_KEPT_BYTES = 60_000;

const sizeOf = ({ evidence, endorsements, manifests }: HostileInput): number =>
  [evidence, ...endorsements, ...manifests].reduce((sum, { length }) => sum + length, 0);

/**
 * Runs until `enough` says so. The same seed and exemplars give the same inputs in the same order.
 * @throws Error where an exemplar is not verified as it is
 */
export async function fuzz(
  exemplars: readonly Exemplar[],
  seed: number,
  enough: (totals: Totals) => boolean,
  progress: Progress = {},
): Promise<Totals> {
  const rooms: Room[] = [];
  for (const exemplar of exemplars) {
    const original = await originalOf(exemplar);
    rooms.push({ exemplar, original, inputs: [exemplar], seen: new Set() });
  }
  const donors = exemplars.flatMap(({ evidence, endorsements, manifests }) => [
    evidence,
    ...endorsements,
    ...manifests,
  ]);
  const totals: Totals = {
    executions: 0,
    verified: 0,
    rejected: 0,
    undetermined: 0,
    behaviours: 0,
    corpus: rooms.length,
    slowestMilliseconds: 0,
  };
  for (let index = 0; !enough(totals); index++) {
    const room = rooms[index % rooms.length] as Room;
    const { exemplar, original, inputs } = room;
    const dice = createDice(Math.imul(seed, 0x9e3779b1) + index);
    const from = dice.chance(40) ? (inputs[0] as HostileInput) : dice.pick(inputs);
    const input = mutateInput(from, dice, dice.chance(50) ? own(exemplar) : donors);
    progress.starting?.(exemplar.name, index, input);
    let result = await observe(exemplar, input, original);
    if (result.fault !== undefined) result = await confirm(exemplar, input, original);
    count(totals, result);
    if (result.fault !== undefined) {
      const { fault, detail } = result;
      progress.found?.({ exemplar: exemplar.name, fault, detail, seed, index, input });
    } else keep(room, input, result, totals);
  }
  return totals;
}

const own = ({ evidence, endorsements, manifests }: HostileInput): readonly Uint8Array[] => [
  evidence,
  ...endorsements,
  ...manifests,
];

function count(totals: Totals, { outcome, milliseconds }: Observation): void {
  totals.executions++;
  if (outcome !== "none") totals[outcome]++;
  totals.slowestMilliseconds = Math.max(totals.slowestMilliseconds, milliseconds);
}

function keep({ inputs, seen }: Room, input: HostileInput, { behaviour }: Observation, totals: Totals): void {
  if (seen.has(behaviour)) return;
  seen.add(behaviour);
  totals.behaviours++;
  if (inputs.length >= MAX_INPUTS || sizeOf(input) > MAX_KEPT_BYTES) return;
  inputs.push(input);
  totals.corpus++;
}
