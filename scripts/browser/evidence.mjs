/** Evidence of this repository for the browser's tests and the screenshots: what is shown, and what the person expects. */

import { readFileSync } from "node:fs";

const read = (name) => readFileSync(`fixtures/demo/${name}`);

export const report = read("milan-2023.report.hex").toString("utf8").trim();
export const vcek = read("milan-2023.vcek.der");
export const measurement = report.slice(2 * 0x90, 2 * 0x90 + 96);
export const reportData = report.slice(2 * 0x50, 2 * 0x50 + 128);
/** The firmware floors of the day of the report. */
export const floorsOf2023 = read("floors-of-2023.json").toString("utf8");

const bundle = (endorsements) =>
  JSON.stringify({
    "tee-verify": 1,
    evidence: report,
    endorsements: endorsements.map((der) => der.toString("base64")),
  });
const expectation = { expect: measurement, "report-data": reportData };

/**
 * The three outcomes, each on a real report of a real machine.
 * @type {Readonly<Record<"verified" | "rejected" | "undetermined", { evidence: string, attributes: Record<string, string>, policy?: string }>>}
 */
export const outcomes = {
  verified: { evidence: bundle([vcek]), attributes: { ...expectation, at: "2023-06-01" }, policy: floorsOf2023 },
  rejected: { evidence: bundle([vcek]), attributes: { ...expectation, at: "2026-11-24" } },
  undetermined: { evidence: bundle([]), attributes: { ...expectation, at: "2026-11-24" } },
};
