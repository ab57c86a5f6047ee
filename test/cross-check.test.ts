import { describe, expect, it } from "vitest";
import * as write from "../fixtures/der.js";
import {
  type CertificateRequest,
  caExtensions,
  extension,
  forgeCertificate,
  forgeCrl,
  leafExtensions,
  name,
  testKey,
} from "../fixtures/x509.js";
import { crossCheck } from "../src/cross-check.js";
import { toHex } from "../src/encoding/text.js";
import { type Certificate, parseCertificate } from "../src/trust/certificate.js";
import { type Crl, looksLikeCrl, parseCrl } from "../src/trust/crl.js";
import {
  type CrossCheck,
  certificateReading,
  crlReading,
  differences,
  type Reading,
} from "../src/trust/cross-check.js";
import { signedObjects } from "./support/corpus.js";
import { describeShared } from "./support/shared.js";

const key = testKey("p256-1");
const issuerKey = testKey("p384-1");
const ISSUER = name([
  ["C", "US", "printable"],
  ["O", "Testing", "ia5"],
  ["CN", "Test Root"],
]);
const UNREADABLE = ["unreadable to one of the readers"];

function certificate(changes: Partial<CertificateRequest> = {}): Certificate {
  const extensions = leafExtensions(key, issuerKey);
  const request = { subject: name([["CN", "leaf"]]), issuer: ISSUER, key, issuerKey, serial: 0x8000, extensions };
  return parseCertificate(forgeCertificate({ ...request, ...changes }));
}

const EXTENSIONS = [extension.crlNumber(1), extension.authorityKeyId(issuerKey)];
const crl = (): Crl => parseCrl(forgeCrl({ issuer: ISSUER, issuerKey, revoked: [5, 0x80], extensions: EXTENSIONS }));

const differ = (...certificates: readonly Certificate[]): readonly string[] =>
  differences(crossCheck, certificates, []);

describe("two readers", () => {
  it("agree on what the forge writes, with every kind of key and name", () => {
    const keys = ["p256-1", "p384-1", "p521-1", "rsa4096-1", "rsa2048-1", "ed25519-1", "secp256k1-1"] as const;
    for (const name of keys) expect(differ(certificate({ key: testKey(name) })), name).toEqual([]);
    for (const name of keys.slice(0, -1)) expect(differ(certificate({ issuerKey: testKey(name) })), name).toEqual([]);
    expect(
      differ(certificate({ serial: 0 }), certificate({ serial: -5 }), certificate({ serial: 2n ** 159n - 1n })),
    ).toEqual([]);
    expect(
      differ(certificate({ extensions: [] }), certificate({ extensions: caExtensions(key, issuerKey, 3) })),
    ).toEqual([]);
    expect(
      differ(
        certificate({ subject: name([]) }),
        certificate({
          subject: name([
            ["CN", "é", "bmp"],
            ["OU", "x", "teletex"],
          ]),
        }),
      ),
    ).toEqual([]);
    expect(differ(certificate({ notBefore: Date.UTC(1950, 0), notAfter: Date.UTC(9999, 11, 31) }))).toEqual([]);
    expect(differ(certificate({ notBefore: Date.UTC(2049, 11, 31, 23, 59, 59), notAfter: Date.UTC(2050, 0) }))).toEqual(
      [],
    );
    expect(differences(crossCheck, [], [crl()])).toEqual([]);
  });

  it("agree on lists: empty, bare, and of 5,000 entries, which is more than asn1js reads by default", () => {
    const list = (revoked: readonly number[], extensions: readonly Uint8Array[]) =>
      parseCrl(forgeCrl({ issuer: ISSUER, issuerKey, revoked, extensions }));
    const many = Array.from({ length: 5_000 }, (_, i) => i);
    expect(
      differences(crossCheck, [], [list([], []), list([], EXTENSIONS), list([1], []), list(many, EXTENSIONS)]),
    ).toEqual([]);
    expect(crossCheck.crl(list(many, []).der)["revoked"]?.split(" ")).toHaveLength(5_000);
  });

  it("name the same fields", () => {
    const { der } = certificate();
    expect(Object.keys(crossCheck.certificate(der))).toEqual(Object.keys(certificateReading(parseCertificate(der))));
    expect(Object.keys(crossCheck.crl(crl().der))).toEqual(Object.keys(crlReading(crl())));
  });
});

describe("a first reader that errs", () => {
  const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
  const good = certificate();

  it.each<[keyof Certificate & string, Partial<Certificate>]>([
    ["serial", { serial: flip(good.serial) }],
    ["issuer", { issuer: flip(good.issuer) }],
    ["subject", { subject: flip(good.subject) }],
    ["notBefore", { notBefore: good.notBefore + 1000 }],
    ["notAfter", { notAfter: good.notAfter - 1 }],
    ["spki", { spki: flip(good.spki) }],
    ["tbs", { tbs: flip(good.tbs) }],
    ["signature", { signature: flip(good.signature) }],
  ])("about %s is found out", (field, wrong) => {
    expect(differ({ ...good, ...wrong })).toEqual([field]);
  });

  const entries = [...good.extensions];
  const without = (id: string) => new Map(entries.filter(([name]) => name !== id));
  const other = (id: string, critical: boolean, value: Uint8Array) =>
    new Map(good.extensions).set(id, { critical, value });

  it.each<[string, Certificate["extensions"], readonly string[]]>([
    ["left out", without("2.5.29.14"), ["extensions", "subjectKeyIdentifier"]],
    ["invented", other("1.2.3", false, new Uint8Array()), ["extensions"]],
    [
      "of another criticality",
      other("2.5.29.15", false, (good.extensions.get("2.5.29.15") as { value: Uint8Array }).value),
      ["extensions"],
    ],
    [
      "of another value",
      other("2.5.29.19", true, write.sequence(write.boolean(true))),
      ["extensions", "basicConstraints"],
    ],
    ["in another order", new Map([...entries].reverse()), ["extensions"]],
  ])("about an extension, %s, is found out", (_, extensions, fields) => {
    expect(differ({ ...good, extensions })).toEqual(fields);
  });

  it.each<[keyof Crl & string, Partial<Crl>]>([
    ["issuer", { issuer: flip(ISSUER) }],
    ["thisUpdate", { thisUpdate: 0 }],
    ["nextUpdate", { nextUpdate: crl().nextUpdate + 1000 }],
    ["revoked", { revoked: crl().revoked.slice(1) }],
    ["tbs", { tbs: flip(crl().tbs) }],
    ["signature", { signature: flip(crl().signature) }],
    ["extensions", { extensions: new Map([...crl().extensions].slice(1)) }],
  ])("about a list's %s is found out", (field, wrong) => {
    expect(differences(crossCheck, [], [{ ...crl(), ...wrong }])).toContain(field);
  });

  it("among many certificates is found out", () => {
    expect(differ(good, certificate({ serial: 2 }), { ...good, notAfter: 0 }, good)).toEqual(["notAfter"]);
  });
});

describe("a first reader that is lenient", () => {
  /** What such a reader takes from `faulty`: everything as in the good certificate, from bytes that only BER or nobody allows. */
  const lenient = (mutate: (der: Uint8Array) => Uint8Array): Certificate => ({
    ...certificate(),
    der: mutate(certificate().der),
  });

  it("with BER is stopped by the second one, which reads BER and says so", () => {
    expect(differ(lenient(write.indefiniteLength))).toEqual(UNREADABLE);
    expect(differ(lenient(write.overlongLength))).toEqual(UNREADABLE);
    const inside = forgeCertificate({ subject: ISSUER, key, mutateTbs: write.overlongLength });
    expect(differ({ ...certificate(), der: inside })).toEqual(UNREADABLE);
    const spelled = forgeCertificate({
      subject: ISSUER,
      key,
      fields: (fields) => fields.map((f, i) => (i === 4 ? write.indefiniteLength(f) : f)),
    });
    expect(differ({ ...certificate(), der: spelled })).toEqual(UNREADABLE);
  });

  it("with trailing bytes is stopped", () => {
    expect(differ(lenient((der) => write.concat(der, Uint8Array.of(0))))).toEqual(UNREADABLE);
    expect(differ(lenient((der) => write.concat(der, der)))).toEqual(UNREADABLE);
    expect(differ(lenient((der) => write.sequence(write.contentsOf(der), write.nullValue())))).toEqual(UNREADABLE);
  });

  it("with duplicate extensions is stopped, whichever of the two it keeps", () => {
    const [first, second] = [extension.subjectKeyId(Uint8Array.of(1)), extension.subjectKeyId(Uint8Array.of(2))];
    const faulty = forgeCertificate({ subject: ISSUER, key, extensions: [first, second] });
    for (const kept of [first, second]) {
      const read = parseCertificate(forgeCertificate({ subject: ISSUER, key, extensions: [kept] }));
      expect(differ({ ...read, der: faulty })).toContain("extensions");
    }
  });

  it("with a signature of no whole octets is stopped", () => {
    const faulty = forgeCertificate({
      subject: ISSUER,
      key,
      signatureElement: (signature) => write.bitString(signature, 1),
    });
    expect(differ({ ...certificate(), der: faulty })).toEqual(UNREADABLE);
  });

  it("with lists is stopped as well", () => {
    const list = (der: Uint8Array) => differences(crossCheck, [], [{ ...crl(), der }]);
    expect(list(write.indefiniteLength(crl().der))).toEqual(UNREADABLE);
    expect(list(write.concat(crl().der, Uint8Array.of(0)))).toEqual(UNREADABLE);
    expect(list(forgeCrl({ issuer: ISSUER, issuerKey, nextUpdate: null }))).toEqual(UNREADABLE);
    expect(list(certificate().der)).toEqual(UNREADABLE);
  });

  it("with PEM or other text is stopped: the second reader would decode it", () => {
    const text = new TextEncoder().encode(
      `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate().der).toString("base64")}\n-----END CERTIFICATE-----`,
    );
    expect(differ({ ...certificate(), der: text })).toEqual(UNREADABLE);
  });
});

describe("a second reader that errs", () => {
  const standIn = (change: (der: Uint8Array) => Record<string, string>): CrossCheck => ({
    name: "stand-in",
    certificate: (der) => ({ ...certificateReading(parseCertificate(der)), ...change(der) }),
    crl: (der) => ({ ...crlReading(parseCrl(der)), ...change(der) }),
  });

  it("rejects too: nobody knows which of the two is right", () => {
    expect(
      differences(
        standIn(() => ({})),
        [certificate()],
        [crl()],
      ),
    ).toEqual([]);
    expect(
      differences(
        standIn(() => ({ serial: "00" })),
        [certificate()],
        [],
      ),
    ).toEqual(["serial"]);
    expect(
      differences(
        standIn(() => ({ more: "x" })),
        [certificate()],
        [crl()],
      ),
    ).toEqual(["more", "more"]);
    const { serial: _, ...less } = certificateReading(certificate());
    expect(differences({ ...crossCheck, certificate: () => less }, [certificate()], [])).toEqual(["serial"]);
  });

  it("or throws anything at all is a difference and no crash", () => {
    for (const thrown of [new Error("x"), new RangeError("x"), "text", undefined]) {
      const failing = standIn(() => {
        throw thrown;
      });
      expect(differences(failing, [certificate()], [crl()])).toEqual([...UNREADABLE, ...UNREADABLE]);
    }
  });
});

describe("a certificate whose key usage is malformed", () => {
  it("is a difference before anybody judges it", () => {
    const extensions = [extension.raw("2.5.29.15", write.bitString(Uint8Array.of(0xc0), 7), true)];
    expect(differ(certificate({ extensions }))).toEqual(UNREADABLE);
  });
});

describeShared("certificates and lists of the evidence and the suites", () => {
  /** Where the readers differ: file, what each says, and why. Anything outside this list is a failure. */
  const EXPLAINED: readonly {
    readonly file: string;
    readonly first: RegExp;
    readonly second: RegExp;
    readonly why: string;
    readonly count: number;
  }[] = [
    {
      file: "dcap/confidential-containers+trustee/ccel/CCEL_data_grub",
      first: /not X.509 version 3/,
      second: /^read$/,
      why: "a Secure Boot certificate of version 1 in an event log: no attestation path may hold one",
      count: 1,
    },
    {
      file: "UIDCACert.crt",
      first: /TBSCertificate has an element too many/,
      second: /^read$/,
      why: "issuerUniqueID and subjectUniqueID, which RFC 5280, section 4.1.2.8, forbids to conforming authorities",
      count: 1,
    },
    {
      file: "ValidNameUIDsTest6EE.crt",
      first: /TBSCertificate has an element too many/,
      second: /^read$/,
      why: "as above",
      count: 1,
    },
    {
      file: "UnknownCRLEntryExtensionCACRL.crl",
      first: /critical extension 2.16.840.1.101.2.1.12.2/,
      second: /^read$/,
      why: "a critical entry extension: our reader judges it when it reads",
      count: 1,
    },
    {
      file: "indirectCRLCA5CRL.crl",
      first: /critical extension 2.5.29.29/,
      second: /^read$/,
      why: "an indirect list: as above",
      count: 1,
    },
    {
      file: "limbo-subset.json",
      first:
        /longer than 16384|serial number longer than 21|2.5.29.17 stands twice|inside and outside differ|not X.509 version 3/,
      second: /^read$/,
      why: "faults that the suite makes on purpose and that the second reader does not look for",
      count: 10,
    },
    {
      file: "limbo-subset.json",
      first: /^read$/,
      second: /End of input/,
      why: "webpki::malformed-aia: the second reader opens authorityInfoAccess, which nothing here uses",
      count: 1,
    },
  ];

  const attempt = (read: () => unknown): string => {
    try {
      read();
      return "read";
    } catch (error) {
      return (error as Error).message;
    }
  };

  it.each([
    ["evidence", 210],
    ["suites/pkits/certs", 400],
    ["suites/pkits/crls", 168],
    ["suites/x509-limbo", 800],
  ])(
    "in %s are read alike, %i of them at least, but for a closed list",
    (folder, atLeast) => {
      let agreed = 0;
      const explained = new Map<string, number>();
      for (const { der, file } of signedObjects(folder)) {
        const isCrl = attempt(() => looksLikeCrl(der)) === "read" && looksLikeCrl(der);
        let reading: Reading = {};
        const first = attempt(() => (isCrl ? crlReading(parseCrl(der)) : certificateReading(parseCertificate(der))));
        const second = attempt(() => {
          reading = isCrl ? crossCheck.crl(der) : crossCheck.certificate(der);
        });
        // What was read is compared as the library does it, without reading it a third time.
        const again: CrossCheck = { name: crossCheck.name, certificate: () => reading, crl: () => reading };
        if (first === "read" && second === "read") {
          const found = isCrl
            ? differences(again, [], [parseCrl(der)])
            : differences(again, [parseCertificate(der)], []);
          expect(found, `${file} ${toHex(der.subarray(0, 40))}`).toEqual([]);
          agreed++;
        } else if (first === "read" || second === "read") {
          const known = EXPLAINED.find(
            (item) => item.file === file && item.first.test(first) && item.second.test(second),
          );
          expect(known, `${file}: first ${first}, second ${second}`).toBeDefined();
          const id = `${file} ${known?.first}`;
          explained.set(id, (explained.get(id) ?? 0) + 1);
        }
      }
      expect(agreed).toBeGreaterThanOrEqual(atLeast);
      for (const [id, count] of explained) {
        expect(EXPLAINED.find(({ file, first }) => `${file} ${first}` === id)?.count, id).toBe(count);
      }
      // Two thousand readings at a millisecond or more each, on a machine that may be busy.
    },
    60_000,
  );
});
