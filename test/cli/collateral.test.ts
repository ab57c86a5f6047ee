/** `tee-verify collateral`: a bundle on standard output, and what is missing on the other. */
import { describe, expect, it } from "vitest";
import { AT } from "../../fixtures/intel/collateral.js";
import { forgeRoot, forgeSigner } from "../../fixtures/intel/pki.js";
import { forgeQuote } from "../../fixtures/intel/quote.js";
import { pem } from "../../fixtures/x509.js";
import { rightScene, summary, verifier } from "../support/dcap.js";
import { type CliRun, cli } from "./support.js";

const at = AT.toISOString().replace(".000", "");

async function intel(input: RequestInfo | URL): Promise<Response> {
  const address = String(input);
  const { tcbInfo, qeIdentity, pckCrl, rootCrl } = rightScene("tdx");
  const chain = encodeURIComponent(pem("CERTIFICATE", forgeSigner(), forgeRoot()));
  if (address.includes("/tcb?")) return new Response(tcbInfo, { headers: { "TCB-Info-Issuer-Chain": chain } });
  if (address.includes("/qe/identity"))
    return new Response(qeIdentity, { headers: { "SGX-Enclave-Identity-Issuer-Chain": chain } });
  return new Response((address.includes("/pckcrl") ? pckCrl : rootCrl) as BodyInit);
}

const collateral = (argv: readonly string[], quote: Uint8Array, fetch: typeof globalThis.fetch): Promise<CliRun> =>
  cli(["collateral", ...argv, "quote.bin"], { files: { "quote.bin": quote }, fetch });

describe("tee-verify collateral", () => {
  it("prints a bundle that verifies offline", async () => {
    const { code, out, err } = await collateral(["--at", at], forgeQuote(), intel);
    expect([code, err]).toEqual([0, ""]);
    const options = {
      expected: "any-build",
      binding: "unbound",
      at: AT,
      trustAnchors: { intel: [forgeRoot()] },
    } as const;
    expect(summary(await verifier.verify(out, options))).toBe("verified");
  });

  it("asks a PCCS, and for early collateral", async () => {
    const { asked } = await collateral(["--at", at, "--pccs", "https://pccs.example", "--early"], forgeQuote(), intel);
    expect(asked.filter((address) => /^https:\/\/pccs\.example\/.*update=early$/.test(address)).length).toBe(2);
    expect(new Set(asked.map((address) => new URL(address).host))).toEqual(new Set(["pccs.example"]));
    const none = async (): Promise<Response> => new Response("", { status: 404 });
    const failed = await collateral(["--at", at, "--pccs", "https://pccs.example/"], forgeQuote(), none);
    expect([failed.code, new Set(failed.asked.map((address) => new URL(address).host))]).toEqual([
      2,
      new Set(["pccs.example"]),
    ]);
    expect(failed.err).toContain("pccs.example: status 404");
    expect(failed.err).not.toContain("trustedservices.intel.com");
  });

  it("says what is missing, with exit code 2", async () => {
    const { code, out, err } = await collateral(["--at", at], forgeQuote(), async (input) =>
      String(input).includes("/pckcrl") ? new Response("", { status: 404 }) : intel(input),
    );
    expect(code).toBe(2);
    expect(err).toContain("revocation list of the PCK's authority (api.trustedservices.intel.com: status 404)");
    expect(JSON.parse(out).endorsements.length).toBeGreaterThan(0);
  });

  it("refuses what is no quote with exit code 1, and misuse with 64", async () => {
    expect((await collateral(["--at", at], new Uint8Array(2000), intel)).code).toBe(1);
    expect((await cli(["collateral"])).code).toBe(64);
    expect((await collateral(["--pccs", "pccs.example"], forgeQuote(), intel)).code).toBe(64);
  });
});
