/** Whose key signed: one that the caller trusts, or one that arrives and leads to a pin. Nothing else is a key. */

import type { PublicKey } from "../../crypto/crypto.js";
import { equalBytes } from "../../encoding/bytes.js";
import { MalformedError } from "../../encoding/malformed.js";
import { toHex } from "../../encoding/text.js";
import { pinnedAnchor, type TrustAnchor } from "../../trust/anchors.js";
import type { Certificate } from "../../trust/certificate.js";
import { certificatesOf, type Jwk, readJwks } from "../../trust/jws.js";
import { type PathFault, pathFaults, validityFaults } from "../../trust/path.js";
import type { PathProfile } from "../../trust/profiles.js";
import { CONFIDENTIAL_SPACE_PROFILE, MAA_PROFILE } from "../../trust/profiles-tokens.js";
import { purposes } from "../../trust/purposes.js";
import { googleRoots } from "../../trust/roots/google.js";
import { microsoftRoots } from "../../trust/roots/microsoft.js";
import type { AuthenticateContext } from "../kind.js";
import { type Enclave, keyName } from "./enclave.js";
import type { TokenSettings } from "./settings.js";
import type { Token } from "./token.js";

type Context = AuthenticateContext<TokenSettings>;

export interface SigningKey {
  readonly key: PublicKey;
  /** In words, for messages. */
  readonly from: string;
  readonly validUntil: number | undefined;
}

/** Writes `<service>/signing-key`; `undefined` where there is none. */
export async function signingKey(token: Token, context: Context): Promise<SigningKey | undefined> {
  const { service, jws } = token;
  const { ledger, settings } = context;
  const id = `${service.name}/signing-key`;
  const kid = jws.header.kid;
  const name = typeof kid === "string" ? kid : undefined;
  const known = chosen(settings.keys, name);
  if (known !== undefined) {
    ledger.passed(id, { kid: name ?? "none", from: "the keys that you gave" });
    return { key: known.key, from: "your keys", validUntil: undefined };
  }
  if (service.name === "confidential-space" && Array.isArray(jws.header.x5c))
    return fromHeader(jws.header.x5c, token, context);
  if (token.enclave !== undefined) return fromEnclave(token.enclave, token, context);
  const offered = service.name === "maa" ? microsoftChain(token, name, context) : undefined;
  if (offered !== undefined) return fromMicrosoft(offered, token, context);
  ledger.undetermined(id, "signing-key-missing", {
    kid: name ?? "none",
    issuer: issuerOf(token),
    service: service.issuedBy,
  });
  return undefined;
}

export function issuerOf({ jws }: Token): string {
  const { iss } = jws.claims;
  return typeof iss === "string" ? iss : "none";
}

/** By its exact name; a token without a name takes the caller's key only where there is one alone. */
function chosen(keys: readonly Jwk[], kid: string | undefined): Jwk | undefined {
  const named =
    kid === undefined ? keys : keys.filter((key) => key.kid === kid || (key.kid === undefined && keys.length === 1));
  return named.length === 1 ? named[0] : undefined;
}

/** Its name is the digest of the key, which the quote carries too; the quote is a part of its own, and its checks count. */
async function fromEnclave(
  enclave: Enclave,
  token: Token,
  { ledger, crypto }: Context,
): Promise<SigningKey | undefined> {
  const id = `${token.service.name}/signing-key`;
  const kid = String(token.jws.header.kid);
  const expected = await ledger.attempt(id, () => keyName(enclave, crypto));
  if (expected === undefined) return undefined;
  const from = "the service's enclave, whose quote is a part of its own";
  ledger.judge(id, kid === expected, "key-name-mismatch", { kid, expected, from });
  return kid === expected ? { key: enclave.key, from, validUntil: undefined } : undefined;
}

/** A PKI token carries leaf, intermediate and root, and the root must be the pinned one, byte for byte. */
async function fromHeader(x5c: readonly unknown[], token: Token, context: Context): Promise<SigningKey | undefined> {
  const { ledger, crypto, anchors } = context;
  const id = `${token.service.name}/signing-key`;
  const chain = await ledger.attempt(id, () => certificatesOf(x5c));
  if (chain === undefined) return undefined;
  if (chain.length !== 3) {
    ledger.failed(id, "token-chain-length", { count: chain.length });
    return undefined;
  }
  const root = chain[2] as Certificate;
  const sha256 = await ledger.attempt(id, async () => toHex(await crypto.digest("SHA-256", root.der)));
  const anchor = (anchors.get("google") ?? googleRoots.map((entry) => pinnedAnchor(entry))).find(
    (item) => item.sha256 === sha256,
  );
  if (sha256 === undefined) return undefined;
  if (anchor === undefined) {
    ledger.failed(id, "root-not-pinned", { root: root.commonName ?? "unnamed", sha256 });
    return undefined;
  }
  return fromChain(chain.slice(0, 2), anchor, CONFIDENTIAL_SPACE_PROFILE, token, context);
}

async function fromChain(
  chain: readonly Certificate[],
  anchor: TrustAnchor,
  profile: PathProfile,
  token: Token,
  context: Context,
): Promise<SigningKey | undefined> {
  const { ledger, crypto, at } = context;
  const id = `${token.service.name}/signing-key`;
  const issued = Number(token.jws.claims.iat) * 1000;
  const path = await ledger.attempt(id, () => pathFaults({ chain, anchor, profile, crypto }));
  if (path === undefined) return undefined;
  // Both when the token was made, and now.
  const [fault]: readonly PathFault[] = [
    ...path,
    ...validityFaults(chain, anchor, issued),
    ...validityFaults(chain, anchor, at),
  ];
  const [leaf] = chain as readonly [Certificate];
  if (fault !== undefined) {
    ledger.failed(id, fault.code, {
      certificate: fault.certificate,
      found: fault.found,
      at: new Date(at).toISOString(),
    });
    return undefined;
  }
  const from = `a certificate under ${anchor.name} (${anchor.origin})`;
  ledger.passed(id, { kid: String(token.jws.header.kid ?? "none"), from });
  if (leaf.publicKey === undefined) return undefined;
  return {
    key: leaf.publicKey,
    from,
    validUntil: Math.min(...chain.map(({ notAfter }) => notAfter)),
  };
}

const MAA_AUTHORITY = "microsoft-azure-attestation-pca-2019";

function microsoftAnchor({ anchors }: Context): TrustAnchor {
  const pca = microsoftRoots.find(({ name }) => name === MAA_AUTHORITY) ?? microsoftRoots[0];
  return anchors.get("microsoft")?.[0] ?? pinnedAnchor(pca as (typeof microsoftRoots)[number]);
}

/** Of the signing certificates of Azure Attestation, beside what else the authority certifies. */
const MAA_PURPOSE = "1.3.6.1.4.1.311.76.50.3";

async function fromMicrosoft(
  chain: readonly Certificate[],
  token: Token,
  context: Context,
): Promise<SigningKey | undefined> {
  const { ledger } = context;
  const id = `${token.service.name}/signing-key`;
  const found = await ledger.attempt(id, () => purposes(chain[0] as Certificate));
  if (found === undefined) return undefined;
  if (!found.includes(MAA_PURPOSE)) {
    ledger.failed(id, "key-purpose-mismatch", { found, wanted: MAA_PURPOSE });
    return undefined;
  }
  return fromChain(chain, microsoftAnchor(context), MAA_PROFILE, token, context);
}

/** MAA's second class of keys: a certificate under Microsoft's PCA, in a JWK set from anywhere. */
function microsoftChain(
  { offered }: Token,
  kid: string | undefined,
  context: Context,
): readonly Certificate[] | undefined {
  if (kid === undefined) return undefined;
  const anchor = microsoftAnchor(context);
  const keys = [...offered, ...context.endorsements.texts.flatMap(readQuietly)];
  const found = keys.find((jwk) => {
    const [leaf] = jwk.certificates;
    return jwk.kid === kid && leaf !== undefined && equalBytes(leaf.issuer, anchor.subject);
  });
  return found?.certificates.slice(0, 1);
}

/** Texts may be other endorsements. */
function readQuietly(text: string): readonly Jwk[] {
  try {
    return readJwks(text);
  } catch (error) {
    if (error instanceof MalformedError) return [];
    throw error;
  }
}
