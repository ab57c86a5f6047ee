/** Lists of devices: G2, G7 and G12, one nonce for all, labels that are nobody's word, and the closed topology of protected PCIe. */
import { describe, expect, it } from "vitest";
import { concat } from "../../../fixtures/der.js";
import { goodAnswers } from "../../../fixtures/nvidia/chain.js";
import {
  DRIVER,
  flag,
  GPU_OPAQUE,
  NONCE,
  number16,
  pdis,
  SWITCH_OPAQUE,
  withFields,
} from "../../../fixtures/nvidia/report.js";
import { pem } from "../../../fixtures/x509.js";
import { webcrypto } from "../../../src/crypto/webcrypto.js";
import { toHex, toUtf8 } from "../../../src/encoding/text.js";
import { sevSnp } from "../../../src/evidence/sev-snp/kind.js";
import { createVerifier, inspect, nvidiaEvidence, nvidiaGpu, nvidiaSwitch, verify } from "../../../src/nvidia.js";
import type { Verdict } from "../../../src/verdict.js";
import {
  ANCHORS,
  AT,
  chainFor,
  checkNamed,
  driverRim,
  failures,
  type Item,
  item,
  listEndorsements,
  malformedReason,
  type NvidiaOptions,
  open,
  switchRim,
  vbiosRim,
} from "../../support/nvidia.js";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const endorsements = listEndorsements();
const judge = (list: unknown, options: NvidiaOptions = {}): Promise<Verdict> =>
  verify(JSON.stringify(list).padEnd(64), {
    expected: { "nvidia-evidence": { gpus: 1 } },
    covers: "firmware",
    binding: { nonce: NONCE },
    at: AT,
    trustAnchors: ANCHORS,
    endorsements,
    ...options,
  });

describe("lists", () => {
  it("of one GPU: its report is a part of its own", async () => {
    const verdict = await judge([item("gpu")]);
    expect([verdict.outcome, verdict.covers, verdict.freshness]).toEqual(["verified", "firmware", "nonce"]);
    expect(verdict.parts.map(({ path, role, kind }) => [path, role, kind])).toEqual([
      ["evidence", "gpu", "nvidia-evidence"],
      ["evidence.gpu0", "gpu", "nvidia-gpu"],
    ]);
  });

  it.each([
    ["of a machine", { "sev-snp": { measurement: "aa".repeat(48) } }],
    ["of a machine, as a digest", "aa".repeat(48)],
    ["of GPUs, where it holds a switch alone", { "nvidia-gpu": { driverVersion: DRIVER } }, [item("switch")]],
  ])("is no yes to what was expected %s", async (_, expected, devices: readonly Item[] = [item("gpu")]) => {
    const verdict = await createVerifier([sevSnp, nvidiaEvidence, nvidiaGpu, nvidiaSwitch]).verify(
      JSON.stringify(devices),
      {
        expected,
        covers: "firmware",
        binding: { nonce: NONCE },
        at: AT,
        trustAnchors: ANCHORS,
        endorsements,
      } as Parameters<typeof verify>[1],
    );
    expect([verdict.outcome, failures(verdict)]).toEqual(["rejected", ["build no-reference-values"]]);
  });

  it("of many reads each manifest once, whoever asks for it", async () => {
    const digested: string[] = [];
    const native = webcrypto(globalThis.crypto.subtle);
    const crypto = {
      ...native,
      digest: (hash: Parameters<typeof native.digest>[0], message: Uint8Array) => {
        if (message[0] === 0x3c) digested.push(new TextDecoder().decode(message.subarray(0, 2_000)));
        return native.digest(hash, message);
      },
    };
    const devices = [5, 6, 7, 8].map((serial) => item("gpu", { serial }));
    const { outcome } = await judge(devices, { expected: { "nvidia-evidence": { gpus: 4 } }, crypto });
    expect([outcome, digested.length, new Set(digested).size]).toEqual(["verified", 2, 2]);
  });

  it("of a GPU that was expected by its versions alone", async () => {
    const verdict = await judge([item("gpu"), item("switch")], {
      expected: { "nvidia-gpu": { driverVersion: DRIVER } },
    });
    expect([verdict.outcome, failures(verdict)]).toEqual(["verified", []]);
  });

  it("of a GPU and a switch that are not in protected PCIe mode", async () => {
    const verdict = await judge([item("switch"), item("gpu")], {
      expected: { "nvidia-evidence": { gpus: 1, switches: 1 } },
    });
    expect([verdict.outcome, verdict.parts.map(({ path, role }) => [path, role])]).toEqual([
      "verified",
      [
        ["evidence", "gpu"],
        ["evidence.switch0", "switch"],
        ["evidence.gpu0", "gpu"],
      ],
    ]);
  });

  it("in a bundle: what came along in it reaches every device, and the answers of another chip clear none", async () => {
    const bundle = (items: readonly Uint8Array[]): string =>
      JSON.stringify({
        "tee-verify": 1,
        evidence: JSON.stringify([item("gpu"), item("switch")]),
        endorsements: items.map((bytes) => (bytes[0] === 0x7b ? Buffer.from(bytes).toString() : base64(bytes))),
      });
    const options: NvidiaOptions = { endorsements: [], expected: { "nvidia-evidence": { gpus: 1, switches: 1 } } };
    const judged = (items: readonly Uint8Array[]): Promise<Verdict> => judge(JSON.parse(bundle(items)), options);
    const verdict = await judged(endorsements);
    expect([verdict.outcome, failures(verdict)]).toEqual(["verified", []]);
    const without = await judged([...goodAnswers("GH100"), driverRim, vbiosRim, switchRim]);
    expect([without.outcome, failures(without), open(without)]).toEqual([
      "undetermined",
      [],
      ["revocation revocation-unknown"],
    ]);
  });

  const { arch: _arch, nonce: _nonce, ...bare } = item("gpu");
  const gpu = item("gpu");
  const b64url = (text: unknown): string => Buffer.from(String(text), "base64").toString("base64url");
  const collection = {
    __cmwc_t: "tag:nvidia.com,2026:verifier-input/profiles/base/pre-1.0.0",
    nonce: ["application/octet-stream", Buffer.from(NONCE).toString("base64url")],
    gpu_0: {
      __cmwc_t: "tag:nvidia.com,2026:evidence-item/v1",
      evidence: ["application/vnd.nvidia.spdm-measurement-transcript", b64url(gpu.evidence)],
      certificate: ["application/vnd.nvidia.pem-cert-chain", b64url(gpu.certificate)],
    },
  };
  it.each([
    ["an attestation request", { arch: "HOPPER", nonce: toHex(NONCE), evidence_list: [bare] }, "attestation request"],
    ["a single device", item("gpu"), "evidence"],
    ["a list without labels", [bare], "evidence list"],
    [
      "a list with PEM as it is",
      [{ ...bare, certificate: Buffer.from(String(gpu.certificate), "base64").toString() }],
      "evidence list",
    ],
    ["a CMW collection", collection, "CMW collection"],
    ["what nvattest prints", { evidences: [gpu], result_code: 0, result_message: "Ok" }, "collected evidence"],
  ])("in the form of %s", async (_, list, form) => {
    const verdict = await judge(list);
    expect([verdict.outcome, checkNamed(verdict, "evidence/recognised")?.params.form]).toEqual(["verified", form]);
  });

  it("are not recognised where they are something else", async () => {
    const named = [
      { evidence_list: "x" },
      { evidences: null, result_code: 1 },
      { evidences: [] },
      { evidences: [gpu, 1] },
      { evidences: [gpu], evidence_list: [gpu] },
    ];
    for (const other of [[], {}, [1], [{ evidence: "x" }], ...named, { __cmwc_t: "tag:example.com" }])
      expect(failures(await judge(other, { expected: "any-build" }))).toEqual(["recognised unrecognised"]);
  });

  it.each([
    ["evidence that is no report", [item("gpu", { labels: { evidence: "AAAA" } })], /no SPDM/],
    ["a nonce of 31 bytes", [item("gpu", { labels: { nonce: "00".repeat(31) } })], /not of 32 bytes/],
    ["a nonce that is no text", [item("gpu", { labels: { nonce: 1 } })], /no text/],
    ["a label that is no text", [item("gpu", { labels: { arch: 1 } })], /arch is no text/],
    ["an item of nothing", { evidence_list: [{}] }, /no evidence and certificate/],
    ["an empty request", { evidence_list: [] }, /1 to 64/],
    [
      "a record of another type",
      { ...collection, gpu_0: { ...collection.gpu_0, evidence: ["text/plain", "AA"] } },
      /no record/,
    ],
    ["a collection of something else", { ...collection, gpu_1: "x" }, /more than devices/],
    [
      "a chain of nine",
      [
        item("gpu", {
          labels: { certificate: base64(toUtf8(pem("CERTIFICATE", ...Array(9).fill(chainFor("GH100", 5).leaf)))) },
        }),
      ],
      /more than 8/,
    ],
    ["65 devices", Array.from({ length: 65 }, () => item("gpu")), /1 to 64/],
  ])("with %s are malformed", async (_, list, reason) => expect(malformedReason(await judge(list))).toMatch(reason));

  it("name the devices for inspection", () => {
    expect(inspect(JSON.stringify([item("gpu"), item("switch"), item("gpu")])).unverifiedClaims).toEqual({
      nonce: toHex(NONCE),
      gpus: 2,
      switches: 1,
    });
  });

  it("need the kinds of what is in them", async () => {
    const { nvidiaEvidence } = await import("../../../src/nvidia.js");
    const only = createVerifier([nvidiaEvidence, nvidiaGpu]);
    const verdict = await only.verify(JSON.stringify([item("switch")]), {
      expected: "any-build",
      binding: "unbound",
      at: AT,
    });
    expect(malformedReason(verdict)).toMatch(/switch0 inside is not nvidia-switch/);
  });
});

describe("labels and nonces", () => {
  it.each([
    ["another architecture", { arch: "BLACKWELL" }],
    ["a switch's architecture", { arch: "LS10" }],
    ["another nonce", { nonce: "11".repeat(32) }],
  ])("of %s than is signed reject", async (_, labels) => {
    const first = item("gpu");
    const verdict = await judge([first, item("gpu", { serial: 6, labels })], {
      expected: { "nvidia-evidence": { gpus: 2 } },
    });
    expect(failures(verdict)).toContain("labels label-mismatch");
  });

  it("one nonce for all: a report that answers another rejects", async () => {
    const other = item("gpu", {
      serial: 6,
      report: { nonce: new Uint8Array(32).fill(1) },
      labels: { nonce: undefined },
    });
    const verdict = await judge([item("gpu"), other], { expected: { "nvidia-evidence": { gpus: 2 } } });
    expect(failures(verdict)).toEqual(["nonce nonce-mismatch"]);
    expect(verdict.checks.find(({ code }) => code === "nonce-mismatch")?.part).toBe("evidence.gpu1");
  });

  it("the caller's nonce is compared with the list's", async () => {
    expect(failures(await judge([item("gpu")], { binding: { nonce: new Uint8Array(32) } }))).toEqual([
      "nonce nonce-mismatch",
    ]);
    expect(failures(await judge([item("gpu")], { binding: { reportData: new Uint8Array(64) } }))).toEqual([
      "nonce binding-unsupported",
    ]);
    expect((await judge([item("gpu")], { binding: "unbound" })).outcome).toBe("verified");
  });

  it("the same device twice rejects", async () => {
    const verdict = await judge([item("gpu"), item("gpu")], { expected: { "nvidia-evidence": { gpus: 2 } } });
    expect(failures(verdict)).toEqual(["distinct device-repeated"]);
  });

  it("fewer devices than expected reject", async () => {
    expect(failures(await judge([item("gpu")], { expected: { "nvidia-evidence": { gpus: 8, switches: 4 } } }))).toEqual(
      ["build build-mismatch"],
    );
    expect(failures(await judge([item("gpu")], { expected: { "nvidia-evidence": { switches: 1 } } }))).toEqual([
      "build build-mismatch",
    ]);
  });

  it("a device that is not genuine rejects the list", async () => {
    const verdict = await judge(
      [item("gpu"), item("gpu", { serial: 6, report: { signature: () => new Uint8Array(96) } })],
      {
        expected: { "nvidia-evidence": { gpus: 2 } },
      },
    );
    expect(failures(verdict)).toEqual(["report-signature signature-invalid"]);
  });

  it("covers what every device covers: one whose manifest is waived is enough for nothing", async () => {
    const policy = { "nvidia-switch": { rims: "optional" } } as const;
    const expected = { "nvidia-evidence": { gpus: 1, switches: 1 } };
    const list = [item("gpu"), item("switch")];
    const full = await judge(list, { policy, expected });
    expect([full.outcome, full.covers]).toEqual(["verified", "firmware"]);
    const waived = await judge(list, {
      policy,
      expected,
      endorsements: endorsements.filter((one) => one !== switchRim),
    });
    expect([waived.outcome, waived.covers]).toEqual(["rejected", "nothing"]);
  });

  it("what is expected of the devices is judged in each", async () => {
    const judgeGpus = (driverVersion: string) =>
      judge([item("gpu")], { expected: { "nvidia-gpu": { driverVersion } } });
    expect((await judgeGpus("550.90.07")).outcome).toBe("verified");
    expect(failures(await judgeGpus("550.90.08"))).toEqual(["build build-mismatch"]);
  });
});

describe("G12: protected PCIe", () => {
  /** Two GPUs and two switches; identifiers as GPUs and as switches write them are each other's reverse. */
  const SWITCHES = [0x51, 0x52] as const;
  const own = (index: number): Uint8Array => Uint8Array.of(...[8, 7, 6, 5, 4, 3, 2], SWITCHES[index] as number);
  const seen = (index: number): Uint8Array => own(index).reverse();
  const gpuOf = (index: number, switchPdis: Uint8Array = concat(seen(0), seen(1), seen(0), seen(1))): Item =>
    item("gpu", {
      serial: 5 + index,
      report: { opaque: withFields(GPU_OPAQUE, { 21: flag(true), 36: number16(2), 22: switchPdis }) },
    });
  const switchOf = (index: number, gpus: Uint8Array = concat(pdis(1, 2), new Uint8Array(48))): Item =>
    item("switch", {
      serial: 5 + index,
      report: { opaque: withFields(SWITCH_OPAQUE, { 22: own(index), 26: concat(gpus, new Uint8Array(64).fill(7)) }) },
    });
  const closed = [gpuOf(0), gpuOf(1), switchOf(0), switchOf(1)];
  const options: NvidiaOptions = { expected: { "nvidia-evidence": { gpus: 2, switches: 2 } } };

  it("with all that the devices are connected to is closed", async () => {
    const verdict = await judge(closed, options);
    expect([verdict.outcome, verdict.parts.length]).toEqual(["verified", 5]);
  });

  it.each([
    ["a switch that is missing", [gpuOf(0), gpuOf(1), switchOf(0)], "switch-missing"],
    ["a switch of another machine", [gpuOf(0), gpuOf(1), switchOf(0), item("switch", { serial: 9 })], "switch-missing"],
    ["a switch too many", [...closed, item("switch", { serial: 9 })], "switch-missing"],
    ["a GPU that is missing", [gpuOf(0), switchOf(0), switchOf(1)], "gpus-differ"],
    [
      "GPUs on different switches",
      [gpuOf(0), gpuOf(1, concat(seen(0), seen(0))), switchOf(0), switchOf(1)],
      "switches-differ",
    ],
    [
      "switches with different GPUs",
      [gpuOf(0), gpuOf(1), switchOf(0), switchOf(1, concat(pdis(1, 3), new Uint8Array(48)))],
      "gpus-differ",
    ],
    [
      "switches with a GPU more",
      [
        gpuOf(0),
        gpuOf(1),
        switchOf(0, concat(pdis(1, 2, 3), new Uint8Array(40))),
        switchOf(1, concat(pdis(1, 2, 3), new Uint8Array(40))),
      ],
      "gpus-differ",
    ],
    ["GPUs in different modes", [gpuOf(0), item("gpu", { serial: 6 }), switchOf(0), switchOf(1)], "modes-differ"],
  ])("with %s is not closed", async (_, list, code) => {
    const verdict = await judge(list, { ...options, expected: "any-build" });
    expect(failures(verdict)).toEqual([`topology ${code}`]);
  });

  it("demanded by policy rejects GPUs in another mode", async () => {
    const policy = { "nvidia-evidence": { protectedPcie: "required" } } as const;
    expect(failures(await judge([item("gpu")], { policy }))).toEqual(["topology not-protected"]);
    expect((await judge(closed, { ...options, policy })).outcome).toBe("verified");
  });

  it("left unchecked by policy passes, and shows", async () => {
    const verdict = await judge([gpuOf(0)], { policy: { "nvidia-evidence": { protectedPcie: "unchecked" } } });
    expect([verdict.outcome, verdict.limits.join(" ")]).toEqual([
      "verified",
      expect.stringContaining("one closed system"),
    ]);
  });
});
