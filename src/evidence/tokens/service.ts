/** What tells one attestation service's tokens from another's, as data: algorithm, issuers, lifetime, where its claims stand, and what they must say. */

import { isJsonObject, type JsonObject, type JsonValue, member } from "../../encoding/json.js";
import type { JwsAlgorithm } from "../../trust/jws.js";
import type { Covers } from "../../verdict.js";

export type ServiceName = "maa" | "confidential-space" | "ita" | "nras" | "ear";

/** Something in a token that the defaults refuse. */
export interface Refusal {
  /** What a caller writes into `allow` to take it; none where nobody may. */
  readonly allowance?: string;
  /** The claim and what it says. */
  readonly claim: string;
}

export interface Service {
  readonly name: ServiceName;
  /** Whose word the token is. */
  readonly issuedBy: string;
  readonly algorithms: readonly JwsAlgorithm[];
  /** Issuers that are taken unless the caller names others; none: the caller must. */
  readonly issuers: readonly string[];
  /** Issuers of a form, where a service has one for each region. */
  readonly issuerForm?: RegExp;
  /** Greatest `exp` less `iat`, in seconds. */
  readonly maxLifetime: number;
  recognises(claims: JsonObject, header: JsonObject): boolean;
  /** Reference values by name: where the claim stands, and what comparing it pins. */
  readonly fields: Readonly<Record<string, (claims: JsonObject) => JsonValue | undefined>>;
  covers(names: ReadonlySet<string>, claims: JsonObject): Covers;
  /** What the defaults refuse. */
  refusals(claims: JsonObject): readonly Refusal[];
  /** Allowances that `policy.allow` may name. */
  readonly allowances: readonly string[];
  /** Nonces that the token carries, each as bytes. */
  nonces(claims: JsonObject): readonly Uint8Array[];
  /** Report data of the hardware, 64 bytes as hex, where the token repeats it. */
  reportData?(claims: JsonObject): JsonValue | undefined;
}

/** The claim at a path of names. */
export function at(claims: JsonObject, ...path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (value, name) => (isJsonObject(value) ? member(value, name) : undefined),
    claims,
  );
}

/** A refusal unless the claim at `path` is one of `wanted`. An absent claim is none of them. */
export function unless(
  claims: JsonObject,
  path: readonly string[],
  wanted: readonly (JsonValue | undefined)[],
  allowance?: string,
): readonly Refusal[] {
  const found = at(claims, ...path);
  if (wanted.includes(found)) return [];
  const claim = `${path.join(".")} is ${found === undefined ? "absent" : JSON.stringify(found).slice(0, 80)}`;
  return [allowance === undefined ? { claim } : { claim, allowance }];
}
