/** Genuine evidence of Azure's confidential VMs under the pinned roots of AMD and Intel. */
import { expect, it } from "vitest";
import { verify } from "../../../src/azure.js";
import type { Verdict } from "../../../src/verdict.js";
import { describeShared, readShared, readSharedText } from "../../support/shared.js";
import { realCase } from "../sev-snp/corpus.js";

const CASES = {
  "arrs-az-v1": "source-evidence-v1.json",
  "trustee-az-genoa": "source-evidence-genoa.json",
  "trustee-az-v0": "source-evidence-v0.json",
  "trustee-az-v1": "source-evidence-v1.json",
  "trustee-az-v2": "source-evidence-v2.json",
} as const;

const genuine = (verdict: Verdict): readonly string[] =>
  verdict.checks
    .filter(({ stage, status, required }) => stage !== "appraise" && required && status !== "passed")
    .map(({ id }) => id);
const notPassed = (verdict: Verdict, kind: string): readonly string[] =>
  verdict.checks
    .filter(({ id, status }) => id.startsWith(kind) && status !== "passed" && status !== "waived")
    .map(({ id }) => id);

/** `extraData` of a TPM quote: behind magic, type and the signer's name. */
function extraData(quote: Uint8Array): Uint8Array {
  const at = 8 + ((quote[6] as number) << 8) + (quote[7] as number);
  return quote.slice(at + 2, at + 2 + (quote[at + 1] as number));
}

describeShared("Azure confidential VMs: real evidence", () => {
  for (const [id, name] of Object.entries(CASES)) {
    it(`${id} is authentic and answers its nonce`, async () => {
      const { at, facts, file } = realCase(id);
      const nonce = extraData(file("tpm-quote.msg") as Uint8Array);
      const options = { accept: ["azure-cvm"], expected: "any-build", binding: { reportData: nonce }, at } as const;
      const verdict = await verify(readSharedText(`evidence/sev-snp/${id}/${name}`), options);
      expect(verdict.parts.map(({ kind, path }) => `${path} ${kind}`)).toEqual([
        "evidence azure-cvm",
        "evidence.snp sev-snp",
      ]);
      expect(genuine(verdict)).toEqual([]);
      expect(notPassed(verdict, "azure-cvm")).toEqual([]);
      expect(verdict.parts[1]?.claims.measurement).toBe(facts.measurement);
      const paravisor = verdict.checks.find((check) => check.id === "azure-cvm/paravisor");
      expect([paravisor?.status, paravisor?.params.by]).toEqual(["passed", "Microsoft's ID key"]);
      const other = await verify(readSharedText(`evidence/sev-snp/${id}/${name}`), {
        ...options,
        binding: { reportData: nonce.slice(1) },
      });
      expect(notPassed(other, "azure-cvm")).toEqual(["azure-cvm/binding"]);
    });

    it(`${id}: the NV blob alone lacks the quote`, async () => {
      const { at, ek } = realCase(id);
      const endorsements = [ek as Uint8Array];
      const verdict = await verify(readShared(`evidence/sev-snp/${id}/hcl.bin`), {
        expected: "any-build",
        binding: "unbound",
        at,
        endorsements,
      });
      expect(genuine(verdict)).toEqual(["azure-cvm/quote-signature", "azure-cvm/pcrs"]);
    });
  }

  it("an Azure TD: wrapper and quote hold together, and SEPT_VE_DISABLE is the caller's to allow", async () => {
    const json = readSharedText("evidence/dcap/confidential-dot-ai+c8s-verify-js/bundles/az-tdx-evidence.json");
    const binding = { reportData: new TextEncoder().encode("challenge") };
    const options = {
      accept: ["azure-cvm"],
      expected: "any-build",
      binding,
      at: new Date("2026-04-01T00:00:00Z"),
    } as const;
    const verdict = await verify(json, options);
    expect(verdict.outcome).not.toBe("verified");
    expect(verdict.parts.map(({ kind }) => kind)).toEqual(["azure-cvm", "tdx"]);
    expect(notPassed(verdict, "azure-cvm")).toEqual([]);
    const tdx = Object.fromEntries(verdict.checks.map(({ id, status, code }) => [id, code ?? status]));
    expect(tdx["tdx/quote-signature"]).toBe("passed");
    expect(tdx["tdx/report-data"]).toBe("passed");
    expect(tdx["tdx/sept-ve"]).toBe("sept-ve-enabled");
    const allowed = await verify(json, { ...options, policy: { tdx: { allow: ["sept-ve"] } } });
    expect(allowed.outcome).toBe("undetermined");
    const altered = json.replace(/("td_quote": ?"[\w-]{2000})./, "$1_");
    expect((await verify(altered, options)).outcome).toBe("rejected");
  });
});
