/** Random damage, the same each time: every input gives a verdict, none is a defect of ours, and a yes only for what was signed. */
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../../fixtures/amd/snp.js";
import { bundle, configfsTsm, kernelResponse } from "../../../fixtures/amd/wrappers.js";
import type { EvidenceSource } from "../../../src/evidence/envelope.js";
import { verify } from "../../../src/sev-snp.js";
import { remembering } from "./exhaustive.js";
import { check, type Options, optionsFor } from "./support.js";

/** Mulberry32: numbers below `limit`, the same for the same seed. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) % limit;
  };
}

type Damage = (bytes: Uint8Array, next: (limit: number) => number) => Uint8Array;

const DAMAGES: readonly Damage[] = [
  (bytes, next) => bytes.slice().fill(next(256), next(bytes.length), next(bytes.length)),
  (bytes, next) => {
    const copy = bytes.slice();
    for (let i = 0; i <= next(4); i++) copy[next(copy.length)] = next(256);
    return copy;
  },
  (bytes, next) => bytes.slice(0, next(bytes.length)),
  (bytes, next) => Uint8Array.from([...bytes, ...Array.from({ length: next(64) }, () => next(256))]),
  (bytes, next) => {
    const at = next(bytes.length);
    return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + next(40))]);
  },
  (bytes, next) => {
    const at = next(bytes.length);
    const from = next(bytes.length);
    return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(from, from + next(40)), ...bytes.subarray(at)]);
  },
  (bytes, next) => {
    const copy = bytes.slice();
    // Lengths and counts live in few values.
    const value = [0, 0xff, 0x7f, 0x80, 0x30, 0x82][next(6)] as number;
    const at = next(copy.length);
    copy.fill(value, at, at + 1 + next(4));
    return copy;
  },
];

const forged = forgeSnp({ version: 5, product: "Genoa" });
const list = forged.crl({ revoked: [5] });
const crypto = remembering();
const options: Options = { ...optionsFor(forged), crypto };
const { endorsements: _, ...bare } = options;
const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const EVIDENCE: Readonly<Record<string, Uint8Array>> = {
  "a report": forged.report,
  "an extended report": forged.extended,
  "a kernel response": kernelResponse(forged.report, 1216),
  "configfs-tsm": text(configfsTsm(forged.report, forged.extended.subarray(1184))),
  "a bundle": text(bundle(forged.report, [forged.ek, forged.issuer, list])),
};

const ENDORSEMENTS: Readonly<Record<string, Uint8Array>> = {
  VCEK: forged.ek,
  ASK: forged.issuer,
  ARK: forged.ark,
  CRL: list,
};

const ROUNDS = 600;

async function outcomes(
  seed: number,
  bytes: Uint8Array,
  ask: (damaged: Uint8Array) => readonly [EvidenceSource, Options],
) {
  const next = numbers(seed);
  const damaged = Array.from({ length: ROUNDS }, () => (DAMAGES[next(DAMAGES.length)] as Damage)(bytes, next));
  const verdicts = await Promise.all(damaged.map((one) => verify(...ask(one))));
  const defects = verdicts.filter((verdict) => check(verdict, "evidence/recognised")?.code === "internal-error");
  expect(defects.map((verdict) => check(verdict, "evidence/recognised")?.params)).toEqual([]);
  return verdicts;
}

describe("damaged evidence", () => {
  it.each(Object.entries(EVIDENCE).map(([name, bytes], i) => [name, bytes, i] as const))(
    "%s",
    async (_name, bytes, seed) => {
      const verdicts = await outcomes(seed, bytes, (damaged) => [
        damaged,
        seed === 0 || seed === 2 ? options : (bare as Options),
      ]);
      const original = await verify(forged.report, options);
      const expected = original.ok ? original.claims : {};
      const verified = verdicts.filter((verdict) => verdict.ok);
      // Damage can miss: in white space, in zeros, in the root that a table need not carry.
      for (const verdict of verified) expect(verdict.ok && verdict.claims).toEqual(expected);
      expect(verified.length).toBeLessThan(ROUNDS / 4);
    },
  );
});

describe("damaged endorsements", () => {
  it.each(Object.entries(ENDORSEMENTS).map(([name, bytes], i) => [name, bytes, i + 10] as const))(
    "%s",
    async (name, bytes, seed) => {
      const rest = Object.entries(ENDORSEMENTS).flatMap(([other, item]) => (other === name ? [] : [item]));
      const verdicts = await outcomes(seed, bytes, (damaged) => [
        forged.report,
        { ...options, endorsements: [...rest, damaged] },
      ]);
      const same = verdicts.filter(({ outcome }) => outcome === "verified").length;
      expect(same).toBeLessThan(ROUNDS / 10);
    },
  );
});
