/** The bytes, field by field: offset, value, meaning, and the checks that used it. Read without verifying, and said so. */

import { h } from "../element/dom.js";
import type { TeeVerifyElement } from "../element/element.js";
import type { EvidenceSource, Inspection, Verdict } from "../index.js";
import { fieldChecks, fieldMeaning } from "../messages/byte-map.js";
import { fill } from "../messages/catalogue.js";
import { pageTexts as texts } from "../messages/page.js";

type Structure = Inspection["structures"][number];
type Field = Structure["fields"][number];

/** Longer values are cut: a certificate belongs into a viewer of certificates. */
const SHOWN_BYTES = 96;

/** Nothing for what cannot be read: the verdict says why. */
export function byteMap(
  card: TeeVerifyElement,
  verdict: Verdict,
  inspect: (evidence: EvidenceSource) => Inspection,
): readonly HTMLElement[] {
  const inspection = card.judged === undefined ? undefined : readable(() => inspect(card.judged as EvidenceSource));
  if (inspection === undefined || inspection.structures.length === 0) return [];
  const { kind, structures } = inspection;
  return [
    h(
      "details",
      { class: "map" },
      h("summary", {}, texts.map),
      h("p", { class: "hint" }, texts.mapHint),
      ...structures.map((structure) => table(card, verdict, kind, structure)),
    ),
  ];
}

function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function table(card: TeeVerifyElement, verdict: Verdict, kind: string, { name, spec, fields }: Structure): HTMLElement {
  const offset = fields[0]?.offset ?? 0;
  const length = fields.reduce((sum, field) => sum + field.length, 0);
  const title = fill(texts.structure, { name, spec, offset, length });
  const columns = [texts.offset, texts.field, texts.value, texts.meaning, texts.checks];
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": title },
    h(
      "table",
      {},
      h("caption", {}, title),
      h("thead", {}, h("tr", {}, ...columns.map((column) => h("th", { scope: "col" }, column)))),
      h("tbody", {}, ...fields.map((field) => row(card, verdict, kind, field))),
    ),
  );
}

function row(card: TeeVerifyElement, verdict: Verdict, kind: string, field: Field): HTMLElement {
  const checks = fieldChecks(kind, field.name).flatMap((id) => verdict.checks.filter((check) => check.id === id));
  const rest = field.length > SHOWN_BYTES ? ` ${fill(texts.bytes, { length: field.length })}` : "";
  return h(
    "tr",
    { "data-field": field.name },
    h("td", { class: "value" }, `0x${field.offset.toString(16).padStart(3, "0")}`),
    h("th", { scope: "row" }, field.name),
    h("td", { class: "value" }, field.bytes.slice(0, 2 * SHOWN_BYTES) + rest),
    h("td", {}, fieldMeaning(kind, field.name) ?? ""),
    h(
      "td",
      {},
      ...checks.map(({ id, title, status }) =>
        h(
          "button",
          { type: "button", class: "link", "data-to": id, onclick: () => goTo(card, id) },
          `${title}: ${texts.status[status]}`,
        ),
      ),
    ),
  );
}

/** To the check in the card, opening what folds it away. */
function goTo(card: TeeVerifyElement, id: string): void {
  const item = card.shadowRoot?.querySelector<HTMLElement>(`[data-check="${CSS.escape(id)}"]`);
  const details = item?.closest("details");
  if (details !== null && details !== undefined) details.open = true;
  item?.setAttribute("tabindex", "-1");
  item?.focus();
  item?.scrollIntoView({ block: "center" });
}
