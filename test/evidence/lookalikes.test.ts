/** What cannot be verified here is named by its structure, and the verdict says what would be needed. */
import { describe, expect, it } from "vitest";
import { forgeCca, forgePsa } from "../../fixtures/arm/token.js";
import { forgeCvm } from "../../fixtures/azure/cvm.js";
import { forgeQuote } from "../../fixtures/intel/quote.js";
import {
  appAttest,
  dcapHeader,
  epidQuote,
  eventLog,
  field,
  image4,
  keyAttestation,
  laidOut,
  latin1,
  pccBundle,
  sevReport,
  sgxReport,
  snpReport,
  tdReport,
  token,
} from "../../fixtures/lookalikes.js";
import { forgeDocument } from "../../fixtures/nitro/document.js";
import { forgeReport } from "../../fixtures/nvidia/report.js";
import { extension, forgeCertificate, leafExtensions, name, pem, testKey } from "../../fixtures/x509.js";
import { verify as verifyArm } from "../../src/arm.js";
import type { EvidenceSource } from "../../src/evidence/envelope.js";
import { MAX_EVIDENCE_BYTES } from "../../src/evidence/envelope.js";
import { certainLookalike, lookalike } from "../../src/evidence/lookalikes.js";
import { sevSnp, verify } from "../../src/index.js";
import { verify as verifyNitro } from "../../src/nitro.js";
import type { Verdict } from "../../src/verdict.js";
import { createVerifier } from "../../src/verifier.js";

const nameOf = (bytes: Uint8Array): string => lookalike([{ bytes }]) ?? "nothing";
const nameOfJson = (json: unknown): string =>
  lookalike([{ json: json as null, text: JSON.stringify(json) }]) ?? "nothing";

/** The same bytes with one of them changed. */
function poked(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = value;
  return changed;
}

const android = "1.3.6.1.4.1.11129.2.1.17";
const knox = "1.3.6.1.4.1.236.11.3.23.7";
const plainCertificate = forgeCertificate({
  subject: name([["CN", "Plain"]]),
  key: testKey("p256-1"),
  extensions: [
    ...leafExtensions(testKey("p256-1"), testKey("p256-1")),
    extension.raw("1.3.6.1.4.1.11129.2.1.18", Uint8Array.of(5, 0)),
  ],
});

/** A sample, what it is called, and neighbours that must not be called so. */
const ROWS: readonly (readonly [sample: Uint8Array, called: string, neighbours: readonly Uint8Array[]])[] = [
  [laidOut(200, { 0: [0x1f, 0x8b, 8] }), "gzip", [laidOut(200, { 0: [0x1f, 0x8c, 8] })]],
  [laidOut(200, { 0: "\x7fELF" }), "executable", [laidOut(200, { 0: "\x7fELE" })]],
  [laidOut(200, { 0: ".eif" }), "enclave image", [laidOut(200, { 0: ".eit" })]],
  [latin1(`<!DOCTYPE html><html>${" ".repeat(100)}</html>`), "HTML", [latin1(`-!DOCTYPE html>${" ".repeat(100)}`)]],
  [
    latin1(token()),
    "a token",
    [latin1(token().replace(".", "")), latin1(`x${token()}`), latin1(`${token()}{}`), latin1(`${token()}.a`)],
  ],
  [latin1(token(5)), "a token", [latin1(token(4)), latin1(token(6))]],
  [eventLog(), "event log", [poked(eventLog(), 4, 4), poked(eventLog(), 32, 0x73)]],
  [tdReport(), "TDREPORT", [poked(tdReport(), 0, 0x80), tdReport().subarray(1)]],
  [
    sgxReport(),
    "SGX REPORT",
    [poked(sgxReport(), 48, 4), poked(sgxReport(), 100, 1), poked(sgxReport(), 200, 1), sgxReport().subarray(0, 431)],
  ],
  [snpReport(4), "version 4", [snpReport(3), snpReport(5), snpReport(4).subarray(0, 1183)]],
  [snpReport(3), "tee-verify/sev-snp", [snpReport(16), poked(snpReport(3), 1, 1)]],
  [sevReport(), "SEV-ES", [poked(sevReport(), 52, 3), poked(sevReport(), 56, 3), sevReport().subarray(1)]],
  [dcapHeader(3, 0), "DCAP", [dcapHeader(6, 0), dcapHeader(3, 0x80), poked(dcapHeader(3, 0), 2, 1)]],
  [dcapHeader(4, 0x81), "DCAP", [dcapHeader(2, 0x81)]],
  [forgeQuote(), "DCAP", [poked(forgeQuote(), 0, 9)]],
  [epidQuote(2), "EPID", [epidQuote(2).subarray(0, 435), poked(epidQuote(2), 0, 3), poked(epidQuote(2), 2, 2)]],
  [epidQuote(1, true), "EPID", [poked(epidQuote(1, true), 3, 1)]],
  [forgeReport(), "tee-verify/nvidia", [poked(forgeReport(), 1, 0xe1)]],
  [forgeCca(), "tee-verify/arm", [poked(forgeCca(), 2, 0x8e)]],
  [forgePsa(), "tee-verify/arm", [poked(forgePsa(), 0, 0xd3)]],
  [forgeDocument(), "tee-verify/nitro", [poked(forgeDocument(), 0, 0x85), poked(forgeDocument(), 1, 0x60)]],
  [forgeCvm().hcl, "tee-verify/azure", [laidOut(200, { 0: "HCLB" })]],
  [laidOut(120, { 0: [0xff], 1: "TCG\x80\x18" }), "TPM quote", [laidOut(120, { 0: [0xff], 1: "TCG\x80\x17" })]],
  [
    laidOut(120, { 2: [0x39, 0x4e], 4: "\x04\0\x02\0\x81" }),
    "dstack's own encoding",
    [
      laidOut(120, { 0: [1], 2: [0x39, 0x4e], 4: "\x04\0\x02\0\x81" }),
      laidOut(120, { 2: [0x38, 0x4e], 4: "\x04\0\x02\0\x81" }),
      laidOut(120, { 2: [0x39, 0x4e], 4: "\x04\0\x02\0\x82" }),
    ],
  ],
  [laidOut(120, { 0: "\x83\xa7version" }), "dstack's own encoding", [laidOut(120, { 0: "\x83\xa7versiom" })]],
  [appAttest(), "App Attest", [poked(appAttest(), 3, 0x75)]],
  [image4(), "Private Cloud Compute", [image4("IM4P")]],
  [
    pccBundle(),
    "Private Cloud Compute",
    [
      pccBundle(image4("IM4P")),
      pccBundle().subarray(1),
      pccBundle().subarray(0, pccBundle().length - 1),
      Uint8Array.of(...pccBundle(), 0x08, 0x01),
      Uint8Array.of(...pccBundle(), 0x0a),
      Uint8Array.of(...pccBundle(), 0x0a, 0x80),
      Uint8Array.of(...pccBundle(), 0x0a, 0x80, 0x80, 0x80, 0x80, 0x00),
    ],
  ],
  [field(15, image4()), "Private Cloud Compute", [field(16, image4()), field(0, image4())]],
  [keyAttestation(android), "TrustZone", [plainCertificate]],
  [keyAttestation(knox), "TrustZone", [plainCertificate]],
  [plainCertificate, "endorsement", [poked(plainCertificate, 0, 0x31)]],
  [laidOut(120, { 0: "IBMsecEx" }), "IBM Secure Execution", [laidOut(120, { 0: "IBMsecEy" })]],
  [laidOut(120, { 0: "pvattest" }), "IBM Secure Execution", [laidOut(120, { 0: "pvattess" })]],
];

describe("bytes", () => {
  it.each(ROWS.map(([sample, called, neighbours]) => ({ sample, called, neighbours })))(
    "$called",
    ({ sample, called, neighbours }) => {
      expect(nameOf(sample)).toContain(called);
      for (const neighbour of neighbours) expect(nameOf(neighbour)).not.toContain(called);
    },
  );

  it("nothing in bytes without form, and in the empty", () => {
    for (const length of [0, 1, 3, 64, 431, 4096]) expect(nameOf(new Uint8Array(length).fill(0xee))).toBe("nothing");
  });

  it("reads no further than there is: every prefix of every sample, and of noise", () => {
    for (const [sample] of ROWS)
      for (let length = 0; length < sample.length; length += length < 70 ? 1 : 97) nameOf(sample.subarray(0, length));
    for (let seed = 0; seed < 256; seed++)
      nameOf(Uint8Array.from({ length: 500 }, (_, i) => (seed * (i + 7) * 31) & 0xff));
  });

  it("takes no long time over the longest evidence", () => {
    const long = new Uint8Array(MAX_EVIDENCE_BYTES).fill(0x2e);
    long.set(latin1("eyJ"));
    const certificate = new Uint8Array(MAX_EVIDENCE_BYTES).fill(6);
    certificate.set([0x30, 0x82]);
    const started = performance.now();
    expect(nameOf(long)).toBe("nothing");
    expect(nameOf(certificate)).toContain("endorsement");
    expect(nameOf(new Uint8Array(MAX_EVIDENCE_BYTES).fill(0x0a))).toBe("nothing");
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe("JSON", () => {
  const OTHER = "no kind here knows";
  it.each([
    [{ svn: "1", report_data: "AAAA" }, "sample attester"],
    [{ svn: "1", report_data: "AAAA", init_data: "BBBB" }, "sample attester"],
    [{ svn: "1", report_data: "AAAA", quote: "", cc: "" }, OTHER],
    [{ svn: "1" }, OTHER],
    [{ isvEnclaveQuoteStatus: "OK", isvEnclaveQuoteBody: "AgAA", id: "1" }, "EPID"],
    [{ isvEnclaveQuoteStatus: "OK" }, OTHER],
    [{ tcbInfo: {}, signature: "00" }, "Intel collateral"],
    [{ enclaveIdentity: {}, signature: "00" }, "Intel collateral"],
    [{ tcbInfo: {} }, OTHER],
    [{ mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json", verificationMaterial: {} }, "Sigstore"],
    [{ mediaType: "application/json" }, OTHER],
    [{ attestation: `0000394e040002008100000000${"00".repeat(60)}` }, "dstack's own encoding"],
    [{ attestation: `83a776657273696f6e01${"00".repeat(60)}` }, "dstack's own encoding"],
    [{ attestation: `0000394e040002008200000000${"00".repeat(60)}` }, OTHER],
    [{ attestation: 7 }, OTHER],
    [{ keys: [] }, "set of keys"],
    [{ error: "not found" }, "error"],
    [{ gateway_attestation: {}, model_attestations: [{}] }, "several attestations"],
    [{ gateway_attestation: {}, model_attestation: {} }, OTHER],
    [{ format: "https://tinfoil.sh/predicate/tdx-guest/v2", body: "H4sI" }, "Tinfoil"],
    [{ format: "https://tinfoil.sh.example/predicate/tdx-guest/v2", body: "H4sI" }, OTHER],
    [{ format: 5, body: "H4sI" }, OTHER],
    [{}, OTHER],
    [[{ error: "not found" }], OTHER],
    [null, OTHER],
    ["eyJ", OTHER],
  ])("%j", (json, called) => {
    expect(nameOfJson(json)).toContain(called);
  });
});

describe("the verdict", () => {
  const first = ({ outcome, checks }: Verdict): string => `${outcome} ${checks[0]?.code}: ${checks[0]?.detail}`;
  const say = async (evidence: EvidenceSource): Promise<string> =>
    first(await verify(evidence, { expected: "any-build", binding: "unbound" }));

  it("says why, and what is needed, for bytes, hex, base64 and PEM", async () => {
    const bytes = pccBundle();
    const expected = /^rejected unrecognised: Nothing here can verify it\. It is of Apple's Private Cloud Compute/;
    for (const form of [
      bytes,
      Buffer.from(bytes).toString("hex"),
      `0x${Buffer.from(bytes).toString("hex")}`,
      Buffer.from(bytes).toString("base64"),
    ])
      expect(await say(form)).toMatch(expected);
    expect(await say(pem("CERTIFICATE", keyAttestation(android)))).toContain("TrustZone");
    expect(await say(token())).toContain("tee-verify/tokens");
    expect(await say(JSON.stringify({ svn: "1", report_data: Buffer.alloc(64).toString("base64") }))).toContain(
      "sample attester",
    );
  });

  it("an EPID quote of either version, linkable or not, is none of SEV-SNP", async () => {
    for (const quote of [epidQuote(1), epidQuote(2), epidQuote(1, true), epidQuote(2, true)]) {
      expect(await say(quote)).toContain("unrecognised: Nothing here can verify it. It is an EPID quote");
      expect(await say(Buffer.from(quote).toString("base64"))).toContain("EPID");
    }
  });

  it("what only begins like an EPID quote stays with the kind it begins like", async () => {
    expect(certainLookalike([{ bytes: epidQuote(2) }])).toBeDefined();
    for (const bytes of [
      epidQuote(2, false, 748),
      epidQuote(2).subarray(1),
      poked(epidQuote(2), 432, 1),
      snpReport(2),
    ]) {
      expect(certainLookalike([{ bytes }])).toBeUndefined();
      expect(certainLookalike([{ json: null, text: "null" }, { bytes }])).toBeUndefined();
    }
    expect(
      first(
        await createVerifier([sevSnp]).verify(epidQuote(2).subarray(0, 1115), {
          expected: "any-build",
          binding: "unbound",
        }),
      ),
    ).not.toContain("EPID");
  });

  it("a SEV-SNP report of version 4: its kind reads versions 2, 3 and 5, and other kinds name it", async () => {
    const verdict = await verify(snpReport(4), { expected: "any-build", binding: "unbound" });
    expect(verdict.outcome).toBe("rejected");
    expect(verdict.checks.find(({ status }) => status === "failed")?.detail).toContain("version 4 is not supported");
    expect(first(await verifyNitro(snpReport(4), { expected: "any-build", binding: "unbound" }))).toContain(
      "specification is not public",
    );
  });

  it("evidence of another subpath is sent there", async () => {
    const at = async (door: typeof verifyArm | typeof verifyNitro, bytes: Uint8Array): Promise<string> =>
      first(await door(bytes, { expected: "any-build", binding: "unbound" }));
    expect(await at(verifyArm, forgeReport())).toContain("tee-verify/nvidia");
    expect(await at(verifyArm, forgeQuote())).toContain("tee-verify/tdx");
    expect(await at(verifyNitro, forgeQuote())).toContain("tee-verify/tdx");
    expect(await say(forgeCca())).toContain("tee-verify/arm");
    expect(await say(forgeReport())).toContain("tee-verify/nvidia");
  });

  it("bytes of no form are malformed", async () => {
    expect(await say(new Uint8Array(500).fill(0xee))).toContain("rejected malformed");
  });
});
