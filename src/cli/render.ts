/** A verdict for people: the outcome first, then what stands against it and what to do, then the rest. */

import { fill } from "../messages/catalogue.js";
import { elementTexts } from "../messages/element.js";
import { headlineOf } from "../messages/headline.js";
import { isSafeguardWaived } from "../messages/waived.js";
import type { Check, Status, Verdict } from "../verdict.js";
import { factsOf } from "./facts.js";
import { CAVEAT_HINTS, hintFor } from "./hints.js";
import type { Terminal } from "./io.js";
import { type Paint, safe, type Theme, themeOf, wrap } from "./text.js";

interface Page {
  readonly verdict: Verdict;
  readonly theme: Theme;
  readonly width: number;
  /** Whether the time of judgement was given. */
  readonly dated: boolean;
}

/** `verbose` adds what was found to every check that passed; `dated`: the time of judgement was given, and is not now. */
export function renderVerdict(verdict: Verdict, terminal: Terminal, verbose = false, dated = false): string {
  const page: Page = { verdict, theme: themeOf(terminal), width: terminal.width, dated };
  const blocks = [
    headline(page),
    ...checksThat(verdict, isFailed).map((check) => trouble(page, check, "FAILED", "failed", page.theme.bad)),
    ...checksThat(verdict, isOpen).map((check) => trouble(page, check, "UNKNOWN", "undetermined", page.theme.unknown)),
    skipped(page),
    ...checksThat(verdict, isSafeguardWaived).map((check) =>
      trouble(page, check, "WAIVED", "waived", page.theme.unknown),
    ),
    facts(page),
    notices(page),
    verbose ? passedInFull(page) : passed(page),
    limits(page),
    footer(page),
  ];
  return `\n${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

const isFailed = ({ status }: Check): boolean => status === "failed";
const isOpen = ({ status, required }: Check): boolean => status === "undetermined" && required;
const isUnchecked = ({ status, required }: Check): boolean => status === "undetermined" && !required;

function checksThat({ checks }: Verdict, holds: (check: Check) => boolean): readonly Check[] {
  return checks.filter(holds);
}

const TONE_SYMBOL = { good: "passed", bad: "failed", unknown: "undetermined" } as const;

function headline({ verdict, theme, width, dated }: Page): string {
  const { tone, label, sentence, caveats } = headlineOf(verdict);
  const lines = [theme[tone](`${theme.symbols[TONE_SYMBOL[tone]]} ${label}`), `  ${wrap(sentence, width, 2)}`];
  const warnings = caveats.map(
    ({ id, text }) => `${theme.unknown(theme.symbols.notice)} ${wrap(`${text} ${CAVEAT_HINTS[id]}`.trim(), width, 2)}`,
  );
  const asOf = fill(elementTexts.asOf, { at: verdict.meta.at.replace("T00:00:00.000Z", "") });
  const given = dated ? [`${theme.unknown(theme.symbols.notice)} ${wrap(asOf, width, 2)}`] : [];
  return [...lines, ...given, ...warnings].join("\n");
}

/** A check that stands in the way: what it means, and what to do. */
function trouble(page: Page, check: Check, label: string, status: Status, paint: Paint): string {
  const { theme, width } = page;
  const indent = 4;
  const detail = [safe(check.detail), hintFor(check)].filter((text) => text !== undefined).join(" ");
  const source = `${check.id}${check.code === undefined ? "" : `: ${check.code}`} (${check.spec})`;
  const head = `${theme.symbols[status]} ${label}:`;
  return [
    `${paint(head)} ${theme.strong(wrap(titleOf(page, check), width, head.length + 1))}`,
    `${" ".repeat(indent)}${wrap(detail, width, indent)}`,
    `${" ".repeat(indent)}${theme.faint(wrap(safe(source), width, indent))}`,
  ].join("\n");
}

/** Where evidence holds evidence, the title says of which part it speaks. */
function titleOf({ verdict }: Page, { title, part }: Check): string {
  return safe(verdict.parts.length > 1 && part !== "evidence" ? `${title} (${part})` : title);
}

function skipped(page: Page): string {
  const titles = checksThat(page.verdict, ({ status }) => status === "skipped").map((check) => titleOf(page, check));
  if (titles.length === 0) return "";
  const { theme, width } = page;
  const text = `Not checked, because of what is above: ${titles.join("; ")}.`;
  return `${theme.symbols.skipped} ${wrap(text, width, 2)}`;
}

function facts({ verdict, theme, width }: Page): string {
  const column = 15;
  return factsOf(verdict)
    .map(([label, value]) => `  ${theme.faint(label.padEnd(column - 2))}${wrap(safe(value), width, column)}`)
    .join("\n");
}

function notices(page: Page): string {
  const { verdict, theme, width } = page;
  const texts = [
    ...verdict.checks.flatMap(({ notice }) => (notice === undefined ? [] : [notice])),
    ...checksThat(verdict, isUnchecked).map(({ detail }) => detail),
  ];
  return texts
    .map((text) => `${theme.unknown(`${theme.symbols.notice} NOTICE:`)} ${wrap(safe(text), width, 10)}`)
    .join("\n");
}

const STAGES: readonly (readonly [Check["stage"], string])[] = [
  ["parse", "Form"],
  ["authenticate", "Origin"],
  ["appraise", "Demands"],
];

/** Whether what the evidence says may be taken for true: else what agrees with the demands agrees with mere words. */
function isAuthentic({ checks }: Verdict): boolean {
  return checks.every(
    ({ stage, required, status }) =>
      stage === "appraise" || (status !== "failed" && (!required || status === "passed" || status === "waived")),
  );
}

/** Nothing has a green mark before all of the evidence's origin has. */
function mark({ verdict, theme }: Page): string {
  return isAuthentic(verdict) ? theme.good(theme.symbols.passed) : theme.symbols.skipped;
}

function passedTitle({ verdict, theme, width }: Page, count: number): string {
  const title = `Passed (${count})`;
  const words = isAuthentic(verdict)
    ? ""
    : wrap(", and worth nothing while it is not known to be genuine", width, title.length);
  return `${theme.strong(title)}${words}`;
}

/** Titles by stage. */
function passed(page: Page): string {
  const { verdict, theme, width } = page;
  const checks = checksThat(verdict, ({ status }) => status === "passed");
  const column = 13;
  const lines = STAGES.flatMap(([stage, label]) => {
    const titles = checks.filter((check) => check.stage === stage).map((check) => titleOf(page, check));
    if (titles.length === 0) return [];
    return [`  ${mark(page)} ${theme.faint(label.padEnd(column - 4))}${wrap(titles.join("; "), width, column)}`];
  });
  return lines.length === 0 ? "" : [passedTitle(page, checks.length), ...lines].join("\n");
}

function passedInFull(page: Page): string {
  const { theme, width } = page;
  const checks = checksThat(page.verdict, ({ status }) => status === "passed");
  const blocks = checks.map((check) =>
    [
      `  ${mark(page)} ${wrap(titleOf(page, check), width, 4)}`,
      `    ${wrap(safe(check.detail), width, 4)}`,
      `    ${theme.faint(wrap(safe(`${check.id} (${check.spec})`), width, 4))}`,
    ].join("\n"),
  );
  return blocks.length === 0 ? "" : [passedTitle(page, checks.length), ...blocks].join("\n");
}

function limits({ verdict, theme, width }: Page): string {
  const lines = verdict.limits.map((text) => `  ${theme.symbols.bullet} ${wrap(safe(text), width, 4)}`);
  return [theme.strong("What this does not prove"), ...lines].join("\n");
}

/** The outcome again: the first lines may have left the screen. */
function footer({ verdict, theme, width }: Page): string {
  const { meta } = verdict;
  const { tone, label } = headlineOf(verdict);
  const text = `Judged at ${meta.at} with roots of ${meta.roots} and floors of ${meta.floors} (${meta.crypto}). Evidence SHA-256 ${meta.evidenceSha256 ?? "not computed"}.`;
  return `${theme.faint(wrap(safe(text), width))}\n${theme[tone](`${theme.symbols[TONE_SYMBOL[tone]]} ${label}`)}`;
}
