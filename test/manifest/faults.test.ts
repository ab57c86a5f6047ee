/** Every way in which a manifest does not hold, with its own code, and its good neighbour. */
import { describe, expect, it } from "vitest";
import { testKey } from "../../fixtures/keys.js";
import { type EnvelopeRequest, forgeEnvelope } from "../../fixtures/manifest/envelope.js";
import {
  bundleOf,
  forgeManifest,
  type JsonMembers,
  type ManifestRequest,
  manifestText,
} from "../../fixtures/manifest/manifest.js";
import { pem } from "../../fixtures/x509.js";
import { CryptoUnavailableError } from "../../src/crypto/crypto.js";
import { defaultCrypto } from "../../src/crypto/webcrypto.js";
import { buildHash, type SignedBuildOptions, signedBuild, trustedBuild } from "../../src/expected/build/index.js";
import type { Verdict } from "../../src/verdict.js";
import { checkOf, failures, judge, snpCase } from "../support/manifest.js";

const BUILD = 0x61;
const platforms: ManifestRequest["platforms"] = [{ kind: "sev-snp", values: snpCase.values(BUILD) }];
const forge = (request: Partial<ManifestRequest> = {}) => forgeManifest({ platforms, ...request });
const evidence = await snpCase.evidence(BUILD);
const good = forge();
const key = testKey("ed25519-1");
const OPTIONS: SignedBuildOptions = { name: "openclaw", publishers: [key.spki] };

const byHash = (text: string, expected: string): Promise<Verdict> =>
  judge(snpCase, bundleOf(evidence, text), { expected });
const byKey = (text: string, options: Partial<SignedBuildOptions> = {}): Promise<Verdict> =>
  judge(snpCase, bundleOf(evidence, text), { expected: signedBuild({ ...OPTIONS, ...options }) });
const envelope = (request: EnvelopeRequest = {}, bytes = good.bytes): string => forgeEnvelope(bytes, request);
const manifestCode = (verdict: Verdict): string => {
  const { status, code } = checkOf(verdict, "evidence/manifest");
  return code === undefined ? status : `${status} ${code}`;
};

describe("a build hash", () => {
  it("is undetermined without a manifest, and with others than the one that it names", async () => {
    const verdicts = await Promise.all([
      judge(snpCase, evidence, { expected: good.hash }),
      judge(snpCase, evidence, { expected: good.hash, manifests: [forge({ version: "2026.5.1" }).text] }),
    ]);
    for (const verdict of verdicts) {
      expect(verdict).toMatchObject({ outcome: "undetermined", reached: "none", covers: "nothing" });
      expect(manifestCode(verdict)).toBe("undetermined manifest-missing");
      expect(checkOf(verdict, "evidence/covers").blockedBy).toBe("evidence/manifest");
    }
  });

  it("rejects a manifest that does not hash to it, by one byte", async () => {
    const verdict = await byHash(`${good.text} `, good.hash);
    expect(failures(verdict)).toEqual(["evidence/manifest manifest-hash-mismatch"]);
    expect(checkOf(verdict, "evidence/manifest").detail).toContain(manifestText(`${good.text} `).hash.slice(-64));
    expect(verdict).toMatchObject({ outcome: "rejected", reached: "none" });
  });

  it.each([
    ["lists its hash", { revoked: [good.hash] }, "failed manifest-revoked"],
    ["lists its version", { revoked: ["2026.6.1"] }, "failed manifest-revoked"],
    ["accepts nothing so old", { minimumVersion: "2026.6.2" }, "failed manifest-rollback"],
    ["lists another version", { revoked: ["2026.5.1"] }, "passed"],
    ["is of another name", { name: "other", revoked: [good.hash] }, "passed"],
  ] as const)("is withdrawn by a manifest that the caller gives and that %s", async (_, predicate, code) => {
    const newer = forge({ version: "2026.7.1", platforms: [], predicate });
    const judged = (manifests: readonly (string | Uint8Array)[]): Promise<Verdict> =>
      judge(snpCase, bundleOf(evidence, good.text), { expected: good.hash, manifests });
    for (const manifests of [[newer.text], [newer.text, good.text], ["no manifest", newer.bytes]]) {
      const verdict = await judged(manifests);
      expect(manifestCode(verdict)).toBe(code);
      expect(verdict.outcome).toBe(code === "passed" ? "verified" : "rejected");
    }
    // What comes with the evidence is anybody's, and withdraws nothing of its own.
    const came = await judge(snpCase, bundleOf(evidence, newer.text), { expected: good.hash, manifests: [good.text] });
    expect(manifestCode(came)).toBe("passed");
  });

  it("is what buildHash says of the same text", async () => {
    expect(await buildHash(good.text)).toBe(good.hash);
    expect(await buildHash(good.bytes)).toBe(good.hash);
  });

  it.each(["build:sha256:", `build:sha256:${"A".repeat(64)}`, `build:sha512:${"a".repeat(128)}`, `${good.hash} `])(
    "of the form %s is misuse",
    async (expected) => {
      await expect(judge(snpCase, evidence, { expected })).rejects.toThrow(TypeError);
    },
  );

  it("takes an envelope for what it is: not the manifest that was named", async () => {
    expect(manifestCode(await byHash(envelope(), good.hash))).toBe("failed manifest-hash-mismatch");
  });

  it("needs a digest, and without one nothing is known", async () => {
    const webCrypto = defaultCrypto();
    const crypto = {
      name: "half",
      verify: webCrypto!.verify,
      digest: () => Promise.reject(new CryptoUnavailableError("no digest")),
    };
    const verdict = await judge(snpCase, bundleOf(evidence, good.text), { expected: good.hash, crypto });
    expect(manifestCode(verdict)).toBe("undetermined crypto-unavailable");
    expect(verdict.outcome).not.toBe("verified");
  });
});

describe("a manifest that does not hold", () => {
  const lives: readonly (readonly [what: string, predicate: JsonMembers, code: string])[] = [
    ["holds to the last millisecond", { validUntil: "2026-06-01T00:00:00Z" }, "passed"],
    ["has expired", { validUntil: "2026-05-31T23:59:59Z" }, "failed manifest-expired"],
    ["holds from the first millisecond on", { validFrom: "2026-06-01T00:00:00Z" }, "passed"],
    ["is not yet valid", { validFrom: "2026-06-01T00:00:01Z" }, "failed manifest-not-yet-valid"],
    ["needs no dates", { validFrom: undefined, validUntil: undefined }, "passed"],
    ["withdraws another version", { revoked: ["2026.6.2"] }, "passed"],
    ["withdraws itself", { revoked: ["2026.5.1", "2026.06.01"] }, "failed manifest-revoked"],
    ["is the oldest that it accepts", { minimumVersion: "2026.6.1" }, "passed"],
    ["is older than it accepts", { minimumVersion: "2026.6.1.1" }, "failed manifest-rollback"],
    ["names critical members that are known", { critical: ["validUntil", "platforms"] }, "passed"],
    ["names a critical member that is not known", { quorum: 3, critical: ["quorum"] }, "failed manifest-critical"],
    ["has members that nobody needs to know", { quorum: 3 }, "passed"],
    ["is malformed", { platforms: 1 }, "failed manifest-malformed"],
  ];
  it.each(lives)("%s", async (_, predicate, code) => {
    const { text, bytes, hash } = forge({ predicate });
    const verdicts = await Promise.all([
      byHash(text, hash),
      byKey(forgeEnvelope(bytes)),
      judge(snpCase, evidence, { expected: trustedBuild(text) }),
    ]);
    for (const verdict of verdicts) {
      expect(manifestCode(verdict)).toBe(code);
      expect(verdict.outcome).toBe(code === "passed" ? "verified" : "rejected");
      expect(verdict.reached).toBe(code === "passed" ? "instance" : "none");
      // Words for every code, with all parameters filled in.
      expect(checkOf(verdict, "evidence/manifest").detail).not.toMatch(/[{}]|undefined|^manifest-/);
    }
  });

  it.each([
    ["duplicate names", good.text.replace('"version"', '"name": "x", "version"')],
    ["17 levels", `${"[".repeat(17)}${"]".repeat(17)}`],
    ["more than a megabyte", `${good.text}${" ".repeat(1_048_576)}`],
    ["half of a surrogate pair", good.text.replace("2026.6.1", "\\udfff")],
    ["nothing", " "],
  ])("is malformed with %s, though it hashes to the build hash", async (_, text) => {
    expect(manifestCode(await byHash(text, manifestText(text).hash))).toBe("failed manifest-malformed");
  });

  it("takes nothing from prototype names", async () => {
    const text = good.text.replace('"name": "openclaw"', '"name": "openclaw", "__proto__": {"revoked": ["2026.6.1"]}');
    expect(manifestCode(await byHash(text, manifestText(text).hash))).toBe("passed");
    const values = good.text.replace('"values": {', '"values": { "__proto__": {"hostData": []},');
    expect(manifestCode(await byHash(values, manifestText(values).hash))).toBe("failed manifest-malformed");
  });
});

describe("a publisher's signature", () => {
  it.each(["ed25519-1", "p256-3", "p384-3"] as const)("of %s counts, whichever form the key has", async (name) => {
    const signer = testKey(name);
    for (const publisher of [signer.spki, signer.raw, pem("PUBLIC KEY", signer.spki)]) {
      const verdict = await byKey(envelope({ keys: [signer] }), { publishers: [publisher] });
      expect(verdict).toMatchObject({ outcome: "verified", reached: "instance" });
    }
    expect(
      manifestCode(await byKey(envelope({ keys: [signer], encoding: "base64url" }), { publishers: [signer.spki] })),
    ).toBe("passed");
  });

  const other = testKey("ed25519-2");
  const rejections: readonly (readonly [
    what: string,
    text: string,
    options: Partial<SignedBuildOptions>,
    code: string,
  ])[] = [
    ["an unsigned manifest", good.text, {}, "failed manifest-signer"],
    ["another signer", envelope({ keys: [other] }), {}, "failed manifest-signer"],
    ["a signature over the bare payload", envelope({ bare: true }), {}, "failed manifest-signer"],
    ["a signature over another type", envelope({ signedType: "text/plain" }), {}, "failed manifest-signer"],
    ["a signed text of another type", envelope({ payloadType: "text/plain" }), {}, "failed manifest-signer"],
    [
      "a signature over another manifest",
      envelope({ signedPayload: forge({ version: "2026.5.1" }).bytes }),
      {},
      "failed manifest-signer",
    ],
    [
      "a signature with a bit changed",
      envelope({ change: (s) => s.map((byte, index) => (index === 7 ? byte ^ 1 : byte)) }),
      {},
      "failed manifest-signer",
    ],
    ["a signature cut short", envelope({ change: (s) => s.subarray(1) }), {}, "failed manifest-signer"],
    [
      "an ECDSA signature that is raw",
      envelope({ keys: [testKey("p256-3")], change: () => new Uint8Array(64).fill(1) }),
      { publishers: [testKey("p256-3").spki] },
      "failed manifest-signer",
    ],
    ["no signature", envelope({ members: { signatures: [] } }), {}, "failed manifest-malformed"],
    [
      "17 signatures",
      envelope({ members: { signatures: Array.from({ length: 17 }, () => ({ sig: "AA==" })) } }),
      {},
      "failed manifest-malformed",
    ],
    [
      "a signature that is a number",
      envelope({ members: { signatures: [{ sig: 1 }] } }),
      {},
      "failed manifest-malformed",
    ],
    ["a payload that is no base64", envelope({ members: { payload: "?" } }), {}, "failed manifest-malformed"],
    ["an envelope that is a list", "[]", {}, "failed manifest-malformed"],
    ["an envelope that is no JSON", "{", {}, "failed manifest-malformed"],
    [
      "a signed text that is no manifest",
      envelope({}, new TextEncoder().encode("{}")),
      {},
      "failed manifest-malformed",
    ],
    ["a release of something else", envelope(), { name: "openclaw-tools" }, "failed manifest-name"],
    ["a release older than accepted", envelope(), { minimumVersion: "2026.6.2" }, "failed manifest-rollback"],
    [
      "one signature of two",
      envelope(),
      { publishers: [key.spki, other.spki], threshold: 2 },
      "failed manifest-signer",
    ],
    [
      "two signatures of one key",
      envelope({ keys: [key, key] }),
      { publishers: [key.spki, other.spki], threshold: 2 },
      "failed manifest-signer",
    ],
  ];
  it.each(rejections)("rejects %s", async (_, text, options, code) => {
    const verdict = await byKey(text, options);
    expect(manifestCode(verdict)).toBe(code);
    expect(verdict).toMatchObject({ outcome: "rejected", reached: "none" });
    expect(checkOf(verdict, "evidence/manifest").detail).not.toMatch(/[{}]|undefined|^manifest-/);
  });

  it("counts two signers, beside one that nobody named", async () => {
    const text = envelope({ keys: [testKey("p384-9"), other, key] });
    const verdict = await byKey(text, { publishers: [key.spki, other.spki], threshold: 2 });
    expect(verdict.outcome).toBe("verified");
    expect(checkOf(verdict, "evidence/manifest").detail).toContain(" and Ed25519 key ");
  });

  it("is undetermined where no manifest came and none was given", async () => {
    const verdict = await judge(snpCase, evidence, { expected: signedBuild(OPTIONS) });
    expect(manifestCode(verdict)).toBe("undetermined manifest-missing");
    expect(verdict.outcome).toBe("undetermined");
  });

  it("does not let a manifest of the caller's fall with what came along", async () => {
    const expected = signedBuild({ ...OPTIONS, manifests: [envelope()] });
    for (const came of ["garbage", good.text, envelope({ keys: [other] })])
      expect(await judge(snpCase, bundleOf(evidence, came), { expected })).toMatchObject({
        outcome: "verified",
        reached: "instance",
      });
  });

  it.each([
    ["revoked", { revoked: ["2026.6.1"] }, "failed manifest-revoked"],
    ["by its hash revoked", { revoked: [good.hash] }, "failed manifest-revoked"],
    ["below the minimum", { minimumVersion: "2026.6.2" }, "failed manifest-rollback"],
  ] as const)("rejects a replayed manifest that a newer one that is known has %s", async (_, predicate, code) => {
    const judged = (known: string): Promise<Verdict> =>
      judge(snpCase, bundleOf(evidence, envelope()), { expected: signedBuild(OPTIONS), manifests: [known] });
    const newer = forge({
      version: "2026.7.1",
      platforms: [{ kind: "sev-snp", values: snpCase.values(0x70) }],
      predicate,
    });
    const replay = await judged(forgeEnvelope(newer.bytes));
    // The newer manifest holds, and the machine is none of its.
    expect(failures(replay)).toEqual(["sev-snp/build build-mismatch"]);
    expect(checkOf(replay, "sev-snp/build").notice).toContain(code.endsWith("revoked") ? "(revoked)" : "(too old)");
    // One that has itself expired still withdraws.
    const expired = forge({ version: "2026.7.1", predicate: { ...predicate, validUntil: "2026-05-02T00:00:00Z" } });
    expect(manifestCode(await judged(forgeEnvelope(expired.bytes)))).toBe(code);
    // What somebody else signs withdraws nothing, nor does the manifest of another product.
    expect((await judged(forgeEnvelope(newer.bytes, { keys: [other] }))).outcome).toBe("verified");
    const elsewhere = forge({ predicate: { ...predicate, name: "other" } });
    expect((await judged(forgeEnvelope(elsewhere.bytes))).outcome).toBe("verified");
  });

  it("does not let an older release that is signed too take the place of the one that was named", async () => {
    const named = forge({ version: "2026.7.1", platforms: [{ kind: "sev-snp", values: snpCase.values(0x70) }] });
    const options = { manifests: [forgeEnvelope(named.bytes)] };
    const verdict = await byKey(envelope(), options);
    expect(failures(verdict)).toEqual(["sev-snp/build build-mismatch"]);
    expect(checkOf(verdict, "sev-snp/build").notice).toContain("openclaw 2026.6.1, 4 vCPUs (not expected)");
    expect(manifestCode(verdict)).toBe("passed");
    // The other way round: what comes along may withdraw what was named.
    const withdrawing = forge({ version: "2026.8.1", predicate: { revoked: ["2026.7.1"] } });
    expect(manifestCode(await byKey(forgeEnvelope(withdrawing.bytes), options))).toBe("failed manifest-revoked");
  });
});

describe("misuse", () => {
  it.each([
    ["no name", { name: undefined }],
    ["no publisher", { publishers: [] }],
    ["an RSA key", { publishers: [testKey("rsa2048-1").spki] }],
    ["a key on P-521", { publishers: [testKey("p521-1").spki] }],
    ["a certificate label", { publishers: [pem("CERTIFICATE", key.spki)] }],
    ["text that is no PEM", { publishers: ["key"] }],
    ["two blocks", { publishers: [pem("PUBLIC KEY", key.spki, key.spki)] }],
    ["a key that stands twice", { publishers: [key.spki, key.raw] }],
    ["17 keys", { publishers: Array.from({ length: 17 }, (_, index) => new Uint8Array(32).fill(index)) }],
    ["a threshold of none", { threshold: 0 }],
    ["a threshold above the keys", { threshold: 2 }],
    ["a minimum version that is none", { minimumVersion: "newest" }],
    ["an unknown member", { publisher: key.spki }],
    ["manifests that are numbers", { manifests: [1] }],
    ["no manifests in their list", { manifests: [] }],
  ])("%s throws TypeError", (_, change) => {
    expect(() => signedBuild({ ...OPTIONS, ...(change as object) })).toThrow(TypeError);
  });

  it("trusts nothing that is no manifest", () => {
    expect(() => trustedBuild([])).toThrow(TypeError);
    expect(() => trustedBuild(1 as never)).toThrow(TypeError);
  });

  it("refuses manifests that are no list of texts", async () => {
    for (const manifests of [good.text, [1], {}])
      await expect(judge(snpCase, evidence, { expected: good.hash, manifests: manifests as never })).rejects.toThrow(
        TypeError,
      );
  });

  it("keeps its keys and manifests to itself", async () => {
    const spki = key.spki.slice();
    const expected = signedBuild({ ...OPTIONS, publishers: [spki] });
    spki.fill(0);
    expect((await judge(snpCase, bundleOf(evidence, envelope()), { expected })).outcome).toBe("verified");
  });

  it("gives expectations that differ different digests", async () => {
    const sources = [
      signedBuild(OPTIONS),
      signedBuild({ ...OPTIONS, minimumVersion: "1.0.0" }),
      trustedBuild(good.text),
      good.hash,
    ];
    const verdicts = await Promise.all(
      sources.map((expected) => judge(snpCase, bundleOf(evidence, envelope()), { expected })),
    );
    expect(new Set(verdicts.map(({ meta }) => meta.expectedSha256)).size).toBe(4);
  });
});
