/** Reading the claims that CCA and PSA tokens share, strictly: sizes, text, lifecycle, software components (RFC 9783, section 4). */

import type { HashName } from "../../crypto/crypto.js";
import { type CborMap, type CborValue, isCborArray, isCborMap } from "../../encoding/cbor.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { toHex } from "../../encoding/text.js";
import type { Claims } from "../../verdict.js";

/** A map of claims; text keys have no meaning in these profiles and would have one elsewhere. @throws MalformedError */
export function claimsMap(value: CborValue, what: string): CborMap {
  if (!isCborMap(value)) throw new MalformedError(`${what} claims are not a map`);
  for (const key of value.keys()) demand(typeof key !== "string", `${what} claims have a key that is text`);
  return value;
}

/** Reads one claim of a map. */
export interface ClaimReader {
  bytes(key: number, name: string, lengths?: readonly number[]): Uint8Array;
  optionalBytes(key: number, name: string, min: number, max: number): Uint8Array | undefined;
  text(key: number, name: string): string;
  optionalText(key: number, name: string): string | undefined;
  integer(key: number, name: string): number;
}

const MAX_TEXT = 256;
const MAX_BYTES = 4096;

export function claimReader(claims: CborMap): ClaimReader {
  const required = (key: number, name: string): CborValue => {
    const value = claims.get(key);
    if (value === undefined) throw new MalformedError(`the claim ${name} (${key}) is missing`);
    return value;
  };
  const asBytes = (value: CborValue, name: string): Uint8Array => {
    if (!(value instanceof Uint8Array)) throw new MalformedError(`the claim ${name} is not a byte string`);
    return value.slice();
  };
  const asText = (value: CborValue, name: string): string => {
    const fits = typeof value === "string" && value.length > 0 && value.length <= MAX_TEXT;
    if (!fits) throw new MalformedError(`the claim ${name} is not a text of 1 to ${MAX_TEXT} characters`);
    return value;
  };
  return {
    bytes(key, name, lengths) {
      const value = asBytes(required(key, name), name);
      const fits = lengths === undefined ? value.length <= MAX_BYTES : lengths.includes(value.length);
      demand(fits, `the claim ${name} has ${value.length} bytes`);
      return value;
    },
    optionalBytes(key, name, min, max) {
      const value = claims.get(key);
      if (value === undefined) return undefined;
      const bytes = asBytes(value, name);
      demand(bytes.length >= min && bytes.length <= max, `the claim ${name} has ${bytes.length} bytes`);
      return bytes;
    },
    text: (key, name) => asText(required(key, name), name),
    optionalText: (key, name) => (claims.has(key) ? asText(required(key, name), name) : undefined),
    integer(key, name) {
      const value = required(key, name);
      if (typeof value !== "number") throw new MalformedError(`the claim ${name} is not a 53-bit integer`);
      return value;
    },
  };
}

/** Sizes of SHA-256, SHA-384 and SHA-512. */
export const DIGEST_BYTES: readonly number[] = [32, 48, 64];
const HASHES: Readonly<Record<string, HashName>> = { "sha-256": "SHA-256", "sha-384": "SHA-384", "sha-512": "SHA-512" };

/** By the names of the IANA registry of hash functions. @throws MalformedError */
export function hashNamed(name: string): HashName {
  const hash = Object.hasOwn(HASHES, name) ? HASHES[name] : undefined;
  if (hash === undefined) throw new MalformedError(`the hash ${JSON.stringify(name)} is not known`);
  return hash;
}

export type Lifecycle =
  | "unknown"
  | "assembly-and-test"
  | "rot-provisioning"
  | "secured"
  | "non-rot-debug"
  | "recoverable-rot-debug"
  | "decommissioned";

/** The high byte says which; the low one is the implementation's (RFC 9783, section 4.3.1). */
const LIFECYCLES: Readonly<Record<number, Lifecycle>> = {
  0: "unknown",
  16: "assembly-and-test",
  32: "rot-provisioning",
  48: "secured",
  64: "non-rot-debug",
  80: "recoverable-rot-debug",
  96: "decommissioned",
};
export const LIFECYCLE_NAMES: readonly Lifecycle[] = Object.values(LIFECYCLES);

/** @throws MalformedError */
export function lifecycleOf(value: number): Lifecycle {
  const lifecycle = value >= 0 && value <= 0xffff ? LIFECYCLES[value >> 8] : undefined;
  if (lifecycle === undefined) throw new MalformedError(`the lifecycle ${value} is not defined`);
  return lifecycle;
}

/** One measured piece of software. */
export interface SoftwareComponent {
  /** `BL`, `RMM`, `M1`. */
  readonly type: string | undefined;
  readonly measurement: Uint8Array;
  readonly version: string | undefined;
  readonly signerId: Uint8Array;
  readonly algorithm: string | undefined;
}

const MAX_COMPONENTS = 64;

/** @throws MalformedError */
export function softwareComponents(value: CborValue | undefined): readonly SoftwareComponent[] {
  if (!isCborArray(value) || value.length === 0 || value.length > MAX_COMPONENTS)
    throw new MalformedError(`the software components are not a list of 1 to ${MAX_COMPONENTS}`);
  return value.map((item) => {
    const reader = claimReader(claimsMap(item, "software component"));
    return {
      type: reader.optionalText(1, "measurement type"),
      measurement: reader.bytes(2, "measurement value", DIGEST_BYTES),
      version: reader.optionalText(4, "version"),
      signerId: reader.bytes(5, "signer id", DIGEST_BYTES),
      algorithm: reader.optionalText(6, "measurement description"),
    };
  });
}

export function componentClaims({ type, measurement, version, signerId, algorithm }: SoftwareComponent): Claims {
  return {
    type: type ?? null,
    measurement: toHex(measurement),
    version: version ?? null,
    signerId: toHex(signerId),
    algorithm: algorithm ?? null,
  };
}

/** UEID of type RAND: 01 and 32 bytes (RFC 9711, section 4.2.1). @throws MalformedError */
export function instanceId(reader: ClaimReader, key: number): Uint8Array {
  const id = reader.bytes(key, "instance id", [33]);
  demand(id[0] === 1, "the instance id is not of type 01");
  return id;
}
