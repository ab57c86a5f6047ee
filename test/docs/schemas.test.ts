import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { type Bundle, nitro, sevSnp, sgx, tdx, verify } from "../../src/index.js";
import { cli, DEBUG_GUEST, fixture, MILAN, VERIFIES, without } from "../cli/support.js";

const json = (path: string): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(fixture(path))) as Record<string, unknown>;
const ajv = new Ajv2020({ strict: true, allErrors: true });
ajv.addFormat("date-time", (text: string) => new Date(text).toISOString() === text);
const compile = (name: string) => ajv.compile(json(`docs/${name}.schema.json`));
const [verdict, policy, bundle] = ["verdict", "policy", "bundle"].map(compile) as [
  ReturnType<typeof compile>,
  ReturnType<typeof compile>,
  ReturnType<typeof compile>,
];

async function verdictOf(argv: readonly string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await cli([...argv, "--json"])).out) as Record<string, unknown>;
}

describe("verdict.schema.json", () => {
  it.each<[string, string, readonly string[]]>([
    ["a report that verifies", "verified", VERIFIES],
    ["any build, unbound", "verified", without("--expect", "--report-data")],
    ["old firmware", "rejected", without("--policy")],
    ["a forgery", "rejected", [DEBUG_GUEST.altered, "-c", DEBUG_GUEST.vcek]],
    ["no evidence at all", "rejected", [MILAN.vcek]],
    ["a missing certificate", "undetermined", without("--endorsement")],
  ])("holds of %s", async (_name, outcome, argv) => {
    const found = await verdictOf(argv);
    expect(found["outcome"]).toBe(outcome);
    expect(verdict(found), JSON.stringify(verdict.errors)).toBe(true);
  });

  it("holds under custom anchors, with a nonce and a channel", async () => {
    const { report, endorsements, trustAnchors, at } = forgeSnp();
    const nonce = new Uint8Array(16);
    const found = await verify(report, { expected: "any-build", binding: { nonce }, endorsements, trustAnchors, at });
    expect(verdict(JSON.parse(JSON.stringify(found))), JSON.stringify(verdict.errors)).toBe(true);
  });

  it("tells outcomes apart", async () => {
    const found = await verdictOf(VERIFIES);
    const { claims, ...rest } = found;
    for (const other of [
      { ...found, outcome: "rejected" },
      { ...found, ok: false },
      { ...rest, unverifiedClaims: claims },
      { ...found, unverifiedClaims: claims },
      { ...found, extra: 1 },
      { ...found, checks: [] },
      { ...found, limits: [] },
    ])
      expect(verdict(other)).toBe(false);
  });
});

describe("policy.schema.json", () => {
  it("holds of the demo's policy", () => {
    expect(policy(json(MILAN.floors)), JSON.stringify(policy.errors)).toBe(true);
  });

  it.each([
    [sevSnp.name, (given: never) => sevSnp.readPolicy(given)],
    [tdx.name, (given: never) => tdx.readPolicy(given)],
    [sgx.name, (given: never) => sgx.readPolicy(given)],
    [nitro.name, (given: never) => nitro.readPolicy(given)],
  ] as const)("knows the members of %s, all of them and no other", (name, read) => {
    const schema = json("docs/policy.schema.json") as {
      properties: Record<string, { properties: Record<string, unknown> }>;
    };
    let known: readonly string[] = [];
    try {
      read({ "no such member": 1 } as never);
    } catch (error) {
      known = /it has (.*)$/.exec((error as Error).message)?.[1]?.split(", ") ?? [];
    }
    expect(known.length).toBeGreaterThan(0);
    expect(Object.keys(schema.properties[name]?.properties ?? {}).sort()).toEqual([...known].sort());
  });

  it.each([
    { "sev-snp": { minimumTcb: {} } },
    { "sev-snp": { launchMitigations: 3 } },
    { "sev-snp": { vmpl: 4 } },
    { sev_snp: {} },
    { tdx: { tcbStatuses: "Revoked" } },
    { nitro: { maxAge: -1 } },
  ])("refuses %j, as verify does", (given) => {
    expect(policy(given)).toBe(false);
  });
});

describe("bundle.schema.json", () => {
  const { report, endorsements } = forgeSnp();
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  const good: Bundle = { "tee-verify": 1, evidence: base64(report), endorsements: endorsements.map(base64) };

  it("holds of what verify takes", async () => {
    expect(bundle(good), JSON.stringify(bundle.errors)).toBe(true);
    const { checks } = await verify(good, { expected: "any-build", binding: "unbound" });
    expect(checks.find(({ id }) => id === "evidence/recognised")).toMatchObject({ status: "passed" });
  });

  it.each([{ ...good, "tee-verify": 2 }, { ...good, evidence: "" }, { ...good, more: 1 }, { "tee-verify": 1 }])(
    "refuses what verify rejects",
    async (bad) => {
      expect(bundle(bad)).toBe(false);
      const { outcome } = await verify(JSON.stringify(bad), { expected: "any-build", binding: "unbound" });
      expect(outcome).toBe("rejected");
    },
  );
});
