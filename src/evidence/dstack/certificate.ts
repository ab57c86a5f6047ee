/** The RA-TLS certificate of a dstack agent: its key in report data, and its chain up to the key provider that the log names (Dstack-TEE/dstack, ra-tls). */

import { concatBytes, equalBytes } from "../../encoding/bytes.js";
import { isJsonObject, member, parseJson } from "../../encoding/json.js";
import { fromHex, fromUtf8, toHex, toUtf8 } from "../../encoding/text.js";
import type { Certificate } from "../../trust/certificate.js";
import { verifyIssued } from "../../trust/path.js";
import type { Claims } from "../../verdict.js";
import type { AppraiseContext } from "../kind.js";

type Context = Pick<AppraiseContext, "ledger" | "crypto">;

/** REPORTDATA of the quote is `SHA-512("ratls-cert:" || SPKI)`. */
export async function checkCertificateKey(
  chain: readonly Certificate[],
  quote: Claims,
  { ledger, crypto }: Context,
): Promise<void> {
  const [leaf] = chain;
  if (leaf === undefined) return;
  const expected = await crypto.digest("SHA-512", concatBytes(toUtf8("ratls-cert:"), leaf.spki));
  const good = member(quote, "reportData") === toHex(expected);
  ledger.judge("dstack/certificate-key", good, "certificate-key-mismatch", {});
}

/**
 * Each certificate by the next, the last by itself; where a KMS provides the keys, the last one's key is the provider that was measured. It
 * is no path to an anchor, and nothing is trusted for it: it says that nobody changed what came along.
 */
export async function checkChain(
  chain: readonly Certificate[],
  provider: Uint8Array | undefined,
  { ledger, crypto }: Context,
): Promise<void> {
  const id = "dstack/certificate-chain";
  const root = chain.at(-1);
  // A server's certificate alone has nothing behind it to be compared with.
  if (root === undefined || chain.length === 1) return;
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1] ?? certificate;
    const named = equalBytes(certificate.issuer, issuer.subject);
    if (named && (await verifyIssued(certificate, issuer.publicKey, crypto))) continue;
    ledger.failed(id, "certificate-chain-broken", { certificate: certificate.commonName ?? `number ${index + 1}` });
    return;
  }
  const { name, key } = readProvider(provider);
  if (name !== "kms") ledger.passed(id, { provider: name ?? "nobody" }, "not-measured");
  else
    ledger.judge(id, key !== undefined && equalBytes(key, root.spki), "certificate-chain-foreign", { provider: name });
}

/** The payload of `key-provider`: JSON with a name and the provider's SubjectPublicKeyInfo as hex. @throws MalformedError */
export function readProvider(payload: Uint8Array | undefined): { name?: string; key?: Uint8Array } {
  if (payload === undefined) return {};
  const json = parseJson(fromUtf8(payload));
  if (!isJsonObject(json)) return {};
  const name = member(json, "name");
  const key = member(json, "id");
  return {
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof key === "string" ? { key: fromHex(key) } : {}),
  };
}
