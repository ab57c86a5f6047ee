/** What a relying party may demand of any DCAP quote: policy and reference values, read strictly, every default the safe one. */

import type { CollateralUpdate } from "../../endorsements/intel-pcs.js";
import {
  choice,
  type Demands,
  digests,
  flags,
  integer,
  type Read,
  readDemands,
  readExpectations,
  setOf,
} from "../../expected/demands.js";
import { readString } from "../../expected/read.js";
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
  readonly minimumEvaluationNumber?: number;
  /** Milliseconds since 1970. */
  readonly minimumTcbDate?: number;
  readonly rejectedAdvisories: readonly string[];
  /** Milliseconds. */
  readonly grace: number;
  readonly revocation: "required" | "optional";
  readonly update: CollateralUpdate;
  readonly fmspcs?: readonly Uint8Array[];
  readonly ppids?: readonly Uint8Array[];
  readonly platformInstanceIds?: readonly Uint8Array[];
  readonly platform: ReadonlyMap<PlatformFlag, boolean>;
}

const DAY_MS = 86_400_000;

/** The members that TDX and SGX share. */
const rows = () => ({
  tcbStatuses: setOf(
    choice<AcceptableTcbStatus>(
      "UpToDate",
      "SWHardeningNeeded",
      "ConfigurationNeeded",
      "ConfigurationAndSWHardeningNeeded",
      "OutOfDate",
      "OutOfDateConfigurationNeeded",
      "TDRelaunchAdvised",
      "TDRelaunchAdvisedConfigurationNeeded",
      "NotSupported",
    ),
  ),
  minimumTcbEvaluationDataNumber: integer(),
  minimumTcbDate: readDay,
  rejectedAdvisories: setOf(readAdvisory),
  collateralGraceDays: integer(3650),
  revocation: choice("required", "optional"),
  update: choice("standard", "early"),
  fmspcs: digests(6),
  ppids: digests(16),
  platformInstanceIds: digests(16),
  platform: flags<PlatformFlag>(["dynamicPlatform", "cachedKeys", "smtEnabled"]),
});

/** Shared members, and those of the kind by `own`. @throws TypeError */
export function readDcapPolicy<Own extends Readonly<Record<string, Read<unknown>>>>(
  policy: unknown,
  what: string,
  own: Own,
): DcapSettings & Demands<Own> {
  const given: object = readDemands(policy ?? {}, what, { ...rows(), ...own });
  const shared: Demands<ReturnType<typeof rows>> = given;
  const { minimumTcbEvaluationDataNumber: number, collateralGraceDays = 0 } = shared;
  return {
    tcbStatuses: ["UpToDate"],
    rejectedAdvisories: [],
    revocation: "required",
    update: "standard",
    platform: new Map(),
    ...shared,
    ...(given as Demands<Own>),
    grace: collateralGraceDays * DAY_MS,
    ...(number === undefined ? {} : { minimumEvaluationNumber: number }),
  };
}

function readDay(value: unknown, what: string): number {
  const time = typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(value) : Number.NaN;
  // Some engines take the 31st of February for a day in March.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== value)
    throw new TypeError(`${what} must be a day, YYYY-MM-DD`);
  return time;
}

/** An advisory in another form would match none, and look like a demand. */
function readAdvisory(value: unknown, what: string): string {
  const advisory = readString(value, what).toUpperCase();
  if (!/^INTEL-SA-\d{5}$/.test(advisory)) throw new TypeError(`${what} must be of the form INTEL-SA-00615`);
  return advisory;
}

/** Sets of accepted values by field, each of a fixed length. @throws TypeError where nothing is demanded */
export interface DcapReference<Name extends string = string> {
  readonly sets: ReadonlyMap<Name, readonly Uint8Array[]>;
  readonly minimums: ReadonlyMap<string, number>;
  readonly equals: ReadonlyMap<string, number>;
}

/** `lengths` of byte strings by name; `minimums` and `equals` are of 16 bits, the first by the field that they bound. */
export function readDcapReference<Name extends string>(
  reference: unknown,
  what: string,
  lengths: Readonly<Record<Name, number>>,
  minimums: Readonly<Record<string, string>> = {},
  equals: readonly string[] = [],
): DcapReference<Name> {
  const numbers = [...Object.keys(minimums), ...equals].map((name) => [name, integer(65_535)]);
  const sets = Object.entries<number>(lengths).map(([name, length]) => [name, digests(length)]);
  const given = Object.entries(readExpectations(reference, what, Object.fromEntries([...sets, ...numbers])));
  const those = <Key extends string, T>(names: readonly string[], key = (name: string) => name): Map<Key, T> =>
    new Map(given.flatMap(([name, value]) => (names.includes(name) ? [[key(name) as Key, value as T]] : [])));
  return {
    sets: those(Object.keys(lengths)),
    minimums: those(Object.keys(minimums), (name) => minimums[name] as string),
    equals: those(equals),
  };
}
