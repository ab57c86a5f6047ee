/** Every row of Intel's own verdicts over real quotes and real collateral: the same TCB status, and expired collateral is refused. */
import { expect, it } from "vitest";
import type { AcceptableTcbStatus } from "../../../src/evidence/dcap/settings.js";
import { sgx } from "../../../src/evidence/sgx/kind.js";
import { tdx } from "../../../src/evidence/tdx/kind.js";
import type { Verdict } from "../../../src/verdict.js";
import { createVerifier } from "../../../src/verifier.js";
import { describeShared } from "../../support/shared.js";
import { collateralOf, type IntelRow, intelRows, quoteOf, tcbSigners, timeOf } from "./corpus.js";

/** Intel's status codes by the names of its API. */
const NAMES: Readonly<Record<string, string>> = {
  STATUS_OK: "UpToDate",
  STATUS_TCB_OUT_OF_DATE: "OutOfDate",
  STATUS_TCB_NOT_SUPPORTED: "NotSupported",
  STATUS_TCB_SW_HARDENING_NEEDED: "SWHardeningNeeded",
  STATUS_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED: "ConfigurationAndSWHardeningNeeded",
};

const ACCEPTABLE: readonly AcceptableTcbStatus[] = [
  "UpToDate",
  "OutOfDate",
  "NotSupported",
  "SWHardeningNeeded",
  "ConfigurationAndSWHardeningNeeded",
];

const { verify } = createVerifier([tdx, sgx]);

/** All that is no question of genuineness or TCB is taken, so that only these two can reject. */
const policy = {
  tdx: { tcbStatuses: ACCEPTABLE, allow: ["debug", "sept-ve", "service-td", "perfmon"] },
  sgx: { tcbStatuses: ACCEPTABLE, allow: ["debug"] },
} as const;

interface TcbClaims {
  readonly status: string;
  readonly advisories: readonly string[];
  readonly platform: {
    readonly status: string;
    readonly tcbDate: string | null;
  };
  readonly module: { readonly status: string } | null;
  readonly qe: { readonly status: string };
}

function tcbOf(verdict: Verdict): TcbClaims {
  const claims = verdict.ok ? verdict.claims : verdict.unverifiedClaims;
  return claims.tcb as unknown as TcbClaims;
}

function failures(verdict: Verdict): readonly string[] {
  return verdict.checks
    .filter(({ status }) => status === "failed")
    .map(({ id, code }) => `${id.slice(id.indexOf("/") + 1)} ${code}`);
}

const EARLY = "certificate-validity certificate-not-yet-valid";

/** What Intel's library calls expired, by the check that says so here. Outside its window is outside: before it, too. */
const OUT_OF_WINDOW = [
  "revocation crl-expired",
  "revocation crl-not-yet-valid",
  "collateral-dates collateral-expired",
  "collateral-dates collateral-not-yet-valid",
];

describeShared("Intel's verdicts over real evidence", () => {
  const rows = intelRows();
  const signers = tcbSigners();

  async function judge(row: IntelRow): Promise<Verdict> {
    return verify(quoteOf(row), {
      expected: "any-build",
      binding: "unbound",
      endorsements: [...collateralOf(row), ...signers],
      at: timeOf(row),
      policy,
    });
  }

  it("are 83 rows, 58 of them with valid collateral", () => {
    expect(rows.length).toBe(83);
    expect(rows.filter((row) => row.all_collateral_valid).length).toBe(58);
  });

  it.each(rows.map((row, index) => ({ index, row })))("row $index: $row.quote with $row.tcbInfo", async ({ row }) => {
    const verdict = await judge(row);
    const tcb = tcbOf(verdict);
    expect(tcb.status).toBe(NAMES[row.intel_qvl.quote]);
    if (row.platform !== null) {
      expect(tcb.platform.status).toBe(row.platform);
      expect(tcb.platform.tcbDate?.slice(0, 10)).toBe(row.platformTcbDate?.slice(0, 10));
      expect(tcb.advisories).toEqual(row.advisories);
      // Where no platform level matches, Intel's library does not look at the module.
      expect(tcb.module?.status ?? null).toBe(row.moduleStatus);
    }
    expect(tcb.qe.status).toBe(row.qe);

    // Intel checks the end of certificates alone: some rows pair a quote with collateral from before its certificate.
    const failed = failures(verdict);
    const others = failed.filter((failure) => failure !== EARLY);
    if (row.all_collateral_valid) expect(others).toEqual([]);
    else {
      expect(verdict.outcome).toBe("rejected");
      expect(others.length).toBeGreaterThan(0);
      expect(others.filter((failure) => !OUT_OF_WINDOW.includes(failure))).toEqual([]);
    }
    expect(verdict.outcome).toBe(row.all_collateral_valid && !failed.includes(EARLY) ? "verified" : "rejected");
  });
});
