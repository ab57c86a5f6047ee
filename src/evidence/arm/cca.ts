/** Arm Confidential Compute Architecture as a kind of evidence: a realm on a platform, bound by the realm's key. */

import { equalBytes } from "../../encoding/bytes.js";
import { toHex } from "../../encoding/text.js";
import { compareBinding, type Slot } from "../../expected/binding.js";
import { armCcaLimits, armCcaMessages } from "../../messages/arm.js";
import { verifyCoseSign1 } from "../../trust/cose.js";
import type { Claims, Covers } from "../../verdict.js";
import type { Appraisal, AppraiseContext, AuthenticateContext, Authenticated, EvidenceKind } from "../kind.js";
import { type CcaToken, looksLikeCca, parseCca } from "./cca-token.js";
import { ccaChecks } from "./checks.js";
import { componentClaims } from "./claims.js";
import {
  type ArmCcaReference,
  type ArmPolicy,
  type ArmSettings,
  type CcaValues,
  readCcaReference,
  readPolicy,
} from "./settings.js";
import { alternativesIn, appraiseLifecycle, platformDifferences, verifyDevice } from "./shared.js";

type Context = AppraiseContext<ArmSettings, CcaValues>;

/** CCA attestation tokens of both profiles, in the early collection and as CMW. */
export const armCca: EvidenceKind<"arm-cca", ArmPolicy, ArmCcaReference, CcaToken, undefined, ArmSettings, CcaValues> =
  {
    name: "arm-cca",
    role: "cpu",
    checks: /* @__PURE__ */ ccaChecks(),
    formatCheck: "arm-cca/format",
    messages: armCcaMessages,
    limits: armCcaLimits,
    recognises: (input) =>
      "bytes" in input && looksLikeCca(input.bytes)
        ? { bytes: input.bytes, form: "CCA token", endorsements: [] }
        : undefined,
    parse: parseCca,
    needs: () => [],
    authenticate,
    appraise,
    slots,
    claims,
    map: () => [],
    readPolicy,
    readReference: readCcaReference,
  };

/** Platform under the caller's key, realm under its own, and the platform's word for that key (all three, or nothing). */
async function authenticate(
  token: CcaToken,
  context: AuthenticateContext<ArmSettings>,
): Promise<Authenticated<undefined>> {
  const { ledger, crypto } = context;
  const { platform, realm, platformMessage, realmMessage } = token;
  await verifyDevice(
    platformMessage,
    platform,
    { key: "arm-cca/platform-key", signature: "arm-cca/platform-signature" },
    context,
  );
  const id = "arm-cca/realm-signature";
  const valid = await ledger.attempt(id, () => verifyCoseSign1(realmMessage, realm.publicKey, crypto));
  if (valid !== undefined) ledger.judge(id, valid, "signature-invalid");
  await ledger.attempt("arm-cca/realm-key-binding", () => checkBinding(token, context));
  return { trusted: undefined };
}

/** Over the claim's bytes as they are: a key written in another way is another claim. */
async function checkBinding({ platform, realm }: CcaToken, context: AuthenticateContext<ArmSettings>): Promise<void> {
  const { ledger, crypto } = context;
  const hash = await crypto.digest(realm.publicKeyHash, realm.publicKeyClaim);
  const params = {
    platform: toHex(platform.nonce),
    realm: toHex(hash),
    algorithm: realm.publicKeyHash,
    hash: platform.hash,
  };
  const bound = realm.publicKeyHash === platform.hash && equalBytes(hash, platform.nonce);
  ledger.judge("arm-cca/realm-key-binding", bound, "realm-not-bound", params);
}

async function appraise(token: CcaToken, _trusted: undefined, context: Context): Promise<Appraisal> {
  appraiseLifecycle("arm-cca/lifecycle", token.platform.lifecycle, context);
  const covers = appraiseBuild(token, context);
  const bound = await appraiseChallenge(token, context);
  return { covers, ...bound, limits: [{ id: "callers-key" }, { id: "no-realm-debug" }] };
}

/** One alternative must match as a whole, realm and platform: the firmware of one and the realm of another is no match. */
function appraiseBuild(token: CcaToken, context: Context): Covers {
  const { ledger, settings } = context;
  const rim = toHex(token.realm.rim);
  alternativesIn("arm-cca/build", context);
  const alternatives = alternativesIn("arm-cca/platform", context);
  if (alternatives === undefined) return "nothing";
  const judged = alternatives.map(({ source, values }) => ({
    source,
    values,
    realm: realmDifferences(token, values),
    platform: values.platform === undefined ? [] : platformDifferences(token.platform, values.platform),
  }));
  const closest = judged.reduce((best, next) => (wrong(next) < wrong(best) ? next : best));
  ledger.judge("arm-cca/build", closest.realm.length === 0, "build-mismatch", {
    rim,
    differing: closest.realm,
    // The alternative matches as a whole or not at all: who asks which one did must not hear of its realm alone.
    ...(wrong(closest) === 0 || closest.realm.length > 0 ? { source: closest.source } : {}),
  });
  const id = "arm-cca/platform";
  const params = { differing: closest.platform, components: token.platform.components.length };
  if (closest.values.platform !== undefined)
    ledger.judge(id, closest.platform.length === 0, "platform-mismatch", params);
  else if (settings.platform === "unchecked") ledger.waived(id, "platform-unchecked", params);
  else ledger.undetermined(id, "no-platform-reference", params);
  if (closest.values.rim !== undefined) return "launch";
  return closest.values.platform === undefined ? "nothing" : "firmware";
}

function wrong(judged: { readonly realm: readonly string[]; readonly platform: readonly string[] }): number {
  return judged.realm.length + judged.platform.length;
}

function realmDifferences({ realm }: CcaToken, { rim, rems, personalizationValue }: CcaValues): readonly string[] {
  const among = (accepted: readonly Uint8Array[] | undefined, found: Uint8Array): boolean =>
    accepted === undefined || accepted.some((value) => equalBytes(value, found));
  const wrongRems = (rems ?? []).flatMap((wanted, index) => {
    const found = realm.rems[index];
    return wanted === undefined || (found !== undefined && equalBytes(wanted, found)) ? [] : [`rem${index}`];
  });
  return [
    ...(among(rim, realm.rim) ? [] : ["rim"]),
    ...wrongRems,
    ...(among(personalizationValue, realm.personalizationValue) ? [] : ["personalization value"]),
  ];
}

async function appraiseChallenge(
  token: CcaToken,
  { ledger, binding, crypto }: Context,
): Promise<Pick<Appraisal, "freshness" | "channel">> {
  const id = "arm-cca/challenge";
  const result = await ledger.attempt(id, () => compareBinding(binding, slots(token), crypto));
  if (result === undefined) return { freshness: "none", channel: undefined };
  const { status, expected, found, freshness, channel } = result;
  if (status === "unbound") ledger.waived(id, "unbound", { found: toHex(token.realm.challenge) });
  else if (status === "unsupported") ledger.failed(id, "binding-unsupported");
  else ledger.judge(id, status === "matched", "challenge-mismatch", { expected, found });
  return { freshness, channel };
}

/** The realm's challenge is its report data. */
function slots({ realm }: CcaToken): readonly Slot[] {
  return [{ name: "reportData", size: 64, value: realm.challenge }];
}

function claims({ platform, realm }: CcaToken): Claims {
  return {
    profile: platform.profile,
    reportData: toHex(realm.challenge),
    realm: {
      challenge: toHex(realm.challenge),
      personalizationValue: toHex(realm.personalizationValue),
      hash: realm.hash,
      rim: toHex(realm.rim),
      rems: realm.rems.map(toHex),
      publicKey: toHex(realm.publicKeyClaim),
      publicKeyHash: realm.publicKeyHash,
    },
    platform: {
      implementationId: toHex(platform.implementationId),
      instanceId: toHex(platform.instanceId),
      config: toHex(platform.config),
      lifecycle: platform.lifecycle,
      hash: platform.hash,
      components: platform.components.map(componentClaims),
      verificationService: platform.verificationService ?? null,
    },
  };
}
