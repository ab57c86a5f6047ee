/** Evidence of this repository for the browser's tests and the screenshots: what is shown, and what the person expects. */

import { readFileSync } from "node:fs";
import { loadForge } from "./build.mjs";

const read = (name) => readFileSync(`fixtures/demo/${name}`);

export const report = read("milan-2023.report.hex").toString("utf8").trim();
export const vcek = read("milan-2023.vcek.der");
export const measurement = report.slice(2 * 0x90, 2 * 0x90 + 96);
const reportData = report.slice(2 * 0x50, 2 * 0x50 + 128);
/** The firmware floors of the day of the report. */
const floorsOf2023 = read("floors-of-2023.json").toString("utf8");

const bundle = (endorsements) =>
  JSON.stringify({
    "tee-verify": 1,
    evidence: report,
    endorsements: endorsements.map((der) => der.toString("base64")),
  });
const expectation = { expect: measurement, "report-data": reportData };

/** A real report of a real machine, as of its day and by the firmware floors of that day. As of today the same floors are weaker rules. */
export const olderRules = {
  evidence: bundle([vcek]),
  attributes: { ...expectation, at: "2023-06-01" },
  policy: floorsOf2023,
};

const { forgeSnp, reportDataFor } = await loadForge();
const nonce = Buffer.alloc(32, "nonce of a relying party, 32 by.");
const publicKey = Buffer.alloc(91, 0x30);
const forged = forgeSnp({ report: { reportData: await reportDataFor({ nonce, publicKey }) } });

/** A whole yes: evidence of the forge over a nonce and a key, whose test root stands in for AMD's (`standIn` below). */
export const whole = {
  report: Buffer.from(forged.report),
  certificates: forged.endorsements.map((der) => Buffer.from(der)),
  evidence: JSON.stringify({
    "tee-verify": 1,
    evidence: Buffer.from(forged.report).toString("base64"),
    endorsements: forged.endorsements.map((der) => Buffer.from(der).toString("base64")),
  }),
  attributes: {
    expect: Buffer.from(forged.fields.measurement).toString("hex"),
    "sent-nonce": nonce.toString("hex"),
    "public-key": publicKey.toString("hex"),
    at: forged.at.toISOString(),
  },
  roots: forged.trustAnchors.amd.map((der) => Buffer.from(der).toString("base64")),
};

/** The three outcomes; the last two on a real report of a real machine. */
export const outcomes = {
  verified: whole,
  rejected: { evidence: bundle([vcek]), attributes: { ...expectation, at: "2026-11-24" } },
  undetermined: { evidence: bundle([]), attributes: { ...expectation, at: "2026-11-24" } },
};

/**
 * In the tab: the roots stand in for the vendor's, as if they were pinned. Only so can evidence that the repository owns come to a whole
 * yes: real evidence that meets today's floors is not ours to carry.
 */
export function standIn(tab, roots) {
  if (roots === undefined) return undefined;
  return tab.evaluate((list) => {
    const card = document.querySelector("tee-verify");
    const amd = list.map((text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
    const inner = card.verifier;
    card.verifier = {
      inspect: inner.inspect,
      verify: async (evidence, options) => {
        const verdict = await inner.verify(evidence, { ...options, trustAnchors: { amd } });
        const limits = verdict.limits.filter((limit) => !limit.includes("trust anchors"));
        return { ...verdict, limits, meta: { ...verdict.meta, anchors: "pinned" } };
      },
    };
  }, roots);
}
