/** The invariant, on one input: a verdict in bounded time and memory, and a yes only for what the authentic original claims. */
import { isDeepStrictEqual } from "node:util";
import type { Verdict } from "../../../src/verdict.js";
import type { Exemplar } from "./exemplars.js";
import type { HostileInput } from "./structure.js";

export const LIMITS = { milliseconds: 250, bytes: 64 * 1024 * 1024 } as const;

export type Fault = "threw" | "defect" | "false-yes" | "no-checks" | "slow" | "memory" | "hang";

export interface Observation {
  /** `undefined` where all is well. */
  readonly fault: Fault | undefined;
  readonly detail: string;
  /** What the verifier did with the input, in few words: inputs that do something new are kept. */
  readonly behaviour: string;
  readonly milliseconds: number;
  readonly outcome: Verdict["outcome"] | "none";
}

export interface Original {
  readonly claims: unknown;
}

const claimsOf = ({ parts }: Verdict): unknown => parts.map(({ path, kind, claims }) => [path, kind, claims]);

/** @throws Error where the exemplar is not verified as it is */
export async function originalOf(exemplar: Exemplar): Promise<Original> {
  const verdict = await exemplar.ask(exemplar);
  if (!verdict.ok) {
    const failed = verdict.checks.filter(({ status }) => status !== "passed" && status !== "waived");
    const why = failed.map(({ id, code, detail }) => `${id} ${code}: ${detail}`).join("; ");
    throw new Error(`exemplar ${exemplar.name} is ${verdict.outcome}: ${why}`);
  }
  return { claims: claimsOf(verdict) };
}

/** Words of a reason without its numbers and quotations. */
const shape = (reason: unknown): string =>
  String(reason ?? "")
    .replace(/"[^"]*"|0x[0-9a-f]+|\d+/g, "#")
    .slice(0, 60);

function behaviourOf(verdict: Verdict): string {
  const findings = verdict.checks
    .filter(({ status }) => status !== "passed")
    .map(({ id, status, code, params }) => `${id} ${status} ${code ?? ""} ${shape(params.reason)}`);
  return `${verdict.outcome}|${findings.join("|")}`;
}

function faultOf(verdict: Verdict, original: Original): readonly [Fault, string] | undefined {
  const defect = verdict.checks.find(({ code }) => code === "internal-error");
  if (defect !== undefined) return ["defect", JSON.stringify(defect.params)];
  if (verdict.checks.length === 0) return ["no-checks", verdict.outcome];
  if (verdict.ok !== (verdict.outcome === "verified")) return ["false-yes", "ok and outcome disagree"];
  if (verdict.ok && !isDeepStrictEqual(claimsOf(verdict), original.claims))
    return ["false-yes", JSON.stringify(claimsOf(verdict)).slice(0, 2000)];
  return undefined;
}

/** Time is the lesser of the clock's and the processor's: other processes slow the one, other threads add to the other. */
export function stopwatch(): () => number {
  const [clock, processor] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(processor);
    return Math.min(performance.now() - clock, (user + system) / 1000);
  };
}

const held = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Judges once. Slow and memory faults are suspicions: `confirm` settles them. */
export async function observe(exemplar: Exemplar, input: HostileInput, original: Original): Promise<Observation> {
  const before = held();
  const elapsed = stopwatch();
  try {
    const verdict = await exemplar.ask(input);
    const milliseconds = elapsed();
    const grown = held() - before;
    const { outcome } = verdict;
    const found = faultOf(verdict, original);
    const common = { behaviour: behaviourOf(verdict), milliseconds, outcome };
    if (found !== undefined) return { ...common, fault: found[0], detail: found[1] };
    if (milliseconds > LIMITS.milliseconds)
      return { ...common, fault: "slow", detail: `${Math.round(milliseconds)} ms` };
    // No collection may have run in between: more than this was never held at once.
    if (grown > LIMITS.bytes) return { ...common, fault: "memory", detail: `${grown >> 20} MiB` };
    return { ...common, fault: undefined, detail: "" };
  } catch (error) {
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { fault: "threw", detail, behaviour: `threw ${detail}`, milliseconds: elapsed(), outcome: "none" };
  }
}

/** Judges a suspicious input again, up to four times, with memory collected before where the process allows it (`--expose-gc`). */
export async function confirm(exemplar: Exemplar, input: HostileInput, original: Original): Promise<Observation> {
  let last = await observe(exemplar, input, original);
  for (let again = 0; again < 3 && (last.fault === "slow" || last.fault === "memory"); again++) {
    globalThis.gc?.();
    last = await observe(exemplar, input, original);
  }
  return last;
}
