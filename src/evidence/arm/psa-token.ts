/** PSA attestation tokens (RFC 9783) in its profile and in the two that came before it. */

import { type CborMap, isCborArray, isCborTag, readCbor } from "../../encoding/cbor.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { type CoseSign1, looksLikeCoseSign1, readCoseSign1 } from "../../trust/cose.js";
import {
  claimReader,
  claimsMap,
  DIGEST_BYTES,
  instanceId,
  type Lifecycle,
  lifecycleOf,
  type SoftwareComponent,
  softwareComponents,
} from "./claims.js";

export type PsaProfile = "tfm" | "psa-2.0.0" | "psa-iot-1";

export interface PsaClaims {
  readonly profile: PsaProfile;
  /** 32, 48 or 64 bytes. */
  readonly nonce: Uint8Array;
  /** 33 bytes. */
  readonly instanceId: Uint8Array;
  /** 32 bytes. */
  readonly implementationId: Uint8Array;
  /** Negative for callers outside the secure side. */
  readonly clientId: number;
  readonly lifecycle: Lifecycle;
  readonly bootSeed: Uint8Array | undefined;
  readonly certificationReference: string | undefined;
  /** Empty where the token of the first profile says that nothing was measured. */
  readonly components: readonly SoftwareComponent[];
  readonly verificationService: string | undefined;
}

export interface PsaToken extends PsaClaims {
  /** `undefined` for a COSE_Mac0: its key verifies and forges alike, so that nobody but its holder can judge it. */
  readonly message: CoseSign1 | undefined;
}

const TAG_MAC0 = 17;
const MAX_TOKEN_BYTES = 65_536;
const PROFILES: Readonly<Record<string, PsaProfile>> = {
  "tag:psacertified.org,2023:psa#tfm": "tfm",
  "http://arm.com/psa/2.0.0": "psa-2.0.0",
};
const PSA_IOT_PROFILE_1 = "PSA_IOT_PROFILE_1";

/** Whether `bytes` are a COSE message whose claims are those of a PSA token. */
export function looksLikePsa(bytes: Uint8Array): boolean {
  if (bytes.length > MAX_TOKEN_BYTES) return false;
  if (bytes[0] !== 0xc0 + TAG_MAC0 && !looksLikeCoseSign1(bytes)) return false;
  try {
    const claims = readCbor(unsealed(bytes).payload, { depth: 8 });
    return claims instanceof Map && (claims.has(2396) || claims.has(-75003) || claims.has(2394) || claims.has(-75001));
  } catch (error) {
    if (error instanceof MalformedError) return false;
    throw error;
  }
}

/** @throws MalformedError */
export function parsePsa(bytes: Uint8Array): PsaToken {
  demand(bytes.length <= MAX_TOKEN_BYTES, `PSA token longer than ${MAX_TOKEN_BYTES} bytes`);
  const { message, payload } = unsealed(bytes);
  return { ...readPsaClaims(claimsMap(readCbor(payload, { depth: 8 }), "PSA")), message };
}

function unsealed(bytes: Uint8Array): { readonly message: CoseSign1 | undefined; readonly payload: Uint8Array } {
  if (bytes[0] !== 0xc0 + TAG_MAC0) {
    const message = readCoseSign1(bytes);
    return { message, payload: message.payload };
  }
  const item = readCbor(bytes, { tags: [TAG_MAC0], depth: 8 });
  const fields = isCborTag(item) && isCborArray(item.content) ? item.content : [];
  const payload = fields[2];
  if (fields.length !== 4 || !(payload instanceof Uint8Array))
    throw new MalformedError("COSE_Mac0 is not an array of 4");
  return { message: undefined, payload };
}

/** The keys of a profile; those of the first are private ones. */
interface Keys {
  readonly nonce: number;
  readonly instanceId: number;
  readonly implementationId: number;
  readonly clientId: number;
  readonly lifecycle: number;
  readonly bootSeed: number;
  readonly reference: number;
  readonly components: number;
  readonly service: number;
}

const CURRENT: Keys = {
  nonce: 10,
  instanceId: 256,
  implementationId: 2396,
  clientId: 2394,
  lifecycle: 2395,
  bootSeed: 2397,
  reference: 2398,
  components: 2399,
  service: 2400,
};
const FIRST: Keys = {
  nonce: -75008,
  instanceId: -75009,
  implementationId: -75003,
  clientId: -75001,
  lifecycle: -75002,
  bootSeed: -75004,
  reference: -75005,
  components: -75006,
  service: -75010,
};
const FIRST_PROFILE = -75000;
const NO_MEASUREMENTS = -75007;
const EAN13 = /^\d{13}(?:-\d{5})?$/;
const EAN13_5 = /^\d{13}-\d{5}$/;

/** @throws MalformedError */
export function readPsaClaims(claims: CborMap): PsaClaims {
  const reader = claimReader(claims);
  const profile = profileOf(claims);
  const first = profile === "psa-iot-1";
  const keys = first ? FIRST : CURRENT;
  const bootSeed = reader.optionalBytes(keys.bootSeed, "boot seed", first ? 32 : 8, 32);
  demand(!first || bootSeed !== undefined, "the claim boot seed is missing");
  const reference = reader.optionalText(keys.reference, "certification reference");
  demand(
    reference === undefined || (first ? EAN13 : EAN13_5).test(reference),
    "the certification reference has another form",
  );
  const clientId = reader.integer(keys.clientId, "client id");
  demand(clientId >= -0x8000_0000 && clientId <= 0x7fff_ffff, "the client id is not a 32-bit integer");
  return {
    profile,
    nonce: reader.bytes(keys.nonce, "nonce", DIGEST_BYTES),
    instanceId: instanceId(reader, keys.instanceId),
    implementationId: reader.bytes(keys.implementationId, "implementation id", [32]),
    clientId,
    lifecycle: lifecycleOf(reader.integer(keys.lifecycle, "lifecycle")),
    bootSeed,
    certificationReference: reference,
    components: first ? firstComponents(claims) : softwareComponents(claims.get(keys.components)),
    verificationService: reader.optionalText(keys.service, "verification service"),
  };
}

/** In the first profile the profile's name may be left out; its keys tell. */
function profileOf(claims: CborMap): PsaProfile {
  if (!claims.has(265)) {
    const named = claims.get(FIRST_PROFILE);
    demand(
      named === undefined ? claims.has(FIRST.nonce) : named === PSA_IOT_PROFILE_1,
      "the PSA token has no known profile",
    );
    return "psa-iot-1";
  }
  const named = claims.get(265);
  const profile = typeof named === "string" && Object.hasOwn(PROFILES, named) ? PROFILES[named] : undefined;
  if (profile === undefined) throw new MalformedError("the PSA token is of an unknown profile");
  demand(!claims.has(FIRST_PROFILE), "the PSA token names two profiles");
  return profile;
}

/** Either measured software or the statement that there is none, and not both. */
function firstComponents(claims: CborMap): readonly SoftwareComponent[] {
  const none = claims.get(NO_MEASUREMENTS);
  if (none === undefined) return softwareComponents(claims.get(FIRST.components));
  demand(none === 1 && !claims.has(FIRST.components), "the PSA token measures software and says that it measures none");
  return [];
}
