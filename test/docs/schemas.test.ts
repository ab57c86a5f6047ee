import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { armCca, armPsa } from "../../src/arm.js";
import { azureAci, azureCvm } from "../../src/azure.js";
import { policyFromJson } from "../../src/cli/policy.js";
import { dstack } from "../../src/dstack.js";
import type { JsonObject } from "../../src/encoding/json.js";
import { gceCvm } from "../../src/gce.js";
import { type Bundle, nitro, sevSnp, sgx, tdx, verify } from "../../src/index.js";
import { nitroTpm } from "../../src/nitro.js";
import { nvidiaEvidence, nvidiaGpu, nvidiaSwitch } from "../../src/nvidia.js";
import { confidentialSpace, ear, ita, maa, nras } from "../../src/tokens.js";
import { cli, DEBUG_GUEST, fixture, MILAN, VERIFIES, without } from "../cli/support.js";

interface AnyKind {
  readonly name: string;
  readPolicy(policy: never): unknown;
}

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

  const kinds: readonly AnyKind[] = [
    ...[sevSnp, tdx, sgx, nitro, nitroTpm, azureCvm, azureAci, gceCvm, dstack],
    ...[nvidiaGpu, nvidiaSwitch, nvidiaEvidence, armCca, armPsa, maa, confidentialSpace, ita, nras, ear],
  ];

  it("knows every kind that the command line judges", () => {
    const schema = json("docs/policy.schema.json") as { properties: object };
    expect(Object.keys(schema.properties).sort()).toEqual(kinds.map(({ name }) => name).sort());
  });

  it.each(kinds.map((kind) => [kind.name, (given: never) => kind.readPolicy(given)] as const))(
    "knows the members of %s, all of them and no other",
    (name, read) => {
      const schema = json("docs/policy.schema.json") as {
        properties: Record<string, { properties: Record<string, unknown> }>;
      };
      let known: readonly string[] = [];
      try {
        read({ "no such member": 1 } as never);
      } catch (error) {
        known =
          /it has (.*)$/
            .exec((error as Error).message)?.[1]
            ?.split(", ")
            .filter((member) => member !== "") ?? [];
      }
      expect(known.length > 0).toBe(name !== "dstack");
      expect(Object.keys(schema.properties[name]?.properties ?? {}).sort()).toEqual([...known].sort());
    },
  );

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

  const mask = (text: string) => ({ "sev-snp": { launchMitigations: text, currentMitigations: text } });
  it.each([
    [mask("0x0"), false],
    [mask("0x0000"), false],
    [mask("0x01"), true],
    [mask(`0x${"f".repeat(16)}`), true],
    [mask(`0x${"f".repeat(17)}`), false],
    [mask("3"), false],
    [{ tdx: { rejectedAdvisories: "INTEL-SA-00615" } }, true],
    [{ sgx: { rejectedAdvisories: ["intel-sa-00615"] } }, true],
    [{ tdx: { rejectedAdvisories: "INTEL-SA-615" } }, false],
    [{ tdx: { rejectedAdvisories: [] } }, false],
    [{ "azure-cvm": { userData: "bound" } }, true],
    [{ "azure-cvm": { "user-data": "bound" } }, false],
    [{ dstack: {} }, true],
    [{ dstack: { allow: [] } }, false],
  ])("takes %j where verify does, and only there: %j", (given, taken) => {
    const reads = (): unknown =>
      Object.entries(policyFromJson(given as JsonObject)).map(([name, value]) =>
        kinds.find((kind) => kind.name === name)?.readPolicy(value as never),
      );
    expect(policy(given)).toBe(taken);
    if (taken) expect(reads).not.toThrow();
    else expect(reads).toThrow();
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
