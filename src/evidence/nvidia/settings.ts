/** The relying party's demands on GPU and switch reports and on lists of them: what callers write, read strictly, every default the safe one. */

import { readChoice, readInteger, readObject, readSet, readString } from "../../expected/read.js";

type OneOrMore<T> = T | readonly T[];

/** What a GPU must run, beside what NVIDIA's reference manifests say of those versions. At least one member. */
export interface NvidiaReference {
  /** `550.90.07`. */
  readonly driverVersion?: OneOrMore<string>;
  /** `96.00.5E.00.01`, digits A to F in capitals. */
  readonly vbiosVersion?: OneOrMore<string>;
}

/** Of a switch, which has no driver of its own. */
export type NvidiaSwitchReference = Pick<NvidiaReference, "vbiosVersion">;

/** What the defaults reject and a caller may take. `ppcie-alone`: a GPU in protected PCIe mode whose switches nobody vouches for. */
export type NvidiaAllowance = "certificate-hold" | "ppcie-alone";

/** Demands on a GPU or switch. Everything that is left out has its safe default. */
export interface NvidiaPolicy {
  readonly allow?: readonly NvidiaAllowance[];
  /** `required` unless told: without OCSP responses (or CRLs) for its certificates, passed as endorsements, nothing is verified. */
  readonly revocation?: "required" | "optional";
  /** `required` unless told: measurements are compared with NVIDIA's signed manifests, or nothing is verified. */
  readonly rims?: "required" | "optional";
  /** When the manifests' signers must have been valid; ISO 8601 in UTC, the time of judgement unless told. Their certificates last two years, manifests longer. */
  readonly rimsAt?: string;
  /** Lowest driver, number by number. */
  readonly minimumDriverVersion?: string;
  /** VBIOS versions that are refused. */
  readonly deniedVbiosVersions?: OneOrMore<string>;
  /** The only chips that are taken: `GH100`, `GB100`, `LS10`. */
  readonly chips?: OneOrMore<string>;
  /** The only devices that are taken, by UEID (decimal). */
  readonly ueids?: OneOrMore<string>;
}

export interface NvidiaReferenceValues {
  readonly driverVersion: readonly string[] | undefined;
  readonly vbiosVersion: readonly string[] | undefined;
}

export interface NvidiaSettings {
  readonly allow: readonly NvidiaAllowance[];
  readonly revocation: "required" | "optional";
  readonly rims: "required" | "optional";
  readonly rimsAt?: number;
  readonly minimumDriverVersion?: readonly number[];
  readonly deniedVbiosVersions: readonly string[];
  readonly chips?: readonly string[];
  readonly ueids?: readonly string[];
}

const ALLOWANCES: readonly NvidiaAllowance[] = ["certificate-hold", "ppcie-alone"];

const strings = (value: unknown, path: string): readonly string[] => readSet(value, path, readString);
const need = (value: unknown, path: string): "required" | "optional" =>
  readChoice(value, ["required", "optional"], path);
/** By member of the policy. */
const READERS = {
  allow: readAllowances,
  revocation: need,
  rims: need,
  rimsAt: readInstant,
  minimumDriverVersion: readDriverVersion,
  deniedVbiosVersions: strings,
  chips: strings,
  ueids: strings,
} as const;
const DEFAULTS: Pick<NvidiaSettings, "allow" | "revocation" | "rims" | "deniedVbiosVersions"> = {
  allow: [],
  revocation: "required",
  rims: "required",
  deniedVbiosVersions: [],
};

/** @throws TypeError */
export function readPolicy(policy: unknown): NvidiaSettings {
  const what = "policy of an NVIDIA device";
  const given = readObject(policy ?? {}, Object.keys(READERS), what);
  const read = Object.entries(READERS).flatMap(([name, reader]) =>
    given[name] === undefined ? [] : [[name, reader(given[name], `${what}: ${name}`)] as const],
  );
  return { ...DEFAULTS, ...(Object.fromEntries(read) as Partial<NvidiaSettings>) };
}

function readAllowances(value: unknown, what: string): readonly NvidiaAllowance[] {
  if (!Array.isArray(value)) throw new TypeError(`${what} must be a list`);
  return value.map((item) => readChoice(item, ALLOWANCES, what));
}

/** `2024-06-01` or `2024-06-01T12:00:00Z`: policies are plain data, so that they can be kept as JSON. */
function readInstant(value: unknown, what: string): number {
  const text = readString(value, what);
  const time = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse takes 30 February for 1 March in some engines.
  const exact = Number.isFinite(time) && new Date(time).toISOString().startsWith(text.slice(0, 10));
  if (!exact) throw new TypeError(`${what} must be a day or a time in UTC, as ISO 8601 writes it`);
  return time;
}

function readDriverVersion(value: unknown, what: string): readonly number[] {
  const numbers = driverNumbers(readString(value, what));
  if (numbers === undefined) throw new TypeError(`${what} must be numbers with dots`);
  return numbers;
}

/** `550.90.07` as numbers; `undefined` for anything else. */
export function driverNumbers(text: string): readonly number[] | undefined {
  return /^\d{1,6}(?:\.\d{1,6}){0,3}$/.test(text) ? text.split(".").map(Number) : undefined;
}

/** @throws TypeError */
export function readReference(reference: unknown): NvidiaReferenceValues {
  const what = "expectation of an NVIDIA device";
  const given = readObject(reference, ["driverVersion", "vbiosVersion"], what);
  if (Object.keys(given).length === 0) throw new TypeError(`${what} must demand something`);
  const versions = (name: string): readonly string[] | undefined =>
    given[name] === undefined ? undefined : readSet(given[name], `${what}: ${name}`, readString);
  return { driverVersion: versions("driverVersion"), vbiosVersion: versions("vbiosVersion") };
}

/** @throws TypeError */
export function readSwitchReference(reference: unknown): NvidiaReferenceValues {
  readObject(reference, ["vbiosVersion"], "expectation of an NVIDIA switch");
  return readReference(reference);
}

/** How many devices a list must hold. */
export interface NvidiaListReference {
  readonly gpus?: number;
  readonly switches?: number;
}

type ProtectedPcie = "required" | "optional" | "unchecked";

export interface NvidiaListPolicy {
  /**
   * `required`: all GPUs in protected PCIe mode and the topology closed; `optional`, unless told: closed where they are in that mode;
   * `unchecked`: open topologies are taken.
   */
  readonly protectedPcie?: ProtectedPcie;
}

export interface NvidiaListValues {
  readonly gpus: number | undefined;
  readonly switches: number | undefined;
}

export interface NvidiaListSettings {
  readonly protectedPcie: ProtectedPcie;
}

/** @throws TypeError */
export function readListReference(reference: unknown): NvidiaListValues {
  const what = "expectation of a list of NVIDIA devices";
  const given = readObject(reference, ["gpus", "switches"], what);
  if (Object.keys(given).length === 0) throw new TypeError(`${what} must demand something`);
  const count = (name: string): number | undefined =>
    given[name] === undefined ? undefined : readInteger(given[name], `${what}: ${name}`, 64);
  return { gpus: count("gpus"), switches: count("switches") };
}

/** @throws TypeError */
export function readListPolicy(policy: unknown): NvidiaListSettings {
  const what = "policy of a list of NVIDIA devices";
  const { protectedPcie } = readObject(policy ?? {}, ["protectedPcie"], what);
  return {
    protectedPcie:
      protectedPcie === undefined
        ? "optional"
        : readChoice(protectedPcie, ["required", "optional", "unchecked"], `${what}: protectedPcie`),
  };
}
