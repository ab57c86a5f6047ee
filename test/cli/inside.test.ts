/** JSON that no kind knows is searched by the command line for the one evidence in it, which is judged as if it came alone. */
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { forgeQuote } from "../../fixtures/intel/quote.js";
import { forgeDocument } from "../../fixtures/nitro/document.js";
import { findInside } from "../../src/cli/inside.js";
import { toUtf8 } from "../../src/encoding/text.js";
import { cli } from "./support.js";

const { report, at } = forgeSnp({ version: 5, product: "Genoa" });
const quote = forgeQuote();
const document = forgeDocument();
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const run = (file: Uint8Array | string, ...more: readonly string[]) =>
  cli(["evidence", "--at", at.toISOString(), ...more], { files: { evidence: file } });
const found = async (file: Uint8Array | string): Promise<readonly unknown[]> => {
  const { out } = await run(file, "--json");
  const { checks } = JSON.parse(out) as { readonly checks: readonly Record<string, unknown>[] };
  return checks.map(({ id, status, code }) => [id, status, code]);
};

const FORMS: readonly (readonly [name: string, path: string, evidence: Uint8Array, json: unknown])[] = [
  [
    "a boot proof",
    "bootProof.awsAttestationDocB64",
    document,
    { bootProof: { awsAttestationDocB64: base64(document), qosManifestB64: "AA==", createdAt: { seconds: "1" } } },
  ],
  ["a quote under another name", "QuoteHex", quote, { QuoteHex: hex(quote), EventLog: "" }],
  [
    "a request to a key broker",
    "tee-evidence.primary_evidence",
    quote,
    { "tee-evidence": { primary_evidence: { quote: base64(quote) }, additional_evidence: "{}" }, "runtime-data": {} },
  ],
  [
    "what SVSM asks of its proxy",
    "evidence.Snp.report",
    report,
    { tee: "snp", evidence: { Snp: { report: base64(report), certs_buf: null } }, challenge: "AA==" },
  ],
  ["a list of nodes", "quotes.0.raw", report, { quotes: [{ format: "AMD_SEV_SNP_v1", raw: base64(report) }] }],
  ["the same evidence twice", "b", quote, { a: hex(quote), b: hex(quote) }],
];

/** Azure's evidence without its registers, around a quote that is whole. */
const broken = { hcl_report: base64(report), tpm_quote: { pcrs: [] }, td_quote: base64(quote) };

describe("evidence inside JSON that no kind knows", () => {
  it.each(FORMS)("in %s, at %s", async (_name, path, evidence, json) => {
    expect(await found(JSON.stringify(json))).toEqual(await found(evidence));
    expect((await run(JSON.stringify(json))).err).toBe(
      `tee-verify: read is ${path} of this JSON, and nothing else in it\n`,
    );
    expect(await run(JSON.stringify(json), "--quiet")).toMatchObject({ out: "", err: "" });
    const inspected = await cli(["inspect", "evidence"], { files: { evidence: JSON.stringify(json) } });
    expect([inspected.code, inspected.err]).toEqual([
      0,
      `tee-verify: read is ${path} of this JSON, and nothing else in it\n`,
    ]);
  });

  it.each([
    ["two of one kind", { a: base64(report), b: base64(forgeSnp({ version: 5, product: "Turin" }).report) }],
    ["two of different kinds", { cpu: { value: hex(quote) }, other: [base64(document)] }],
    ["one in two encodings", { a: hex(quote), b: base64(quote) }],
    ["none", { a: "x".repeat(2000), b: [1, null, { c: "AA==" }] }],
    ["one and a broken one", { raw: base64(report.subarray(0, 1000)), quote: [hex(quote)] }],
  ])("is not guessed where there are %s", async (_name, json) => {
    const { code, out, err } = await run(JSON.stringify(json));
    expect([code, err]).toEqual([1, ""]);
    expect(out).toContain("JSON of a form that no kind here knows");
  });

  it.each([
    ["an object that is of a known form and broken", { platform: "az-tdx", evidence: broken }, /PCR/],
    ["such an object inside another", { answer: { status: 1, body: broken } }, /PCR/],
    ["a report that is cut short", { raw: base64(report.subarray(0, 1000)) }, /needs|cut short|bytes/],
  ])("is not taken out of %s", async (_name, json, reason) => {
    const { code, out } = await run(JSON.stringify(json));
    expect(code).toBe(1);
    expect(out).toMatch(reason);
    expect(out).not.toContain("no kind here knows");
  });

  it("is not looked for in what is known, broken or long", async () => {
    const spied: string[] = [];
    const find = (text: string) =>
      findInside(toUtf8(text), (part) => {
        spied.push(new TextDecoder().decode(part));
        return true;
      });
    expect(find(`{"a": "${"x".repeat(255)}"`)).toBeUndefined();
    expect(find(base64(quote))).toBeUndefined();
    expect(find(JSON.stringify({ a: "x".repeat(1_048_576) }))).toBeUndefined();
    expect(spied).toEqual([]);
    expect(find(JSON.stringify({ a: "x".repeat(255) }))).toBeUndefined();
    expect(find(JSON.stringify({ a: "x".repeat(256) }))?.path).toBe("a");
  });

  it("is not looked for where there is too much to ask about", () => {
    const texts = (count: number) =>
      toUtf8(JSON.stringify(Array.from({ length: count }, (_, i) => `${i}`.padEnd(256))));
    const isLast = (part: Uint8Array) => new TextDecoder().decode(part).startsWith("0 ");
    expect(findInside(texts(256), isLast)?.path).toBe("0");
    expect(findInside(texts(257), isLast)).toBeUndefined();
  });

  it("is named without what a terminal obeys", async () => {
    const { err } = await run(JSON.stringify({ ["\u001b[31m".padEnd(300, "x")]: hex(quote) }));
    expect(err).not.toContain("\u001b");
    expect(err.length).toBeLessThan(300);
  });
});
