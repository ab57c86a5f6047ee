/** Row J3 of tokens.md: the enclave that holds Microsoft Azure Attestation's key, with the genuine key set of 2023. */
import { expect, it } from "vitest";
import { sgx } from "../../../src/sgx.js";
import { createVerifier, maaWithEnclave } from "../../../src/tokens.js";
import type { Verdict } from "../../../src/verdict.js";
import { describeShared, readSharedJson, readSharedText } from "../../support/shared.js";

const DIR = "evidence/tokens/maa";
const { verify } = createVerifier([maaWithEnclave, sgx]);

interface Key {
  kid: string;
  x5c: string[];
}

function judge(change: (key: Key) => void = () => undefined): Promise<Verdict> {
  const jwks = readSharedJson<{ keys: Key[] }>(`${DIR}/teaclave_jwks.json`);
  change(jwks.keys[0] as Key);
  const token = readSharedText(`${DIR}/teaclave_sgx_2023-09-26.jwt`).trim();
  return verify(JSON.stringify({ token, jwks }), {
    expected: { maa: { mrenclave: "f56735aa42563627a832e0c7ba9911382eb68afed75830b3f97266f3e67bdc99" } },
    binding: "unbound",
    at: new Date("2023-09-26T15:00:00Z"),
    policy: { maa: { issuers: "https://sharedeus.eus.attest.azure.net" } },
  });
}

const statuses = (verdict: Verdict): Record<string, string> =>
  Object.fromEntries(verdict.checks.map(({ id, status, code }) => [id, code ?? status]));

/** The certificate with one byte of it changed. */
const altered =
  (find: string, replace: string) =>
  (key: Key): void => {
    const hex = Buffer.from(key.x5c[0] as string, "base64").toString("hex");
    expect(hex.split(find).length).toBe(2);
    key.x5c[0] = Buffer.from(hex.replace(find, replace), "hex").toString("base64");
  };

describeShared("tokens: J3", () => {
  it("the genuine key is held by the service's enclave; Intel's collateral of that day is what is missing", async () => {
    const verdict = await judge();
    expect(verdict.parts.map(({ path, kind }) => `${path} ${kind}`)).toEqual(["evidence maa", "evidence.service sgx"]);
    const found = statuses(verdict);
    for (const id of [
      "maa/signing-key",
      "maa/signature",
      "maa/service-enclave",
      "sgx/report-data",
      "sgx/quote-signature",
      "sgx/debug",
    ])
      expect([id, found[id]]).toEqual([id, "passed"]);
    expect(verdict.checks.find(({ id }) => id === "maa/service-enclave")?.params).toEqual({
      mrSigner: "74ba5fba208571cf99e1f7158e6536a05bbb6ce7807eef8f6a97f64a7af64b83",
      isvProdId: expect.stringMatching(/^\d+$/),
      debug: "false",
    });
    expect(verdict.checks.filter(({ status }) => status === "failed")).toEqual([]);
    expect(verdict.outcome).toBe("undetermined");
  });

  it("a key under another name is not taken", async () => {
    const verdict = await judge((key) => {
      key.kid = "other";
    });
    expect([verdict.outcome, statuses(verdict)["maa/signing-key"]]).toEqual(["undetermined", "signing-key-missing"]);
  });

  it("another key in the certificate is rejected", async () => {
    const cert = readSharedJson<{ keys: Key[] }>(`${DIR}/teaclave_jwks.json`).keys[2] as Key;
    const verdict = await judge((key) => {
      key.x5c = cert.x5c;
    });
    expect([verdict.outcome, statuses(verdict)["maa/signing-key"]]).toEqual(["rejected", "key-name-mismatch"]);
  });

  it("another signer of the enclave is rejected", async () => {
    const signer = "74ba5fba208571cf99e1f7158e6536a05bbb6ce7807eef8f6a97f64a7af64b83";
    const verdict = await judge(altered(signer, `75${signer.slice(2)}`));
    const found = statuses(verdict);
    expect([verdict.outcome, found["maa/service-enclave"], found["sgx/quote-signature"]]).toEqual([
      "rejected",
      "service-enclave-mismatch",
      "signature-invalid",
    ]);
  });

  it("report data of another key is rejected", async () => {
    const data = "ac597dc4cfa0ed3bd7eb7cb48ac799b489f6d0c0f949802719b94a15ab1abbc2";
    const verdict = await judge(altered(data, `ad${data.slice(2)}`));
    expect([verdict.outcome, statuses(verdict)["sgx/report-data"] !== "passed"]).toEqual(["rejected", true]);
  });
});
