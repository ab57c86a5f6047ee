/** A verdict as an EAT attestation result (draft-fv-rats-ear), with the tiers of AR4SI (draft-ietf-rats-ar4si, section 2.3). */

import type { JsonObject } from "../encoding/json.js";
import { toBase64Url, toUtf8 } from "../encoding/text.js";
import { isSafeguardWaived } from "../messages/waived.js";
import type { Check, Verdict } from "../verdict.js";

export interface EarOptions {
  /** Who speaks: `ear.verifier-id`. */
  readonly verifier: { readonly developer: string; readonly build: string };
  /** The nonce of whoever asked for the result, as text: `eat_nonce`. */
  readonly nonce?: string;
  /** Seconds for which the result holds; 300 unless told, and never beyond `meta.validUntil`. */
  readonly lifetime?: number;
}

/** The claims, plain JSON. */
export type EarClaims = JsonObject;

const PROFILE = "tag:github.com,2023:veraison/ear";
/** AR4SI, section 2.3.2. */
const [AFFIRMING, WARNING, CONTRAINDICATED, CRYPTO_FAILED] = [2, 32, 96, 99] as const;

type Vector = Readonly<Record<string, number>>;

/**
 * The verdict's claims as an unsigned result, one submodule a part. `verified` is affirming, but for what the caller left open: any build, firmware
 * alone, no binding, a safeguard that was waived, or anchors of the caller's own, are a warning. `rejected` is contraindicated; `undetermined` is none, with no claim in its vector.
 *
 * @example
 * const claims = earClaims(verdict, { verifier: { developer: "https://me.example", build: "tee-verify" } });
 */
export function earClaims(verdict: Verdict, options: EarOptions): EarClaims {
  const { verifier, nonce, lifetime = 300 } = options;
  if (!Number.isSafeInteger(lifetime) || lifetime <= 0)
    throw new TypeError("lifetime must be a positive number of seconds");
  const iat = Math.floor(Date.parse(verdict.meta.at) / 1000);
  const end =
    verdict.meta.validUntil === null
      ? Number.POSITIVE_INFINITY
      : Math.floor(Date.parse(verdict.meta.validUntil) / 1000);
  const vector = vectorOf(verdict);
  const submod = (kind: string): JsonObject => ({
    "ear.status": statusOf(verdict, vector),
    "ear.trustworthiness-vector": { ...vector },
    "ear.appraisal-policy-id": `urn:tee-verify:${kind}:expected:${verdict.meta.expectedSha256}:policy:${verdict.meta.policySha256}`,
  });
  // A result without a submodule says nothing, and must not look as if it did.
  const parts = verdict.parts.length === 0 ? [{ path: "evidence", kind: "unrecognised" }] : verdict.parts;
  return {
    eat_profile: PROFILE,
    iat,
    exp: Math.min(iat + lifetime, Math.max(end, iat + 1)),
    ...(nonce === undefined ? {} : { eat_nonce: nonce }),
    "ear.verifier-id": { ...verifier },
    submods: Object.fromEntries(parts.map(({ path, kind }) => [path, submod(kind)])),
  };
}

function vectorOf(verdict: Verdict): Vector {
  const failedIn = (stage: "authenticate" | "other"): boolean =>
    verdict.checks.some(
      (check) => check.status === "failed" && (check.stage === "authenticate") === (stage === "authenticate"),
    );
  switch (verdict.outcome) {
    case "undetermined":
      return {};
    case "rejected":
      return {
        ...(failedIn("authenticate") ? { hardware: CRYPTO_FAILED } : {}),
        ...(failedIn("other") ? { configuration: CONTRAINDICATED } : {}),
      };
    case "verified":
      return {
        hardware: verdict.meta.anchors === "custom" ? WARNING : AFFIRMING,
        configuration: verdict.checks.some(isOptedOut) ? WARNING : AFFIRMING,
        // AR4SI, section 2.3.4: of all that was loaded. Of the guest above a known firmware nothing is known.
        executables: verdict.covers === "launch" || verdict.covers === "workload" ? AFFIRMING : WARNING,
        ...(verdict.channel === "none" ? {} : { "instance-identity": AFFIRMING }),
      };
  }
}

/** A recording is none of what the result's own nonce would make it look like. */
function isOptedOut(check: Check): boolean {
  return isSafeguardWaived(check) || (check.status === "waived" && check.code === "unbound");
}

/** Never better than the worst tier of the vector. */
function statusOf({ outcome }: Verdict, vector: Vector): string {
  if (outcome === "undetermined") return "none";
  if (outcome === "rejected") return "contraindicated";
  return Object.values(vector).some((value) => value >= WARNING) ? "warning" : "affirming";
}

/** The caller's key: WebCrypto, a security module, whatever signs. */
export interface EarSigner {
  readonly algorithm: "ES256" | "ES384";
  readonly kid?: string;
  /** The signature over `message`: r || s, 64 or 96 bytes, as WebCrypto gives it. */
  sign(message: Uint8Array<ArrayBuffer>): Promise<Uint8Array | ArrayBuffer>;
}

/**
 * The claims as a JWT, signed with the caller's key.
 *
 * @example
 * const token = await signEar(claims, {
 *   algorithm: "ES256", sign: (message) => crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, message),
 * });
 */
export async function signEar(claims: EarClaims, signer: EarSigner): Promise<string> {
  const { algorithm, kid } = signer;
  const header = { alg: algorithm, typ: "JWT", ...(kid === undefined ? {} : { kid }) };
  const [head, body] = [header, claims].map((value) => toBase64Url(toUtf8(JSON.stringify(value))));
  const signed = `${head}.${body}`;
  const signature = new Uint8Array(await signer.sign(toUtf8(signed)));
  const length = algorithm === "ES256" ? 64 : 96;
  if (signature.length !== length)
    throw new TypeError(`the signer gave ${signature.length} bytes, and ${algorithm} has ${length}`);
  return `${signed}.${toBase64Url(signature)}`;
}
