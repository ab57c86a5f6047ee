/** Which kind the evidence is, by structure alone: labels are not trusted, and what fits two kinds is refused. */

import type { Envelope } from "./envelope.js";
import type { EvidenceInput, EvidenceKind, Recognition } from "./kind.js";

export type Detection =
  | { readonly status: "recognised"; readonly kind: EvidenceKind; readonly recognition: Recognition }
  /** `foreign`: it is well-formed as something else, which `looksLike` names. */
  | { readonly status: "unrecognised"; readonly looksLike: string; readonly foreign: boolean }
  | { readonly status: "ambiguous"; readonly kinds: readonly string[] };

/** @throws MalformedError for a broken wrapper that can only be of one kind */
export function detect(envelope: Envelope, kinds: readonly EvidenceKind[]): Detection {
  const found = envelope.inputs.flatMap((input) =>
    kinds.flatMap((kind) => {
      const recognition = kind.recognises(input);
      return recognition === undefined ? [] : [{ kind, recognition }];
    }),
  );
  const [only, second] = found.filter(({ kind }) => !found.some((outer) => outer.kind.wraps?.includes(kind.name)));
  if (only === undefined) return { status: "unrecognised", ...lookalike(envelope.inputs) };
  if (second !== undefined) return { status: "ambiguous", kinds: found.map(({ kind }) => kind.name) };
  const { kind, recognition } = only;
  const companions = new Map([...envelope.companions, ...(recognition.companions ?? [])]);
  return {
    status: "recognised",
    kind,
    recognition: { ...recognition, endorsements: [...envelope.endorsements, ...recognition.endorsements], companions },
  };
}

/** Names what is often given by mistake, so that the message can say what to do. */
function lookalike(inputs: readonly EvidenceInput[]): { looksLike: string; foreign: boolean } {
  for (const input of inputs) {
    const looksLike = "bytes" in input ? nameOf(input.bytes) : "JSON of a form that no kind here knows";
    if (looksLike !== undefined) return { looksLike, foreign: true };
  }
  return { looksLike: "bytes of no form that a kind here knows", foreign: false };
}

function nameOf(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "gzip-compressed data: decompress it first";
  if (bytes[0] === 0x30 && bytes[1] === 0x82)
    return "a certificate or CRL: give it as an endorsement, beside the evidence";
  if (bytes[0] === 0x7f && bytes[1] === 0x45) return "an executable file";
  if (bytes.length === 1024 && bytes[0] === 0x81)
    return "a TDREPORT, which its own machine alone can check: ask for a quote";
  if (bytes.length === 1184 && bytes[1] === 0 && bytes[2] === 0) return "perhaps a SEV-SNP report";
  if (bytes.length >= 436 && (bytes[0] === 1 || bytes[0] === 2) && bytes[1] === 0 && (bytes[2] as number) < 2)
    return "perhaps an EPID quote, which Intel no longer vouches for: ask for a DCAP quote";
  return bytes[0] === 0x3c ? "HTML or XML, perhaps an error page" : undefined;
}
