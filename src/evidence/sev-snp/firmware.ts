/** Is the firmware new enough: order of the four TCBs, floors by bulletin, the caller's minimums, mitigations (AMD 56860, section 2.2). */

import { toHex } from "../../encoding/text.js";
import type { AmdProduct } from "../../endorsements/amd-kds.js";
import type { AppraiseContext } from "../kind.js";
import { hasBit, PLATFORM_BITS } from "./bits.js";
import { FLOORS, type Floor } from "./floors.js";
import { type FirmwareVersion, type SnpReport, versionText } from "./report.js";
import { readVersion, type SnpReference, type SnpSettings } from "./settings.js";
import { atMost, belowFloor, lowerOf, readTcb } from "./tcb.js";

type Context = AppraiseContext<SnpSettings, SnpReference>;

export function appraiseFirmware(report: SnpReport, product: AmdProduct | undefined, context: Context): void {
  appraiseOrder(report, context);
  appraiseProvisional(report, context);
  if (product === undefined) {
    // Version 2 reports leave the product to the certificate, and a level means nothing without its product.
    for (const name of ["tcb-floor", "advisories"])
      context.ledger.skipped(`sev-snp/${name}`, "sev-snp/endorsement-key");
    if (context.settings.minimumTcb.size > 0)
      context.ledger.undetermined("sev-snp/minimum-tcb", "product-unknown", {}, true);
  } else {
    appraiseFloors(report, product, context);
    appraiseMinimums(report, product, context);
  }
  appraiseMinimumFirmware(report, context);
  appraiseMitigations(report, context);
}

/** Reported and committed never exceed what runs; launch may, after a migration. */
function appraiseOrder(report: SnpReport, { ledger }: Context): void {
  const { reportedTcb, committedTcb, currentTcb } = report;
  const wrong = [
    ...(atMost(reportedTcb, committedTcb) ? [] : ["reported is above committed"]),
    ...(atMost(committedTcb, currentTcb) ? [] : ["committed is above current"]),
    ...(compareVersions(report.committedVersion, report.currentVersion) <= 0
      ? []
      : ["committed firmware is above current"]),
  ];
  ledger.judge("sev-snp/tcb-order", wrong.length === 0, "tcb-out-of-order", { wrong });
}

function compareVersions(a: FirmwareVersion, b: FirmwareVersion): number {
  return a.major - b.major || a.minor - b.minor || a.build - b.build;
}

/** Firmware that runs and is not committed can be rolled back by the host without a trace in later reports. */
function appraiseProvisional(report: SnpReport, { ledger, settings }: Context): void {
  const id = "sev-snp/provisional-firmware";
  const provisional =
    compareVersions(report.committedVersion, report.currentVersion) < 0 ||
    !atMost(report.currentTcb, report.committedTcb);
  const strict = settings.provisionalFirmware === "reject" || settings.floors.strict;
  // Often the levels alone differ, and the version says nothing.
  const named = (version: FirmwareVersion, tcb: Uint8Array): string => `${versionText(version)} (TCB ${toHex(tcb)})`;
  const params = {
    current: named(report.currentVersion, report.currentTcb),
    committed: named(report.committedVersion, report.committedTcb),
  };
  if (provisional && strict) ledger.failed(id, "provisional-firmware", params);
  else ledger.passed(id, params, provisional ? "provisional" : undefined);
}

function appraiseFloors(report: SnpReport, product: AmdProduct, { ledger, settings, at }: Context): void {
  const { table, strict, custom } = settings.floors;
  const missed = table.floors.flatMap((floor) => missing(report, product, floor).map((found) => ({ floor, found })));
  const rejecting = missed.filter(({ floor }) => strict || floor.level === "reject");
  const noticed = missed.filter(({ floor }) => !strict && floor.level === "notice");
  const words = (list: typeof missed): readonly string[] =>
    list.map(({ floor, found }) => `${floor.bulletin} (${floor.weakness}): ${found}`);
  const applied = table.floors
    .filter((floor) => (strict || floor.level === "reject") && appliesTo(floor, product))
    .map(({ bulletin }) => bulletin);
  const YEAR = 366 * 86_400_000;
  const old = at - Date.parse(table.date) > YEAR;
  const params = {
    missed: words(rejecting),
    table: table.date,
    applied: applied.length > 0 ? applied : "none",
    held: applied.length > 0 ? applied : `none, since none is known for ${product}: nothing was compared`,
    product,
  };
  // The pinned table has no floor for Turin in its own right; a caller's table without any, or with lower ones, is an opt-out, and shows as one.
  // Not so where a time is judged that did not know the pinned floors yet: a table of that time belongs to it.
  const isLower = (): boolean =>
    at >= Date.parse(FLOORS.date) &&
    FLOORS.floors.some((floor) => floor.level === "reject" && missing(report, product, floor).length > 0);
  if (custom && rejecting.length === 0 && (applied.length === 0 || isLower()))
    ledger.waived("sev-snp/tcb-floor", "allowed", params);
  else ledger.judge("sev-snp/tcb-floor", rejecting.length === 0, "below-floor", params);
  const notice = [...(applied.length === 0 ? ["no-floor"] : []), ...(old ? ["old-table"] : [])].join("-");
  if (notice !== "") ledger.notice("sev-snp/tcb-floor", notice);
  ledger.passed(
    "sev-snp/advisories",
    { missed: words(noticed), table: table.date },
    noticed.length > 0 ? "advisories" : undefined,
  );
}

/** Whether a floor says anything of a product; one that names no product asks every machine for the alias check. */
function appliesTo({ tcb, firmware }: Floor, product: AmdProduct): boolean {
  return (
    (tcb === undefined && firmware === undefined) || tcb?.[product] !== undefined || firmware?.[product] !== undefined
  );
}

/** What of a bulletin's floor this report does not show; empty where it shows all. */
function missing(report: SnpReport, product: AmdProduct, floor: Floor): readonly string[] {
  const levels = floor.on === "current" ? report.currentTcb : lowerOf(report.reportedTcb, report.committedTcb);
  const demanded = floor.tcb?.[product];
  const tcb = readTcb(product, levels);
  const firmware = floor.firmware?.[product];
  const below = demanded === undefined ? [] : belowFloor(tcb, demanded);
  const older = firmware !== undefined && compareVersions(report.committedVersion, readVersion(firmware, "floor")) < 0;
  const aliasMissing =
    floor.aliasCheck === true &&
    appliesTo(floor, product) &&
    !(report.version >= 3 && hasBit(report.platformInfo, PLATFORM_BITS.aliasCheckComplete));
  return [
    ...below.map(
      (name) =>
        `${name} is ${tcb[name as keyof typeof tcb] ?? "absent"} and ${demanded?.[name as keyof typeof demanded]} is the first fixed level`,
    ),
    ...(older ? [`firmware ${versionText(report.committedVersion)} is older than ${firmware}`] : []),
    ...(aliasMissing ? ["the report does not show a completed memory alias check"] : []),
  ];
}

function appraiseMinimums(report: SnpReport, product: AmdProduct, { ledger, settings }: Context): void {
  if (settings.minimumTcb.size === 0) return;
  const below = [...settings.minimumTcb].flatMap(([field, minimum]) =>
    belowFloor(readTcb(product, report[field]), minimum).map((name) => `${field}.${name}`),
  );
  ledger.judge("sev-snp/minimum-tcb", below.length === 0, "tcb-below-minimum", {
    below,
    judged: [...settings.minimumTcb.keys()],
  });
}

function appraiseMinimumFirmware(report: SnpReport, { ledger, settings }: Context): void {
  const { minimumFirmware } = settings;
  if (minimumFirmware === undefined) return;
  const params = { committed: versionText(report.committedVersion), minimum: versionText(minimumFirmware) };
  ledger.judge(
    "sev-snp/minimum-firmware",
    compareVersions(report.committedVersion, minimumFirmware) >= 0,
    "firmware-below-minimum",
    params,
  );
}

/** A report without the vectors (before version 5) cannot satisfy a demand for a mitigation. */
function appraiseMitigations(report: SnpReport, { ledger, settings }: Context): void {
  const { launchMitigations, currentMitigations } = settings;
  const { launchMitVector, currentMitVector } = report;
  const lacks = (have: bigint | undefined, demanded: bigint | undefined): boolean =>
    demanded !== undefined && ((have ?? 0n) & demanded) !== demanded;
  // A mitigation that was in force at launch and is no longer.
  const lost =
    launchMitVector !== undefined && currentMitVector !== undefined && (launchMitVector & ~currentMitVector) !== 0n;
  const demanded = launchMitigations !== undefined || currentMitigations !== undefined;
  if (!demanded && !lost) return;
  const bad = lost || lacks(launchMitVector, launchMitigations) || lacks(currentMitVector, currentMitigations);
  const show = (value: bigint | undefined): string => (value === undefined ? "absent" : `0x${value.toString(16)}`);
  ledger.judge("sev-snp/mitigations", !bad, lost ? "mitigations-lost" : "mitigations-missing", {
    launch: show(launchMitVector),
    current: show(currentMitVector),
  });
}
