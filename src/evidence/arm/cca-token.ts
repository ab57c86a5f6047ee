/** Arm CCA attestation tokens: a platform token and a realm token, in both wrappings and both profiles (draft-ffm-rats-cca-token). */

import type { HashName, PublicKey } from "../../crypto/crypto.js";
import { concatBytes } from "../../encoding/bytes.js";
import { type CborMap, type CborValue, isCborArray, isCborMap, isCborTag, readCbor } from "../../encoding/cbor.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { type CoseSign1, readCoseSign1 } from "../../trust/cose.js";
import {
  claimReader,
  claimsMap,
  DIGEST_BYTES,
  hashNamed,
  instanceId,
  type Lifecycle,
  lifecycleOf,
  type SoftwareComponent,
  softwareComponents,
} from "./claims.js";

export type CcaProfile = "legacy" | "current";

export interface CcaPlatform {
  readonly profile: CcaProfile;
  /** Hash of the realm's public key: what binds both tokens. */
  readonly nonce: Uint8Array;
  /** 32 bytes. */
  readonly implementationId: Uint8Array;
  /** 33 bytes. */
  readonly instanceId: Uint8Array;
  readonly config: Uint8Array;
  readonly lifecycle: Lifecycle;
  readonly hash: HashName;
  readonly components: readonly SoftwareComponent[];
  readonly verificationService: string | undefined;
}

export interface CcaRealm {
  readonly profile: CcaProfile;
  /** 64 bytes: the caller's challenge. */
  readonly challenge: Uint8Array;
  /** 64 bytes. */
  readonly personalizationValue: Uint8Array;
  readonly hash: HashName;
  /** Realm initial measurement. */
  readonly rim: Uint8Array;
  /** Realm extensible measurements, four. */
  readonly rems: readonly Uint8Array[];
  /** The claim's bytes: what the platform's nonce hashes. */
  readonly publicKeyClaim: Uint8Array;
  readonly publicKey: PublicKey;
  readonly publicKeyHash: HashName;
}

export interface CcaToken {
  readonly platform: CcaPlatform;
  readonly realm: CcaRealm;
  readonly platformMessage: CoseSign1;
  readonly realmMessage: CoseSign1;
}

/** Tag of the early collection, and of a CMW collection (draft-ietf-rats-msg-wrap). */
const TAG_CCA = 399;
const TAG_CMW = 907;
const TAG_SIGN1 = 18;
const PLATFORM_TOKEN = 44234;
const REALM_TOKEN = 44241;
/** CoAP content format of `application/eat+cwt`. */
const EAT_CWT = 263;
const MAX_TOKEN_BYTES = 65_536;

/** Whether `bytes` start with the tag of either collection. */
export function looksLikeCca(bytes: Uint8Array): boolean {
  const tag = bytes[0] === 0xd9 ? ((bytes[1] ?? 0) << 8) | (bytes[2] ?? 0) : 0;
  return tag === TAG_CCA || tag === TAG_CMW;
}

/** @throws MalformedError */
export function parseCca(bytes: Uint8Array): CcaToken {
  const item = readCbor(bytes, { tags: [TAG_CCA, TAG_CMW], depth: 4, length: MAX_TOKEN_BYTES });
  if (!isCborTag(item) || !isCborMap(item.content)) throw new MalformedError("the CCA token is not a tagged map");
  const collection = claimsMap(item.content, "collection");
  demand(collection.size === 2, "the CCA token does not hold exactly a platform and a realm token");
  const wrapped = item.tag === TAG_CMW;
  const platformMessage = inner(collection.get(PLATFORM_TOKEN), wrapped, "platform token");
  const realmMessage = inner(collection.get(REALM_TOKEN), wrapped, "realm token");
  const platform = readPlatform(payload(platformMessage, "platform"));
  const realm = readRealm(payload(realmMessage, "realm"));
  demand(platform.profile === realm.profile, "platform and realm token are of different profiles");
  return { platform, realm, platformMessage, realmMessage };
}

/** A COSE_Sign1 with its tag, in a byte string; in a CMW collection with its content type. */
function inner(value: CborValue | undefined, wrapped: boolean, what: string): CoseSign1 {
  const bytes = wrapped ? cmwValue(value, what) : value;
  if (!(bytes instanceof Uint8Array)) throw new MalformedError(`the ${what} is not a byte string`);
  demand(bytes[0] === 0xc0 + TAG_SIGN1, `the ${what} is not a tagged COSE_Sign1`);
  return readCoseSign1(bytes);
}

function cmwValue(value: CborValue | undefined, what: string): CborValue | undefined {
  const record = isCborArray(value) ? value : [];
  demand(record.length === 2 && record[0] === EAT_CWT, `the ${what} is not a record of application/eat+cwt`);
  return record[1];
}

function payload(message: CoseSign1, what: string): CborMap {
  return claimsMap(readCbor(message.payload, { depth: 6 }), what);
}

const PLATFORM_PROFILES: Readonly<Record<string, CcaProfile>> = {
  "http://arm.com/CCA-SSD/1.0.0": "legacy",
  "tag:arm.com,2023:cca_platform#1.0.0": "current",
};
const REALM_PROFILE = "tag:arm.com,2023:realm#1.0.0";

/** @throws MalformedError */
export function readPlatform(claims: CborMap): CcaPlatform {
  const reader = claimReader(claims);
  const named = reader.text(265, "profile");
  const profile = Object.hasOwn(PLATFORM_PROFILES, named) ? PLATFORM_PROFILES[named] : undefined;
  if (profile === undefined) throw new MalformedError("the platform token is of an unknown profile");
  return {
    profile,
    nonce: reader.bytes(10, "platform challenge", DIGEST_BYTES),
    implementationId: reader.bytes(2396, "implementation id", [32]),
    instanceId: instanceId(reader, 256),
    config: reader.bytes(2401, "platform configuration"),
    lifecycle: lifecycleOf(reader.integer(2395, "lifecycle")),
    hash: hashNamed(reader.text(2402, "platform hash algorithm")),
    components: softwareComponents(claims.get(2399)),
    verificationService: reader.optionalText(2400, "verification service"),
  };
}

/** @throws MalformedError */
export function readRealm(claims: CborMap): CcaRealm {
  const reader = claimReader(claims);
  const named = reader.optionalText(265, "profile");
  demand(named === undefined || named === REALM_PROFILE, "the realm token is of an unknown profile");
  const profile = named === undefined ? "legacy" : "current";
  const publicKeyClaim = reader.bytes(44237, "realm public key");
  return {
    profile,
    challenge: reader.bytes(10, "realm challenge", [64]),
    personalizationValue: reader.bytes(44235, "personalization value", [64]),
    hash: hashNamed(reader.text(44236, "realm hash algorithm")),
    rim: reader.bytes(44238, "realm initial measurement", DIGEST_BYTES),
    rems: extensible(claims.get(44239)),
    publicKeyClaim,
    publicKey: profile === "legacy" ? rawKey(publicKeyClaim) : coseKey(publicKeyClaim),
    publicKeyHash: hashNamed(reader.text(44240, "realm public key's hash algorithm")),
  };
}

function extensible(value: CborValue | undefined): readonly Uint8Array[] {
  if (!isCborArray(value) || value.length !== 4)
    throw new MalformedError("the realm has not four extensible measurements");
  return value.map((item) => {
    const fits = item instanceof Uint8Array && DIGEST_BYTES.includes(item.length);
    if (!fits) throw new MalformedError("an extensible measurement is not a digest");
    return item.slice();
  });
}

const COORDINATE = 48;

/** The legacy profile has the point as it is: 04, x, y. */
function rawKey(point: Uint8Array): PublicKey {
  demand(point.length === 1 + 2 * COORDINATE, "the realm's public key is not a point of 97 bytes");
  return { type: "ec", curve: "P-384", point };
}

/** COSE_Key (RFC 9052, section 7): kty EC2, curve P-384, x and y. */
function coseKey(bytes: Uint8Array): PublicKey {
  const key = claimsMap(readCbor(bytes, { depth: 2 }), "realm public key");
  const [x, y] = [key.get(-2), key.get(-3)];
  const fits = key.get(1) === 2 && key.get(-1) === 2 && isCoordinate(x) && isCoordinate(y);
  if (!fits) throw new MalformedError("the realm's public key is not an EC2 key on P-384");
  return { type: "ec", curve: "P-384", point: concatBytes(Uint8Array.of(4), x, y) };
}

function isCoordinate(value: CborValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array && value.length === COORDINATE;
}
