/** How the tests of SEV-SNP ask: forged evidence under forged anchors, with options that its defaults satisfy. */
import { FORGED_AT, forgeSnp, type SnpForgery, type SnpRequest } from "../../../fixtures/amd/snp.js";
import type { EvidenceSource } from "../../../src/evidence/envelope.js";
import type { EvidenceKind } from "../../../src/evidence/kind.js";
import { sevSnp } from "../../../src/evidence/sev-snp/kind.js";
import type { CheckCode, Status, Verdict } from "../../../src/verdict.js";
import { createVerifier, type OptionsOf } from "../../../src/verifier.js";

export type Options = OptionsOf<readonly [typeof sevSnp]>;
export type Policy = NonNullable<NonNullable<Options["policy"]>["sev-snp"]>;

/** A question to `verify`. */
export interface Question {
  readonly evidence: EvidenceSource;
  readonly options: Options;
  /** Kinds that the verifier is made of; SEV-SNP alone unless told. */
  readonly kinds?: readonly EvidenceKind[];
}

export const judge = ({ evidence, options, kinds = [sevSnp] }: Question): Promise<Verdict> =>
  createVerifier(kinds).verify(evidence, options);

/** Options that a forgery satisfies: its own measurement and report data, its own root, a time at which it is valid. */
export function optionsFor(forgery: SnpForgery, policy?: Policy): Options {
  const { fields, endorsements, trustAnchors, at } = forgery;
  return {
    expected: { "sev-snp": { measurement: fields.measurement } },
    binding: { reportData: fields.reportData },
    endorsements,
    trustAnchors,
    at,
    ...(policy === undefined ? {} : { policy: { "sev-snp": policy } }),
  };
}

/** The question about a forgery; `changes` replace options. */
export function about(request: SnpRequest = {}, policy?: Policy, changes: Partial<Options> = {}): Question {
  const forgery = forgeSnp(request);
  return { evidence: forgery.report, options: { ...optionsFor(forgery, policy), ...changes } };
}

/** The question about a forgery whose options depend on it. */
export function aboutWith(request: SnpRequest, changes: (forgery: SnpForgery) => Partial<Options>): Question {
  const forgery = forgeSnp(request);
  return { evidence: forgery.report, options: { ...optionsFor(forgery), ...changes(forgery) } };
}

export const daysFrom = (days: number): Date => new Date(FORGED_AT.getTime() + days * 86_400_000);

/** The finding of one check. */
export function check(verdict: Verdict, id: string): Verdict["checks"][number] | undefined {
  return verdict.checks.find((item) => item.id === id);
}

/** Ids of the checks of this status, in the order of the verdict. */
export function withStatus(verdict: Verdict, status: Status): readonly string[] {
  return verdict.checks.filter((item) => item.status === status).map(({ id }) => id);
}

/** Whether evidence was found not to be genuine: a failed check before the appraisal. */
export function failsBeforeAppraisal(verdict: Verdict): boolean {
  return verdict.checks.some(({ stage, status }) => status === "failed" && stage !== "appraise");
}

/** One way for one check to go wrong, and its good neighbour. */
export interface Case {
  /** What is wrong, named after the rows of "Pitfalls" in sev-snp.md and of section 5 in security.md (S) that it holds. */
  readonly name: string;
  /** Id of the check, without `sev-snp/` where it is the kind's. */
  readonly check: string;
  readonly code: CheckCode;
  /** `failed` unless told. */
  readonly status?: Exclude<Status, "passed" | "skipped">;
  readonly bad: () => Question;
  /** Verified, with the check passed (or not asked for). Default: the same kind of evidence without the fault. */
  readonly good?: () => Question;
  /** Ids of further checks that fail with it. */
  readonly also?: readonly string[];
  /** Of the bad one; follows from `status` unless told. */
  readonly outcome?: Verdict["outcome"];
  /** The good neighbour is taken by a policy, against the defaults. */
  readonly waives?: boolean;
}

export const fullId = (name: string): string => (name.includes("/") ? name : `sev-snp/${name}`);
