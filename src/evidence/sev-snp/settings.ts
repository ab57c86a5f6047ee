/** The relying party's demands on a SEV-SNP report: what callers write, read strictly, every default the safe one. */

import type { AmdProduct } from "../../endorsements/amd-kds.js";
import {
  readBoolean,
  readChoice,
  readDigest,
  readInteger,
  readObject,
  readSet,
  readString,
} from "../../expected/read.js";
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
  readonly minimumGuestSvn: number | undefined;
  readonly minimumTcb: Partial<Tcb> | undefined;
}

export type ReferenceField = "measurement" | "hostData" | "idKeyDigest" | "authorKeyDigest" | "familyId" | "imageId";

const REFERENCE_BYTES: Readonly<Record<ReferenceField, number>> = {
  measurement: 48,
  hostData: 32,
  idKeyDigest: 48,
  authorKeyDigest: 48,
  familyId: 16,
  imageId: 16,
};

/** @throws TypeError */
export function readReference(reference: unknown): SnpReference {
  const what = 'expected["sev-snp"]';
  const fields = Object.keys(REFERENCE_BYTES) as ReferenceField[];
  const given = readObject(reference, [...fields, "minimumGuestSvn", "minimumTcb"], what);
  if (Object.keys(given).length === 0) throw new TypeError(`${what} must demand something`);
  const sets = new Map<ReferenceField, readonly Uint8Array[]>();
  for (const field of fields) {
    if (given[field] !== undefined)
      sets.set(field, readDigests(given[field], REFERENCE_BYTES[field], `${what}.${field}`));
  }
  const { minimumGuestSvn: svn, minimumTcb } = given;
  return {
    sets,
    minimumGuestSvn: svn === undefined ? undefined : readInteger(svn, `${what}.minimumGuestSvn`, 0xffffffff),
    minimumTcb: minimumTcb === undefined ? undefined : readTcbDemand(minimumTcb, `${what}.minimumTcb`),
  };
}

function readDigests(value: unknown, length: number, what: string): readonly Uint8Array[] {
  return readSet(value, what, (item) => readDigest(item, length, what));
}

/** A `SevSnpPolicy` that was read, with its defaults. */
export interface SnpSettings {
  readonly allow: readonly ("debug" | "migration")[];
  readonly vmpl: readonly number[];
  readonly guestPolicy: ReadonlyMap<PolicyBit, boolean>;
  readonly minimumAbi: { readonly major: number; readonly minor: number } | undefined;
  readonly platformInfo: ReadonlyMap<PlatformBit, boolean>;
  readonly unknownPlatformBits: "notice" | "reject";
  readonly minimumTcb: ReadonlyMap<TcbField, Partial<Tcb>>;
  readonly minimumFirmware: FirmwareVersion | undefined;
  readonly provisionalFirmware: "notice" | "reject";
  readonly floors: { readonly table: FloorTable; readonly strict: boolean; readonly custom: boolean };
  readonly products: readonly AmdProduct[] | undefined;
  readonly chipIds: readonly Uint8Array[] | undefined;
  readonly deniedChipIds: readonly Uint8Array[] | undefined;
  readonly cspIds: readonly string[] | undefined;
  readonly reportId: readonly Uint8Array[] | undefined;
  readonly reportIdMa: readonly Uint8Array[] | undefined;
  readonly requireIdBlock: boolean;
  readonly requireAuthorKey: boolean;
  readonly launchMitigations: bigint | undefined;
  readonly currentMitigations: bigint | undefined;
  readonly revocation: "optional" | "required";
}

export type TcbField = "reportedTcb" | "committedTcb" | "currentTcb" | "launchTcb";

const PRODUCTS: readonly AmdProduct[] = ["Milan", "Genoa", "Turin"];
const MINIMUMS: readonly (readonly [keyof SevSnpPolicy, TcbField])[] = [
  ["minimumTcb", "reportedTcb"],
  ["minimumCommittedTcb", "committedTcb"],
  ["minimumCurrentTcb", "currentTcb"],
  ["minimumLaunchTcb", "launchTcb"],
];

const POLICY_MEMBERS: readonly (keyof SevSnpPolicy)[] = [
  "allow",
  "vmpl",
  "guestPolicy",
  "minimumAbi",
  "platformInfo",
  "unknownPlatformBits",
  "minimumTcb",
  "minimumCommittedTcb",
  "minimumCurrentTcb",
  "minimumLaunchTcb",
  "minimumFirmware",
  "provisionalFirmware",
  "floors",
  "products",
  "chipIds",
  "deniedChipIds",
  "cspIds",
  "reportId",
  "reportIdMa",
  "requireIdBlock",
  "requireAuthorKey",
  "launchMitigations",
  "currentMitigations",
  "revocation",
];

/** @throws TypeError */
export function readPolicy(policy: unknown): SnpSettings {
  const what = 'policy["sev-snp"]';
  const given = readObject(policy ?? {}, POLICY_MEMBERS, what);
  const read = <T>(name: keyof SevSnpPolicy, reader: (value: unknown, path: string) => T): T | undefined =>
    given[name] === undefined ? undefined : reader(given[name], `${what}.${name}`);
  const digests = (length: number) => (value: unknown, path: string) => readDigests(value, length, path);
  return {
    // An empty list allows nothing, as leaving it out does.
    allow:
      read("allow", (value, path) =>
        Array.isArray(value) && value.length === 0
          ? []
          : readSet(value, path, (item) => readChoice(item, ["debug", "migration"], path)),
      ) ?? [],
    vmpl: read("vmpl", (value, path) => readSet(value, path, (item) => readInteger(item, path, 3))) ?? [0],
    guestPolicy:
      read("guestPolicy", (value, path) =>
        readFlags(
          value,
          Object.keys(POLICY_BITS).filter((name) => name !== "debug" && name !== "migrateMa") as PolicyBit[],
          path,
        ),
      ) ?? new Map(),
    minimumAbi: read("minimumAbi", readAbi),
    platformInfo:
      read("platformInfo", (value, path) => readFlags(value, Object.keys(PLATFORM_BITS) as PlatformBit[], path)) ??
      new Map(),
    unknownPlatformBits:
      read("unknownPlatformBits", (value, path) => readChoice(value, ["notice", "reject"], path)) ?? "notice",
    minimumTcb: new Map(
      MINIMUMS.flatMap(([name, field]) =>
        given[name] === undefined ? [] : [[field, readTcbDemand(given[name], `${what}.${name}`)] as const],
      ),
    ),
    minimumFirmware: read("minimumFirmware", readVersion),
    provisionalFirmware:
      read("provisionalFirmware", (value, path) => readChoice(value, ["notice", "reject"], path)) ?? "notice",
    floors: read("floors", readFloors) ?? { table: FLOORS, strict: false, custom: false },
    products: read("products", (value, path) => readSet(value, path, (item) => readChoice(item, PRODUCTS, path))),
    chipIds: read("chipIds", digests(64)),
    deniedChipIds: read("deniedChipIds", digests(64)),
    cspIds: read("cspIds", (value, path) => readSet(value, path, readString)),
    reportId: read("reportId", digests(32)),
    reportIdMa: read("reportIdMa", digests(32)),
    requireIdBlock: read("requireIdBlock", readBoolean) ?? false,
    requireAuthorKey: read("requireAuthorKey", readBoolean) ?? false,
    launchMitigations: read("launchMitigations", readMask),
    currentMitigations: read("currentMitigations", readMask),
    revocation: read("revocation", (value, path) => readChoice(value, ["optional", "required"], path)) ?? "optional",
  };
}

function readFlags<Name extends string>(
  value: unknown,
  names: readonly Name[],
  what: string,
): ReadonlyMap<Name, boolean> {
  const given = readObject(value, names, what);
  return new Map(Object.entries(given).map(([name, flag]) => [name as Name, readBoolean(flag, `${what}.${name}`)]));
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
  if (typeof value !== "bigint" || value < 0n || value >= 1n << 64n)
    throw new TypeError(`${what} must be a bigint of 64 bits`);
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
