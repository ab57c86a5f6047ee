/** Evidence inside JSON of a form that no kind knows: answers of services around a report, a quote or a document of their own. */

import { isJsonObject, type JsonValue, parseJson } from "../encoding/json.js";
import { MalformedError } from "../encoding/malformed.js";
import { fromUtf8, toUtf8 } from "../encoding/text.js";

export interface Inside {
  readonly evidence: Uint8Array;
  /** Where it is: `bootProof.awsAttestationDocB64`. */
  readonly path: string;
}

/** An answer with its logs is a tenth of this, and every level of it may be asked about. */
const MAX_BYTES = 1_048_576;
/** The shortest evidence is a report of 1184 bytes; tokens are longer than this, too. */
const MIN_TEXT = 256;
const MAX_ASKED = 256;

/**
 * The one object, list (both `structured`) or text in `bytes` that `isEvidence` says is evidence, the outermost where one is in another;
 * `undefined` where there is none, and where there are several: which of them is meant is not for us to guess.
 */
export function findInside(
  bytes: Uint8Array,
  isEvidence: (part: Uint8Array, structured: boolean) => boolean,
): Inside | undefined {
  if ((bytes[0] !== 0x7b && bytes[0] !== 0x5b) || bytes.length > MAX_BYTES) return undefined;
  const found = new Map<string, Inside>();
  let asked = 0;
  const visit = (value: JsonValue, path: string): void => {
    const text = typeof value === "string" ? value : path === "" ? "" : JSON.stringify(value);
    if (text.length >= MIN_TEXT && asked++ < MAX_ASKED && isEvidence(toUtf8(text), typeof value !== "string"))
      found.set(text, { evidence: toUtf8(text), path });
    else if (isJsonObject(value) || Array.isArray(value))
      for (const [name, item] of Object.entries(value))
        visit(item as JsonValue, path === "" ? name : `${path}.${name}`);
  };
  try {
    visit(parseJson(fromUtf8(bytes)), "");
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
  const [only, second] = found.values();
  return second === undefined && asked <= MAX_ASKED ? only : undefined;
}
