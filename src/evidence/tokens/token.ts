/** The outer forms of tokens: bare, in JSON beside the service's keys (`{ token, jwks }`), and NVIDIA's detached bundle with a token for each device (RFC 9711, section 5). */

import { isJsonObject, type JsonObject, type JsonValue, member } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromUtf8, toUtf8 } from "../../encoding/text.js";
import { type Jwk, type Jws, looksLikeJws, MAX_JWS_CHARACTERS, parseJws, readJwks } from "../../trust/jws.js";
import type { EvidenceInput, Recognition } from "../kind.js";
import { type Enclave, enclaveOf } from "./enclave.js";
import { at, type Service } from "./service.js";

/** A token for one device, as the overall token's `submods` names it. */
export interface SubToken {
  readonly name: string;
  readonly jws: Jws;
  /** SHA-256 of the token's text that the overall token gives; `undefined` where it gives none. */
  readonly digest: string | undefined;
}

export interface Token {
  readonly service: Service;
  readonly jws: Jws;
  readonly subTokens: readonly SubToken[];
  /** Names in `submods` for which no token came. */
  readonly missing: readonly string[];
  /** Keys that came along, from whoever sent the token: worth nothing but under a pin. */
  readonly offered: readonly Jwk[];
  /** The service's enclave, where that is to be verified. */
  readonly enclave: Enclave | undefined;
}

/** Whether the text is a token of this service, by its claims' structure. A broken token is nobody's. */
function isOf(service: Service, text: JsonValue | undefined): text is string {
  if (typeof text !== "string" || !looksLikeJws(text) || text.length > MAX_JWS_CHARACTERS) return false;
  try {
    const { claims, header } = parseJws(text);
    return service.recognises(claims, header);
  } catch (error) {
    if (error instanceof MalformedError) return false;
    throw error;
  }
}

export function recogniser(service: Service): (input: EvidenceInput) => Recognition | undefined {
  return (input) => {
    if ("bytes" in input) {
      const { bytes } = input;
      if (bytes[0] !== 0x65 || bytes.length > MAX_JWS_CHARACTERS || bytes.some((byte) => byte > 0x7e)) return undefined;
      return isOf(service, fromUtf8(bytes)) ? { bytes, form: "token", endorsements: [] } : undefined;
    }
    return fromJson(service, input.json);
  };
}

function fromJson(service: Service, json: JsonValue): Recognition | undefined {
  if (isJsonObject(json)) {
    const token = member(json, "token");
    if (!isOf(service, token)) return undefined;
    const jwks = member(json, "jwks");
    const companions = new Map(jwks === undefined ? [] : [["jwks", jwks] as const]);
    return { bytes: toUtf8(token), form: "token with keys", endorsements: [], companions };
  }
  return service.name === "nras" ? fromDetachedBundle(service, json) : undefined;
}

/** Under these, and behind a token of its own that it signs for nobody, NVIDIA's SDK keeps what the service answered. */
const SDK_CLAIMS: readonly string[] = ["REMOTE_GPU_CLAIMS", "REMOTE_SWITCH_CLAIMS"];

/** `[["JWT", overall], { name: token, ... }]`. */
function fromDetachedBundle(service: Service, json: JsonValue | undefined): Recognition | undefined {
  if (!Array.isArray(json) || json.length !== 2) return undefined;
  const [overall, devices] = json as readonly JsonValue[];
  const text =
    Array.isArray(overall) && overall.length === 2 && overall[0] === "JWT" ? (overall[1] as JsonValue) : undefined;
  if (typeof text !== "string" || !isJsonObject(devices)) return undefined;
  const [name = "", ...others] = Object.keys(devices);
  // Of two answers, which one is meant is not for us to guess.
  if (SDK_CLAIMS.includes(name) && others.length === 0) return fromDetachedBundle(service, member(devices, name));
  if (!isOf(service, text)) return undefined;
  return {
    bytes: toUtf8(text),
    form: "detached bundle",
    endorsements: [],
    companions: new Map([["devices", devices]]),
  };
}

/** The largest machine has a hundred; every device's token is compared with every other's. */
const MAX_DEVICES = 256;

/** @throws MalformedError */
export function parseToken(
  service: Service,
  bytes: Uint8Array,
  { companions }: Recognition,
  withEnclave = false,
): Token {
  const jws = parseJws(fromUtf8(bytes));
  const devices = companions?.get("devices");
  const jwks = companions?.get("jwks");
  const submods = service.name === "nras" ? member(jws.claims, "submods") : undefined;
  const named = isJsonObject(submods) ? submods : {};
  const given = isJsonObject(devices as JsonValue) ? (devices as JsonObject) : {};
  const names = Object.keys(given);
  demand(names.length <= MAX_DEVICES, `more than ${MAX_DEVICES} tokens of devices`);
  for (const name of names) demand(Object.hasOwn(named, name), "a device's token is not named in submods");
  const offered = jwks === undefined ? [] : readJwks(jwks);
  return {
    service,
    jws,
    subTokens: Object.entries(given).map(([name, text]) => subToken(name, text, named)),
    missing: Object.keys(named).filter((name) => !Object.hasOwn(given, name)),
    offered,
    enclave: withEnclave ? enclaveOf(offered, jws.header.kid) : undefined,
  };
}

function subToken(name: string, text: JsonValue, submods: JsonObject): SubToken {
  if (typeof text !== "string") throw new MalformedError("a device's token is not text");
  const entry = at(submods, name);
  const [form, digest] = Array.isArray(entry) ? entry : [];
  const [hash, value] = form === "DIGEST" && Array.isArray(digest) ? digest : [];
  return { name, jws: parseJws(text), digest: hash === "SHA-256" && typeof value === "string" ? value : undefined };
}
