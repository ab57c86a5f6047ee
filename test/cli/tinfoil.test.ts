/** Tinfoil's documents are opened by the command line, and judged as what is in them. */
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { forgeQuote } from "../../fixtures/intel/quote.js";
import { verify } from "../../src/index.js";
import { cli } from "./support.js";

const { report, ek, at } = forgeSnp({ version: 5, product: "Genoa" });
const quote = forgeQuote();

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const document = (kind: string, evidence: Uint8Array) => ({
  format: `https://tinfoil.sh/predicate/${kind}/v2`,
  body: base64(gzipSync(evidence)),
});
/** Version 1 is without compression. */
const plainDocument = (kind: string, evidence: Uint8Array) => ({
  format: `https://tinfoil.sh/predicate/${kind}/v1`,
  body: base64(evidence),
});
const snp = document("sev-snp-guest", report);

/** What was found of the file, without the digest that names it. */
async function found(file: Uint8Array | string): Promise<readonly unknown[]> {
  const { out } = await cli(["evidence", "--at", at.toISOString(), "--json"], { files: { evidence: file } });
  const { checks } = JSON.parse(out) as { readonly checks: readonly Record<string, unknown>[] };
  return checks.map(({ id, status, code }) => [id, status, code]);
}

describe("a document of Tinfoil", () => {
  it.each([
    ["SEV-SNP", report, snp],
    ["TDX", quote, document("tdx-guest", quote)],
    ["SEV-SNP of version 1", report, plainDocument("sev-snp-guest", report)],
    ["TDX of version 1", quote, plainDocument("tdx-guest", quote)],
  ])("of %s is judged as what is in it", async (_name, evidence, tinfoil) => {
    expect(await found(JSON.stringify(tinfoil))).toEqual(await found(evidence));
  });

  it("in a bundle brings its VCEK along", async () => {
    const bundle = { domain: "agent.example", enclaveAttestationReport: snp, digest: "00", vcek: base64(ek) };
    const own = { "tee-verify": 1, evidence: base64(report), endorsements: [base64(ek)] };
    expect(await found(JSON.stringify(bundle))).toEqual(await found(JSON.stringify(own)));
    expect(await found(JSON.stringify(bundle))).toContainEqual(["sev-snp/endorsement-key", "passed", undefined]);
  });

  it("is inspected as what is in it", async () => {
    const inspected = (evidence: Uint8Array | string) => cli(["inspect", "evidence"], { files: { evidence } });
    expect((await inspected(JSON.stringify(snp))).out).toBe((await inspected(report)).out);
  });

  it.each([
    ["of another guest", { ...snp, format: "https://tinfoil.sh/predicate/sgx-guest/v2" }],
    ["of another version", { ...snp, format: "https://tinfoil.sh/predicate/sev-snp-guest/v9" }],
    ["without a body", { format: snp.format, body: null, domain: "agent.example" }],
    ["that is cut short", { ...snp, body: base64(gzipSync(report).subarray(0, 100)) }],
    ["with bytes behind it", { ...snp, body: base64(Buffer.concat([gzipSync(report), Buffer.from([1])])) }],
    ["that is no base64", { ...snp, body: "*" }],
    ["that grows without end", document("sev-snp-guest", new Uint8Array(1_048_577))],
  ])("%s is of no known kind, by its name", async (_name, tinfoil) => {
    const { code, out } = await cli(["evidence"], { files: { evidence: JSON.stringify(tinfoil) } });
    expect(code).toBe(1);
    expect(out).toContain("a document of Tinfoil");
  });

  it("of version 1 that is compressed all the same is named", async () => {
    const compressed = { ...snp, format: snp.format.replace("v2", "v1") };
    const { code, out } = await cli(["evidence"], { files: { evidence: JSON.stringify(compressed) } });
    expect(code).toBe(1);
    expect(out).toContain("gzip-compressed data");
  });

  it("that is no JSON is malformed", async () => {
    const { code, out } = await cli(["evidence"], { files: { evidence: `${JSON.stringify(snp)}}` } });
    expect(code).toBe(1);
    expect(out).toContain("text is not JSON");
  });

  it("is named to those who call the library", async () => {
    const verdict = await verify(JSON.stringify(snp), { expected: "any-build", binding: "unbound" });
    expect(verdict.checks[0]?.params).toMatchObject({ looksLike: expect.stringContaining("Tinfoil") });
  });
});
