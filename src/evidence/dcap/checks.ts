/** The checks that every DCAP quote goes through, in the order of the verdict, with the clause that asks for each. */

import type { Stage } from "../../verdict.js";
import type { CheckDefinition } from "../ledger.js";
import type { Tee } from "./quote.js";

type Row = readonly [name: string, spec: string, need?: "optional"];

const QVL = "Intel QVL 4.1.2.5";

const PARSE: readonly Row[] = [["format", "DCAP Quoting Library API, A.3 and A.4"]];

const AUTHENTICATE: readonly Row[] = [
  ["pck-certificate", "Intel SGX PCK Certificate and CRL Profile, 1.3"],
  ["pck-path", "RFC 5280, section 6"],
  ["roots", "tee-verify design, rule 1"],
  ["certificate-validity", "RFC 5280, section 4.1.2.5"],
  ["revocation", "RFC 5280, section 6.3"],
  ["qe-report", `${QVL}.12`],
  ["attestation-key", `${QVL}.13`],
  ["quote-signature", `${QVL}.16`],
  ["collateral", "Intel PCS API v4"],
  ["tcb-signer", "RFC 5280, section 6"],
  ["tcb-info", "Intel PCS API v4, TCB Info"],
  ["qe-identity", "Intel PCS API v4, Enclave Identity"],
  ["tcb-evaluation", "Intel PCS API v4, TCB Evaluation Data Numbers", "optional"],
  ["collateral-dates", "Intel PCS API v4, nextUpdate"],
  ["qe", `${QVL}.15`],
];

const LAST: readonly Row[] = [["cross-check", "tee-verify design, section 4", "optional"]];

const APPRAISE: readonly Row[] = [
  ["tcb-status", `${QVL}.17`],
  ["tcb-demands", "Intel PCS API v4, tcbEvaluationDataNumber"],
  ["platform", "Intel SGX PCK Certificate and CRL Profile, 1.3.5", "optional"],
];

/** Ids are `<tee>/<name>`. `own` stands at the end of each stage. */
export function dcapChecks(
  tee: Tee,
  authenticate: readonly Row[],
  first: readonly Row[],
  appraise: readonly Row[],
): readonly CheckDefinition[] {
  const rows = (stage: Stage, list: readonly Row[]): readonly CheckDefinition[] =>
    list.map(([name, spec, need]) => ({ id: `${tee}/${name}`, stage, spec, required: need === undefined }));
  return [
    ...rows("parse", PARSE),
    ...rows("authenticate", [...AUTHENTICATE, ...authenticate, ...LAST]),
    ...rows("appraise", [...first, ...APPRAISE, ...appraise]),
  ];
}
