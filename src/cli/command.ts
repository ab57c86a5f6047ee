/** What a command is. A new one is a file under `commands/` and a line in `commands.ts`. */

import type { Arguments, OptionSpec } from "./args.js";
import type { Io } from "./io.js";

export interface Command {
  readonly options: readonly OptionSpec[];
  /** What follows `tee-verify` and the command's name in the help. */
  readonly usage: string;
  /** What the command does and how it answers, in paragraphs. */
  readonly about: readonly string[];
  /** Resolves to the exit code. @throws UsageError */
  run(args: Arguments, io: Io): Promise<number>;
}

/** One line of the table of commands. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Only for the command that is called. */
  load(): Promise<Command>;
}
