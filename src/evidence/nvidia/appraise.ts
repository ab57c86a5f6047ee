/** Is the device what the relying party wants: NVIDIA's golden measurements, versions, nonce, mode, and which device it is. */

import type { Covers } from "../../verdict.js";
import type { Appraisal, AppraiseContext } from "../kind.js";
import type { NvidiaTrusted } from "./authenticate.js";
import { checkId } from "./checks.js";
import { type Comparison, compareGolden, distance } from "./golden.js";
import type { TrustedRim } from "./manifests.js";
import { appraiseNonce } from "./nonce.js";
import type { NvidiaReport } from "./report.js";
import { driverNumbers, type NvidiaReferenceValues, type NvidiaSettings } from "./settings.js";

type Context = AppraiseContext<NvidiaSettings, NvidiaReferenceValues>;

export async function appraise(
  report: NvidiaReport,
  trusted: NvidiaTrusted | undefined,
  context: Context,
): Promise<Appraisal> {
  const covers = appraiseMeasurements(report, trusted, context);
  appraiseBuild(report, context);
  const bound = await appraiseNonce(checkId(report, "nonce"), report, context);
  if (report.device === "gpu") appraiseMode(report, context);
  appraiseVersions(report, context);
  appraiseIdentity(report, trusted, context);
  const limits = ["device-alone", ...(trusted?.revocationChecked === false ? ["revocation-not-checked"] : [])];
  return { covers, ...bound, limits: limits.map((id) => ({ id })) };
}

/**
 * Every combination of genuine manifests is a statement of NVIDIA's; one that fits is enough. What is at hand is compared even where a
 * manifest is missing: a measurement that is wrong stays wrong.
 */
function appraiseMeasurements(report: NvidiaReport, trusted: NvidiaTrusted | undefined, context: Context): Covers {
  const { ledger, settings } = context;
  const id = checkId(report, "measurements");
  const rims = [...(trusted?.rims ?? [])];
  const [missing] = rims.find(([, genuine]) => genuine.length === 0) ?? [];
  const present = rims.flatMap(([, genuine]) => (genuine.length === 0 ? [] : [genuine]));
  const judged = combinations(present).map((chosen) => compareGolden(report, chosen));
  const closest = judged.reduce((best, next) => (distance(next) < distance(best) ? next : best));
  if (distance(closest) > 0 || (missing === undefined && present.length > 0)) conclude(id, closest, context);
  else if (settings.rims === "required") ledger.skipped(id, checkId(report, `${missing ?? "vbios"}-rim`));
  else ledger.waived(id, "rims-waived", { compared: closest.compared });
  // Where the manifests are required, this is what the verdict covers if it is a yes.
  return settings.rims === "required" || (missing === undefined && present.length > 0) ? "firmware" : "nothing";
}

function combinations(sets: readonly (readonly TrustedRim[])[]): readonly (readonly TrustedRim[])[] {
  return sets.reduce<readonly (readonly TrustedRim[])[]>(
    (chosen, set) => chosen.flatMap((rims) => set.map((rim) => [...rims, rim])),
    [[]],
  );
}

function conclude(id: string, { conflicts, differing, missing, compared }: Comparison, { ledger }: Context): void {
  const params = { compared, conflicts, differing, missing };
  if (conflicts.length > 0) ledger.failed(id, "rims-conflict", params);
  else if (missing.length > 0) ledger.failed(id, "measurement-missing", params);
  else ledger.judge(id, differing.length === 0, "measurement-mismatch", params);
}

function appraiseBuild(report: NvidiaReport, { ledger, expected, child }: Context): void {
  const id = checkId(report, "build");
  const found = { driver: report.driverVersion ?? "none", vbios: report.vbiosVersion };
  if (expected.form === "any-build") ledger.waived(id, "any-build", found);
  else if (expected.form === "values") appraiseExpected(report, expected.alternatives, id, { ledger, found });
  // Inside other evidence NVIDIA's manifests say what is right; alone, the caller must have said something.
  else if (child) ledger.undetermined(id, "no-reference-values", found, false);
  else if (expected.form === "manifest-missing") ledger.undetermined(id, "manifest-missing", found);
  else ledger.failed(id, "no-reference-values", found);
}

function appraiseExpected(
  report: NvidiaReport,
  alternatives: Extract<Context["expected"], { form: "values" }>["alternatives"],
  id: string,
  { ledger, found }: { readonly ledger: Context["ledger"]; readonly found: Readonly<Record<string, string>> },
): void {
  const fitting = alternatives.find(
    ({ values }) =>
      (values.driverVersion?.includes(report.driverVersion ?? "") ?? true) &&
      (values.vbiosVersion?.includes(report.vbiosVersion) ?? true),
  );
  const expected = alternatives.flatMap(({ values }) => [
    ...(values.driverVersion ?? []),
    ...(values.vbiosVersion ?? []),
  ]);
  const source = (fitting ?? alternatives[0])?.source;
  ledger.judge(id, fitting !== undefined, "build-mismatch", {
    ...found,
    expected,
    ...(source === undefined ? {} : { source }),
  });
}

/** In protected PCIe mode data crosses the switches in the clear: without their reports nothing is known of where it goes. */
function appraiseMode(report: NvidiaReport, { ledger, settings, child }: Context): void {
  const id = checkId(report, "protected-pcie");
  const mode = report.mode ?? "not named";
  if (report.mode !== "ppcie" || child) ledger.passed(id, { mode });
  else if (settings.allow.includes("ppcie-alone")) ledger.waived(id, "allowed", { mode });
  else ledger.failed(id, "ppcie-alone", { mode });
}

function appraiseVersions(report: NvidiaReport, { ledger, settings }: Context): void {
  const { minimumDriverVersion, deniedVbiosVersions } = settings;
  const { driverVersion, vbiosVersion } = report;
  if (minimumDriverVersion !== undefined && driverVersion !== undefined) {
    const minimum = minimumDriverVersion.join(".");
    ledger.judge(
      checkId(report, "minimum-driver"),
      atLeast(driverNumbers(driverVersion), minimumDriverVersion),
      "driver-below-minimum",
      { driver: driverVersion, minimum },
    );
  }
  if (deniedVbiosVersions.length > 0)
    ledger.judge(checkId(report, "vbios-accepted"), !deniedVbiosVersions.includes(vbiosVersion), "vbios-denied", {
      vbios: vbiosVersion,
    });
}

/** A driver version that is no numbers reaches no minimum. */
function atLeast(version: readonly number[] | undefined, minimum: readonly number[]): boolean {
  if (version === undefined) return false;
  for (let i = 0; i < Math.max(version.length, minimum.length); i++) {
    const difference = (version[i] ?? 0) - (minimum[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function appraiseIdentity(report: NvidiaReport, trusted: NvidiaTrusted | undefined, context: Context): void {
  const { ledger, settings } = context;
  const accept = (name: string, accepted: readonly string[] | undefined, found: string | undefined): void => {
    if (accepted === undefined) return;
    const id = checkId(report, name);
    if (found === undefined) ledger.undetermined(id, "certificate-missing", {}, true);
    else ledger.judge(id, accepted.includes(found), "device-not-accepted", { found, accepted });
  };
  accept("chip-accepted", settings.chips, trusted?.chip);
  accept("device-accepted", settings.ueids, trusted?.ueid);
}
