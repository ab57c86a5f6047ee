/** Is the token genuine: its service's algorithm, the key, the signature, and the digests and signatures of the tokens that belong to it. */

import { type JsonObject, member } from "../../encoding/json.js";
import { toHex, toUtf8 } from "../../encoding/text.js";
import { type JwsAlgorithm, verifyJws } from "../../trust/jws.js";
import type { AuthenticateContext, Authenticated } from "../kind.js";
import { type SigningKey, signingKey } from "./keys.js";
import type { TokenSettings } from "./settings.js";
import type { Token } from "./token.js";

type Context = AuthenticateContext<TokenSettings>;

export async function authenticate(token: Token, context: Context): Promise<Authenticated<undefined>> {
  const { ledger } = context;
  const { name } = token.service;
  const algorithm = checkAlgorithm(token, context);
  checkHeader(token, context);
  const key = await signingKey(token, context);
  if (algorithm === undefined) ledger.skipped(`${name}/signature`, `${name}/algorithm`);
  else if (key === undefined) ledger.skipped(`${name}/signature`, `${name}/signing-key`);
  else await checkSignature(token, algorithm, key, context);
  if (name === "nras") await checkDevices(token, algorithm, key, context);
  return { trusted: undefined, validUntil: key?.validUntil };
}

/** The service has its algorithm; the header may only agree. */
function checkAlgorithm({ service, jws, subTokens }: Token, { ledger }: Context): JwsAlgorithm | undefined {
  const { alg } = jws.header;
  const found = service.algorithms.find((name) => name === alg);
  const other = subTokens.find((item) => item.jws.header.alg !== alg);
  const same = other === undefined;
  ledger.judge(`${service.name}/algorithm`, found !== undefined && same, "token-algorithm", {
    found: String(found === undefined ? alg : (other?.jws.header.alg ?? alg)),
    accepted: service.algorithms,
  });
  return same ? found : undefined;
}

/** Addresses and keys in a header are the sender's: they are never followed. An embedded key makes a token that vouches for itself. */
function checkHeader({ service, jws }: Token, { ledger }: Context): void {
  const embedded = ["jwk", "x5u"].filter((name) => Object.hasOwn(jws.header, name));
  ledger.judge(`${service.name}/header`, embedded.length === 0, "token-embedded-key", { members: embedded });
}

async function checkSignature(
  { service, jws }: Token,
  algorithm: JwsAlgorithm,
  { key, from }: SigningKey,
  { ledger, crypto }: Context,
): Promise<void> {
  const id = `${service.name}/signature`;
  const valid = await ledger.attempt(id, () => verifyJws(jws, algorithm, key, crypto));
  if (valid !== undefined) ledger.judge(id, valid, "signature-invalid", { algorithm, from });
}

/** RFC 9711, section 4.2.18.1.2: the overall token names each device's by its digest. */
async function checkDevices(
  { subTokens, missing, jws: { claims: overall } }: Token,
  algorithm: JwsAlgorithm | undefined,
  key: SigningKey | undefined,
  { ledger, crypto }: Context,
): Promise<void> {
  const id = "nras/devices";
  if (subTokens.length === 0 || missing.length > 0)
    return ledger.undetermined(id, "device-token-missing", { missing: missing.length === 0 ? ["all"] : missing });
  const wrong: string[] = repeated(subTokens, overall);
  for (const { name, jws, digest } of subTokens) {
    const found = await ledger.attempt(id, async () => toHex(await crypto.digest("SHA-256", toUtf8(jws.text))));
    if (found !== undefined && found !== digest) wrong.push(`${name}: digest`);
    if (key === undefined || algorithm === undefined || jws.header.kid === undefined) continue;
    const valid = await ledger.attempt(id, () => verifyJws(jws, algorithm, key.key, crypto));
    if (valid === false) wrong.push(`${name}: signature`);
  }
  ledger.judge(id, wrong.length === 0, "device-token-mismatch", { count: subTokens.length, wrong });
}

/** One device's token under two names counts it twice; one that answers another nonce belongs to another answer. */
function repeated(subTokens: Token["subTokens"], overall: JsonObject): string[] {
  return subTokens.flatMap(({ name, jws: { claims } }, index) => {
    const earlier = subTokens.slice(0, index);
    const twice = ["jti", "ueid"].filter((claim) => {
      const value = member(claims, claim);
      return value !== undefined && earlier.some(({ jws }) => member(jws.claims, claim) === value);
    });
    const [nonce, asked] = [claims, overall].map((from) => member(from, "eat_nonce"));
    const other = nonce !== undefined && asked !== undefined && nonce !== asked ? ["eat_nonce"] : [];
    return [...twice, ...other].map((claim) => `${name}: ${claim}`);
  });
}
