/** G13: a machine and its GPUs in one verdict. What binds the GPUs is the machine's own signed report data; without it there is no yes. */
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../../fixtures/amd/snp.js";
import { concat } from "../../../fixtures/der.js";
import { type DstackRequest, forgeDstack } from "../../../fixtures/dstack/bundle.js";
import { AT as DCAP_AT } from "../../../fixtures/intel/collateral.js";
import { forgeRoot } from "../../../fixtures/intel/pki.js";
import { forgeManifest, type PlatformRequest } from "../../../fixtures/manifest/manifest.js";
import { goodAnswers } from "../../../fixtures/nvidia/chain.js";
import { DRIVER, forgeReport, NONCE, type ReportRequest } from "../../../fixtures/nvidia/report.js";
import { pem } from "../../../fixtures/x509.js";
import { dstack, tdx } from "../../../src/dstack.js";
import { toHex, toUtf8 } from "../../../src/encoding/text.js";
import { sevSnp } from "../../../src/evidence/sev-snp/kind.js";
import {
  createVerifier,
  type GpuNonce,
  nvidiaEvidence,
  nvidiaGpu,
  nvidiaSwitch,
  withGpus,
} from "../../../src/nvidia.js";
import type { Verdict } from "../../../src/verdict.js";
import { rightScene } from "../../support/dcap.js";
import {
  ANCHORS,
  AT,
  certificatesOf,
  checkNamed,
  driverRim,
  failures,
  open,
  switchRim,
  vbiosRim,
} from "../../support/nvidia.js";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const certificates = base64(toUtf8(pem("CERTIFICATE", ...certificatesOf())));
const list = (report: ReportRequest = {}): unknown[] => [
  {
    arch: "HOPPER",
    nonce: toHex(report.nonce ?? NONCE),
    evidence: base64(forgeReport(report)),
    certificate: certificates,
  },
];

const KEY_HASH = new Uint8Array(32).fill(9);
const OTHER = new Uint8Array(32).fill(3);

interface Machine {
  readonly reportData?: Uint8Array;
  readonly gpu?: unknown;
  readonly json?: (cpu: string, gpu: unknown) => unknown;
  readonly nonce?: GpuNonce;
  readonly kind?: typeof sevSnp;
  /** What a manifest says of the machine and of what lies within it, in place of the measurement alone. */
  readonly platforms?: (measurement: string) => readonly PlatformRequest[];
  readonly binding?: Parameters<ReturnType<typeof createVerifier>["verify"]>[1]["binding"];
}

async function judge(machine: Machine = {}): Promise<Verdict> {
  const { reportData = concat(KEY_HASH, NONCE), gpu = list(), nonce = "second-half" } = machine;
  const snp = forgeSnp({ report: { reportData } });
  const { verify } = createVerifier([withGpus(machine.kind ?? sevSnp, nonce), nvidiaEvidence, nvidiaGpu, nvidiaSwitch]);
  const json = machine.json ?? ((cpu, gpus) => ({ cpu, gpu: gpus }));
  const at = snp.at;
  const platforms = machine.platforms?.(toHex(snp.fields.measurement as Uint8Array));
  const manifest = platforms === undefined ? undefined : forgeManifest({ platforms });
  const fresh = { thisUpdate: at.getTime() - 1000, nextUpdate: at.getTime() + 1000 };
  return verify(JSON.stringify(json(base64(snp.report), gpu)), {
    expected: manifest?.hash ?? { "sev-snp": { measurement: snp.fields.measurement } },
    manifests: manifest === undefined ? [] : [manifest.text],
    binding: machine.binding ?? { reportData },
    at,
    trustAnchors: { ...ANCHORS, ...snp.trustAnchors },
    endorsements: [
      ...snp.endorsements,
      ...goodAnswers("GH100", fresh),
      ...goodAnswers("LS_10", fresh),
      driverRim,
      vbiosRim,
      switchRim,
    ],
  });
}

const platform = (label: string, kind: string, values: PlatformRequest["values"]): PlatformRequest => ({
  kind,
  label,
  values,
  ...(kind === "sev-snp" ? {} : { more: { within: "sev-snp" } }),
});

describe("a manifest of a machine with its GPUs", () => {
  it("verifies the machine, its number of GPUs and their driver by one build hash", async () => {
    const platforms = (measurement: string) => [
      platform("v1", "sev-snp", { measurement }),
      platform("v1", "nvidia-evidence", { gpus: 1 }),
      platform("v1", "nvidia-gpu", { driverVersion: DRIVER }),
    ];
    const verdict = await judge({ platforms });
    expect(failures(verdict)).toEqual([]);
    expect(verdict).toMatchObject({ outcome: "verified", covers: "workload", reached: "deployment" });
  });

  it.each([
    ["number of GPUs", "nvidia-evidence", { gpus: 8 }],
    ["driver", "nvidia-gpu", { driverVersion: "1.0" }],
  ])("rejects another %s", async (_, kind, values) => {
    const verdict = await judge({
      platforms: (measurement) => [platform("v1", "sev-snp", { measurement }), platform("v1", kind, values)],
    });
    expect(failures(verdict)).toEqual(["build build-mismatch"]);
    expect(verdict.checks.find(({ code }) => code === "build-mismatch")?.id).toBe(`${kind}/build`);
    expect(verdict).toMatchObject({ outcome: "rejected", reached: "artifact" });
  });

  it("rejects the machine of one platform with the number of GPUs of another", async () => {
    const platforms = (measurement: string) => [
      platform("v1", "sev-snp", { measurement }),
      platform("v1", "nvidia-evidence", { gpus: 8 }),
      platform("v2", "sev-snp", { measurement: "99".repeat(48) }),
      platform("v2", "nvidia-evidence", { gpus: 1 }),
    ];
    const verdict = await judge({ platforms });
    expect(failures(verdict)).toEqual(["manifest manifest-mixed"]);
    expect(verdict).toMatchObject({ outcome: "rejected", reached: "none" });
  });
});

describe("GPUs without their machine", () => {
  const alone = (expected: Readonly<Record<string, unknown>>): Promise<Verdict> =>
    createVerifier([withGpus(sevSnp, "caller"), nvidiaEvidence, nvidiaGpu, nvidiaSwitch]).verify(
      JSON.stringify(list()),
      {
        expected,
        covers: "firmware",
        binding: { nonce: NONCE },
        at: AT,
        trustAnchors: ANCHORS,
        endorsements: [...goodAnswers("GH100"), driverRim, vbiosRim],
      },
    );
  const measurement = "aa".repeat(48);

  it("are not what was expected, also where their number was", async () => {
    const verdict = await alone({ "sev-snp": { measurement }, "nvidia-evidence": { gpus: 1 } });
    expect([verdict.outcome, failures(verdict)]).toEqual(["rejected", ["accepted-kind kind-not-accepted"]]);
    expect(failures(await alone({ "sev-snp": { measurement } }))).toContain("accepted-kind kind-not-accepted");
  });

  it("are what was expected where nothing else was", async () => {
    const verdict = await alone({ "nvidia-evidence": { gpus: 1 } });
    expect([verdict.outcome, failures(verdict)]).toEqual(["verified", []]);
  });
});

describe("a machine with its GPUs", () => {
  it("is one verdict: the machine's, with the GPUs as parts", async () => {
    const verdict = await judge();
    expect([verdict.outcome, verdict.covers]).toEqual(["verified", "launch"]);
    expect(verdict.parts.map(({ path, role, kind }) => [path, role, kind])).toEqual([
      ["evidence", "cpu", "sev-snp"],
      ["evidence.gpus", "gpu", "nvidia-evidence"],
      ["evidence.gpus.gpu0", "gpu", "nvidia-gpu"],
    ]);
    expect(checkNamed(verdict, "sev-snp/gpus")).toMatchObject({
      status: "passed",
      detail: expect.stringContaining("nvidia-evidence"),
    });
  });

  it("judges the machine as it is judged without GPUs: they are no parts that it knows of", async () => {
    const seen: string[][] = [];
    const kind: typeof sevSnp = {
      ...sevSnp,
      appraise(evidence, trusted, context) {
        seen.push(context.children.map(({ name }) => name));
        return sevSnp.appraise(evidence, trusted, context);
      },
    };
    expect((await judge({ kind })).outcome).toBe("verified");
    expect(seen).toEqual([[]]);
  });

  it.each([
    [
      "as text under the name that dstack uses",
      (cpu: string, gpu: unknown) => ({
        cpu,
        nvidia_payload: JSON.stringify({ nonce: toHex(NONCE), arch: "HOPPER", evidence_list: gpu }),
      }),
    ],
    ["as JSON under another", (cpu: string, gpu: unknown) => ({ cpu, gpu_evidence: gpu })],
    ["beside the machine's own JSON", (cpu: string, gpu: unknown) => ({ type: "AMD_SEV_SNP", report: cpu, gpu })],
    [
      "with the machine's JSON inside",
      (cpu: string, gpu: unknown) => ({ cpu: { type: "AMD_SEV_SNP", report: cpu }, gpu }),
    ],
  ])("may come %s", async (_, json) => expect((await judge({ json })).outcome).toBe("verified"));

  it("binds the GPUs by the half that its convention names", async () => {
    expect((await judge({ nonce: "first-half", reportData: concat(NONCE, KEY_HASH) })).outcome).toBe("verified");
    expect(failures(await judge({ nonce: "first-half" }))).toEqual(["nonce nonce-mismatch"]);
  });

  it("whose GPUs answer another nonce is rejected: they may be anybody's", async () => {
    const verdict = await judge({ gpu: list({ nonce: OTHER }) });
    expect([verdict.outcome, failures(verdict)]).toEqual(["rejected", ["nonce nonce-mismatch"]]);
    expect(verdict.checks.find(({ code }) => code === "nonce-mismatch")?.part).toBe("evidence.gpus");
  });

  it("whose report data leaves the half empty binds nothing, whatever the GPUs answer", async () => {
    const zero = new Uint8Array(32);
    const verdict = await judge({ reportData: concat(KEY_HASH, zero), gpu: list({ nonce: zero }) });
    expect(failures(verdict)).toEqual(["gpus gpus-unbound"]);
  });

  it("by the caller's nonce: both answer it, and neither is enough alone", async () => {
    const { reportDataFor } = await import("../../../src/nvidia.js");
    const binding = { nonce: NONCE };
    const reportData = await reportDataFor(binding);
    expect((await judge({ nonce: "caller", binding, reportData })).outcome).toBe("verified");
    expect(failures(await judge({ nonce: "caller", binding, reportData, gpu: list({ nonce: OTHER }) }))).toEqual([
      "nonce nonce-mismatch",
    ]);
    expect(failures(await judge({ nonce: "caller", binding, reportData: new Uint8Array(64) }))).toEqual([
      "report-data report-data-mismatch",
    ]);
  });

  it("by no nonce of the caller's is unbound", async () => {
    expect(failures(await judge({ nonce: "caller", binding: "unbound" }))).toEqual(["gpus gpus-unbound"]);
  });

  it("without its GPUs stays open", async () => {
    const verdict = await judge({ json: (cpu) => ({ cpu }) });
    expect([verdict.outcome, open(verdict)]).toEqual(["undetermined", ["gpus gpus-missing"]]);
    const ownForm = await judge({ json: (report) => ({ type: "AMD_SEV_SNP", report }) });
    expect([ownForm.outcome, open(ownForm)]).toEqual(["undetermined", ["gpus gpus-missing"]]);
  });

  it("alone, as bytes or as a list, is what it is without GPUs", async () => {
    const snp = forgeSnp();
    const { verify } = createVerifier([withGpus(sevSnp, "second-half")]);
    const asked = { expected: "any-build", binding: "unbound", at: snp.at } as const;
    const trusted = { ...asked, endorsements: snp.endorsements, trustAnchors: snp.trustAnchors };
    expect(open(await verify(snp.report, trusted))).toEqual(["gpus gpus-missing"]);
    expect(failures(await verify(JSON.stringify([base64(snp.report)]), trusted))).toEqual(["recognised unrecognised"]);
    expect(failures(await verify(JSON.stringify({ gpu: list() }), trusted))).toEqual(["recognised unrecognised"]);
    expect(failures(await verify(JSON.stringify({ cpu: 1, gpu: list() }), trusted))).toEqual([
      "recognised unrecognised",
    ]);
  });

  it("of a kind with other report data, or none, cannot bind its GPUs", async () => {
    for (const value of [undefined, new Uint8Array(63)]) {
      const kind = { ...sevSnp, slots: () => [{ name: "reportData", size: 64, value }] as const };
      expect(failures(await judge({ kind }))).toContain("format malformed");
    }
    const kind = { ...sevSnp, slots: () => [] };
    expect(failures(await judge({ kind }))).toContain("format malformed");
  });

  it("with GPUs that are not genuine is rejected", async () => {
    const verdict = await judge({ gpu: list({ signature: () => new Uint8Array(96) }) });
    expect(failures(verdict)).toEqual(["report-signature signature-invalid"]);
  });

  it("whose list holds switches alone has no GPUs there: it stays open", async () => {
    const { forgeChain } = await import("../../../fixtures/nvidia/chain.js");
    const gpu = [
      {
        arch: "LS10",
        nonce: toHex(NONCE),
        evidence: base64(forgeReport({ device: "switch" })),
        certificate: base64(toUtf8(pem("CERTIFICATE", ...certificatesOf(forgeChain({ chip: "LS_10" }))))),
      },
    ];
    const verdict = await judge({ gpu });
    expect([verdict.outcome, open(verdict)]).toEqual(["undetermined", ["gpus gpus-missing"]]);
  });

  it("with GPU evidence that is none is malformed, as is evidence under two names", async () => {
    expect(failures(await judge({ gpu: "x" }))).toEqual(["format malformed"]);
    expect(failures(await judge({ json: (cpu, gpu) => ({ cpu, gpu, nvidia_payload: gpu }) }))).toEqual([
      "recognised malformed",
    ]);
  });
});

describe("a dstack machine with its GPUs", () => {
  const reportData = concat(KEY_HASH, NONCE);
  const near = async (request: DstackRequest, gpu: unknown, nonce: GpuNonce, more: object = {}): Promise<Verdict> => {
    const at = new Date(DCAP_AT);
    const agent = forgeDstack({ reportData, ...request });
    const { verify } = createVerifier([withGpus(dstack, nonce), tdx, nvidiaEvidence, nvidiaGpu, nvidiaSwitch]);
    const fresh = { thisUpdate: at.getTime() - 1000, nextUpdate: at.getTime() + 1000 };
    return verify(JSON.stringify({ ...agent.answer, nvidia_payload: gpu }), {
      expected: { tdx: agent.system, dstack: { composeHash: agent.composeHash } },
      binding: { reportData },
      at,
      trustAnchors: { ...ANCHORS, intel: [forgeRoot()] },
      endorsements: [...Object.values(rightScene("tdx")), ...goodAnswers("GH100", fresh), driverRim, vbiosRim],
      ...more,
    });
  };

  it("is one verdict, by the half of the quote's report data that the convention names", async () => {
    const verdict = await near({}, list(), "second-half");
    expect(failures(verdict)).toEqual([]);
    expect(verdict).toMatchObject({ outcome: "verified", covers: "workload" });
    expect(checkNamed(verdict, "dstack/gpus")).toMatchObject({ status: "passed" });
    const first = { reportData: concat(NONCE, KEY_HASH) };
    expect((await near(first, list(), "first-half", { binding: first })).outcome).toBe("verified");
  });

  it("whose GPUs answer another nonce is rejected", async () => {
    expect(failures(await near({}, list({ nonce: OTHER }), "second-half"))).toEqual(["nonce nonce-mismatch"]);
    expect(failures(await near({}, list(), "first-half"))).toEqual(["nonce nonce-mismatch"]);
  });

  it("whose quote is cut short before the report data is malformed", async () => {
    const agent = forgeDstack({ reportData });
    const cut = toHex(agent.quote.slice(0, 600));
    expect(failures(await near({ info: { quote: cut } }, list(), "second-half"))).toEqual(["format malformed"]);
  });

  it("by the caller's nonce", async () => {
    const { reportDataFor } = await import("../../../src/nvidia.js");
    const binding = { nonce: NONCE };
    const asked = { reportData: await reportDataFor(binding) };
    const verdict = await near(asked, list(), "caller", { binding });
    expect([verdict.outcome, verdict.freshness]).toEqual(["verified", "nonce"]);
  });
});
