/** Is the VM what the relying party wants: paravisor, registers, binding, Secure Boot. */

import { equalBytes } from "../../encoding/bytes.js";
import { member } from "../../encoding/json.js";
import { fromHex, toHex } from "../../encoding/text.js";
import { compareBinding } from "../../expected/binding.js";
import type { Claims, Covers } from "../../verdict.js";
import type { Appraisal, AppraiseContext, ChildResult } from "../kind.js";
import { slots } from "./claims.js";
import { vmConfiguration } from "./hcl.js";
import { MICROSOFT_ID_KEYS } from "./paravisor.js";
import type { AzureSettings, AzureValues } from "./settings.js";
import type { AzureEvidence } from "./wrappers.js";

type Context = AppraiseContext<AzureSettings, AzureValues>;

const ID = "azure-cvm";

export async function appraise(evidence: AzureEvidence, _trusted: undefined, context: Context): Promise<Appraisal> {
  const covers = coversOf(appraiseBuild(evidence, context));
  const bound = await appraiseBinding(evidence, context);
  appraiseUserData(evidence, context);
  appraiseConfiguration(evidence, context);
  const limits = [{ id: "paravisor-is-microsofts" }, ...(covers === "launch" ? [{ id: "vtpm-is-software" }] : [])];
  return { covers, ...bound, limits };
}

/** Sets of registers that pin all code from boot loader to initial file system: GRUB's, and a unified kernel image's. */
const WHOLE_BOOT: readonly (readonly number[])[] = [
  [4, 8, 9],
  [4, 11, 12],
];

/** What was compared. It counts for nothing unless the paravisor is known, which a required check of its own says. */
function coversOf(matched: AzureValues | undefined): Covers {
  if (matched === undefined) return "nothing";
  return WHOLE_BOOT.some((set) => set.every((index) => matched.pcrs.has(index))) ? "launch" : "firmware";
}

function appraiseBuild(evidence: AzureEvidence, context: Context): AzureValues | undefined {
  const { ledger, expected, children } = context;
  const id = `${ID}/build`;
  const [hardware] = children;
  const claims = hardware?.claims ?? {};
  const shown = shownOf(evidence, claims);
  let matched: AzureValues | undefined;
  if (expected.form === "any-build") ledger.waived(id, "any-build", { shown });
  else if (expected.form === "manifest-missing") ledger.undetermined(id, "manifest-missing", { shown });
  else if (expected.form !== "values") ledger.failed(id, "no-reference-values", { shown });
  else {
    const judged = expected.alternatives.map(({ source, values }) => ({
      source,
      values,
      differing: differing(evidence, claims, values),
    }));
    const best = judged.reduce((a, b) => (b.differing.length < a.differing.length ? b : a));
    ledger.judge(id, best.differing.length === 0, "build-mismatch", {
      source: best.source,
      differing: best.differing,
      shown,
    });
    if (best.differing.length === 0) matched = best.values;
  }
  appraiseParavisor(matched, hardware, context);
  return matched;
}

function differing({ pcrs }: AzureEvidence, claims: Claims, values: AzureValues): readonly string[] {
  const registers = [...values.pcrs].filter(([index, accepted]) => {
    const found = pcrs[index];
    return found === undefined || !accepted.some((value) => equalBytes(value, found));
  });
  const fields = [...values.paravisor].filter(([name, accepted]) => !isAmong(claims[name], accepted));
  return [...registers.map(([index]) => `PCR${index}`), ...fields.map(([name]) => name)];
}

function isAmong(claim: unknown, accepted: readonly Uint8Array[]): boolean {
  if (typeof claim !== "string") return false;
  const found = fromHex(claim);
  return accepted.some((value) => equalBytes(value, found));
}

/** The vTPM is the paravisor's software: who wrote it decides whether its quotes mean anything. */
function appraiseParavisor(
  matched: AzureValues | undefined,
  hardware: ChildResult | undefined,
  { ledger, expected }: Context,
): void {
  const id = `${ID}/paravisor`;
  if (hardware === undefined) {
    ledger.skipped(id, `${ID}/hardware`);
    return;
  }
  const { claims, covers } = hardware;
  const params = {
    idKeyDigest: String(claims.idKeyDigest ?? "none"),
    measurement: String(claims.measurement ?? claims.mrtd ?? "unknown"),
  };
  if ((matched?.paravisor.size ?? 0) > 0 || covers !== "nothing")
    ledger.passed(id, { ...params, by: "your reference values" });
  else if (MICROSOFT_ID_KEYS.includes(params.idKeyDigest)) ledger.passed(id, { ...params, by: "Microsoft's ID key" });
  else if (expected.form === "any-build") ledger.waived(id, "any-build", params);
  else ledger.undetermined(id, "paravisor-unknown", params);
}

function shownOf({ pcrs }: AzureEvidence, claims: Claims): readonly string[] {
  const paravisor = claims.measurement ?? claims.mrtd;
  return [
    ...(typeof paravisor === "string" ? [`paravisor ${paravisor}`] : []),
    ...[4, 7, 8, 9, 11, 12].flatMap((index) =>
      pcrs[index] === undefined ? [] : [`PCR${index} ${toHex(pcrs[index])}`],
    ),
  ];
}

async function appraiseBinding(
  evidence: AzureEvidence,
  { ledger, binding, crypto }: Context,
): Promise<Pick<Appraisal, "freshness" | "channel">> {
  const id = `${ID}/binding`;
  const nothing = { freshness: "none", channel: undefined } as const;
  const places = slots(evidence);
  const result = await ledger.attempt(id, () => compareBinding(binding, places, crypto));
  if (result === undefined) return nothing;
  const { status, slots: compared, expected, found, freshness, channel } = result;
  if (status === "unbound")
    ledger.waived(id, "unbound", {
      found: places.map(({ name, value }) => `${name} ${value === undefined ? "absent" : toHex(value)}`),
    });
  else if (status === "unsupported") ledger.failed(id, "binding-unsupported");
  else ledger.judge(id, status === "matched", "binding-mismatch", { fields: compared, expected, found });
  return { freshness, channel };
}

/** What the sender calls its version changes nothing: the policy says whether user-data must repeat the quote's data. */
function appraiseUserData({ hcl, quote, label }: AzureEvidence, { ledger, settings }: Context): void {
  const id = `${ID}/user-data`;
  const { userData } = hcl;
  const wanted = quote === undefined ? undefined : withZeros(quote.extraData);
  const bound = userData !== undefined && wanted !== undefined && equalBytes(userData, wanted);
  const params = {
    found: userData === undefined ? "absent" : toHex(userData),
    expected: wanted === undefined ? "unknown" : toHex(wanted),
  };
  if (settings.boundUserData || label === 2) ledger.judge(id, bound, "user-data-mismatch", params);
}

function withZeros(data: Uint8Array): Uint8Array {
  const slot = new Uint8Array(64);
  slot.set(data);
  return slot;
}

function appraiseConfiguration({ hcl }: AzureEvidence, { ledger, settings }: Context): void {
  const configuration = vmConfiguration(hcl);
  const secureBoot = member(configuration, "secure-boot") === true;
  if (!secureBoot && settings.allowInsecureBoot) ledger.waived(`${ID}/secure-boot`, "allowed");
  else ledger.judge(`${ID}/secure-boot`, secureBoot, "secure-boot-off");
  if (settings.vmIds === undefined) return;
  const vmId = String(member(configuration, "vmUniqueId") ?? "none").toUpperCase();
  ledger.judge(`${ID}/vm-accepted`, settings.vmIds.includes(vmId), "vm-not-accepted", {
    vmId,
    accepted: settings.vmIds,
  });
}
