/** `createVerifier`: a front door made of kinds. */

import type { EvidenceSource } from "./evidence/envelope.js";
import type { EvidenceKind } from "./evidence/kind.js";
import type { BuildSource } from "./expected/build/source.js";
import { type Inspection, inspectEvidence } from "./inspect.js";
import type { VerifyOptions } from "./options.js";
import type { Verdict, VerifiedVerdict } from "./verdict.js";
import { judge, judgeOrThrow } from "./verify.js";

/** By kind name: the policy that each kind takes. */
export type PolicyOf<Kinds extends readonly EvidenceKind[]> = {
  readonly [Kind in Kinds[number] as Kind["name"]]?: Kind extends { readPolicy(policy: infer Policy): unknown }
    ? Exclude<Policy, undefined>
    : never;
};

/** Reference values by kind name. */
export type ReferencesOf<Kinds extends readonly EvidenceKind[]> = {
  readonly [Kind in Kinds[number] as Kind["name"]]?: Kind extends { readReference(reference: infer Reference): unknown }
    ? Reference
    : never;
};

/**
 * What callers write for `expected`: `"any-build"`, a build hash, a bare hex digest, reference values per kind, or a build whose manifest
 * they trust (`trustedBuild` and `signedBuild` of tee-verify/manifest, `sigstoreBuild` of tee-verify/sigstore).
 */
export type ExpectedOf<Kinds extends readonly EvidenceKind[]> =
  | "any-build"
  | `build:sha256:${string}`
  | (string & {})
  | BuildSource
  | ReferencesOf<Kinds>;

export type OptionsOf<Kinds extends readonly EvidenceKind[]> = VerifyOptions<
  ExpectedOf<Kinds>,
  PolicyOf<Kinds>,
  Kinds[number]["name"]
>;

/** The three functions of a front door. */
export interface Verifier<Kinds extends readonly EvidenceKind[]> {
  /**
   * Judges evidence. Resolves to a verdict for every evidence and endorsement, however hostile.
   * @throws TypeError (as a rejection) for misuse of the options alone
   */
  verify(evidence: EvidenceSource, options: OptionsOf<Kinds>): Promise<Verdict>;
  /**
   * Resolves to the verdict if it is `verified`.
   * @throws NotVerifiedError with the verdict in it
   */
  requireVerified(evidence: EvidenceSource, options: OptionsOf<Kinds>): Promise<VerifiedVerdict>;
  /** Reads evidence without verifying anything. What comes back is no verdict. */
  inspect(evidence: EvidenceSource): Inspection;
}

/**
 * A verifier of these kinds. Evidence of any other kind is rejected.
 *
 * @example
 * const { verify } = createVerifier([sevSnp]);
 * const verdict = await verify(report, { expected: { "sev-snp": { measurement } }, binding: { nonce } });
 */
export function createVerifier<const Kinds extends readonly EvidenceKind[]>(kinds: Kinds): Verifier<Kinds> {
  return {
    verify: async (evidence, options) => judge(evidence, options, kinds),
    requireVerified: async (evidence, options) => judgeOrThrow(evidence, options, kinds),
    inspect: (evidence) => inspectEvidence(evidence, kinds),
  };
}
