/** JSON Web Signatures in compact form (RFC 7515) and keys (RFC 7517), read strictly: nothing in a header chooses algorithm or key. */

import {
  COORDINATE_BYTES,
  type Crypto,
  type CurveName,
  type PublicKey,
  type SignatureAlgorithm,
} from "../crypto/crypto.js";
import { concatBytes } from "../encoding/bytes.js";
import { isJsonObject, type JsonObject, member, parseJson } from "../encoding/json.js";
import { demand, MalformedError } from "../encoding/malformed.js";
import { fromBase64, fromBase64Url, fromUtf8, toUtf8 } from "../encoding/text.js";
import { type Certificate, parseCertificate } from "./certificate.js";

export type JwsAlgorithm = "RS256" | "PS384" | "ES256" | "ES384";

/** RFC 7518, table in section 3.1: each ES algorithm has one curve, and the salt is as long as the hash. */
const ALGORITHMS: Readonly<
  Record<JwsAlgorithm, { readonly signature: SignatureAlgorithm; readonly curve?: CurveName }>
> = {
  RS256: { signature: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } },
  PS384: { signature: { name: "RSA-PSS", hash: "SHA-384", saltLength: 48 } },
  ES256: { signature: { name: "ECDSA", hash: "SHA-256" }, curve: "P-256" },
  ES384: { signature: { name: "ECDSA", hash: "SHA-384" }, curve: "P-384" },
};

export interface Jws {
  readonly text: string;
  readonly header: JsonObject;
  readonly claims: JsonObject;
  /** Header and payload as they stand, with the dot between them. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

export const MAX_JWS_CHARACTERS = 262_144;

export function looksLikeJws(text: string): boolean {
  return text.startsWith("eyJ") && text.includes(".");
}

/**
 * Three parts of base64url without padding or white space, two of them JSON objects without duplicate names. A `crit` header is refused, as is
 * `b64` (RFC 7797), which changes what is signed.
 * @throws MalformedError
 */
export function parseJws(text: string): Jws {
  demand(text.length <= MAX_JWS_CHARACTERS, `token longer than ${MAX_JWS_CHARACTERS} characters`);
  const parts = text.split(".", 4);
  demand(parts.length === 3, "token has not three parts");
  const [head, body, signature] = parts as [string, string, string];
  const header = objectOf(head, "header");
  demand(!Object.hasOwn(header, "crit") && !Object.hasOwn(header, "b64"), "token header has crit or b64");
  return {
    text,
    header,
    claims: objectOf(body, "payload"),
    signed: toUtf8(`${head}.${body}`),
    signature: fromBase64Url(signature),
  };
}

function objectOf(part: string, what: string): JsonObject {
  const value = parseJson(fromUtf8(fromBase64Url(part)));
  if (!isJsonObject(value)) throw new MalformedError(`token ${what} is no JSON object`);
  return value;
}

/** Whether `key` signed it with `algorithm`, which is the caller's and never the header's. @throws CryptoUnavailableError */
export async function verifyJws(jws: Jws, algorithm: JwsAlgorithm, key: PublicKey, crypto: Crypto): Promise<boolean> {
  const { signature, curve } = ALGORITHMS[algorithm];
  if (curve === undefined ? key.type !== "rsa" : key.type !== "ec" || key.curve !== curve) return false;
  return crypto.verify(signature, key, jws.signature, jws.signed);
}

export interface Jwk {
  readonly kid: string | undefined;
  readonly key: PublicKey;
  /** `x5c` in its order, where the key carries one. */
  readonly certificates: readonly Certificate[];
}

const MAX_KEYS = 64;

/** The signing keys of a JWK or JWK set (RFC 7517, sections 4 and 5); those of kinds that are not verified with here are left out. @throws MalformedError */
export function readJwks(value: unknown): readonly Jwk[] {
  const json = typeof value === "string" ? parseJson(value) : value;
  if (!isJsonObject(json as JsonObject)) throw new MalformedError("JWK set is no object");
  const keys = member(json as JsonObject, "keys") ?? [json as JsonObject];
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) throw new MalformedError(`JWK set without 1 to ${MAX_KEYS} keys`);
  return keys.flatMap((jwk: unknown) => (isJsonObject(jwk as JsonObject) ? readJwk(jwk as JsonObject) : []));
}

function readJwk(jwk: JsonObject): readonly Jwk[] {
  const chain = member(jwk, "x5c");
  const certificates = Array.isArray(chain) ? certificatesOf(chain) : [];
  const kid = member(jwk, "kid");
  const own = bareKey(jwk);
  // Some services name no key beside the certificate.
  const key = own ?? certificates[0]?.publicKey;
  if (key === undefined || member(jwk, "use") === "enc") return [];
  return [{ kid: typeof kid === "string" ? kid : undefined, key, certificates }];
}

/** `x5c`: standard base64, as RFC 7515, section 4.1.6, has it. @throws MalformedError */
export function certificatesOf(chain: readonly unknown[]): readonly Certificate[] {
  demand(chain.length <= 8, "x5c with more than 8 certificates");
  return chain.map((item) => {
    if (typeof item !== "string") throw new MalformedError("x5c holds something other than text");
    return parseCertificate(fromBase64(item));
  });
}

const CURVES: readonly (CurveName | undefined)[] = ["P-256", "P-384", "P-521"];

function bareKey(jwk: JsonObject): PublicKey | undefined {
  const bytes = (name: string): Uint8Array | undefined => {
    const text = member(jwk, name);
    return typeof text === "string" ? fromBase64Url(text) : undefined;
  };
  const kty = member(jwk, "kty");
  if (kty === "RSA") {
    const [modulus, exponent] = [bytes("n"), bytes("e")];
    if (modulus === undefined || exponent === undefined || exponent.length > 4) return undefined;
    return { type: "rsa", modulus, exponent: exponent.reduce((sum, byte) => sum * 256 + byte, 0) };
  }
  const curve = CURVES.find((name) => name === member(jwk, "crv"));
  const [x, y] = [bytes("x"), bytes("y")];
  if (
    kty !== "EC" ||
    curve === undefined ||
    x?.length !== COORDINATE_BYTES[curve] ||
    y?.length !== COORDINATE_BYTES[curve]
  )
    return undefined;
  return { type: "ec", curve, point: concatBytes(Uint8Array.of(4), x, y) };
}
