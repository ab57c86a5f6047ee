/** The TCB status of a platform, by Intel's algorithm (Intel PCS API v4, "TCB status"; Quote Verification Library 1.27, 4.1.2.5.17). Pure. */

import type { LevelStatus, LevelVerdict, ModuleIdentity, PlatformLevel, SvnLevel, TcbInfo } from "./tcb-info.js";

/** Intel's names; `NotSupported` where no level matches. */
export type TcbStatus = LevelStatus | "TDRelaunchAdvised" | "TDRelaunchAdvisedConfigurationNeeded" | "NotSupported";

/** What a part came to. Without a matching level there is neither date nor advisory. */
export interface TcbVerdict {
  readonly status: TcbStatus;
  /** Milliseconds since 1970. */
  readonly date: number | undefined;
  readonly advisories: readonly string[];
}

export interface TcbResult extends TcbVerdict {
  readonly platform: TcbVerdict;
  /** TDX modules of major version 0 are judged with the platform. */
  readonly module: TcbVerdict | undefined;
  readonly qe: TcbVerdict;
}

export interface TcbInput {
  /** Of the PCK certificate, never of a report's CPUSVN. */
  readonly components: readonly number[];
  readonly pceSvn: number;
  readonly tcbInfo: Pick<TcbInfo, "levels" | "modules">;
  readonly qeLevels: readonly SvnLevel[];
  readonly qeIsvSvn: number;
  /** TEE_TCB_SVN, under which the TD was launched; of TDX alone. */
  readonly teeTcbSvn?: Uint8Array | undefined;
  /** TEE_TCB_SVN_2, which is loaded now; from TD 1.5 on. */
  readonly teeTcbSvn2?: Uint8Array | undefined;
}

export function tcbOf(input: TcbInput): TcbResult {
  const launched = evaluate(input, input.teeTcbSvn);
  if (input.teeTcbSvn2 === undefined || !OUT_OF_DATE.includes(launched.status)) return launched;
  // The TD was launched on what is now out of date, and the platform has been updated under it since: a relaunch is enough.
  const current = evaluate(input, input.teeTcbSvn2).status;
  if (!CURRENT.includes(current)) return launched;
  const configure = [launched.status, current].some((status) => status.includes("Configuration"));
  return { ...launched, status: configure ? "TDRelaunchAdvisedConfigurationNeeded" : "TDRelaunchAdvised" };
}

const OUT_OF_DATE: readonly TcbStatus[] = ["OutOfDate", "OutOfDateConfigurationNeeded"];
const CURRENT: readonly TcbStatus[] = [
  "UpToDate",
  "SWHardeningNeeded",
  "ConfigurationNeeded",
  "ConfigurationAndSWHardeningNeeded",
];

function evaluate(input: TcbInput, svn: Uint8Array | undefined): TcbResult {
  const { tcbInfo, qeLevels, qeIsvSvn } = input;
  const platform = known(tcbInfo.levels.find((level) => reaches(input, svn, level)));
  const module = svn === undefined ? undefined : moduleVerdict(tcbInfo.modules, svn);
  const qe = known(atOrBelow(qeLevels, qeIsvSvn));
  const parts = module === undefined ? [platform, qe] : [platform, module, qe];
  const dates = parts.flatMap(({ date }) => (date === undefined ? [] : [date]));
  return {
    status: converge(parts.map(({ status }) => status)),
    // Of a part that no level matches nothing is known: the whole then has no date either.
    date: dates.length < parts.length ? undefined : Math.min(...dates),
    advisories: [...new Set(parts.flatMap(({ advisories }) => advisories))].sort(),
    platform,
    module,
    qe,
  };
}

function reaches(
  { components, pceSvn }: TcbInput,
  svn: Uint8Array | undefined,
  { sgx, pceSvn: levelPceSvn, tdx }: PlatformLevel,
): boolean {
  // From module version 1 on, components 0 and 1 are the module's own, which its identity judges.
  const first = (svn?.[1] ?? 0) > 0 ? 2 : 0;
  return (
    sgx.every((level, i) => (components[i] as number) >= level) &&
    pceSvn >= levelPceSvn &&
    (svn === undefined || (tdx?.every((level, i) => i < first || (svn[i] as number) >= level) ?? false))
  );
}

/** The identity for the major version of the module, `TDX_` and two hexadecimal digits of either case. */
export function moduleIdentity(modules: readonly ModuleIdentity[], svn: Uint8Array): ModuleIdentity | undefined {
  const id = `TDX_${(svn[1] as number).toString(16).padStart(2, "0")}`.toUpperCase();
  return modules.find((module) => module.id.toUpperCase() === id);
}

function moduleVerdict(modules: readonly ModuleIdentity[], svn: Uint8Array): TcbVerdict | undefined {
  if (svn[1] === 0) return undefined;
  return known(atOrBelow(moduleIdentity(modules, svn)?.levels ?? [], svn[0] as number));
}

function atOrBelow(levels: readonly SvnLevel[], isvSvn: number): SvnLevel | undefined {
  return levels.find((level) => level.isvSvn <= isvSvn);
}

function known(level: LevelVerdict | undefined): TcbVerdict {
  if (level === undefined) return { status: "NotSupported", date: undefined, advisories: [] };
  const { status, date, advisories } = level;
  return { status, date, advisories };
}

/** The platform's status comes first; the others pull it down. */
function converge(statuses: readonly TcbStatus[]): TcbStatus {
  const [platform = "NotSupported"] = statuses;
  for (const worst of ["Revoked", "NotSupported"] as const) if (statuses.includes(worst)) return worst;
  if (!statuses.slice(1).some((status) => status !== "UpToDate")) return platform;
  return platform.includes("Configuration") ? "OutOfDateConfigurationNeeded" : "OutOfDate";
}
