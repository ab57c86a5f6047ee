/** The values of a verdict as pairs of name and value. */

import { fill } from "../messages/catalogue.js";
import { elementTexts as texts } from "../messages/element.js";
import { coversMeaning } from "../messages/house.js";
import type { Verdict } from "../verdict.js";
import { h } from "./dom.js";

export type Pair = readonly [name: string, value: string];

/** What was compared, what it answers, whose channel it is and how long it holds. */
export function factsOf(verdict: Verdict, nonce: string | undefined): readonly Pair[] {
  const { covers, freshness, channel, meta } = verdict;
  const facts: readonly (readonly [name: string, value: string | null | undefined | false])[] = [
    [texts.judgedAt, meta.at],
    [texts.validUntil, meta.validUntil],
    [texts.nonceValue, nonce],
    // What unverified evidence says of itself answers nothing.
    [texts.answers, verdict.ok && texts[freshness]],
    [
      texts.channel,
      verdict.ok && (channel === "none" ? texts.noChannel : `${texts.keyHash} ${channel.publicKeySha256}`),
    ],
    [texts.compared, coversMeaning[covers] ?? covers],
  ];
  return facts.filter((fact): fact is Pair => typeof fact[1] === "string");
}

export function pairs(rows: readonly Pair[]): HTMLElement {
  return h(
    "dl",
    { class: "values" },
    ...rows.flatMap(([name, value]) => [
      h("dt", {}, name),
      h("dd", { class: value.length > 24 && !value.includes(" ") ? "value" : "" }, value),
    ]),
  );
}

/** The claims of every part, folded away. */
export function rawValues(verdict: Verdict): HTMLElement | false {
  const rows = verdict.parts.flatMap(({ path, claims }) => flat(claims, verdict.parts.length > 1 ? `${path}.` : ""));
  return (
    rows.length > 0 && h("details", {}, h("summary", {}, verdict.ok ? texts.raw : texts.rawUnverified), pairs(rows))
  );
}

/** Nested claims as dotted names; empty values are left out. */
function flat(value: unknown, prefix: string): readonly Pair[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]): readonly Pair[] => {
    if (typeof item === "object" && item !== null) return flat(item, `${prefix}${name}.`);
    return item === null || item === "" ? [] : [[plain(prefix + name), plain(item)]];
  });
}

/** Text from evidence may carry marks that turn other text around: they become visible escapes. */
function plain(value: unknown): string {
  return fill("{value}", { value });
}
