/**
 * One verified exemplar of every kind, version and layout, with its endorsements: bits flipped, lengths cut, orders, omissions, and
 * endorsements of others in the place of its own. None gives a false yes, and damage is found before the appraisal. A seeded sample of
 * each stands here for all of them, which `npm run exhaustive` takes.
 */
import { beforeAll, describe, expect, it } from "vitest";
import {
  cuts,
  endorsementDamage,
  flips,
  omissions,
  permutations,
  type Subject,
  subjectOf,
  swaps,
} from "./exhaustive.js";
import { forgedExemplars } from "./fuzz/exemplars.js";

const SAMPLE = 40;
const TIMEOUT = 120_000;

const exemplars = await forgedExemplars();
const subjects = new Map<string, Subject>();

beforeAll(async () => {
  for (const exemplar of exemplars) subjects.set(exemplar.name, await subjectOf(exemplar));
}, TIMEOUT);

const of = (name: string): Subject => subjects.get(name) as Subject;

describe.each(exemplars.map(({ name }) => name))("%s", (name) => {
  it("no bit of the evidence can change", { timeout: TIMEOUT }, async () => {
    expect(await flips(of(name), SAMPLE)).toEqual({ tried: SAMPLE, faults: [] });
  });

  it("the evidence cannot be cut short", { timeout: TIMEOUT }, async () => {
    expect(await cuts(of(name), SAMPLE)).toEqual({ tried: SAMPLE, faults: [] });
  });

  it("no bit of an endorsement can change, and none can be cut short, unless it is not needed", {
    timeout: TIMEOUT,
  }, async () => {
    const tried = of(name).exemplar.endorsements.length * SAMPLE;
    const none = { tried, faults: [] };
    expect(await endorsementDamage(of(name), SAMPLE)).toEqual({ flips: none, cuts: none, passedOver: 0 });
  });

  it("endorsements give the same verdict in any order, and never another yes when some are left out", {
    timeout: TIMEOUT,
  }, async () => {
    expect((await permutations(of(name), SAMPLE)).faults).toEqual([]);
    expect((await omissions(of(name), SAMPLE)).faults).toEqual([]);
  });

  it("another's endorsements in the place of its own give no other yes", { timeout: TIMEOUT }, async () => {
    expect((await swaps(of(name), exemplars, SAMPLE)).faults).toEqual([]);
  });
});

describe("an endorsement that had its turn", () => {
  it("is passed over, and only for the same kind", async () => {
    const held = new Set<string>();
    const [first, second, other] = ["sev-snp version 2", "sev-snp with revocation required", "tdx version 4"].map(of);
    expect((await endorsementDamage(first as Subject, 1, held)).passedOver).toBe(0);
    expect((await endorsementDamage(second as Subject, 1, held)).passedOver).toBeGreaterThan(0);
    expect((await endorsementDamage(other as Subject, 1, held)).passedOver).toBe(0);
  });

  it("is passed over in evidence that holds the kind whose part needs it, and there alone", async () => {
    const held = new Set<string>();
    const [machine, gpu, both] = ["sev-snp version 2", "nvidia-gpu", "sev-snp with GPUs"].map(of);
    await endorsementDamage(gpu as Subject, 1, held);
    // The two manifests; the answers on revocation are of another time.
    expect((await endorsementDamage(both as Subject, 0, new Set(held))).passedOver).toBe(2);
    await endorsementDamage(machine as Subject, 1, held);
    // And the machine's key and its issuer.
    expect((await endorsementDamage(both as Subject, 0, held)).passedOver).toBe(4);
  });
});
