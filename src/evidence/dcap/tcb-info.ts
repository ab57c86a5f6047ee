/** TCB infos and enclave identities (Intel PCS API v4, TCB Info V3 and Enclave Identity V2; TCB Info V2 for SGX), from JSON to values. */

import { isJsonObject, type JsonObject, type JsonValue, member, stringMember } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromHex } from "../../encoding/text.js";

/** Statuses that Intel gives to a level of the platform, of the TDX module or of the quoting enclave. */
const LEVEL_STATUSES = [
  "UpToDate",
  "SWHardeningNeeded",
  "ConfigurationNeeded",
  "ConfigurationAndSWHardeningNeeded",
  "OutOfDate",
  "OutOfDateConfigurationNeeded",
  "Revoked",
] as const;
export type LevelStatus = (typeof LEVEL_STATUSES)[number];

const QE_STATUSES: readonly LevelStatus[] = [
  "UpToDate",
  "OutOfDate",
  "ConfigurationNeeded",
  "Revoked",
  "OutOfDateConfigurationNeeded",
];
const MODULE_STATUSES: readonly LevelStatus[] = ["UpToDate", "OutOfDate", "Revoked"];

/** What a level says of the machines on it. */
export interface LevelVerdict {
  readonly status: LevelStatus;
  /** Milliseconds since 1970. */
  readonly date: number;
  readonly advisories: readonly string[];
}

export interface SvnLevel extends LevelVerdict {
  readonly isvSvn: number;
}

export interface PlatformLevel extends LevelVerdict {
  /** 16 component SVNs. */
  readonly sgx: readonly number[];
  readonly pceSvn: number;
  /** 16 component SVNs; of TDX alone. */
  readonly tdx: readonly number[] | undefined;
}

/** Whose module it must be. */
export interface ModuleSigner {
  /** 48 bytes. */
  readonly mrsigner: Uint8Array;
  /** 8 bytes. */
  readonly attributes: Uint8Array;
}

export interface ModuleIdentity extends ModuleSigner {
  /** As it stands: `TDX_01`. */
  readonly id: string;
  readonly levels: readonly SvnLevel[];
}

interface Dated {
  /** Milliseconds since 1970. */
  readonly issueDate: number;
  readonly nextUpdate: number;
  readonly evaluationNumber: number;
}

export interface TcbInfo extends Dated {
  /** Version 2 has no id and is SGX. */
  readonly id: "SGX" | "TDX";
  readonly version: 2 | 3;
  /** 6 bytes. */
  readonly fmspc: Uint8Array;
  /** 2 bytes. */
  readonly pceId: Uint8Array;
  /** Newest first. */
  readonly levels: readonly PlatformLevel[];
  readonly module: ModuleSigner | undefined;
  readonly modules: readonly ModuleIdentity[];
}

export interface QeIdentity extends Dated {
  /** `QE`, `TD_QE`, or another enclave of Intel's. */
  readonly id: string;
  readonly miscSelect: number;
  readonly miscSelectMask: number;
  /** 16 bytes. */
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
  /** 32 bytes. */
  readonly mrsigner: Uint8Array;
  readonly isvProdId: number;
  /** Newest first. */
  readonly levels: readonly SvnLevel[];
}

/** @throws MalformedError */
export function readTcbInfo(value: JsonObject): TcbInfo {
  const version = member(value, "version");
  if (version !== 2 && version !== 3) throw new MalformedError("TCB info is of another version than 2 or 3");
  const id = version === 2 ? "SGX" : member(value, "id");
  if (id !== "SGX" && id !== "TDX") throw new MalformedError("TCB info is neither for SGX nor for TDX");
  demand(member(value, "tcbType") === 0, "TCB info is of another type than 0");
  const tdx = id === "TDX";
  const module = member(value, "tdxModule");
  return {
    id,
    version,
    ...dated(value),
    fmspc: hex(value, "fmspc", 6),
    pceId: hex(value, "pceId", 2),
    levels: platformLevels(list(value, "tcbLevels"), version, tdx),
    module: tdx ? signer(object(module, "tdxModule")) : undefined,
    modules: tdx && member(value, "tdxModuleIdentities") !== undefined ? moduleIdentities(value) : [],
  };
}

/** @throws MalformedError */
export function readQeIdentity(value: JsonObject): QeIdentity {
  demand(member(value, "version") === 2, "enclave identity is of another version than 2");
  return {
    id: stringMember(value, "id"),
    ...dated(value),
    miscSelect: u32(value, "miscselect"),
    miscSelectMask: u32(value, "miscselectMask"),
    attributes: hex(value, "attributes", 16),
    attributesMask: hex(value, "attributesMask", 16),
    mrsigner: hex(value, "mrsigner", 32),
    isvProdId: integer(value, "isvprodid", 65_535),
    levels: svnLevels(value, QE_STATUSES),
  };
}

/** Which TCB evaluations Intel supports now (PCS API v4, TCB Evaluation Data Numbers). */
export interface EvaluationNumbers {
  readonly id: "SGX" | "TDX";
  /** Milliseconds since 1970. */
  readonly issueDate: number;
  readonly nextUpdate: number;
  readonly newest: number;
}

/** @throws MalformedError */
export function readEvaluationNumbers(value: JsonObject): EvaluationNumbers {
  const id = member(value, "id");
  if (id !== "SGX" && id !== "TDX") throw new MalformedError("evaluation numbers are neither for SGX nor for TDX");
  demand(member(value, "version") === 1, "evaluation numbers are of another version than 1");
  const numbers = list(value, "tcbEvalNumbers").map((item) => evaluationNumber(object(item, "tcbEvalNumbers")));
  return {
    id,
    issueDate: time(value, "issueDate"),
    nextUpdate: time(value, "nextUpdate"),
    newest: Math.max(...numbers),
  };
}

function evaluationNumber(value: JsonObject): number {
  return integer(value, "tcbEvaluationDataNumber", 0xffffffff);
}

function dated(value: JsonObject): Dated {
  return {
    issueDate: time(value, "issueDate"),
    nextUpdate: time(value, "nextUpdate"),
    evaluationNumber: evaluationNumber(value),
  };
}

const MOST_LEVELS = 1024;

/** Newest first, whatever the order in the document. Two levels of the same SVNs would contradict each other. */
function platformLevels(levels: readonly JsonValue[], version: 2 | 3, tdx: boolean): readonly PlatformLevel[] {
  const read = levels.map((item): PlatformLevel => {
    const level = object(item, "TCB level");
    const tcb = object(member(level, "tcb"), "tcb");
    return {
      sgx: version === 2 ? namedComponents(tcb) : components(tcb, "sgxtcbcomponents"),
      pceSvn: integer(tcb, "pcesvn", 65_535),
      tdx: tdx ? components(tcb, "tdxtcbcomponents") : undefined,
      ...verdict(level, LEVEL_STATUSES),
    };
  });
  return sorted(read, (a, b) => compare(b.sgx, a.sgx) || b.pceSvn - a.pceSvn || compare(b.tdx ?? [], a.tdx ?? []));
}

function svnLevels(value: JsonObject, statuses: readonly LevelStatus[]): readonly SvnLevel[] {
  const read = list(value, "tcbLevels").map((item): SvnLevel => {
    const level = object(item, "TCB level");
    const isvSvn = integer(object(member(level, "tcb"), "tcb"), "isvsvn", 65_535);
    return { isvSvn, ...verdict(level, statuses) };
  });
  return sorted(read, (a, b) => b.isvSvn - a.isvSvn);
}

function sorted<Level>(levels: Level[], order: (a: Level, b: Level) => number): readonly Level[] {
  levels.sort(order);
  demand(
    levels.every((level, index) => index === 0 || order(levels[index - 1] as Level, level) !== 0),
    "two TCB levels of the same SVNs",
  );
  return levels;
}

function compare(a: readonly number[], b: readonly number[]): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return (a[at] ?? 0) - (b[at] ?? 0);
}

function verdict(level: JsonObject, statuses: readonly LevelStatus[]): LevelVerdict {
  const status = statuses.find((known) => known === member(level, "tcbStatus"));
  demand(status !== undefined, "TCB level with an unknown status");
  const advisories = member(level, "advisoryIDs") ?? [];
  demand(Array.isArray(advisories) && advisories.every((id) => typeof id === "string"), "advisoryIDs are not texts");
  return { status, date: time(level, "tcbDate"), advisories };
}

function components(tcb: JsonObject, name: string): readonly number[] {
  const found = member(tcb, name);
  demand(Array.isArray(found) && found.length === 16, `${name} are not 16`);
  return found.map((item) => integer(object(item, name), "svn", 255));
}

function namedComponents(tcb: JsonObject): readonly number[] {
  return Array.from({ length: 16 }, (_, i) => integer(tcb, `sgxtcbcomp${String(i + 1).padStart(2, "0")}svn`, 255));
}

function moduleIdentities(value: JsonObject): readonly ModuleIdentity[] {
  const read = list(value, "tdxModuleIdentities").map((item): ModuleIdentity => {
    const identity = object(item, "TDX module identity");
    return { id: stringMember(identity, "id"), ...signer(identity), levels: svnLevels(identity, MODULE_STATUSES) };
  });
  demand(new Set(read.map(({ id }) => id.toUpperCase())).size === read.length, "two TDX module identities of one id");
  return read;
}

function signer(value: JsonObject): ModuleSigner {
  hex(value, "attributesMask", 8);
  return { mrsigner: hex(value, "mrsigner", 48), attributes: hex(value, "attributes", 8) };
}

function object(value: JsonValue | undefined, what: string): JsonObject {
  if (!isJsonObject(value)) throw new MalformedError(`${what} is not an object`);
  return value;
}

function list(value: JsonObject, name: string): readonly JsonValue[] {
  const found = member(value, name);
  demand(
    Array.isArray(found) && found.length > 0 && found.length <= MOST_LEVELS,
    `${name} is not a list of 1 to ${MOST_LEVELS}`,
  );
  return found;
}

function integer(value: JsonObject, name: string, max: number): number {
  const found = member(value, name);
  if (typeof found !== "number" || !Number.isInteger(found) || found < 0 || found > max)
    throw new MalformedError(`${name} is not an integer from 0 to ${max}`);
  return found;
}

function hex(value: JsonObject, name: string, length: number): Uint8Array {
  const bytes = fromHex(stringMember(value, name));
  demand(bytes.length === length, `${name} has not ${length} bytes`);
  return bytes;
}

/** Written as the bytes lie in memory: little-endian. */
function u32(value: JsonObject, name: string): number {
  return hex(value, name, 4).reduceRight((number, byte) => number * 256 + byte, 0);
}

function time(value: JsonObject, name: string): number {
  const text = stringMember(value, name);
  const milliseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
  // Some engines take 30 February for a day of March.
  if (Number.isNaN(milliseconds) || new Date(milliseconds).getUTCDate() !== Number(text.slice(8, 10)))
    throw new MalformedError(`${name} is not a time`);
  return milliseconds;
}
