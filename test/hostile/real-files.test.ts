/** A seeded sample of flips and cuts of every real file of the shared evidence, and of its endorsements: none gives a false yes. */
import { isDeepStrictEqual } from "node:util";
import { expect, it } from "vitest";
import type { Crypto } from "../../src/crypto/crypto.js";
import { defaultCrypto } from "../../src/crypto/webcrypto.js";
import type { Verdict } from "../../src/verdict.js";
import { describeShared } from "../support/shared.js";
import { createDice, type Dice } from "./fuzz/dice.js";
import type { HostileInput } from "./fuzz/structure.js";
import { type RealFile, realFiles } from "./real-files.js";

const FLIPS = 8;
const CUTS = 3;

const claimsOf = ({ parts }: Verdict): unknown => parts.map(({ path, kind, claims }) => [path, kind, claims]);

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

/** One of the inputs with one bit flipped, or cut short. */
function damaged(file: RealFile, dice: Dice, cut: boolean): HostileInput {
  const change = (bytes: Uint8Array): Uint8Array =>
    cut ? bytes.slice(0, dice.below(bytes.length)) : flipped(bytes, dice.below(bytes.length * 8));
  if (file.endorsements.length === 0 || dice.chance(60)) return { ...file, evidence: change(file.evidence) };
  const at = dice.below(file.endorsements.length);
  return { ...file, endorsements: file.endorsements.map((item, i) => (i === at ? change(item) : item)) };
}

/** What is wrong with the verdicts over damage of `file`, and whether it is verified as it is. */
async function judge(file: RealFile, seed: number, crypto?: Crypto): Promise<{ ok: boolean; faults: string[] }> {
  const original = await file.ask(file, crypto);
  const dice = createDice(seed);
  const faults: string[] = [];
  for (let i = 0; i < FLIPS + CUTS; i++) {
    const verdict = await file.ask(damaged(file, dice, i >= FLIPS), crypto);
    if (verdict.checks.some(({ code }) => code === "internal-error")) faults.push(`${file.name}: a defect`);
    const same = original.ok && isDeepStrictEqual(claimsOf(verdict), claimsOf(original));
    if (verdict.ok && !same) faults.push(`${file.name}: a false yes`);
  }
  return { ok: original.ok, faults };
}

describeShared("every real file, damaged", () => {
  it("is never verified as something else", { timeout: 600_000 }, async () => {
    const files = realFiles();
    const faults: string[] = [];
    const verified = new Map<string, number>();
    for (const [i, file] of files.entries()) {
      const result = await judge(file, 20261127 + i);
      faults.push(...result.faults);
      const folder = file.name.split("/")[0] as string;
      if (result.ok) verified.set(folder, (verified.get(folder) ?? 0) + 1);
    }
    expect(faults).toEqual([]);
    // Damage to what is refused as it is shows little: most of the real evidence is not.
    expect(files.length).toBeGreaterThan(500);
    expect(verified.get("sev-snp")).toBeGreaterThanOrEqual(15);
    expect(verified.get("dcap")).toBeGreaterThanOrEqual(20);
    expect(verified.get("nitro")).toBeGreaterThanOrEqual(4);
  });

  it("is found where signatures count for nothing", { timeout: 120_000 }, async () => {
    const crypto = defaultCrypto() as Crypto;
    const lax: Crypto = { ...crypto, digest: crypto.digest.bind(crypto), verify: async () => true };
    const files = realFiles().filter(({ name }) => name.startsWith("sev-snp/") && !/source|bin/.test(name));
    const results = await Promise.all(files.map((file, i) => judge(file, i, lax)));
    expect(results.flatMap(({ faults }) => faults).length).toBeGreaterThan(10);
  });
});
