/** The help, written from the tables. */

import { describeOptions, type OptionSpec } from "./args.js";
import type { Command, CommandEntry } from "./command.js";
import { COMMANDS, DEFAULT_COMMAND } from "./commands.js";
import type { Terminal } from "./io.js";
import { themeOf, wrap } from "./text.js";

export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { name: "help", short: "h", help: "show this help" },
  { name: "version", short: "V", help: "show the version" },
];

export function helpOf(entry: CommandEntry, command: Command, terminal: Terminal): string {
  const theme = themeOf(terminal);
  const isDefault = entry.name === DEFAULT_COMMAND;
  const sections = [
    `${theme.strong("Usage:")} tee-verify ${isDefault ? "" : `${entry.name} `}${command.usage}`,
    ...command.about.map((paragraph) => wrap(paragraph, terminal.width)),
    `${theme.strong("Options")}\n${describeOptions([...command.options, ...COMMON_OPTIONS], (text, indent) => wrap(text, terminal.width, indent))}`,
  ];
  if (isDefault) {
    const width = Math.max(...COMMANDS.map(({ name }) => name.length)) + 4;
    const lines = COMMANDS.map(
      ({ name, summary }) => `  ${name.padEnd(width)}${wrap(summary, terminal.width, width + 2)}`,
    );
    sections.push(`${theme.strong("Commands")} (tee-verify COMMAND --help tells more)\n${lines.join("\n")}`, EXITS);
  }
  return `${sections.join("\n\n")}\n`;
}

const EXITS = `Exit codes
  0   verified
  1   rejected: at least one check failed
  2   undetermined: something that a required check needs is missing
  64  misuse: wrong arguments or an unreadable file; nothing was judged
  70  internal error: a defect of tee-verify`;
