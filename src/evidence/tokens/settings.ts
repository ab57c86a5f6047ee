/** The relying party's demands on a token: what callers write, read strictly, every default the safe one. */

import { MalformedError } from "../../encoding/malformed.js";
import { readChoice, readInteger, readObject, readSet, readString } from "../../expected/read.js";
import { type Jwk, readJwks } from "../../trust/jws.js";
import type { Service } from "./service.js";

type OneOrMore<T> = T | readonly T[];

/** Reference values by the names that the service's documentation page lists; each a text or a set of them. At least one. */
export type TokenReference = Readonly<Record<string, OneOrMore<string>>>;

export interface TokenPolicy {
  /** The service's keys, from a source that you trust: a JWK set, as text or object. Keys that come with the token are not trusted for that. */
  readonly keys?: unknown;
  /** Issuers (`iss`) that are taken; the service's own unless told. */
  readonly issuers?: OneOrMore<string>;
  /** Audiences (`aud`), one of which the token must be for. */
  readonly audience?: OneOrMore<string>;
  /** What the defaults refuse and this caller takes: names of docs/tokens.md. */
  readonly allow?: readonly string[];
  /** Greatest age of the token in seconds; its lifetime as the service gives it unless told. */
  readonly maxAge?: number;
  /** How far clocks may differ, in seconds; 60 unless told. */
  readonly clockSkew?: number;
}

export interface TokenSettings {
  readonly keys: readonly Jwk[];
  readonly issuers: readonly string[] | undefined;
  readonly audience: readonly string[] | undefined;
  readonly allow: readonly string[];
  /** Seconds. */
  readonly maxAge: number | undefined;
  readonly clockSkew: number;
}

export type TokenValues = ReadonlyMap<string, readonly string[]>;

const MAX_SECONDS = 2 ** 31;
/** Seconds. */
export const DEFAULT_SKEW = 60;

/** @throws TypeError */
export function readPolicy(service: Service, policy: unknown): TokenSettings {
  const what = `policy[${JSON.stringify(service.name)}]`;
  const given = readObject(policy ?? {}, ["keys", "issuers", "audience", "allow", "maxAge", "clockSkew"], what);
  const strings = (name: string): readonly string[] | undefined =>
    given[name] === undefined ? undefined : readSet(given[name], `${what}.${name}`, readString);
  const { allow } = given;
  const none = allow === undefined || (Array.isArray(allow) && allow.length === 0);
  return {
    keys: given.keys === undefined ? [] : readKeys(given.keys, `${what}.keys`),
    issuers: strings("issuers"),
    audience: strings("audience"),
    allow: none ? [] : readSet(allow, `${what}.allow`, (item, at) => readChoice(item, service.allowances, at)),
    maxAge: given.maxAge === undefined ? undefined : readInteger(given.maxAge, `${what}.maxAge`, MAX_SECONDS),
    clockSkew: given.clockSkew === undefined ? DEFAULT_SKEW : readInteger(given.clockSkew, `${what}.clockSkew`, 3600),
  };
}

function readKeys(value: unknown, what: string): readonly Jwk[] {
  try {
    const keys = readJwks(value);
    if (keys.length === 0) throw new TypeError(`${what} holds no key to verify with`);
    return keys;
  } catch (error) {
    if (error instanceof MalformedError) throw new TypeError(`${what} is no JWK set: ${error.reason}`);
    throw error;
  }
}

/** @throws TypeError */
export function readReference(service: Service, reference: unknown): TokenValues {
  const what = `expected[${JSON.stringify(service.name)}]`;
  const given = Object.entries(readObject(reference, Object.keys(service.fields), what));
  if (given.length === 0) throw new TypeError(`${what} must demand something`);
  return new Map(given.map(([name, value]) => [name, readSet(value, `${what}.${name}`, readString)]));
}
