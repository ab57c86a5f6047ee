/** What the element shows where there is no verdict: the drop zone, waiting, and why nothing could be judged. */

import { fill } from "../messages/catalogue.js";
import { type NetworkFailure, networkTexts, elementTexts as texts } from "../messages/element.js";
import { h, mark } from "./dom.js";
import { filePicker } from "./view.js";

/** Where evidence is dropped, pasted or chosen. `text` gets what was pasted, `files` what was dropped or chosen. */
export function dropZone(take: { text(text: string): void; files(files: FileList): void }): HTMLElement {
  const paste = h("textarea", {
    rows: "2",
    "aria-label": texts.paste,
    placeholder: texts.paste,
    spellcheck: "false",
    autocomplete: "off",
    onchange: () => take.text(paste.value),
  }) as HTMLTextAreaElement;
  const zone = h(
    "section",
    { class: "card drop", part: "card drop", "aria-label": texts.drop },
    h("p", { class: "title" }, texts.drop),
    filePicker(texts.choose, take.files),
    paste,
    h("p", { class: "faint" }, texts.dropHint),
  );
  return zone;
}

export function busy(text: string): HTMLElement {
  return h(
    "section",
    { class: "card busy", part: "card busy", "aria-busy": "true" },
    h("span", { class: "spinner", "aria-hidden": "true" }),
    h("p", {}, text),
  );
}

/** Why there is no verdict, in words; looks like none of the three outcomes. */
export function failureText(failure: NetworkFailure, params: Readonly<Record<string, unknown>>): string {
  return fill(networkTexts[failure], params);
}

export function failed(failure: NetworkFailure, text: string, retry: () => void, again: () => void): HTMLElement {
  return h(
    "section",
    { class: "card error", part: "card error", "data-failure": failure, "aria-labelledby": "outcome" },
    h("header", {}, mark("unknown"), h("h2", { id: "outcome", tabindex: "-1" }, texts.noVerdict), h("p", {}, text)),
    h(
      "footer",
      {},
      h("button", { type: "button", onclick: retry }, texts.retry),
      h("button", { type: "button", onclick: again }, texts.again),
    ),
  );
}
