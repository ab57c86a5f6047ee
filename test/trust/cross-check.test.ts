/** What is compared between two readers of certificates and lists: every field, and what the extensions mean. */
import { describe, expect, it } from "vitest";
import { extension, forgeCrl } from "../../fixtures/x509.js";
import { toHex } from "../../src/encoding/text.js";
import { parseCrl } from "../../src/trust/crl.js";
import {
  type CrossCheck,
  certificateReading,
  crlReading,
  differences,
  type Reading,
} from "../../src/trust/cross-check.js";
import { intermediate, leaf, ROOT, rootKey } from "../support/pki.js";

const crl = parseCrl(
  forgeCrl({
    issuer: ROOT,
    issuerKey: rootKey,
    revoked: [5, 0x80],
    extensions: [extension.crlNumber(1), extension.authorityKeyId(Uint8Array.of(1, 2), true)],
  }),
);
const certificate = intermediate();

describe("the reading of a certificate", () => {
  it("has every field as text", () => {
    const { serial, issuer, subject, notBefore, notAfter, spki, tbs, signature } = certificate;
    expect(certificateReading(certificate)).toMatchObject({
      serial: toHex(serial),
      issuer: toHex(issuer),
      subject: toHex(subject),
      notBefore: String(notBefore),
      notAfter: String(notAfter),
      spki: toHex(spki),
      tbs: toHex(tbs),
      signature: toHex(signature),
    });
  });

  it("has the extensions in their order, with what is critical, and what they mean", () => {
    const { extensions, ...meanings } = certificateReading(
      leaf({
        extensions: [
          extension.basicConstraints(false),
          extension.keyUsage(["digitalSignature", "nonRepudiation"], false),
          extension.subjectKeyId(Uint8Array.of(3, 4)),
          extension.authorityKeyId(Uint8Array.of(5, 6)),
        ],
      }),
    );
    expect(extensions).toBe("2.5.29.19!=3000 2.5.29.15=030206c0 2.5.29.14=04020304 2.5.29.35=300480020506");
    expect(meanings).toMatchObject({
      basicConstraints: "leaf ",
      keyUsage: "bits 0 1",
      subjectKeyIdentifier: "key 0304",
      authorityKeyIdentifier: "key 0506",
    });
  });

  it("tells an authority with a limit, one without, and a certificate that says nothing", () => {
    const meaning = (...extensions: readonly Uint8Array[]) => certificateReading(leaf({ extensions }));
    expect(meaning(extension.basicConstraints(true, 0))["basicConstraints"]).toBe("CA 0");
    expect(meaning(extension.basicConstraints(true))["basicConstraints"]).toBe("CA ");
    expect(meaning()).toMatchObject({
      extensions: "",
      basicConstraints: "",
      keyUsage: "",
      subjectKeyIdentifier: "",
      authorityKeyIdentifier: "",
    });
  });
});

describe("the reading of a list", () => {
  it("has every field as text", () => {
    expect(crlReading(crl)).toEqual({
      issuer: toHex(ROOT),
      thisUpdate: String(Date.UTC(2025, 0, 1)),
      nextUpdate: String(Date.UTC(2043, 0, 1)),
      revoked: "05 0080",
      tbs: toHex(crl.tbs),
      signature: toHex(crl.signature),
      extensions: "2.5.29.20=020101 2.5.29.35!=300480020102",
      authorityKeyIdentifier: "key 0102",
    });
  });
});

/** A second reader that reads as we do, but for `changes`. */
const reader = (changes: Reading): CrossCheck => ({
  name: "second",
  certificate: (der) => ({ ...certificateReading(der === certificate.der ? certificate : leaf()), ...changes }),
  crl: () => ({ ...crlReading(crl), ...changes }),
});

describe("differences", () => {
  it("are none where both readers agree", () => {
    expect(differences(reader({}), [certificate], [crl])).toEqual([]);
  });

  it("are the names of the fields, of certificates and of lists", () => {
    expect(differences(reader({ serial: "x", tbs: "y" }), [certificate], [])).toEqual(["serial", "tbs"]);
    expect(differences(reader({ revoked: "" }), [], [crl])).toEqual(["revoked"]);
  });

  it("count a field that one reader alone has", () => {
    expect(differences(reader({ more: "x" }), [certificate], [])).toEqual(["more"]);
    const less: CrossCheck = { name: "less", certificate: () => ({}), crl: () => ({}) };
    expect(differences(less, [], [crl])).toEqual(Object.keys(crlReading(crl)));
  });

  it("are there where one of the readers cannot read", () => {
    const failing: CrossCheck = {
      name: "failing",
      certificate: () => {
        throw new Error("cannot");
      },
      crl: () => crlReading(crl),
    };
    expect(differences(failing, [certificate], [crl])).toEqual(["unreadable to one of the readers"]);
    const malformed = leaf({ extensions: [extension.raw("2.5.29.14", Uint8Array.of(5, 0))] });
    expect(differences(reader({}), [malformed], [])).toEqual(["unreadable to one of the readers"]);
  });
});
