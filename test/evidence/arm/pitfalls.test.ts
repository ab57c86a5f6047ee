/** The pitfall table of the Arm reference (A1 to A11), row by row: tokens made to fall in, and their good neighbours. */
import { describe, expect, it } from "vitest";
import {
  type CcaRequest,
  CHALLENGE,
  COMPONENTS,
  components,
  coseKey,
  DEVICE_KEY,
  filled,
  forgeCca,
  forgePsa,
  IMPLEMENTATION,
  INSTANCE,
  NONCE,
  PLATFORM_KEY,
  type PsaRequest,
  REALM_KEY,
  RIM,
} from "../../../fixtures/arm/token.js";
import * as cbor from "../../../fixtures/cbor.js";
import { digest, testKey } from "../../../fixtures/keys.js";
import { extension, forgeCertificate, name, pem } from "../../../fixtures/x509.js";
import { inspect, reportDataFor } from "../../../src/arm.js";
import { CryptoUnavailableError } from "../../../src/crypto/crypto.js";
import { noble } from "../../../src/crypto/noble.js";
import { toHex } from "../../../src/encoding/text.js";
import { testKeyName } from "../../../src/evidence/arm/keys.js";
import {
  checkNamed,
  failures,
  judgeCca,
  judgePsa,
  judgeToken,
  jwk,
  malformedReason,
  PLATFORM,
} from "../../support/arm.js";

describe("a build that is named by its hash alone", () => {
  it("leaves an Arm token's build open, and does not reject it", async () => {
    const expected = `build:sha256:${"00".repeat(32)}`;
    for (const verdict of [await judgeCca({}, { expected }), await judgePsa({}, { expected })]) {
      expect([verdict.outcome, failures(verdict), checkNamed(verdict, "build")?.status]).toEqual([
        "undetermined",
        [],
        "skipped",
      ]);
    }
  });
});

describe("bindings that cannot be compared", () => {
  const withoutDigest = { ...noble, digest: () => Promise.reject(new CryptoUnavailableError("no digest")) };
  it("of another sort than the token's challenge fail", async () => {
    const binding = { userData: new Uint8Array(8) };
    expect(failures(await judgeCca({}, { binding }))).toEqual(["challenge binding-unsupported"]);
    expect(failures(await judgePsa({}, { binding }))).toEqual(["nonce binding-unsupported"]);
  });
  it("for want of cryptography are open, and prove nothing", async () => {
    const verdict = await judgeCca({}, { binding: { nonce: NONCE }, crypto: withoutDigest });
    expect(verdict.checks.find(({ id }) => id === "arm-cca/challenge")?.status).toBe("undetermined");
    expect([verdict.outcome, verdict.freshness, verdict.channel]).toEqual(["undetermined", "none", "none"]);
  });
});

describe("the good neighbours", () => {
  it.each([
    ["current profile, CMW", {}],
    ["current profile in the early collection", { wrapper: 399 }],
    ["legacy profile", { profile: "legacy" }],
    ["legacy profile as CMW", { profile: "legacy", wrapper: 907 }],
    ["SHA-512 for the realm's key", { hash: "SHA-512" }],
  ] as readonly (readonly [string, CcaRequest])[])("CCA: %s", async (_, request) => {
    const verdict = await judgeCca(request);
    expect([verdict.outcome, verdict.covers, failures(verdict)]).toEqual(["verified", "launch", []]);
  });
  it.each(["tfm", "psa-2.0.0", "psa-iot-1"] as const)("PSA: %s", async (profile) => {
    const verdict = await judgePsa({ profile });
    expect([verdict.outcome, verdict.covers, verdict.freshness]).toEqual(["verified", "launch", "nonce"]);
  });
  it("by another back end, as hex and base64", async () => {
    expect((await judgeCca({}, { crypto: noble })).outcome).toBe("verified");
    expect((await judgeToken(toHex(forgeCca()))).outcome).toBe("verified");
    expect((await judgeToken(Buffer.from(forgePsa()).toString("base64"), { binding: { nonce: NONCE } })).outcome).toBe(
      "verified",
    );
  });
  it("say whose word the key is", async () => {
    for (const verdict of [await judgeCca(), await judgePsa()])
      expect(verdict.limits.join(" ")).toContain("Arm publishes no root of trust");
  });
  it("show their claims", () => {
    expect(inspect(forgeCca()).unverifiedClaims).toMatchObject({
      profile: "current",
      realm: { rim: toHex(RIM) },
      platform: { lifecycle: "secured" },
    });
    expect(inspect(forgePsa()).unverifiedClaims).toMatchObject({ profile: "tfm", clientId: -1 });
  });
});

describe("A1, A2: the realm's key", () => {
  const unbound = ["realm-key-binding realm-not-bound"];
  it("that the platform does not vouch for rejects", async () =>
    expect(failures(await judgeCca({ bound: filled(1) }))).toEqual(unbound));
  it("of another realm rejects", async () =>
    expect(failures(await judgeCca({ bound: digest("SHA-256", coseKey(testKey("p384-3"))) }))).toEqual(unbound));
  it("hashed otherwise than as the claim's bytes rejects", async () =>
    expect(failures(await judgeCca({ bound: digest("SHA-256", REALM_KEY.raw) }))).toEqual(unbound));
  it("hashed with another algorithm than the platform's rejects", async () => {
    const request = { realm: { 44240: cbor.text("sha-512") }, bound: digest("SHA-512", coseKey(REALM_KEY)) };
    const verdict = await judgeCca(request);
    expect(failures(verdict)).toEqual(unbound);
    // The digests are equal: what differs must be in the words.
    const { detail } = verdict.checks.find(({ id }) => id === "arm-cca/realm-key-binding") ?? { detail: "" };
    expect(detail).toContain("whose hash is SHA-256");
    expect(detail).toContain("SHA-512 digest");
  });
  it("hashed with an unknown algorithm is malformed", async () => {
    for (const hash of ["sha-1", "SHA-256", "none", "toString"])
      expect(malformedReason(await judgeCca({ realm: { 44240: cbor.text(hash) } }))).toMatch(/hash .* is not known/);
  });
  it.each([
    [
      "on another curve",
      cbor.map(
        [cbor.int(1), cbor.int(2)],
        [cbor.int(-1), cbor.int(1)],
        [cbor.int(-2), cbor.bytes(filled(1, 48))],
        [cbor.int(-3), cbor.bytes(filled(1, 48))],
      ),
    ],
    [
      "of another type",
      cbor.map(
        [cbor.int(1), cbor.int(1)],
        [cbor.int(-1), cbor.int(2)],
        [cbor.int(-2), cbor.bytes(filled(1, 48))],
        [cbor.int(-3), cbor.bytes(filled(1, 48))],
      ),
    ],
    [
      "compressed",
      cbor.map(
        [cbor.int(1), cbor.int(2)],
        [cbor.int(-1), cbor.int(2)],
        [cbor.int(-2), cbor.bytes(filled(1, 48))],
        [cbor.int(-3), Uint8Array.of(0xf5)],
      ),
    ],
    [
      "with a short coordinate",
      cbor.map(
        [cbor.int(1), cbor.int(2)],
        [cbor.int(-1), cbor.int(2)],
        [cbor.int(-2), cbor.bytes(filled(1, 47))],
        [cbor.int(-3), cbor.bytes(filled(1, 48))],
      ),
    ],
  ])("%s is malformed", async (_, realmKeyClaim) =>
    expect(malformedReason(await judgeCca({ realmKeyClaim }))).toMatch(/EC2 key on P-384/),
  );
  it("in the form of the other profile is malformed", async () => {
    expect(malformedReason(await judgeCca({ profile: "legacy", realmKeyClaim: coseKey(REALM_KEY) }))).toMatch(
      /97 bytes/,
    );
    expect(malformedReason(await judgeCca({ realmKeyClaim: REALM_KEY.raw }))).not.toBe("");
  });
  it("off its curve verifies nothing", async () => {
    const off = REALM_KEY.raw.slice();
    off[96] = (off[96] as number) ^ 1;
    expect(failures(await judgeCca({ profile: "legacy", realmKeyClaim: off }))).toEqual([
      "realm-signature signature-invalid",
    ]);
  });
});

describe("A3: signatures", () => {
  it("of the realm by another key reject", async () =>
    expect(failures(await judgeCca({ realmMessage: { key: testKey("p384-3") } }))).toEqual([
      "realm-signature signature-invalid",
    ]));
  it("of the platform by another key reject", async () =>
    expect(failures(await judgeCca({ platformKey: testKey("p384-3") }))).toEqual([
      "platform-signature signature-invalid",
    ]));
  it("under a key on another curve reject", async () => {
    const policy = { "arm-cca": { keys: { key: jwk(testKey("p256-1")) } } };
    expect(failures(await judgeCca({}, { policy }))).toEqual(["platform-signature signature-invalid"]);
  });
  it("cover every bit of both payloads", async () => {
    const token = forgeCca();
    let rejected = 0;
    for (let at = 0; at < token.length; at += 11) {
      const flipped = token.slice();
      flipped[at] = (flipped[at] as number) ^ 0x10;
      const verdict = await judgeToken(flipped);
      expect([at, verdict.outcome]).toEqual([at, "rejected"]);
      rejected++;
    }
    expect(rejected).toBeGreaterThan(80);
  });
  it("of a PSA token cover every bit", async () => {
    const token = forgePsa();
    for (let at = 0; at < token.length; at += 7) {
      const flipped = token.slice();
      flipped[at] = (flipped[at] as number) ^ 0x10;
      expect([at, (await judgeToken(flipped, { binding: { nonce: NONCE } })).outcome]).toEqual([at, "rejected"]);
    }
  });
  it("with an algorithm outside the protected header are malformed", async () => {
    const items = { unprotected: cbor.map([cbor.int(1), cbor.int(-35)]) };
    expect(
      malformedReason(await judgeCca({ platformMessage: { items, protectedBytes: Uint8Array.of(0xa0) } })),
    ).toMatch(/not protected/);
  });
});

describe("keys", () => {
  const judgeKeys = (keys: never) => judgeCca({}, { policy: { "arm-cca": { keys } } });
  it("are the caller's to give: without any it stays open", async () => {
    const verdict = await judgeCca({}, { policy: {} });
    expect([
      verdict.outcome,
      checkNamed(verdict, "platform-key")?.code,
      checkNamed(verdict, "platform-signature")?.status,
    ]).toEqual(["undetermined", "device-key-missing", "skipped"]);
  });
  it("of other devices reject", async () => {
    for (const wrong of [{ instanceId: Uint8Array.of(1, ...filled(1)) }, { implementationId: filled(1) }])
      expect(failures(await judgeKeys({ key: jwk(PLATFORM_KEY), ...wrong } as never))).toEqual([
        "platform-key device-key-unknown",
      ]);
  });
  it("come as JWK, PEM, DER or certificate, for one device or for all", async () => {
    const { spki } = PLATFORM_KEY;
    for (const key of [jwk(PLATFORM_KEY), pem("PUBLIC KEY", spki), spki])
      expect(
        (await judgeKeys([{ key: jwk(testKey("p384-3")) }, { key, implementationId: toHex(IMPLEMENTATION) }] as never))
          .outcome,
      ).toBe("verified");
    const certificate = forgeCertificate({
      subject: name([["CN", "CPAK"]]),
      key: PLATFORM_KEY,
      extensions: [extension.basicConstraints(false)],
    });
    const verdict = await judgeCca({}, { policy: {}, trustAnchors: { arm: [certificate] } });
    expect([verdict.outcome, verdict.meta.anchors]).toEqual(["verified", "custom"]);
  });
  it.each([
    [{ key: { kty: "EC", crv: "P-384", x: "AA", y: "AA" } }],
    [{ key: { kty: "RSA", crv: "P-384", x: "AA", y: "AA" } }],
    [{ key: { kty: "EC", crv: "K-256", x: "AA", y: "AA" } }],
    [{ key: "no PEM" }],
    [{ key: pem("CERTIFICATE", PLATFORM_KEY.spki) }],
    [{ key: testKey("ed25519-1").spki }],
    [{ key: Uint8Array.of(1) }],
    [{}],
    [[]],
    [{ key: PLATFORM_KEY.spki, instanceId: "00" }],
  ])(
    "that are none are a TypeError: %#",
    async (keys) => await expect(judgeKeys(keys as never)).rejects.toBeInstanceOf(TypeError),
  );
});

describe("A4: the challenge", () => {
  it("other than the binding demands rejects", async () => {
    expect(failures(await judgeCca({}, { binding: { reportData: filled(1, 64) } }))).toEqual([
      "challenge challenge-mismatch",
    ]);
    expect(failures(await judgeCca({}, { binding: { reportData: CHALLENGE.subarray(0, 32) } }))).toEqual([
      "challenge challenge-mismatch",
    ]);
  });
  it("of our layout binds nonce and key", async () => {
    const binding = { nonce: filled(7), publicKey: testKey("p256-2").spki };
    const verdict = await judgeCca({ realm: { 10: cbor.bytes(await reportDataFor(binding)) } }, { binding });
    expect([verdict.outcome, verdict.freshness, verdict.channel === "none"]).toEqual(["verified", "nonce", false]);
  });
  it("of another length is malformed", async () =>
    expect(malformedReason(await judgeCca({ realm: { 10: cbor.bytes(filled(1, 32)) } }))).toMatch(
      /realm challenge has 32/,
    ));
  it("of a PSA token is its nonce, exactly", async () => {
    expect(failures(await judgePsa({}, { binding: { nonce: filled(1) } }))).toEqual(["nonce nonce-mismatch"]);
    expect(failures(await judgePsa({}, { binding: { reportData: filled(1, 64) } }))).toEqual([
      "nonce binding-unsupported",
    ]);
  });
});

describe("A5: the lifecycle", () => {
  it.each([[0x0000], [0x1000], [0x2000], [0x4000], [0x5000], [0x60ff]])(
    "%i rejects, unless policy takes it, which shows",
    async (lifecycle) => {
      const request = { platform: { 2395: cbor.int(lifecycle) } };
      const verdict = await judgeCca(request);
      expect(failures(verdict)).toEqual(["lifecycle lifecycle-not-accepted"]);
      const name = verdict.checks.find(({ code }) => code === "lifecycle-not-accepted")?.params.lifecycle as "unknown";
      const keys = { key: jwk(PLATFORM_KEY) };
      const allowed = await judgeCca(request, { policy: { "arm-cca": { keys, lifecycle: ["secured", name] } } });
      expect([allowed.outcome, checkNamed(allowed, "lifecycle")?.status]).toEqual(["verified", "waived"]);
      expect(failures(await judgePsa({ claims: { 2395: cbor.int(lifecycle) } }))).toEqual([
        "lifecycle lifecycle-not-accepted",
      ]);
    },
  );
  it.each([[0x7f35], [0x3100], [0x6100], [-1], [0x1_3000]])("%i is malformed", async (lifecycle) =>
    expect(malformedReason(await judgeCca({ platform: { 2395: cbor.int(lifecycle) } }))).toMatch(/not defined/),
  );
  it("0x30ff is secured", async () =>
    expect((await judgeCca({ platform: { 2395: cbor.int(0x30ff) } })).outcome).toBe("verified"));
});

describe("A6, A7: claims", () => {
  it.each([10, 2396, 256, 2401, 2395, 2402, 2399])("the platform's %i is mandatory", async (key) =>
    expect(malformedReason(await judgeCca({ platform: { [key]: undefined } }))).toMatch(/missing|not a list/),
  );
  it.each([10, 44235, 44236, 44237, 44238, 44239, 44240])("the realm's %i is mandatory", async (key) =>
    expect(malformedReason(await judgeCca({ realm: { [key]: undefined } }))).toMatch(/missing|four/),
  );
  it("the verification service is not", async () =>
    expect((await judgeCca({ platform: { 2400: undefined } })).outcome).toBe("verified"));
  it.each([
    ["several nonces", { 10: cbor.array(cbor.bytes(filled(1)), cbor.bytes(filled(2))) }, /not a byte string/],
    ["an implementation id of 33 bytes", { 2396: cbor.bytes(filled(1, 33)) }, /has 33 bytes/],
    ["an instance id of 32 bytes", { 256: cbor.bytes(filled(1)) }, /has 32 bytes/],
    ["an instance id of another type", { 256: cbor.bytes(filled(2, 33)) }, /not of type 01/],
    ["no software", { 2399: cbor.array() }, /list of 1 to 64/],
    [
      "software without a measurement",
      { 2399: components([{ signerId: filled(1) }]) },
      /measurement value .* is missing/,
    ],
    ["software without a signer", { 2399: components([{ measurement: filled(1) }]) }, /signer id .* is missing/],
    [
      "a measurement of 31 bytes",
      { 2399: components([{ measurement: filled(1, 31), signerId: filled(1) }]) },
      /has 31 bytes/,
    ],
    ["an empty verification service", { 2400: cbor.text("") }, /text of 1 to/],
    ["a lifecycle in text", { 2395: cbor.text("3003") }, /not a 53-bit integer/],
    ["a configuration in text", { 2401: cbor.text("x") }, /not a byte string/],
  ] as readonly (readonly [string, CcaRequest["platform"], RegExp])[])(
    "with %s are malformed",
    async (_, platform, reason) =>
      expect(malformedReason(await judgeCca({ ...(platform === undefined ? {} : { platform }) }))).toMatch(reason),
  );
  it.each([
    [
      "three extensible measurements",
      { 44239: cbor.array(cbor.bytes(filled(1)), cbor.bytes(filled(1)), cbor.bytes(filled(1))) },
    ],
    [
      "an extensible measurement of 31 bytes",
      { 44239: cbor.array(...[31, 32, 32, 32].map((length) => cbor.bytes(filled(1, length)))) },
    ],
    ["a RIM of 33 bytes", { 44238: cbor.bytes(filled(1, 33)) }],
    ["a personalization value of 63 bytes", { 44235: cbor.bytes(filled(1, 63)) }],
    ["an unknown hash", { 44236: cbor.text("md5") }],
  ])("of a realm with %s are malformed", async (_, realm) =>
    expect(failures(await judgeCca({ realm }))).toEqual(["format malformed"]),
  );
  it("with an unknown number are read, with a text are malformed", async () => {
    expect((await judgeCca({ platform: { 1234567: cbor.int(1) }, realm: { 1234567: cbor.int(1) } })).outcome).toBe(
      "verified",
    );
    for (const textKey of ["platform", "realm"] as const)
      expect(malformedReason(await judgeCca({ textKey }))).toMatch(/key that is text/);
    expect(malformedReason(await judgePsa({ textKey: true }))).toMatch(/key that is text/);
  });
});

describe("A8: wrappings and profiles", () => {
  it("profiles that differ are malformed", async () => {
    expect(malformedReason(await judgeCca({ realm: { 265: undefined, 44237: cbor.bytes(REALM_KEY.raw) } }))).toMatch(
      /different profiles/,
    );
    expect(
      malformedReason(
        await judgeCca({ profile: "legacy", platform: { 265: cbor.text("tag:arm.com,2023:cca_platform#1.0.0") } }),
      ),
    ).toMatch(/different profiles/);
  });
  it("unknown profiles are malformed", async () => {
    expect(malformedReason(await judgeCca({ platform: { 265: cbor.text("http://arm.com/PSA-SSD/1.0.0") } }))).toMatch(
      /unknown profile/,
    );
    expect(malformedReason(await judgeCca({ realm: { 265: cbor.text("x") } }))).toMatch(/unknown profile/);
  });
  it("inner messages without their tag are malformed", async () =>
    expect(malformedReason(await judgeCca({ realmMessage: { tagged: false } }))).toMatch(/not a tagged COSE_Sign1/));
  it.each([
    [
      "a missing token",
      ([platform]: readonly (readonly [Uint8Array, Uint8Array])[]) => [platform!],
      /exactly a platform and a realm/,
    ],
    [
      "a third token",
      (entries: readonly (readonly [Uint8Array, Uint8Array])[]) => [...entries, [cbor.int(1), cbor.int(1)] as const],
      /exactly a platform and a realm/,
    ],
    [
      "another content type",
      ([platform, realm]: readonly (readonly [Uint8Array, Uint8Array])[]) => [
        platform!,
        [realm![0], cbor.array(cbor.int(61), cbor.bytes(filled(1)))] as const,
      ],
      /application\/eat\+cwt/,
    ],
    [
      "a bare message in a CMW collection",
      ([platform, realm]: readonly (readonly [Uint8Array, Uint8Array])[]) => [
        platform!,
        [realm![0], cbor.bytes(filled(1))] as const,
      ],
      /application\/eat\+cwt/,
    ],
    [
      "a text key",
      (entries: readonly (readonly [Uint8Array, Uint8Array])[]) => [
        ...entries,
        [cbor.text("__cmwc_t"), cbor.int(1)] as const,
      ],
      /key that is text/,
    ],
  ] as const)("collections with %s are malformed", async (_, entries, reason) =>
    expect(malformedReason(await judgeCca({ entries }))).toMatch(reason),
  );
  it("cut short or longer are malformed", async () => {
    const token = forgeCca();
    for (let length = 64; length < token.length; length += 13)
      expect((await judgeToken(token.subarray(0, length))).outcome).toBe("rejected");
    expect(malformedReason(await judgeToken(Uint8Array.of(...token, 0)))).toMatch(/follow the CBOR item/);
  });
});

describe("A9: what cannot be checked is no yes", () => {
  it("without the algorithm it stays open", async () => {
    const { CryptoUnavailableError } = await import("../../../src/arm.js");
    const none = {
      name: "none",
      digest: () => Promise.reject(new CryptoUnavailableError("no")),
      verify: () => Promise.reject(new CryptoUnavailableError("no")),
    };
    expect((await judgeCca({}, { crypto: none })).outcome).toBe("undetermined");
    expect((await judgePsa({}, { crypto: none })).outcome).toBe("undetermined");
  });
});

describe("A10: published keys", () => {
  const fvp = {
    kty: "EC",
    crv: "P-384",
    x: "IShnxS4rlQiwpCCpBWDzlNLfqiG911FP8akBr-fh94uxHU5m-Kijivp2r2oxxN6M",
    y: "hM4tr8mWQli1P61xh3T0ViDREbF26DGOEYfbAjWjGNN7pZf-6A4OTHYqEryz6m7U",
  } as const;
  it("are named for what they are", () => {
    const point = Uint8Array.of(4, ...Buffer.from(fvp.x, "base64url"), ...Buffer.from(fvp.y, "base64url"));
    expect(testKeyName({ type: "ec", curve: "P-384", point })).toMatch(/CCA test key/);
    expect(testKeyName({ type: "ec", curve: "P-384", point: PLATFORM_KEY.raw })).toBeUndefined();
    expect(testKeyName({ type: "ed25519", point: filled(1) })).toBeUndefined();
  });
  it("reject also where the signature would be another's", async () =>
    expect(failures(await judgeCca({}, { policy: { "arm-cca": { keys: { key: fvp } } } }))).toEqual([
      "platform-key test-key",
      "platform-signature signature-invalid",
    ]));
});

describe("reference values", () => {
  const expectCca = (reference: object, policy: object = {}) =>
    judgeCca(
      {},
      { expected: { "arm-cca": reference }, policy: { "arm-cca": { keys: { key: jwk(PLATFORM_KEY) }, ...policy } } },
    );
  it.each([
    ["another RIM", { rim: filled(1), platform: PLATFORM }, "build build-mismatch"],
    ["another REM", { rim: RIM, rems: [null, filled(9), null, null], platform: PLATFORM }, "build build-mismatch"],
    [
      "another personalization value",
      { rim: RIM, personalizationValue: filled(1, 64), platform: PLATFORM },
      "build build-mismatch",
    ],
    [
      "another implementation",
      { rim: RIM, platform: { ...PLATFORM, implementationId: filled(1) } },
      "platform platform-mismatch",
    ],
    ["another configuration", { rim: RIM, platform: { ...PLATFORM, config: "00" } }, "platform platform-mismatch"],
    ["a component less", { rim: RIM, platform: { components: COMPONENTS.slice(0, 1) } }, "platform platform-mismatch"],
    [
      "a component more",
      { rim: RIM, platform: { components: [...COMPONENTS, { measurement: filled(9) }] } },
      "platform platform-mismatch",
    ],
    [
      "another signer",
      { rim: RIM, platform: { components: COMPONENTS.map((item) => ({ ...item, signerId: filled(9) })) } },
      "platform platform-mismatch",
    ],
    [
      "another version",
      { rim: RIM, platform: { components: COMPONENTS.map((item) => ({ ...item, version: "9" })) } },
      "platform platform-mismatch",
    ],
    [
      "another type",
      { rim: RIM, platform: { components: COMPONENTS.map((item) => ({ ...item, type: "9" })) } },
      "platform platform-mismatch",
    ],
  ])("for %s reject", async (_, reference, expected) =>
    expect(failures(await expectCca(reference))).toEqual([expected]),
  );
  it("are sets: one alternative that fits is enough", async () => {
    const reference = {
      rim: [filled(1), RIM],
      rems: [filled(0), filled(1), null, filled(3)],
      platform: [
        { components: [{ measurement: filled(1) }] },
        { components: COMPONENTS.map(({ measurement }) => ({ measurement })) },
      ],
    };
    expect((await expectCca(reference)).outcome).toBe("verified");
  });
  it("for a realm without its platform leave it open, unless policy says so", async () => {
    const verdict = await expectCca({ rim: RIM });
    expect([verdict.outcome, checkNamed(verdict, "platform")?.code]).toEqual(["undetermined", "no-platform-reference"]);
    expect((await expectCca({ rim: RIM }, { platform: "unchecked" })).outcome).toBe("verified");
  });
  it("for a platform alone cover firmware", async () => {
    expect(failures(await expectCca({ platform: PLATFORM }))).toEqual(["covers covers-too-little"]);
    const keys = { key: jwk(PLATFORM_KEY) };
    const verdict = await judgeCca(
      {},
      { expected: { "arm-cca": { platform: PLATFORM } }, covers: "firmware", policy: { "arm-cca": { keys } } },
    );
    expect([verdict.outcome, verdict.covers]).toEqual(["verified", "firmware"]);
  });
  it("for another kind reject", async () =>
    expect(failures(await judgeCca({}, { expected: { "arm-psa": { certificationReference: "1" } } }))).toEqual(
      expect.arrayContaining(["build no-reference-values", "platform no-reference-values"]),
    ));
  it.each([
    [{}],
    [{ rim: [] }],
    [{ rim: "00" }],
    [{ rems: [null] }],
    [{ platform: {} }],
    [{ platform: { components: [] } }],
    [{ platform: { components: [{}] } }],
    [{ other: 1 }],
  ])(
    "that are none are a TypeError: %j",
    async (reference) => await expect(expectCca(reference)).rejects.toBeInstanceOf(TypeError),
  );
  it.each([
    [{ lifecycle: "open" }],
    [{ lifecycle: [] }],
    [{ allow: "test-key" }],
    [{ allow: ["all"] }],
    [{ platform: "no" }],
  ])(
    "policy that is none is a TypeError: %j",
    async (policy) => await expect(expectCca({ rim: RIM }, policy)).rejects.toBeInstanceOf(TypeError),
  );
});

describe("A11: PSA", () => {
  const psa = (claims: PsaRequest["claims"], profile: PsaRequest["profile"] = "tfm") =>
    judgePsa({ profile, ...(claims === undefined ? {} : { claims }) });
  it("COSE_Mac0 rejects: who can check it can forge it", async () => {
    const payload = forgePsa();
    const mac = Uint8Array.of(0xd1, ...payload.subarray(1));
    const verdict = await judgeToken(mac, { binding: { nonce: NONCE } });
    expect(failures(verdict)).toEqual(["token-signature symmetric-key"]);
  });
  it.each([10, 256, 2396, 2394, 2395, 2399, 265])("%i is mandatory", async (key) =>
    expect(malformedReason(await psa({ [key]: undefined }))).not.toBe(""),
  );
  it.each([2397, 2398, 2400])("%i is not", async (key) =>
    expect((await psa({ [key]: undefined })).outcome).toBe("verified"),
  );
  it.each([
    ["a nonce of 31 bytes", { 10: cbor.bytes(filled(1, 31)) }],
    ["a nonce of 65 bytes", { 10: cbor.bytes(filled(1, 65)) }],
    ["a boot seed of 7 bytes", { 2397: cbor.bytes(filled(1, 7)) }],
    ["a boot seed of 33 bytes", { 2397: cbor.bytes(filled(1, 33)) }],
    ["a client id of 33 bits", { 2394: cbor.int(0x8000_0000) }],
    ["a certification reference of another form", { 2398: cbor.text("a234567890123-12345") }],
    ["a certification reference without its version", { 2398: cbor.text("1234567890123") }],
    ["an instance id of another type", { 256: cbor.bytes(filled(2, 33)) }],
    ["two profiles", { [-75000]: cbor.text("PSA_IOT_PROFILE_1") }],
    ["an unknown profile", { 265: cbor.text("http://UNKNOWN") }],
  ])("with %s is malformed", async (_, claims) =>
    expect(failures(await psa(claims as never))).toEqual(["format malformed"]),
  );
  it("of the first profile may leave its name out, and must have its boot seed", async () => {
    expect((await psa({ [-75000]: undefined }, "psa-iot-1")).outcome).toBe("verified");
    expect(malformedReason(await psa({ [-75004]: undefined }, "psa-iot-1"))).toMatch(/boot seed/);
    expect(malformedReason(await psa({ [-75000]: cbor.text("other") }, "psa-iot-1"))).toMatch(/no known profile/);
  });
  it("of the first profile may say that nothing was measured, and not both", async () => {
    expect(malformedReason(await psa({ [-75007]: cbor.int(1) }, "psa-iot-1"))).toMatch(/measures software and says/);
    const none = await psa({ [-75007]: cbor.int(1), [-75006]: undefined }, "psa-iot-1");
    expect(failures(none)).toEqual(["build build-mismatch"]);
  });
  it("of other software than expected rejects", async () => {
    expect(failures(await psa({ 2399: components(COMPONENTS.slice(1)) }))).toEqual(["build build-mismatch"]);
    const expected = {
      "arm-psa": { platform: { components: COMPONENTS }, certificationReference: "9999999999999-99999" },
    };
    expect(failures(await judgePsa({}, { expected }))).toEqual(["build build-mismatch"]);
  });
  it("by another key rejects", async () =>
    expect(failures(await judgePsa({ message: { key: testKey("p256-2") } }))).toEqual([
      "token-signature signature-invalid",
    ]));
  it("without a key stays open", async () => {
    const verdict = await judgePsa({}, { policy: {} });
    expect([verdict.outcome, checkNamed(verdict, "device-key")?.code]).toEqual(["undetermined", "device-key-missing"]);
    expect(DEVICE_KEY.curve).toBe("P-256");
    expect(INSTANCE).toHaveLength(33);
  });
});
