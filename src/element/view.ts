/** A verdict as DOM: the answer first, then what stands against it, then the rest; nothing green that was not checked. */

import { elementTexts as texts } from "../messages/element.js";
import { headlineOf } from "../messages/headline.js";
import { coversMeaning } from "../messages/house.js";
import type { Check, Verdict } from "../verdict.js";
import { h, mark } from "./dom.js";

/** The whole card. `again` leads back to the drop zone, where there is one. */
export function verdictView(
  verdict: Verdict,
  copy: (button: HTMLElement) => void,
  again: (() => void) | undefined,
): HTMLElement {
  const { tone, label, sentence, caveats } = headlineOf(verdict);
  const { checks, limits } = verdict;
  return h(
    "section",
    { class: `card ${tone}`, part: `card ${tone}`, "aria-labelledby": "outcome" },
    h(
      "header",
      { part: "header" },
      mark(tone),
      h("h2", { id: "outcome", tabindex: "-1" }, label),
      h("p", {}, sentence),
      ...caveats.map(({ text }) => h("p", {}, text)),
    ),
    h(
      "div",
      { class: "body", part: "body" },
      ...listOf(texts.failed, checks.filter(isFailed), "cross"),
      ...listOf(texts.missing, checks.filter(isMissing), "query"),
      ...listOf(
        texts.waived,
        checks.filter(({ status }) => status === "waived"),
        "query",
      ),
      summary(verdict),
      ...listOf(
        texts.notices,
        checks.filter(({ notice }) => notice !== undefined),
        "query",
        ({ notice }) => notice ?? "",
      ),
      ...listOf(texts.unchecked, checks.filter(isUnchecked), "query"),
      folded(
        texts.passed,
        checks.filter(({ status }) => status === "passed").length,
        h(
          "ul",
          {},
          ...checks.filter(({ status }) => status === "passed").map((check) => item(check, "tick", check.detail)),
        ),
      ),
      h("h3", {}, texts.limits),
      h("ul", { class: "limits" }, ...limits.map((limit) => h("li", { class: "text" }, limit))),
      rawValues(verdict),
    ),
    h(
      "footer",
      {},
      h("button", { type: "button", onclick: (event) => copy(event.currentTarget as HTMLElement) }, texts.copy),
      again !== undefined && h("button", { type: "button", onclick: again }, texts.again),
    ),
  );
}

const isFailed = ({ status }: Check): boolean => status === "failed";
const isMissing = ({ status, required }: Check): boolean => status === "undetermined" && required;
const isUnchecked = ({ status, required }: Check): boolean =>
  status === "skipped" || (status === "undetermined" && !required);

function listOf(
  title: string,
  checks: readonly Check[],
  sign: string,
  words: (check: Check) => string = ({ detail }) => detail,
): readonly HTMLElement[] {
  return checks.length === 0
    ? []
    : [h("h3", {}, title), h("ul", {}, ...checks.map((check) => item(check, sign, words(check))))];
}

function item(check: Check, sign: string, words: string): HTMLElement {
  return h(
    "li",
    { "data-check": check.id, "data-status": check.status },
    h("strong", { class: sign }, check.title),
    h("p", { class: "text" }, words),
  );
}

function folded(title: string, count: number, content: HTMLElement): HTMLElement | false {
  return count > 0 && h("details", {}, h("summary", {}, `${title} (${count})`), content);
}

/** What was compared, what it answers and whose channel it is, in words. */
function summary(verdict: Verdict): HTMLElement | false {
  if (!verdict.ok) return false;
  const { covers, freshness, channel, meta } = verdict;
  const rows: readonly (readonly [string, string])[] = [
    [texts.compared, coversMeaning[covers] ?? covers],
    [texts.answers, texts[freshness]],
    [texts.channel, channel === "none" ? texts.noChannel : `${texts.keyHash} ${channel.publicKeySha256}`],
    [texts.judgedAt, meta.at],
    ...(meta.validUntil === null ? [] : [[texts.validUntil, meta.validUntil] as const]),
  ];
  return pairs(rows);
}

function pairs(rows: readonly (readonly [string, string])[]): HTMLElement {
  return h(
    "dl",
    {},
    ...rows.flatMap(([name, value]) => [
      h("dt", {}, name),
      h("dd", { class: value.length > 40 && !value.includes(" ") ? "value" : "" }, value),
    ]),
  );
}

function rawValues(verdict: Verdict): HTMLElement | false {
  const rows = verdict.parts.flatMap(({ path, claims }) => flat(claims, verdict.parts.length > 1 ? `${path}.` : ""));
  return folded(verdict.ok ? texts.raw : texts.rawUnverified, rows.length, pairs(rows));
}

/** Nested claims as dotted names; empty values are left out. */
function flat(value: unknown, prefix: string): readonly (readonly [string, string])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]): readonly (readonly [string, string])[] => {
    if (typeof item === "object" && item !== null) return flat(item, `${prefix}${name}.`);
    return item === null || item === "" ? [] : [[prefix + name, String(item)]];
  });
}
