/** What a quote needs to be judged offline, as a bundle: for the command line, and for services that hand quotes to browsers. */

import { MalformedError } from "../../encoding/malformed.js";
import { fromUtf8, toBase64 } from "../../encoding/text.js";
import type { EndorsementCache } from "../../endorsements/cache.js";
import { addEndorsements, NO_ENDORSEMENTS } from "../../endorsements/endorsements.js";
import type { CollateralUpdate } from "../../endorsements/intel-pcs.js";
import { type Fetch, type Network, obtain, VENDOR_ORIGINS } from "../../endorsements/transport.js";
import { readMirrors, readTime } from "../../expected/read.js";
import { type Bundle, copySource, type EvidenceSource, openEnvelope } from "../envelope.js";
import type { Need } from "../kind.js";
import { dcapNeeds } from "./endorsements.js";
import { parseQuote, type Tee } from "./quote.js";
import { recogniseQuote } from "./recognise.js";
import { readDcapPolicy } from "./settings.js";

/** What could be had, and what could not. */
export interface FetchedCollateral {
  /** The quote with all that was found, to be given as evidence or saved as JSON. */
  readonly bundle: Bundle;
  readonly missing: readonly { readonly what: string; readonly reasons: readonly string[] }[];
}

export interface FetchCollateralOptions {
  readonly fetch: Fetch;
  /** When the collateral must be current. */
  readonly at: Date;
  /** `standard` unless told. */
  readonly update?: CollateralUpdate;
  readonly cache?: EndorsementCache;
  /** A PCCS in place of Intel's service: `{ "https://api.trustedservices.intel.com": "https://pccs.example" }`. */
  readonly mirrors?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const ROUNDS = 3;

/**
 * Fetches what a quote needs to be judged offline. Nothing is judged here.
 * @throws MalformedError (as a rejection) for what is no quote, `TypeError` for mirrors of what is no vendor's origin
 * @example
 * const { bundle, missing } = await fetchCollateral(quote, { fetch, at: new Date() });
 */
export async function fetchCollateral(
  evidence: EvidenceSource,
  options: FetchCollateralOptions,
): Promise<FetchedCollateral> {
  const { fetch, cache, signal, update = "standard", mirrors = {} } = options;
  const network: Network = { fetch, cache, signal, mirrors: readMirrors(mirrors, VENDOR_ORIGINS) };
  const at = readTime(options.at, "at");
  const settings = readDcapPolicy({ update }, "options", {});
  const { tee, bytes, endorsements } = quoteIn(copySource(evidence));
  const quote = parseQuote(bytes, tee);
  const items = [...endorsements];
  const failures = new Map<string, readonly string[]>();
  const needs = (): readonly Need[] => dcapNeeds(tee, quote, addEndorsements(NO_ENDORSEMENTS, items), settings, at);
  for (let round = 0; round < ROUNDS; round++) {
    const wanted = needs().filter(({ id }) => !failures.has(id));
    const results = await Promise.all(wanted.map(async (need) => ({ need, result: await obtain(need, network) })));
    for (const { need, result } of results) {
      if ("failures" in result) failures.set(need.id, result.failures);
      else items.push(...result.items);
    }
  }
  const missing = needs().map(({ id, what, obtain: how }) => ({
    what,
    reasons: how === undefined ? (failures.get(id) ?? []) : [how],
  }));
  return { bundle: { "tee-verify": 1, evidence: toBase64(bytes), endorsements: items.map(asText) }, missing };
}

function quoteIn(evidence: Uint8Array): { tee: Tee; bytes: Uint8Array; endorsements: readonly Uint8Array[] } {
  const { inputs, endorsements } = openEnvelope(evidence);
  for (const input of inputs) {
    for (const tee of ["tdx", "sgx"] as const) {
      const found = recogniseQuote(input, tee);
      if (found !== undefined) return { tee, bytes: found.bytes, endorsements };
    }
  }
  throw new MalformedError("this is no TDX or SGX quote");
}

/** PEM and JSON as they are, DER as base64. */
function asText(item: Uint8Array): string {
  return item[0] === 0x30 ? toBase64(item) : fromUtf8(item);
}
