/** What the person expects, as a form: each field sets an attribute of the card, which judges anew. */

import { h } from "../element/dom.js";
import type { Challenge, ElementOptions, TeeVerifyElement } from "../element/element.js";
import { parseJson } from "../encoding/json.js";
import { pageTexts as texts } from "../messages/page.js";
import { isAgent } from "./challenge.js";

type Row = readonly [attribute: string, label: string, hint: string];

const FIRST: readonly Row[] = [
  ["expect", texts.expect, texts.expectHint],
  ["sent-nonce", texts.nonce, texts.nonceHint],
];
const FURTHER: readonly Row[] = [
  ["public-key", texts.publicKey, texts.publicKeyHint],
  ["report-data", texts.reportData, texts.reportDataHint],
  ["at", texts.at, texts.atHint],
];

export function form(card: TeeVerifyElement, challenge: Challenge): HTMLElement {
  const field = ([attribute, label, hint]: Row): HTMLElement =>
    labelled(
      attribute,
      label,
      hint,
      h("input", { ...plainInput(attribute), type: "text", onchange: (event) => set(card, attribute, typed(event)) }),
    );
  const policy = h("textarea", {
    ...plainInput("policy"),
    rows: "2",
    onchange: (event) => {
      card.options = policyOf(typed(event));
    },
  });
  return h(
    "form",
    { onsubmit: (event) => event.preventDefault() },
    h("h2", {}, texts.expectTitle),
    h("div", { class: "row" }, ...FIRST.map(field)),
    h(
      "details",
      {},
      h("summary", {}, texts.more),
      h("div", { class: "row" }, ...FURTHER.map(field), labelled("policy", texts.policy, texts.policyHint, policy)),
    ),
    addressRow(card, challenge),
  );
}

function addressRow(card: TeeVerifyElement, challenge: Challenge): HTMLElement {
  const input = h("input", { ...plainInput("address"), type: "url", placeholder: "https://" }) as HTMLInputElement;
  const ask = (): void => {
    // The address is asked again even if it is the same: the last answer may be old.
    const address = input.value.trim();
    card.evidence = undefined;
    card.challenge = isAgent(address) ? challenge : undefined;
    set(card, "src", address);
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") ask();
  });
  return h(
    "div",
    { class: "field" },
    h("label", { for: "address" }, texts.address),
    h("div", { class: "ask" }, input, h("button", { type: "button", onclick: ask }, texts.ask)),
    h("p", { id: "address-hint", class: "hint" }, texts.addressHint),
  );
}

function plainInput(id: string): Readonly<Record<string, string>> {
  return { id, spellcheck: "false", autocomplete: "off", autocapitalize: "off", "aria-describedby": `${id}-hint` };
}

const typed = (event: Event): string => (event.currentTarget as HTMLInputElement).value.trim();

function set(card: HTMLElement, name: string, value: string): void {
  if (value === "") card.removeAttribute(name);
  else card.setAttribute(name, value);
}

/** What is no JSON goes on as it is: the verifier then says that it is no policy, and nothing is judged. */
function policyOf(text: string): ElementOptions {
  if (text === "") return {};
  try {
    return { policy: parseJson(text) as NonNullable<ElementOptions["policy"]> };
  } catch {
    return { policy: text as never };
  }
}

function labelled(id: string, label: string, hint: string, field: HTMLElement): HTMLElement {
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    field,
    h("p", { id: `${id}-hint`, class: "hint" }, hint),
  );
}
