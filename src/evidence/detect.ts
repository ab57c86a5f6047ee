/** Which kind the evidence is, by structure alone: labels are not trusted, and what fits two kinds is refused. */

import type { Envelope } from "./envelope.js";
import type { EvidenceKind, Recognition } from "./kind.js";
import { certainLookalike, lookalike } from "./lookalikes.js";

export type Detection =
  | { readonly status: "recognised"; readonly kind: EvidenceKind; readonly recognition: Recognition }
  /** `foreign`: it is well-formed as something else, which `looksLike` names. */
  | { readonly status: "unrecognised"; readonly looksLike: string; readonly foreign: boolean }
  | { readonly status: "ambiguous"; readonly kinds: readonly string[] };

const UNKNOWN = "bytes of no form that a kind here knows";

/** @throws MalformedError for a broken wrapper that can only be of one kind */
export function detect(envelope: Envelope, kinds: readonly EvidenceKind[]): Detection {
  const certain = certainLookalike(envelope.inputs);
  if (certain !== undefined) return { status: "unrecognised", looksLike: certain, foreign: true };
  const found = envelope.inputs.flatMap((input) =>
    kinds.flatMap((kind) => {
      const recognition = kind.recognises(input);
      return recognition === undefined ? [] : [{ kind, recognition }];
    }),
  );
  const [only, second] = found.filter(({ kind }) => !found.some((outer) => outer.kind.wraps?.includes(kind.name)));
  if (only === undefined) {
    const looksLike = lookalike(envelope.inputs);
    return { status: "unrecognised", looksLike: looksLike ?? UNKNOWN, foreign: looksLike !== undefined };
  }
  if (second !== undefined) return { status: "ambiguous", kinds: found.map(({ kind }) => kind.name) };
  const { kind, recognition } = only;
  const companions = new Map([...envelope.companions, ...(recognition.companions ?? [])]);
  return {
    status: "recognised",
    kind,
    recognition: { ...recognition, endorsements: [...envelope.endorsements, ...recognition.endorsements], companions },
  };
}
