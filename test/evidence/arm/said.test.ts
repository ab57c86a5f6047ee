/** What verdicts on Arm's tokens say: each check with its parameters, genuine and at fault; and which of several builds is named. */
import { describe, expect, it } from "vitest";
import {
  CHALLENGE,
  COMPONENTS,
  components,
  filled,
  forgeCca,
  forgePsa,
  IMPLEMENTATION,
  INSTANCE,
  NONCE,
  PLATFORM_KEY,
  RIM,
} from "../../../fixtures/arm/token.js";
import * as cbor from "../../../fixtures/cbor.js";
import { testKey } from "../../../fixtures/keys.js";
import { forgeManifest, type JsonMembers } from "../../../fixtures/manifest/manifest.js";
import { extension, forgeCertificate, name } from "../../../fixtures/x509.js";
import { inspect, reportDataFor } from "../../../src/arm.js";
import { type Crypto, CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import { defaultCrypto } from "../../../src/crypto/webcrypto.js";
import { toHex } from "../../../src/encoding/text.js";
import type { Verdict } from "../../../src/verdict.js";
import { type ArmOptions, failures, judgeCca, judgePsa, judgeToken, jwk, PLATFORM } from "../../support/arm.js";
import { itSays } from "../../support/said.js";

const real = defaultCrypto() as Crypto;
const unavailable = () => Promise.reject(new CryptoUnavailableError("none here"));
const keys = { key: jwk(PLATFORM_KEY) };
/** A published test key of the reference platform. */
const FVP = {
  kty: "EC",
  crv: "P-384",
  x: "IShnxS4rlQiwpCCpBWDzlNLfqiG911FP8akBr-fh94uxHU5m-Kijivp2r2oxxN6M",
  y: "hM4tr8mWQli1P61xh3T0ViDREbF26DGOEYfbAjWjGNN7pZf-6A4OTHYqEryz6m7U",
} as const;
const fvpX = Buffer.from(FVP.x, "base64url");
/** Stands in for whoever has the published private key: what the key is asked about verifies. */
const signedByFvp: Crypto = {
  ...real,
  verify: async (algorithm, key, signature, message) =>
    key.type === "ec" && Buffer.compare(key.point.subarray(1, 49), fvpX) === 0
      ? true
      : real.verify(algorithm, key, signature, message),
};
const ofCca = (reference: object, policy: object = {}): Promise<Verdict> =>
  judgeCca({}, { expected: { "arm-cca": reference }, policy: { "arm-cca": { keys, ...policy } } });
const ofPsa = (reference: object): Promise<Verdict> => judgePsa({}, { expected: { "arm-psa": reference } });
const withKeys = (list: readonly object[], more: ArmOptions = {}, allow: readonly string[] = []): Promise<Verdict> =>
  judgeCca({}, { policy: { "arm-cca": { keys: list, allow } } as never, ...more });

const [first, second] = COMPONENTS as readonly [(typeof COMPONENTS)[number], (typeof COMPONENTS)[number]];
const untyped = COMPONENTS.map(({ measurement, signerId }) => ({ measurement, signerId }));
const byHex = (list: typeof COMPONENTS) =>
  list.map(({ measurement, signerId, ...rest }) => ({
    ...rest,
    measurement: toHex(measurement),
    signerId: toHex(signerId),
  }));
const ofBuilds = (
  kind: "arm-cca" | "arm-psa",
  ...listed: readonly (readonly [label: string, values: JsonMembers])[]
): Promise<Verdict> => {
  const { text, hash } = forgeManifest({ platforms: listed.map(([label, values]) => ({ kind, label, values })) });
  const evidence = kind === "arm-cca" ? forgeCca() : forgePsa();
  const bundle = JSON.stringify({
    "tee-verify": 1,
    evidence: Buffer.from(evidence).toString("base64"),
    manifest: text,
  });
  return judgeToken(bundle, {
    expected: hash,
    ...(kind === "arm-psa" ? { binding: { nonce: NONCE } } : {}),
  });
};
const rim = toHex(RIM);
const wrongRim = "00".repeat(32);
const RIGHT = { components: byHex(COMPONENTS) };
const WRONG = { components: byHex(COMPONENTS.slice(1)) };
const WORSE = { components: [{ measurement: "77".repeat(32) }] };

itSays("arm", {
  "a genuine realm": () => judgeCca(),
  "a genuine device": () => judgePsa(),
  "a realm of the legacy profile": () => judgeCca({ profile: "legacy" }),
  "a device of the first profile": () => judgePsa({ profile: "psa-iot-1" }),
  "a realm, any build": () => judgeCca({}, { expected: "any-build" }),
  "a device, any build": () => judgePsa({}, { expected: "any-build" }),
  "a realm's build without its manifest": () => judgeCca({}, { expected: `build:sha256:${"00".repeat(32)}` }),
  "a device's build without its manifest": () => judgePsa({}, { expected: `build:sha256:${"00".repeat(32)}` }),
  "a realm, and values for devices": () =>
    judgeCca({}, { expected: { "arm-psa": { platform: { components: COMPONENTS } } } }),
  "a device, and values for realms": () => judgePsa({}, { expected: { "arm-cca": { rim: RIM } } }),
  "a realm, no binding": () => judgeCca({}, { binding: "unbound" }),
  "a device, no binding": () => judgePsa({}, { binding: "unbound" }),
  "a realm, a nonce and a key": async () => {
    const binding = { nonce: filled(7), publicKey: testKey("p256-2").spki };
    return judgeCca({ realm: { 10: cbor.bytes(await reportDataFor(binding)) } }, { binding });
  },
  "a realm, a nonce without hashes": () =>
    judgeCca({}, { binding: { nonce: filled(7) }, crypto: { ...real, digest: unavailable } }),
  "a device, a key without hashes": () =>
    judgePsa({}, { binding: { nonce: NONCE, publicKey: filled(1, 91) }, crypto: { ...real, digest: unavailable } }),
  "a device, another nonce": () => judgePsa({}, { binding: { nonce: filled(1) } }),
  "a device, a binding by a layout that cannot be computed": () =>
    judgePsa(
      {},
      {
        binding: { layout: "sha256-key", publicKey: filled(1, 91) } as never,
        crypto: { ...real, digest: unavailable },
      },
    ),
  "a realm, another challenge": () => judgeCca({}, { binding: { reportData: filled(1, 64) } }),
  "a realm without signatures": () => judgeCca({}, { crypto: { ...real, verify: unavailable } }),
  "a device without signatures": () => judgePsa({}, { crypto: { ...real, verify: unavailable } }),
  "a realm whose platform was signed by another": () => judgeCca({ platformKey: testKey("p384-3") }),
  "a realm of another key": () => judgeCca({ bound: filled(1) }),
  "a realm that another signed": () => judgeCca({ realmMessage: { key: testKey("p384-3") } }),
  "a realm in debug, which is taken": () =>
    judgeCca(
      { platform: { 2395: cbor.int(0x4000) } },
      { policy: { "arm-cca": { keys, lifecycle: ["secured", "non-rot-debug"] } } },
    ),
  "a device in debug": () => judgePsa({ claims: { 2395: cbor.int(0x4000) } }),
  "no keys": () => judgeCca({}, { policy: {} }),
  "a device without keys": () => judgePsa({}, { policy: {} }),
  "keys of other devices": () => withKeys([{ ...keys, implementationId: filled(1) }]),
  "the sixteenth key": () => withKeys([...new Array(15).fill({ key: jwk(testKey("p384-3")) }), keys]),
  "the seventeenth key, of which sixteen are tried": () =>
    withKeys([...new Array(16).fill({ key: jwk(testKey("p384-3")) }), keys]),
  "a test key that signed nothing": () => withKeys([{ key: FVP }]),
  "a test key that signed nothing, which is taken": () => withKeys([{ key: FVP }], {}, ["test-key"]),
  "a test key, behind another's, that signed": () =>
    withKeys([{ key: jwk(testKey("p384-3")) }, { key: FVP }], { crypto: signedByFvp }),
  "a test key that signed, which is taken": () => withKeys([{ key: FVP }], { crypto: signedByFvp }, ["test-key"]),
  "a test key behind the key that signed": () => withKeys([keys, { key: FVP }]),
  "another RIM, another REM, another personalization value": () =>
    ofCca({
      rim: [filled(1), filled(2)],
      rems: [filled(0), filled(9), null, filled(8)],
      personalizationValue: filled(1, 64),
      platform: PLATFORM,
    }),
  "the personalization value alone": () =>
    ofCca({ personalizationValue: [filled(1, 64), filled(0, 64)] }, { platform: "unchecked" }),
  "a RIM, its platform unchecked": () => ofCca({ rim: [filled(1), RIM] }, { platform: "unchecked" }),
  "a RIM alone": () => ofCca({ rim: [RIM, filled(1)] }),
  "a platform alone": () => ofCca({ platform: PLATFORM }),
  "one of several platforms": () =>
    ofCca({ rim: RIM, platform: [{ components: [first] }, { components: [second] }, PLATFORM] }),
  "none of several platforms, the closest last": () =>
    ofCca({ rim: RIM, platform: [{ components: [{ measurement: filled(9) }] }, { components: [first] }] }),
  "none of several platforms, the closest first": () =>
    ofCca({ rim: RIM, platform: [{ components: [first] }, { components: [{ measurement: filled(9) }] }] }),
  "none of several platforms, two of them as close": () =>
    ofCca({ rim: RIM, platform: [{ components: [first] }, { components: [second] }] }),
  "one of several implementations and configurations": () =>
    ofCca({
      rim: RIM,
      platform: { ...PLATFORM, implementationId: [filled(1), IMPLEMENTATION], config: ["00", "cfcf"] },
    }),
  "none of several implementations and configurations": () =>
    ofCca({
      rim: RIM,
      platform: { ...PLATFORM, implementationId: [filled(1), filled(2)], config: ["00", "cf"] },
    }),
  "a device whose configuration is expected, of which its token says nothing": () =>
    ofPsa({ platform: { components: COMPONENTS, config: "cfcf" } }),
  "a device with software that is expected and not there": () =>
    ofPsa({
      platform: { components: [...COMPONENTS, { measurement: filled(9) }, { measurement: filled(8), type: "TZ" }] },
    }),
  "a device with software that has no type, and is not expected": () =>
    judgePsa({ claims: { 2399: components([...untyped, ...COMPONENTS]) } }),
  "a device by its certification alone": () => ofPsa({ certificationReference: ["1", "1234567890123-12345"] }),
  "a device of another certification": () => ofPsa({ certificationReference: "1" }),
  "a device without its certification": () =>
    judgePsa({ claims: { 2398: undefined } }, { expected: { "arm-psa": { certificationReference: "1" } } }),
  "several builds, the right one first": () =>
    ofBuilds("arm-cca", ["right", { rim, platform: RIGHT }], ["wrong", { rim: wrongRim, platform: WRONG }]),
  "several builds, the right one last": () =>
    ofBuilds(
      "arm-cca",
      ["wrong", { rim: wrongRim, platform: WRONG }],
      ["near", { rim, platform: WRONG }],
      ["right", { rim, platform: RIGHT }],
    ),
  "several builds, the realm of one and the platform of another": () =>
    ofBuilds("arm-cca", ["realm", { rim, platform: WORSE }], ["platform", { rim: wrongRim, platform: RIGHT }]),
  "several builds, in other order": () =>
    ofBuilds("arm-cca", ["platform", { rim: wrongRim, platform: RIGHT }], ["realm", { rim, platform: WORSE }]),
  "several builds, two of them as close": () =>
    ofBuilds("arm-cca", ["realm", { rim, platform: WRONG }], ["platform", { rim: wrongRim, platform: RIGHT }]),
  "several builds of a device, the right one first": () =>
    ofBuilds("arm-psa", ["right", { platform: RIGHT }], ["wrong", { platform: WRONG }]),
  "several builds of a device, the right one last": () =>
    ofBuilds("arm-psa", ["worse", { platform: WORSE }], ["wrong", { platform: WRONG }], ["right", { platform: RIGHT }]),
  "several builds of a device, the closest first": () =>
    ofBuilds("arm-psa", ["wrong", { platform: WRONG }], ["worse", { platform: WORSE }]),
  "several builds of a device, the closest last": () =>
    ofBuilds("arm-psa", ["worse", { platform: WORSE }], ["wrong", { platform: WRONG }]),
  "several builds of a device, two of them as close": () =>
    ofBuilds(
      "arm-psa",
      ["wrong", { platform: WRONG }],
      ["other", { platform: { components: byHex(COMPONENTS.slice(0, 1)) } }],
    ),
});

describe("keys that are published for tests", () => {
  it("are no yes, wherever they stand among the caller's", async () => {
    const other = { key: jwk(testKey("p384-3")) };
    for (const list of [[{ key: FVP }], [other, { key: FVP }], [{ key: FVP }, other]]) {
      const verdict = await withKeys(list, { crypto: signedByFvp });
      expect([verdict.outcome, failures(verdict)]).toEqual(["rejected", ["platform-key test-key"]]);
    }
    expect((await withKeys([other, { key: FVP }], { crypto: signedByFvp }, ["test-key"])).outcome).toBe("verified");
  });
});

describe("a trust anchor whose key nothing here can use", () => {
  /** secp256k1 in place of P-384. */
  const spki = PLATFORM_KEY.spki.map((byte, index) => (index === 19 && byte === 0x22 ? 0x0a : byte));
  const unusable = forgeCertificate({
    subject: name([["CN", "CPAK"]]),
    key: { ...PLATFORM_KEY, spki },
    issuerKey: PLATFORM_KEY,
    extensions: [extension.basicConstraints(false)],
  });
  it("is none of this device's keys, and no other is asked for", async () => {
    expect(spki).not.toEqual(PLATFORM_KEY.spki);
    const verdict = await judgeCca({}, { policy: {}, trustAnchors: { arm: [unusable] } });
    expect([verdict.outcome, failures(verdict)]).toEqual(["rejected", ["platform-key device-key-unknown"]]);
    const beside = await judgeCca({}, { policy: { "arm-cca": { keys } }, trustAnchors: { arm: [unusable] } });
    expect([beside.outcome, failures(beside)]).toEqual(["verified", []]);
  });
});

describe("a token of its own", () => {
  it("is a processor's, and nothing is fetched for it", async () => {
    const asked: string[] = [];
    const fetch = (async (address: string) => {
      asked.push(address);
      return new Response("no", { status: 404 });
    }) as never;
    for (const verdict of [await judgeCca({}, { fetch }), await judgePsa({}, { fetch })])
      expect([verdict.outcome, verdict.parts.map(({ role }) => role), asked]).toEqual(["verified", ["cpu"], []]);
  });
});

describe("what a token claims", () => {
  it("is shown whole, and what is absent as null", () => {
    expect(inspect(forgePsa()).unverifiedClaims).toEqual({
      profile: "tfm",
      nonce: toHex(NONCE),
      instanceId: toHex(INSTANCE),
      implementationId: toHex(IMPLEMENTATION),
      clientId: -1,
      lifecycle: "secured",
      bootSeed: "99".repeat(32),
      certificationReference: "1234567890123-12345",
      components: expect.any(Array),
      verificationService: "https://v.example",
    });
    const bare = forgePsa({ claims: { 2397: undefined, 2398: undefined, 2400: undefined } });
    expect(inspect(bare).unverifiedClaims).toMatchObject({
      bootSeed: null,
      certificationReference: null,
      verificationService: null,
    });
    expect(inspect(forgeCca()).unverifiedClaims).toMatchObject({
      reportData: toHex(CHALLENGE),
      platform: { verificationService: "https://verifier.example", config: "cfcf" },
    });
    expect(inspect(forgeCca({ platform: { 2400: undefined } })).unverifiedClaims).toMatchObject({
      platform: { verificationService: null },
    });
  });
});
