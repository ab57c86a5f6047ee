/** From findings to the verdict: words for every check, limits, and what the verdict rests on. */

import { reachedBy } from "./build.js";
import type { Crypto, HashName } from "./crypto/crypto.js";
import { toHex, toUtf8 } from "./encoding/text.js";
import type { CheckDefinition, Finding, Ledger } from "./evidence/ledger.js";
import { HOUSE_CHECKS } from "./house.js";
import { type CheckMessages, fill, type LimitCatalogue, type MessageCatalogue } from "./messages/catalogue.js";
import { closestTexts, commonCodes, houseLimits, houseMessages, insideTexts } from "./messages/house.js";
import { isSafeguardWaived } from "./messages/waived.js";
import { canonical, type Request } from "./options.js";
import { flatten, type OpenPart } from "./part.js";
import { ROOTS_DATE } from "./trust/roots-date.js";
import { type Check, type Claims, outcomeOf, type Part, type Verdict, type VerdictMeta } from "./verdict.js";

export interface Conclusion {
  readonly request: Request;
  /** Name of the back end. */
  readonly crypto: string;
  readonly house: Ledger;
  /** Of the evidence, the expectation and the policy; they run beside the signatures. */
  readonly digests: Promise<readonly (string | null)[]>;
  /** `undefined` where the evidence was not recognised. */
  readonly root: OpenPart | undefined;
  /** Whether the manifest's platform that matched says which artifact it contains. */
  readonly tied?: boolean;
  /** When what each part relied on runs out, milliseconds since 1970. */
  readonly ends: readonly number[];
  readonly described?: Described;
}

/** Words that were put together while signatures were still in flight. */
export interface Described {
  readonly parts: readonly Part[];
  /** By what was found: a finding that changes is another object. */
  readonly checks: WeakMap<Finding, Check>;
}

/** Describes what is known so far; `conclude` then has to describe only what came after. */
export function describeSoFar(request: Request, house: Ledger, root: OpenPart): Described {
  const parts = flatten(root);
  const checks = new WeakMap<Finding, Check>();
  allChecks(request, house, parts, checks);
  return { parts: parts.map(describePart), checks };
}

export async function conclude(conclusion: Conclusion): Promise<Verdict> {
  const { request, house, root, described } = conclusion;
  const parts = root === undefined ? [] : flatten(root);
  const checks = allChecks(request, house, parts, described?.checks ?? new WeakMap()).map(explainedBy(parts));
  const outcome = outcomeOf(checks);
  const appraisal = root?.appraisal;
  const claimed = described?.parts ?? parts.map(describePart);
  const reached = {
    covers: appraisal?.covers ?? "nothing",
    freshness: appraisal?.freshness ?? "none",
    channel: appraisal?.channel ?? "none",
  } as const;
  const base = {
    parts: claimed,
    checks,
    ...reached,
    reached: reachedBy({ outcome, ...reached }, house, conclusion.tied === true),
    limits: limitsOf(request, parts, checks),
    meta: await metaOf(conclusion, parts),
  } as const;
  const claims = claimed[0]?.claims ?? {};
  return outcome === "verified"
    ? { outcome, ok: true, claims, ...base }
    : { outcome, ok: false, unverifiedClaims: claims, ...base };
}

/** Those of the house first, then those of each part. Without a part nothing was recognised. */
function allChecks(
  request: Request,
  house: Ledger,
  parts: readonly OpenPart[],
  described: WeakMap<Finding, Check>,
): readonly Check[] {
  const unrecognised = parts.length === 0 ? "evidence/recognised" : undefined;
  return [
    ...checksOf("evidence", houseChecksFor(request), house, houseMessages, unrecognised, described),
    ...parts.flatMap(({ kind, ledger, path, binding }) => {
      const blockedBy = ledger.has(kind.formatCheck, "failed") ? kind.formatCheck : undefined;
      const messages = binding === request.binding ? kind.messages : boundInside(kind.messages);
      return checksOf(path, kind.checks, ledger, messages, blockedBy, described);
    }),
  ];
}

/** A part that must show what the evidence around it says answers no question of the caller's, and its words must not say so. */
function boundInside(messages: MessageCatalogue): MessageCatalogue {
  return Object.fromEntries(
    Object.entries(messages).map(([id, texts]) => [id, /\/(report-data|nonce)$/.test(id) ? insideTexts : texts]),
  );
}

/** A manifest is judged where one was named. */
function houseChecksFor({ expected }: Request): readonly CheckDefinition[] {
  return HOUSE_CHECKS.filter(({ id }) => id !== "evidence/manifest" || expected.form === "build");
}

/** What the kind cannot know of its build check: that a manifest stands in its way, or which known build this is. */
function explainedBy(parts: readonly OpenPart[]): (check: Check) => Check {
  return (check) => {
    const of = parts.find(({ path, kind }) => path === check.part && check.id === `${kind.name}/build`);
    return of === undefined ? check : explained(check, of);
  };
}

function explained(check: Check, { closest }: OpenPart): Check {
  if (check.code === "manifest-missing") {
    const { code: _, ...rest } = check;
    const blockedBy = "evidence/manifest";
    return { ...rest, status: "skipped", blockedBy, detail: fill(commonCodes.skipped as string, { blockedBy }) };
  }
  return closest === undefined
    ? check
    : { ...check, notice: fill(closestTexts[closest.how], { closest: closest.closest }) };
}

function describePart(part: OpenPart): Part {
  return { path: part.path, role: part.role, kind: part.kind.name, claims: claimsOf(part) };
}

function claimsOf(part: OpenPart): Claims {
  return part.evidence === undefined ? {} : part.kind.claims(part.evidence, part.authenticated?.trusted);
}

/** Every check that was made, and every required one that was not. `blockedBy` names what kept them from running. */
function checksOf(
  part: string,
  definitions: readonly CheckDefinition[],
  ledger: Ledger,
  messages: MessageCatalogue,
  blockedBy: string | undefined,
  described: WeakMap<Finding, Check>,
): readonly Check[] {
  const checks: Check[] = [];
  for (const definition of definitions) {
    const finding = ledger.findings.get(definition.id) ?? absent(definition, blockedBy);
    if (finding === undefined) continue;
    const check = described.get(finding) ?? describe(part, definition, finding, messages);
    described.set(finding, check);
    checks.push(check);
  }
  return checks;
}

function absent({ required }: CheckDefinition, blockedBy: string | undefined): Finding | undefined {
  if (!required) return undefined;
  return blockedBy === undefined
    ? { status: "undetermined", code: "not-checked", params: {} }
    : { status: "skipped", params: {}, blockedBy };
}

function describe(part: string, definition: CheckDefinition, finding: Finding, messages: MessageCatalogue): Check {
  const { id, stage, spec } = definition;
  const { status, code, params, notice, blockedBy } = finding;
  const texts = messages[id] ?? { title: id, passed: "", codes: {} };
  const noticeText = notice === undefined ? undefined : texts.notices?.[notice];
  const check: { -readonly [Name in keyof Check]: Check[Name] } = {
    id,
    part,
    stage,
    status,
    params,
    title: texts.title,
    detail: detailOf(texts, finding),
    spec,
    required: finding.required ?? definition.required,
  };
  if (code !== undefined) check.code = code;
  if (noticeText !== undefined) check.notice = fill(noticeText, params);
  if (blockedBy !== undefined) check.blockedBy = blockedBy;
  return check;
}

function detailOf(texts: CheckMessages, { status, code, params, blockedBy }: Finding): string {
  if (status === "passed") return fill(texts.passed, params);
  if (status === "skipped") return fill(commonCodes.skipped as string, { blockedBy });
  return fill(texts.codes[code as string] ?? commonCodes[code as string] ?? (code as string), params);
}

/** What the verdict does not prove: what no verdict can, what the kind knows of itself, and what the caller gave up. */
function limitsOf(request: Request, parts: readonly OpenPart[], checks: readonly Check[]): readonly string[] {
  const limits: string[] = [];
  const add = (catalogue: LimitCatalogue, id: string, params: Readonly<Record<string, unknown>> = {}): void => {
    const text = fill(catalogue[id] ?? id, params);
    if (!limits.includes(text)) limits.push(text);
  };
  if (request.trustAnchors.size > 0) add(houseLimits, "custom-anchors");
  if (request.expected.form === "any-build") add(houseLimits, "any-build");
  if (request.binding === "unbound") add(houseLimits, "unbound");
  else if (request.binding.form === "exact") add(houseLimits, "exact-report-data");
  else if (parts[0]?.appraisal?.channel === undefined) add(houseLimits, "no-channel");
  const waived = checks.filter(isSafeguardWaived).map(({ title }) => title);
  if (waived.length > 0) add(houseLimits, "unsafe-policy", { waived });
  for (const { kind, appraisal } of parts)
    for (const { id, params } of appraisal?.limits ?? []) add(kind.limits, id, params);
  add(houseLimits, "running-code");
  add(houseLimits, "physical-access");
  return limits;
}

async function metaOf(
  { request, crypto, digests, ends }: Conclusion,
  parts: readonly OpenPart[],
): Promise<VerdictMeta> {
  const [evidenceSha256 = null, expectedSha256 = null, policySha256 = null] = await digests;
  return {
    schema: 1,
    evidenceSha256,
    at: new Date(request.at).toISOString(),
    expectedSha256,
    policySha256,
    crypto,
    roots: ROOTS_DATE,
    floors:
      parts.map(({ kind, appraisal }) => appraisal?.floorsDate ?? kind.floorsDate).find((date) => date !== undefined) ??
      ROOTS_DATE,
    anchors: request.trustAnchors.size > 0 ? "custom" : "pinned",
    validUntil: ends.length === 0 ? null : new Date(Math.min(...ends)).toISOString(),
  };
}

/** SHA-256 of the evidence, the expectation and the policy, as `meta` shows them; `null` where no back end can. */
export function digestsOf(
  { evidence, demanded: { expected, policy } }: Request,
  crypto: Crypto,
): Promise<readonly (string | null)[]> {
  return Promise.all(
    [evidence, toUtf8(canonical(expected)), toUtf8(canonical(policy))].map((value) => digest(crypto, "SHA-256", value)),
  );
}

async function digest(crypto: Crypto, hash: HashName, value: Uint8Array): Promise<string | null> {
  try {
    return toHex(await crypto.digest(hash, value));
  } catch {
    // They name what was judged and nothing rests on them: a verdict without them is better than none.
    return null;
  }
}
