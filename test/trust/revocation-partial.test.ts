/** Lists that are not complete say so, and what says it counts whether it is critical or not (RFC 5280, sections 5.2.4 and 5.2.5). */
import { describe, expect, it } from "vitest";
import * as write from "../../fixtures/der.js";
import { extension, forgeCrl, name } from "../../fixtures/x509.js";
import { issuerHolds, parseCrl } from "../../src/trust/crl.js";
import { crlIssuer, revocationFaults } from "../../src/trust/revocation.js";
import { crypto, INTERMEDIATE, intermediate, intermediateKey, leaf, NOW, STRICT } from "../support/pki.js";

async function codes(...more: readonly Uint8Array[]): Promise<readonly string[]> {
  const extensions = [extension.crlNumber(1), extension.authorityKeyId(intermediateKey), ...more];
  const crl = parseCrl(forgeCrl({ issuer: INTERMEDIATE, issuerKey: intermediateKey, extensions }));
  const certificates = [{ name: "Test Leaf", serial: leaf().serial }];
  const issuer = crlIssuer(intermediate());
  const faults = await revocationFaults({ crl, issuer, certificates, at: NOW, profile: STRICT, crypto });
  return faults.map(({ code, found }) => `${code}: ${found}`);
}

describe("a list", () => {
  it("is not complete as a delta or for a distribution point, critical or not", async () => {
    expect(await codes()).toEqual([]);
    for (const id of ["2.5.29.27", "2.5.29.28"]) {
      expect(await codes(extension.raw(id, write.integer(1)))).toEqual([`crl-extension: ${id}`]);
      expect(await codes(extension.raw(id, write.integer(1), true))).toEqual([`crl-extension: critical ${id}`]);
    }
    expect(await codes(extension.raw("2.5.29.26", write.integer(1)))).toEqual([]);
  });

  it("is told by words of its issuer, wherever in the name they stand", () => {
    const issuer = name([
      ["O", "Some Vendor"],
      ["CN", "Root"],
    ]);
    expect(issuerHolds({ issuer }, "Some Vendor")).toBe(true);
    expect(issuerHolds({ issuer }, "Vendor")).toBe(true);
    expect(issuerHolds({ issuer }, "Other Vendor")).toBe(false);
  });
});
