/** Every way for a check to go wrong: the forged fault gives this code and no other failure, its good neighbour is verified. */
import { describe, expect, it } from "vitest";
import { houseMessages, pathCodes } from "../../../src/messages/house.js";
import { sevSnpMessages } from "../../../src/messages/sev-snp.js";
import type { Status, Verdict } from "../../../src/verdict.js";
import { itSays } from "../../support/said.js";
import { appraisalCases } from "./cases/appraisal.js";
import { chainCases } from "./cases/chain.js";
import { firmwareCases } from "./cases/firmware.js";
import { houseCases } from "./cases/house.js";
import { identityCases } from "./cases/identity.js";
import { keyCases } from "./cases/key.js";
import { reportCases } from "./cases/report.js";
import { revocationCases } from "./cases/revocation.js";
import { amongIssuers, SAID } from "./cases/said.js";
import { about, type Case, check, fullId, judge, withStatus } from "./support.js";

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "the bytes of a report": reportCases,
  "the endorsement key": keyCases,
  "the chain above it": chainCases,
  revocation: revocationCases,
  "build, binding and launch policy": appraisalCases,
  firmware: firmwareCases,
  "machine and guest": identityCases,
  "the house": houseCases,
};

const firstOf = new Map(
  Object.values(CASES)
    .flat()
    .reverse()
    .map((item) => [`${fullId(item.check)} ${item.code}`, item]),
);
itSays("sev-snp", {
  "a genuine report": () => judge(about()),
  ...Object.fromEntries([...firstOf].reverse().map(([name, { bad }]) => [name, () => judge(bad())])),
  ...Object.fromEntries(Object.entries(SAID).map(([name, question]) => [name, () => judge(question())])),
});

describe("one chain that holds is enough", () => {
  it("whatever stands beside it under the authority's name", async () => {
    expect((await judge(amongIssuers())).outcome).toBe("verified");
  });
});

/** `check code`, of every verdict in this file. */
const seen = new Set<string>();

async function judged(question: Parameters<typeof judge>[0]): Promise<Verdict> {
  const verdict = await judge(question);
  for (const { id, code } of verdict.checks) if (code !== undefined) seen.add(`${id} ${code}`);
  return verdict;
}

const OUTCOME: Readonly<Record<string, Verdict["outcome"]>> = {
  failed: "rejected",
  undetermined: "undetermined",
  waived: "verified",
};

for (const [subject, cases] of Object.entries(CASES)) {
  describe(subject, () => {
    for (const {
      name,
      check: short,
      code,
      status = "failed",
      bad,
      good = () => about(),
      also = [],
      outcome,
      waives = false,
    } of cases) {
      const id = fullId(short);
      it(`${name}: ${id} is ${status} with ${code}`, async () => {
        const verdict = await judged(bad());
        expect(check(verdict, id)).toMatchObject({ status, code });
        expect(verdict.outcome).toBe(outcome ?? OUTCOME[status]);
        expect(withStatus(verdict, "failed")).toEqual(
          inOrder(verdict, [...(status === "failed" ? [id] : []), ...also.map(fullId)]),
        );
      });
      it(`${name}: its good neighbour is verified`, async () => {
        const verdict = await judged(good());
        expect(withStatus(verdict, "failed")).toEqual([]);
        expect(verdict.outcome).toBe("verified");
        const allowed: readonly (Status | undefined)[] = waives ? ["waived"] : ["passed", undefined];
        expect(allowed).toContain(check(verdict, id)?.status);
      });
    }
  });
}

/** Ids in the order in which the verdict has its checks. */
function inOrder(verdict: Verdict, ids: readonly string[]): readonly string[] {
  return verdict.checks.map(({ id }) => id).filter((id) => ids.includes(id));
}

/**
 * What SEV-SNP cannot meet. A chain of AMD has at most one intermediate, below which a path length has nothing to count.
 */
const UNREACHABLE = ["certificate-path-length"];

// Last in the file: it looks back on all the tests above, which run in order.
it("no check and no code of the catalogue is without a forgery that produces it", () => {
  // The manifest has a room of its own.
  const { "evidence/manifest": _, ...house } = houseMessages;
  const catalogue = { ...house, ...sevSnpMessages };
  const own = Object.entries(catalogue).flatMap(([id, { codes }]) =>
    Object.keys(codes)
      .filter((code) => !(code in pathCodes))
      .map((code) => `${id} ${code}`),
  );
  const codes = new Set([...seen].map((pair) => pair.split(" ")[1]));
  const ids = new Set([...seen].map((pair) => pair.split(" ")[0]));
  expect(own.filter((pair) => !seen.has(pair))).toEqual([]);
  expect(Object.keys(pathCodes).filter((code) => !codes.has(code))).toEqual(UNREACHABLE);
  // Advisories are notices: they never fail.
  expect(Object.keys(catalogue).filter((id) => !ids.has(id))).toEqual(["sev-snp/advisories"]);
});
