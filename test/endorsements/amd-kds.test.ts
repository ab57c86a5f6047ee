/** Addresses of AMD's key service, as AMD 57230 has them and as published evidence used them. */
import { describe, expect, it } from "vitest";
import { AMD_KDS, crlAddress, vcekAddress } from "../../src/endorsements/amd-kds.js";
import { VENDOR_ORIGINS } from "../../src/endorsements/transport.js";
import { verify } from "../../src/sev-snp.js";
import { realCase } from "../evidence/sev-snp/corpus.js";
import { check } from "../evidence/sev-snp/support.js";
import { describeShared } from "../support/shared.js";

describe("addresses", () => {
  it("are on the list of hosts", () => expect(VENDOR_ORIGINS).toContain(AMD_KDS));

  it("name levels in decimal, two digits at least", () => {
    expect(
      vcekAddress("Milan", "ab", [
        ["blSPL", 3],
        ["teeSPL", 0],
        ["snpSPL", 10],
        ["ucodeSPL", 169],
      ]),
    ).toBe("https://kdsintf.amd.com/vcek/v1/Milan/ab?blSPL=03&teeSPL=00&snpSPL=10&ucodeSPL=169");
  });

  it("of lists differ by kind of key and product", () => {
    expect(crlAddress("Genoa", "vcek")).toBe("https://kdsintf.amd.com/vcek/v1/Genoa/crl");
    expect(crlAddress("Turin", "vlek")).toBe("https://kdsintf.amd.com/vlek/v1/Turin/crl");
  });
});

describeShared("an address that was published with its report", () => {
  it("is the first candidate", async () => {
    const { report, file, at } = realCase("lit-vcek");
    const { vcekUrl } = JSON.parse(new TextDecoder().decode(file("source-data.json"))) as { vcekUrl: string };
    const verdict = await verify(report, { expected: "any-build", binding: "unbound", at });
    expect(check(verdict, "sev-snp/endorsement-key")?.params["addresses"]).toEqual([
      vcekUrl,
      vcekUrl.replace("Milan", "Genoa"),
    ]);
  });
});
