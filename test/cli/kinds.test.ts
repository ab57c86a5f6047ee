/** Evidence and tokens of the kinds that the front door does not have: the command line loads them when it meets them. */

import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { TABLE_GUID } from "../../fixtures/amd/wrappers.js";
import {
  CHALLENGE,
  COMPONENTS,
  CONFIG,
  forgeCca,
  forgePsa,
  IMPLEMENTATION,
  INSTANCE,
  PLATFORM_KEY,
  RIM,
} from "../../fixtures/arm/token.js";
import { forgeAci } from "../../fixtures/azure/aci.js";
import { forgeCvm } from "../../fixtures/azure/cvm.js";
import * as cbor from "../../fixtures/cbor.js";
import { forgeDstack } from "../../fixtures/dstack/bundle.js";
import { forgeGce } from "../../fixtures/gce/endorsement.js";
import { forgeManifest } from "../../fixtures/manifest/manifest.js";
import { forgeDocument } from "../../fixtures/nitro/document.js";
import { forgeChain } from "../../fixtures/nvidia/chain.js";
import { forgeReport, NONCE as GPU_NONCE } from "../../fixtures/nvidia/report.js";
import { forgeToken, jwkOf, NONCE, TOKEN_AT, type TokenRequest, usualKey } from "../../fixtures/tokens/token.js";
import { pem } from "../../fixtures/x509.js";
import { toHex } from "../../src/encoding/text.js";
import { jwk } from "../support/arm.js";
import { describeShared, readSharedText } from "../support/shared.js";
import { cli } from "./support.js";

/** The attest-key triple of the platform's key, as Veraison's profile writes it. */
const forgeCorim = (): Uint8Array => {
  const map = (...pairs: readonly (readonly [number, Uint8Array])[]): Uint8Array =>
    cbor.map(...pairs.map(([key, value]) => [cbor.int(key), value] as const));
  const key = cbor.tag(554, cbor.text(pem("PUBLIC KEY", PLATFORM_KEY.spki)));
  const environment = map([1, cbor.tag(550, cbor.bytes(INSTANCE))]);
  const triples = map([3, cbor.array(cbor.array(environment, cbor.array(key)))]);
  const comid = cbor.tag(506, cbor.bytes(map([4, triples])));
  return cbor.tag(501, map([1, cbor.array(comid)]));
};

const AT = ["--at", TOKEN_AT.toISOString()];
const kindOf = (out: string): unknown => JSON.parse(out).parts[0]?.kind;

const gpuList = (): string => {
  const { leaf, brom, provisioner, identity, root } = forgeChain();
  const certificate = Buffer.from(pem("CERTIFICATE", leaf, brom, provisioner, identity, root)).toString("base64");
  return JSON.stringify([{ arch: "HOPPER", evidence: Buffer.from(forgeReport()).toString("base64"), certificate }]);
};
const EVIDENCE: readonly (readonly [kind: string, evidence: () => string | Uint8Array])[] = [
  ["nitro-tpm", () => forgeDocument({ kind: "nitro-tpm" })],
  ["azure-cvm", () => forgeCvm().json],
  ["azure-aci", () => forgeAci().json],
  ["gce-cvm", () => forgeGce().json],
  ["nvidia-evidence", gpuList],
  ["nvidia-gpu", forgeReport],
  ["nvidia-switch", () => forgeReport({ device: "switch" })],
  ["arm-cca", () => forgeCca()],
  ["arm-psa", () => forgePsa()],
  ["maa", () => forgeToken({ service: "maa" })],
  ["confidential-space", () => forgeToken({ service: "confidential-space" })],
  ["ita", () => forgeToken({ service: "ita" })],
  ["nras", () => forgeToken({ service: "nras" })],
  ["ear", () => forgeToken({ service: "ear" })],
];

describe("the other kinds at the command line", () => {
  it.each(EVIDENCE)("%s is judged as what it is, and of the test PKI's never verified", async (kind, evidence) => {
    const { code, out, err } = await cli(["evidence", "--json", ...AT], { files: { evidence: evidence() } });
    expect([kindOf(out), err]).toEqual([kind, ""]);
    expect([1, 2]).toContain(code);
  });

  it.each(EVIDENCE)("%s is shown by inspect", async (kind, evidence) => {
    const { code, out } = await cli(["inspect", "evidence", "--json"], { files: { evidence: evidence() } });
    expect([code, JSON.parse(out).kind]).toEqual([0, kind]);
  });

  const token = (request: Partial<TokenRequest> = {}): string => forgeToken({ service: "maa", ...request });
  const policy = JSON.stringify({
    maa: { issuers: "https://test.weu.attest.azure.net", keys: { keys: [jwkOf(usualKey("maa"))] } },
  });
  const asked = ["token", "--policy", "policy.json", "--nonce", toHex(NONCE), ...AT];

  it("a token under keys of the caller's is verified, and said to be somebody's word", async () => {
    const { code, out } = await cli(asked, { files: { token: token(), "policy.json": policy } });
    expect([code, out.trim().split("\n")[0]]).toEqual([
      0,
      expect.stringContaining("GENUINE TOKEN, BUILD NOT COMPARED"),
    ]);
    expect(out).toContain("It is hardware that Microsoft Azure Attestation vouches for");
    expect(out).toMatch(/Word of +Microsoft Azure Attestation/);
    expect(out).not.toContain("genuine maa hardware");
  });

  it("a token that was altered, or for another nonce, is rejected", async () => {
    const altered = token({ mutate: (text) => `${text.slice(0, -8)}AAAAAAAA` });
    expect((await cli(asked, { files: { token: altered, "policy.json": policy } })).code).toBe(1);
    const other = asked.map((word) => (word === toHex(NONCE) ? "00".repeat(32) : word));
    expect((await cli(other, { files: { token: token(), "policy.json": policy } })).code).toBe(1);
  });

  it("an Arm realm under a key of the caller's is verified", async () => {
    const hex = (bytes: Uint8Array): string => toHex(bytes);
    const components = COMPONENTS.map((item) =>
      Object.fromEntries(
        Object.entries(item).map(([name, value]) => [name, value instanceof Uint8Array ? hex(value) : value]),
      ),
    );
    const platform = { components, implementationId: hex(IMPLEMENTATION), config: hex(CONFIG) };
    const files = {
      token: forgeCca(),
      "expected.json": JSON.stringify({ "arm-cca": { rim: hex(RIM), platform } }),
      "policy.json": JSON.stringify({ "arm-cca": { keys: { key: jwk(PLATFORM_KEY), instanceId: hex(INSTANCE) } } }),
    };
    const words = ["token", "--expect", "expected.json", "--policy", "policy.json", "--report-data", hex(CHALLENGE)];
    const { code, out } = await cli(words, { files });
    expect(code, out).toBe(0);
    expect(out).toContain("genuine Arm CCA hardware");
    expect((await cli([...words.slice(0, -1), "00".repeat(64)], { files })).code).toBe(1);
  });

  it("a Google report with its endorsement in the table is judged so where it was asked for", async () => {
    const { extended } = forgeGce();
    expect(toHex(extended)).toContain(TABLE_GUID.gceFirmware);
    const files = { report: extended, "expected.json": JSON.stringify({ "gce-cvm": { minimumSvn: 3 } }) };
    expect(kindOf((await cli(["report", "--json"], { files })).out)).toBe("sev-snp");
    const words = ["report", "--json", "--expect", "expected.json", "--covers", "firmware"];
    expect(kindOf((await cli(words, { files })).out)).toBe("gce-cvm");
  });

  it("of no kind at all is rejected, and a kind that does not exist is misuse", async () => {
    const files = { evidence: JSON.stringify({ nothing: "x".repeat(64) }), "policy.json": JSON.stringify({ xyz: {} }) };
    const { code, out } = await cli(["evidence"], { files });
    expect([code, out]).toEqual([1, expect.stringContaining("evidence/recognised: unrecognised")]);
    const misuse = await cli(["evidence", "--policy", "policy.json"], { files });
    expect([misuse.code, misuse.err]).toEqual([64, expect.stringContaining("xyz")]);
    expect((await cli(["inspect", "evidence"], { files })).code).toBe(1);
  });
});

describe("options of single kinds", () => {
  const machine = (nonce = GPU_NONCE): Readonly<Record<string, Uint8Array | string>> => {
    const { report } = forgeSnp({ report: { reportData: Uint8Array.from([...new Uint8Array(32).fill(9), ...nonce]) } });
    const cpu = Buffer.from(report).toString("base64");
    return { both: JSON.stringify({ cpu, gpu: JSON.parse(gpuList()) }), cpu: JSON.stringify({ cpu }), report };
  };
  const kinds = (out: string): unknown => JSON.parse(out).parts.map(({ kind }: { kind: string }) => kind);
  const nonceOf = (out: string): string | undefined =>
    JSON.parse(out).checks.find(({ id }: { id: string }) => id === "nvidia-evidence/nonce")?.status;

  it("--gpu-nonce judges a machine with its GPUs as one, by the place that it names", async () => {
    const files = machine();
    const { out } = await cli(["both", "--json", "--gpu-nonce", "second-half"], { files });
    expect([kinds(out), nonceOf(out)]).toEqual([["sev-snp", "nvidia-evidence", "nvidia-gpu"], "passed"]);
    const first = await cli(["both", "--json", "--gpu-nonce", "first-half"], { files });
    expect([first.code, nonceOf(first.out)]).toEqual([1, "failed"]);
    const alone = await cli(["report", "--json", "--gpu-nonce", "second-half"], { files });
    expect(JSON.parse(alone.out).checks.find(({ id }: { id: string }) => id === "sev-snp/gpus").code).toBe(
      "gpus-missing",
    );
  });

  it("--gpu-nonce of no place, and for an address, is misuse", async () => {
    expect((await cli(["both", "--gpu-nonce", "nowhere"], { files: machine() })).code).toBe(64);
    expect((await cli(["https://agent.example", "--gpu-nonce", "caller"])).code).toBe(64);
  });

  it("--corim takes an Arm device's key, within its validity and beside no other", async () => {
    const files = {
      token: forgeCca(),
      corim: forgeCorim(),
      "policy.json": JSON.stringify({ "arm-cca": { keys: [] } }),
    };
    const words = ["token", "--json", "--at", "2026-06-01", "--corim", "corim"];
    const { out } = await cli(words, { files });
    const status = (id: string): unknown =>
      JSON.parse(out).checks.find((check: { id: string }) => check.id === id)?.status;
    expect([status("arm-cca/platform-key"), status("arm-cca/platform-signature")]).toEqual(["passed", "passed"]);
    expect((await cli([...words, "--policy", "policy.json"], { files })).code).toBe(64);
    expect((await cli(["token", "--corim", "token"], { files })).code).toBe(64);
  });

  it("--accept decides between a SEV-SNP report and a Google VM's where both fit", async () => {
    const files = { report: forgeGce().extended };
    expect(kindOf((await cli(["report", "--json", "--accept", "gce-cvm"], { files })).out)).toBe("gce-cvm");
    expect(kindOf((await cli(["report", "--json", "--accept", "sev-snp"], { files })).out)).toBe("sev-snp");
  });
});

describeShared("the other kinds at the command line: real evidence", () => {
  it("a Confidential Space token is verified under Google's pinned root", async () => {
    const files = {
      "token.jwt": readSharedText("evidence/tokens/gcp-confidential-space/oak_sample_pki.jwt"),
      "policy.json": JSON.stringify({ "confidential-space": { audience: "z08381475938604996746" } }),
      "expected.json": JSON.stringify({
        "confidential-space": {
          imageDigest: "sha256:e2e5e3672f416ac9ca71aa639abf86db0b713729a48c125a925af6c808b20b5d",
        },
      }),
    };
    const nonce = "75a91c8dbe289f190d5e70ab1cb70c93cc14d7243f0ef3ff5326a622ead220a6";
    const words = ["token.jwt", "-e", "expected.json", "--policy", "policy.json", "-n", nonce];
    const { code, out } = await cli([...words, "--at", "2025-09-05T08:20:00Z"], { files });
    expect([code, out.trim().split("\n")[0]]).toEqual([0, "✔ VERIFIED"]);
    expect(out.replace(/\s+/g, " ")).toContain("hardware that Google Confidential Space vouches for");
    expect((await cli(words, { files })).code).toBe(1);
  });

  it("an Azure VM's evidence opens to the wrapper and AMD's report", async () => {
    const files = { "azure.json": readSharedText("evidence/sev-snp/arrs-az-v1/source-evidence-v1.json") };
    const { out } = await cli(["azure.json", "--json", "--at", "2026-01-01"], { files });
    expect(JSON.parse(out).parts.map(({ kind }: { kind: string }) => kind)).toEqual(["azure-cvm", "sev-snp"]);
  });

  it("a GPU list opens to its devices", async () => {
    const files = { "gpus.json": readSharedText("evidence/nvidia/nvidia-attestation-sdk/hopper_evidence.json") };
    const { out } = await cli(["gpus.json", "--json"], { files });
    expect(JSON.parse(out).parts.map(({ kind }: { kind: string }) => kind)).toEqual(["nvidia-evidence", "nvidia-gpu"]);
  });
});

describe("a dstack answer, which is a TDX quote too", () => {
  const { answer, composeHash, system } = forgeDstack();
  const of = (kind: string, values: object, within?: string) => ({
    kind,
    label: "any",
    values: values as never,
    ...(within === undefined ? {} : { more: { within } }),
  });
  const judged = async (platforms: Parameters<typeof forgeManifest>[0]["platforms"]) => {
    const { text, hash } = forgeManifest({ platforms });
    const argv = ["answer.json", "--expect", hash, "--manifest", "manifest.json", "--json"];
    const { out } = await cli(argv, { files: { "answer.json": JSON.stringify(answer), "manifest.json": text } });
    const { checks } = JSON.parse(out) as { checks: { id: string; status: string }[] };
    return [kindOf(out), checks.find(({ id }) => id === "evidence/manifest")?.status];
  };

  it("is judged as what the manifest names", async () => {
    const dstack = [of("dstack", { composeHash: toHex(composeHash) }), of("tdx", system, "dstack")];
    expect(await judged(dstack)).toEqual(["dstack", "passed"]);
    expect(await judged([of("tdx", system)])).toEqual(["tdx", "passed"]);
    expect(await judged([of("nitro", { pcrs: { 0: "ab".repeat(48) } })])).toEqual(["dstack", "failed"]);
  });
});
