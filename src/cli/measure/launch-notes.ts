/** What a launch configuration leaves open, in words. */

import type { LaunchFinding, LaunchFindingId } from "../../expected/release/compose.js";
import { fill } from "../../messages/catalogue.js";
import { dstackLimits } from "../../messages/dstack.js";

const TEXTS: Readonly<Partial<Record<LaunchFindingId, string>>> = {
  "names-no-digest": "The command line names neither a root hash nor a digest: what is on the disk is not in it.",
};

/** One sentence a finding. */
export function launchNotes(findings: readonly LaunchFinding[]): readonly string[] {
  return findings.map(({ id, found }) => fill(TEXTS[id] ?? dstackLimits[id] ?? id, { found }));
}
