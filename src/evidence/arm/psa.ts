/** PSA attestation tokens as a kind of evidence: the root of trust of an Arm device, and the software that it measured. */

import { toHex } from "../../encoding/text.js";
import { compareBinding, type Slot } from "../../expected/binding.js";
import { armPsaLimits, armPsaMessages } from "../../messages/arm.js";
import type { Claims, Covers } from "../../verdict.js";
import type { Appraisal, AppraiseContext, AuthenticateContext, Authenticated, EvidenceKind } from "../kind.js";
import { psaChecks } from "./checks.js";
import { componentClaims } from "./claims.js";
import { looksLikePsa, type PsaToken, parsePsa } from "./psa-token.js";
import {
  type ArmPolicy,
  type ArmPsaReference,
  type ArmSettings,
  type PsaValues,
  readPolicy,
  readPsaReference,
} from "./settings.js";
import { alternativesIn, appraiseLifecycle, platformDifferences, verifyDevice } from "./shared.js";

type Context = AppraiseContext<ArmSettings, PsaValues>;

/** PSA tokens of RFC 9783 and of the two profiles before it, signed (COSE_Sign1). */
export const armPsa: EvidenceKind<"arm-psa", ArmPolicy, ArmPsaReference, PsaToken, undefined, ArmSettings, PsaValues> =
  {
    name: "arm-psa",
    role: "cpu",
    checks: /* @__PURE__ */ psaChecks(),
    formatCheck: "arm-psa/format",
    messages: armPsaMessages,
    limits: armPsaLimits,
    recognises: (input) =>
      "bytes" in input && looksLikePsa(input.bytes)
        ? { bytes: input.bytes, form: "PSA token", endorsements: [] }
        : undefined,
    parse: parsePsa,
    needs: () => [],
    authenticate,
    appraise,
    slots,
    claims,
    map: () => [],
    readPolicy,
    readReference: readPsaReference,
  };

async function authenticate(
  token: PsaToken,
  context: AuthenticateContext<ArmSettings>,
): Promise<Authenticated<undefined>> {
  const ids = { key: "arm-psa/device-key", signature: "arm-psa/token-signature" };
  if (token.message !== undefined) await verifyDevice(token.message, token, ids, context);
  else {
    context.ledger.failed(ids.signature, "symmetric-key");
    context.ledger.skipped(ids.key, ids.signature);
  }
  return { trusted: undefined };
}

async function appraise(token: PsaToken, _trusted: undefined, context: Context): Promise<Appraisal> {
  appraiseLifecycle("arm-psa/lifecycle", token.lifecycle, context);
  const covers = appraiseBuild(token, context);
  const id = "arm-psa/nonce";
  const limits = [{ id: "callers-key" }, { id: "root-of-trust" }];
  const result = await context.ledger.attempt(id, () => compareBinding(context.binding, slots(token), context.crypto));
  if (result === undefined) return { covers, freshness: "none", channel: undefined, limits };
  const { status, expected, found, freshness, channel } = result;
  if (status === "unbound") context.ledger.waived(id, "unbound", { found: toHex(token.nonce) });
  else if (status === "unsupported") context.ledger.failed(id, "binding-unsupported");
  else context.ledger.judge(id, status === "matched", "nonce-mismatch", { expected, found });
  return { covers, freshness, channel, limits };
}

function appraiseBuild(token: PsaToken, context: Context): Covers {
  const id = "arm-psa/build";
  const alternatives = alternativesIn(id, context);
  if (alternatives === undefined) return "nothing";
  const judged = alternatives.map(({ source, values }) => ({
    source,
    values,
    differing: differencesFrom(token, values),
  }));
  const closest = judged.reduce((best, next) => (next.differing.length < best.differing.length ? next : best));
  context.ledger.judge(id, closest.differing.length === 0, "build-mismatch", {
    differing: closest.differing,
    source: closest.source,
  });
  // All that the root of trust measures is what it booted: there is nothing launched beside it.
  return closest.values.platform === undefined ? "nothing" : "launch";
}

function differencesFrom(token: PsaToken, { platform, certificationReference }: PsaValues): readonly string[] {
  const certified = certificationReference?.includes(token.certificationReference ?? "") ?? true;
  return [
    ...(platform === undefined ? [] : platformDifferences(token, platform)),
    ...(certified ? [] : ["certification reference"]),
  ];
}

function slots({ nonce }: PsaToken): readonly Slot[] {
  return [{ name: "nonce", size: 64, value: nonce }];
}

function claims(token: PsaToken): Claims {
  return {
    profile: token.profile,
    nonce: toHex(token.nonce),
    instanceId: toHex(token.instanceId),
    implementationId: toHex(token.implementationId),
    clientId: token.clientId,
    lifecycle: token.lifecycle,
    bootSeed: token.bootSeed === undefined ? null : toHex(token.bootSeed),
    certificationReference: token.certificationReference ?? null,
    components: token.components.map(componentClaims),
    verificationService: token.verificationService ?? null,
  };
}
