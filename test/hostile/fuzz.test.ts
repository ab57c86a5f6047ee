/** The fuzz driver finds what it is there to find, does the same for the same seed, and finds nothing in a short run. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Crypto } from "../../src/crypto/crypto.js";
import { defaultCrypto } from "../../src/crypto/webcrypto.js";
import { createVerifier, sevSnp } from "../../src/index.js";
import type { Verdict } from "../../src/verdict.js";
import { repositoryRoot } from "../support/shared.js";
import { createDice } from "./fuzz/dice.js";
import { type Finding, fuzz } from "./fuzz/engine.js";
import { type Exemplar, forgedExemplars, snp } from "./fuzz/exemplars.js";
import { inputOf, packInput, type SavedFinding, saveFinding } from "./fuzz/findings.js";
import { confirm, LIMITS, originalOf } from "./fuzz/judge.js";
import { realExemplars } from "./fuzz/real.js";
import { type HostileInput, mutateInput } from "./fuzz/structure.js";

const FOLDER = join(repositoryRoot, "test", "hostile", "findings");

let exemplars: readonly Exemplar[] = [];
beforeAll(async () => {
  exemplars = [...(await forgedExemplars()), ...(await realExemplars())];
});

async function findings(subjects: readonly Exemplar[], executions: number, seed = 1): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  await fuzz(subjects, seed, (totals) => totals.executions >= executions || found.length > 0, {
    found: (finding) => found.push(finding),
  });
  return found;
}

const busy = (milliseconds: number): void => {
  const start = process.cpuUsage();
  let spent = start;
  do {
    for (let i = 0; i < 100_000; i++) kept[0] = i;
    spent = process.cpuUsage(start);
  } while (spent.user + spent.system < milliseconds * 1000);
};

const kept: unknown[] = [];

describe("the fuzz driver", () => {
  const good = snp("planted faults", { version: 3 });
  /** As it is, it is judged as always; changed, something else happens. */
  const planted = (fault: () => unknown): Exemplar => ({
    ...good,
    async ask(input: HostileInput): Promise<Verdict> {
      const verdict = await good.ask(input);
      if (input.evidence !== good.evidence) await fault();
      return verdict;
    },
  });

  it.each([
    ["threw", () => Promise.reject(new RangeError("planted"))],
    ["slow", () => busy(LIMITS.milliseconds + 50)],
    ["memory", () => kept.push(new Uint8Array(LIMITS.bytes * 2))],
  ] as const)("finds a verifier that %s", { timeout: 60_000 }, async (fault, plant) => {
    const found = await findings([planted(plant)], 50);
    expect(found.map((finding) => finding.fault)).toEqual([fault]);
  });

  it("finds a back end that takes every signature", { timeout: 60_000 }, async () => {
    const crypto = defaultCrypto() as Crypto;
    const lax: Crypto = { ...crypto, digest: crypto.digest.bind(crypto), verify: async () => true };
    const found = await findings([snp("lax", { version: 3 }, "report", { crypto: lax })], 5000);
    expect(found.map(({ fault }) => fault)).toEqual(["false-yes"]);
  });

  it("finds a defect inside the verifier", { timeout: 60_000 }, async () => {
    const broken: typeof sevSnp = {
      ...sevSnp,
      parse(bytes, recognition) {
        const report = sevSnp.parse(bytes, recognition);
        if (report.vmpl !== 0) throw new TypeError("planted");
        return report;
      },
    };
    const ASKED = { expected: "any-build", binding: "unbound", trustAnchors: {}, at: new Date() } as const;
    const broke: Exemplar = { ...good, ask: (input) => createVerifier([broken]).verify(input.evidence, ASKED) };
    const vmpl = good.evidence.slice();
    vmpl[0x30] = 1;
    const result = await confirm(broke, { ...good, evidence: vmpl }, { claims: undefined });
    expect([result.fault, result.detail]).toEqual(["defect", '{"reason":"planted"}']);
  });

  it("starts from exemplars that are all verified, of every kind that there is", async () => {
    for (const exemplar of exemplars) await originalOf(exemplar);
    const kinds = new Set<string>();
    for (const one of exemplars) for (const part of (await one.ask(one)).parts) kinds.add(part.kind);
    expect([...kinds].sort()).toEqual([
      "arm-cca",
      "arm-psa",
      "azure-aci",
      "azure-cvm",
      "confidential-space",
      "ear",
      "gce-cvm",
      "maa",
      "nitro",
      "nitro-tpm",
      "nvidia-evidence",
      "nvidia-gpu",
      "sev-snp",
      "sgx",
      "tdx",
    ]);
  });

  it("changes nearly every input, and the same way for the same seed", async () => {
    const donors = exemplars.map(({ evidence }) => evidence);
    const run = (seed: number): readonly HostileInput[] =>
      exemplars.map((one, i) => mutateInput(one, createDice(seed * 1000 + i), donors));
    for (const seed of [1, 2, 3]) {
      expect(digestOf(run(seed))).toBe(digestOf(run(seed)));
      const same = run(seed).filter((input, i) => isSame(input, exemplars[i] as Exemplar));
      expect(same.length).toBeLessThan(exemplars.length / 10);
    }
  });

  it("writes findings that read back as they were", () => {
    const input = { evidence: Uint8Array.of(1, 2), endorsements: [Uint8Array.of(3)], manifests: [] };
    const { text } = saveFinding({ exemplar: "a", fault: "slow", detail: "", seed: 1, index: 2, input });
    expect(inputOf(JSON.parse(text) as SavedFinding)).toEqual(input);
    const room = new Uint8Array(200);
    packInput(input, room);
    const length = new DataView(room.buffer).getUint32(0);
    expect(inputOf(JSON.parse(Buffer.from(room.subarray(4, 4 + length)).toString()))).toEqual(input);
    packInput({ ...input, evidence: new Uint8Array(300) }, room);
    expect(new DataView(room.buffer).getUint32(0)).toBe(0);
  });

  it("finds nothing in a short run", { timeout: 120_000 }, async () => {
    expect(await findings(exemplars, 1000, 20261126)).toEqual([]);
  });
});

const digestOf = (inputs: readonly HostileInput[]): string => {
  const hash = createHash("sha256");
  for (const { evidence, endorsements, manifests } of inputs)
    for (const bytes of [evidence, ...endorsements, ...manifests]) hash.update(`${bytes.length} `).update(bytes);
  return hash.digest("hex");
};

function isSame(a: Parameters<typeof mutateInput>[0], b: Exemplar): boolean {
  const list = [a.evidence, ...a.endorsements, ...a.manifests];
  const other = [b.evidence, ...b.endorsements, ...b.manifests];
  return list.length === other.length && list.every((item, i) => Buffer.compare(item, other[i] as Uint8Array) === 0);
}

describe("what fuzzing once found", () => {
  const saved = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));

  it.each(saved)("%s holds", async (name) => {
    const finding = JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as SavedFinding;
    const exemplar = exemplars.find((one) => one.name === finding.exemplar);
    // Real evidence is not on a fresh clone.
    if (exemplar === undefined && finding.exemplar.startsWith("real ")) return;
    if (exemplar === undefined) throw new Error(`there is no exemplar ${finding.exemplar}`);
    const result = await confirm(exemplar, inputOf(finding), await originalOf(exemplar));
    expect([result.fault, result.detail]).toEqual([undefined, ""]);
  });

  it("is kept in a folder that has its own page", () => {
    expect(readdirSync(FOLDER)).toContain("README.md");
  });
});
