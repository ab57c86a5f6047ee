/** `EvidenceKind`: the doors that every kind of evidence has, so that a reader who knows one knows all (design, section 1). */

import type { Crypto } from "../crypto/crypto.js";
import type { JsonValue } from "../encoding/json.js";
import type { Layout } from "../encoding/layout.js";
import type { EndorsementSet } from "../endorsements/endorsements.js";
import type { BindingRequest, Slot } from "../expected/binding.js";
import type { LimitCatalogue, MessageCatalogue } from "../messages/catalogue.js";
import type { CustomAnchors } from "../trust/anchors.js";
import type { CrossCheck } from "../trust/cross-check.js";
import type { Channel, Claims, Covers, Freshness, PartRole } from "../verdict.js";
import type { CheckDefinition, Ledger } from "./ledger.js";

/** What came in: bytes, or the value of a JSON text (with the text itself, for signatures over it). */
export type EvidenceInput = { readonly bytes: Uint8Array } | { readonly json: JsonValue; readonly text: string };

/** How a kind took the input apart. */
export interface Recognition {
  /** The evidence itself. */
  readonly bytes: Uint8Array;
  /** The outer form in words, for example `extended report`. */
  readonly form: string;
  /** Endorsements that came along, untrusted: DER, PEM or collateral text. */
  readonly endorsements: readonly Uint8Array[];
  /** Untrusted companions that the kind reads itself, by name (an event log, runtime data). */
  readonly companions?: ReadonlyMap<string, Uint8Array | JsonValue>;
}

/** Evidence inside evidence, and the binding that it must show. */
export interface Child {
  /** Last step of the part's path. */
  readonly name: string;
  readonly role: PartRole;
  readonly bytes: Uint8Array;
  readonly endorsements: readonly Uint8Array[];
  /** Names of the kinds that may stand here. */
  readonly accept: readonly string[];
  /** What binds the child to this evidence; `caller` where the child itself carries what the caller demands. */
  readonly binding: BindingRequest | "caller";
  /** Untrusted companions that the child reads. */
  readonly companions?: ReadonlyMap<string, Uint8Array | JsonValue>;
}

/** An endorsement that is missing, and who can have it. */
export interface Need {
  /** Stable name, unique in a verdict: `vcek`, `tcb-info`. */
  readonly id: string;
  /** In words, with what identifies it. */
  readonly what: string;
  /** Addresses in the order to try; empty where nobody can fetch it. */
  readonly candidates: readonly string[];
  /** How to get it where no address is, in words. */
  readonly obtain?: string;
  /**
   * Turns an answer into endorsements. With `by` what its vendor has not signed is none either: so nobody on the way can have genuine
   * evidence rejected, and what is kept in a cache has verified.
   * @throws MalformedError (or rejects with it) where the answer is something else, CryptoUnavailableError where that cannot be told
   */
  accept(answer: FetchedAnswer, by?: Vouching): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
}

/** What it takes to tell whose an answer is. */
export type Vouching = Pick<AuthenticateContext, "crypto" | "anchors" | "at">;

export interface FetchedAnswer {
  readonly body: Uint8Array;
  /** A response header, by lowercase name. */
  header(name: string): string | undefined;
}

/** What the expectation says to one kind. */
export type KindExpectation<Values = unknown> =
  | { readonly form: "any-build" }
  /** A bare digest, for the one register that pins all launched code. */
  | { readonly form: "digest"; readonly digest: Uint8Array }
  /** Complete alternatives: one of them must match as a whole. The check `<kind>/build` names the one that did, or the closest, as `source`. */
  | { readonly form: "values"; readonly alternatives: readonly { readonly source: string; readonly values: Values }[] }
  /** Nothing for this kind. */
  | { readonly form: "none" }
  /** A build hash was given and no manifest that hashes to it. */
  | { readonly form: "manifest-missing"; readonly sha256: string };

interface Context {
  readonly ledger: Ledger;
  readonly crypto: Crypto;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly recognition: Recognition;
}

export interface AuthenticateContext<Settings = unknown> extends Context {
  readonly endorsements: EndorsementSet;
  readonly anchors: CustomAnchors;
  readonly crossCheck: CrossCheck | undefined;
  /** Needs that could not be met, with the reason of each fetch that failed. */
  readonly unmet: readonly UnmetNeed[];
  /** The caller's policy: only what decides how to authenticate may be read here (whether revocation is required). */
  readonly settings: Settings;
}

export interface UnmetNeed {
  readonly need: Need;
  /** Why fetching failed; empty where nobody tried. */
  readonly failures: readonly string[];
}

export interface AppraiseContext<Settings = unknown, Values = unknown> extends Context {
  readonly settings: Settings;
  readonly expected: KindExpectation<Values>;
  readonly binding: BindingRequest;
  /** `true` for evidence that was found inside other evidence. */
  readonly child: boolean;
  /** What the parts inside this one came to, in order of `unwrap`. */
  readonly children: readonly ChildResult[];
}

export interface ChildResult {
  readonly name: string;
  readonly kind: string;
  readonly covers: Covers;
  /** Whether its build was compared with something that was expected of it. */
  readonly compared: boolean;
  /** Ids of its checks that could not be made. */
  readonly undetermined: readonly string[];
  readonly claims: Claims;
}

export interface Appraisal {
  readonly covers: Covers;
  /** `false` where the kind sees that what was launched leaves open which artifact runs: no manifest's word mends that. */
  readonly identifies?: boolean;
  readonly freshness: Freshness;
  readonly channel: Channel | undefined;
  /** Ids in the kind's limit catalogue that apply to this evidence, with parameters. */
  readonly limits: readonly { readonly id: string; readonly params?: Readonly<Record<string, unknown>> }[];
  /** Date of the floors that were used, where the caller gave others than the kind's own. */
  readonly floorsDate?: string;
}

export interface Authenticated<Trusted = unknown> {
  /** What the kind's `appraise` and `claims` need to know from authentication. */
  readonly trusted: Trusted;
  /** End of the first certificate or collateral that was relied on, milliseconds since 1970. */
  readonly validUntil?: number | undefined;
  /** Signatures that still run while the appraisal begins; resolves to `validUntil`, after every finding is written. */
  readonly settled?: Promise<number | undefined>;
}

/** One region of the evidence for the byte map of `inspect` and the page. */
export interface MappedStructure {
  readonly layout: Layout;
  /** Where the structure starts in the evidence. */
  readonly offset: number;
}

/**
 * The doors. `Policy` and `Reference` are what callers write (checked and copied by `readPolicy` and `readReference` before
 * anything else happens); `Settings` and `Values` what comes of them; `Evidence` what `parse` makes; `Trusted` what `authenticate` makes.
 */
export interface EvidenceKind<
  Name extends string = string,
  Policy = unknown,
  Reference = unknown,
  Evidence = unknown,
  Trusted = unknown,
  Settings = unknown,
  Values = unknown,
> {
  readonly name: Name;
  readonly role: PartRole;
  /** Every check, in the order of the verdict. */
  readonly checks: readonly CheckDefinition[];
  /** Id of the check that says whether the bytes are well-formed. Failing it skips all others. */
  readonly formatCheck: string;
  /**
   * Names of kinds that this one may hold: where both recognise the same input, it is the outer one's; and where `expected` names the outer
   * one, an inner one that comes alone is not accepted.
   */
  readonly wraps?: readonly string[];
  readonly messages: MessageCatalogue;
  readonly limits: LimitCatalogue;
  /** Date of the kind's table of firmware floors, `YYYY-MM-DD`, where it has one. */
  readonly floorsDate?: string;
  /** `refused`: endorsements that are neither certificate, CRL, PEM nor JSON mean nothing to this kind. */
  readonly otherEndorsements?: "refused";
  /** What an endorsement of this kind's own form holds (a certificate table, say); `undefined` for any other. @throws MalformedError */
  unpacks?(endorsement: Uint8Array): readonly Uint8Array[] | undefined;
  /** Bytes of a bare hex digest, where one register of this kind pins all launched code. */
  readonly digestBytes?: number;
  /** Tells by structure, in words of its own for a lookalike. @throws MalformedError for a broken wrapper that can only be of this kind. */
  recognises(input: EvidenceInput): Recognition | undefined;
  /** @throws MalformedError */
  parse(bytes: Uint8Array, recognition: Recognition): Evidence;
  unwrap?(evidence: Evidence): readonly Child[];
  /** `at`, milliseconds since 1970: what has expired then is needed anew. */
  needs(evidence: Evidence, endorsements: EndorsementSet, settings: Settings, at: number): readonly Need[];
  authenticate(evidence: Evidence, context: AuthenticateContext<Settings>): Promise<Authenticated<Trusted>>;
  appraise(
    evidence: Evidence,
    trusted: Trusted | undefined,
    context: AppraiseContext<Settings, Values>,
  ): Promise<Appraisal>;
  slots(evidence: Evidence): readonly Slot[];
  claims(evidence: Evidence, trusted: Trusted | undefined): Claims;
  map(evidence: Evidence): readonly MappedStructure[];
  /** @throws TypeError */
  readPolicy(policy: Policy | undefined): Settings;
  /** @throws TypeError */
  readReference(reference: Reference): Values;
  /** Phantom: carries the types that callers write. */
  readonly types?: { readonly policy: Policy; readonly reference: Reference };
}
