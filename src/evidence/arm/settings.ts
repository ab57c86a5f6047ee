/** The relying party's demands on CCA and PSA tokens: what callers write, read strictly, every default the safe one. */

import { copyBytes, hexOption, readChoice, readDigest, readObject, readSet, readString } from "../../expected/read.js";
import { DIGEST_BYTES, LIFECYCLE_NAMES, type Lifecycle } from "./claims.js";
import { type ArmKey, type KnownKey, readKey } from "./keys.js";

type BytesOrHex = Uint8Array | string;
type OneOrMore<T> = T | readonly T[];

/** A piece of software that may be there. What is left out is not compared. */
export interface ComponentReference {
  readonly measurement: BytesOrHex;
  readonly signerId?: BytesOrHex;
  readonly type?: string;
  readonly version?: string;
}

/** The platform's side: exactly these components, and what else is given. */
export interface PlatformReference {
  /** Every component that was measured must be among these, and each of these must have been measured. */
  readonly components: readonly ComponentReference[];
  /** 32 bytes. */
  readonly implementationId?: OneOrMore<BytesOrHex>;
  /** Platform configuration, exactly (CCA). */
  readonly config?: OneOrMore<BytesOrHex>;
}

/** What a realm and its platform must be. */
export interface ArmCcaReference {
  /** Realm initial measurement: all that the realm was launched with. */
  readonly rim?: OneOrMore<BytesOrHex>;
  /** The four extensible measurements, in order; `null` leaves one out. */
  readonly rems?: readonly (BytesOrHex | null)[];
  /** 64 bytes. */
  readonly personalizationValue?: OneOrMore<BytesOrHex>;
  /** Firmware and realm management monitor: without them nothing is known of who keeps the realm apart. */
  readonly platform?: OneOrMore<PlatformReference>;
}

/** What a PSA device must be. */
export interface ArmPsaReference {
  readonly platform?: OneOrMore<PlatformReference>;
  /** `1234567890123-12345`. */
  readonly certificationReference?: OneOrMore<string>;
}

/** Demands beside the build. */
export interface ArmPolicy {
  /** The keys that the caller vouches for: of single devices, or of all that share one. */
  readonly keys?: OneOrMore<ArmKey>;
  /** Lifecycles that are taken; `secured` alone unless told. */
  readonly lifecycle?: OneOrMore<Lifecycle>;
  /** `test-key`: keys that are published with the reference firmware. */
  readonly allow?: readonly "test-key"[];
  /** `unchecked`: a realm is judged without a reference for the platform that runs it; `required` unless told. */
  readonly platform?: "required" | "unchecked";
}

export interface ArmSettings {
  readonly keys: readonly KnownKey[];
  readonly lifecycle: readonly Lifecycle[];
  readonly allow: readonly "test-key"[];
  readonly platform: "required" | "unchecked";
}

/** @throws TypeError */
export function readPolicy(policy: unknown): ArmSettings {
  const what = "policy of an Arm token";
  const given = readObject(policy ?? {}, ["keys", "lifecycle", "allow", "platform"], what);
  const { keys, lifecycle, allow, platform } = given;
  if (allow !== undefined && !Array.isArray(allow)) throw new TypeError(`${what}: allow must be a list`);
  return {
    keys: keys === undefined ? [] : readSet(keys, `${what}: keys`, readKey),
    lifecycle:
      lifecycle === undefined
        ? ["secured"]
        : readSet(lifecycle, `${what}: lifecycle`, (item, path) => readChoice(item, LIFECYCLE_NAMES, path)),
    allow: ((allow ?? []) as readonly unknown[]).map((item) => readChoice(item, ["test-key"], `${what}: allow`)),
    platform:
      platform === undefined ? "required" : readChoice(platform, ["required", "unchecked"], `${what}: platform`),
  };
}

export interface ComponentValues {
  readonly measurement: Uint8Array;
  readonly signerId: Uint8Array | undefined;
  readonly type: string | undefined;
  readonly version: string | undefined;
}

export interface PlatformValues {
  readonly components: readonly ComponentValues[];
  readonly implementationId: readonly Uint8Array[] | undefined;
  readonly config: readonly Uint8Array[] | undefined;
}

export interface CcaValues {
  readonly rim: readonly Uint8Array[] | undefined;
  readonly rems: readonly (Uint8Array | undefined)[] | undefined;
  readonly personalizationValue: readonly Uint8Array[] | undefined;
  readonly platform: readonly PlatformValues[] | undefined;
}

export interface PsaValues {
  readonly platform: readonly PlatformValues[] | undefined;
  readonly certificationReference: readonly string[] | undefined;
}

/** Reads a member only where it was given. */
function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined ? undefined : read(value);
}

function readHash(value: unknown, what: string): Uint8Array {
  const bytes = typeof value === "string" ? hexOption(value, what) : copyBytes(value, what);
  if (!DIGEST_BYTES.includes(bytes.length)) throw new TypeError(`${what} must have ${DIGEST_BYTES.join(", ")} bytes`);
  return bytes;
}

function readAny(value: unknown, what: string): Uint8Array {
  return typeof value === "string" ? hexOption(value, what) : copyBytes(value, what);
}

/** @throws TypeError */
export function readCcaReference(reference: unknown): CcaValues {
  const what = 'expected["arm-cca"]';
  const given = readObject(reference, ["rim", "rems", "personalizationValue", "platform"], what);
  if (Object.keys(given).length === 0) throw new TypeError(`${what} must demand something`);
  return {
    rim: optional(given.rim, (value) => readSet(value, `${what}.rim`, readHash)),
    rems: optional(given.rems, (value) => readRems(value, `${what}.rems`)),
    personalizationValue: optional(given.personalizationValue, (value) =>
      readSet(value, `${what}.personalizationValue`, (item, path) => readDigest(item, 64, path)),
    ),
    platform: optional(given.platform, (value) => readSet(value, `${what}.platform`, readPlatform)),
  };
}

function readRems(value: unknown, what: string): readonly (Uint8Array | undefined)[] {
  if (!Array.isArray(value) || value.length !== 4) throw new TypeError(`${what} must be a list of four`);
  return value.map((item: unknown, index) => (item === null ? undefined : readHash(item, `${what}[${index}]`)));
}

function readPlatform(value: unknown, what: string): PlatformValues {
  const given = readObject(value, ["components", "implementationId", "config"], what);
  return {
    components: readSet(given.components ?? [], `${what}.components`, readComponent),
    implementationId: optional(given.implementationId, (item) =>
      readSet(item, `${what}.implementationId`, (id, path) => readDigest(id, 32, path)),
    ),
    config: optional(given.config, (item) => readSet(item, `${what}.config`, readAny)),
  };
}

function readComponent(value: unknown, what: string): ComponentValues {
  const given = readObject(value, ["measurement", "signerId", "type", "version"], what);
  return {
    measurement: readHash(given.measurement, `${what}.measurement`),
    signerId: optional(given.signerId, (item) => readHash(item, `${what}.signerId`)),
    type: optional(given.type, (item) => readString(item, `${what}.type`)),
    version: optional(given.version, (item) => readString(item, `${what}.version`)),
  };
}

/** @throws TypeError */
export function readPsaReference(reference: unknown): PsaValues {
  const what = 'expected["arm-psa"]';
  const given = readObject(reference, ["platform", "certificationReference"], what);
  if (Object.keys(given).length === 0) throw new TypeError(`${what} must demand something`);
  return {
    platform: optional(given.platform, (value) => readSet(value, `${what}.platform`, readPlatform)),
    certificationReference: optional(given.certificationReference, (value) =>
      readSet(value, `${what}.certificationReference`, readString),
    ),
  };
}
