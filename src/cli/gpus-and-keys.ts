/** A machine's evidence with its GPUs', and Arm keys from CoRIM files: what the command line takes for kinds that the front door does not have. */

import { keysFromCorim } from "../arm.js";
import { sevSnp, tdx } from "../index.js";
import { type GpuNonce, nvidiaEvidence, nvidiaGpu, nvidiaSwitch, withGpus } from "../nvidia.js";
import type { Verdict } from "../verdict.js";
import { createVerifier } from "../verifier.js";
import { UsageError } from "./exit.js";
import type { Options } from "./request.js";

const NONCES: readonly GpuNonce[] = ["first-half", "second-half", "caller"];

/** Evidence of SEV-SNP or TDX with that of its GPUs in the same JSON: without them there is no yes. @throws TypeError for misuse of the options */
export async function verifyWithGpus(evidence: Uint8Array, options: Options, nonce: string): Promise<Verdict> {
  const place = NONCES.find((name) => name === nonce);
  if (place === undefined) throw new UsageError(`--gpu-nonce must be one of ${NONCES.join(", ")}`);
  const machines = [withGpus(sevSnp, place), withGpus(tdx, place)] as const;
  const { verify } = createVerifier([...machines, nvidiaEvidence, nvidiaGpu, nvidiaSwitch]);
  // Kinds that are not among these are refused there.
  return verify(evidence, options as Parameters<typeof verify>[1]);
}

/** The policy with the keys of these CoRIM files for both kinds of Arm's; keys that it names itself are then in the way. */
export function withCorims(
  policy: Readonly<Record<string, unknown>>,
  corims: readonly Uint8Array[],
  at: Date,
): Readonly<Record<string, unknown>> {
  const keys = corims.flatMap((corim) => keysOf(corim, at));
  const changed = ["arm-cca", "arm-psa"].map((kind) => {
    const given = policy[kind] ?? {};
    if (Object.hasOwn(given, "keys")) throw new UsageError(`--corim and policy["${kind}"].keys exclude each other`);
    return [kind, { ...given, keys }];
  });
  return { ...policy, ...Object.fromEntries(changed) };
}

function keysOf(corim: Uint8Array, at: Date): ReturnType<typeof keysFromCorim> {
  try {
    return keysFromCorim(corim, at);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
