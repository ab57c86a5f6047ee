/** Gets evidence from an address or a file for the component: bounded, and every failure with a name of its own. */

import { joinBytes } from "../encoding/bytes.js";
import { MAX_EVIDENCE_BYTES } from "../evidence/envelope.js";
import type { NetworkFailure } from "../messages/element.js";

const TIMEOUT_MS = 15_000;

export type Loaded =
  | { readonly bytes: Uint8Array }
  | { readonly failure: NetworkFailure; readonly params?: Readonly<Record<string, unknown>> };

/** Asks `address` with a plain GET: no cookies, nothing from a cache. */
export async function loadEvidence(address: string, signal: AbortSignal): Promise<Loaded> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
  const stop = (): void => timeout.abort();
  signal.addEventListener("abort", stop);
  try {
    const response = await fetch(address, { signal: timeout.signal, credentials: "omit", cache: "no-store" });
    if (!response.ok) return { failure: "status", params: { status: response.status } };
    const bytes = await bounded(response);
    if (bytes === undefined) return { failure: "too-large" };
    return bytes.length === 0 ? { failure: "empty" } : { bytes };
  } catch {
    if (timeout.signal.aborted) return { failure: "timeout" };
    return { failure: navigator.onLine ? "unreachable" : "offline" };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
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
    if (length > MAX_EVIDENCE_BYTES) {
      await stream.cancel();
      return undefined;
    }
    chunks.push(value);
  }
}

/** The evidence among files that were dropped together, and the rest of them. */
export interface ReadFiles {
  readonly evidence: Uint8Array;
  readonly rest: readonly Uint8Array[];
}

/** The most files that belong to one piece of evidence. */
const MAX_FILES = 32;

/**
 * Reads files that were dropped together. The one that `isEvidence` knows is the evidence, the rest belongs to it; where none is
 * known, the first is taken, and judged as what it is.
 */
export async function readFiles(
  files: FileList,
  isEvidence: (bytes: Uint8Array) => boolean,
): Promise<ReadFiles | { readonly failure: NetworkFailure }> {
  const list = [...files];
  const total = list.reduce((sum, { size }) => sum + size, 0);
  if (list.length > MAX_FILES || total > MAX_EVIDENCE_BYTES) return { failure: "too-large" };
  try {
    const contents = await Promise.all(list.map(async (file) => new Uint8Array(await file.arrayBuffer())));
    const evidence = contents.find(isEvidence) ?? contents[0];
    if (evidence === undefined) return { failure: "unreadable" };
    return { evidence, rest: contents.filter((content) => content !== evidence) };
  } catch {
    return { failure: "unreadable" };
  }
}
