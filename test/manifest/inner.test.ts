/** Evidence inside tokens and lists: the enclave of Microsoft Azure Attestation, and the devices of NVIDIA's lists, which must be of one platform with what is around them. */
import { describe, expect, it } from "vitest";
import { forgeCollateral, AT as INTEL_AT } from "../../fixtures/intel/collateral.js";
import { forgeRoot } from "../../fixtures/intel/pki.js";
import { forgeQuote } from "../../fixtures/intel/quote.js";
import { digest } from "../../fixtures/keys.js";
import { forgeEnvelope } from "../../fixtures/manifest/envelope.js";
import { forgeManifest, type PlatformRequest } from "../../fixtures/manifest/manifest.js";
import { DRIVER, NONCE as GPU_NONCE, VBIOS } from "../../fixtures/nvidia/report.js";
import { forgeToken, NONCE, usualKey } from "../../fixtures/tokens/token.js";
import { extension, forgeCertificate, name, pem, testKey } from "../../fixtures/x509.js";
import { signedBuild } from "../../src/expected/build/index.js";
import { verify as verifyNvidia } from "../../src/nvidia.js";
import { sgx } from "../../src/sgx.js";
import { createVerifier, maaWithEnclave } from "../../src/tokens.js";
import type { Verdict } from "../../src/verdict.js";
import { checkOf, failures } from "../support/manifest.js";
import { ANCHORS, AT as GPU_AT, item, listEndorsements } from "../support/nvidia.js";

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const signed = signedBuild({ name: "openclaw", publishers: [testKey("ed25519-1").spki] });

describe("a manifest of a token of Microsoft Azure Attestation with its enclave", () => {
  const { verify } = createVerifier([maaWithEnclave, sgx]);
  const key = usualKey("maa");
  /** MRSIGNER and product of the service's genuine enclaves. */
  const SIGNER = "74ba5fba208571cf99e1f7158e6536a05bbb6ce7807eef8f6a97f64a7af64b83";
  const pemText = pem("PUBLIC KEY", key.spki);
  const keyDigest = digest("SHA-256", new TextEncoder().encode(`${pemText}\0`));
  const kid = Buffer.from(keyDigest).toString("base64");

  /** The token beside the certificate whose quote names the key. */
  function evidence(mrenclave: string): object {
    const quote = forgeQuote({
      tee: "sgx",
      report: {
        mrenclave: bytesOf(mrenclave),
        mrsigner: bytesOf(SIGNER),
        isvProdId: 1,
        reportData: Buffer.concat([keyDigest, new Uint8Array(32)]),
      },
    });
    const header = Buffer.alloc(16);
    header.writeUInt32LE(1, 0);
    header.writeUInt32LE(2, 4);
    header.writeBigUInt64LE(BigInt(quote.length), 8);
    const certificate = forgeCertificate({
      subject: name([["CN", "AttestationService"]]),
      key,
      extensions: [extension.raw("1.3.6.1.4.1.311.105.1", Buffer.concat([header, quote]))],
    });
    const iat = INTEL_AT.getTime() / 1000 - 30;
    const token = forgeToken({ service: "maa", header: { kid }, claims: { iat, nbf: iat, exp: iat + 300 } });
    return { token, jwks: { keys: [{ kty: "RSA", kid, x5c: [Buffer.from(certificate).toString("base64")] }] } };
  }

  const outside = (label: string, launch: string): PlatformRequest => ({
    kind: "maa",
    label,
    values: { launchMeasurement: launch.repeat(48) },
  });
  const inside = (label: string, enclave: string): PlatformRequest => ({
    kind: "sgx",
    label,
    values: { mrenclave: enclave.repeat(32) },
    more: { within: "maa" },
  });

  async function judge(platforms: readonly PlatformRequest[], enclave = "e1", byKey = false): Promise<Verdict> {
    const manifest = forgeManifest({ platforms });
    return verify(JSON.stringify(evidence(enclave.repeat(32))), {
      expected: byKey ? signed : manifest.hash,
      manifests: [byKey ? forgeEnvelope(manifest.bytes) : manifest.text],
      covers: "firmware",
      binding: { nonce: NONCE },
      at: INTEL_AT,
      policy: { maa: { issuers: "https://test.weu.attest.azure.net" } },
      endorsements: Object.values(forgeCollateral("sgx")),
      trustAnchors: { intel: [forgeRoot()] },
    });
  }

  it("verifies by build hash and by publisher's key, with the enclave's build and without", async () => {
    for (const byKey of [false, true])
      for (const more of [[], [inside("v1", "e1")]]) {
        const verdict = await judge([outside("v1", "11"), ...more], "e1", byKey);
        expect(failures(verdict)).toEqual([]);
        // The launch measurement of a cloud's guest is the cloud's firmware.
        expect(verdict).toMatchObject({ outcome: "verified", covers: "firmware", reached: "artifact" });
        expect(verdict.parts.map(({ path, kind }) => `${path} ${kind}`)).toEqual([
          "evidence maa",
          "evidence.service sgx",
        ]);
        expect(checkOf(verdict, "maa/signing-key").status).toBe("passed");
      }
  });

  it("rejects another enclave than the manifest has inside", async () => {
    const verdict = await judge([outside("v1", "11"), inside("v1", "e1")], "e2");
    expect(failures(verdict)).toEqual(["sgx/build build-mismatch"]);
    expect(verdict.outcome).toBe("rejected");
    const check = verdict.checks.find(({ id }) => id === "sgx/build");
    expect(check).toMatchObject({ part: "evidence.service", params: { differing: ["mrenclave"] } });
  });

  it("refuses the token of one platform with the enclave of another", async () => {
    const two = [outside("v1", "11"), inside("v1", "e1"), outside("v2", "12"), inside("v2", "e2")];
    expect((await judge(two, "e1")).outcome).toBe("verified");
    const verdict = await judge(two, "e2");
    expect(failures(verdict)).toEqual(["evidence/manifest manifest-mixed"]);
    expect(verdict).toMatchObject({ outcome: "rejected", reached: "none" });
  });

  it("does not take the enclave for the guest", async () => {
    const bare: PlatformRequest = { kind: "sgx", label: "v1", values: { mrenclave: "e1".repeat(32) } };
    const verdict = await judge([bare], "e1");
    expect(failures(verdict)).toContain("evidence/manifest manifest-no-platform");
    expect(verdict.outcome).toBe("rejected");
  });
});

describe("a manifest of a list of NVIDIA devices", () => {
  const list = (label: string, gpus: number, switches: number): PlatformRequest => ({
    kind: "nvidia-evidence",
    label,
    values: { gpus, switches },
  });
  const device = (label: string, kind: "nvidia-gpu" | "nvidia-switch", version: string): PlatformRequest => ({
    kind,
    label,
    values: kind === "nvidia-gpu" ? { driverVersion: version, vbiosVersion: VBIOS } : { vbiosVersion: version },
    more: { within: "nvidia-evidence" },
  });
  const SWITCH = "96.10.55.00.01";
  const gpu = (label: string, version = DRIVER) => device(label, "nvidia-gpu", version);
  const sw = (label: string, version = SWITCH) => device(label, "nvidia-switch", version);

  async function judge(
    devices: readonly object[],
    platforms: readonly PlatformRequest[],
    { byKey = false, known = [] as readonly string[] } = {},
  ): Promise<Verdict> {
    const manifest = forgeManifest({ platforms });
    return verifyNvidia(JSON.stringify(devices).padEnd(64), {
      expected: byKey ? signed : manifest.hash,
      manifests: [byKey ? forgeEnvelope(manifest.bytes) : manifest.text, ...known],
      covers: "firmware",
      binding: { nonce: GPU_NONCE },
      at: GPU_AT,
      trustAnchors: ANCHORS,
      endorsements: listEndorsements(),
    });
  }
  const GPUS = [item("gpu"), item("gpu", { serial: 6 })];
  const SWITCHES = [item("switch"), item("switch", { serial: 6 })];

  it.each([
    ["GPUs", GPUS, [list("v1", 2, 0), gpu("v1")]],
    ["switches", SWITCHES, [list("v1", 0, 2), sw("v1")]],
    ["both", [...GPUS, ...SWITCHES], [list("v1", 2, 2), gpu("v1"), sw("v1")]],
    ["GPUs of any version that NVIDIA signed", GPUS, [list("v1", 2, 0)]],
  ])("verifies by build hash and by publisher's key: %s", async (_, devices, platforms) => {
    for (const byKey of [false, true]) {
      const verdict = await judge(devices, platforms, { byKey });
      expect(failures(verdict)).toEqual([]);
      expect(verdict).toMatchObject({ outcome: "verified", covers: "firmware", reached: "artifact" });
      expect(checkOf(verdict, "nvidia-evidence/build").params.source).toBe("openclaw 2026.6.1, v1");
    }
  });

  it("rejects another count, says which differs, and names a build that is known", async () => {
    const verdict = await judge(GPUS, [list("v1", 8, 0), gpu("v1")]);
    expect(failures(verdict)).toEqual(["nvidia-evidence/build build-mismatch"]);
    expect(verdict).toMatchObject({ outcome: "rejected", reached: "artifact" });
    const check = checkOf(verdict, "nvidia-evidence/build");
    expect(check.params.differing).toEqual(["gpus"]);
    expect(check.detail).toBe("2 GPUs and 0 switches; you expect 8 and 0.");
    const known = [forgeManifest({ version: "2026.5.1", platforms: [list("two", 2, 0)] }).text];
    const named = await judge(GPUS, [list("v1", 8, 0)], { known });
    expect(named.outcome).toBe("rejected");
    expect(checkOf(named, "nvidia-evidence/build").notice).toContain("openclaw 2026.5.1, two");
  });

  it.each([
    ["a GPU", GPUS, [list("v1", 2, 0), gpu("v1", "1.0")], "nvidia-gpu"],
    ["a switch", SWITCHES, [list("v1", 0, 2), sw("v1", "1.0")], "nvidia-switch"],
  ])("rejects %s of another version than the manifest has inside", async (_, devices, platforms, kind) => {
    const verdict = await judge(devices, platforms);
    expect(failures(verdict)).toEqual(Array(2).fill(`${kind}/build build-mismatch`));
    expect(verdict.outcome).toBe("rejected");
  });

  it("refuses the count of one platform with the devices of another", async () => {
    const two = [list("v1", 2, 0), gpu("v1"), list("v2", 4, 0), gpu("v2", "1.0")];
    expect((await judge(GPUS, two)).outcome).toBe("verified");
    const crossed = [list("v1", 2, 0), gpu("v1", "1.0"), list("v2", 4, 0), gpu("v2")];
    const verdict = await judge(GPUS, crossed);
    expect(failures(verdict)).toEqual(["evidence/manifest manifest-mixed"]);
    expect(verdict).toMatchObject({ outcome: "rejected", reached: "none" });
  });

  it("refuses a list that lacks what the platform has inside", async () => {
    const any: PlatformRequest = { kind: "nvidia-evidence", label: "v1", values: { gpus: 2 } };
    expect((await judge(GPUS, [any, gpu("v1")])).outcome).toBe("verified");
    const verdict = await judge(GPUS, [any, gpu("v1"), sw("v1")]);
    expect(failures(verdict)).toEqual(["evidence/manifest manifest-mixed"]);
  });

  it("does not compare devices in a list with platforms of devices alone", async () => {
    const alone: PlatformRequest = { kind: "nvidia-gpu", label: "v1", values: { driverVersion: "1.0" } };
    expect((await judge(GPUS, [list("v1", 2, 0), alone])).outcome).toBe("verified");
  });
});
