/** dstack's bindings, each from the quote outwards: log events, compose text, stated ids, MRCONFIGID, and the certificate's key. */

import { keccak_256 } from "@noble/hashes/sha3.js";
import { allBytes, concatBytes, equalBytes } from "../../encoding/bytes.js";
import { isJsonObject, type JsonObject, member } from "../../encoding/json.js";
import { fromHex, toHex, toUtf8 } from "../../encoding/text.js";
import { readAppCompose } from "../../expected/release/compose.js";
import type { Covers } from "../../verdict.js";
import type { Appraisal, AppraiseContext } from "../kind.js";
import type { DstackBundle } from "./bundle.js";
import type { DstackValues } from "./settings.js";

type Context = AppraiseContext<undefined, DstackValues>;
type Events = ReadonlyMap<string, Uint8Array>;

export async function appraise(bundle: DstackBundle, _trusted: unknown, context: Context): Promise<Appraisal> {
  const { ledger, children, crypto } = context;
  const quote = children[0]?.claims ?? {};
  const events = eventsIn(quote);
  if (events === undefined) ledger.failed("dstack/events", "events-missing");
  else ledger.passed("dstack/events", { names: [...events.keys()] });
  const known: Events = events ?? new Map();
  await ledger.attempt("dstack/app-compose", () => checkCompose(bundle, known, context));
  checkStated(bundle, known, context);
  checkConfigId(quote, known, context);
  await ledger.attempt("dstack/certificate-key", () => checkCertificateKey(bundle, quote, context));
  const matched = appraiseBuild(known, context);
  const covers = children[0]?.covers ?? "nothing";
  const composeKnown = bundle.appCompose !== undefined && ledger.has("dstack/app-compose", "passed");
  const launch = composeKnown ? readAppCompose(bundle.appCompose as string) : undefined;
  // The whole way: registers that pin the system, the compose text that it measured, and every image in it by digest.
  const whole = covers === "launch" && matched && launch?.identifies === true;
  const key = bundle.certificate?.spki;
  const channel =
    key !== undefined && ledger.has("dstack/certificate-key", "passed")
      ? { publicKeySha256: toHex(await crypto.digest("SHA-256", key)) }
      : undefined;
  return {
    covers: whole ? "workload" : (covers satisfies Covers),
    identifies: whole,
    freshness: "none",
    channel,
    limits: (launch?.findings ?? []).map(({ id, found }) => ({ id, params: { found } })),
  };
}

/** The replayed run-time events of the quote inside; `undefined` where no log vouches for any. */
function eventsIn(quote: JsonObject): Events | undefined {
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
function checkStated({ stated }: DstackBundle, events: Events, { ledger }: Context): void {
  const id = "dstack/stated";
  if (stated.size === 0) return;
  const differing = [...stated].filter(([name, value]) => {
    const measured = events.get(name);
    return measured === undefined || !equalBytes(measured, value);
  });
  ledger.judge(id, differing.length === 0, "stated-mismatch", {
    compared: [...stated.keys()],
    differing: differing.map(([name]) => name),
  });
}

/** MRCONFIGID: version 1 is `01` and the compose hash; version 2 hashes it with app id and key provider; zero on old images. */
function checkConfigId(quote: JsonObject, events: Events, { ledger }: Context): void {
  const id = "dstack/mr-config-id";
  const text = member(quote, "mrConfigId");
  const value = typeof text === "string" ? fromHex(text) : undefined;
  const compose = events.get("compose-hash");
  if (value !== undefined && allBytes(value))
    ledger.passed(id, { how: "zero, as old images leave it" }, "not-compared");
  else if (value === undefined || compose === undefined) ledger.skipped(id, "dstack/events");
  // Version 3 hashes a document that the bundle does not carry: the log vouches for the same facts.
  else if (value[0] === 3)
    ledger.passed(id, { how: "of version 3, which hashes what is not in the bundle" }, "not-compared");
  else {
    const accepted = value[0] === 1 ? [padded(1, compose)] : value[0] === 2 ? versionTwo(events) : [];
    ledger.judge(
      id,
      accepted.some((expected) => equalBytes(value, expected)),
      "config-id-mismatch",
      { found: toHex(value) },
    );
  }
}

function padded(version: number, digest: Uint8Array): Uint8Array {
  const value = new Uint8Array(48);
  value[0] = version;
  value.set(digest.subarray(0, 47), 1);
  return value;
}

/** One candidate for each number that a key provider's kind may have. */
function versionTwo(events: Events): readonly Uint8Array[] {
  const compose = events.get("compose-hash") ?? new Uint8Array();
  const app = events.get("app-id") ?? new Uint8Array();
  const provider = providerId(events.get("key-provider"));
  return [0, 1, 2, 3].map((kind) => padded(2, keccak_256(concatBytes(compose, app, Uint8Array.of(kind), provider))));
}

function providerId(payload: Uint8Array | undefined): Uint8Array {
  const id = /"id":"([0-9a-f]*)"/.exec(String.fromCharCode(...(payload ?? [])))?.[1];
  return fromHex(id ?? "");
}

/** REPORTDATA of the quote in an RA-TLS certificate is `SHA-512("ratls-cert:" || SPKI)`. */
async function checkCertificateKey(
  { certificate }: DstackBundle,
  quote: JsonObject,
  { ledger, crypto }: Context,
): Promise<void> {
  if (certificate === undefined) return;
  const expected = await crypto.digest("SHA-512", concatBytes(toUtf8("ratls-cert:"), certificate.spki));
  ledger.judge(
    "dstack/certificate-key",
    member(quote, "reportData") === toHex(expected),
    "certificate-key-mismatch",
    {},
  );
}

/** Whether one alternative matches as a whole. */
function appraiseBuild(events: Events, { ledger, expected }: Context): boolean {
  const id = "dstack/build";
  switch (expected.form) {
    case "any-build":
      ledger.waived(id, "any-build");
      return false;
    case "manifest-missing":
      ledger.undetermined(id, "manifest-missing", { sha256: expected.sha256 });
      return false;
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
      return closest.differing.length === 0 && closest.values.has("compose-hash");
    }
    default:
      // What the quote must be, `expected.tdx` says; of the application nothing was demanded.
      ledger.failed(id, "no-reference-values");
      return false;
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
