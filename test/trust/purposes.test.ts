/** Extended key usage (RFC 5280, section 4.2.1.12). */
import { describe, expect, it } from "vitest";
import * as write from "../../fixtures/der.js";
import { leafExtensions } from "../../fixtures/x509.js";
import { purposes } from "../../src/trust/purposes.js";
import { expectMalformed } from "../support/malformed.js";
import { intermediateKey, leaf, leafKey } from "../support/pki.js";

const purposed = (value: Uint8Array) =>
  leaf({
    extensions: [
      ...leafExtensions(leafKey, intermediateKey),
      write.sequence(write.oid("2.5.29.37"), write.octetString(value)),
    ],
  });

describe("purposes", () => {
  it("are those of the extension, in its order, and none without it", () => {
    const list = write.sequence(write.oid("1.3.6.1.5.5.7.3.9"), write.oid("2.5.29.37.0"));
    expect(purposes(purposed(list))).toEqual(["1.3.6.1.5.5.7.3.9", "2.5.29.37.0"]);
    expect(purposes(leaf())).toEqual([]);
  });

  it("are identifiers and nothing else", () => {
    expectMalformed(() => purposes(purposed(write.sequence(write.octetString(Uint8Array.of(1))))), "KeyPurposeId");
    expectMalformed(() => purposes(purposed(write.oid("2.5.29.37.0"))), "ExtKeyUsage");
  });
});
