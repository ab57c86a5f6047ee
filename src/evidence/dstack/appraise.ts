/** dstack's bindings, each from the quote outwards: log events, compose text, stated ids, MRCONFIGID, and the certificate. */

import { equalBytes } from "../../encoding/bytes.js";
import { isJsonObject, member } from "../../encoding/json.js";
import { fromHex, toHex, toUtf8 } from "../../encoding/text.js";
import { compareBinding } from "../../expected/binding.js";
import { type LaunchReading, readAppCompose } from "../../expected/release/compose.js";
import type { Certificate } from "../../trust/certificate.js";
import type { Claims, Covers } from "../../verdict.js";
import type { Appraisal, AppraiseContext } from "../kind.js";
import type { DstackBundle } from "./bundle.js";
import { checkCertificateKey, checkChain } from "./certificate.js";
import { checkConfigId } from "./mr-config.js";
import type { DstackValues } from "./settings.js";
import { differingStatements } from "./stated.js";

const UNBOUND = { freshness: "none", channel: undefined } as const;

type Context = AppraiseContext<undefined, DstackValues>;
type Events = ReadonlyMap<string, Uint8Array>;

export async function appraise(bundle: DstackBundle, _trusted: unknown, context: Context): Promise<Appraisal> {
  const { ledger, children } = context;
  const quote = children[0]?.claims ?? {};
  const events = eventsIn(quote);
  if (events === undefined && children[0]?.undetermined.includes(LOG)) return unreplayed(context);
  if (events === undefined) ledger.failed("dstack/events", "events-missing");
  else ledger.passed("dstack/events", { names: [...events.keys()] });
  const known: Events = events ?? new Map();
  await ledger.attempt("dstack/app-compose", () => checkCompose(bundle, known, context));
  await ledger.attempt("dstack/stated", () => checkStated(bundle, known, quote, context));
  await ledger.attempt("dstack/mr-config-id", () => checkConfigId(quote, known, bundle.mrConfig, context));
  await ledger.attempt("dstack/certificate-key", () => checkCertificateKey(bundle.chain, quote, context));
  await ledger.attempt("dstack/certificate-chain", () => checkChain(bundle.chain, known.get("key-provider"), context));
  const demanded = appraiseBuild(known, context);
  const read = ledger.has("dstack/app-compose", "passed");
  const launch = read ? readAppCompose(bundle.appCompose as string) : undefined;
  const covers = coverage(children[0]?.covers ?? "nothing", demanded);
  // The whole way: registers that pin the system, the compose text that it measured, and nothing in it that leaves open what runs.
  const whole = covers === "launch" && demanded?.has("compose-hash") === true && launch?.identifies === true;
  return {
    covers: whole ? "workload" : covers,
    identifies: whole,
    ...((await ledger.attempt("dstack/certificate-key", () => boundTo(bundle, quote, context))) ?? UNBOUND),
    limits: limitsOf(bundle, known, launch, demanded),
  };
}

const LOG = "tdx/event-log";

/** Everything here goes by the log: where it could not be replayed for want of a hash, nothing here was checked. */
function unreplayed({ ledger }: Context): Appraisal {
  for (const name of [
    "events",
    "app-compose",
    "stated",
    "mr-config-id",
    "certificate-key",
    "certificate-chain",
    "build",
  ])
    ledger.skipped(`dstack/${name}`, LOG);
  return { covers: "nothing", identifies: false, ...UNBOUND, limits: [] };
}

/** The replayed run-time events of the quote inside; `undefined` where no log vouches for any. */
function eventsIn(quote: Claims): Events | undefined {
  const events = member(quote, "events");
  if (!isJsonObject(events)) return undefined;
  return new Map(Object.entries(events).map(([name, payload]) => [name, fromHex(String(payload))]));
}

async function checkCompose({ appCompose }: DstackBundle, events: Events, { ledger, crypto }: Context): Promise<void> {
  const id = "dstack/app-compose";
  const measured = events.get("compose-hash");
  if (appCompose === undefined)
    ledger.undetermined(id, "compose-missing", { measured: measured === undefined ? "unknown" : toHex(measured) });
  else if (measured === undefined) ledger.skipped(id, "dstack/events");
  else {
    const found = await crypto.digest("SHA-256", toUtf8(appCompose));
    ledger.judge(id, equalBytes(found, measured), "compose-mismatch", {
      found: toHex(found),
      measured: toHex(measured),
    });
  }
}

/** Whatever the answer states beside the log must be what the log says: a reader may show the one and trust the other. */
async function checkStated(
  { statements }: DstackBundle,
  events: Events,
  quote: Claims,
  { ledger, crypto }: Context,
): Promise<void> {
  if (statements.length === 0) return;
  const differing = await differingStatements(statements, events, quote, crypto);
  const compared = statements.map(({ name }) => name);
  ledger.judge("dstack/stated", differing.length === 0, "stated-mismatch", { compared, differing });
}

/** What the closest alternative demands, where it matches as a whole. */
function appraiseBuild(events: Events, { ledger, expected }: Context): DstackValues | undefined {
  const id = "dstack/build";
  switch (expected.form) {
    case "any-build":
      ledger.waived(id, "any-build");
      return undefined;
    case "manifest-missing":
      ledger.undetermined(id, "manifest-missing", { sha256: expected.sha256 });
      return undefined;
    case "values": {
      const judged = expected.alternatives.map(({ source, values }) => ({
        source,
        values,
        differing: differing(events, values),
      }));
      const closest = judged.reduce((best, next) => (next.differing.length < best.differing.length ? next : best));
      ledger.judge(id, closest.differing.length === 0, "build-mismatch", {
        compared: [...closest.values.keys()],
        differing: closest.differing,
        source: closest.source,
      });
      return closest.differing.length === 0 ? closest.values : undefined;
    }
    default:
      // What the quote must be, `expected.tdx` says; of the application nothing was demanded.
      ledger.failed(id, "no-reference-values");
      return undefined;
  }
}

function differing(events: Events, values: DstackValues): readonly string[] {
  return [...values]
    .filter(([name, accepted]) => {
      const found = events.get(name);
      return found === undefined || !accepted.some((value) => equalBytes(value, found));
    })
    .map(([name]) => name);
}

/**
 * An app id is what the host says, unless the key provider that gives keys to it was demanded too: whoever governs the app there decides
 * which compose files run under it. With neither, what was launched is the system alone.
 */
function coverage(covers: Covers, demanded: DstackValues | undefined): Covers {
  const named = demanded?.has("compose-hash") || (demanded?.has("app-id") && demanded.has("key-provider"));
  return covers === "launch" && demanded !== undefined && !named ? "firmware" : covers;
}

/** What the quote is bound to: what the caller demanded of it, else the key of the certificate that came along. */
async function boundTo(
  { chain }: DstackBundle,
  quote: Claims,
  { ledger, binding, crypto }: Context,
): Promise<Pick<Appraisal, "freshness" | "channel">> {
  const reportData = member(quote, "reportData");
  const value = typeof reportData === "string" ? fromHex(reportData) : undefined;
  const { freshness, channel } = await compareBinding(binding, [{ name: "reportData", size: 64, value }], crypto);
  // That it passed says that there is a certificate.
  if (channel !== undefined || !ledger.has("dstack/certificate-key", "passed")) return { freshness, channel };
  const [{ spki }] = chain as readonly [Certificate];
  return { freshness, channel: { publicKeySha256: toHex(await crypto.digest("SHA-256", spki)) } };
}

function limitsOf(
  { chain }: DstackBundle,
  events: Events,
  launch: LaunchReading | undefined,
  demanded: DstackValues | undefined,
): Appraisal["limits"] {
  const until = chain[0]?.notAfter;
  const pinned = demanded?.has("compose-hash");
  return [
    ...(launch?.findings.map(({ id, found }) => ({ id, params: { found } })) ?? [{ id: "compose-unseen" }]),
    ...(demanded !== undefined && !pinned ? [{ id: "compose-unpinned" }] : []),
    ...(isDerived(events) ? [] : [{ id: "app-id-not-derived" }]),
    ...(until === undefined ? [] : [{ id: "certificate-age", params: { until: new Date(until).toISOString() } }]),
  ];
}

/**
 * An app id is the start of the compose hash with which the app was first deployed. After an upgrade it is not of the one that runs, so that
 * is no fault by itself.
 */
function isDerived(events: Events): boolean {
  const [app, compose] = [events.get("app-id"), events.get("compose-hash")];
  return app === undefined || compose === undefined || equalBytes(app, compose.subarray(0, 20));
}
