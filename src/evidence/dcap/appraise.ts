/** What relying parties demand of any DCAP quote: build, binding, TCB status, collateral and platform. */

import { equalBytes } from "../../encoding/bytes.js";
import { toHex } from "../../encoding/text.js";
import { compareBinding, type Slot } from "../../expected/binding.js";
import type { Covers } from "../../verdict.js";
import type { Appraisal, AppraiseContext } from "../kind.js";
import type { DcapTrusted } from "./authenticate.js";
import type { Tee } from "./quote.js";
import type { DcapReference, DcapSettings } from "./settings.js";
import { iso } from "./step.js";
import type { TcbResult } from "./tcb.js";

type Context<Name extends string = string> = AppraiseContext<DcapSettings, DcapReference<Name>>;

/** How the kind reads its own report. */
export interface Measured<Name extends string> {
  readonly tee: Tee;
  /** The measurement that stands for the build in messages. */
  readonly main: Name;
  field(name: Name): Uint8Array | undefined;
  number(name: string): number;
  /** What these fields pin. */
  covers(names: ReadonlySet<Name>): Covers;
  /** What else differs of demands that only this kind knows. */
  others?(values: DcapReference<Name>): readonly string[];
}

/** The closest alternative, which decides. */
export interface BuildResult<Name extends string> {
  readonly covers: Covers;
  readonly values: DcapReference<Name> | undefined;
}

/** One alternative must match as a whole. */
export function appraiseBuild<Name extends string>(
  measured: Measured<Name>,
  { ledger, expected, child }: Context<Name>,
): BuildResult<Name> {
  const id = `${measured.tee}/build`;
  const measurement = toHex(measured.field(measured.main) as Uint8Array);
  const nothing = { covers: "nothing", values: undefined } as const;
  if (expected.form === "values") {
    const judged = expected.alternatives.map(({ source, values }) => ({
      source,
      values,
      differing: [...differing(measured, values), ...(measured.others?.(values) ?? [])],
    }));
    const closest = judged.reduce((best, next) => (next.differing.length < best.differing.length ? next : best));
    const { sets, minimums, equals } = closest.values;
    ledger.judge(id, closest.differing.length === 0, "build-mismatch", {
      measurement,
      compared: [...sets.keys(), ...minimums.keys(), ...equals.keys()],
      differing: closest.differing,
      expected: (sets.get(closest.differing[0] as Name) ?? sets.get(measured.main) ?? []).map(toHex),
      source: closest.source,
    });
    return { covers: measured.covers(new Set(sets.keys())), values: closest.values };
  }
  if (expected.form === "digest") {
    const matches = equalBytes(expected.digest, measured.field(measured.main) as Uint8Array);
    const compared = [measured.main];
    ledger.judge(id, matches, "build-mismatch", {
      measurement,
      compared,
      differing: matches ? [] : compared,
      expected: toHex(expected.digest),
    });
    return { covers: measured.covers(new Set(compared)), values: undefined };
  }
  if (expected.form === "any-build") ledger.waived(id, "any-build", { measurement });
  else if (expected.form === "manifest-missing")
    ledger.undetermined(id, "manifest-missing", { measurement, sha256: expected.sha256 });
  else if (child) ledger.undetermined(id, "no-reference-values", { measurement }, false);
  else ledger.failed(id, "no-reference-values", { measurement });
  return nothing;
}

/** A field that the report does not have differs from whatever is expected of it. */
function differing<Name extends string>(
  { field, number }: Measured<Name>,
  { sets, minimums, equals }: DcapReference<Name>,
): readonly string[] {
  return [
    ...[...sets].filter(([name, accepted]) => {
      const found = field(name);
      return found === undefined || !accepted.some((value) => equalBytes(value, found));
    }),
    ...[...minimums].filter(([name, minimum]) => number(name) < minimum),
    ...[...equals].filter(([name, value]) => number(name) !== value),
  ].map(([name]) => name);
}

export async function appraiseBinding(
  tee: Tee,
  slot: Slot,
  { ledger, binding, crypto }: Context,
): Promise<Pick<Appraisal, "freshness" | "channel">> {
  const id = `${tee}/report-data`;
  const result = await ledger.attempt(id, () => compareBinding(binding, [slot], crypto));
  if (result === undefined) return { freshness: "none", channel: undefined };
  const { status, expected, found, freshness, channel } = result;
  if (status === "unbound") ledger.waived(id, "unbound", { found: toHex(slot.value as Uint8Array) });
  else if (status === "unsupported") ledger.failed(id, "binding-unsupported");
  else ledger.judge(id, status === "matched", "report-data-mismatch", { expected, found, freshness });
  return { freshness, channel };
}

/** TCB status, and what the caller demands of the collateral that it was computed from and of the platform. */
export function appraisePlatform(tee: Tee, trusted: DcapTrusted | undefined, { ledger, settings }: Context): void {
  const id = `${tee}/tcb-status`;
  const { tcb, tcbInfo, identity } = trusted ?? {};
  if (tcb === undefined || tcbInfo === undefined || identity === undefined) {
    // Signatures may still run: what is not yet written down stands in nobody's way.
    const missing = ["pck-certificate", "tcb-info", "qe-identity"].find((name) =>
      (["failed", "undetermined", "skipped"] as const).some((status) => ledger.has(`${tee}/${name}`, status)),
    );
    for (const name of ["tcb-status", "tcb-demands"]) ledger.skipped(`${tee}/${name}`, `${tee}/${missing}`);
  } else {
    const { status, advisories, date } = tcb;
    const evaluationNumber = Math.min(tcbInfo.evaluationNumber, identity.evaluationNumber);
    const params = {
      status,
      advisories: advisories.length > 0 ? advisories : "none",
      date: date === undefined ? "none" : iso(date).slice(0, 10),
      evaluationNumber,
      accepted: settings.tcbStatuses,
    };
    const isNewest = (trusted?.newestEvaluation ?? evaluationNumber) <= evaluationNumber;
    const accepted = settings.tcbStatuses.some((taken) => taken === status);
    if (!accepted) ledger.failed(id, "tcb-status-not-accepted", params);
    else if (status !== "UpToDate") ledger.waived(id, "allowed", params);
    else ledger.passed(id, params, isNewest ? undefined : "newer-evaluation");
    appraiseDemands(tee, evaluationNumber, tcb, { ledger, settings });
  }
  appraiseMachine(tee, trusted, { ledger, settings });
}

type Demanding = Pick<Context, "ledger" | "settings">;

function appraiseDemands(
  tee: Tee,
  evaluationNumber: number,
  { date, advisories, platform, module, qe }: TcbResult,
  { ledger, settings }: Demanding,
): void {
  const { minimumEvaluationNumber = 0, minimumTcbDate = Number.NEGATIVE_INFINITY, rejectedAdvisories } = settings;
  const missed = [
    ...(evaluationNumber < minimumEvaluationNumber
      ? [`tcbEvaluationDataNumber ${evaluationNumber} is below ${minimumEvaluationNumber}`]
      : []),
    ...((date ?? Number.NEGATIVE_INFINITY) < minimumTcbDate
      ? [`the TCB is of ${date === undefined ? "no date" : iso(date).slice(0, 10)}`]
      : []),
    ...(rejectedAdvisories.length > 0 && [platform, module, qe].some((part) => part?.status === "NotSupported")
      ? ["which advisories apply is not known, since no TCB level matches"]
      : []),
    ...advisories
      .filter((advisory) => rejectedAdvisories.includes(advisory.toUpperCase()))
      .map((advisory) => `${advisory} applies`),
  ];
  ledger.judge(`${tee}/tcb-demands`, missed.length === 0, "tcb-demand-missed", { missed });
}

/** Whose machine and how it is set, where the caller demands it. */
function appraiseMachine(tee: Tee, trusted: DcapTrusted | undefined, { ledger, settings }: Demanding): void {
  const { fmspcs, ppids, platformInstanceIds, platform } = settings;
  if (fmspcs === undefined && ppids === undefined && platformInstanceIds === undefined && platform.size === 0) return;
  const pck = trusted?.pck;
  const id = `${tee}/platform`;
  if (pck === undefined) {
    ledger.undetermined(
      id,
      "certificate-missing",
      { what: "the PCK certificate", addresses: [], where: "", tried: "" },
      true,
    );
    return;
  }
  const outside = (set: readonly Uint8Array[] | undefined, value: Uint8Array | undefined): boolean =>
    set !== undefined && !(value !== undefined && set.some((item) => equalBytes(item, value)));
  const missed = [
    ...(outside(fmspcs, pck.fmspc) ? [`FMSPC ${toHex(pck.fmspc)}`] : []),
    ...(outside(ppids, pck.ppid) ? [`PPID ${toHex(pck.ppid)}`] : []),
    ...(outside(platformInstanceIds, pck.platform?.instanceId) ? ["platform instance id"] : []),
    ...[...platform].filter(([flag, value]) => pck.platform?.[flag] !== value).map(([flag]) => flag),
  ];
  ledger.judge(id, missed.length === 0, "platform-not-accepted", { missed, fmspc: toHex(pck.fmspc) });
}
