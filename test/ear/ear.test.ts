/** EAR out, CMW in and out, and rows R2 of tokens.md. */
import { createPrivateKey, sign as nodeSign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { forgeCvm, NONCE } from "../../fixtures/azure/cvm.js";
import { octetString, text } from "../../fixtures/der.js";
import { jwkOf } from "../../fixtures/tokens/token.js";
import { extension, forgeCertificate, name, testKey } from "../../fixtures/x509.js";
import { verify as verifyAzure } from "../../src/azure.js";
import { type Cmw, cmwOfCertificate, earClaims, readCmw, signEar, writeCmw } from "../../src/ear.js";
import { verify as verifyToken } from "../../src/tokens.js";
import type { Verdict } from "../../src/verdict.js";
import { describeShared, readShared } from "../support/shared.js";

const OPTIONS = { verifier: { developer: "test", build: "1" } };

function verdictOf(changes: object = {}): Promise<Verdict> {
  const { json, snp, pcrs } = forgeCvm();
  const { endorsements, trustAnchors, at } = snp;
  const values = { 4: pcrs[4] as Uint8Array, 11: pcrs[11] as Uint8Array, 12: pcrs[12] as Uint8Array };
  return verifyAzure(json, {
    expected: { "azure-cvm": { pcrs: values } },
    binding: { reportData: NONCE },
    endorsements,
    trustAnchors,
    at,
    ...changes,
  });
}

const submods = (verdict: Verdict) =>
  Object.values(earClaims(verdict, OPTIONS).submods as object) as Record<string, unknown>[];
const statuses = (verdict: Verdict): readonly unknown[] => submods(verdict).map((part) => part["ear.status"]);

describe("EAR out", () => {
  it("one submodule a part; anchors of the caller's own are a warning", async () => {
    const verdict = await verdictOf();
    expect(verdict.outcome).toBe("verified");
    expect(statuses(verdict)).toEqual(["warning", "warning"]);
    const pinned = { ...verdict, meta: { ...verdict.meta, anchors: "pinned" } } as Verdict;
    expect(statuses(pinned)).toEqual(["affirming", "affirming"]);
    for (const covers of ["nothing", "firmware"] as const)
      expect([covers, statuses({ ...pinned, covers })]).toEqual([covers, ["warning", "warning"]]);
    expect(statuses({ ...pinned, covers: "workload" })).toEqual(["affirming", "affirming"]);
    const [first, ...rest] = pinned.checks;
    for (const code of ["allowed", "unbound"]) {
      const checks = [{ ...first, status: "waived", code }, ...rest];
      expect([code, statuses({ ...pinned, checks } as Verdict)]).toEqual([code, ["warning", "warning"]]);
    }
  });

  it("rejected is contraindicated, undetermined is none without a claim, and nothing recognised is no yes", async () => {
    const rejected = await verdictOf({ binding: { reportData: new Uint8Array(32) } });
    expect([rejected.outcome, statuses(rejected)]).toEqual(["rejected", ["contraindicated", "contraindicated"]]);
    const { json, snp } = forgeCvm({ withoutQuote: true });
    expect(json).not.toContain("tpm_quote");
    const open = await verifyAzure(forgeCvm().hcl, {
      expected: "any-build",
      binding: "unbound",
      endorsements: snp.endorsements,
      trustAnchors: snp.trustAnchors,
      at: snp.at,
    });
    expect([open.outcome, statuses(open)]).toEqual(["undetermined", ["none", "none"]]);
    expect(submods(open).map((part) => part["ear.trustworthiness-vector"])).toEqual([{}, {}]);
    const nothing = await verifyAzure("x".repeat(100), { expected: "any-build", binding: "unbound" });
    expect(statuses(nothing)).toEqual(["contraindicated"]);
  });

  it("signed with a caller's key, it is an EAR that tee-verify/tokens verifies", async () => {
    const verdict = await verdictOf();
    const pinned = { ...verdict, meta: { ...verdict.meta, anchors: "pinned" } } as Verdict;
    const key = testKey("p256-1");
    const sign = async (message: Uint8Array): Promise<Uint8Array> =>
      new Uint8Array(
        nodeSign("sha256", message, {
          key: createPrivateKey(key.privateKey.export({ format: "pem", type: "pkcs8" })),
          dsaEncoding: "ieee-p1363",
        }),
      );
    const claims = { ...earClaims(pinned, { ...OPTIONS, nonce: "a5".repeat(16) }), iss: "https://me.example" };
    const token = await signEar(claims, { algorithm: "ES256", kid: key.name, sign });
    const judged = await verifyToken(token, {
      expected: "any-build",
      binding: { nonce: new Uint8Array(16).fill(0xa5) },
      at: new Date(verdict.meta.at),
      policy: { ear: { keys: jwkOf(key), issuers: "https://me.example" } },
    });
    expect([judged.outcome, judged.freshness]).toEqual(["verified", "nonce"]);
    await expect(signEar(claims, { algorithm: "ES384", sign })).rejects.toThrow(TypeError);
    expect(() => earClaims(pinned, { ...OPTIONS, lifetime: 0 })).toThrow(TypeError);
  });
});

describe("CMW", () => {
  const record: Cmw = { type: "application/eat+jwt", value: Uint8Array.of(1, 2), indicator: 8 };
  const collection: Cmw = {
    collectionType: "tag:x",
    items: new Map<string, Cmw>([
      ["a", record],
      ["b", { type: 60, value: new Uint8Array(300) }],
    ]),
  };

  for (const form of ["json", "cbor"] as const)
    it(`goes out and in again as ${form}`, () => {
      expect(readCmw(writeCmw(record, form))).toEqual(record);
      expect(readCmw(writeCmw(collection, form))).toEqual(collection);
    });

  const bad: Readonly<Record<string, string>> = {
    "no type": '["","YQ"]',
    "content format too large": '[65536,"YQ"]',
    "no value": '["a/b"]',
    "indicator 0": '["a/b","YQ",0]',
    "indicator 32": '["a/b","YQ",32]',
    "four members": '["a/b","YQ",1,1]',
    "empty collection": "{}",
    "padded value": '["a/b","YQ=="]',
    "too deep": '{"a":{"a":{"a":{"a":["a/b","YQ"]}}}}',
  };
  for (const [why, json] of Object.entries(bad))
    it(`refuses ${why}`, () => expect(() => readCmw(json)).toThrow("(at offset"));

  it("R2: JSON in an OCTET STRING and CBOR in a UTF8String are refused, in their own strings they are read", () => {
    const key = testKey("p256-1");
    const certificate = (value: Uint8Array): Uint8Array =>
      forgeCertificate({ subject: name([["CN", "x"]]), key, extensions: [extension.raw("1.3.6.1.5.5.7.1.35", value)] });
    const json = writeCmw(record, "json");
    expect(cmwOfCertificate(certificate(text(new TextDecoder().decode(json))))).toEqual(record);
    expect(() => cmwOfCertificate(certificate(octetString(json)))).toThrow("other form");
    expect(cmwOfCertificate(certificate(octetString(writeCmw(record, "cbor"))))).toEqual(record);
    expect(cmwOfCertificate(forgeCertificate({ subject: name([["CN", "x"]]), key }))).toBeUndefined();
  });
});

describeShared("CMW of the field", () => {
  const DIR = "evidence/tokens/cmw";
  const labels = (cmw: Cmw | undefined): readonly unknown[] =>
    cmw !== undefined && "items" in cmw
      ? [...cmw.items].map(([key, item]) => [key, "type" in item ? item.type : "collection"])
      : [];
  it("collections and certificates are read", () => {
    expect(labels(readCmw(readShared(`${DIR}/collection-ok.json`)))).toEqual([
      ["a", "application/vnd.a"],
      ["b", "application/vnd.b"],
    ]);
    expect(labels(readCmw(readShared(`${DIR}/collection-cbor-ok.cbor`)))).toEqual([
      [1, "application/signed-corim+cbor"],
      [2, 29884],
      ["s", 30001],
    ]);
    expect(labels(readCmw(readShared(`${DIR}/collection-cbor-ok-2.cbor`)))).toEqual([[1, "application/vnd.1"]]);
    expect(labels(readCmw(readShared(`${DIR}/collection-cbor-mixed-keys.cbor`)))).toEqual([
      ["string", 0],
      [1024, 0],
    ]);
    expect(cmwOfCertificate(readShared(`${DIR}/x509-cert+cbor-cmw.der`))).toBeDefined();
    expect(labels(cmwOfCertificate(readShared(`${DIR}/x509-cert+json-cmw.der`)))).toEqual([
      ["a", "application/vnd.a"],
      ["b", "application/vnd.b"],
    ]);
  });
});
