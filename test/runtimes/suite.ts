/** The conformance suite that every runtime runs: the same evidence, the expected outcomes, and one digest over all verdicts. */

import type { Crypto, Verdict } from "../../src/index.js";

/** Plain JSON, so that every runtime gets the same bytes. */
export interface RuntimeCase {
  readonly name: string;
  /** Base64. */
  readonly evidence: string;
  readonly endorsements: readonly string[];
  readonly trustAnchors?: Readonly<Record<string, readonly string[]>>;
  readonly expected: unknown;
  /** Hex, or `"unbound"`. */
  readonly reportData: string;
  readonly at: string;
  readonly outcome: string;
}

export interface SuiteResult {
  readonly backEnd: string;
  readonly passed: number;
  /** What went otherwise than expected, in words. */
  readonly failures: readonly string[];
  /** SHA-256 over every verdict, but for the name of the back end. */
  readonly digest: string;
}

type Verify = (evidence: Uint8Array, options: never) => Promise<Verdict>;

export async function runSuite(cases: readonly RuntimeCase[], verify: Verify, backEnd: Crypto): Promise<SuiteResult> {
  const failures: string[] = [];
  const verdicts: unknown[] = [];
  for (const item of cases) {
    const verdict = await verify(bytes(item.evidence), optionsOf(item, backEnd) as never);
    if (verdict.outcome !== item.outcome) failures.push(`${item.name}: ${verdict.outcome} instead of ${item.outcome}`);
    if (verdict.meta.crypto !== backEnd.name)
      failures.push(`${item.name}: ${verdict.meta.crypto} worked instead of ${backEnd.name}`);
    verdicts.push({ ...verdict, meta: { ...verdict.meta, crypto: "" } });
  }
  const text = new TextEncoder().encode(JSON.stringify(verdicts));
  return {
    backEnd: backEnd.name,
    passed: cases.length - failures.length,
    failures,
    digest: hex(await backEnd.digest("SHA-256", text)),
  };
}

function optionsOf(item: RuntimeCase, crypto: Crypto): unknown {
  const anchors = Object.entries(item.trustAnchors ?? {}).map(([vendor, list]) => [vendor, list.map(bytes)]);
  return {
    expected: item.expected,
    binding: item.reportData === "unbound" ? "unbound" : { reportData: fromHex(item.reportData) },
    endorsements: item.endorsements.map(bytes),
    at: new Date(item.at),
    crypto,
    ...(anchors.length === 0 ? {} : { trustAnchors: Object.fromEntries(anchors) }),
  };
}

/** Neither Buffer nor atob: hardened compartments have neither. */
export function bytes(base64: string): Uint8Array {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const text = base64.replace(/=+$/, "");
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text) {
    bits = (bits << 6) | alphabet.indexOf(character);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out[at++] = (bits >> held) & 255;
    bits &= (1 << held) - 1;
  }
  return out;
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function hex(value: Uint8Array): string {
  return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
