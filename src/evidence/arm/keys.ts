/** Attestation keys of Arm devices: Arm publishes no root, so each device's or platform's key is the caller's to name. */

import { COORDINATE_BYTES, type CurveName, type PublicKey } from "../../crypto/crypto.js";
import { concatBytes, equalBytes } from "../../encoding/bytes.js";
import { MalformedError } from "../../encoding/malformed.js";
import { fromBase64Url, fromPem, looksLikePem, toHex } from "../../encoding/text.js";
import { copyBytes, readDigest, readObject, readString } from "../../expected/read.js";
import { publicKeyFromSpki } from "../../trust/algorithms.js";

/** An EC key as JSON Web Key (RFC 7517). */
export interface EcJwk {
  readonly kty: "EC";
  readonly crv: string;
  readonly x: string;
  readonly y: string;
}

/** A key that the caller vouches for, and whose it is; without an identifier it may be any device's. */
export interface ArmKey {
  /** A JWK, PEM of a SubjectPublicKeyInfo, or its DER. */
  readonly key: EcJwk | string | Uint8Array;
  /** 33 bytes, or their hex. */
  readonly instanceId?: Uint8Array | string;
  /** 32 bytes, or their hex. */
  readonly implementationId?: Uint8Array | string;
}

export interface KnownKey {
  readonly key: PublicKey;
  readonly instanceId: Uint8Array | undefined;
  readonly implementationId: Uint8Array | undefined;
}

const CURVES: Readonly<Record<string, CurveName>> = { "P-256": "P-256", "P-384": "P-384", "P-521": "P-521" };

/** @throws TypeError */
export function readKey(value: unknown, what: string): KnownKey {
  const given = readObject(value, ["key", "instanceId", "implementationId"], what);
  const { key, instanceId, implementationId } = given;
  return {
    key: readPublicKey(key, `${what}.key`),
    instanceId: instanceId === undefined ? undefined : readDigest(instanceId, 33, `${what}.instanceId`),
    implementationId:
      implementationId === undefined ? undefined : readDigest(implementationId, 32, `${what}.implementationId`),
  };
}

function readPublicKey(value: unknown, what: string): PublicKey {
  try {
    const key = typeof value === "object" && !ArrayBuffer.isView(value) ? fromJwk(value, what) : fromSpki(value, what);
    if (key?.type === "ec") return key;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
  }
  throw new TypeError(`${what} must be an EC public key on P-256, P-384 or P-521`);
}

function fromSpki(value: unknown, what: string): PublicKey | undefined {
  if (typeof value !== "string") return publicKeyFromSpki(copyBytes(value, what));
  const [block, second] = looksLikePem(value) ? fromPem(value) : [];
  if (block?.label !== "PUBLIC KEY" || second !== undefined) return undefined;
  return publicKeyFromSpki(block.bytes);
}

function fromJwk(value: unknown, what: string): PublicKey | undefined {
  const jwk = readObject(value, ["kty", "crv", "x", "y", "kid", "alg", "use", "key_ops"], what);
  const curve = CURVES[readString(jwk.crv, `${what}.crv`)];
  if (jwk.kty !== "EC" || curve === undefined) return undefined;
  const [x, y] = ["x", "y"].map((name) => fromBase64Url(readString(jwk[name], `${what}.${name}`))) as [
    Uint8Array,
    Uint8Array,
  ];
  const size = COORDINATE_BYTES[curve];
  if (x.length !== size || y.length !== size) return undefined;
  return { type: "ec", curve, point: concatBytes(Uint8Array.of(4), x, y) };
}

/** The keys that may have signed for this device. */
export function keysFor(
  known: readonly KnownKey[],
  instanceId: Uint8Array,
  implementationId: Uint8Array,
): readonly PublicKey[] {
  const fits = (wanted: Uint8Array | undefined, found: Uint8Array): boolean =>
    wanted === undefined || equalBytes(wanted, found);
  return known
    .filter((entry) => fits(entry.instanceId, instanceId) && fits(entry.implementationId, implementationId))
    .map(({ key }) => key);
}

/** X coordinates of keys whose private halves are published with the reference firmware: whoever wants to can sign with them. */
const TEST_KEYS: Readonly<Record<string, string>> = {
  "212867c52e2b9508b0a420a90560f394d2dfaa21bdd7514ff1a901afe7e1f78bb11d4e66f8a8a38afa76af6a31c4de8c":
    "Trusted Firmware-A's CCA test key, as its Fixed Virtual Platform has it",
  "79eba90e8bf450a6751576ad4599b07adf938da3bb0bd17d0036ed49a2d0fc3f":
    "Trusted Firmware-M's initial attestation test key",
};

/** Which published test key this is; `undefined` for any other. */
export function testKeyName(key: PublicKey): string | undefined {
  if (key.type !== "ec") return undefined;
  const x = toHex(key.point.subarray(1, 1 + COORDINATE_BYTES[key.curve]));
  return Object.hasOwn(TEST_KEYS, x) ? TEST_KEYS[x] : undefined;
}
