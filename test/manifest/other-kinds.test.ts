/** The round trip on the kinds whose verifiers are imported by themselves: by build hash and by publisher key; how far each reaches; another build rejected by name. */
import { describe, expect, it } from "vitest";
import { CHALLENGE, COMPONENTS, NONCE as PSA_NONCE, RIM } from "../../fixtures/arm/token.js";
import { type AciRequest, forgeAci } from "../../fixtures/azure/aci.js";
import { forgeDstack } from "../../fixtures/dstack/bundle.js";
import { digest, testKey } from "../../fixtures/keys.js";
import { forgeEnvelope } from "../../fixtures/manifest/envelope.js";
import { forgeManifest, type JsonMembers, type PlatformRequest } from "../../fixtures/manifest/manifest.js";
import { DRIVER, VBIOS } from "../../fixtures/nvidia/report.js";
import {
  forgeToken,
  jwkOf,
  TOKEN_AT,
  NONCE as TOKEN_NONCE,
  type TokenRequest,
  usualKey,
} from "../../fixtures/tokens/token.js";
import { verify as verifyAzure } from "../../src/azure.js";
import { reportDataFor } from "../../src/dstack.js";
import { signedBuild } from "../../src/expected/build/index.js";
import { verify as verifyToken } from "../../src/tokens.js";
import type { Verdict } from "../../src/verdict.js";
import { judgeCca, judgePsa } from "../support/arm.js";
import { judgeAs as judgeDstack } from "../support/dstack.js";
import { judgeGpu, judgeSwitch } from "../support/nvidia.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

interface Asked {
  readonly expected: never;
  readonly manifests?: readonly string[];
}

interface OtherCase {
  readonly kind: string;
  readonly platforms: readonly PlatformRequest[];
  /** The platforms of a build that the same evidence is not, and which value differs. */
  readonly other: readonly PlatformRequest[];
  readonly differs: string;
  /** How far a manifest of this kind reaches that says what it contains. */
  readonly covers: Verdict["covers"];
  readonly reached: Verdict["reached"];
  judge(asked: Asked): Promise<Verdict>;
}

const one = (kind: string, values: JsonMembers): readonly PlatformRequest[] => [{ kind, label: "own", values }];

const components = (change: Partial<Record<"measurement" | "signerId", string>> = {}) =>
  COMPONENTS.map(({ measurement, signerId, ...more }, at) => ({
    ...more,
    measurement: hex(measurement),
    signerId: hex(signerId),
    ...(at === 0 ? change : {}),
  }));
const platform = (change?: Parameters<typeof components>[0]) => ({ components: components(change) }) as never;
const OTHER = { measurement: "99".repeat(32) };

function judgeAci(asked: Asked, request: AciRequest = {}): Promise<Verdict> {
  const { json, snp, root } = forgeAci(request);
  return verifyAzure(json, {
    accept: ["azure-aci"],
    binding: { reportData: snp.fields.reportData },
    trustAnchors: { ...snp.trustAnchors, microsoft: [root] },
    at: snp.at,
    ...asked,
  });
}
const HOST_DATA = hex(forgeAci().snp.fields.hostData);

function judgeToken(token: TokenRequest, asked: Asked, policy: object = {}): Promise<Verdict> {
  const { service } = token;
  return verifyToken(forgeToken(token), {
    binding: { nonce: TOKEN_NONCE },
    at: TOKEN_AT,
    policy: { [service]: { keys: { keys: [jwkOf(usualKey(service))] }, ...policy } } as never,
    ...asked,
  });
}

/** What an Intel Trust Authority token says of a TD: its registers, and the report data that is the digest of what was held. */
const HELD = ["dmFs", "aWF0", "aGVsZA=="].map((text) => Buffer.from(text, "base64"));
const ITA_DATA = digest("SHA-512", Buffer.concat(HELD));
const ITA_REGISTERS = { mrtd: "33", rtmr0: "40", rtmr1: "41", rtmr2: "42", rtmr3: "43" };
const itaValues = (change: Partial<typeof ITA_REGISTERS> = {}): JsonMembers =>
  Object.fromEntries(Object.entries({ ...ITA_REGISTERS, ...change }).map(([name, byte]) => [name, byte.repeat(48)]));
const itaClaims = {
  tdx_report_data: hex(ITA_DATA),
  ...Object.fromEntries(Object.entries(itaValues()).map(([name, value]) => [`tdx_${name}`, value])),
};
const judgeIta = (asked: Asked): Promise<Verdict> =>
  judgeToken({ service: "ita", claims: itaClaims }, { ...asked, binding: { reportData: ITA_DATA } } as Asked);

const nonce = new Uint8Array(32).fill(7);
const publicKey = testKey("p256-1").spki;
const agent = forgeDstack({ reportData: await reportDataFor({ nonce, publicKey }) });
const dstackPlatforms = (composeHash: string): readonly PlatformRequest[] => [
  { kind: "dstack", label: "own", values: { composeHash } },
  { kind: "tdx", label: "own", values: agent.system as never, more: { within: "dstack" } },
];

const cases: readonly OtherCase[] = [
  {
    kind: "arm-cca",
    platforms: one("arm-cca", { rim: hex(RIM), platform: platform() }),
    other: one("arm-cca", { rim: "98".repeat(32), platform: platform() }),
    differs: "rim",
    covers: "workload",
    reached: "deployment",
    judge: (asked) => judgeCca({}, { binding: { reportData: CHALLENGE }, ...asked }),
  },
  {
    kind: "arm-psa",
    platforms: one("arm-psa", { platform: platform() }),
    other: one("arm-psa", { platform: platform(OTHER) }),
    differs: "BL 9999999999999999 is missing",
    covers: "workload",
    reached: "deployment",
    judge: (asked) => judgePsa({}, { binding: { nonce: PSA_NONCE }, ...asked }),
  },
  {
    kind: "azure-aci",
    platforms: one("azure-aci", { minimumSvn: 100, hostData: HOST_DATA }),
    other: one("azure-aci", { minimumSvn: 100, hostData: "97".repeat(32) }),
    differs: "hostData",
    covers: "workload",
    reached: "deployment",
    judge: judgeAci,
  },
  {
    kind: "maa",
    platforms: one("maa", { launchMeasurement: "11".repeat(48) }),
    other: one("maa", { launchMeasurement: "12".repeat(48) }),
    differs: "launchMeasurement",
    covers: "firmware",
    reached: "artifact",
    judge: (asked) => judgeToken({ service: "maa" }, asked, { issuers: "https://test.weu.attest.azure.net" }),
  },
  {
    kind: "confidential-space",
    platforms: one("confidential-space", { imageDigest: `sha256:${"22".repeat(32)}` }),
    other: one("confidential-space", { imageDigest: `sha256:${"23".repeat(32)}` }),
    differs: "imageDigest",
    covers: "workload",
    reached: "deployment",
    judge: (asked) => judgeToken({ service: "confidential-space" }, asked),
  },
  {
    kind: "ear",
    platforms: one("ear", { policyId: "policy" }),
    other: one("ear", { policyId: "other" }),
    differs: "policyId",
    covers: "workload",
    reached: "deployment",
    judge: (asked) => judgeToken({ service: "ear" }, asked, { issuers: "https://verifier.example" }),
  },
  {
    kind: "ita",
    platforms: one("ita", itaValues()),
    other: one("ita", itaValues({ rtmr2: "44" })),
    differs: `rtmr2 is ${"42".repeat(48)}`,
    covers: "workload",
    reached: "deployment",
    judge: judgeIta,
  },
  {
    kind: "nras",
    platforms: one("nras", { version: "3.0" }),
    other: one("nras", { version: "4.0" }),
    differs: "version",
    covers: "firmware",
    reached: "artifact",
    judge: (asked) => judgeToken({ service: "nras" }, asked),
  },
  {
    kind: "nvidia-gpu",
    platforms: one("nvidia-gpu", { driverVersion: DRIVER, vbiosVersion: VBIOS }),
    other: one("nvidia-gpu", { driverVersion: "1.0", vbiosVersion: VBIOS }),
    differs: DRIVER,
    covers: "firmware",
    reached: "artifact",
    judge: (asked) => judgeGpu({}, asked),
  },
  {
    kind: "nvidia-switch",
    platforms: one("nvidia-switch", { vbiosVersion: "96.10.55.00.01" }),
    other: one("nvidia-switch", { vbiosVersion: "96.10.55.00.02" }),
    differs: "96.10.55.00.01",
    covers: "firmware",
    reached: "artifact",
    judge: (asked) => judgeSwitch({}, asked),
  },
  {
    kind: "dstack",
    platforms: dstackPlatforms(hex(agent.composeHash)),
    other: dstackPlatforms("96".repeat(32)),
    differs: "compose-hash",
    covers: "workload",
    reached: "instance",
    judge: (asked) => judgeDstack(JSON.stringify(agent.answer), { binding: { nonce, publicKey }, ...asked }),
  },
];

const failures = (verdict: Verdict): readonly string[] =>
  verdict.checks.filter(({ status }) => status === "failed").map(({ id, code }) => `${id} ${code}`);
const TOO_LITTLE = "evidence/covers covers-too-little";

describe.each(cases.map((item) => [item.kind, item] as const))("a build manifest on %s", (kind, item) => {
  const manifest = forgeManifest({ platforms: item.platforms });
  const signed = signedBuild({ name: "openclaw", publishers: [testKey("ed25519-1").spki] });
  const ways: readonly Asked[] = [
    { expected: manifest.hash as never, manifests: [manifest.text] },
    { expected: signed as never, manifests: [forgeEnvelope(manifest.bytes)] },
  ];

  it("verifies by build hash and by publisher's key, as far as the kind reaches and no further", async () => {
    for (const asked of ways) {
      const verdict = await item.judge(asked);
      expect(failures(verdict).filter((failure) => failure !== TOO_LITTLE)).toEqual([]);
      expect(verdict).toMatchObject({ covers: item.covers, reached: item.reached });
      const enough = item.covers === "workload" || kind.startsWith("nvidia");
      expect(verdict.outcome).toBe(enough ? "verified" : "rejected");
    }
  });

  it("rejects another build, and says in words which value differs", async () => {
    const other = forgeManifest({ platforms: item.other });
    const verdict = await item.judge({ expected: other.hash as never, manifests: [other.text] });
    expect(verdict.outcome).toBe("rejected");
    expect(verdict.reached).toBe("artifact");
    expect(failures(verdict)).toContain(`${kind}/build build-mismatch`);
    const check = verdict.checks.find(({ id }) => id === `${kind}/build`);
    expect(JSON.stringify(check?.params)).toContain(item.differs);
    expect(check?.detail).not.toMatch(/[{}]|undefined/);
    const known = await item.judge({ expected: other.hash as never, manifests: [other.text, manifest.text] });
    expect(known.outcome).toBe("rejected");
    expect(known.checks.find(({ id }) => id === `${kind}/build`)?.notice).toContain("openclaw 2026.6.1, own");
  });

  it("rejects a manifest by one changed byte", async () => {
    const verdict = await item.judge({ expected: manifest.hash as never, manifests: [`${manifest.text} `] });
    expect(verdict.outcome).toBe("undetermined");
    const forged = forgeEnvelope(manifest.bytes).replace("c", "C");
    expect((await item.judge({ expected: signed as never, manifests: [forged] })).outcome).toBe("rejected");
  });

  it("ties no artifact where the manifest does not say what it contains", async () => {
    const bare = forgeManifest({ platforms: item.platforms.map((entry) => ({ ...entry, contains: [] })) });
    const verdict = await item.judge({ expected: bare.hash as never, manifests: [bare.text] });
    expect(verdict.reached).toBe("artifact");
  });
});

it("a realm under another firmware is not taken for its release", async () => {
  const mixed = forgeManifest({ platforms: one("arm-cca", { rim: hex(RIM), platform: platform(OTHER) }) });
  const verdict = await judgeCca(
    {},
    { binding: { reportData: CHALLENGE }, expected: mixed.hash as never, manifests: [mixed.text] },
  );
  expect(failures(verdict)).toEqual(["arm-cca/platform platform-mismatch"]);
  expect(verdict).toMatchObject({ outcome: "rejected", reached: "artifact" });
});

it.each([
  ["MRTD alone, which is the firmware", ["mrtd"], "firmware"],
  ["a TD's registers but RTMR3", ["mrtd", "rtmr0", "rtmr1", "rtmr2"], "firmware"],
  ["registers without MRTD", ["rtmr0", "rtmr1", "rtmr2", "rtmr3"], "nothing"],
])("a token of Intel Trust Authority is no release by %s", async (_, names, covers) => {
  const values = Object.fromEntries(Object.entries(itaValues()).filter(([name]) => names.includes(name)));
  const manifest = forgeManifest({ platforms: one("ita", values) });
  const verdict = await judgeIta({ expected: manifest.hash as never, manifests: [manifest.text] });
  expect(failures(verdict)).toEqual([TOO_LITTLE]);
  expect(verdict).toMatchObject({ outcome: "rejected", covers, reached: "artifact" });
});
