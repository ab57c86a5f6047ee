/** Reading without verifying, for people who want to see the bytes. Nothing here can be taken for a verdict. */

import { MalformedError } from "./encoding/malformed.js";
import { toHex } from "./encoding/text.js";
import { detect } from "./evidence/detect.js";
import { copySource, type EvidenceSource, openEnvelope } from "./evidence/envelope.js";
import type { EvidenceKind } from "./evidence/kind.js";
import type { Claims } from "./verdict.js";

/** One field of the byte map. */
export interface InspectedField {
  readonly name: string;
  /** From the start of the evidence, in bytes. */
  readonly offset: number;
  readonly length: number;
  /** Lowercase hex of the bytes. */
  readonly bytes: string;
}

export interface InspectedStructure {
  readonly name: string;
  readonly spec: string;
  readonly fields: readonly InspectedField[];
}

/** What the bytes say. NOT VERIFIED: nobody has vouched for any of it. */
export interface Inspection {
  readonly notVerified: true;
  readonly kind: string;
  readonly form: string;
  readonly unverifiedClaims: Claims;
  readonly structures: readonly InspectedStructure[];
}

/** @throws MalformedError for what is no evidence of `kinds` */
export function inspectEvidence(source: EvidenceSource, kinds: readonly EvidenceKind[]): Inspection {
  const detection = detect(openEnvelope(copySource(source)), kinds);
  if (detection.status !== "recognised")
    throw new MalformedError(
      detection.status === "ambiguous" ? "the evidence fits more than one kind" : detection.looksLike,
    );
  const { kind, recognition } = detection;
  const evidence = kind.parse(recognition.bytes, recognition);
  return {
    notVerified: true,
    kind: kind.name,
    form: recognition.form,
    unverifiedClaims: kind.claims(evidence, undefined),
    structures: kind.map(evidence).map(({ layout, offset }) => ({
      name: layout.name,
      spec: layout.spec,
      fields: layout.fields.map((field) => ({
        name: field.name,
        offset: offset + field.offset,
        length: field.length,
        bytes: toHex(recognition.bytes.subarray(offset + field.offset, offset + field.offset + field.length)),
      })),
    })),
  };
}
