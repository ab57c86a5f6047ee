/** The N table of the reference: the chain and the times of a document; each row is a test of its name. */
import { describe, expect, it } from "vitest";
import * as cbor from "../../../fixtures/cbor.js";
import { concat } from "../../../fixtures/der.js";
import {
  CHAIN_KEYS,
  chainNames,
  DOCUMENT_TIME,
  type DocumentRequest,
  FORGED_REGION,
  filled,
  forgeChain,
  forgeDocument,
  forgedRoot,
  INSTANCE,
  MODULE_ID,
  type Place,
} from "../../../fixtures/nitro/document.js";
import { extension, forgeCertificate, testKey } from "../../../fixtures/x509.js";
import { verify } from "../../../src/nitro.js";
import {
  checkNamed,
  FORGED_PCRS,
  failures,
  judgeForged,
  malformedReason,
  type NitroOptions,
} from "../../support/nitro.js";

const reasonOf = async (request: DocumentRequest): Promise<string> => malformedReason(await judgeForged(request));
const failuresOf = async (request: DocumentRequest, options?: NitroOptions): Promise<readonly string[]> =>
  failures(await judgeForged(request, options));
const withPolicy = (policy: NonNullable<NitroOptions["policy"]>["nitro"]): NitroOptions => ({
  policy: { nitro: policy as NonNullable<typeof policy> },
});
const later = (milliseconds: number): NitroOptions => ({ at: new Date(DOCUMENT_TIME + milliseconds) });

describe("N1 the bundle starts with somebody's own root", () => {
  it("is rejected under AWS's root, whatever it says of itself", async () => {
    const verdict = await verify(forgeDocument(), {
      expected: { nitro: { pcrs: FORGED_PCRS } },
      binding: "unbound",
      at: new Date(DOCUMENT_TIME),
    });
    expect([verdict.outcome, failures(verdict)[0]]).toEqual(["rejected", "root root-not-pinned"]);
    expect(verdict.meta.anchors).toBe("pinned");
  });

  it("is rejected where the root has the right name and the right key and is another certificate", async () => {
    const certificates = { root: { serial: 77 } };
    const verdict = await judgeForged({ certificates });
    expect(failures(verdict)).toEqual(["root root-not-pinned"]);
    expect(
      (await judgeForged({ certificates }, { trustAnchors: { aws: [forgedRoot({ certificates })] } })).outcome,
    ).toBe("verified");
  });

  it("takes any of the anchors that the caller names, and shows that they are the caller's", async () => {
    const other = forgeCertificate({
      subject: chainNames("x", "y").leaf,
      key: testKey("p384-9"),
      extensions: [extension.basicConstraints(true)],
    });
    const verdict = await judgeForged({}, { trustAnchors: { aws: [other, forgedRoot()] } });
    expect([verdict.outcome, verdict.meta.anchors]).toEqual(["verified", "custom"]);
    expect(verdict.limits.join(" ")).toContain("NOT under the vendor's");
    expect(failures(await judgeForged({}, { trustAnchors: { aws: [other] } }))[0]).toBe("root root-not-pinned");
  });
});

describe("N2 the bundle", () => {
  it("in another order is rejected", async () => {
    expect(await failuresOf({ bundle: (bundle) => [...bundle].reverse() })).toContain("root root-not-pinned");
    expect(
      await failuresOf({
        bundle: ([root, regional, zonal, instance]) => [root, zonal, regional, instance] as Uint8Array[],
      }),
    ).toEqual(["certificate-path certificate-signature-invalid"]);
  });

  it("with an unrelated certificate is rejected", async () => {
    const unrelated = forgeCertificate({
      subject: chainNames("x", "y").zonal,
      key: testKey("p384-9"),
      extensions: [extension.basicConstraints(true)],
    });
    expect(await failuresOf({ bundle: (bundle) => [...bundle, unrelated] })).toContain(
      "certificate-path certificate-signature-invalid",
    );
    expect(await failuresOf({ bundle: ([root, ...rest]) => [root as Uint8Array, unrelated, ...rest] })).toContain(
      "certificate-path certificate-signature-invalid",
    );
  });

  it("without an intermediate is rejected", async () => {
    for (const missing of [1, 2, 3]) {
      expect(await failuresOf({ bundle: (bundle) => bundle.filter((_, index) => index !== missing) })).toContain(
        "certificate-path certificate-signature-invalid",
      );
    }
    expect(await failuresOf({ bundle: (bundle) => bundle.slice(1) })).toContain("root root-not-pinned");
    expect(await failuresOf({ bundle: ([root]) => [root as Uint8Array] })).toContain(
      "certificate-path certificate-signature-invalid",
    );
  });

  it("of more than eight certificates is malformed", async () => {
    const padded = (length: number) => (bundle: readonly Uint8Array[]) =>
      Array.from({ length }, (_, index) => bundle[Math.min(index, 3)] as Uint8Array);
    expect(await reasonOf({ bundle: padded(20) })).toMatch(/1 to 8 certificates/);
    expect(await reasonOf({ bundle: padded(9) })).toMatch(/1 to 8 certificates/);
    expect(await reasonOf({ bundle: padded(8) })).toBe("");
  });
});

describe("N3 an intermediate that another key of its issuer's name signed", () => {
  it.each(["regional", "zonal", "instance", "leaf"] as const)("%s", async (place) => {
    expect(await failuresOf({ certificates: { [place]: { issuerKey: testKey("p384-9") } } })).toEqual([
      "certificate-path certificate-signature-invalid",
    ]);
  });
});

describe("N4 certificates are judged at the document's time", () => {
  it("a leaf that has run out since is said, where the caller's age lets it come to that", async () => {
    const verdict = await judgeForged({}, { ...later(4 * 3_600_000), ...withPolicy({ maxAge: 5 * 3600 }) });
    expect(verdict.outcome).toBe("verified");
    expect(checkNamed(verdict, "certificate-validity")?.notice).toMatch(/ran out at 2026-03-01T15:00:00.000Z/);
    expect(checkNamed(await judgeForged(), "certificate-validity")?.notice).toBeUndefined();
    // Its last moment still belongs to it: 15:00:00, half a second less than three hours after the document.
    const last = await judgeForged({}, { ...later(3 * 3_600_000 - 500), ...withPolicy({ maxAge: 5 * 3600 }) });
    expect([last.outcome, checkNamed(last, "certificate-validity")?.notice]).toEqual(["verified", undefined]);
  });

  it("without such a policy it is too old", async () => {
    expect(await failuresOf({}, later(4 * 3_600_000))).toEqual(["age document-too-old"]);
  });

  it("the verdict does not outlive the leaf", async () => {
    expect((await judgeForged()).meta.validUntil).toBe("2026-03-01T15:00:00.000Z");
  });
});

describe("N5 timestamps", () => {
  const leafNotBefore = DOCUMENT_TIME - 3_500;
  it.each([
    ["a millisecond before the leaf begins", leafNotBefore - 1, ["certificate-validity certificate-not-yet-valid"]],
    ["when the leaf begins", leafNotBefore, []],
    ["when the leaf ends", DOCUMENT_TIME - 500 + 3 * 3_600_000, []],
    [
      "a millisecond after the leaf has ended",
      DOCUMENT_TIME - 499 + 3 * 3_600_000,
      ["certificate-validity certificate-expired"],
    ],
  ])("%s", async (_, timestamp, expected) => {
    expect(await failuresOf({ timestamp }, { at: new Date(timestamp) })).toEqual(expected);
  });

  it("of each certificate of the chain", async () => {
    for (const place of ["root", "regional", "zonal", "instance"] as const) {
      const expired = { certificates: { [place]: { notAfter: DOCUMENT_TIME - 60_000 } } };
      expect(await failuresOf(expired, { trustAnchors: { aws: [forgedRoot(expired)] } })).toEqual([
        "certificate-validity certificate-expired",
      ]);
      const future = { certificates: { [place]: { notBefore: DOCUMENT_TIME + 60_000 } } };
      expect(await failuresOf(future, { trustAnchors: { aws: [forgedRoot(future)] } })).toEqual([
        "certificate-validity certificate-not-yet-valid",
      ]);
    }
  });

  it("in seconds in the place of milliseconds", async () => {
    const timestamp = Math.floor(DOCUMENT_TIME / 1000);
    expect(await failuresOf({ timestamp })).toEqual(
      ["certificate-validity certificate-not-yet-valid", "age document-too-old"].sort().reverse(),
    );
  });

  it.each([
    ["0", 0],
    ["-1", -1],
    ["2^53", 2n ** 53n],
    ["2^64 - 1", 2n ** 64n - 1n],
  ])("of %s", async (_, timestamp) => expect(await reasonOf({ timestamp })).toMatch(/timestamp is no positive number/));

  it("that are no number", async () => {
    for (const item of [cbor.text("1"), cbor.NULL, null, cbor.array()])
      expect(await reasonOf({ fields: { timestamp: item } })).toMatch(/timestamp is no positive number/);
    expect(await reasonOf({ fields: { timestamp: Uint8Array.of(0xfb, 0x42, 0x79, 0, 0, 0, 0, 0, 0) } })).toMatch(
      /floating point/,
    );
  });

  it("beyond what a date can hold end in a verdict", async () => {
    const verdict = await judgeForged({ timestamp: Number.MAX_SAFE_INTEGER });
    expect([verdict.outcome, failures(verdict)]).toEqual([
      "rejected",
      ["certificate-validity certificate-expired", "age document-from-the-future"],
    ]);
    expect(verdict.parts[0]?.claims.timestamp).toBe("9007199254740991 ms");
  });

  it("too old and from the future, to the millisecond, with the caller's bounds and without", async () => {
    expect(await failuresOf({}, later(300_000))).toEqual([]);
    expect(await failuresOf({}, later(300_001))).toEqual(["age document-too-old"]);
    expect(await failuresOf({}, later(-300_000))).toEqual([]);
    expect(await failuresOf({}, later(-300_001))).toEqual(["age document-from-the-future"]);
    const policy = withPolicy({ maxAge: 10, futureSkew: 0 });
    expect(await failuresOf({}, { ...later(10_000), ...policy })).toEqual([]);
    expect(await failuresOf({}, { ...later(10_001), ...policy })).toEqual(["age document-too-old"]);
    expect(await failuresOf({}, { ...later(0), ...policy })).toEqual([]);
    expect(await failuresOf({}, { ...later(-1), ...policy })).toEqual(["age document-from-the-future"]);
  });

  it.each([
    [300_001, "300 seconds before"],
    [301_000, "5 minutes before"],
    [172_799_000, "2879 minutes before"],
    [172_800_000, "2 days before"],
    [49_802_249_000, "576 days before"],
    [-86_400_000, "1440 minutes after"],
  ])("tells how far %i milliseconds are in words", async (milliseconds, words) => {
    const { checks } = await judgeForged({}, later(milliseconds));
    expect(checks.find(({ id }) => id === "nitro/age")?.detail).toContain(words);
  });

  it("what wider bounds of the caller's take is waived, and not passed", async () => {
    const wide = withPolicy({ maxAge: 3600, futureSkew: 3600 });
    for (const [delay, status] of [
      [300_001, "waived"],
      [-300_001, "waived"],
      [300_000, "passed"],
    ] as const) {
      const verdict = await judgeForged({}, { ...later(delay), ...wide });
      expect([verdict.outcome, verdict.freshness, checkNamed(verdict, "age")?.status]).toEqual([
        "verified",
        "timestamp",
        status,
      ]);
    }
  });

  it("an old document that answers our nonce shows that our clock is wrong", async () => {
    const nonce = filled(7, 32);
    const verdict = await judgeForged({ nonce }, { binding: { nonce }, ...later(3_600_000) });
    expect([failures(verdict), verdict.freshness]).toEqual([["age document-old-yet-answers"], "nonce"]);
    expect(checkNamed(verdict, "age")?.detail).toMatch(/this device's clock is ahead/);
    const other = await judgeForged({ nonce: filled(8, 32) }, { binding: { nonce }, ...later(3_600_000) });
    expect(failures(other)).toEqual(["age document-too-old", "binding binding-mismatch"]);
  });
});

describe("N6 certificates", () => {
  const refused = (
    place: Place,
    changes: NonNullable<DocumentRequest["certificates"]>[Place],
  ): Promise<readonly string[]> => failuresOf({ certificates: { [place]: changes ?? {} } });
  const usage = extension.keyUsage(["keyCertSign"]);
  const ca = extension.basicConstraints(true, 2);

  it.each(["regional", "zonal", "instance"] as const)("%s without CA:TRUE", async (place) => {
    expect(await refused(place, { extensions: [extension.basicConstraints(false), usage] })).toEqual([
      "certificate-path certificate-not-a-ca",
    ]);
    expect(await refused(place, { extensions: [usage] })).toEqual(["certificate-path certificate-not-a-ca"]);
  });

  it.each(["regional", "zonal", "instance"] as const)("%s without keyCertSign, or without key usage", async (place) => {
    expect(await refused(place, { extensions: [ca, extension.keyUsage(["digitalSignature", "cRLSign"])] })).toEqual([
      "certificate-path certificate-key-usage",
    ]);
    expect(await refused(place, { extensions: [ca] })).toEqual(["certificate-path certificate-key-usage"]);
  });

  it("path lengths that do not suffice", async () => {
    expect(await refused("regional", { extensions: [extension.basicConstraints(true, 1), usage] })).toEqual([
      "certificate-path certificate-path-length",
    ]);
    expect(await refused("zonal", { extensions: [extension.basicConstraints(true, 0), usage] })).toEqual([
      "certificate-path certificate-path-length",
    ]);
    expect(await refused("instance", { extensions: [extension.basicConstraints(true, 0), usage] })).toEqual([]);
  });

  it("an enclave's leaf that issues another", async () => {
    // The owner of a genuine leaf's key makes a leaf of his own under it.
    const chain = forgeChain();
    const names = chainNames(MODULE_ID.nitro, FORGED_REGION);
    const own = forgeCertificate({
      subject: names.leaf,
      key: testKey("p384-9"),
      issuer: names.leaf,
      issuerKey: CHAIN_KEYS.leaf,
      notBefore: DOCUMENT_TIME - 3_000,
      notAfter: DOCUMENT_TIME + 3_600_000,
      extensions: [extension.basicConstraints(false), extension.keyUsage(["digitalSignature"])],
    });
    const request: DocumentRequest = {
      fields: { certificate: cbor.bytes(own) },
      bundle: (bundle) => [...bundle, chain.leaf],
      sign1: { key: testKey("p384-9") },
    };
    expect(await failuresOf(request)).toEqual(["certificate-path certificate-not-a-ca"]);
  });

  it("a leaf that is an authority, without basic constraints, without digitalSignature, without key usage", async () => {
    const signing = extension.keyUsage(["digitalSignature"], false);
    expect(await refused("leaf", { extensions: [extension.basicConstraints(true), signing] })).toEqual([
      "certificate-path certificate-is-a-ca",
    ]);
    expect(await refused("leaf", { extensions: [signing] })).toEqual(["certificate-path certificate-extension"]);
    expect(
      await refused("leaf", {
        extensions: [extension.basicConstraints(false), extension.keyUsage(["nonRepudiation"])],
      }),
    ).toEqual(["certificate-path certificate-key-usage"]);
    expect(await refused("leaf", { extensions: [extension.basicConstraints(false)] })).toEqual([
      "certificate-path certificate-key-usage",
    ]);
    expect(await refused("leaf", { extensions: [extension.basicConstraints(false), signing] })).toEqual([]);
  });

  it("P-256 keys and SHA-256 signatures", async () => {
    const padded = { key: testKey("p256-1"), signature: (s: Uint8Array) => concat(s, new Uint8Array(32)) };
    expect(await failuresOf({ certificates: { leaf: { key: testKey("p256-1") } }, sign1: padded })).toEqual([
      "certificate-path certificate-key",
      "document-signature signature-invalid",
    ]);
    expect(
      await failuresOf({
        certificates: {
          instance: { key: testKey("p256-1") },
          leaf: { issuerKey: testKey("p256-1"), algorithm: { name: "ECDSA", hash: "SHA-384" } },
        },
      }),
    ).toEqual(["certificate-path certificate-key"]);
    for (const place of ["regional", "zonal", "instance", "leaf"] as const) {
      expect(await refused(place, { algorithm: { name: "ECDSA", hash: "SHA-256" } })).toEqual([
        "certificate-path certificate-algorithm",
      ]);
    }
  });

  it("unknown critical extensions and name constraints; an unknown extension that is not critical is none of our business", async () => {
    const unknown = (critical: boolean): Uint8Array => extension.raw("1.2.3.4", Uint8Array.of(5, 0), critical);
    for (const place of ["regional", "zonal", "instance"] as const) {
      expect(await refused(place, { extensions: [ca, usage, unknown(true)] })).toEqual([
        "certificate-path certificate-extension",
      ]);
      expect(await refused(place, { extensions: [ca, usage, extension.nameConstraints("x", false)] })).toEqual([
        "certificate-path certificate-extension",
      ]);
      expect(await refused(place, { extensions: [ca, usage, unknown(false)] })).toEqual([]);
    }
  });

  it("key identifiers that differ", async () => {
    const other = extension.authorityKeyId(testKey("p384-9"));
    expect(await refused("zonal", { extensions: [ca, usage, other] })).toEqual([
      "certificate-path certificate-key-identifier",
    ]);
  });

  it("serial numbers: of 21 bytes with a sign octet as AWS gives them, none longer, none negative or zero", async () => {
    const long = (...bytes: readonly number[]): Uint8Array => concat(Uint8Array.from(bytes), filled(0xaa, 19));
    expect(await refused("instance", { serial: long(0, 0xde) })).toEqual([]);
    expect(await refused("instance", { serial: long(0x7f, 0, 0xde) })).toEqual(["format malformed"]);
    expect(await refused("leaf", { serial: long(0, 0xde) })).toEqual(["certificate-path certificate-serial"]);
    expect(await refused("instance", { serial: long(0xde) })).toEqual(["certificate-path certificate-serial"]);
    expect(await refused("instance", { serial: 0 })).toEqual(["certificate-path certificate-serial"]);
  });

  it("a name that differs from its issuer's in one byte", async () => {
    const names = chainNames(`${INSTANCE}x-enc1`, FORGED_REGION);
    expect(await refused("leaf", { issuer: names.instance })).toEqual(["certificate-path certificate-name-mismatch"]);
    expect(await refused("regional", { issuer: names.zonal })).toEqual(["certificate-path certificate-name-mismatch"]);
  });
});
