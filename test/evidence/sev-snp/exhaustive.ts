/** For the tests that change every bit: many verdicts at once, and the same RSA signature verified once. */
import { createHash } from "node:crypto";
import type { Crypto } from "../../../src/crypto/crypto.js";
import { defaultCrypto } from "../../../src/crypto/webcrypto.js";
import type { Verdict } from "../../../src/verdict.js";
import { type RealCase, realCase } from "./corpus.js";
import type { Options, Policy } from "./support.js";

/** WebCrypto that remembers what it answered: most changes leave the chain as it was. */
export function remembering(): Crypto {
  const crypto = defaultCrypto();
  if (crypto === undefined) throw new Error("these tests need WebCrypto");
  const answers = new Map<string, Promise<boolean>>();
  return {
    name: crypto.name,
    digest: (hash, message) => crypto.digest(hash, message),
    verify(algorithm, key, signature, message) {
      const hash = createHash("sha256").update(JSON.stringify(algorithm));
      for (const bytes of [key.type === "rsa" ? key.modulus : key.point, signature, message])
        hash.update(bytes).update("|");
      const name = hash.digest("hex");
      const answer = answers.get(name) ?? crypto.verify(algorithm, key, signature, message);
      answers.set(name, answer);
      return answer;
    },
  };
}

/** Runs `judge` for 0 to `count` - 1, 128 at a time, and returns the numbers whose verdict `isWrong`. */
export async function wrongOnes(
  count: number,
  judge: (index: number) => Promise<Verdict>,
  isWrong: (verdict: Verdict) => boolean,
): Promise<readonly number[]> {
  const wrong: number[] = [];
  for (let start = 0; start < count; start += 128) {
    const indexes = Array.from({ length: Math.min(128, count - start) }, (_, i) => start + i);
    const verdicts = await Promise.all(indexes.map(judge));
    verdicts.forEach((verdict, i) => {
      if (isWrong(verdict)) wrong.push(start + i);
    });
  }
  return wrong;
}

/** A copy with bit `index` changed, counted from the lowest bit of the first byte. */
export function flipped(bytes: Uint8Array, index: number): Uint8Array {
  const copy = bytes.slice();
  copy[index >> 3] = (copy[index >> 3] as number) ^ (1 << (index & 7));
  return copy;
}

/** One verified report of each version. No real version 2 report is above the floors: its caller takes old firmware. */
export const SUBJECTS: readonly (readonly [version: number, id: string, policy: Policy])[] = [
  [2, "virtee-milan", { floors: { date: "2026-01-01", floors: [] } }],
  [3, "ms-tav-genoa", {}],
  [5, "oak-turin_oc", {}],
];

export interface Subject {
  readonly real: RealCase;
  readonly ek: Uint8Array;
  readonly options: Options;
}

export function subject(id: string, policy: Policy): Subject {
  const real = realCase(id);
  const ek = real.ek as Uint8Array;
  const options: Options = {
    expected: real.facts.measurement,
    binding: { reportData: Uint8Array.from(Buffer.from(real.facts.report_data, "hex")) },
    endorsements: [ek],
    at: real.at,
    policy: { "sev-snp": policy },
    crypto: remembering(),
  };
  return { real, ek, options };
}
