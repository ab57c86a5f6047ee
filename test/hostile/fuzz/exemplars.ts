/** Authentic evidence of every kind, version and layout, with a question that it answers: what the mutators start from. */

import { forgeSnp, type SnpRequest } from "../../../fixtures/amd/snp.js";
import { bundle, configfsTsm, kernelResponse } from "../../../fixtures/amd/wrappers.js";
import { NONCE as ARM_NONCE, CHALLENGE, forgeCca, forgePsa } from "../../../fixtures/arm/token.js";
import { forgeAci } from "../../../fixtures/azure/aci.js";
import { NONCE as AZURE_NONCE, forgeCvm } from "../../../fixtures/azure/cvm.js";
import { concat } from "../../../fixtures/der.js";
import { forgeGce } from "../../../fixtures/gce/endorsement.js";
import { forgeCollateral, AT as INTEL_AT } from "../../../fixtures/intel/collateral.js";
import { forgeRoot } from "../../../fixtures/intel/pki.js";
import { ENCLAVE, forgeQuote, type QuoteRequest, TD } from "../../../fixtures/intel/quote.js";
import { bundleOf, forgeManifest } from "../../../fixtures/manifest/manifest.js";
import { forgeDocument, forgedRoot } from "../../../fixtures/nitro/document.js";
import { goodAnswers } from "../../../fixtures/nvidia/chain.js";
import { forgeReport, NONCE as GPU_NONCE } from "../../../fixtures/nvidia/report.js";
import { forgeToken, jwkOf, TOKEN_AT, NONCE as TOKEN_NONCE, usualKey } from "../../../fixtures/tokens/token.js";
import { pem } from "../../../fixtures/x509.js";
import { verify as verifyAzure } from "../../../src/azure.js";
import { crossCheck } from "../../../src/cross-check.js";
import type { Crypto } from "../../../src/crypto/crypto.js";
import type { EvidenceSource } from "../../../src/evidence/envelope.js";
import { verify as verifyGce } from "../../../src/gce.js";
import { sevSnp, verify as verifyFront } from "../../../src/index.js";
import { createVerifier, nvidiaEvidence, nvidiaGpu, nvidiaSwitch, withGpus } from "../../../src/nvidia.js";
import { verify as verifyToken } from "../../../src/tokens.js";
import type { Verdict } from "../../../src/verdict.js";
import { judgeToken } from "../../support/arm.js";
import { BINDING, type KindCase, kindCases, verify as verifyKinds } from "../../support/manifest.js";
import { judgeBytes } from "../../support/nitro.js";
import { ANCHORS, certificatesOf, complete, driverRim, judgeGpu, switchRim, vbiosRim } from "../../support/nvidia.js";
import type { HostileInput } from "./structure.js";

export interface Exemplar extends HostileInput {
  readonly name: string;
  /** Judges any input by the same demands; WebCrypto verifies unless told. */
  ask(input: HostileInput, crypto?: Crypto): Promise<Verdict>;
}

type Options = Parameters<typeof verifyFront>[1];
const encode = (source: EvidenceSource): Uint8Array =>
  typeof source === "string" ? new TextEncoder().encode(source) : (source as Uint8Array);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const withCrypto = (crypto: Crypto | undefined): { readonly crypto?: Crypto } =>
  crypto === undefined ? {} : { crypto };

type Verify<Asked> = (evidence: EvidenceSource, options: Asked) => Promise<Verdict>;

export function exemplar<Asked extends { readonly endorsements?: readonly (Uint8Array | ArrayBuffer | string)[] }>(
  name: string,
  verify: Verify<Asked>,
  evidence: EvidenceSource,
  options: Asked,
  manifests: readonly Uint8Array[] = [],
): Exemplar {
  const { endorsements = [], ...rest } = options;
  return {
    name,
    evidence: encode(evidence),
    endorsements: endorsements.map((item) => encode(item as EvidenceSource)),
    manifests,
    ask: (input, crypto) =>
      verify(input.evidence, {
        ...(rest as Asked),
        ...(crypto === undefined ? {} : { crypto }),
        endorsements: input.endorsements,
        ...(input.manifests.length === 0 ? {} : { manifests: input.manifests }),
      }),
  };
}

type Form = "report" | "extended" | "kernel response" | "configfs-tsm" | "bundle" | "PEM";

export function snp(name: string, request: SnpRequest, form: Form = "report", more: Partial<Options> = {}): Exemplar {
  const forged = forgeSnp(request);
  const { report, ek, issuer, ark, extended, fields, trustAnchors, at } = forged;
  const evidence: Readonly<Record<Form, EvidenceSource>> = {
    report,
    extended,
    "kernel response": kernelResponse(report, 1216),
    "configfs-tsm": JSON.stringify(configfsTsm(report, extended.subarray(1184))),
    bundle: JSON.stringify(bundle(report, [ek, issuer, forged.crl({ revoked: [5] })])),
    PEM: report,
  };
  const endorsements: readonly (Uint8Array | string)[] =
    form === "report" || form === "kernel response"
      ? [ek, issuer, ark, forged.crl({ revoked: [5, 7, 9] })]
      : form === "PEM"
        ? [pem("CERTIFICATE", ek, issuer, ark)]
        : [];
  return exemplar(`sev-snp ${name}`, verifyFront as Verify<Options>, evidence[form], {
    expected: { "sev-snp": { measurement: fields.measurement, hostData: fields.hostData } },
    binding: { reportData: fields.reportData },
    endorsements,
    trustAnchors,
    at,
    ...more,
  });
}

function dcap(name: string, tee: "tdx" | "sgx", request: QuoteRequest): Exemplar {
  const expected =
    tee === "tdx"
      ? { tdx: { mrtd: TD.mrtd, rtmr0: TD.rtmr0, rtmr1: TD.rtmr1, rtmr2: TD.rtmr2 } }
      : { sgx: { mrenclave: ENCLAVE.mrenclave } };
  return exemplar(name, verifyFront as Verify<Options>, forgeQuote({ tee, ...request }), {
    expected: expected as Options["expected"],
    binding: { reportData: TD.reportData as Uint8Array },
    endorsements: Object.values(forgeCollateral(tee)),
    trustAnchors: { intel: [forgeRoot()] },
    at: INTEL_AT,
  });
}

/** Evidence in a bundle with its manifest, expected by the build hash alone. */
async function build(test: KindCase): Promise<Exemplar> {
  const manifest = forgeManifest({ platforms: kindCases.map(({ kind, values }) => ({ kind, values: values(0x61) })) });
  const evidence = bundleOf(await test.evidence(0x61), manifest.text);
  const options = { ...test.options, expected: manifest.hash, binding: BINDING };
  return exemplar(`${test.kind} by build hash`, verifyKinds, evidence, options, [manifest.bytes]);
}

function ofAzure(): readonly Exemplar[] {
  const cvm = forgeCvm();
  const pcr = (index: number): Uint8Array => cvm.pcrs[index] as Uint8Array;
  const aci = forgeAci();
  return [
    exemplar("azure-cvm", verifyAzure, cvm.json, {
      expected: { "azure-cvm": { pcrs: { 4: pcr(4), 11: pcr(11), 12: pcr(12) } } },
      binding: { reportData: AZURE_NONCE },
      endorsements: cvm.snp.endorsements,
      trustAnchors: cvm.snp.trustAnchors,
      at: cvm.snp.at,
    }),
    exemplar("azure-aci", verifyAzure, aci.json, {
      expected: { "azure-aci": { minimumSvn: 100, hostData: aci.snp.fields.hostData } },
      binding: { reportData: aci.snp.fields.reportData },
      trustAnchors: { ...aci.snp.trustAnchors, microsoft: [aci.root] },
      at: aci.snp.at,
    }),
  ];
}

function ofGoogle(): Exemplar {
  const { json, snp: inner, root } = forgeGce();
  return exemplar("gce-cvm", verifyGce, json, {
    expected: { "gce-cvm": { minimumSvn: 3 } },
    covers: "firmware",
    binding: { reportData: inner.fields.reportData },
    trustAnchors: { ...inner.trustAnchors, google: [root] },
    at: inner.at,
  });
}

function ofNvidia(): readonly Exemplar[] {
  const gpu = forgeReport();
  const list = [
    {
      arch: "HOPPER",
      nonce: Buffer.from(GPU_NONCE).toString("hex"),
      evidence: base64(gpu),
      certificate: base64(encode(pem("CERTIFICATE", ...certificatesOf()))),
    },
  ];
  const reportData = concat(new Uint8Array(32).fill(9), GPU_NONCE);
  const machine = forgeSnp({ report: { reportData } });
  const fresh = { thisUpdate: machine.at.getTime() - 1000, nextUpdate: machine.at.getTime() + 1000 };
  const { verify } = createVerifier([withGpus(sevSnp, "second-half"), nvidiaEvidence, nvidiaGpu, nvidiaSwitch]);
  return [
    {
      name: "nvidia-gpu",
      evidence: gpu,
      endorsements: complete(),
      manifests: [],
      ask: (input, crypto) => judgeGpu(input.evidence, withCrypto(crypto), input.endorsements),
    },
    exemplar("sev-snp with GPUs", verify, JSON.stringify({ cpu: base64(machine.report), gpu: list }), {
      expected: { "sev-snp": { measurement: machine.fields.measurement } },
      binding: { reportData },
      at: machine.at,
      trustAnchors: { ...ANCHORS, ...machine.trustAnchors },
      endorsements: [...machine.endorsements, ...goodAnswers("GH100", fresh), driverRim, vbiosRim, switchRim],
    }),
  ];
}

function ofTokens(): readonly Exemplar[] {
  type Asked = Parameters<typeof verifyToken>[1];
  return (["maa", "confidential-space", "ear"] as const).map((service) => {
    const issuers = { maa: "https://test.weu.attest.azure.net", ear: "https://verifier.example" }[service as "maa"];
    const policy = { keys: { keys: [jwkOf(usualKey(service))] }, ...(issuers === undefined ? {} : { issuers }) };
    return exemplar(`token ${service}`, verifyToken, forgeToken({ service }), {
      expected: "any-build",
      binding: { nonce: TOKEN_NONCE },
      at: TOKEN_AT,
      policy: { [service]: policy } as NonNullable<Asked["policy"]>,
    });
  });
}

const ofArm = (): readonly Exemplar[] =>
  [
    { name: "arm-cca", token: forgeCca(), binding: { reportData: CHALLENGE } },
    { name: "arm-psa", token: forgePsa(), binding: { nonce: ARM_NONCE } },
  ].map(({ name, token, binding }) => ({
    name,
    evidence: token,
    endorsements: [],
    manifests: [],
    ask: ({ evidence, endorsements }, crypto) => judgeToken(evidence, { binding, endorsements, ...withCrypto(crypto) }),
  }));

const ofNitro = (): readonly Exemplar[] =>
  [
    { name: "nitro", document: forgeDocument() },
    { name: "nitro, tagged", document: forgeDocument({ sign1: { tagged: true }, nonce: new Uint8Array(16).fill(1) }) },
    { name: "nitro-tpm", document: forgeDocument({ kind: "nitro-tpm" }) },
  ].map(({ name, document }) => ({
    name,
    evidence: document,
    endorsements: [forgedRoot()],
    manifests: [],
    ask: ({ evidence, endorsements }, crypto) => judgeBytes(evidence, { endorsements, ...withCrypto(crypto) }),
  }));

/** Everything that the forge makes. All of it is `verified` as it is: the engine checks that first. */
export async function forgedExemplars(): Promise<readonly Exemplar[]> {
  return [
    snp("version 2", { version: 2 }),
    snp("version 3, extended", { version: 3 }, "extended"),
    snp("version 3, kernel response", { version: 3, product: "Genoa" }, "kernel response"),
    snp("version 3, VLEK", { version: 3, key: "VLEK" }),
    snp("version 5, Genoa", { version: 5, product: "Genoa" }),
    snp("version 5, Turin, PEM", { version: 5, product: "Turin" }, "PEM"),
    snp("configfs-tsm", { version: 5, product: "Genoa" }, "configfs-tsm"),
    snp("bundle", { version: 3 }, "bundle"),
    snp("with the second reader", { version: 3 }, "report", { crossCheck }),
    snp("with revocation required", { version: 3 }, "report", {
      policy: { "sev-snp": { revocation: "required" } },
    } as Partial<Options>),
    dcap("tdx version 4", "tdx", {}),
    dcap("tdx version 5", "tdx", { version: 5 }),
    dcap("sgx version 3", "sgx", {}),
    ...ofNitro(),
    ...ofAzure(),
    ofGoogle(),
    ...ofNvidia(),
    ...ofTokens(),
    ...ofArm(),
    ...(await Promise.all(kindCases.map(build))),
  ];
}
