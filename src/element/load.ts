/** Gets evidence from an address for the component: bounded, and every failure with a name of its own. */

import { joinBytes } from "../encoding/bytes.js";
import type { NetworkFailure } from "../messages/element.js";

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 8_388_608;

export type Loaded = { readonly bytes: Uint8Array } | { readonly failure: NetworkFailure; readonly status?: number };

export async function loadEvidence(address: string, signal: AbortSignal): Promise<Loaded> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(address, {
      signal: AbortSignal.any([signal, timeout]),
      credentials: "omit",
      cache: "no-store",
    });
    if (!response.ok) return { failure: "status", status: response.status };
    const bytes = await bounded(response);
    if (bytes === undefined) return { failure: "too-large" };
    return bytes.length === 0 ? { failure: "empty" } : { bytes };
  } catch {
    if (timeout.aborted) return { failure: "timeout" };
    return { failure: navigator.onLine ? "unreachable" : "offline" };
  }
}

async function bounded(response: Response): Promise<Uint8Array | undefined> {
  const stream = response.body?.getReader();
  if (stream === undefined) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await stream.read();
    if (done) return joinBytes(chunks);
    length += value.length;
    if (length > MAX_BYTES) {
      await stream.cancel();
      return undefined;
    }
    chunks.push(value);
  }
}
