/** One call of the command line, from its arguments to its exit code. */

import { parseArguments } from "./args.js";
import type { CommandEntry } from "./command.js";
import { COMMANDS, DEFAULT_COMMAND } from "./commands.js";
import { EXIT, isUsageError } from "./exit.js";
import { COMMON_OPTIONS, helpOf } from "./help.js";
import type { Io } from "./io.js";
import { safe } from "./text.js";

/** Resolves to the exit code, whatever happens. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    if (isUsageError(error)) {
      const named = COMMANDS.find(({ name }) => name === argv[0]);
      io.err(`tee-verify: ${safe(error.message)}\nTry "tee-verify ${named ? `${named.name} ` : ""}--help".\n`);
      return EXIT.misuse;
    }
    // The stack is for the report that we ask for; it names files of ours and nothing of the evidence.
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    io.err(
      `tee-verify: internal error, and no verdict. Please report this.\n${trace.split("\n").map(safe).join("\n")}\n`,
    );
    return EXIT.internal;
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const named = COMMANDS.find(({ name }) => name === argv[0]);
  const entry = named ?? (COMMANDS.find(({ name }) => name === DEFAULT_COMMAND) as CommandEntry);
  const command = await entry.load();
  const args = parseArguments([...command.options, ...COMMON_OPTIONS], named === undefined ? argv : argv.slice(1));
  if (args.flag("help")) {
    io.out(helpOf(entry, command, io.terminal));
    return EXIT.verified;
  }
  if (args.flag("version")) {
    io.out(`tee-verify ${io.version}\n`);
    return EXIT.verified;
  }
  return command.run(args, io);
}
