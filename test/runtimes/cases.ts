/** The evidence of the conformance suite: forged, so that a fresh clone has it, and real where the shared evidence is at hand. */

import { readdirSync } from "node:fs";
import { forgeSnp, type SnpForgery, type SnpRequest } from "../../fixtures/amd/snp.js";
import { hasShared, readShared, readSharedJson, shared } from "../support/shared.js";
import type { RuntimeCase } from "./suite.js";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function forged(
  name: string,
  outcome: string,
  request: SnpRequest,
  change: (forgery: SnpForgery, item: RuntimeCase) => Partial<RuntimeCase> = () => ({}),
): RuntimeCase {
  const forgery = forgeSnp(request);
  const item: RuntimeCase = {
    name,
    evidence: base64(forgery.report),
    endorsements: forgery.endorsements.map(base64),
    trustAnchors: { amd: forgery.trustAnchors.amd.map(base64) },
    expected: { "sev-snp": { measurement: hex(forgery.fields.measurement) } },
    reportData: hex(forgery.fields.reportData),
    at: forgery.at.toISOString(),
    outcome,
  };
  return { ...item, ...change(forgery, item) };
}

function flipMeasurement(report: Uint8Array): void {
  report.set([(report[0x90] as number) ^ 1], 0x90);
}

function forgedCases(): readonly RuntimeCase[] {
  return [
    forged("SNP version 2, Milan", "verified", { version: 2 }),
    forged("SNP version 3, Genoa", "verified", { version: 3, product: "Genoa" }),
    forged("SNP version 5, Turin", "verified", { version: 5, product: "Turin" }),
    forged("SNP with a VLEK", "verified", { key: "VLEK" }),
    forged("extended report", "verified", {}, ({ extended }) => ({ evidence: base64(extended), endorsements: [] })),
    forged("debug guest", "rejected", { report: { policy: 0xb0000n } }),
    forged("altered after signing", "rejected", {
      afterSigning: flipMeasurement,
    }),
    forged("another build", "rejected", {}, () => ({ expected: { "sev-snp": { measurement: "ab".repeat(48) } } })),
    forged("another question", "rejected", {}, () => ({ reportData: "cd".repeat(64) })),
    forged("expired", "rejected", {}, () => ({ at: "2060-01-01T00:00:00Z" })),
    forged("under AMD's own roots", "rejected", {}, ({ ek }) => ({ trustAnchors: {}, endorsements: [base64(ek)] })),
    forged("no VCEK", "undetermined", {}, () => ({ endorsements: [] })),
    { ...forged("cut short", "rejected", {}), evidence: base64(forgeSnp().report.subarray(0, 1000)) },
  ];
}

interface CaseFile {
  readonly expected: string;
  readonly facts: { readonly ek_notBefore_notAfter: readonly [string, string] | null };
}

/** Real reports that the default policy takes, and one that it must not. */
const REAL: Readonly<Record<string, string>> = {
  "arrs-genoa-v5": "verified",
  "oak-turin_oc": "verified",
  "trustee-az-v1": "verified",
  "ms-tav-milan": "verified",
  "lit-vcek2": "rejected",
};

function realCases(): readonly RuntimeCase[] {
  return Object.entries(REAL).map(([name, outcome]) => {
    const folder = `evidence/sev-snp/${name}`;
    const { facts } = readSharedJson(`${folder}/case.json`) as CaseFile;
    const start = facts.ek_notBefore_notAfter?.[0] ?? "260101000000Z";
    const endorsements = readdirSync(shared(folder)).filter((file) => file === "ek.der" || file.startsWith("chain"));
    return {
      name,
      evidence: base64(readShared(`${folder}/report.bin`)),
      endorsements: endorsements.map((file) => base64(readShared(`${folder}/${file}`))),
      expected: "any-build",
      reportData: "unbound",
      at: `20${start.slice(0, 2)}-${start.slice(2, 4)}-${start.slice(4, 6)}T23:59:59Z`,
      outcome,
    };
  });
}

export function runtimeCases(): readonly RuntimeCase[] {
  return [...forgedCases(), ...(hasShared ? realCases() : [])];
}
