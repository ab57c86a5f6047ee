/** The page for people: drop a report, say what you expect, read the verdict, and see the bytes. No server; nothing leaves the page. */

import { h } from "../element/dom.js";
import { defineTeeVerify, type TeeVerifyElement } from "../element/element.js";
import { type EvidenceSource, type Inspection, inspect, type Verdict } from "../index.js";
import { fieldChecks, fieldMeaning } from "../messages/fields.js";
import { pageTexts as texts } from "../messages/page.js";
import { pageStyles } from "./styles.js";

/** Puts the page into `body`. */
export function startPage(): void {
  defineTeeVerify();
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(pageStyles);
  document.adoptedStyleSheets = [sheet];
  const card = document.createElement("tee-verify") as TeeVerifyElement;
  const map = h("div", { class: "map" });
  card.addEventListener("tee-verify-verdict", (event) => {
    map.replaceChildren(...byteMap(card.evidence, (event as CustomEvent<Verdict>).detail));
  });
  document.body.append(
    h(
      "main",
      {},
      h("h1", {}, texts.title),
      h("p", { class: "lead" }, texts.lead),
      form(card),
      card,
      map,
      h("section", { class: "help" }, h("h2", {}, texts.collateralTitle), h("p", {}, texts.collateral)),
    ),
  );
}

/** Each field sets the attribute of its name on the card. */
const FIELDS = [
  ["expect", texts.expect, texts.expectHint],
  ["nonce", texts.nonce, texts.nonceHint],
  ["public-key", texts.publicKey, texts.publicKeyHint],
  ["at", texts.at, texts.atHint],
] as const;

function form(card: TeeVerifyElement): HTMLElement {
  const paste = h("textarea", {
    id: "paste",
    rows: "3",
    spellcheck: "false",
    "aria-describedby": "paste-hint",
  }) as HTMLTextAreaElement;
  const address = h("input", { id: "address", type: "url", placeholder: "https://" }) as HTMLInputElement;
  const submit = (event: Event): void => {
    event.preventDefault();
    for (const [name] of FIELDS)
      setOrRemove(card, name, (document.getElementById(name) as HTMLInputElement).value.trim());
    setOrRemove(card, "src", paste.value.trim() === "" ? address.value.trim() : "");
    card.evidence = paste.value.trim() === "" ? undefined : paste.value.trim();
    card.scrollIntoView({ block: "start" });
  };
  return h(
    "form",
    { onsubmit: submit },
    labelled("paste", texts.paste, texts.pasteHint, paste),
    labelled("address", texts.address, texts.addressHint, address),
    ...FIELDS.map(([name, label, hint]) =>
      labelled(
        name,
        label,
        hint,
        h("input", {
          id: name,
          type: "text",
          spellcheck: "false",
          autocomplete: "off",
          "aria-describedby": `${name}-hint`,
        }),
      ),
    ),
    h("button", { type: "submit" }, texts.check),
  );
}

function setOrRemove(card: HTMLElement, name: string, value: string): void {
  if (value === "") card.removeAttribute(name);
  else card.setAttribute(name, value);
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

/** The bytes, field by field: offset, value, meaning, and the checks that used it. Read without verifying, and said so. */
function byteMap(evidence: EvidenceSource | undefined, verdict: Verdict): readonly HTMLElement[] {
  const inspection = evidence === undefined ? undefined : read(evidence);
  if (inspection === undefined) return [];
  const rows = inspection.structures.flatMap(({ fields }) =>
    fields.map((field) => row(inspection.kind, field, verdict)),
  );
  const head = h(
    "tr",
    {},
    ...[texts.offset, texts.field, texts.value, texts.meaning, texts.checks].map((name) =>
      h("th", { scope: "col" }, name),
    ),
  );
  return [
    h(
      "details",
      {},
      h("summary", {}, texts.map),
      h("p", { class: "hint" }, texts.mapHint),
      h(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": texts.map },
        h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)),
      ),
    ),
  ];
}

function read(evidence: EvidenceSource): Inspection | undefined {
  try {
    return inspect(evidence);
  } catch {
    // What cannot be read has no map; the verdict says why.
    return undefined;
  }
}

function row(kind: string, field: Inspection["structures"][number]["fields"][number], verdict: Verdict): HTMLElement {
  const checks = fieldChecks(kind, field.name).flatMap((id) => verdict.checks.filter((check) => check.id === id));
  return h(
    "tr",
    {},
    h("td", { class: "value" }, `0x${field.offset.toString(16).padStart(3, "0")}`),
    h("th", { scope: "row" }, field.name),
    h("td", { class: "value" }, field.bytes),
    h("td", {}, fieldMeaning(kind, field.name) ?? ""),
    h("td", {}, ...checks.map(({ title, status }) => h("p", {}, `${texts.status[status]}: ${title}`))),
  );
}
