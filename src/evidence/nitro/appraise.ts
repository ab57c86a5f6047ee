/** Is the document what the relying party wants: its age, the build, the binding, debug mode, and where it runs. */

import { allBytes } from "../../encoding/bytes.js";
import { toHex } from "../../encoding/text.js";
import { compareBinding } from "../../expected/binding.js";
import type { Covers } from "../../verdict.js";
import type { Appraisal, AppraiseContext } from "../kind.js";
import { iso, type NitroTrusted } from "./authenticate.js";
import { slots } from "./claims.js";
import type { NitroDocument } from "./document.js";
import { EMPTY_REGISTER, isSet, judgeRegisters, type RegisterValues } from "./registers.js";
import { FIVE_MINUTES, type NitroSettings } from "./settings.js";

type Context = AppraiseContext<NitroSettings, RegisterValues>;

/** What the comparison of registers came to. */
interface Build {
  readonly covers: Covers;
  readonly compared: readonly number[];
}

export async function appraise(
  document: NitroDocument,
  trusted: NitroTrusted | undefined,
  context: Context,
): Promise<Appraisal> {
  const { type } = document;
  const build = await appraiseBuild(document, context);
  const { freshness, channel } = await appraiseBinding(document, context);
  const recent = appraiseAge(document, freshness === "nonce", context);
  if (type === "nitro") appraiseDebug(document, context);
  else appraiseCommandLine(document, build, context);
  appraiseModule(document, context);
  appraiseRegion(document, trusted, context);
  return {
    covers: build.covers,
    freshness: freshness === "none" && recent ? "timestamp" : freshness,
    channel,
    limits: limitsOf(document, build, freshness === "nonce"),
  };
}

function limitsOf({ type }: NitroDocument, { covers, compared }: Build, fresh: boolean): Appraisal["limits"] {
  const ids = ["aws-operates", "no-revocation"];
  if (type === "nitro-tpm") ids.push("instance");
  if (!fresh) ids.push("replay-within-age");
  if (type === "nitro" && covers === "launch" && !(compared.includes(1) && compared.includes(2)))
    ids.push("ramdisk-split");
  return ids.map((id) => ({ id }));
}

async function appraiseBuild(document: NitroDocument, context: Context): Promise<Build> {
  const { type } = document;
  const { ledger, expected, child } = context;
  const id = `${type}/build`;
  const shown = shownRegisters(document);
  switch (expected.form) {
    case "any-build":
      ledger.waived(id, "any-build", { shown });
      break;
    case "manifest-missing":
      ledger.undetermined(id, "manifest-missing", { shown, sha256: expected.sha256 });
      break;
    case "none":
      if (child) ledger.undetermined(id, "no-reference-values", { shown }, false);
      else ledger.failed(id, "no-reference-values", { shown });
      break;
    case "digest": {
      const values: RegisterValues = {
        registers: new Map([[0, [expected.digest]]]),
        sets: [],
        extensions: [],
        digests: [],
      };
      return judgeBuild(document, [{ source: "the digest given", values }], context);
    }
    case "values":
      return judgeBuild(document, expected.alternatives, context);
  }
  return { covers: "nothing", compared: [] };
}

/** One alternative must match as a whole. */
async function judgeBuild(
  document: NitroDocument,
  alternatives: readonly { readonly source: string; readonly values: RegisterValues }[],
  { ledger, crypto }: Context,
): Promise<Build> {
  const { type, registers } = document;
  const id = `${type}/build`;
  const judged = await ledger.attempt(id, () =>
    Promise.all(
      alternatives.map(async ({ source, values }) => ({
        source,
        ...(await judgeRegisters(registers, values, crypto)),
      })),
    ),
  );
  if (judged === undefined) return { covers: "nothing", compared: [] };
  const { source, compared, differing } = judged.reduce((best, next) =>
    next.differing.length < best.differing.length ? next : best,
  );
  ledger.judge(id, differing.length === 0, "build-mismatch", {
    compared,
    differing,
    source,
    shown: shownRegisters(document),
  });
  if (type === "nitro" && isEmptyApplication(registers)) ledger.notice(id, "no-application");
  return { covers: coversOf(document, compared), compared };
}

/** PCR0 is the whole enclave image, as PCR1 and PCR2 are together; PCR4 is the whole boot image of an instance. All others pin no code, or part of it. */
function coversOf({ type }: NitroDocument, compared: readonly number[]): Covers {
  const whole =
    type === "nitro" ? compared.includes(0) || (compared.includes(1) && compared.includes(2)) : compared.includes(4);
  return whole ? "launch" : "nothing";
}

function isEmptyApplication(registers: ReadonlyMap<number, Uint8Array>): boolean {
  const value = registers.get(2);
  return value !== undefined && toHex(value) === EMPTY_REGISTER;
}

/** The registers that name the build, for messages. */
function shownRegisters({ type, registers }: NitroDocument): readonly string[] {
  const indices = type === "nitro" ? [0, 1, 2] : [4, 7, 12];
  return indices.map((index) => `PCR${index} ${hexOr(registers.get(index))}`);
}

function hexOr(value: Uint8Array | undefined): string {
  return value === undefined ? "absent" : toHex(value);
}

async function appraiseBinding(
  document: NitroDocument,
  { ledger, binding, crypto }: Context,
): Promise<Pick<Appraisal, "freshness" | "channel">> {
  const id = `${document.type}/binding`;
  const nothing = { freshness: "none", channel: undefined } as const;
  const result = await ledger.attempt(id, () => compareBinding(binding, slots(document), crypto));
  if (result === undefined) return nothing;
  const { status, slots: compared, expected, found, freshness, channel } = result;
  if (status === "unbound")
    ledger.waived(id, "unbound", {
      nonce: hexOr(document.nonce),
      publicKey: hexOr(document.publicKey),
      userData: hexOr(document.userData),
    });
  else if (status === "unsupported") ledger.failed(id, "binding-unsupported");
  else ledger.judge(id, status === "matched", "binding-mismatch", { fields: compared, expected, found });
  return { freshness, channel };
}

/**
 * AWS's clock against ours. A document that answers our nonce is not old, whatever the clock here says, and one from the future does not exist:
 * both mean that this clock is wrong, and with it nothing can be said about time.
 */
function appraiseAge(
  { type, timestamp }: NitroDocument,
  answersNonce: boolean,
  { ledger, at, settings }: Context,
): boolean {
  const id = `${type}/age`;
  const age = at - timestamp;
  const params = {
    timestamp: iso(timestamp),
    at: iso(at),
    age: Math.round(Math.abs(age) / 1000),
    apart: spanOf(Math.round(Math.abs(age) / 1000)),
    maxAge: settings.maxAge / 1000,
    futureSkew: settings.futureSkew / 1000,
  };
  if (age < -settings.futureSkew) ledger.failed(id, "document-from-the-future", params);
  else if (age > settings.maxAge)
    ledger.failed(id, answersNonce ? "document-old-yet-answers" : "document-too-old", params);
  // A bound of the caller's own that is wider than the default is an opt-out where it makes the difference.
  else if (Math.abs(age) > FIVE_MINUTES * 1000) ledger.waived(id, "allowed", params);
  else ledger.passed(id, params);
  return !ledger.has(id, "failed");
}

const TWO_DAYS = 172_800;

/** Seconds in words, to the whole unit. */
function spanOf(seconds: number): string {
  if (seconds <= FIVE_MINUTES) return `${seconds} seconds`;
  return seconds < TWO_DAYS ? `${Math.floor(seconds / 60)} minutes` : `${Math.floor(seconds / 86_400)} days`;
}

/** An enclave in debug mode shows zeros in PCR0 to PCR2, and true values in PCR3 and PCR4: those say nothing of it. */
function appraiseDebug({ registers }: NitroDocument, { ledger, settings }: Context): void {
  const id = "nitro/debug";
  const zero = [0, 1, 2].filter((index) => !isSet(registers, index)).map((index) => `PCR${index}`);
  if (zero.length === 0) ledger.passed(id);
  else if (settings.allowDebug) ledger.waived(id, "allowed", { zero });
  else ledger.failed(id, "debug-mode", { zero });
}

/** PCR12 is zero unless somebody gave the boot image another command line than the one inside it; an expectation may name the value. */
function appraiseCommandLine({ registers }: NitroDocument, { compared }: Build, { ledger }: Context): void {
  const value = registers.get(12);
  const untouched = value !== undefined && allBytes(value);
  ledger.judge("nitro-tpm/command-line", untouched || compared.includes(12), "command-line-changed", {
    found: hexOr(value),
  });
}

function appraiseModule({ type, moduleId }: NitroDocument, { ledger, settings }: Context): void {
  const { moduleIds } = settings;
  if (moduleIds !== undefined)
    ledger.judge(`${type}/module-accepted`, moduleIds.includes(moduleId), "module-not-accepted", {
      moduleId,
      accepted: moduleIds,
    });
}

function appraiseRegion(
  { type }: NitroDocument,
  trusted: NitroTrusted | undefined,
  { ledger, settings }: Context,
): void {
  const { regions } = settings;
  if (regions === undefined) return;
  const region = trusted?.region ?? "unknown";
  ledger.judge(`${type}/region-accepted`, regions.includes(region), "region-not-accepted", {
    region,
    accepted: regions,
  });
}
