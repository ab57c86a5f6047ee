/** The checks that the house itself makes, whatever the kind. */

import type { CheckDefinition } from "./evidence/ledger.js";

const DESIGN = "tee-verify design";

export const HOUSE_CHECKS: readonly CheckDefinition[] = [
  { id: "evidence/recognised", stage: "parse", spec: `${DESIGN}, section 1`, required: true },
  { id: "evidence/endorsements", stage: "parse", spec: `${DESIGN}, rules 4 and 10`, required: true },
  { id: "evidence/accepted-kind", stage: "appraise", spec: `${DESIGN}, section 1`, required: true },
  { id: "evidence/manifest", stage: "appraise", spec: "in-toto Statement v1; docs/manifest.md", required: true },
  { id: "evidence/covers", stage: "appraise", spec: `${DESIGN}, section 2`, required: true },
];
