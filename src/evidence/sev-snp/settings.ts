/** The relying party's demands on a SEV-SNP report: what callers write, read strictly, every default the safe one. */

import type { AmdProduct } from "../../endorsements/amd-kds.js";
import {
  allowances,
  choice,
  digests,
  flags,
  integer,
  readDemands,
  readExpectations,
  setOf,
} from "../../expected/demands.js";
import { readBoolean, readChoice, readInteger, readObject, readString } from "../../expected/read.js";
import { PLATFORM_BITS, type PlatformBit, POLICY_BITS, type PolicyBit } from "./bits.js";
import { FLOORS, type Floor, type FloorTable } from "./floors.js";
import type { FirmwareVersion } from "./report.js";
import type { Tcb } from "./tcb.js";

/** Bytes, or their hex. */
export type BytesOrHex = Uint8Array | string;
type OneOrMore<T> = T | readonly T[];

/**
 * What the build must be. At least one member; every member that is given must match, each against a value or a non-empty set.
 * `measurement` pins all launched code (`covers: "launch"`); the others alone do not.
 */
export interface SevSnpReference {
  /** MEASUREMENT, 48 bytes. */
  readonly measurement?: OneOrMore<BytesOrHex>;
  /** HOST_DATA, 32 bytes. */
  readonly hostData?: OneOrMore<BytesOrHex>;
  /** ID_KEY_DIGEST, 48 bytes. */
  readonly idKeyDigest?: OneOrMore<BytesOrHex>;
  /** AUTHOR_KEY_DIGEST, 48 bytes; demands AUTHOR_KEY_EN. */
  readonly authorKeyDigest?: OneOrMore<BytesOrHex>;
  /** FAMILY_ID, 16 bytes. */
  readonly familyId?: OneOrMore<BytesOrHex>;
  /** IMAGE_ID, 16 bytes. */
  readonly imageId?: OneOrMore<BytesOrHex>;
  /** Lowest GUEST_SVN. */
  readonly minimumGuestSvn?: number;
  /** Lowest levels of REPORTED_TCB: what whoever published the build asks of the firmware, beside what the policy does. */
  readonly minimumTcb?: Partial<Tcb>;
}

/** Demands beside the build. Everything that is left out has its safe default. */
export interface SevSnpPolicy {
  /** What the defaults reject and this caller takes: a debuggable guest, one that may migrate. */
  readonly allow?: readonly ("debug" | "migration")[];
  /** Privilege levels that may have asked for the report; `[0]` unless told. */
  readonly vmpl?: OneOrMore<number>;
  /** Bits of the guest policy that must have this value. */
  readonly guestPolicy?: Partial<Readonly<Record<Exclude<PolicyBit, "debug" | "migrateMa">, boolean>>>;
  /** Lowest ABI version that the guest policy may ask for. */
  readonly minimumAbi?: { readonly major: number; readonly minor: number };
  /** Bits of PLATFORM_INFO that must have this value. */
  readonly platformInfo?: Partial<Readonly<Record<PlatformBit, boolean>>>;
  /** `reject`: bits of PLATFORM_INFO that are not known here reject; a notice unless told. */
  readonly unknownPlatformBits?: "notice" | "reject";
  /** Lowest levels, component by component. */
  readonly minimumTcb?: Partial<Tcb>;
  readonly minimumCommittedTcb?: Partial<Tcb>;
  readonly minimumCurrentTcb?: Partial<Tcb>;
  readonly minimumLaunchTcb?: Partial<Tcb>;
  /** Lowest committed SEV firmware, `major.minor.build`. */
  readonly minimumFirmware?: string;
  /** `reject`: firmware that is not yet committed, and so can be rolled back, rejects; a notice unless told. */
  readonly provisionalFirmware?: "notice" | "reject";
  /** `default`: bulletins marked `reject` reject and the others are notices; `strict`: all reject; or a table of your own. */
  readonly floors?: "default" | "strict" | FloorTable;
  /** Product lines that are taken; all that are known unless told. */
  readonly products?: OneOrMore<AmdProduct>;
  /** CHIP_ID (64 bytes) of the only machines that are taken. A masked chip id never matches. */
  readonly chipIds?: OneOrMore<BytesOrHex>;
  /** CHIP_ID of machines that are refused. */
  readonly deniedChipIds?: OneOrMore<BytesOrHex>;
  /** csp_id of the only clouds that are taken: demands a VLEK. */
  readonly cspIds?: OneOrMore<string>;
  /** REPORT_ID, 32 bytes. */
  readonly reportId?: OneOrMore<BytesOrHex>;
  /** REPORT_ID_MA, 32 bytes. */
  readonly reportIdMa?: OneOrMore<BytesOrHex>;
  /** Whether the guest must have been launched with an ID block. */
  readonly requireIdBlock?: boolean;
  /** Whether an author key must have certified the ID key. */
  readonly requireAuthorKey?: boolean;
  /** Mitigations that must be set in LAUNCH_MIT_VECTOR (mask). */
  readonly launchMitigations?: bigint;
  /** Mitigations that must be set in CURRENT_MIT_VECTOR (mask). */
  readonly currentMitigations?: bigint;
  /** `required`: without a valid CRL from AMD nothing is verified; `optional` unless told, and whatever is supplied must be valid. */
  readonly revocation?: "optional" | "required";
}

/** A `SevSnpReference` that was read. */
export interface SnpReference {
  readonly sets: ReadonlyMap<ReferenceField, readonly Uint8Array[]>;
  readonly minimumGuestSvn?: number;
  readonly minimumTcb?: Partial<Tcb>;
}

export type ReferenceField = "measurement" | "hostData" | "idKeyDigest" | "authorKeyDigest" | "familyId" | "imageId";

/** @throws TypeError */
export function readReference(reference: unknown): SnpReference {
  const { minimumGuestSvn, minimumTcb, ...sets } = readExpectations(reference, 'expected["sev-snp"]', {
    measurement: digests(48),
    hostData: digests(32),
    idKeyDigest: digests(48),
    authorKeyDigest: digests(48),
    familyId: digests(16),
    imageId: digests(16),
    minimumGuestSvn: integer(0xffffffff),
    minimumTcb: readTcbDemand,
  });
  return {
    sets: new Map(Object.entries(sets) as [ReferenceField, readonly Uint8Array[]][]),
    ...(minimumGuestSvn === undefined ? {} : { minimumGuestSvn }),
    ...(minimumTcb === undefined ? {} : { minimumTcb }),
  };
}

/** A `SevSnpPolicy` that was read, with its defaults. */
export interface SnpSettings {
  readonly allow: readonly ("debug" | "migration")[];
  readonly vmpl: readonly number[];
  readonly guestPolicy: ReadonlyMap<PolicyBit, boolean>;
  readonly minimumAbi?: { readonly major: number; readonly minor: number };
  readonly platformInfo: ReadonlyMap<PlatformBit, boolean>;
  readonly unknownPlatformBits: "notice" | "reject";
  readonly minimumTcb: ReadonlyMap<TcbField, Partial<Tcb>>;
  readonly minimumFirmware?: FirmwareVersion;
  readonly provisionalFirmware: "notice" | "reject";
  readonly floors: { readonly table: FloorTable; readonly strict: boolean; readonly custom: boolean };
  readonly products?: readonly AmdProduct[];
  readonly chipIds?: readonly Uint8Array[];
  readonly deniedChipIds?: readonly Uint8Array[];
  readonly cspIds?: readonly string[];
  readonly reportId?: readonly Uint8Array[];
  readonly reportIdMa?: readonly Uint8Array[];
  readonly requireIdBlock: boolean;
  readonly requireAuthorKey: boolean;
  readonly launchMitigations?: bigint;
  readonly currentMitigations?: bigint;
  readonly revocation: "optional" | "required";
}

export type TcbField = "reportedTcb" | "committedTcb" | "currentTcb" | "launchTcb";

const PRODUCTS: readonly AmdProduct[] = ["Milan", "Genoa", "Turin"];
const MINIMUMS = [
  ["minimumTcb", "reportedTcb"],
  ["minimumCommittedTcb", "committedTcb"],
  ["minimumCurrentTcb", "currentTcb"],
  ["minimumLaunchTcb", "launchTcb"],
] as const;

/** @throws TypeError */
export function readPolicy(policy: unknown): SnpSettings {
  const { debug: _, migrateMa: __, ...bits } = POLICY_BITS;
  const given = readDemands(policy ?? {}, 'policy["sev-snp"]', {
    allow: allowances("debug", "migration"),
    vmpl: setOf(integer(3)),
    guestPolicy: flags(Object.keys(bits) as PolicyBit[]),
    minimumAbi: readAbi,
    platformInfo: flags(Object.keys(PLATFORM_BITS) as PlatformBit[]),
    unknownPlatformBits: choice("notice", "reject"),
    minimumTcb: readTcbDemand,
    minimumCommittedTcb: readTcbDemand,
    minimumCurrentTcb: readTcbDemand,
    minimumLaunchTcb: readTcbDemand,
    minimumFirmware: readVersion,
    provisionalFirmware: choice("notice", "reject"),
    floors: readFloors,
    products: setOf(choice(...PRODUCTS)),
    chipIds: digests(64),
    deniedChipIds: digests(64),
    cspIds: setOf(readString),
    reportId: digests(32),
    reportIdMa: digests(32),
    requireIdBlock: readBoolean,
    requireAuthorKey: readBoolean,
    launchMitigations: readMask,
    currentMitigations: readMask,
    revocation: choice("optional", "required"),
  });
  return {
    allow: [],
    vmpl: [0],
    guestPolicy: new Map(),
    platformInfo: new Map(),
    unknownPlatformBits: "notice",
    provisionalFirmware: "notice",
    floors: { table: FLOORS, strict: false, custom: false },
    requireIdBlock: false,
    requireAuthorKey: false,
    revocation: "optional",
    ...given,
    minimumTcb: new Map(
      MINIMUMS.flatMap(([name, field]) => {
        const minimum = given[name];
        return minimum === undefined ? [] : [[field, minimum] as const];
      }),
    ),
  };
}

function readAbi(value: unknown, what: string): { major: number; minor: number } {
  const { major, minor } = readObject(value, ["major", "minor"], what);
  return { major: readInteger(major, `${what}.major`, 255), minor: readInteger(minor, `${what}.minor`, 255) };
}

const TCB_NAMES: readonly (keyof Tcb)[] = ["fmc", "bl", "tee", "snp", "ucode"];

function readTcbDemand(value: unknown, what: string): Partial<Tcb> {
  const given = readObject(value, TCB_NAMES, what);
  if (Object.keys(given).length === 0) throw new TypeError(`${what} must name at least one component`);
  return Object.fromEntries(
    Object.entries(given).map(([name, level]) => [name, readInteger(level, `${what}.${name}`, 255)]),
  );
}

/** `1.55.29`. @throws TypeError */
export function readVersion(value: unknown, what: string): FirmwareVersion {
  const match = typeof value === "string" ? /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(value) : null;
  if (match === null) throw new TypeError(`${what} must be "major.minor.build"`);
  const [, major, minor, build] = match.map(Number) as [number, number, number, number];
  return { major, minor, build };
}

function readMask(value: unknown, what: string): bigint {
  // A mask of no bits would demand nothing and look like a demand.
  if (typeof value !== "bigint" || value <= 0n || value >= 1n << 64n)
    throw new TypeError(`${what} must be a bigint of 64 bits, and not 0`);
  return value;
}

function readFloors(value: unknown, what: string): SnpSettings["floors"] {
  if (value === "default" || value === "strict") return { table: FLOORS, strict: value === "strict", custom: false };
  const given = readObject(value, ["date", "floors"], what);
  const date = readString(given.date, `${what}.date`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(Date.parse(date)))
    throw new TypeError(`${what}.date must be a date, YYYY-MM-DD`);
  if (!Array.isArray(given.floors)) throw new TypeError(`${what}.floors must be a list`);
  return {
    table: { date, floors: given.floors.map((floor, index) => readFloor(floor, `${what}.floors[${index}]`)) },
    strict: false,
    custom: true,
  };
}

function readFloor(value: unknown, what: string): Floor {
  const given = readObject(value, ["bulletin", "weakness", "on", "tcb", "firmware", "aliasCheck", "level"], what);
  const tcb = given.tcb === undefined ? undefined : byProduct(given.tcb, `${what}.tcb`, readTcbDemand);
  const firmware =
    given.firmware === undefined
      ? undefined
      : byProduct(
          given.firmware,
          `${what}.firmware`,
          (item, path) => readString(item, path) && versionString(item, path),
        );
  const named = [tcb, firmware].some((levels) => levels !== undefined && Object.keys(levels).length > 0);
  // Such a floor would look like a rule and reject nothing; an alias check beside levels of no product would as well.
  if (!named && (given.aliasCheck !== true || tcb !== undefined || firmware !== undefined))
    throw new TypeError(`${what} must demand something: levels, firmware or the alias check`);
  return {
    bulletin: readString(given.bulletin, `${what}.bulletin`),
    weakness: readString(given.weakness, `${what}.weakness`),
    on: readChoice(given.on, ["reported-and-committed", "current"], `${what}.on`),
    level: readChoice(given.level, ["reject", "notice"], `${what}.level`),
    ...(tcb === undefined ? {} : { tcb }),
    ...(firmware === undefined ? {} : { firmware }),
    ...(given.aliasCheck === undefined ? {} : { aliasCheck: readBoolean(given.aliasCheck, `${what}.aliasCheck`) }),
  };
}

function versionString(value: unknown, what: string): string {
  readVersion(value, what);
  return value as string;
}

function byProduct<T>(
  value: unknown,
  what: string,
  read: (item: unknown, what: string) => T,
): Partial<Record<AmdProduct, T>> {
  const given = readObject(value, PRODUCTS, what);
  return Object.fromEntries(
    Object.entries(given).map(([product, item]) => [product, read(item, `${what}.${product}`)]),
  );
}
