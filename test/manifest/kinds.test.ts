/** The same on every kind of evidence: sign a manifest, forge evidence with its values, verify by build hash and by publisher key. */
import { describe, expect, it } from "vitest";
import { testKey } from "../../fixtures/keys.js";
import { forgeEnvelope } from "../../fixtures/manifest/envelope.js";
import { bundleOf, forgeManifest, type PlatformRequest } from "../../fixtures/manifest/manifest.js";
import { signedBuild, trustedBuild } from "../../src/expected/build/index.js";
import { BINDING, checkOf, failures, judge, kindCases } from "../support/manifest.js";

const publisher = testKey("ed25519-1");
const EXPECTED_BUILD = 0x61;
const OTHER_BUILD = 0x62;
const OLD_BUILD = 0x63;

/** One manifest for every kind and two machine shapes of each. */
const everyPlatform: readonly PlatformRequest[] = kindCases.flatMap(({ kind, values }) => [
  { kind, label: "2 vCPUs", values: values(0x60) },
  { kind, label: "4 vCPUs", values: values(EXPECTED_BUILD) },
]);
const manifest = forgeManifest({ platforms: everyPlatform });
const envelope = forgeEnvelope(manifest.bytes);
const signed = signedBuild({ name: "openclaw", publishers: [publisher.spki] });

describe.each(kindCases.map((test) => [test.kind, test] as const))("a build manifest on %s", (kind, test) => {
  it("verifies by the build hash, with the manifest in the bundle", async () => {
    const verdict = await judge(test, bundleOf(await test.evidence(EXPECTED_BUILD), manifest.text), {
      expected: manifest.hash,
    });
    expect(failures(verdict)).toEqual([]);
    expect(verdict).toMatchObject({ outcome: "verified", covers: "workload", reached: "instance" });
    expect(checkOf(verdict, `${kind}/build`).params.source).toBe("openclaw 2026.6.1, 4 vCPUs");
    expect(checkOf(verdict, "evidence/manifest")).toMatchObject({ status: "passed", required: true });
  });

  it("verifies by the build hash, with the manifest from elsewhere", async () => {
    const other = forgeManifest({ version: "2026.5.1", platforms: everyPlatform });
    const verdict = await judge(test, await test.evidence(EXPECTED_BUILD), {
      expected: manifest.hash,
      manifests: [other.text, manifest.bytes],
    });
    expect(verdict).toMatchObject({ outcome: "verified", covers: "workload", reached: "instance" });
  });

  it("verifies by the publisher's key, and by trust in the manifest itself", async () => {
    const evidence = bundleOf(await test.evidence(EXPECTED_BUILD), envelope);
    expect(await judge(test, evidence, { expected: signed })).toMatchObject({
      outcome: "verified",
      covers: "workload",
      reached: "instance",
    });
    const trusted = await judge(test, evidence, { expected: trustedBuild(manifest.text) });
    expect(trusted).toMatchObject({ outcome: "verified", covers: "workload", reached: "instance" });
  });

  it("reaches the deployment alone where nothing is bound", async () => {
    const evidence = bundleOf(await test.evidence(EXPECTED_BUILD), manifest.text);
    const options = { expected: manifest.hash };
    expect(await judge(test, evidence, { ...options, binding: "unbound" })).toMatchObject({
      outcome: "verified",
      reached: "deployment",
    });
    const withoutKey = await judge(test, evidence, { ...options, binding: { nonce: BINDING.nonce } });
    // On 64-byte slots the key is part of the digest; Nitro has a field of its own for it.
    expect(withoutKey.reached).toBe(withoutKey.outcome === "verified" ? "deployment" : "artifact");
  });

  it("rejects another build, says what differs, and names a build that is known", async () => {
    const evidence = bundleOf(await test.evidence(OTHER_BUILD), manifest.text);
    const verdict = await judge(test, evidence, { expected: manifest.hash });
    expect(failures(verdict)).toEqual([`${kind}/build build-mismatch`]);
    expect(verdict).toMatchObject({ outcome: "rejected", reached: "artifact" });
    expect(checkOf(verdict, `${kind}/build`).params.differing).toHaveLength(1);
    expect(checkOf(verdict, `${kind}/build`).notice).toBeUndefined();

    const known = forgeManifest({
      version: "2026.5.1",
      platforms: [{ kind, label: "8 vCPUs", values: test.values(OTHER_BUILD) }],
    });
    const named = await judge(test, evidence, { expected: manifest.hash, manifests: [known.text] });
    expect(failures(named)).toEqual([`${kind}/build build-mismatch`]);
    expect(named.outcome).toBe("rejected");
    expect(checkOf(named, `${kind}/build`).notice).toBe(
      "It is a build that you know: openclaw 2026.5.1, 8 vCPUs (not expected).",
    );
  });

  it("names a build that its publisher has withdrawn, and rejects it all the same", async () => {
    const withdrawn = forgeManifest({ version: "2026.4.1", platforms: [{ kind, values: test.values(OLD_BUILD) }] });
    const current = forgeManifest({ platforms: everyPlatform, predicate: { revoked: ["2026.4.1"] } });
    const expected = signedBuild({
      name: "openclaw",
      publishers: [publisher.spki],
      manifests: [forgeEnvelope(current.bytes), forgeEnvelope(withdrawn.bytes)],
    });
    const verdict = await judge(test, await test.evidence(OLD_BUILD), { expected });
    expect(failures(verdict)).toEqual([`${kind}/build build-mismatch`]);
    expect(checkOf(verdict, `${kind}/build`).notice).toBe(
      "It is a build that you know: openclaw 2026.4.1, 4 vCPUs (revoked).",
    );
    expect(await judge(test, await test.evidence(EXPECTED_BUILD), { expected })).toMatchObject({ outcome: "verified" });
  });

  it("names a known build beside reference values too", async () => {
    const verdict = await judge(test, await test.evidence(OTHER_BUILD), {
      expected: { [kind]: test.values(EXPECTED_BUILD) },
      manifests: [
        "no manifest at all",
        forgeManifest({ platforms: [{ kind, values: test.values(OTHER_BUILD) }] }).text,
      ],
    });
    expect(verdict).toMatchObject({ outcome: "rejected", reached: "none" });
    expect(checkOf(verdict, `${kind}/build`).notice).toContain("openclaw 2026.6.1, 4 vCPUs (not expected)");
    expect(verdict.checks.some(({ id }) => id === "evidence/manifest")).toBe(false);
  });

  it("does not take for the artifact what only its launch pins", async () => {
    const bare = forgeManifest({ platforms: [{ kind, values: test.values(EXPECTED_BUILD), contains: [] }] });
    const verdict = await judge(test, bundleOf(await test.evidence(EXPECTED_BUILD), bare.text), {
      expected: bare.hash,
    });
    expect(verdict).toMatchObject({ outcome: "verified", covers: "launch", reached: "artifact" });
  });

  it("never takes for the artifact what pins less than the launch, whatever the manifest says", async () => {
    const trap = forgeManifest({ platforms: [{ kind, values: test.trap.values }] });
    const verdict = await judge(test, bundleOf(await test.evidence(EXPECTED_BUILD), trap.text), {
      expected: trap.hash,
    });
    expect(failures(verdict)).toEqual(["evidence/covers covers-too-little"]);
    expect(verdict).toMatchObject({ outcome: "rejected", covers: test.trap.covers, reached: "artifact" });
    const firmware = await judge(test, bundleOf(await test.evidence(EXPECTED_BUILD), trap.text), {
      expected: trap.hash,
      covers: "firmware",
    });
    expect(firmware.reached).toBe("artifact");
  });

  it("rejects values that the kind cannot read: what they demand is not known", async () => {
    const misspelt = forgeManifest({
      platforms: [{ kind, values: { ...test.values(EXPECTED_BUILD), measurment: "00" } }],
    });
    const verdict = await judge(test, bundleOf(await test.evidence(EXPECTED_BUILD), misspelt.text), {
      expected: misspelt.hash,
    });
    expect(failures(verdict)).toEqual(["evidence/manifest manifest-malformed"]);
    expect(checkOf(verdict, `${kind}/build`)).toMatchObject({ status: "skipped", blockedBy: "evidence/manifest" });
    expect(verdict).toMatchObject({ outcome: "rejected", reached: "none", covers: "nothing" });
  });

  it("rejects evidence of a kind that the manifest does not speak of", async () => {
    const other = forgeManifest({ platforms: [{ kind: "another-kind", values: {} }] });
    const verdict = await judge(test, bundleOf(await test.evidence(EXPECTED_BUILD), other.text), {
      expected: other.hash,
    });
    expect(failures(verdict)).toEqual(["evidence/manifest manifest-no-platform", `${kind}/build no-reference-values`]);
    expect(verdict.reached).toBe("none");
  });

  it("keeps values for evidence inside other evidence from evidence that stands by itself", async () => {
    const inside = forgeManifest({
      platforms: [{ kind, values: test.values(EXPECTED_BUILD), more: { within: "azure-cvm" } }],
    });
    const verdict = await judge(test, bundleOf(await test.evidence(EXPECTED_BUILD), inside.text), {
      expected: inside.hash,
    });
    expect(failures(verdict)).toContain("evidence/manifest manifest-no-platform");
  });

  it("rejects evidence and manifest once a byte of either changes", async () => {
    const evidence = await test.evidence(EXPECTED_BUILD);
    const changed = evidence.slice();
    changed[changed.length - 60] = (changed[changed.length - 60] as number) ^ 1;
    const outcomes = await Promise.all([
      judge(test, bundleOf(changed, manifest.text), { expected: manifest.hash }),
      judge(test, bundleOf(evidence, manifest.text.replace("4 vCPUs", "5 vCPUs")), { expected: manifest.hash }),
      judge(test, bundleOf(evidence, envelope.replace("c", "C")), { expected: signed }),
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["rejected", "rejected", "rejected"]);
  });
});
