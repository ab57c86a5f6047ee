/** Is the token what the relying party wants: issuer, time, audience, claims, binding. */

import { concatBytes, equalBytes } from "../../encoding/bytes.js";
import type { JsonObject, JsonValue } from "../../encoding/json.js";
import { MalformedError } from "../../encoding/malformed.js";
import { fromBase64, fromHex, toHex } from "../../encoding/text.js";
import { compareBinding, type Slot } from "../../expected/binding.js";
import type { Covers } from "../../verdict.js";
import type { Appraisal, AppraiseContext } from "../kind.js";
import { isMaa } from "./enclave.js";
import { issuerOf } from "./keys.js";
import { deviceRefusals } from "./others.js";
import { at, type Refusal } from "./service.js";
import { DEFAULT_SKEW, type TokenSettings, type TokenValues } from "./settings.js";
import type { Token } from "./token.js";

type Context = AppraiseContext<TokenSettings, TokenValues>;

export async function appraise(token: Token, _trusted: undefined, context: Context): Promise<Appraisal> {
  appraiseIssuer(token, context);
  const recent = appraiseTime(token, context);
  appraiseAudience(token, context);
  appraiseClaims(token, context);
  if (token.service.name === "ita") await appraiseHeldData(token, context);
  const [service] = context.children;
  if (service !== undefined) {
    const { mrsigner, isvProdId, debug } = service.claims;
    const params = { mrSigner: String(mrsigner), isvProdId: String(isvProdId), debug: String(debug) };
    context.ledger.judge("maa/service-enclave", isMaa(service), "service-enclave-mismatch", params);
  }
  const covers = appraiseBuild(token, context);
  const { freshness, channel } = await appraiseBinding(token, context);
  return {
    covers,
    freshness: freshness === "none" && recent ? "timestamp" : freshness,
    channel,
    limits: [{ id: "somebodys-word", params: { issuedBy: token.service.issuedBy, issuer: issuerOf(token) } }],
  };
}

/** Apart from the key: one key may sign for several issuers, whose policies differ. */
function appraiseIssuer(token: Token, { ledger, settings }: Context): void {
  const { service } = token;
  const id = `${service.name}/issuer`;
  const issuer = issuerOf(token);
  const accepted = settings.issuers ?? service.issuers;
  if (accepted.length === 0) ledger.undetermined(id, "issuer-not-named", { issuer });
  else ledger.judge(id, accepted.includes(issuer), "issuer-not-accepted", { issuer, accepted });
}

/** NumericDate: seconds, of which RFC 7519 allows fractions and no service writes any. */
function seconds(value: JsonValue | undefined): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** ISO 8601, where it is a time that a Date can be. */
function moment(time: number | undefined): string {
  if (time === undefined) return "absent";
  return time > 8.64e12 ? `${time} seconds after 1970` : new Date(time * 1000).toISOString();
}

function appraiseTime({ service, jws, subTokens }: Token, context: Context): boolean {
  const { ledger, settings, at: now } = context;
  const id = `${service.name}/time`;
  for (const { claims } of [jws, ...subTokens.map((item) => item.jws)]) {
    const [iat, exp] = [seconds(claims.iat), seconds(claims.exp)];
    const open = exp === undefined && settings.allow.includes("no-expiry");
    const code = timeFault(claims, service.maxLifetime, open, settings, now);
    // Clocks of the caller's that differ by more than the defaults take.
    const usual = { ...settings, clockSkew: Math.min(settings.clockSkew, DEFAULT_SKEW) };
    const taken = open || timeFault(claims, service.maxLifetime, open, usual, now) !== undefined;
    const params = {
      iat: moment(iat),
      exp: moment(exp),
      at: moment(Math.floor(now / 1000)),
      skew: settings.clockSkew,
      most: service.maxLifetime,
    };
    if (code !== undefined) ledger.failed(id, code, params);
    else if (taken) ledger.waived(id, "allowed", params);
    else ledger.passed(id, params);
  }
  return ledger.has(id, "passed");
}

type TimeCode = "token-time-missing" | "token-lifetime" | "token-not-yet-valid" | "token-expired";

/** `open`: an absent end is taken, and `maxAge` then counts only where the caller gave it. */
function timeFault(
  claims: JsonObject,
  most: number,
  open: boolean,
  settings: Pick<TokenSettings, "clockSkew" | "maxAge">,
  now: number,
): TimeCode | undefined {
  const iat = seconds(claims.iat);
  const nbf = claims.nbf === undefined ? iat : seconds(claims.nbf);
  const exp = open ? Number.POSITIVE_INFINITY : seconds(claims.exp);
  if (iat === undefined || nbf === undefined || exp === undefined) return "token-time-missing";
  if (exp <= iat || (!open && exp - iat > most)) return "token-lifetime";
  const time = now / 1000;
  if (Math.max(iat, nbf) > time + settings.clockSkew) return "token-not-yet-valid";
  const oldest = settings.maxAge ?? (open ? Number.POSITIVE_INFINITY : most);
  return Math.min(exp, iat + oldest) <= time - settings.clockSkew ? "token-expired" : undefined;
}

function appraiseAudience({ service, jws }: Token, { ledger, settings }: Context): void {
  if (settings.audience === undefined) return;
  const { aud } = jws.claims;
  const found = (Array.isArray(aud) ? aud : [aud]).filter((item): item is string => typeof item === "string");
  const fits = settings.audience.some((name) => found.includes(name));
  ledger.judge(`${service.name}/audience`, fits, "audience-mismatch", { found, accepted: settings.audience });
}

function appraiseClaims({ service, jws, subTokens }: Token, { ledger, settings }: Context): void {
  const id = `${service.name}/claims`;
  const all: readonly Refusal[] = [
    ...service.refusals(jws.claims),
    ...subTokens.flatMap(({ name, jws: { claims } }) => deviceRefusals(claims, name)),
  ];
  const refused = all.filter(({ allowance }) => allowance === undefined || !settings.allow.includes(allowance));
  const taken = all.filter((item) => !refused.includes(item)).map(({ claim }) => claim);
  const allowances = [...new Set(refused.flatMap(({ allowance }) => allowance ?? []))];
  if (refused.length > 0)
    ledger.failed(id, "claims-refused", {
      refused: refused.map(({ claim }) => claim),
      allowances: allowances.length === 0 ? "nothing" : allowances,
    });
  else if (taken.length > 0) ledger.waived(id, "allowed", { taken });
  else ledger.passed(id);
}

/** Intel Trust Authority: the report data is the digest of the service's nonce, its time and what the attester held (SHA-256 on SGX, SHA-512 on TDX). */
async function appraiseHeldData({ jws: { claims } }: Token, { ledger, crypto }: Context): Promise<void> {
  const id = "ita/held-data";
  const parts = [
    at(claims, "verifier_nonce", "val"),
    at(claims, "verifier_nonce", "iat"),
    at(claims, "attester_held_data"),
  ];
  if (parts.some((part) => typeof part !== "string")) return;
  const sgx = at(claims, "sgx_report_data");
  const found = sgx ?? at(claims, "tdx_report_data");
  const digest = await ledger.attempt(id, () =>
    crypto.digest(
      sgx === undefined ? "SHA-512" : "SHA-256",
      concatBytes(...parts.map((part) => fromBase64(part as string))),
    ),
  );
  if (digest === undefined) return;
  const expected = toHex(concatBytes(digest, new Uint8Array(64 - digest.length)));
  ledger.judge(id, found === expected, "held-data-mismatch", { expected, found: String(found) });
}

function appraiseBuild({ service, jws: { claims } }: Token, { ledger, expected }: Context): Covers {
  const id = `${service.name}/build`;
  if (expected.form === "any-build") ledger.waived(id, "any-build");
  else if (expected.form === "manifest-missing") ledger.undetermined(id, "manifest-missing");
  else if (expected.form !== "values") ledger.failed(id, "no-reference-values");
  else {
    const judged = expected.alternatives.map(({ source, values }) => ({
      source,
      values,
      differing: [...values].flatMap(([name, accepted]) => {
        const found = service.fields[name]?.(claims);
        return typeof found === "string" && accepted.includes(found)
          ? []
          : [`${name} is ${found === undefined ? "absent" : String(found)}`];
      }),
    }));
    const best = judged.reduce((a, b) => (b.differing.length < a.differing.length ? b : a));
    const names = new Set(best.values.keys());
    ledger.judge(id, best.differing.length === 0, "build-mismatch", {
      source: best.source,
      compared: [...names],
      differing: best.differing,
    });
    return service.covers(names, claims);
  }
  return "nothing";
}

/** Where bindings sit in a token: its nonce, of several the one that is asked for, and the hardware's report data. */
export function slots({ service, jws: { claims } }: Token, wanted?: Uint8Array): readonly Slot[] {
  const nonces = service.nonces(claims);
  const nonce = nonces.find((item) => wanted !== undefined && equalBytes(item, wanted)) ?? nonces[0];
  const reportData = bytesOfHex(service.reportData?.(claims));
  return [
    ...(nonce === undefined ? [] : [{ name: "nonce", size: nonce.length, value: nonce } as const]),
    ...(reportData === undefined ? [] : [{ name: "reportData", size: 64, value: reportData } as const]),
  ];
}

function bytesOfHex(value: JsonValue | undefined): Uint8Array | undefined {
  if (typeof value !== "string") return undefined;
  try {
    return fromHex(value);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

async function appraiseBinding(
  token: Token,
  { ledger, binding, crypto }: Context,
): Promise<Pick<Appraisal, "freshness" | "channel">> {
  const id = `${token.service.name}/binding`;
  // Of one form alone.
  const { nonce: wanted } = binding as { readonly nonce?: Uint8Array };
  const places = slots(token, wanted);
  const result = await ledger.attempt(id, () => compareBinding(binding, places, crypto));
  if (result === undefined) return { freshness: "none", channel: undefined };
  const { status, slots: fields, expected, found, freshness, channel } = result;
  if (status === "unbound") ledger.waived(id, "unbound");
  else if (status === "unsupported") ledger.failed(id, "binding-unsupported", { has: places.map(({ name }) => name) });
  else ledger.judge(id, status === "matched", "binding-mismatch", { fields, expected, found });
  return { freshness, channel };
}
