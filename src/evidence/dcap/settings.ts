/** What a relying party may demand of any DCAP quote: policy and reference values, read strictly, every default the safe one. */

import type { CollateralUpdate } from "../../endorsements/intel-pcs.js";
import {
  readBoolean,
  readChoice,
  readDigest,
  readInteger,
  readObject,
  readSet,
  readString,
} from "../../expected/read.js";
import type { TcbStatus } from "./tcb.js";

/** Bytes, or their hex. */
export type BytesOrHex = Uint8Array | string;
export type OneOrMore<T> = T | readonly T[];

/** `Revoked` is never taken. */
export type AcceptableTcbStatus = Exclude<TcbStatus, "Revoked">;

/** Demands on platform and collateral. Everything that is left out has its safe default. */
export interface DcapPolicy {
  /** Statuses that are taken; `["UpToDate"]` unless told. */
  readonly tcbStatuses?: OneOrMore<AcceptableTcbStatus>;
  /** Lowest tcbEvaluationDataNumber of TCB info and QE identity: keeps older collateral out that has not yet expired. */
  readonly minimumTcbEvaluationDataNumber?: number;
  /** Earliest tcbDate of platform, TDX module and quoting enclave: `YYYY-MM-DD`. */
  readonly minimumTcbDate?: string;
  /** Advisories (`INTEL-SA-00615`) that must not apply. */
  readonly rejectedAdvisories?: OneOrMore<string>;
  /** Days for which collateral is taken after its nextUpdate; none unless told. */
  readonly collateralGraceDays?: number;
  /** `optional`: without a revocation list the verdict says so and goes on; `required` unless told. */
  readonly revocation?: "required" | "optional";
  /** Which collateral is fetched; `standard` unless told. */
  readonly update?: CollateralUpdate;
  /** FMSPC (6 bytes) of the only kinds of platform that are taken. */
  readonly fmspcs?: OneOrMore<BytesOrHex>;
  /** PPID (16 bytes) of the only processors that are taken. */
  readonly ppids?: OneOrMore<BytesOrHex>;
  /** Platform instance id (16 bytes) of the only machines that are taken. */
  readonly platformInstanceIds?: OneOrMore<BytesOrHex>;
  /** Flags of the platform that must have this value; a certificate of the Processor CA has none and fails. */
  readonly platform?: Partial<Readonly<Record<PlatformFlag, boolean>>>;
}

export type PlatformFlag = "dynamicPlatform" | "cachedKeys" | "smtEnabled";

export interface DcapSettings {
  readonly tcbStatuses: readonly AcceptableTcbStatus[];
  readonly minimumEvaluationNumber: number | undefined;
  /** Milliseconds since 1970. */
  readonly minimumTcbDate: number | undefined;
  readonly rejectedAdvisories: readonly string[];
  /** Milliseconds. */
  readonly grace: number;
  readonly revocation: "required" | "optional";
  readonly update: CollateralUpdate;
  readonly fmspcs: readonly Uint8Array[] | undefined;
  readonly ppids: readonly Uint8Array[] | undefined;
  readonly platformInstanceIds: readonly Uint8Array[] | undefined;
  readonly platform: ReadonlyMap<PlatformFlag, boolean>;
}

const STATUSES: readonly AcceptableTcbStatus[] = [
  "UpToDate",
  "SWHardeningNeeded",
  "ConfigurationNeeded",
  "ConfigurationAndSWHardeningNeeded",
  "OutOfDate",
  "OutOfDateConfigurationNeeded",
  "TDRelaunchAdvised",
  "TDRelaunchAdvisedConfigurationNeeded",
  "NotSupported",
];
const PLATFORM_FLAGS: readonly PlatformFlag[] = ["dynamicPlatform", "cachedKeys", "smtEnabled"];
const DAY_MS = 86_400_000;

const MEMBERS = [
  "tcbStatuses",
  "minimumTcbEvaluationDataNumber",
  "minimumTcbDate",
  "rejectedAdvisories",
  "collateralGraceDays",
  "revocation",
  "update",
  "fmspcs",
  "ppids",
  "platformInstanceIds",
  "platform",
];

/** Reads one member of an object of demands, where it is there. */
export type ReadMember = <T>(name: string, read: (value: unknown, path: string) => T) => T | undefined;

/** The members of `value`, each to be read under its path. @throws TypeError */
function demands(value: unknown, known: readonly string[], what: string): ReadMember {
  const given = readObject(value, known, what);
  return (name, read) => (given[name] === undefined ? undefined : read(given[name], `${what}.${name}`));
}

/** Shared members and those of the kind. @throws TypeError */
export function readDcapPolicy(policy: unknown, own: readonly string[], what: string): [DcapSettings, ReadMember] {
  const read = demands(policy ?? {}, [...MEMBERS, ...own], what);
  const settings: DcapSettings = {
    tcbStatuses: read(
      "tcbStatuses",
      setOf((item, path) => readChoice(item, STATUSES, path)),
    ) ?? ["UpToDate"],
    minimumEvaluationNumber: read("minimumTcbEvaluationDataNumber", readInteger),
    minimumTcbDate: read("minimumTcbDate", readDay),
    rejectedAdvisories: read("rejectedAdvisories", setOf(readString)) ?? [],
    grace: (read("collateralGraceDays", (value, path) => readInteger(value, path, 3650)) ?? 0) * DAY_MS,
    revocation: read("revocation", (value, path) => readChoice(value, ["required", "optional"], path)) ?? "required",
    update: read("update", (value, path) => readChoice(value, ["standard", "early"], path)) ?? "standard",
    fmspcs: read("fmspcs", digests(6)),
    ppids: read("ppids", digests(16)),
    platformInstanceIds: read("platformInstanceIds", digests(16)),
    platform: read("platform", (value, path) => readFlags(value, PLATFORM_FLAGS, path)) ?? new Map(),
  };
  return [settings, read];
}

function readDay(value: unknown, what: string): number {
  const time = typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw new TypeError(`${what} must be YYYY-MM-DD`);
  return time;
}

function setOf<T>(read: (item: unknown, path: string) => T): (value: unknown, path: string) => readonly T[] {
  return (value, path) => readSet(value, path, read);
}

function digests(length: number): (value: unknown, path: string) => readonly Uint8Array[] {
  return setOf((item, path) => readDigest(item, length, path));
}

/** What the defaults reject and the caller takes. An empty list allows nothing, as leaving it out does. */
export function readAllow<Name extends string>(read: ReadMember, names: readonly Name[]): readonly Name[] {
  const allow = read("allow", (value, path) =>
    Array.isArray(value) && value.length === 0 ? [] : readSet(value, path, (item) => readChoice(item, names, path)),
  );
  return allow ?? [];
}

export function readFlags<Name extends string>(
  value: unknown,
  names: readonly Name[],
  what: string,
): ReadonlyMap<Name, boolean> {
  const given = readObject(value, names, what);
  return new Map(Object.entries(given).map(([name, flag]) => [name as Name, readBoolean(flag, `${what}.${name}`)]));
}

/** Sets of accepted values by field, each of a fixed length. @throws TypeError where nothing is demanded */
export interface DcapReference<Name extends string = string> {
  readonly sets: ReadonlyMap<Name, readonly Uint8Array[]>;
  readonly minimums: ReadonlyMap<string, number>;
  readonly equals: ReadonlyMap<string, number>;
}

export function readDcapReference<Name extends string>(
  reference: unknown,
  what: string,
  lengths: Readonly<Record<Name, number>>,
  minimums: Readonly<Record<string, string>> = {},
  equals: readonly string[] = [],
): DcapReference<Name> {
  const names = Object.keys(lengths) as Name[];
  const known = [...names, ...Object.keys(minimums), ...equals];
  const read = demands(reference, known, what);
  if (Object.keys(reference as object).length === 0) throw new TypeError(`${what} must demand something`);
  const u16 = (value: unknown, path: string): number => readInteger(value, path, 65_535);
  const present = <Key extends string, T>(keys: readonly Key[], value: (key: Key) => T | undefined): Map<Key, T> =>
    new Map(
      keys.flatMap((key) => {
        const found = value(key);
        return found === undefined ? [] : [[key, found] as const];
      }),
    );
  return {
    sets: present(names, (name) => read(name, digests(lengths[name]))),
    minimums: new Map(
      [...present(Object.keys(minimums), (name) => read(name, u16))].map(([name, value]) => [
        minimums[name] as string,
        value,
      ]),
    ),
    equals: present(equals, (name) => read(name, u16)),
  };
}
