import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as write from "../../fixtures/der.js";
import {
  type CertificateRequest,
  caExtensions,
  extension,
  forgeCertificate,
  leafExtensions,
  name,
  nameAttribute,
  testKey,
} from "../../fixtures/x509.js";
import { toHex } from "../../src/encoding/text.js";
import {
  authorityKeyIdentifier,
  basicConstraints,
  commonName,
  keyUsage,
  MAX_CERTIFICATE_BYTES,
  parseCertificate,
  subjectKeyIdentifier,
} from "../../src/trust/certificate.js";
import { signedObjects } from "../support/corpus.js";
import { expectMalformed, readsOrMalformed } from "../support/malformed.js";
import { describeShared } from "../support/shared.js";

const issuerKey = testKey("p384-1");
const key = testKey("p256-1");
const ISSUER = name([
  ["C", "US", "printable"],
  ["CN", "Test Root"],
]);
const SUBJECT = name([["CN", "leaf"]]);

const forge = (request: Partial<CertificateRequest> = {}): Uint8Array =>
  forgeCertificate({
    subject: SUBJECT,
    issuer: ISSUER,
    key,
    issuerKey,
    serial: 0x1234,
    extensions: leafExtensions(key, issuerKey),
    ...request,
  });
const parse = (request: Partial<CertificateRequest> = {}) => parseCertificate(forge(request));

describe("parseCertificate", () => {
  it("reads every field as it stands", () => {
    const der = forge({ notBefore: Date.UTC(2049, 11, 31, 23, 59, 59), notAfter: Date.UTC(2050, 0, 1) });
    const read = parseCertificate(der);
    expect(read.der).toBe(der);
    expect([...read.serial]).toEqual([0x12, 0x34]);
    expect(read.issuer).toEqual(ISSUER);
    expect(read.subject).toEqual(SUBJECT);
    expect([read.notBefore, read.notAfter]).toEqual([Date.UTC(2049, 11, 31, 23, 59, 59), Date.UTC(2050, 0, 1)]);
    expect(read.spki).toEqual(key.spki);
    expect(read.publicKey).toEqual({ type: "ec", curve: "P-256", point: key.raw });
    expect(read.signatureAlgorithm).toEqual({ name: "ECDSA", hash: "SHA-384" });
    expect([...read.extensions.keys()]).toEqual(["2.5.29.19", "2.5.29.15", "2.5.29.14", "2.5.29.35"]);
    expect(read.extensions.get("2.5.29.15")?.critical).toBe(true);
    expect(read.extensions.get("2.5.29.14")?.critical).toBe(false);
  });

  it("keeps the signed bytes: what it calls signed verifies in Node under the issuer's key", () => {
    const root = new X509Certificate(forgeCertificate({ subject: ISSUER, key: issuerKey }));
    const der = forge();
    expect(new X509Certificate(der).verify(root.publicKey)).toBe(true);
    const { tbs } = parseCertificate(der);
    expect(toHex(der)).toContain(toHex(tbs));
    expect(write.headerLength(tbs)).toBe(4);
  });

  it("reads keys and algorithms that it does not verify as unknown, without refusing the certificate", () => {
    expect(parse({ key: testKey("secp256k1-1") }).publicKey).toBeUndefined();
    expect(parse({ algorithm: { name: "ECDSA", hash: "SHA-1" } }).signatureAlgorithm).toBeUndefined();
  });

  it("reads certificates without extensions", () => {
    expect(parse({ extensions: [] }).extensions.size).toBe(0);
  });

  const bad = (text: string): Uint8Array => write.rawTime(0x17, text);
  const omit =
    (index: number) =>
    (fields: readonly Uint8Array[]): readonly Uint8Array[] =>
      fields.filter((_, i) => i !== index);
  const insert =
    (index: number, element: Uint8Array) =>
    (fields: readonly Uint8Array[]): readonly Uint8Array[] => [
      ...fields.slice(0, index),
      element,
      ...fields.slice(index),
    ];
  const replace =
    (index: number, element: Uint8Array) =>
    (fields: readonly Uint8Array[]): readonly Uint8Array[] =>
      fields.map((field, i) => (i === index ? element : field));
  const subjectKeyId = extension.subjectKeyId(key);

  it.each<[string, Partial<CertificateRequest>, RegExp]>([
    ["version 1 without a version field", { version: "absent" }, /not X.509 version 3/],
    ["version 1 with a version field", { version: 0 }, /not X.509 version 3/],
    ["version 2", { version: 1 }, /not X.509 version 3/],
    ["version 4", { version: 3 }, /not X.509 version 3/],
    ["a negative version", { version: -1 }, /version is negative/],
    [
      "a version field with two numbers",
      { fields: replace(0, write.explicit(0, write.integer(2), write.integer(2))) },
      /version has an element too many/,
    ],
    ["an empty version field", { fields: replace(0, write.explicit(0)) }, /version is missing/],
    ["no serial number", { fields: omit(1) }, /serialNumber has DER tag/],
    ["a serial number that is not minimal", { serial: Uint8Array.of(0, 1) }, /INTEGER is not minimal/],
    ["a serial number without contents", { serial: new Uint8Array() }, /INTEGER without contents/],
    ["a serial number of 22 bytes", { serial: new Uint8Array(22).fill(1) }, /serial number longer than 21/],
    [
      "another algorithm inside than outside",
      { innerAlgorithm: write.sequence(write.oid("1.2.840.10045.4.3.2")) },
      /inside and outside differ/,
    ],
    [
      "another algorithm outside than inside",
      { outerAlgorithm: write.sequence(write.oid("1.2.840.10045.4.3.2")) },
      /inside and outside differ/,
    ],
    [
      "NULL parameters outside alone",
      { outerAlgorithm: write.sequence(write.oid("1.2.840.10045.4.3.3"), write.nullValue()) },
      /inside and outside differ/,
    ],
    ["no validity", { fields: omit(4) }, /.*/],
    ["a validity of one time", { fields: replace(4, write.sequence(write.time(0))) }, /notAfter is missing/],
    [
      "a validity of three times",
      { fields: replace(4, write.sequence(write.time(0), write.time(0), write.time(0))) },
      /validity has an element too many/,
    ],
    ["30 February", { notBefore: bad("250230000000Z") }, /calendar/],
    ["a time without Z", { notAfter: bad("250228000000") }, /exact form/],
    ["a time of another type", { notBefore: write.integer(5) }, /neither of its two types/],
    ["an issuer that is a SET", { issuer: write.set() }, /issuer has DER tag/],
    [
      "a subject with an empty RelativeDistinguishedName",
      { subject: write.sequence(write.set()) },
      /without an attribute/,
    ],
    [
      "a subject with a SEQUENCE for a SET",
      { subject: write.sequence(write.sequence(nameAttribute(["CN", "x"]))) },
      /RelativeDistinguishedName has DER tag/,
    ],
    [
      "an attribute without a value",
      { subject: write.sequence(write.set(write.sequence(write.oid("2.5.4.3")))) },
      /attribute value is missing/,
    ],
    [
      "an attribute with two values",
      { subject: write.sequence(write.set(write.sequence(write.oid("2.5.4.3"), write.text("a"), write.text("b")))) },
      /AttributeTypeAndValue has an element too many/,
    ],
    [
      "an attribute value in constructed form",
      { subject: name([["CN", write.tlv(0x2c, write.text("x"))]]) },
      /wrong form/,
    ],
    ["a subject behind the validity that is missing", { fields: omit(5) }, /.*/],
    [
      "an issuerUniqueID",
      { fields: insert(7, write.implicit(1, Uint8Array.of(0, 1))) },
      /TBSCertificate has an element too many/,
    ],
    [
      "an element behind the extensions",
      { fields: (fields) => [...fields, write.nullValue()] },
      /TBSCertificate has an element too many/,
    ],
    [
      "two extension fields",
      { fields: (fields) => [...fields, fields[fields.length - 1] as Uint8Array] },
      /TBSCertificate has an element too many/,
    ],
    [
      "an empty list of extensions",
      { fields: replace(7, write.explicit(3, write.sequence())) },
      /without an extension/,
    ],
    ["extensions without a list", { fields: replace(7, write.explicit(3)) }, /extensions is missing/],
    [
      "two lists of extensions",
      { fields: replace(7, write.explicit(3, write.sequence(subjectKeyId), write.sequence())) },
      /extensions has an element too many/,
    ],
    ["an extension twice", { extensions: [subjectKeyId, subjectKeyId] }, /2.5.29.14 stands twice/],
    [
      "an unknown extension twice",
      { extensions: [extension.raw("1.2.3", new Uint8Array()), extension.raw("1.2.3", Uint8Array.of(5, 0))] },
      /1.2.3 stands twice/,
    ],
    [
      "criticality FALSE written out",
      { extensions: [extension.rawWithFalse("1.2.3", new Uint8Array())] },
      /writes its default criticality out/,
    ],
    [
      "criticality 01",
      {
        extensions: [
          write.sequence(write.oid("1.2.3"), write.tlv(1, Uint8Array.of(1)), write.octetString(new Uint8Array())),
        ],
      },
      /BOOLEAN is not/,
    ],
    ["an extension without a value", { extensions: [write.sequence(write.oid("1.2.3"))] }, /extnValue is missing/],
    [
      "an extension whose value is no OCTET STRING",
      { extensions: [write.sequence(write.oid("1.2.3"), write.nullValue())] },
      /extnValue has DER tag/,
    ],
    [
      "an extension with an element too many",
      { extensions: [write.sequence(write.oid("1.2.3"), write.octetString(new Uint8Array()), write.nullValue())] },
      /extension has an element too many/,
    ],
    [
      "65 extensions",
      { extensions: Array.from({ length: 65 }, (_, i) => extension.raw(`1.2.${i}`, new Uint8Array())) },
      /more than 64 extensions/,
    ],
    [
      "a signature with unused bits",
      { signatureElement: (signature) => write.bitString(signature, 1) },
      /signatureValue does not hold whole octets/,
    ],
    ["a signature that is an OCTET STRING", { signatureElement: write.octetString }, /signatureValue has DER tag/],
    [
      "an element behind the signature",
      { mutate: (der) => write.sequence(write.contentsOf(der), write.nullValue()) },
      /Certificate has an element too many/,
    ],
    ["a byte behind the certificate", { mutate: (der) => write.concat(der, Uint8Array.of(0)) }, /1 bytes follow/],
    ["a byte missing", { mutate: (der) => der.subarray(0, -1) }, /longer than what holds it/],
    ["an indefinite length outside", { mutate: write.indefiniteLength }, /indefinite/],
    ["an indefinite length of the signed part", { mutateTbs: write.indefiniteLength }, /indefinite/],
    ["a length that is not minimal outside", { mutate: write.overlongLength }, /not minimal/],
    ["a length that is not minimal inside", { mutateTbs: write.overlongLength }, /not minimal/],
    [
      "an EC key that is cut short",
      { key: write.sequence(write.sequence(write.oid("1.2.840.10045.2.1"))) },
      /EC parameters is missing|subjectPublicKey is missing/,
    ],
  ])("refuses %s", (_, request, reason) => {
    expectMalformed(() => parse(request), reason);
  });

  it.each<[string, Partial<CertificateRequest>]>([
    ["a serial number of 20 bytes", { serial: new Uint8Array(20).fill(1) }],
    ["serial number zero (AMD; the profile judges)", { serial: 0 }],
    ["a negative serial number (the profile judges)", { serial: -1 }],
    [
      "64 extensions",
      { extensions: Array.from({ length: 64 }, (_, i) => extension.raw(`1.2.${i}`, new Uint8Array())) },
    ],
    [
      "a RelativeDistinguishedName of two attributes",
      { subject: write.sequence(write.set(nameAttribute(["CN", "a"]), nameAttribute(["O", "b"]))) },
    ],
    ["an empty subject", { subject: write.sequence() }],
    [
      "names in BMPString and TeletexString",
      {
        subject: name([
          ["CN", "a", "bmp"],
          ["O", "b", "teletex"],
        ]),
      },
    ],
    ["a GeneralizedTime before 2050", { notBefore: write.generalizedTime(Date.UTC(2019, 4, 1)) }],
    ["dates the wrong way round (the path judges)", { notBefore: Date.UTC(2030, 0), notAfter: Date.UTC(2020, 0) }],
    [
      "extensions whose contents are no DER, where nobody interprets them",
      { extensions: [extension.raw("1.2.3", Uint8Array.of(0xff))] },
    ],
  ])("reads %s", (_, request) => {
    parse(request);
  });

  it("bounds the size before it reads", () => {
    // RSA, whose signatures all have one length.
    const filler = (length: number) =>
      forge({ issuerKey: testKey("rsa2048-1"), extensions: [extension.raw("1.2.3", new Uint8Array(length))] });
    const base = filler(15_000).length - 15_000;
    expect(parseCertificate(filler(MAX_CERTIFICATE_BYTES - base)).der.length).toBe(MAX_CERTIFICATE_BYTES);
    expectMalformed(() => parseCertificate(filler(MAX_CERTIFICATE_BYTES - base + 1)), "longer than 16384");
    expectMalformed(() => parseCertificate(new Uint8Array(100_000_000)), "longer than 16384");
  });

  it("gives a certificate or a MalformedError for any change of one byte, any cut and any bytes", () => {
    const der = forge();
    const change = fc.tuple(fc.nat({ max: der.length - 1 }), fc.nat({ max: 255 }));
    const read = (bytes: Uint8Array): void => {
      readsOrMalformed(() => {
        const certificate = parseCertificate(bytes);
        basicConstraints(certificate);
        keyUsage(certificate);
        subjectKeyIdentifier(certificate);
        authorityKeyIdentifier(certificate.extensions);
        commonName(certificate.subject);
      });
    };
    fc.assert(
      fc.property(change, ([at, value]) => read(der.map((byte, i) => (i === at ? value : byte)))),
      { numRuns: 2000 },
    );
    for (let length = 0; length < der.length; length++)
      expectMalformed(() => parseCertificate(der.subarray(0, length)), "");
    fc.assert(fc.property(fc.uint8Array(), read));
  });
});

describe("the forge", () => {
  it("is deterministic", () => {
    for (const signer of [testKey("rsa4096-1"), testKey("p256-2"), testKey("p521-1"), testKey("ed25519-1")]) {
      const once = forge({ issuerKey: signer });
      expect(toHex(forge({ issuerKey: signer }))).toBe(toHex(once));
    }
  });

  it("signs so that OpenSSL verifies, with every kind of key", () => {
    for (const signer of [
      testKey("rsa4096-1"),
      testKey("rsa2048-1"),
      testKey("p256-2"),
      testKey("p384-2"),
      testKey("p521-1"),
      testKey("ed25519-1"),
    ]) {
      const root = new X509Certificate(
        forgeCertificate({ subject: ISSUER, key: signer, extensions: caExtensions(signer, signer) }),
      );
      const leaf = new X509Certificate(forge({ issuerKey: signer, extensions: leafExtensions(key, signer) }));
      expect([leaf.verify(root.publicKey), leaf.checkIssued(root)], signer.name).toEqual([true, true]);
    }
  });
});

describeShared("certificates of the evidence", () => {
  /** What Node (OpenSSL) reads as a certificate, apart from our reader. */
  const known = signedObjects("evidence").flatMap(({ der, file }) => {
    try {
      return [{ der, file, node: new X509Certificate(der) }];
    } catch {
      return [];
    }
  });

  /** Files whose certificates we refuse, with the reason. */
  const REFUSED: Readonly<Record<string, RegExp>> = {
    // A UEFI event log that holds a Secure Boot certificate of version 1: no part of any attestation path.
    "dcap/confidential-containers+trustee/ccel/CCEL_data_grub": /not X.509 version 3/,
  };

  it("are read, all but those on a closed list, with the serial number, dates and key that OpenSSL reads", () => {
    expect(known.length).toBeGreaterThanOrEqual(180);
    const refused: string[] = [];
    let compared = 0;
    for (const { der, file, node } of known) {
      const reason = REFUSED[file];
      if (reason !== undefined && !readsOrMalformed(() => parseCertificate(der))) {
        expectMalformed(() => parseCertificate(der), reason);
        refused.push(file);
        continue;
      }
      const read = parseCertificate(der);
      // Node looks for PEM first, even inside DER: certificates that carry a quote carry PEM.
      if (node.raw.length !== der.length) continue;
      compared++;
      expect(BigInt(`0x${toHex(read.serial)}`), file).toBe(BigInt(`0x${node.serialNumber}`));
      expect([read.notBefore, read.notAfter], file).toEqual([Date.parse(node.validFrom), Date.parse(node.validTo)]);
      expect(toHex(read.spki), file).toBe(node.publicKey.export({ format: "der", type: "spki" }).toString("hex"));
      expect(basicConstraints(read)?.ca === true, file).toBe(node.ca);
    }
    expect(compared).toBeGreaterThanOrEqual(180);
    expect(refused).toEqual(Object.keys(REFUSED));
  });
});
