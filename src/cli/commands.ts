/** The commands: one line each, loaded when called. */

import type { CommandEntry } from "./command.js";
import { verifyCommand } from "./commands/verify.js";

/** Taken where the first argument names none of them. */
export const DEFAULT_COMMAND = "verify";

export const COMMANDS: readonly CommandEntry[] = [
  // The one that nearly every call wants comes with the program: one file less to load.
  { name: "verify", summary: "judge evidence (the default)", load: async () => verifyCommand },
  {
    name: "inspect",
    summary: "show what evidence says, without verifying it",
    load: async () => (await import("./commands/inspect.js")).inspectCommand,
  },
];
