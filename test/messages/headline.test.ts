/** What a rejection is called: forged, out of date, another's, unknown. Calling genuine evidence forged is as wrong as the other way. */
import { describe, expect, it } from "vitest";
import { forgeEk } from "../../fixtures/amd/certificates.js";
import { pattern } from "../../fixtures/amd/report.js";
import { forgeSnp } from "../../fixtures/amd/snp.js";
import { forgeQeIdentity, forgeTcbInfo } from "../../fixtures/intel/collateral.js";
import { forgePckCrl } from "../../fixtures/intel/pki.js";
import { headlineOf } from "../../src/messages/headline.js";
import { about, judge } from "../evidence/sev-snp/support.js";
import { type Putting, put, verifier } from "../support/dcap.js";

const FORGED = "It is not genuine. Trust nothing that it says.";
const DATED = /^What vouches for it is not valid at the time of judgement/;
const ANOTHERS = /^What was given to vouch for it is another's/;
const said = async (putting: Putting) => headlineOf(await put(putting)).sentence;
const expired = { nextUpdate: "2030-06-10T00:00:00Z" };

describe("the headline of a rejection", () => {
  it.each<[string, Putting, RegExp | string]>([
    ["expired TCB info", { scene: { tcbInfo: forgeTcbInfo("tdx", { fields: expired }) } }, DATED],
    ["a clock that is behind", { options: { at: new Date("2028-01-01") } }, DATED],
    ["a stale list", { scene: { pckCrl: forgePckCrl("platform", { nextUpdate: new Date("2030-06-10") }) } }, DATED],
    [
      "TCB info of another platform",
      { scene: { tcbInfo: forgeTcbInfo("tdx", { fields: { fmspc: "00906ed50000" } }) } },
      ANOTHERS,
    ],
    ["a list of another authority", { scene: { pckCrl: forgePckCrl("processor") } }, ANOTHERS],
    ["an endorsement that cannot be read", { more: ["\n\n"] }, ANOTHERS],
    ["a forged signature", { scene: { tcbInfo: forgeTcbInfo("tdx", { signature: () => "11".repeat(64) }) } }, FORGED],
    [
      "a forged signature beside expired collateral",
      {
        scene: {
          tcbInfo: forgeTcbInfo("tdx", { fields: expired }),
          qeIdentity: forgeQeIdentity("tdx", { signature: () => "11".repeat(64) }),
        },
      },
      FORGED,
    ],
    ["a revoked certificate", { scene: { pckCrl: forgePckCrl("platform", { revoked: [31] }) } }, FORGED],
  ])("over %s", async (_, putting, sentence) => {
    expect((await put(putting)).outcome).toBe("rejected");
    expect(await said(putting)).toMatch(sentence);
  });

  it("over another machine's VCEK, under which no signature can hold, and over an altered report", async () => {
    const other = forgeEk({ product: "Milan", type: "VCEK", levels: {}, hwid: pattern(64, 9) });
    const sentence = async (endorsements: readonly Uint8Array[]) => {
      const question = about();
      const given = question.options.endorsements as readonly Uint8Array[];
      const options = { ...question.options, endorsements: endorsements.length > 0 ? endorsements : given };
      const report = (question.evidence as Uint8Array).slice();
      if (endorsements.length === 0) report[0x90] = (report[0x90] as number) ^ 1;
      return headlineOf(await judge({ evidence: report, options })).sentence;
    };
    expect(await sentence([other, forgeSnp().issuer])).toMatch(ANOTHERS);
    expect(await sentence([])).toBe(FORGED);
  });

  it("over a kind that is not known here, and over bytes that are damaged", async () => {
    const options = { expected: "any-build", binding: "unbound" } as const;
    const jwt = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"iss":"https://sharedeus.eus.attest.azure.net"}').toString("base64url")}.c2ln`;
    const verdict = await verifier.verify(jwt.padEnd(80, "A"), options);
    expect(verdict.checks[0]?.code).toBe("unrecognised");
    expect(headlineOf(verdict).sentence).toMatch(/^It is of no kind that is known here/);
    const { sentence } = headlineOf(await put({ quote: new Uint8Array(300).fill(0xee) }));
    expect(sentence).not.toContain("not genuine");
  });
});
