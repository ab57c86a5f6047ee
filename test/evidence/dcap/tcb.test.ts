/** The TCB status algorithm: Intel's own table of relaunch and convergence, and the rules that re-implementations get wrong. */
import { describe, expect, it } from "vitest";
import { type TcbInput, type TcbResult, tcbOf } from "../../../src/evidence/dcap/tcb.js";
import type { LevelStatus, ModuleIdentity, PlatformLevel, SvnLevel } from "../../../src/evidence/dcap/tcb-info.js";
import { describeShared, readSharedJson } from "../../support/shared.js";

const DATE = Date.UTC(2025, 0, 1);
const same = (svn: number): number[] => Array.from({ length: 16 }, () => svn);

function platform(svn: number, status: LevelStatus, more: Partial<PlatformLevel> = {}): PlatformLevel {
  return { sgx: same(svn), pceSvn: svn, tdx: same(svn), status, date: DATE, advisories: [], ...more };
}

function level(isvSvn: number, status: LevelStatus, more: Partial<SvnLevel> = {}): SvnLevel {
  return { isvSvn, status, date: DATE, advisories: [], ...more };
}

function module(levels: readonly SvnLevel[], id = "TDX_01"): ModuleIdentity {
  return { id, mrsigner: new Uint8Array(48), attributes: new Uint8Array(8), levels };
}

/** Minor SVN, major version 1, and 14 components of the platform. */
const svn = (minor: number, rest = minor, major = 1): Uint8Array =>
  Uint8Array.from([minor, major, ...same(rest).slice(2)]);

const LATEST = 2;
const EARLIEST = 1;

function judge(input: Partial<TcbInput>): TcbResult {
  return tcbOf({
    components: same(LATEST),
    pceSvn: LATEST,
    tcbInfo: {
      levels: [platform(LATEST, "UpToDate"), platform(EARLIEST, "OutOfDate")],
      modules: [module([level(LATEST, "UpToDate")])],
    },
    qeLevels: [level(LATEST, "UpToDate")],
    qeIsvSvn: LATEST,
    ...input,
  });
}

interface Row {
  readonly expected: string;
  readonly name: string;
  readonly tcbInfo: string;
  readonly module: string;
  readonly pckCert: "Latest" | "Earliest";
  readonly teeTcbSvn1: "Latest" | "Earliest";
  readonly teeTcbSvn2: "Latest" | "Earliest";
  readonly qe: "NotPresent" | LevelStatus;
}

/** Intel's names in the table. */
const EXPECTED: Readonly<Record<string, string>> = {
  StatusOK: "UpToDate",
  StatusRevoked: "Revoked",
  StatusOutOfDate: "OutOfDate",
  StatusSwHardeningNeeded: "SWHardeningNeeded",
  StatusConfigurationAndSwHardeningNeeded: "ConfigurationAndSWHardeningNeeded",
  StatusTdRelaunchAdvised: "TDRelaunchAdvised",
  StatusTdRelaunchAdvisedConfigurationNeeded: "TDRelaunchAdvisedConfigurationNeeded",
};

describeShared("Intel's table of TCB statuses", () => {
  const rows = readSharedJson<Row[]>("suites/tcb-status/tcb-status-table-2026.json");
  const STATUSES: readonly LevelStatus[] = [
    "OutOfDateConfigurationNeeded",
    "ConfigurationAndSWHardeningNeeded",
    "SWHardeningNeeded",
    "ConfigurationNeeded",
    "OutOfDate",
    "UpToDate",
    "Revoked",
  ];

  /** `UpToDateOutOfDate`: the status of the latest level, then of the earliest. */
  function pair(text: string): [LevelStatus, LevelStatus] {
    const latest = STATUSES.find(
      (status) => text.startsWith(status) && STATUSES.includes(text.slice(status.length) as LevelStatus),
    );
    if (latest === undefined) throw new Error(`unknown pair ${text}`);
    return [latest, text.slice(latest.length) as LevelStatus];
  }

  const svnOf = (which: "Latest" | "Earliest"): number => (which === "Latest" ? LATEST : EARLIEST);

  it("has 24 rows", () => expect(rows.length).toBe(24));

  it.each(rows)("$name: $expected", (row) => {
    const [latest, earliest] = pair(row.tcbInfo);
    const [moduleLatest, moduleEarliest] = pair(row.module);
    const result = tcbOf({
      components: same(svnOf(row.pckCert)),
      pceSvn: svnOf(row.pckCert),
      tcbInfo: {
        levels: [platform(LATEST, latest), platform(EARLIEST, earliest)],
        modules: [module([level(LATEST, moduleLatest), level(EARLIEST, moduleEarliest)])],
      },
      qeLevels: [level(1, row.qe === "NotPresent" ? "UpToDate" : row.qe)],
      qeIsvSvn: 1,
      teeTcbSvn: svn(svnOf(row.teeTcbSvn1)),
      teeTcbSvn2: svn(svnOf(row.teeTcbSvn2)),
    });
    expect(result.status).toBe(EXPECTED[row.expected]);
  });
});

describe("TCB levels", () => {
  it("match by every component of the PCK certificate", () => {
    for (let i = 0; i < 16; i++) {
      const components = same(LATEST);
      components[i] = EARLIEST;
      expect(judge({ components }).status, `component ${i}`).toBe("OutOfDate");
    }
    expect(judge({}).status).toBe("UpToDate");
  });

  it("match by the PCESVN", () => expect(judge({ pceSvn: EARLIEST }).status).toBe("OutOfDate"));

  it("are not supported where none matches, with neither date nor advisory", () => {
    const { status, platform: found } = judge({ components: same(0) });
    expect(status).toBe("NotSupported");
    expect(found).toEqual({ status: "NotSupported", date: undefined, advisories: [] });
  });

  it("match by every TDX component from module version 0, and from the third on above it", () => {
    const modules = [module([level(0, "UpToDate")])];
    const levels = [platform(LATEST, "UpToDate")];
    for (let i = 0; i < 16; i++) {
      const old = Uint8Array.from(same(LATEST));
      old[1] = 0;
      const zeroMajor = levels.map((item) => ({
        ...item,
        tdx: same(LATEST).map((value, at) => (at === 1 ? 0 : value)),
      }));
      if (i !== 1) {
        old[i] = EARLIEST;
        expect(judge({ tcbInfo: { levels: zeroMajor, modules }, teeTcbSvn: old }).status, `1.0, ${i}`).toBe(
          "NotSupported",
        );
      }
      const versioned = svn(LATEST);
      if (i !== 1) versioned[i] = EARLIEST;
      const expected = i < 2 ? "UpToDate" : "NotSupported";
      expect(judge({ tcbInfo: { levels, modules }, teeTcbSvn: versioned }).status, `1.5, ${i}`).toBe(expected);
    }
  });

  it("never support a TD by levels without TDX components", () => {
    const levels = [platform(LATEST, "UpToDate", { tdx: undefined })];
    expect(judge({ tcbInfo: { levels, modules: [] }, teeTcbSvn: svn(LATEST, LATEST, 0) }).status).toBe("NotSupported");
  });
});

describe("TDX module identities", () => {
  const modules = [module([level(LATEST, "UpToDate")], "TDX_03"), module([level(LATEST, "OutOfDate")], "tdx_0a")];
  const tcbInfo = { levels: [platform(0, "UpToDate")], modules };

  it("are found by the hexadecimal major version, in either case", () => {
    expect(judge({ tcbInfo, teeTcbSvn: svn(LATEST, 0, 3) }).module?.status).toBe("UpToDate");
    expect(judge({ tcbInfo, teeTcbSvn: svn(LATEST, 0, 10) }).module?.status).toBe("OutOfDate");
  });

  it("give NotSupported where none has that version, or no level is low enough", () => {
    expect(judge({ tcbInfo, teeTcbSvn: svn(LATEST, 0, 1) }).status).toBe("NotSupported");
    expect(judge({ tcbInfo, teeTcbSvn: svn(EARLIEST, 0, 3) }).status).toBe("NotSupported");
  });

  it("do not judge modules of major version 0", () => {
    expect(judge({ tcbInfo, teeTcbSvn: svn(0, 0, 0) }).module).toBeUndefined();
  });
});

describe("parts converge", () => {
  const converged = (status: LevelStatus, qe: LevelStatus): string =>
    judge({ tcbInfo: { levels: [platform(LATEST, status)], modules: [] }, qeLevels: [level(LATEST, qe)] }).status;

  it.each([
    ["UpToDate", "OutOfDate", "OutOfDate"],
    ["SWHardeningNeeded", "OutOfDate", "OutOfDate"],
    ["ConfigurationNeeded", "OutOfDate", "OutOfDateConfigurationNeeded"],
    ["ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded"],
    ["OutOfDate", "OutOfDate", "OutOfDate"],
    ["OutOfDateConfigurationNeeded", "OutOfDate", "OutOfDateConfigurationNeeded"],
    ["OutOfDate", "UpToDate", "OutOfDate"],
    ["UpToDate", "Revoked", "Revoked"],
    ["Revoked", "UpToDate", "Revoked"],
    ["Revoked", "OutOfDate", "Revoked"],
  ] as const)("%s with a quoting enclave %s: %s", (status, qe, expected) =>
    expect(converged(status, qe)).toBe(expected),
  );

  it("to NotSupported where the quoting enclave has no level, but to Revoked before that", () => {
    expect(judge({ qeIsvSvn: EARLIEST }).status).toBe("NotSupported");
    const revoked = { levels: [platform(LATEST, "Revoked")], modules: [] };
    expect(judge({ qeIsvSvn: EARLIEST, tcbInfo: revoked }).status).toBe("Revoked");
  });

  it("to the earliest date and all advisories", () => {
    const early = Date.UTC(2023, 0, 1);
    const result = judge({
      tcbInfo: {
        levels: [platform(LATEST, "OutOfDate", { advisories: ["INTEL-SA-2", "INTEL-SA-1"] })],
        modules: [module([level(LATEST, "OutOfDate", { date: early, advisories: ["INTEL-SA-3", "INTEL-SA-1"] })])],
      },
      qeLevels: [level(LATEST, "UpToDate", { advisories: ["INTEL-SA-4"] })],
      teeTcbSvn: svn(LATEST),
    });
    expect(result.date).toBe(early);
    expect(result.advisories).toEqual(["INTEL-SA-1", "INTEL-SA-2", "INTEL-SA-3", "INTEL-SA-4"]);
  });

  it("keeps a platform out of date whatever its module says", () => {
    const tcbInfo = { levels: [platform(LATEST, "OutOfDate")], modules: [module([level(LATEST, "UpToDate")])] };
    expect(judge({ tcbInfo, teeTcbSvn: svn(LATEST) }).status).toBe("OutOfDate");
  });

  it("advises a relaunch of TD 1.5 alone", () => {
    const tcbInfo = {
      levels: [platform(LATEST, "UpToDate"), platform(EARLIEST, "OutOfDate")],
      modules: [module([level(LATEST, "UpToDate"), level(EARLIEST, "OutOfDate")])],
    };
    expect(judge({ tcbInfo, teeTcbSvn: svn(EARLIEST) }).status).toBe("OutOfDate");
    expect(judge({ tcbInfo, teeTcbSvn: svn(EARLIEST), teeTcbSvn2: svn(LATEST) }).status).toBe("TDRelaunchAdvised");
  });
});
