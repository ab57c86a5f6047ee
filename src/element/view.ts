/** A verdict as DOM: the answer first, then the three questions, then what stands against it, then the rest. */

import { fill } from "../messages/catalogue.js";
import { answerTexts, elementTexts as texts } from "../messages/element.js";
import { headlineOf } from "../messages/headline.js";
import { questionsOf } from "../messages/questions.js";
import type { Check, Verdict } from "../verdict.js";
import { h, mark } from "./dom.js";
import { factsOf, pairs, rawValues } from "./values.js";

/** What a card can do, and what only its owner knows. */
export interface CardActions {
  /** Copies the verdict; gets the button. */
  copy(button: HTMLElement): void;
  /** Leads back to the drop zone, where there is one. */
  readonly again: (() => void) | undefined;
  /** Takes further endorsements, where something is missing. */
  readonly add: ((files: FileList) => void) | undefined;
  /** The caller's nonce, lowercase hex, where it is known. */
  readonly nonce: string | undefined;
  /** What was given in place of a default: the time of judgement, a policy. */
  readonly given: readonly string[];
}

/** Only these become links: an address of anybody else could have come with the evidence. */
const VENDOR_ADDRESS =
  /(https:\/\/(?:kdsintf\.amd\.com|(?:api|certificates)\.trustedservices\.intel\.com|rim\.attestation\.nvidia\.com)\/[^\s,]+)/;

/** The whole card. */
export function verdictView(verdict: Verdict, actions: CardActions): HTMLElement {
  const { tone, label, sentence, caveats } = headlineOf(verdict);
  return h(
    "section",
    { class: `card ${tone}`, part: `card ${tone}`, "aria-labelledby": "outcome" },
    h(
      "header",
      { part: "header" },
      mark(tone),
      h("h2", { id: "outcome", tabindex: "-1" }, answerOf(verdict)),
      h("p", { class: "label" }, label),
      h("p", {}, sentence),
      ...caveats.map(({ text }) => h("p", {}, text)),
      ...actions.given.map((text) => h("p", { class: "given" }, text)),
    ),
    questions(verdict),
    h("div", { class: "body", part: "body" }, ...body(verdict, actions)),
    h(
      "footer",
      {},
      h("button", { type: "button", onclick: (event) => actions.copy(event.currentTarget as HTMLElement) }, texts.copy),
      actions.again !== undefined && h("button", { type: "button", onclick: actions.again }, texts.again),
    ),
  );
}

/** The answer in plain words: of a verified verdict with something left open, what is open. */
export function answerOf(verdict: Verdict): string {
  const [caveat] = headlineOf(verdict).caveats;
  if (!verdict.ok) return answerTexts[verdict.outcome];
  if (caveat !== undefined) return answerTexts[caveat.id];
  // Without a nonce and a key it may be the right build, and still not the one that is talked to.
  return answerTexts[verdict.freshness === "nonce" && verdict.channel !== "none" ? "verified" : "build-alone"];
}

function questions(verdict: Verdict): HTMLElement {
  return h(
    "dl",
    { class: "questions", part: "questions" },
    ...questionsOf(verdict).map(({ id, question, tone, answer }) =>
      h("div", { "data-question": id, "data-tone": tone }, h("dt", {}, mark(tone), question), h("dd", {}, answer)),
    ),
  );
}

function body(verdict: Verdict, actions: CardActions): readonly (Node | false)[] {
  const { checks, limits } = verdict;
  const having = (status: Check["status"], required?: boolean): readonly Check[] =>
    checks.filter((check) => check.status === status && (required === undefined || check.required === required));
  const missing = having("undetermined", true);
  const passed = having("passed");
  const unchecked = checks.filter(
    ({ status, required }) => status === "skipped" || (status === "undetermined" && !required),
  );
  return [
    ...listOf(texts.failed, having("failed"), "bad"),
    ...listOf(texts.missing, missing, "unknown"),
    actions.add !== undefined && missing.length > 0 && filePicker(texts.add, actions.add),
    ...listOf(texts.waived, having("waived"), "unknown"),
    ...listOf(
      texts.notices,
      checks.filter(({ notice }) => notice !== undefined),
      "plain",
      ({ notice }) => notice ?? "",
    ),
    // Of what is no yes anyway, the reasons go first.
    ...(verdict.ok ? [h("h3", {}, texts.limits), limitsOf(limits)] : []),
    folded(`${texts.unchecked} (${unchecked.length})`, unchecked.length, list(unchecked, "unknown")),
    folded(
      `${verdict.ok ? texts.passed : texts.passedUnverified} (${passed.length})`,
      passed.length,
      list(passed, headlineOf(verdict).tone === "good" ? "good" : "plain"),
    ),
    !verdict.ok && folded(`${texts.limits} (${limits.length})`, limits.length, limitsOf(limits)),
    folded(texts.facts, 1, pairs(factsOf(verdict, actions.nonce))),
    rawValues(verdict),
  ];
}

function limitsOf(limits: readonly string[]): HTMLElement {
  return h("ul", { class: "limits" }, ...limits.map((limit) => h("li", {}, limit)));
}

type Words = (check: Check) => string;

/** A title says what should hold: beside a cross it must not be read as what was found. */
const TITLES: Partial<Readonly<Record<Check["status"], string>>> = {
  failed: texts.failedCheck,
  undetermined: texts.openCheck,
  waived: texts.waivedCheck,
};

function listOf(
  title: string,
  checks: readonly Check[],
  tone: "bad" | "unknown" | "plain",
  words?: Words,
): readonly HTMLElement[] {
  return checks.length === 0 ? [] : [h("h3", {}, title), list(checks, tone, words)];
}

function list(
  checks: readonly Check[],
  tone: "good" | "bad" | "unknown" | "plain",
  words: Words = ({ detail }) => detail,
): HTMLElement {
  return h(
    "ul",
    {},
    ...checks.map((check) =>
      h(
        "li",
        { "data-check": check.id, "data-status": check.status, class: tone },
        mark(tone),
        h("strong", {}, fill(TITLES[check.status] ?? "{title}", { title: check.title })),
        h("p", {}, ...linked(words(check))),
      ),
    ),
  );
}

/** Vendors' addresses as links that open elsewhere, shortened to what a person can read. */
function linked(text: string): readonly (Node | string)[] {
  return text.split(VENDOR_ADDRESS).map((piece, index) => {
    if (index % 2 === 0) return piece;
    const address = piece.replace(/[.;)]+$/, "");
    const shown = address.slice(8);
    const link = h(
      "a",
      { href: address, target: "_blank", rel: "noopener noreferrer", title: address },
      shown.length > 44 ? `${shown.slice(0, 42)}…` : shown,
    );
    return h("span", {}, link, piece.slice(address.length));
  });
}

function folded(title: string, count: number, content: HTMLElement): HTMLElement | false {
  return count > 0 && h("details", {}, h("summary", {}, title), content);
}

/** A button that opens the system's file dialogue: the input itself cannot be styled or translated. */
export function filePicker(label: string, take: (files: FileList) => void): HTMLElement {
  const input = h("input", {
    type: "file",
    multiple: true,
    hidden: true,
    "aria-label": label,
    onchange: () => {
      const { files } = input;
      if (files !== null && files.length > 0) take(files);
    },
  }) as HTMLInputElement;
  return h("p", { class: "pick" }, h("button", { type: "button", onclick: () => input.click() }, label), input);
}
