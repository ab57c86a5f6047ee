/** The attestation result (RFC 9334, section 8.4): its types, and the one function that turns checks into an outcome. */

import type { JsonObject, JsonValue } from "./encoding/json.js";
import type { CheckCode } from "./messages/codes.js";

export type { CheckCode } from "./messages/codes.js";

export type Outcome = "verified" | "rejected" | "undetermined";

/**
 * - `passed`: done, and as it must be.
 * - `failed`: done, and not as it must be. One is enough to reject.
 * - `undetermined`: an input is missing; `detail` says which, and where to get it.
 * - `skipped`: another check, named in `blockedBy`, stands in the way.
 * - `waived`: the caller opted out, in code.
 */
export type Status = "passed" | "failed" | "undetermined" | "skipped" | "waived";

/** `parse`: is it well-formed; `authenticate`: is it genuine; `appraise`: is it what the relying party wants. */
export type Stage = "parse" | "authenticate" | "appraise";

export type PartRole = "cpu" | "paravisor" | "vtpm" | "gpu" | "switch" | "token";

/**
 * What the expectation pinned. `firmware`: the vendor's or cloud's firmware alone; `launch`: all code that is measured at launch;
 * `workload`: and a manifest ties that to the published artifact; `nothing`: no measurement was compared.
 */
export type Covers = "nothing" | "firmware" | "launch" | "workload";

/**
 * Which of three nested claims about a published artifact was reached. `artifact`: a manifest that the caller trusts says what was published;
 * `deployment`: and what the TEE measured contains that artifact and its launch configuration; `instance`: and the evidence answers a nonce and
 * is bound to the key of the channel. `none`: no manifest holds. A verdict that is not `verified` never reaches more than `artifact`.
 */
export type Reached = "none" | "artifact" | "deployment" | "instance";

export type Params = Readonly<Record<string, JsonValue>>;

export interface Check {
  /** `<kind>/<check>`, stable. */
  readonly id: string;
  /** `path` of the part that was checked. */
  readonly part: string;
  readonly stage: Stage;
  readonly status: Status;
  /** Why, where the status is not `passed`. */
  readonly code?: CheckCode;
  readonly params: Params;
  readonly title: string;
  /** What was checked, what was found, what it means and what to do. */
  readonly detail: string;
  /** The specification and clause that ask for this check. */
  readonly spec: string;
  /** Whether nothing can be verified without this check. */
  readonly required: boolean;
  /** Something to know about a check that passed: an advisory, a wrong-looking clock, an old table; of a wrong build, which known one it is. */
  readonly notice?: string;
  /** Id of the check that stands in the way of this one. */
  readonly blockedBy?: string;
}

/** Normalised claims of a part: plain JSON, bytes as lowercase hex, 64-bit masks as `0x` hex. */
export type Claims = JsonObject;

export interface Part {
  /** `evidence` for what was given, `evidence.<name>` for what was inside it. */
  readonly path: string;
  readonly role: PartRole;
  readonly kind: string;
  readonly claims: Claims;
}

export type Freshness = "nonce" | "timestamp" | "none";

/** The key that the evidence is bound to. */
export interface Channel {
  /** SHA-256 of the SubjectPublicKeyInfo (or of the raw key, where the layout binds one), lowercase hex. */
  readonly publicKeySha256: string;
}

export interface VerdictMeta {
  /** Version of this JSON form. */
  readonly schema: 1;
  /** SHA-256 of the evidence as it was given; `null` where no back end could compute it. */
  readonly evidenceSha256: string | null;
  /** The time of judgement, ISO 8601. */
  readonly at: string;
  readonly expectedSha256: string | null;
  readonly policySha256: string | null;
  /** Name of the crypto back end, or `none`. */
  readonly crypto: string;
  /** Dates of the pinned roots and of the floors table that were used. */
  readonly roots: string;
  readonly floors: string;
  readonly anchors: "pinned" | "custom";
  /** When the first certificate or collateral that this verdict rests on runs out, ISO 8601. */
  readonly validUntil: string | null;
}

interface VerdictBase {
  readonly parts: readonly Part[];
  /** Every check, in a fixed order. */
  readonly checks: readonly Check[];
  readonly covers: Covers;
  readonly reached: Reached;
  readonly freshness: Freshness;
  readonly channel: Channel | "none";
  /** What this verdict does not prove, in words. */
  readonly limits: readonly string[];
  readonly meta: VerdictMeta;
}

export interface VerifiedVerdict extends VerdictBase {
  readonly outcome: "verified";
  readonly ok: true;
  /** Claims of the evidence that was given; those of what was inside it are in `parts`. */
  readonly claims: Claims;
}

export interface UnverifiedVerdict extends VerdictBase {
  readonly outcome: "rejected" | "undetermined";
  readonly ok: false;
  /** What the bytes say. Nobody has vouched for it. */
  readonly unverifiedClaims: Claims;
}

export type Verdict = VerifiedVerdict | UnverifiedVerdict;

/**
 * Any `failed` makes `rejected`; else any required check that is `undetermined` or `skipped` makes `undetermined`; else `verified`.
 * An empty list proves nothing.
 */
export function outcomeOf(checks: readonly Pick<Check, "status" | "required">[]): Outcome {
  if (checks.some(({ status }) => status === "failed")) return "rejected";
  const open = checks.some(({ status, required }) => required && status !== "passed" && status !== "waived");
  return open || !checks.some(({ required }) => required) ? "undetermined" : "verified";
}
