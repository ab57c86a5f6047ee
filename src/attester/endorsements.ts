/** What a verifier needs beside the evidence, fetched from the vendor through the bounded transport, kept, and renewed before it runs out. */

import { equalBytes } from "../encoding/bytes.js";
import { isJsonObject, type JsonValue, member, parseJson } from "../encoding/json.js";
import { fromUtf8, toBase64, toUtf8 } from "../encoding/text.js";
import { addEndorsements, type EndorsementSet, NO_ENDORSEMENTS } from "../endorsements/endorsements.js";
import { type Network, obtain, VENDOR_ORIGINS } from "../endorsements/transport.js";
import { detect } from "../evidence/detect.js";
import { openEnvelope } from "../evidence/envelope.js";
import type { EvidenceKind, Need } from "../evidence/kind.js";
import { sevSnp } from "../evidence/sev-snp/kind.js";
import { sgx } from "../evidence/sgx/kind.js";
import { tdx } from "../evidence/tdx/kind.js";
import { readMirrors } from "../expected/read.js";
import { ProviderError } from "./provider.js";

export interface EndorsementOptions {
  /** May ask the vendor's service; absent means that nothing is fetched. */
  readonly fetch?: typeof globalThis.fetch;
  /** Mirrors of vendor services (a KDS cache, a PCCS), by vendor origin. */
  readonly mirrors?: Readonly<Record<string, string>>;
  /** Always sent along: DER, PEM or collateral text (a VLEK certificate, say). */
  readonly always?: readonly (Uint8Array | string)[];
}

export interface Endorser {
  /**
   * What belongs to `evidence`, as a bundle carries it.
   * @throws ProviderError for evidence whose report data is not `reportData`
   */
  collect(evidence: Uint8Array | string, reportData: Uint8Array, now: number): Promise<readonly string[]>;
}

interface Kept {
  readonly items: readonly Uint8Array[];
  /** From then on a new one is asked for, milliseconds since 1970; the old one stays until it is there. */
  refreshAt: number;
  readonly endsAt: number;
}

const ROUNDS = 3;
const DAY_MS = 86_400_000;
/** A service that did not answer is not asked again for so long. */
const RETRY_MS = 60_000;

// A CRL for SEV-SNP is asked for as well: browsers cannot reach AMD's service.
const KINDS: readonly (readonly [kind: EvidenceKind, policy: unknown])[] = [
  [sevSnp, { revocation: "required" }],
  [tdx, undefined],
  [sgx, undefined],
];

export function createEndorser(options: EndorsementOptions = {}): Endorser {
  const { fetch, mirrors = {}, always = [] } = options;
  const network: Network | undefined =
    fetch === undefined
      ? undefined
      : { fetch, cache: undefined, signal: undefined, mirrors: readMirrors(mirrors, VENDOR_ORIGINS) };
  const kept = new Map<string, Kept>();
  const failedAt = new Map<string, number>();
  const given = always.map((item) => (typeof item === "string" ? toUtf8(item) : item));
  const running = new Map<string, Promise<void>>();
  const settings = new Map(KINDS.map(([kind, policy]) => [kind, kind.readPolicy(policy)]));

  /** One question at a time for each need, however many challenges wait for it. */
  const fetchOne = (need: Need, now: number, by: Network): Promise<void> => {
    const under = running.get(need.id);
    if (under !== undefined) return under;
    const run = obtain(need, by)
      .then((result) => {
        if ("failures" in result) failedAt.set(need.id, now);
        else kept.set(need.id, keep(result.items, now));
      })
      .finally(() => running.delete(need.id));
    running.set(need.id, run);
    return run;
  };

  const needsOf = (opened: Opened, usable: (entry: Kept) => boolean, now: number): readonly Need[] => {
    const items = [...kept.values()].filter(usable).flatMap((entry) => entry.items);
    const set = addEndorsements(NO_ENDORSEMENTS, [...given, ...opened.endorsements, ...items]);
    return opened.kind
      .needs(opened.evidence, set, settings.get(opened.kind), now)
      .filter(({ id, candidates }) => candidates.length > 0 && (failedAt.get(id) ?? 0) + RETRY_MS <= now);
  };

  const renew = async (opened: Opened, now: number, by: Network): Promise<void> => {
    for (let round = 0; round < ROUNDS; round++) {
      // What runs out meanwhile is needed anew; what is due is asked for and stays in use until then.
      const missing = needsOf(opened, ({ endsAt }) => endsAt > now, now);
      if (missing.length === 0) break;
      await Promise.all(missing.map((need) => fetchOne(need, now, by)));
    }
    const due = [...kept.values()].filter(({ refreshAt }) => refreshAt <= now);
    if (due.length === 0) return;
    for (const entry of due) entry.refreshAt = now + RETRY_MS;
    for (const need of needsOf(opened, (entry) => !due.includes(entry), now))
      fetchOne(need, now, by).catch(() => undefined);
  };

  return {
    async collect(evidence, reportData, now) {
      const opened = open(evidence);
      if (opened === undefined) return given.map(asText);
      demandReportData(opened, reportData);
      if (network !== undefined) await renew(opened, now, network);
      const current = [...kept.values()].filter(({ endsAt }) => endsAt > now).flatMap(({ items }) => items);
      return [...given, ...current].map(asText);
    },
  };
}

interface Opened {
  readonly kind: EvidenceKind;
  readonly evidence: unknown;
  readonly endorsements: readonly Uint8Array[];
}

/** `undefined` for a kind that has nothing to fetch (Nitro) or that we do not know: it is passed on as it is. */
function open(evidence: Uint8Array | string): Opened | undefined {
  try {
    const kinds = KINDS.map(([kind]) => kind);
    const detection = detect(openEnvelope(typeof evidence === "string" ? toUtf8(evidence) : evidence), kinds);
    if (detection.status !== "recognised") return undefined;
    const { kind, recognition } = detection;
    return { kind, evidence: kind.parse(recognition.bytes, recognition), endorsements: recognition.endorsements };
  } catch {
    // Whoever judges it says what is wrong with it.
    return undefined;
  }
}

/** A device that cuts, pads or hashes what it is given would make answers that nobody can verify: better to fail here. */
function demandReportData({ kind, evidence }: Opened, reportData: Uint8Array): void {
  const slot = kind.slots(evidence).find(({ name }) => name === "reportData");
  if (slot?.value !== undefined && !equalBytes(slot.value, reportData))
    throw new ProviderError("failed", "the evidence does not carry the report data that was asked for");
}

function keep(items: readonly Uint8Array[], now: number): Kept {
  const endsAt = Math.min(...endsOf(addEndorsements(NO_ENDORSEMENTS, items)));
  return { items, endsAt, refreshAt: now + Math.min(DAY_MS, Math.max(RETRY_MS, (endsAt - now) * 0.8)) };
}

/** When each item runs out; what says nothing of it holds for good. */
function endsOf({ certificates, crls, texts }: EndorsementSet): readonly number[] {
  return [
    Number.POSITIVE_INFINITY,
    ...certificates.map(({ notAfter }) => notAfter),
    ...crls.map(({ nextUpdate }) => nextUpdate),
    ...texts.flatMap((text) => nextUpdates(parseJson(text))),
  ];
}

/** `nextUpdate` one level down, where Intel's collateral has it. */
function nextUpdates(json: JsonValue): readonly number[] {
  if (!isJsonObject(json)) return [];
  return Object.values(json).flatMap((inner) => {
    const value = isJsonObject(inner) ? member(inner, "nextUpdate") : undefined;
    const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
    return Number.isNaN(time) ? [] : [time];
  });
}

/** PEM and JSON as they are, DER as base64. */
function asText(item: Uint8Array): string {
  return item[0] === 0x30 ? toBase64(item) : fromUtf8(item);
}
