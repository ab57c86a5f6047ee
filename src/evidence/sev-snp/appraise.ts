/** Is the report what the relying party wants: build, binding, launch policy and privilege level. Firmware has `firmware.ts`. */

import { allBytes, equalBytes } from "../../encoding/bytes.js";
import { toHex } from "../../encoding/text.js";
import type { AmdProduct } from "../../endorsements/amd-kds.js";
import { compareBinding } from "../../expected/binding.js";
import type { Covers } from "../../verdict.js";
import type { Appraisal, AppraiseContext } from "../kind.js";
import type { SnpTrusted } from "./authenticate.js";
import { hasBit, PLATFORM_BITS, PLATFORM_KNOWN, POLICY_BITS, readBits } from "./bits.js";
import { slots } from "./claims.js";
import { appraiseFirmware } from "./firmware.js";
import { appraiseIdentity } from "./identity.js";
import type { SnpReport } from "./report.js";
import type { ReferenceField, SnpReference, SnpSettings } from "./settings.js";
import { belowFloor, readTcb } from "./tcb.js";

type Context = AppraiseContext<SnpSettings, SnpReference>;

export async function appraise(
  report: SnpReport,
  trusted: SnpTrusted | undefined,
  context: Context,
): Promise<Appraisal> {
  const covers = appraiseBuild(report, trusted?.product, context);
  const bound = await appraiseBinding(report, context);
  appraiseDebug(report, context);
  appraiseMigration(report, context);
  appraiseVmpl(report, context);
  appraiseGuestPolicy(report, context);
  appraiseConsistency(report, context);
  appraisePlatform(report, context);
  appraiseFirmware(report, trusted?.product, context);
  appraiseIdentity(report, trusted, context);
  const { custom, table } = context.settings.floors;
  return { covers, ...bound, limits: limitsOf(trusted), ...(custom ? { floorsDate: table.date } : {}) };
}

function limitsOf(trusted: SnpTrusted | undefined): Appraisal["limits"] {
  const ids = ["guest-above-firmware", "firmware-table"];
  if (trusted?.product === "Milan") ids.push("milan-root-seed");
  if (trusted?.key?.type === "VLEK") ids.push("vlek-no-chip");
  if (trusted !== undefined && !trusted.revocationChecked) ids.push("revocation-not-checked");
  return ids.map((id) => ({ id }));
}

/** One alternative must match as a whole: a measurement of one and host data of another is no match. */
function appraiseBuild(
  report: SnpReport,
  product: AmdProduct | undefined,
  { ledger, expected, child }: Context,
): Covers {
  const id = "sev-snp/build";
  const measurement = toHex(report.measurement);
  switch (expected.form) {
    case "any-build":
      ledger.waived(id, "any-build", { measurement });
      return "nothing";
    case "manifest-missing":
      ledger.undetermined(id, "manifest-missing", { measurement, sha256: expected.sha256 });
      return "nothing";
    case "none":
      if (child) ledger.undetermined(id, "no-reference-values", { measurement }, false);
      else ledger.failed(id, "no-reference-values", { measurement });
      return "nothing";
    case "digest": {
      const matches = equalBytes(expected.digest, report.measurement);
      ledger.judge(id, matches, "build-mismatch", {
        measurement,
        compared: ["measurement"],
        differing: matches ? [] : ["measurement"],
        expected: toHex(expected.digest),
      });
      return "launch";
    }
    case "values":
      return appraiseValues(report, product, expected.alternatives, ledger);
  }
}

type Alternatives = Extract<Context["expected"], { form: "values" }>["alternatives"];

function appraiseValues(
  report: SnpReport,
  product: AmdProduct | undefined,
  alternatives: Alternatives,
  ledger: Context["ledger"],
): Covers {
  const judged = alternatives.map(({ source, values }) => ({
    source,
    values,
    differing: [...differingFields(report, values), ...lowLevels(report, product, values)],
  }));
  const closest = judged.reduce((best, next) => (next.differing.length < best.differing.length ? next : best));
  const { source, values, differing } = closest;
  const expected = [...(values.sets.get("measurement") ?? [])].map(toHex);
  ledger.judge("sev-snp/build", differing.length === 0, "build-mismatch", {
    measurement: toHex(report.measurement),
    compared: [...values.sets.keys()],
    differing,
    expected,
    source,
  });
  return values.sets.has("measurement") ? "launch" : "nothing";
}

function differingFields(report: SnpReport, { sets, minimumGuestSvn }: SnpReference): readonly string[] {
  const differing: string[] = [...sets]
    .filter(([field, accepted]) => !accepted.some((value) => equalBytes(value, report[field])))
    .map(([field]) => field);
  // Zeros stand where there is no key, and would match a demand for zeros, which is no demand at all.
  const absent: readonly ReferenceField[] = [
    ...(allBytes(report.idKeyDigest) ? (["idKeyDigest"] as const) : []),
    ...(report.authorKeyEnabled ? [] : (["authorKeyDigest"] as const)),
  ];
  for (const field of absent) if (sets.has(field) && !differing.includes(field)) differing.push(field);
  if (minimumGuestSvn !== undefined && report.guestSvn < minimumGuestSvn) differing.push("guestSvn");
  return differing;
}

/** Of an unknown product nothing can be read here: then the certificate is missing, and nothing is verified anyway. */
function lowLevels(
  report: SnpReport,
  product: AmdProduct | undefined,
  { minimumTcb }: SnpReference,
): readonly string[] {
  if (product === undefined || minimumTcb === undefined) return [];
  return belowFloor(readTcb(product, report.reportedTcb), minimumTcb).map((name) => `reportedTcb.${name}`);
}

async function appraiseBinding(
  report: SnpReport,
  { ledger, binding, crypto }: Context,
): Promise<Pick<Appraisal, "freshness" | "channel">> {
  const id = "sev-snp/report-data";
  const result = await ledger.attempt(id, () => compareBinding(binding, slots(report), crypto));
  if (result === undefined) return { freshness: "none", channel: undefined };
  const { status, expected, found, freshness, channel } = result;
  if (status === "unbound") ledger.waived(id, "unbound", { found: toHex(report.reportData) });
  else if (status === "unsupported") ledger.failed(id, "binding-unsupported");
  else ledger.judge(id, status === "matched", "report-data-mismatch", { expected, found, freshness });
  return { freshness, channel };
}

function appraiseDebug(report: SnpReport, { ledger, settings }: Context): void {
  const id = "sev-snp/debug";
  if (!hasBit(report.policy, POLICY_BITS.debug)) ledger.passed(id);
  else if (settings.allow.includes("debug")) ledger.waived(id, "allowed");
  else ledger.failed(id, "debug-allowed");
}

function appraiseMigration(report: SnpReport, { ledger, settings }: Context): void {
  const id = "sev-snp/migration";
  const mayMigrate = hasBit(report.policy, POLICY_BITS.migrateMa);
  if (!mayMigrate && allBytes(report.reportIdMa, 0xff)) ledger.passed(id);
  else if (settings.allow.includes("migration")) ledger.waived(id, "allowed");
  else
    ledger.failed(id, mayMigrate ? "migration-allowed" : "migration-agent", { reportIdMa: toHex(report.reportIdMa) });
}

function appraiseVmpl(report: SnpReport, { ledger, settings }: Context): void {
  const id = "sev-snp/vmpl";
  const params = { vmpl: report.vmpl, accepted: settings.vmpl };
  if (!settings.vmpl.includes(report.vmpl)) ledger.failed(id, "vmpl-not-accepted", params);
  else if (report.vmpl === 0) ledger.passed(id, params);
  else ledger.waived(id, "allowed", params);
}

function appraiseGuestPolicy(report: SnpReport, { ledger, settings }: Context): void {
  const differing: string[] = [...settings.guestPolicy]
    .filter(([name, value]) => hasBit(report.policy, POLICY_BITS[name]) !== value)
    .map(([name, value]) => `${name} is ${!value}`);
  const abi = { major: Number((report.policy >> 8n) & 0xffn), minor: Number(report.policy & 0xffn) };
  const { minimumAbi } = settings;
  const older =
    minimumAbi !== undefined &&
    (abi.major < minimumAbi.major || (abi.major === minimumAbi.major && abi.minor < minimumAbi.minor));
  if (older) differing.push(`ABI ${abi.major}.${abi.minor} is below ${minimumAbi.major}.${minimumAbi.minor}`);
  const set = Object.entries(readBits(report.policy, POLICY_BITS)).flatMap(([name, on]) => (on ? [name] : []));
  ledger.judge("sev-snp/guest-policy", differing.length === 0, "guest-policy-mismatch", {
    policy: `0x${report.policy.toString(16)}`,
    set,
    differing,
  });
}

/** What the guest's policy demands of the machine, the firmware enforces at launch: a report that shows otherwise contradicts itself. */
function appraiseConsistency(report: SnpReport, { ledger }: Context): void {
  const policy = readBits(report.policy, POLICY_BITS);
  const platform = readBits(report.platformInfo, PLATFORM_BITS);
  const contradictions = [
    ...(!policy.smt && platform.smt ? ["SMT is on and the guest forbids it"] : []),
    ...(policy.raplDis && !platform.raplDis ? ["RAPL is on and the guest demands it off"] : []),
    ...(policy.ciphertextHidingDram && !platform.ciphertextHidingDram
      ? ["ciphertext hiding is off and the guest demands it"]
      : []),
  ];
  ledger.judge("sev-snp/policy-consistency", contradictions.length === 0, "policy-contradicts-platform", {
    contradictions,
  });
}

function appraisePlatform(report: SnpReport, { ledger, settings }: Context): void {
  const id = "sev-snp/platform-info";
  const differing = [...settings.platformInfo]
    .filter(([name, value]) => hasBit(report.platformInfo, PLATFORM_BITS[name]) !== value)
    .map(([name, value]) => `${name} is ${!value}`);
  const unknown = report.platformInfo & ~PLATFORM_KNOWN;
  const set = Object.entries(readBits(report.platformInfo, PLATFORM_BITS)).flatMap(([name, on]) => (on ? [name] : []));
  const params = {
    platformInfo: `0x${report.platformInfo.toString(16)}`,
    set,
    differing,
    unknown: `0x${unknown.toString(16)}`,
  };
  if (differing.length > 0) ledger.failed(id, "platform-info-mismatch", params);
  else if (unknown !== 0n && settings.unknownPlatformBits === "reject")
    ledger.failed(id, "platform-info-unknown-bits", params);
  else ledger.passed(id, params, unknown === 0n ? undefined : "unknown-bits");
}
