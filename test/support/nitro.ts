/** Forged Nitro documents through the front door, and what came of their checks. */
import {
  DOCUMENT_TIME,
  type DocumentRequest,
  filled,
  forgeDocument,
  forgedRoot,
} from "../../fixtures/nitro/document.js";
import type { EvidenceSource } from "../../src/evidence/envelope.js";
import { verify } from "../../src/nitro.js";
import type { Check, Verdict } from "../../src/verdict.js";

export type NitroOptions = Partial<Parameters<typeof verify>[1]>;

/** What the forged documents show, unless told otherwise. */
export const FORGED_PCRS = { 0: filled(0x10), 1: filled(0x11), 2: filled(0x12) } as const;
const FORGED_TPM_PCRS = { 4: filled(0x44), 7: filled(0x47) } as const;

/** Under the forged root, at the time of the forged documents, with their registers expected. */
export async function judgeBytes(evidence: EvidenceSource, options: NitroOptions = {}): Promise<Verdict> {
  return verify(evidence, {
    expected: { nitro: { pcrs: FORGED_PCRS }, "nitro-tpm": { pcrs: FORGED_TPM_PCRS } },
    binding: "unbound",
    at: new Date(DOCUMENT_TIME),
    trustAnchors: { aws: [forgedRoot()] },
    ...options,
  });
}

export function judgeForged(request: DocumentRequest = {}, options: NitroOptions = {}): Promise<Verdict> {
  return judgeBytes(forgeDocument(request), options);
}

/** `check code` of all that failed, without the kind in front. */
export function failures({ checks }: Verdict): readonly string[] {
  return checks
    .filter(({ status }) => status === "failed")
    .map(({ id, code }) => `${id.replace(/^nitro(-tpm)?\//, "")} ${code}`);
}

/** The reason of the check that found the bytes malformed; empty where none did. */
export function malformedReason({ checks }: Verdict): string {
  const check = checks.find(({ status, code }) => status === "failed" && code === "malformed");
  return String(check?.params.reason ?? "");
}

export function checkNamed({ checks }: Verdict, name: string): Check | undefined {
  return checks.find(({ id }) => id === name || id.endsWith(`/${name}`));
}
