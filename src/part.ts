/** One piece of evidence on its way through the house, and what each step adds to it. */

import type { EndorsementSet } from "./endorsements/endorsements.js";
import type {
  Appraisal,
  Authenticated,
  EvidenceKind,
  KindExpectation,
  Recognition,
  UnmetNeed,
} from "./evidence/kind.js";
import type { Ledger } from "./evidence/ledger.js";
import type { BindingRequest } from "./expected/binding.js";
import type { PartRole } from "./verdict.js";

/** One piece of evidence on its way through the house. */
export interface OpenPart {
  readonly path: string;
  readonly role: PartRole;
  readonly kind: EvidenceKind;
  readonly recognition: Recognition;
  readonly ledger: Ledger;
  /** What binds it: the caller's demand for the evidence itself, its parent's for what was inside. */
  readonly binding: BindingRequest;
  readonly children: readonly OpenPart[];
  /** `undefined` where parsing failed. */
  evidence?: unknown;
  endorsements: EndorsementSet;
  /** Computed where somebody asks: what is missing matters to messages alone. */
  unmet: () => readonly UnmetNeed[];
  authenticated?: Authenticated;
  appraisal?: Appraisal;
  /** Appraises once more against something else, on another ledger. */
  again?: (expected: KindExpectation, ledger: Ledger) => Promise<unknown>;
  /** What it is instead, where it is not the expected build. */
  closest?: Closest | undefined;
}

/** A hint beside a build that is not the expected one, by the sentence that says it. */
export interface Closest {
  readonly how: "known" | "shape" | "value" | "guess";
  readonly closest: string;
}

/** The part and all that was inside it, parents first. */
export function flatten(part: OpenPart): readonly OpenPart[] {
  return [part, ...part.children.flatMap(flatten)];
}
