/** All kinds in one verifier, for evidence and options that the front door does not know: loaded when they are met. */

import { armCca, armPsa } from "../arm.js";
import { azureAci, azureCvm } from "../azure.js";
import { dstack } from "../dstack.js";
import { MalformedError } from "../encoding/malformed.js";
import { detect } from "../evidence/detect.js";
import { openEnvelope } from "../evidence/envelope.js";
import type { EvidenceKind } from "../evidence/kind.js";
import { gceCvm } from "../gce.js";
import { nitro, sevSnp, sgx, tdx } from "../index.js";
import type { Inspection } from "../inspect.js";
import { nitroTpm } from "../nitro.js";
import { nvidiaEvidence, nvidiaGpu, nvidiaSwitch } from "../nvidia.js";
import { confidentialSpace, ear, ita, maa, nras } from "../tokens.js";
import type { Verdict } from "../verdict.js";
import { createVerifier } from "../verifier.js";
import { findInside } from "./inside.js";
import type { Options } from "./request.js";
import { safe } from "./text.js";

const hardware = [sevSnp, tdx, sgx, nitro, nitroTpm] as const;
const around = [azureCvm, azureAci, gceCvm, dstack] as const;
const devices = [nvidiaEvidence, nvidiaGpu, nvidiaSwitch, armCca, armPsa] as const;
const tokens = [maa, confidentialSpace, ita, nras, ear] as const;
const kinds = [...hardware, ...around, ...devices, ...tokens] as const;
const all = createVerifier(kinds);

/** @throws TypeError for misuse of the options */
export function verifyAny(evidence: Uint8Array, options: Options): Promise<Verdict> {
  return all.verify(evidence, options);
}

/**
 * The evidence, or the one that is inside of it where it is JSON that no kind knows, which `tell` hears of: nothing
 * around it is judged.
 */
export function openAny(evidence: Uint8Array, tell: (message: string) => void): Uint8Array {
  // What is of a known form and broken is refused as that: what is inside of it may be genuine, and is not what was sent.
  if (isKnown(evidence, true)) return evidence;
  const inside = findInside(evidence, isKnown);
  if (inside === undefined) return evidence;
  tell(`tee-verify: read is ${safe(inside.path.slice(0, MAX_PATH))} of this JSON, and nothing else in it\n`);
  return inside.evidence;
}

/** Whether it is of a form that some kind knows, broken ones among them; text that starts like JSON and is none is of no form. */
function isKnown(part: Uint8Array, structured: boolean): boolean {
  try {
    return detect(openEnvelope(part), kinds as readonly unknown[] as readonly EvidenceKind[]).status !== "unrecognised";
  } catch (error) {
    if (error instanceof MalformedError) return structured;
    throw error;
  }
}

/** Names are whoever's wrote the file. */
const MAX_PATH = 200;

/** The reason, as text, of what cannot be read. */
export function inspectAny(evidence: Uint8Array): Inspection | string {
  try {
    return all.inspect(evidence);
  } catch (error) {
    if (error instanceof MalformedError) return error.message;
    throw error;
  }
}
