/** Evidence from the Confidential Containers attestation agent (guest-components, api-server-rest, `/aa/evidence`). */

import { isJsonObject, member, parseJson } from "../encoding/json.js";
import { fromUtf8, toBase64Url } from "../encoding/text.js";
import { askLocal } from "./local-http.js";
import { type Provider, ProviderError } from "./provider.js";

export interface CocoOptions {
  /** `http://127.0.0.1:8006` unless told; the agent answers loopback alone. */
  readonly address?: string;
}

/** On SEV-SNP the agent writes the report as fields of a library of its own, by whatever version of it: the signed bytes are not there. */
function takenApart(text: string): boolean {
  try {
    const json = parseJson(text);
    return isJsonObject(json) && typeof member(json, "attestation_report") === "object";
  } catch {
    // Whoever judges it says what is wrong with it.
    return false;
  }
}

/**
 * For TDX. Needs an agent that takes `encoding=base64`. An older one takes text alone and refuses ours, which is longer than the 64 bytes that it may have.
 *
 * @example
 * const attester = await createAttester({ provider: cocoAgent() });
 */
export function cocoAgent(options: CocoOptions = {}): Provider {
  const url = new URL(options.address ?? "http://127.0.0.1:8006");
  if (url.protocol !== "http:") throw new TypeError("address must be an http address on this machine");
  const at = { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 80) };
  return {
    name: "coco",
    async attest({ reportData, signal }) {
      const path = `/aa/evidence?runtime_data=${toBase64Url(reportData)}&encoding=base64`;
      const body = await askLocal({ at, path, signal });
      if (body.length === 0) throw new ProviderError("failed", "coco: an empty answer");
      // JSON of the agent's own, one form for each TEE; the verifier tells which.
      if (body[0] !== 0x7b && body[0] !== 0x5b) return { evidence: body };
      const text = fromUtf8(body);
      if (takenApart(text))
        throw new ProviderError("failed", "coco: a report in fields instead of its bytes; use configfsTsm() here");
      return { evidence: text };
    },
  };
}
