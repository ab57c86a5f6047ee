/** Is the TD what the relying party wants: build, run-time measurements, attributes, binding, TCB. */

import { allBytes, equalBytes } from "../../encoding/bytes.js";
import { toHex, toUtf8 } from "../../encoding/text.js";
import type { Covers } from "../../verdict.js";
import { appraiseBinding, appraiseBuild, appraisePlatform } from "../dcap/appraise.js";
import type { Appraisal, AppraiseContext } from "../kind.js";
import {
  ATTRIBUTE_NAMES,
  DEBUG_GROUP,
  hasAttribute,
  mask,
  reservedBits,
  XFAM_ALLOWED,
  XFAM_REQUIRED,
} from "./attributes.js";
import type { TdxTrusted } from "./authenticate.js";
import { slots } from "./claims.js";
import type { TdxQuote } from "./report.js";
import type { TdxAllowance, TdxField, TdxSettings, TdxValues } from "./settings.js";

type Context = AppraiseContext<TdxSettings, TdxValues>;

const LOG = "tdx/event-log";

export async function appraise(quote: TdxQuote, trusted: TdxTrusted | undefined, context: Context): Promise<Appraisal> {
  const { report } = quote;
  // A log that could not be replayed for want of a hash says neither yes nor no of its events.
  const unreplayed = context.ledger.has(LOG, "undetermined");
  const { covers, values } = appraiseBuild<TdxField>(
    {
      tee: "tdx",
      main: "mrtd",
      field: (name) => report[name],
      number: () => 0,
      covers: coverage,
      others: (wanted) => (unreplayed ? [] : differingEvents(wanted as TdxValues, trusted)),
    },
    context,
  );
  if (unreplayed && values !== undefined && (values as TdxValues).events.size > 0)
    context.ledger.skipped("tdx/build", LOG);
  if (values !== undefined && covers === "launch") appraiseRtmr3(quote, trusted, values as TdxValues, context);
  const bound = await appraiseBinding("tdx", slots(quote)[0], context);
  appraisePlatform("tdx", trusted, context);
  appraiseAttributes(quote, context);
  appraiseMigration(quote, trusted, context);
  appraiseServiceTd(quote, values as TdxValues | undefined, context);
  const composed = trusted?.log?.events.has("compose-hash") === true;
  const named = covers !== "launch" || !composed || namesApplication(quote, values as TdxValues | undefined, context);
  const identifies = runtimeIdentified(quote, values as TdxValues | undefined, composed);
  const limits = limitsOf(composed, named, context);
  return { covers: named ? covers : "firmware", identifies, ...bound, limits };
}

/**
 * Whether a dstack application is pinned: by RTMR3 as a whole, its compose hash, or its app id with the key provider that governs it. Any
 * other event is the same for every application on the system, or the host's to choose. Evidence around this one judges that itself.
 */
function namesApplication({ report }: TdxQuote, values: TdxValues | undefined, context: Context): boolean {
  if (values === undefined || values.sets.has("rtmr3") || allBytes(report.rtmr3)) return true;
  const { events } = values;
  if (eventsJudged(context) || events.has("compose-hash") || (events.has("app-id") && events.has("key-provider")))
    return true;
  if (!context.settings.allow.includes("rtmr3")) return false;
  // Replayed with some event that was expected, which does not say what runs.
  context.ledger.waived("tdx/rtmr3", "allowed", { rtmr3: toHex(report.rtmr3) });
  return true;
}

/** Only evidence around this one can say so: its own companions never get here. */
function eventsJudged({ child, recognition }: Context): boolean {
  return child && recognition.companions?.get("eventsJudged") === true;
}

/**
 * Whether what was measured after launch is pinned as a whole, or is nothing. A waiver, or an event such as `instance-id`, leaves open
 * which application runs; and so does dstack's compose hash, since the file behind it may name its images by tag: evidence of kind `dstack`
 * brings the file along, this does not.
 */
function runtimeIdentified({ report }: TdxQuote, values: TdxValues | undefined, composed: boolean): boolean {
  return allBytes(report.rtmr3) || (values?.sets.has("rtmr3") === true && !composed);
}

/** Without MRTD the registers prove nothing: whatever firmware ran may have written them. */
function coverage(names: ReadonlySet<TdxField>): Covers {
  if (!names.has("mrtd")) return "nothing";
  return names.has("rtmr0") && names.has("rtmr1") && names.has("rtmr2") ? "launch" : "firmware";
}

function limitsOf(composed: boolean, named: boolean, { ledger, child }: Context): Appraisal["limits"] {
  const unchecked =
    ledger.findings.get("tdx/revocation")?.code === "crl-missing" ? [{ id: "revocation-not-checked" }] : [];
  // Around a child stands what brings the file along.
  const unseen = composed && !child ? [{ id: "compose-unseen" }] : [];
  const unnamed = named ? [] : [{ id: "application-unnamed" }];
  return [{ id: "guest-above-firmware" }, ...unseen, ...unnamed, ...unchecked];
}

/** Run-time events that are not there with an accepted payload; without a log that replays, none is. */
function differingEvents({ events }: TdxValues, trusted: TdxTrusted | undefined): readonly string[] {
  const missing = [...events].filter(([name, accepted]) => {
    const found = trusted?.log?.events.get(name);
    return found === undefined || !accepted.some((value) => equalBytes(value, found));
  });
  return missing.map(([name]) => `event ${name}`);
}

/** Pinned, replayed with what the log must say, or zero: what software measured after launch decides what runs, on dstack the whole application. */
function appraiseRtmr3(
  { report: { rtmr3 } }: TdxQuote,
  trusted: TdxTrusted | undefined,
  { sets, events }: TdxValues,
  context: Context,
): void {
  const { ledger } = context;
  const replayed = trusted?.log?.registers.has(3) === true;
  if (sets.has("rtmr3")) ledger.passed("tdx/rtmr3", { how: "among those that you expect, or the build check says so" });
  else if (replayed && (events.size > 0 || eventsJudged(context)))
    ledger.passed("tdx/rtmr3", { how: "replayed from the log, whose events the build check judges" });
  else if (allBytes(rtmr3)) ledger.passed("tdx/rtmr3", { how: "zero: nothing was measured into it" });
  else if (ledger.has(LOG, "undetermined")) ledger.skipped("tdx/rtmr3", LOG);
  else refuse(context, "rtmr3", "rtmr3", "rtmr3-not-zero", { rtmr3: toHex(rtmr3) });
}

type Refusal =
  | "rtmr3-not-zero"
  | "debug-allowed"
  | "sept-ve-enabled"
  | "migratable"
  | "migrated"
  | "perfmon-allowed"
  | "service-td";

/** Failed, unless the caller takes it. */
function refuse(
  { ledger, settings }: Context,
  name: string,
  allowance: TdxAllowance,
  code: Refusal,
  params: Readonly<Record<string, string | readonly string[]>> = {},
): void {
  if (settings.allow.includes(allowance)) ledger.waived(`tdx/${name}`, "allowed", params);
  else ledger.failed(`tdx/${name}`, code, params);
}

function appraiseAttributes({ report: { tdAttributes, xfam } }: TdxQuote, context: Context): void {
  const { ledger, settings } = context;
  const set = ATTRIBUTE_NAMES.filter((name) => hasAttribute(tdAttributes, name));
  const debug = tdAttributes & DEBUG_GROUP;
  if (debug === 0n) ledger.passed("tdx/debug");
  else refuse(context, "debug", "debug", "debug-allowed", { set: mask(debug) });
  if (hasAttribute(tdAttributes, "septVeDisable")) ledger.passed("tdx/sept-ve");
  else refuse(context, "sept-ve", "sept-ve", "sept-ve-enabled");
  if (!hasAttribute(tdAttributes, "perfmon")) ledger.passed("tdx/perfmon");
  else refuse(context, "perfmon", "perfmon", "perfmon-allowed");

  const differing = [...settings.attributes]
    .filter(([name, value]) => hasAttribute(tdAttributes, name) !== value)
    .map(([name, value]) => `${name} is ${!value}`);
  const params = { attributes: mask(tdAttributes), set, differing };
  if (reservedBits(tdAttributes) !== 0n) ledger.failed("tdx/attributes", "attributes-reserved", params);
  else ledger.judge("tdx/attributes", differing.length === 0, "attributes-mismatch", params);

  const sound = (xfam & XFAM_REQUIRED) === XFAM_REQUIRED && (xfam & ~settings.allowedXfam) === 0n;
  const shown = { xfam: mask(xfam), allowed: mask(settings.allowedXfam) };
  if (sound && (xfam & ~XFAM_ALLOWED) !== 0n) ledger.waived("tdx/xfam", "allowed", shown);
  else ledger.judge("tdx/xfam", sound, "xfam-not-allowed", shown);
}

/** It may be moved, or was: the extended report names the platform on which the TD began. */
function appraiseMigration({ report }: TdxQuote, trusted: TdxTrusted | undefined, context: Context): void {
  const { tdAttributes, initialFmspc } = report;
  const fmspc = trusted?.pck?.fmspc;
  if (hasAttribute(tdAttributes, "migratable")) refuse(context, "migration", "migration", "migratable");
  else if (initialFmspc !== undefined && !allBytes(initialFmspc) && fmspc !== undefined && !isOf(fmspc, initialFmspc))
    refuse(context, "migration", "migration", "migrated", { from: toHex(initialFmspc), here: toHex(fmspc) });
  else context.ledger.passed("tdx/migration");
}

/** The field has twice the bytes of an FMSPC, and Intel does not say which they are: digits, or the bytes before or behind zeros. */
function isOf(fmspc: Uint8Array, field: Uint8Array): boolean {
  const [digits, zeros] = [toHex(fmspc), "0".repeat(12)];
  return [digits + zeros, zeros + digits, toHex(toUtf8(digits))].includes(toHex(field));
}

/** A migration TD is one: what it may do to this TD, this quote does not say. */
function appraiseServiceTd({ report }: TdxQuote, values: TdxValues | undefined, context: Context): void {
  const { ledger } = context;
  const { mrServiceTd } = report;
  const id = "tdx/service-td";
  const bound = boundBeside(report, values?.sets.has("mrServiceTd") === true);
  if (bound !== undefined)
    refuse(context, "service-td", "service-td", "service-td", {
      mrServiceTd: `${toHex(mrServiceTd ?? new Uint8Array())}, ${bound}`,
    });
  else if (mrServiceTd === undefined) ledger.passed(id, { how: "A TD 1.0 report names none" });
  else if (allBytes(mrServiceTd)) ledger.passed(id, { how: "MRSERVICETD is zero" });
  else if (values?.sets.has("mrServiceTd"))
    ledger.passed(id, { how: "MRSERVICETD is pinned, and the build check judges it" });
  else refuse(context, "service-td", "service-td", "service-td", { mrServiceTd: toHex(mrServiceTd) });
}

/** What the extended report says of service TDs at launch and now that MRSERVICETD, zero or pinned, does not: the first member of it. */
function boundBeside(report: TdxQuote["report"], pinned: boolean): string | undefined {
  const { mrServiceTd = new Uint8Array(48), initialServiceTdHash, currentServiceTdHash } = report;
  const hashes = { initialServiceTdHash, currentServiceTdHash };
  const other = Object.entries(hashes).find(
    ([, hash]) => hash !== undefined && !allBytes(hash) && !(pinned && equalBytes(hash, mrServiceTd)),
  );
  const attributes = (report.initialServiceTdAttributes ?? 0n) | (report.currentServiceTdAttributes ?? 0n);
  if (other !== undefined) return `${other[0]} ${toHex(other[1] as Uint8Array)}`;
  return attributes !== 0n && !pinned ? `attributes of a service TD ${mask(attributes)}` : undefined;
}
