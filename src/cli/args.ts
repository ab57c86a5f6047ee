/** Arguments by a table of options: the same table parses, refuses what is misspelt, and writes the help. */

import { UsageError } from "./exit.js";

export interface OptionSpec {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** Placeholder of its value in the help; an option without one is a flag. */
  readonly value?: string;
  readonly repeatable?: boolean;
  readonly help: string;
}

export interface Arguments {
  readonly positionals: readonly string[];
  flag(name: string): boolean;
  one(name: string): string | undefined;
  all(name: string): readonly string[];
}

/** `--name value`, `--name=value`, `-n value`; `--` ends the options and `-` is a positional. @throws UsageError */
export function parseArguments(specs: readonly OptionSpec[], argv: readonly string[]): Arguments {
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (word === "--") {
      positionals.push(...argv.slice(i + 1));
      break;
    }
    if (word === "-" || !word.startsWith("-")) {
      positionals.push(word);
      continue;
    }
    const { spec, attached } = optionOf(specs, word);
    const values = given.get(spec.name) ?? [];
    if (values.length > 0 && spec.repeatable !== true) throw new UsageError(`--${spec.name} was given twice`);
    given.set(spec.name, [...values, optionValue(spec, attached, () => argv[++i])]);
  }
  return {
    positionals,
    flag: (name) => given.has(name),
    one: (name) => given.get(name)?.[0],
    all: (name) => given.get(name) ?? [],
  };
}

function optionOf(specs: readonly OptionSpec[], word: string): { spec: OptionSpec; attached: string | undefined } {
  const equals = word.startsWith("--") ? word.indexOf("=") : -1;
  const name = equals < 0 ? word : word.slice(0, equals);
  const spec = specs.find((option) => name === `--${option.name}` || name === `-${option.short ?? ""}`);
  if (spec === undefined) throw new UsageError(`there is no option ${name}${nearest(specs, name)}`);
  return { spec, attached: equals < 0 ? undefined : word.slice(equals + 1) };
}

function optionValue(spec: OptionSpec, attached: string | undefined, next: () => string | undefined): string {
  if (spec.value === undefined) {
    if (attached !== undefined) throw new UsageError(`--${spec.name} takes no value`);
    return "";
  }
  const value = attached ?? next();
  // `-` is standard input; anything else that looks like an option is one, and the value was forgotten.
  if (value === undefined || value === "" || (attached === undefined && value !== "-" && value.startsWith("-")))
    throw new UsageError(`--${spec.name} needs a value: ${spec.value}`);
  return value;
}

function nearest(specs: readonly OptionSpec[], name: string): string {
  const bare = name.replace(/^-+/, "");
  const found = specs.find(
    (option) => bare.length > 1 && (option.name.startsWith(bare) || bare.startsWith(option.name)),
  );
  return found === undefined ? "" : `; did you mean --${found.name}?`;
}

/** Two columns: options, and what they do. */
export function describeOptions(specs: readonly OptionSpec[], wrap: (text: string, indent: number) => string): string {
  const labels = specs.map(
    ({ name, short, value }) =>
      `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`,
  );
  const column = Math.min(30, Math.max(...labels.map(({ length }) => length)) + 4);
  return specs
    .map(({ help }, index) => {
      const label = `  ${labels[index]}`;
      const first = label.length + 2 > column ? `${label}\n${" ".repeat(column)}` : label.padEnd(column);
      return first + wrap(help, column);
    })
    .join("\n");
}
