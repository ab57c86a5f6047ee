/** Evidence from the Confidential Containers attestation agent (guest-components, api-server-rest, `/aa/evidence`). */

import { fromUtf8, toBase64Url } from "../encoding/text.js";
import { askLocal } from "./local-http.js";
import { type Provider, ProviderError } from "./provider.js";

export interface CocoOptions {
  /** `http://127.0.0.1:8006` unless told; the agent answers loopback alone. */
  readonly address?: string;
}

/**
 * Needs an agent that takes `encoding=base64`. An older one takes text alone and refuses ours, which is longer than the 64 bytes that it may have.
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
      return { evidence: body[0] === 0x7b || body[0] === 0x5b ? fromUtf8(body) : body };
    },
  };
}
