/** Outer forms, hostile ones first: text, JSON and bundles are opened strictly or refused, and nothing costs more than its length. */
import { describe, expect, it } from "vitest";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { bundle, hex, nodeAttestation } from "../../fixtures/amd/wrappers.js";
import { pem } from "../../fixtures/x509.js";
import { MalformedError } from "../../src/encoding/malformed.js";
import { detect } from "../../src/evidence/detect.js";
import { copySource, fromBase64Any, MAX_EVIDENCE_BYTES, openEnvelope } from "../../src/evidence/envelope.js";
import { sevSnp } from "../../src/evidence/sev-snp/kind.js";
import { inspect, verify } from "../../src/sev-snp.js";
import { expectMalformed } from "../support/malformed.js";
import { check, optionsFor } from "./sev-snp/support.js";

const forged = forgeSnp();
const { report, ek, issuer } = forged;
const options = optionsFor(forged);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const base64 = Buffer.from(report).toString("base64");
const open = (text: string) => openEnvelope(bytes(text));

/** What is in a bundle that is right. */
const whole = { ...bundle(report, [ek, pem("CERTIFICATE", issuer)]), eventLog: "AA==", manifest: '{"a": 1}' };
const changed = (changes: Readonly<Record<string, unknown>>): string => JSON.stringify({ ...whole, ...changes });

it("base64 is read with the line breaks that `base64` makes, and without", () => {
  const lines = (base64.match(/.{1,76}/g) ?? []).join("\n");
  for (const text of [base64, lines, `${lines}\n`, lines.replaceAll("\n", "\r\n")])
    expect(fromBase64Any(text)).toEqual(new Uint8Array(report));
  for (const text of [base64.replace("A", "!"), `${base64}\n=`])
    expect(() => fromBase64Any(text)).toThrow(MalformedError);
});

describe("a bundle", () => {
  it("opens to evidence, endorsements and companions", () => {
    const { form, inputs, endorsements, companions } = open(JSON.stringify(whole));
    expect(form).toBe("bundle");
    expect(inputs).toContainEqual({ bytes: report });
    expect(endorsements).toEqual([ek, bytes(pem("CERTIFICATE", issuer))]);
    expect([...companions.keys()]).toEqual(["eventLog", "manifest"]);
    expect(companions.get("manifest")).toEqual(bytes('{"a": 1}'));
  });

  it("may be given as an object, and is the same", async () => {
    const [object, text] = await Promise.all([
      verify(whole, { ...options, endorsements: [] }),
      verify(JSON.stringify(whole), { ...options, endorsements: [] }),
    ]);
    expect(object.outcome).toBe("verified");
    expect(object.meta.evidenceSha256).toBe(text.meta.evidenceSha256);
  });

  it.each([
    ["of version 2", changed({ "tee-verify": 2 })],
    ["of version true", changed({ "tee-verify": true })],
    ["of version 1 as text", changed({ "tee-verify": "1" })],
    ["without evidence", changed({ evidence: undefined })],
    ["with empty evidence", changed({ evidence: "" })],
    ["with evidence that is an object", changed({ evidence: { report: base64 } })],
    ["with evidence that is a list", changed({ evidence: [base64] })],
    ["with endorsements that are text", changed({ endorsements: "AA==" })],
    ["with an endorsement that is a number", changed({ endorsements: [1] })],
    ["with an endorsement that is null", changed({ endorsements: [null] })],
    ["with an endorsement that is no base64", changed({ endorsements: ["*"] })],
    ["with an event log that is an object", changed({ eventLog: {} })],
    ["with a manifest that is null", changed({ manifest: null })],
    ["with a member that is unknown", changed({ policy: {} })],
    ["with a member that a test would have", changed({ test_purpose: true })],
    ["with anchors of its own", changed({ trustAnchors: [] })],
    ["with __proto__", JSON.stringify(whole).replace("{", '{"__proto__": {"accept": []},')],
    ["with constructor", changed({ constructor: { prototype: {} } })],
    ["with a name twice", JSON.stringify(whole).replace("{", '{"evidence": "AA==",')],
    ["with a version twice", JSON.stringify(whole).replace("{", '{"tee-verify": 2,')],
    ["with a name twice by an escape", JSON.stringify(whole).replace("{", '{"\\u0065vidence": "AA==",')],
    ["inside a bundle", changed({ evidence: JSON.stringify(whole) })],
    ["that is cut short", JSON.stringify(whole).slice(0, -1)],
    ["with more behind it", `${JSON.stringify(whole)}{}`],
  ])("%s is malformed", async (_name, text) => {
    expectMalformed(() => open(text), /./);
    const verdict = await verify(text, options);
    expect(check(verdict, "evidence/recognised")).toMatchObject({ status: "failed", code: "malformed" });
    expect(verdict.outcome).toBe("rejected");
  });

  it("cannot bring its own root, policy or expectation: what it carries is untrusted", async () => {
    const made = forgeSnp();
    const text = JSON.stringify(bundle(made.report, [made.ek, made.issuer, made.ark]));
    const { trustAnchors: _, ...pinned } = options;
    const verdict = await verify(text, { ...pinned, endorsements: [] });
    expect(check(verdict, "sev-snp/supplied-certificates")?.code).toBe("authority-not-pinned");
    expect(verdict.outcome).toBe("rejected");
  });
});

describe("text", () => {
  it.each([
    ["JSON nested deeper than 32", "[".repeat(33) + "]".repeat(33)],
    ["JSON nested a million times", "[".repeat(1_000_000)],
    ["JSON with a name twice", `{"report": "${base64}", "report": "AA=="}`],
    ["JSON with a number beyond 2^53", `{"n": 9007199254740993, "outblob": "${base64}"}`],
    ["JSON with NaN", `{"n": NaN, "outblob": "${base64}"}`],
    ["JSON with half a surrogate", `{"n": "\\ud800", "outblob": "${base64}"}`],
    ["JSON after two byte order marks", `\ufeff\ufeff${JSON.stringify(nodeAttestation(report))}`],
    ["hex after 0x twice", `0x0x${hex(report)}`],
    ["JSON in single quotes", `{'outblob': '${base64}'}`],
    ["JSON with a comment", `{"outblob": "${base64}" /* here */}`],
    ["PEM without an end", pem("SEV SNP REPORT", report).slice(0, -20)],
    ["PEM of thirty-three blocks", pem("SEV SNP REPORT", ...Array.from({ length: 33 }, () => report))],
    ["hex with a letter too far", `${hex(report).slice(0, -1)}g`],
    ["white space", " ".repeat(100)],
    ["a word", "attestation".repeat(10)],
  ])("%s is no evidence", async (_name, text) => {
    const verdict = await verify(text, options);
    expect(verdict.outcome).toBe("rejected");
    expect(check(verdict, "evidence/recognised")).toMatchObject({ status: "failed", code: "malformed" });
    expect(() => inspect(text)).toThrow(MalformedError);
  });

  it.each([
    ["gzip", Uint8Array.from([0x1f, 0x8b, 8, ...report])],
    ["a certificate", ek],
    ["a program", Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, ...report])],
    ["HTML", bytes(`<html>${" ".repeat(100)}</html>`)],
    ["JSON of another form", bytes(JSON.stringify({ quote: "AA".repeat(50) }))],
    ["a list in JSON", bytes(JSON.stringify(Array.from({ length: 60 }, () => 1)))],
  ])("%s given as evidence is recognised for what it is", async (_name, evidence) => {
    const verdict = await verify(evidence, options);
    expect(check(verdict, "evidence/recognised")).toMatchObject({ status: "failed", code: "unrecognised" });
    expect(verdict.outcome).toBe("rejected");
  });

  it.each([
    ["JSON after a byte order mark", `\ufeff${JSON.stringify(nodeAttestation(report))}`],
    ["hex after a byte order mark", `\ufeff${hex(report)}\n`],
    ["base64 after a byte order mark", `\ufeff${base64}`],
    ["hex after 0X", `0X${hex(report).toUpperCase()}`],
    ["hex after 0x", `0x${hex(report)}`],
    ["a bundle whose evidence is text behind a mark", changed({ evidence: `\ufeff0X${hex(report)}` })],
  ])("%s is the evidence that it is without", async (_, text) =>
    expect((await verify(text, options)).outcome).toBe("verified"),
  );

  it("of a report with a byte order mark before its bytes is none", async () =>
    expect((await verify(Uint8Array.of(0xef, 0xbb, 0xbf, ...report), options)).outcome).toBe("rejected"));

  it("in JSON may be any language", async () => {
    const evidence = JSON.stringify({ ...nodeAttestation(report), note: "Prüfung 検証" });
    expect((await verify(evidence, options)).outcome).toBe("verified");
  });

  it("of a report by its digits is never also a report by its letters", () => {
    // Every hex digit is a base64 character too: the two readings must not both be evidence.
    for (const text of [hex(report), base64, hex(forgeSnp({ version: 5 }).report)]) {
      const envelope = open(text);
      expect(envelope.inputs.length).toBeGreaterThanOrEqual(2);
      expect(detect(envelope, [sevSnp]).status).toBe("recognised");
    }
  });
});

describe("base64 of the field", () => {
  const value = Uint8Array.of(0xfb, 0xef, 0xff, 1);
  it.each(["++//AQ==", "++//AQ", "--__AQ", "--__AQ=="])("%s", (text) => expect(fromBase64Any(text)).toEqual(value));
  it.each(["+-//AQ==", "++//A", "++//AQ===", "=", "++//AR==", "AQ==AQ=="])("%s is malformed", (text) =>
    expectMalformed(() => fromBase64Any(text), /./),
  );
});

describe("size", () => {
  it("is bounded at eight megabytes, as bytes and as text", async () => {
    const large = new Uint8Array(MAX_EVIDENCE_BYTES + 1).fill(0x30);
    expectMalformed(() => openEnvelope(large), /longer than/);
    expectMalformed(() => openEnvelope(copySource("0".repeat(MAX_EVIDENCE_BYTES + 1))), /longer than/);
    const verdict = await verify(new Uint8Array(3 * MAX_EVIDENCE_BYTES), options);
    expect(check(verdict, "evidence/recognised")).toMatchObject({ status: "failed", code: "malformed" });
  });

  it("of what is copied is bounded too, however much there is", () => {
    expect(copySource(new Uint8Array(3 * MAX_EVIDENCE_BYTES)).length).toBe(MAX_EVIDENCE_BYTES + 1);
    expect(copySource("é".repeat(2 * MAX_EVIDENCE_BYTES)).length).toBeLessThanOrEqual(2 * MAX_EVIDENCE_BYTES + 2);
  });

  it("below 64 bytes is cut short, whatever it is", async () => {
    for (let length = 0; length < 64; length++) {
      for (const fill of [0, 2, 0x30, 0x41, 0x7b, 0xff]) {
        const verdict = await verify(new Uint8Array(length).fill(fill), options);
        expect(check(verdict, "evidence/recognised")).toMatchObject({ status: "failed", code: "malformed" });
      }
    }
  });

  it("from 64 bytes to eight megabytes is for the kinds to judge", () => {
    for (const length of [64, MAX_EVIDENCE_BYTES])
      expect(openEnvelope(new Uint8Array(length).fill(2)).form).toBe("bytes");
    expectMalformed(() => openEnvelope(new Uint8Array(63).fill(2)), /cut short/);
  });

  it("costs no more than its length in the worst texts", async () => {
    const n = 2_000_000;
    for (const text of [
      "=".repeat(n),
      `A${"=".repeat(n)}A`,
      "\n".repeat(n),
      `-----BEGIN ${"A".repeat(n)}`,
      `{"${"\\\\".repeat(n)}": 1}`,
      `"${"\\".repeat(n)}`,
    ])
      expect((await verify(text, options)).outcome).toBe("rejected");
  });

  it("of endorsements in a bundle is bounded in number before any is compared with all", async () => {
    const many = (length: number): string[] =>
      Array.from({ length }, (_, i) => Buffer.from([0xff, i >> 8, i & 255]).toString("base64"));
    const verdict = await verify(bundle(report, many(200)), options);
    expect(check(verdict, "evidence/endorsements")).toMatchObject({ status: "failed", code: "malformed" });
    const more = await verify(bundle(report, many(40_000)), options);
    expect(check(more, "evidence/recognised")).toMatchObject({ status: "failed", code: "malformed" });
  });
});
