/** Every check of CCA and PSA tokens, in the order of the verdict, with the clause that asks for it. */

import type { Stage } from "../../verdict.js";
import type { CheckDefinition } from "../ledger.js";

const CCA = "Arm DEN0137 and draft-ffm-rats-cca-token";
const PSA = "RFC 9783";

type Row = readonly [Stage, string, string];

const CCA_ROWS: readonly Row[] = [
  ["parse", "format", CCA],
  ["authenticate", "platform-key", `${CCA}, CPAK`],
  ["authenticate", "platform-signature", "RFC 9052, section 4.4"],
  ["authenticate", "realm-signature", "RFC 9052, section 4.4"],
  ["authenticate", "realm-key-binding", `${CCA}, platform challenge`],
  ["appraise", "lifecycle", `${CCA}, security lifecycle`],
  ["appraise", "build", `${CCA}, realm measurements`],
  ["appraise", "platform", `${CCA}, software components`],
  ["appraise", "challenge", `${CCA}, realm challenge`],
];

const PSA_ROWS: readonly Row[] = [
  ["parse", "format", PSA],
  ["authenticate", "device-key", `${PSA}, section 6`],
  ["authenticate", "token-signature", "RFC 9052, section 4.4"],
  ["appraise", "lifecycle", `${PSA}, section 4.3.1`],
  ["appraise", "build", `${PSA}, section 4.4.1`],
  ["appraise", "nonce", `${PSA}, section 4.1.1`],
];

const definitions = (prefix: string, rows: readonly Row[]): readonly CheckDefinition[] =>
  rows.map(([stage, name, spec]) => ({ id: `${prefix}/${name}`, stage, spec, required: true }));

/** Ids are `arm-cca/<name>`. */
export function ccaChecks(): readonly CheckDefinition[] {
  return definitions("arm-cca", CCA_ROWS);
}

/** Ids are `arm-psa/<name>`. */
export function psaChecks(): readonly CheckDefinition[] {
  return definitions("arm-psa", PSA_ROWS);
}
