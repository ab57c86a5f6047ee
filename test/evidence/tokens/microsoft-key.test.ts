/** Microsoft Azure Attestation's second class of keys (tokens.md, section 4): a certificate under the pinned PCA, for signing such tokens and nothing else. */
import { describe, expect, it } from "vitest";
import { oid, sequence } from "../../../fixtures/der.js";
import { forgeToken, NONCE, TOKEN_AT } from "../../../fixtures/tokens/token.js";
import {
  type CertificateRequest,
  caExtensions,
  extension,
  forgeCertificate,
  leafExtensions,
  name,
  testKey,
} from "../../../fixtures/x509.js";
import { verify } from "../../../src/tokens.js";
import type { Verdict } from "../../../src/verdict.js";

const ALGORITHM = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
const PURPOSE = "1.3.6.1.4.1.311.76.50.3";
const PCA = name([["CN", "Test Attestation PCA"]]);
const [leafKey, pcaKey, other] = [testKey("rsa2048-1"), testKey("rsa2048-2"), testKey("rsa2048-3")];
const purposes = (critical: boolean, ...list: readonly string[]): Uint8Array =>
  extension.raw("2.5.29.37", sequence(...list.map((item) => oid(item))), critical);

const pca = forgeCertificate({
  subject: PCA,
  key: pcaKey,
  extensions: caExtensions(pcaKey, pcaKey),
  algorithm: ALGORITHM,
});

interface Question {
  readonly leaf?: Partial<CertificateRequest>;
  readonly kid?: string;
  readonly anchors?: readonly Uint8Array[];
  /** The set stands beside the token, or is an endorsement. */
  readonly beside?: boolean;
}

function judge({ leaf = {}, kid = leafKey.name, anchors = [pca], beside = true }: Question = {}): Promise<Verdict> {
  const certificate = forgeCertificate({
    subject: name([["CN", "Test Attestation"]]),
    key: leafKey,
    issuer: PCA,
    issuerKey: pcaKey,
    serial: 7,
    extensions: [...leafExtensions(leafKey, pcaKey), purposes(false, PURPOSE)],
    algorithm: ALGORITHM,
    ...leaf,
  });
  const jwks = { keys: [{ kty: "RSA", kid, x5c: [Buffer.from(certificate).toString("base64")] }] };
  const token = forgeToken({ service: "maa" });
  return verify(beside ? JSON.stringify({ token, jwks }) : token, {
    expected: "any-build",
    binding: { nonce: NONCE },
    at: TOKEN_AT,
    policy: { maa: { issuers: "https://test.weu.attest.azure.net" } },
    trustAnchors: { microsoft: anchors },
    endorsements: beside ? [] : [new TextEncoder().encode(JSON.stringify(jwks))],
  });
}

const found = ({ outcome, checks }: Verdict): readonly unknown[] => {
  const key = checks.find(({ id }) => id === "maa/signing-key");
  return [outcome, key?.code ?? key?.status];
};

describe("a key of Azure Attestation under Microsoft's authority", () => {
  it.each([
    ["beside the token", {}],
    ["among the endorsements", { beside: false }],
    [
      "whose certificate says nothing but its purpose, as critical",
      { leaf: { extensions: [purposes(true, "1.2.3", PURPOSE)] } },
    ],
  ] satisfies [string, Question][])("is taken %s", async (_, question) => {
    expect(found(await judge(question))).toEqual(["verified", "passed"]);
  });

  it.each([
    ["for another purpose", { leaf: { extensions: [purposes(false, "1.2.3")] } }, "key-purpose-mismatch"],
    ["for no purpose", { leaf: { extensions: leafExtensions(leafKey, pcaKey) } }, "key-purpose-mismatch"],
    ["that another authority of the same name signed", { leaf: { issuerKey: other } }, "certificate-signature-invalid"],
    ["that had expired", { leaf: { notAfter: new Date("2026-05-31T00:00:00Z") } }, "certificate-expired"],
    ["of the future", { leaf: { notBefore: new Date("2026-06-02T00:00:00Z") } }, "certificate-not-yet-valid"],
  ] satisfies [string, Question, string][])("is refused with a certificate %s", async (_, question, code) => {
    expect(found(await judge(question))).toEqual(["rejected", code]);
  });

  it("is missing where it has another name, or where its authority is none of those pinned", async () => {
    expect(found(await judge({ kid: "another" }))).toEqual(["undetermined", "signing-key-missing"]);
    const foreign = forgeCertificate({
      subject: name([["CN", "Another PCA"]]),
      key: other,
      extensions: caExtensions(other, other),
      algorithm: ALGORITHM,
    });
    expect(found(await judge({ anchors: [foreign] }))).toEqual(["undetermined", "signing-key-missing"]);
  });
});
