/** What a caller gave up in code (docs/verdict.md, `waived`), for every place that must not show it as a whole yes. */

import type { CheckCode, Status } from "../verdict.js";

interface Finding {
  readonly status: Status;
  readonly code?: CheckCode | undefined;
}

/** Whether the caller's policy took what the safe defaults reject; build and binding that were not asked for are told apart from it. */
export function isSafeguardWaived(check: Finding): boolean {
  const { status, code } = check;
  return status === "waived" && code !== "any-build" && code !== "unbound";
}
