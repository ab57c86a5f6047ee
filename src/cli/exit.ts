/** Exit codes of the command line, and the error that stands for misuse (documented in docs/verdict.md). */

import type { Outcome } from "../verdict.js";

/** 64 and 70 are `EX_USAGE` and `EX_SOFTWARE` of sysexits(3), out of the way of the three outcomes. */
export const EXIT = { verified: 0, rejected: 1, undetermined: 2, misuse: 64, internal: 70 } as const satisfies Record<
  Outcome | "misuse" | "internal",
  number
>;

/** Told by its name and not by its class, which a command in a file of its own has a copy of. */
export function isUsageError(error: unknown): error is UsageError {
  return error instanceof Error && error.name === "UsageError";
}

/** Wrong arguments, an unreadable file, an impossible option: nothing was judged. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
