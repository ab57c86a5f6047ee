/** What every front door exports beside its `verify`: the verdict's types, the errors, challenges. */

export { createChallenge, reportDataFor } from "./challenge.js";
export type { Crypto } from "./crypto/crypto.js";
export { CryptoUnavailableError } from "./crypto/crypto.js";
export { MalformedError } from "./encoding/malformed.js";
export type { CachedAnswer, EndorsementCache } from "./endorsements/cache.js";
export { memoryCache } from "./endorsements/cache.js";
export type { Bundle, EvidenceSource } from "./evidence/envelope.js";
export type { EvidenceKind } from "./evidence/kind.js";
export type { Binding } from "./expected/binding.js";
export type { BuildSource } from "./expected/build/source.js";
export type { BindingLayout, BindingLayoutName } from "./expected/layouts.js";
export type { Inspection } from "./inspect.js";
export type { VerifyOptions } from "./options.js";
export type { CrossCheck } from "./trust/cross-check.js";
export type {
  Channel,
  Check,
  CheckCode,
  Claims,
  Covers,
  Freshness,
  Outcome,
  Part,
  PartRole,
  Reached,
  Stage,
  Status,
  UnverifiedVerdict,
  Verdict,
  VerdictMeta,
  VerifiedVerdict,
} from "./verdict.js";
export type { ExpectedOf, OptionsOf, PolicyOf, ReferencesOf, Verifier } from "./verifier.js";
export { createVerifier } from "./verifier.js";
export { NotVerifiedError } from "./verify.js";
