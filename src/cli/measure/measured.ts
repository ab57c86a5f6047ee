/** What a calculator found, and its four forms: text, JSON, reference values, and platforms of a build manifest. */

import type { PlatformEntry } from "../../expected/release/artifacts.js";
import type { Arguments } from "../args.js";
import { UsageError } from "../exit.js";
import { safe } from "../text.js";

export interface Measured {
  /** One entry a machine shape; `values` and `inputs` in hex. */
  readonly platforms: readonly (PlatformEntry & { readonly values: Values })[];
  /** Further lines, for people: name and value. */
  readonly lines?: readonly (readonly [name: string, value: string])[];
  /** What these values do not tell. */
  readonly notes: readonly string[];
}

type Values = Readonly<Record<string, string | number | Readonly<Record<string, string>>>>;

const FORMATS = ["text", "json", "expected", "manifest"] as const;
export type Format = (typeof FORMATS)[number];

/** @throws UsageError */
export function formatOf(args: Arguments): Format | undefined {
  const format = args.one("format");
  if (args.flag("expected")) {
    if (format !== undefined) throw new UsageError("--expected is --format expected: give one of them");
    return "expected";
  }
  if (format === undefined) return undefined;
  const known = FORMATS.find((name) => name === format);
  if (known === undefined) throw new UsageError(`--format is one of ${FORMATS.join(", ")}`);
  return known;
}

/** The text to print, with a line feed at its end. */
export function printed(measured: Measured, format: Format): string {
  const { platforms, lines = [], notes } = measured;
  switch (format) {
    case "text":
      return textOf(platforms, lines);
    case "json":
      return json({ platforms, ...Object.fromEntries(lines), notes });
    case "expected":
      return json(expectedOf(platforms));
    case "manifest":
      return json(platforms);
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function textOf(platforms: Measured["platforms"], lines: NonNullable<Measured["lines"]>): string {
  const all = platforms.flatMap(({ kind, within, label, values }) => [
    [`${kind}${within === undefined ? "" : ` inside ${within}`}, ${safe(label)}`, undefined] as const,
    ...flat(values).map(([name, value]) => [`  ${safe(name)}`, value] as const),
  ]);
  const width = Math.max(...[...all, ...lines].map(([name]) => name.length)) + 2;
  return [...all, ...lines]
    .map(([name, value]) => `${value === undefined ? name : `${name.padEnd(width)}${safe(value)}`}\n`)
    .join("");
}

function flat(values: Values): readonly (readonly [string, string])[] {
  return Object.entries(values).flatMap(([name, value]) =>
    typeof value === "object"
      ? Object.entries(value).map(([inner, text]) => [`${name}.${inner}`, text] as const)
      : [[name, String(value)] as const],
  );
}

/** By kind, as `verify --expect` and the library take them: several shapes that differ in one value become a set. Evidence inside other evidence is left out where it stands by itself too. */
function expectedOf(platforms: Measured["platforms"]): Readonly<Record<string, unknown>> {
  const byKind = new Map<string, Values[]>();
  const own = platforms.filter(
    (item) => item.within === undefined || !platforms.some((p) => p.kind === item.kind && p.within === undefined),
  );
  for (const { kind, values } of own) byKind.set(kind, [...(byKind.get(kind) ?? []), values]);
  return Object.fromEntries([...byKind].map(([kind, all]) => [kind, merged(all)]));
}

function merged([first = {}, ...rest]: readonly Values[]): Readonly<Record<string, unknown>> {
  if (rest.length === 0) return first;
  const names = Object.keys(first);
  if (names.length !== 1) throw new UsageError("several machine shapes are a manifest: --format manifest");
  const [name] = names as [string];
  return { [name]: [first, ...rest].map((values) => values[name]) };
}
