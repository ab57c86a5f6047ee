/** A machine's own evidence with that of its GPUs beside it: one verdict, in which the machine's signed report data binds the GPUs' nonce. */

import { allBytes } from "../../encoding/bytes.js";
import { isJsonObject, type JsonObject, type JsonValue, member } from "../../encoding/json.js";
import { MalformedError } from "../../encoding/malformed.js";
import { toUtf8 } from "../../encoding/text.js";
import type { BindingRequest } from "../../expected/binding.js";
import { withGpusMessages } from "../../messages/nvidia.js";
import { fromBase64Any } from "../envelope.js";
import type { Appraisal, Child, EvidenceInput, EvidenceKind, Recognition } from "../kind.js";
import { NONCE_BYTES } from "./layout.js";

/**
 * Where the GPUs' nonce comes from. `second-half`: bytes 32 to 63 of the machine's report data (NEAR AI, SecretVM); `first-half`: bytes 0 to 31
 * (Confidential Containers); `caller`: the caller's own 32-byte nonce, which the machine's report data binds as well.
 */
export type GpuNonce = "second-half" | "first-half" | "caller";

/** What the wrapped kind's `parse` makes, and the GPUs' evidence as JSON text. */
export interface WithGpus<Evidence> {
  readonly machine: Evidence;
  readonly gpus: Uint8Array | undefined;
}

/** Members of JSON objects under which the field sends GPU evidence beside a quote: JSON, or its text. */
const GPU_MEMBERS = ["nvidia_payload", "gpu_evidence", "gpu"];
const COMPANION = "gpus";

/**
 * `kind` for machines with GPUs: their evidence comes in the same JSON, is a part of the same verdict, and must answer a nonce that the
 * machine's own evidence vouches for. Evidence without GPUs is then not enough.
 *
 * @example
 * const { verify } = createVerifier([withGpus(tdx, "second-half"), nvidiaEvidence, nvidiaGpu, nvidiaSwitch]);
 */
export function withGpus<Name extends string, Policy, Reference, Evidence, Trusted, Settings, Values>(
  kind: EvidenceKind<Name, Policy, Reference, Evidence, Trusted, Settings, Values>,
  nonce: GpuNonce,
): EvidenceKind<Name, Policy, Reference, WithGpus<Evidence>, Trusted, Settings, Values> {
  const id = `${kind.name}/gpus`;
  // The GPUs' manifests and OCSP responses come among the same endorsements.
  const { otherEndorsements: _, ...doors } = kind;
  return {
    ...doors,
    // Where the machine is expected, its GPUs alone are not it.
    wraps: [...(kind.wraps ?? []), "nvidia-evidence"],
    checks: [...kind.checks, { id, stage: "appraise", spec: "NVIDIA, confidential computing on GPUs", required: true }],
    messages: { ...kind.messages, [id]: withGpusMessages },
    recognises: (input) => recognise(kind, input),
    parse: (bytes, recognition) => ({
      machine: kind.parse(bytes, recognition),
      gpus: recognition.companions?.get(COMPANION) as Uint8Array | undefined,
    }),
    unwrap: ({ machine, gpus }) => [
      ...(kind.unwrap?.(machine) ?? []),
      ...(gpus === undefined ? [] : [gpuChild(gpus, bindingOf(kind.slots(machine), nonce))]),
    ],
    needs: ({ machine }, ...rest) => kind.needs(machine, ...rest),
    authenticate: ({ machine }, context) => kind.authenticate(machine, context),
    async appraise({ machine, gpus }, trusted, context): Promise<Appraisal> {
      const own = { ...context, children: context.children.filter(({ name }) => name !== COMPANION) };
      const appraisal = await kind.appraise(machine, trusted, own);
      const found = context.children.find(({ name }) => name === COMPANION);
      // A list may hold switches alone: they are genuine, and no GPU.
      if (gpus === undefined || found?.claims.gpus === 0) context.ledger.undetermined(id, "gpus-missing");
      else if (isUnbound(bindingOf(kind.slots(machine), nonce), context.binding))
        context.ledger.failed(id, "gpus-unbound");
      else context.ledger.passed(id, { kind: found?.kind ?? "" });
      return appraisal;
    },
    slots: ({ machine }) => kind.slots(machine),
    claims: ({ machine }, trusted) => kind.claims(machine, trusted),
    map: ({ machine }) => kind.map(machine),
  };
}

/** A nonce of zeros is the filling of a slot that nobody used, and a nonce that nobody chose binds nothing. */
function isUnbound(binding: Child["binding"], callers: BindingRequest): boolean {
  const request = binding === "caller" ? callers : binding;
  if (request === "unbound" || request.form === "layout") return true;
  const nonce = request.form === "nonce" ? request.nonce : request.values.nonce;
  return nonce === undefined || allBytes(nonce);
}

/** The machine's evidence in one of its own forms, or under `cpu`; the GPUs' beside it. */
function recognise(kind: Pick<EvidenceKind, "recognises">, input: EvidenceInput): Recognition | undefined {
  if ("bytes" in input || !isJsonObject(input.json)) return kind.recognises(input);
  const { json } = input;
  const recognition = Object.hasOwn(json, "cpu") ? fromCpu(kind, json) : kind.recognises(input);
  const gpus = gpusOf(json);
  if (recognition === undefined || gpus === undefined) return recognition;
  const companions = new Map([...(recognition.companions ?? []), [COMPANION, gpus] as const]);
  return { ...recognition, form: `${recognition.form} with GPUs`, companions };
}

function fromCpu(kind: Pick<EvidenceKind, "recognises">, json: JsonObject): Recognition | undefined {
  const cpu = member(json, "cpu");
  if (typeof cpu === "string") return kind.recognises({ bytes: fromBase64Any(cpu) });
  return isJsonObject(cpu) ? kind.recognises({ json: cpu, text: JSON.stringify(cpu) }) : undefined;
}

function gpusOf(json: JsonObject): Uint8Array | undefined {
  const values = GPU_MEMBERS.flatMap((name): readonly JsonValue[] => {
    const value = member(json, name);
    return value === undefined || value === null ? [] : [value];
  });
  if (values.length > 1) throw new MalformedError("GPU evidence stands under two names");
  const [value] = values;
  if (value === undefined) return undefined;
  return toUtf8(typeof value === "string" ? value : JSON.stringify(value));
}

function gpuChild(bytes: Uint8Array, binding: Child["binding"]): Child {
  return { name: COMPANION, role: "gpu", bytes, endorsements: [], accept: ["nvidia-evidence"], binding };
}

/** The nonce that the machine's signed report data gives to its GPUs. */
function bindingOf(slots: ReturnType<EvidenceKind["slots"]>, nonce: GpuNonce): Child["binding"] {
  if (nonce === "caller") return "caller";
  const data = slots.find(({ name }) => name === "reportData")?.value;
  if (data === undefined || data.length < 2 * NONCE_BYTES)
    throw new MalformedError("the machine's evidence has no report data that could bind its GPUs");
  const start = nonce === "first-half" ? 0 : NONCE_BYTES;
  const request: BindingRequest = { form: "exact", values: { nonce: data.slice(start, start + NONCE_BYTES) } };
  return request;
}
