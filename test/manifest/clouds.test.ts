/** Platforms of clouds: Google's firmware is no release, and a dstack bundle is one where compose file and image are both known. */
import { expect, it } from "vitest";
import { forgeGce } from "../../fixtures/gce/endorsement.js";
import { forgeManifest, type JsonMembers, type PlatformRequest } from "../../fixtures/manifest/manifest.js";
import { verify as verifyDstack } from "../../src/dstack.js";
import { verify as verifyGce } from "../../src/gce.js";
import { checkOf, failures } from "../support/manifest.js";
import { describeShared, readSharedJson } from "../support/shared.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bundle = (evidence: string, manifest: string): string => JSON.stringify({ "tee-verify": 1, evidence, manifest });

it("Google's firmware, endorsed and measured, is no release", async () => {
  const { json, snp, root } = forgeGce();
  const inside: PlatformRequest = {
    kind: "sev-snp",
    label: "n2d",
    values: { measurement: hex(snp.fields.measurement) },
    more: { within: "gce-cvm" },
  };
  const manifest = forgeManifest({ platforms: [{ kind: "gce-cvm", label: "n2d", values: { minimumSvn: 3 } }, inside] });
  const judge = (covers: "firmware" | "launch") =>
    verifyGce(bundle(json, manifest.text), {
      expected: manifest.hash,
      binding: { reportData: snp.fields.reportData },
      endorsements: snp.endorsements,
      trustAnchors: { ...snp.trustAnchors, google: [root] },
      at: snp.at,
      covers,
    });
  const verdict = await judge("launch");
  expect(failures(verdict)).toEqual(["evidence/covers covers-too-little"]);
  expect(verdict).toMatchObject({ outcome: "rejected", covers: "firmware", reached: "artifact" });
  expect(await judge("firmware")).toMatchObject({ outcome: "verified", covers: "firmware", reached: "artifact" });
});

describeShared("the OpenClaw organisation's dstack bundle, by a manifest", () => {
  const PATH = "evidence/dcap/openclaw+crabbox/dstack/real_attestation_info.json";

  it("is no workload, since its compose file names images by tag: no manifest's word mends that", async () => {
    const info = readSharedJson<Record<string, string>>(PATH);
    const { mrtd, rtmr0, rtmr1, rtmr2 } = JSON.parse(info["tcb_info"] as string) as Record<string, string>;
    const inside = (values: JsonMembers): PlatformRequest => ({
      kind: "tdx",
      label: "x",
      values,
      more: { within: "dstack" },
    });
    const registers = { mrtd, rtmr0, rtmr1, rtmr2, events: { "compose-hash": info["compose_hash"] as string } };
    const judge = (composeHash: string | undefined, platforms: readonly PlatformRequest[]) => {
      const own: PlatformRequest = { kind: "dstack", label: "x", values: { composeHash } };
      const manifest = forgeManifest({ platforms: [own, ...platforms] });
      const options = { expected: manifest.hash, binding: "unbound", at: new Date("2026-03-01T00:00:00Z") } as const;
      return verifyDstack(bundle(JSON.stringify(info), manifest.text), options);
    };
    const whole = await judge(info["compose_hash"], [inside(registers)]);
    for (const id of ["evidence/manifest", "dstack/build", "evidence/covers"])
      expect(checkOf(whole, id).status, id).toBe("passed");
    expect(whole).toMatchObject({ covers: "launch", reached: "artifact" });
    // The system's registers, its firmware alone, nothing of it.
    expect(await judge(info["compose_hash"], [])).toMatchObject({ covers: "nothing", outcome: "rejected" });
    expect(await judge(info["compose_hash"], [inside({ mrtd })])).toMatchObject({
      covers: "firmware",
      outcome: "rejected",
    });
    expect(failures(await judge("00".repeat(32), [inside(registers)]))).toEqual(["dstack/build build-mismatch"]);
  });
});
