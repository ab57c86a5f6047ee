/** What may be one of several: values of a register, builds of a manifest; and a TD, whose quote lies beside the report. */
import { describe, expect, it } from "vitest";
import { type CvmRequest, forgeCvm, NONCE } from "../../../fixtures/azure/cvm.js";
import { AT } from "../../../fixtures/intel/collateral.js";
import { forgeRoot } from "../../../fixtures/intel/pki.js";
import { forgeQuote, TD } from "../../../fixtures/intel/quote.js";
import { digest } from "../../../fixtures/keys.js";
import { forgeManifest } from "../../../fixtures/manifest/manifest.js";
import { verify } from "../../../src/azure.js";
import { toHex } from "../../../src/encoding/text.js";
import type { Check, Verdict } from "../../../src/verdict.js";
import { rightScene } from "../../support/dcap.js";

type Options = Parameters<typeof verify>[1];

const filled = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);
/** Without the question of what the whole covers, of which a build that differs leaves too little. */
const failed = ({ checks }: Verdict): readonly string[] =>
  checks
    .filter(({ status, id }) => status === "failed" && id !== "evidence/covers")
    .map(({ id, code }) => `${id}: ${code}`);
const build = ({ checks }: Verdict): Check | undefined => checks.find(({ id }) => id === "azure-cvm/build");
const MISMATCH = ["azure-cvm/build: build-mismatch"];
const forgery = forgeCvm();
const [right4, right11, right12] = [4, 11, 12].map((index) => forgery.pcrs[index] as Uint8Array) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

function judge(evidence: string, changes: Partial<Options>): Promise<Verdict> {
  const { endorsements, trustAnchors, at } = forgery.snp;
  return verify(evidence, {
    accept: ["azure-cvm"],
    expected: { "azure-cvm": {} },
    binding: { reportData: NONCE },
    endorsements,
    trustAnchors,
    at,
    ...changes,
  });
}
const expecting = (reference: object): Promise<Verdict> =>
  judge(forgery.json, { expected: { "azure-cvm": reference }, covers: "firmware" });

describe("values of which one is enough", () => {
  const { measurement } = forgery.snp.fields;
  it.each([
    ["register", { pcrs: { 4: [filled(32, 0), right4] } }, { pcrs: { 4: [filled(32, 0), filled(32, 1)] } }],
    ["register, first", { pcrs: { 4: [right4, filled(32, 0)] } }, { pcrs: { 4: right4, 11: [filled(32, 0)] } }],
    ["paravisor", { measurement: [filled(48, 0), measurement] }, { measurement: [filled(48, 0), filled(48, 1)] }],
  ])("a %s is one of them, or none", async (_, good, bad) => {
    const verdict = await expecting(good);
    expect([verdict.outcome, failed(verdict)]).toEqual(["verified", []]);
    expect(failed(await expecting(bad))).toEqual(MISMATCH);
  });

  it("a paravisor's value that the hardware's report does not have is none of them", async () => {
    for (const reference of [{ mrtd: filled(48, 0) }, { mrtd: measurement, pcrs: { 4: right4 } }]) {
      const verdict = await expecting(reference);
      expect([failed(verdict), build(verdict)?.params.differing]).toEqual([MISMATCH, ["mrtd"]]);
    }
  });

  it("a register that the quote does not hold is none of them", async () => {
    const pcrs = Array.from({ length: 8 }, () => right4);
    const { json } = forgeCvm({ pcrs, selection: Uint8Array.of(255, 0, 0) });
    const verdict = await judge(json, { expected: { "azure-cvm": { pcrs: { 4: right4, 11: right11 } } } });
    expect([failed(verdict), build(verdict)?.params.differing]).toEqual([MISMATCH, ["PCR11"]]);
  });
});

describe("several builds of one manifest", () => {
  type Pcrs = Readonly<Record<number, string>>;
  const right: Pcrs = { 4: toHex(right4), 11: toHex(right11), 12: toHex(right12) };
  const wrong = "ee".repeat(32);
  const near: Pcrs = { ...right, 12: wrong };
  const far: Pcrs = { 4: wrong, 11: wrong, 12: toHex(right12) };
  const judged = (...builds: readonly (readonly [label: string, pcrs: Pcrs])[]): Promise<Verdict> => {
    const platforms = builds.map(([label, pcrs]) => ({ kind: "azure-cvm", label, values: { pcrs } }));
    const { text, hash } = forgeManifest({ platforms });
    const bundle = JSON.stringify({ "tee-verify": 1, evidence: forgery.json, manifest: text });
    return judge(bundle, { expected: hash });
  };

  it("one that matches as a whole is enough, wherever it stands", async () => {
    for (const builds of [[right], [right, near], [near, right], [far, right, near], [near, far, right]]) {
      const verdict = await judged(...builds.map((pcrs, index) => [`build ${index}`, pcrs] as const));
      expect([verdict.outcome, failed(verdict), verdict.covers]).toEqual(["verified", [], "workload"]);
      expect(build(verdict)?.params.source).toContain(`build ${builds.indexOf(right)}`);
    }
  });

  it("the closest is named where none does, and of two that are equally far the first", async () => {
    const other: Pcrs = { ...right, 11: wrong };
    const said = async (...builds: readonly (readonly [string, Pcrs])[]) => {
      const verdict = await judged(...builds);
      expect(failed(verdict)).toContain(MISMATCH[0]);
      return [String(build(verdict)?.params.source).slice(-4), build(verdict)?.params.differing];
    };
    expect(await said(["near", near], ["away", far])).toEqual(["near", ["PCR12"]]);
    expect(await said(["away", far], ["near", near])).toEqual(["near", ["PCR12"]]);
    expect(await said(["near", near], ["also", other])).toEqual(["near", ["PCR12"]]);
    expect(await said(["also", other], ["near", near])).toEqual(["also", ["PCR11"]]);
  });
});

describe("a TD with its quote", () => {
  /** The TDREPORT of the slot has the report data alone, which is all that is read of it. */
  const forgeTd = (request: CvmRequest = {}): { readonly json: string; readonly reportData: Uint8Array } => {
    const claimsText = JSON.stringify({ keys: [], "vm-configuration": { "secure-boot": true } });
    const reportData = Uint8Array.of(...digest("SHA-256", new TextEncoder().encode(claimsText)), ...filled(32, 0));
    const { json } = forgeCvm({
      claimsText,
      reportType: 4,
      mutateHcl: (hcl) => {
        hcl.fill(0, 0x20, 0x20 + 1184);
        hcl.set(reportData, 0x20 + 0x80);
        return hcl;
      },
      ...request,
    });
    return { json, reportData };
  };
  const judgeTd = (quoted: (reportData: Uint8Array) => Uint8Array): Promise<Verdict> => {
    const { json, reportData } = forgeTd();
    const quote = forgeQuote({ report: { reportData: quoted(reportData) } });
    const evidence = JSON.stringify({
      ...JSON.parse(json),
      vcek: undefined,
      td_quote: Buffer.from(quote).toString("base64url"),
    });
    return judge(evidence, {
      expected: { "azure-cvm": { mrtd: TD.mrtd as Uint8Array, pcrs: { 4: right4 } } },
      covers: "firmware",
      endorsements: Object.values(rightScene("tdx")),
      trustAnchors: { intel: [forgeRoot()] },
      at: AT,
    });
  };
  const keyless = "azure-cvm/attestation-key: attestation-key-missing";

  it("is a part of its own that must hold the digest of the runtime claims", async () => {
    const verdict = await judgeTd((reportData) => reportData);
    expect(verdict.parts.map(({ path, kind }) => [path, kind])).toEqual([
      ["evidence", "azure-cvm"],
      ["evidence.tdx", "tdx"],
    ]);
    expect(failed(verdict)).toEqual([keyless]);
    expect(verdict.checks.find(({ id }) => id === "azure-cvm/paravisor")?.params).toEqual({
      idKeyDigest: "none",
      measurement: toHex(TD.mrtd as Uint8Array),
      by: "your reference values",
    });
  });
  it("over other report data is none of this machine", async () =>
    expect(failed(await judgeTd((reportData) => reportData.map((byte, index) => (index === 63 ? 1 : byte))))).toEqual([
      keyless,
      "tdx/report-data: report-data-mismatch",
    ]));
});
