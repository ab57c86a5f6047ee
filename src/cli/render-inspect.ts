/** Evidence for people, unverified: its claims, and its bytes field by field. */

import type { JsonValue } from "../encoding/json.js";
import type { Inspection } from "../index.js";
import { type FieldMeanings, sevSnpFields } from "../messages/fields.js";
import type { Claims } from "../verdict.js";
import type { Terminal } from "./io.js";
import { safe, type Theme, themeOf, wrap } from "./text.js";

/** Meanings of fields by kind, where they are written down. */
const MEANINGS: Readonly<Record<string, FieldMeanings>> = { "sev-snp": sevSnpFields };

export function renderInspection(inspection: Inspection, terminal: Terminal): string {
  const theme = themeOf(terminal);
  const { kind, form, unverifiedClaims, structures } = inspection;
  const head = `${theme.unknown(`${theme.symbols.undetermined} NOT VERIFIED`)}  ${kind} (${safe(form)})\n  ${wrap("Nobody has vouched for any of this: anybody can write such bytes. Verify them before you rely on them.", terminal.width, 2)}`;
  const claims = [theme.strong("What it claims"), ...claimLines(unverifiedClaims, theme, terminal.width)].join("\n");
  const maps = structures.map((structure) => byteMap(structure, MEANINGS[kind] ?? {}, theme, terminal.width));
  return `\n${[head, claims, ...maps].join("\n\n")}\n`;
}

/** Nested names joined with dots. */
function flatten(path: string, value: JsonValue): readonly (readonly [string, string])[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.length > 0)
      return entries.flatMap(([name, inner]) => flatten(path === "" ? name : `${path}.${name}`, inner));
  }
  return [[path, typeof value === "string" ? value : JSON.stringify(value)]];
}

/** One line a claim. */
function claimLines(claims: Claims, theme: Theme, width: number): readonly string[] {
  const rows = flatten("", claims).map(([name, value]) => [safe(name), safe(value)] as const);
  const column = Math.min(Math.floor(width / 2), Math.max(...rows.map(([name]) => name.length)) + 4);
  return rows.map(([name, value]) => `${theme.faint(`  ${name}  `.padEnd(column))}${wrap(value, width, column)}`);
}

type Structure = Inspection["structures"][number];

const HEAD = "  offset  length  ";

function byteMap({ name, spec, fields }: Structure, meanings: FieldMeanings, theme: Theme, width: number): string {
  const nameWidth = Math.max(...fields.map((field) => field.name.length), 4) + 2;
  const room = width - HEAD.length - nameWidth;
  const lines = fields.map((field) => {
    const place = `  0x${field.offset.toString(16).padStart(4, "0")}  ${String(field.length).padStart(6)}  `;
    const shown = field.bytes.length <= room ? field.bytes : `${field.bytes.slice(0, Math.max(8, room - 2))}..`;
    const meaning = meanings[field.name];
    const second =
      meaning === undefined ? "" : `\n${" ".repeat(HEAD.length)}${theme.faint(wrap(meaning, width, HEAD.length))}`;
    return `${theme.faint(place)}${safe(field.name).padEnd(nameWidth)}${shown}${second}`;
  });
  return [`${theme.strong(safe(name))} ${theme.faint(`(${safe(spec)})`)}`, theme.faint(`${HEAD}field`), ...lines].join(
    "\n",
  );
}
