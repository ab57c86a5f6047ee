/** All kinds in one verifier, for evidence and options that the front door does not know: loaded when they are met. */

import { armCca, armPsa } from "../arm.js";
import { azureAci, azureCvm } from "../azure.js";
import { dstack } from "../dstack.js";
import { MalformedError } from "../encoding/malformed.js";
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
const all = createVerifier([...hardware, ...around, ...devices, ...tokens]);

/** @throws TypeError for misuse of the options */
export function verifyAny(evidence: Uint8Array, options: Options): Promise<Verdict> {
  return all.verify(evidence, options);
}

/**
 * The evidence, or the one that is inside of it where it is JSON that no kind knows, which `tell` hears of: nothing
 * around it is judged.
 */
export function openAny(evidence: Uint8Array, tell: (message: string) => void): Uint8Array {
  if (typeof inspectAny(evidence) !== "string") return evidence;
  const inside = findInside(evidence, (part) => typeof inspectAny(part) !== "string");
  if (inside === undefined) return evidence;
  tell(`tee-verify: read is ${safe(inside.path.slice(0, MAX_PATH))} of this JSON, and nothing else in it\n`);
  return inside.evidence;
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
