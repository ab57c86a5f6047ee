/** Endorsements that the attester collects: fetched once, kept, renewed before they run out, and missed without harm. */
import { describe, expect, it } from "vitest";
import { FORGED_AT, forgeSnp } from "../../fixtures/amd/snp.js";
import { AT, forgeCollateral } from "../../fixtures/intel/collateral.js";
import { forgeRoot } from "../../fixtures/intel/pki.js";
import { forgeQuote } from "../../fixtures/intel/quote.js";
import { pem } from "../../fixtures/x509.js";
import { createEndorser } from "../../src/attester/endorsements.js";
import type { Fetch } from "../../src/endorsements/transport.js";
import { verify } from "../../src/index.js";

const reportData = new Uint8Array(64).fill(7);
const DAY = 86_400_000;

/** AMD's service: a VCEK, and a CRL that runs for 30 days from `FORGED_AT` on. */
function kds(crl: () => Uint8Array) {
  const asked: string[] = [];
  let down = false;
  const forgery = forgeSnp({ report: { reportData } });
  const fetch = async (address: string): Promise<Response> => {
    asked.push(address.includes("/crl") ? "crl" : "vcek");
    if (down) return new Response("", { status: 500 });
    return new Response((address.includes("/crl") ? crl() : forgery.ek).slice());
  };
  return {
    asked,
    forgery,
    fetch: fetch as unknown as Fetch,
    fail: (value: boolean) => {
      down = value;
    },
  };
}

describe("the attester's endorsements", () => {
  it("of SEV-SNP are fetched once, CRL and all, and are enough to judge offline", async () => {
    const { asked, forgery, fetch } = kds(() => forgery.crl());
    const endorser = createEndorser({ fetch });
    const now = FORGED_AT.getTime();
    const found = await endorser.collect(forgery.report, reportData, now);
    expect([...asked].sort()).toEqual(["crl", "vcek"]);
    const verdict = await verify(
      {
        "tee-verify": 1,
        evidence: Buffer.from(forgery.report).toString("base64"),
        endorsements: [...found, Buffer.from(forgery.issuer).toString("base64")],
      },
      {
        expected: "any-build",
        binding: { reportData },
        at: FORGED_AT,
        trustAnchors: forgery.trustAnchors,
        policy: { "sev-snp": { revocation: "required" } },
      },
    );
    expect(verdict.outcome).toBe("verified");
    expect(await endorser.collect(forgery.report, reportData, now + 1000)).toEqual(found);
    expect(asked).toHaveLength(2);
  });

  it("are asked for once, however many challenges wait for them", async () => {
    const { asked, forgery, fetch } = kds(() => forgery.crl());
    const endorser = createEndorser({ fetch });
    await Promise.all(
      Array.from({ length: 20 }, () => endorser.collect(forgery.report, reportData, FORGED_AT.getTime())),
    );
    expect([...asked].sort()).toEqual(["crl", "vcek"]);
  });

  it("are renewed before they run out; where that fails, the old ones serve until they do", async () => {
    const { asked, forgery, fetch, fail } = kds(() => forgery.crl());
    const endorser = createEndorser({ fetch });
    const now = FORGED_AT.getTime();
    const first = await endorser.collect(forgery.report, reportData, now);
    asked.length = 0;
    fail(true);
    expect(await endorser.collect(forgery.report, reportData, now + 2 * DAY)).toEqual(first);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toContain("crl");
    fail(false);
    asked.length = 0;
    expect(await endorser.collect(forgery.report, reportData, now + 2 * DAY + 61_000)).toEqual(first);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toContain("crl");
  });

  it("that a service does not have are done without, and asked for a minute later", async () => {
    const { asked, forgery, fetch, fail } = kds(() => forgery.crl());
    fail(true);
    const endorser = createEndorser({ fetch });
    const now = FORGED_AT.getTime();
    expect(await endorser.collect(forgery.report, reportData, now)).toEqual([]);
    const count = asked.length;
    expect(await endorser.collect(forgery.report, reportData, now + 30_000)).toEqual([]);
    expect(asked).toHaveLength(count);
    fail(false);
    expect(await endorser.collect(forgery.report, reportData, now + 61_000)).toHaveLength(2);
  });

  it("of TDX come from Intel's service, or from a PCCS in its place", async () => {
    const { tcbInfo, qeIdentity, signer, rootCrl, pckCrl } = forgeCollateral("tdx");
    const chain = encodeURIComponent(pem("CERTIFICATE", signer, forgeRoot()));
    const asked: string[] = [];
    const fetch = async (address: string): Promise<Response> => {
      asked.push(new URL(address).host);
      const headers = { "tcb-info-issuer-chain": chain, "sgx-enclave-identity-issuer-chain": chain };
      if (address.includes("/tcb?")) return new Response(tcbInfo, { headers });
      if (address.includes("/qe/identity")) return new Response(qeIdentity, { headers });
      return new Response((address.includes("pckcrl") ? pckCrl : rootCrl).slice());
    };
    const quote = forgeQuote({ report: { reportData } });
    const mirrors = { "https://api.trustedservices.intel.com": "https://pccs.example" };
    const endorser = createEndorser({ fetch: fetch as unknown as Fetch, mirrors });
    const found = await endorser.collect(quote, reportData, AT.getTime());
    const verdict = await verify(
      { "tee-verify": 1, evidence: Buffer.from(quote).toString("base64"), endorsements: found },
      { expected: "any-build", binding: { reportData }, at: AT, trustAnchors: { intel: [forgeRoot()] } },
    );
    expect(verdict.outcome).toBe("verified");
    expect(new Set(asked)).toEqual(new Set(["pccs.example"]));
  });

  it("are not fetched unless the operator allows it, and are none for evidence that is unknown here", async () => {
    const { forgery } = kds(() => forgery.crl());
    const always = [forgery.ek, "-----BEGIN CERTIFICATE-----"];
    const offline = createEndorser({ always: [forgery.ek] });
    expect(await offline.collect(forgery.report, reportData, 0)).toEqual([Buffer.from(forgery.ek).toString("base64")]);
    const unknown = createEndorser({ always, fetch: (() => Promise.reject(new Error("asked"))) as Fetch });
    expect(await unknown.collect(new Uint8Array(100).fill(0xd2), reportData, 0)).toHaveLength(2);
  });

  it("go with no evidence whose report data is another", async () => {
    const { forgery } = kds(() => forgery.crl());
    await expect(createEndorser().collect(forgery.report, new Uint8Array(64), 0)).rejects.toThrow("report data");
  });
});
