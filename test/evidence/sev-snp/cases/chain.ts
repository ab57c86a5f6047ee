/** What can be wrong with the chain from an endorsement key to AMD: algorithms, names, constraints, dates, and certificates in AMD's name. */

import { compressedPoint, ecSpki, hybridPoint } from "../../../../fixtures/algorithms.js";
import {
  AMD_ALGORITHM,
  amdDistinguishedName,
  amdOid,
  arkKey,
  forgeArk,
  forgeIssuer,
  issuerExtensions,
  issuerKeyOf,
} from "../../../../fixtures/amd/certificates.js";
import { FORGED_AT, type SnpRequest } from "../../../../fixtures/amd/snp.js";
import { integer, sequence, text } from "../../../../fixtures/der.js";
import { extension } from "../../../../fixtures/extensions.js";
import { type Algorithm, testKey } from "../../../../fixtures/keys.js";
import type { CheckCode } from "../../../../src/verdict.js";
import { about, aboutWith, type Case, daysFrom } from "../support.js";

const ASK = issuerKeyOf("Milan", "VCEK");

function path(
  name: string,
  code: CheckCode,
  bad: SnpRequest,
  good: SnpRequest = {},
  also: readonly string[] = [],
): Case {
  return { name, check: "certificate-path", code, bad: () => about(bad), good: () => about(good), also };
}

/** An intermediate in AMD's name that is not as AMD makes them cannot vouch for itself either. */
const issuer = (name: string, code: CheckCode, bad: NonNullable<SnpRequest["issuer"]>, good: SnpRequest = {}): Case =>
  path(name, code, { issuer: bad }, good, ["supplied-certificates"]);

const pss = (changes: Partial<Extract<Algorithm, { name: "RSA-PSS" }>>): Algorithm => ({
  ...(AMD_ALGORITHM as Extract<Algorithm, { name: "RSA-PSS" }>),
  ...changes,
});

const OTHER_ALGORITHMS: readonly (readonly [name: string, algorithm: Algorithm])[] = [
  ["6, S11: salt of 32 bytes", pss({ saltLength: 32 })],
  ["6, S11: SHA-256", pss({ hash: "SHA-256", saltLength: 48 })],
  ["6: SHA-512", pss({ hash: "SHA-512", saltLength: 48 })],
  ["6, S11: MGF1 with SHA-1", pss({ mgfHash: "SHA-1" })],
  ["6: MGF1 with SHA-256", pss({ mgfHash: "SHA-256" })],
  ["6: PKCS #1 v1.5", { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" }],
];

const algorithmCases: readonly Case[] = [
  ...OTHER_ALGORITHMS.map(([name, algorithm]) =>
    path(
      `${name}, in the key's certificate`,
      "certificate-algorithm",
      { ek: { algorithm } },
      { ek: { algorithm: pss({ trailerField: 1 }) } },
    ),
  ).map((one): Case => (one.name.includes("MGF1") ? { ...one, code: "certificate-signature-invalid" } : one)),
  ...OTHER_ALGORITHMS.slice(0, 1).map(([name, algorithm]) =>
    issuer(
      `${name}, in the ASK`,
      "certificate-algorithm",
      { algorithm },
      { issuer: { algorithm: pss({ trailerField: 1 }) } },
    ),
  ),
  path("6: a P-256 key", "certificate-key", { ek: { key: testKey("p256-1") } }, {}, ["report-signature"]),
  path("6: a P-521 key", "certificate-key", { ek: { key: testKey("p521-1") } }, {}, ["report-signature"]),
  path("6: an RSA key", "certificate-key", { ek: { key: testKey("rsa2048-1") } }, {}, ["report-signature"]),
  path(
    "S8: a compressed point",
    "certificate-key",
    { ek: { key: ecSpki("P-384", compressedPoint(testKey("p384-1"))) } },
    {},
    ["report-signature"],
  ),
  path("S8: a hybrid point", "certificate-key", { ek: { key: ecSpki("P-384", hybridPoint(testKey("p384-1"))) } }, {}, [
    "report-signature",
  ]),
  path(
    "6: an ASK of 3072 bits",
    "certificate-key",
    { issuer: { key: testKey("rsa3072-1") }, ek: { issuerKey: testKey("rsa3072-1") } },
    {},
    ["supplied-certificates"],
  ),
];

const signatureCases: readonly Case[] = [
  path("1: a key certified by nobody in the chain", "certificate-signature-invalid", {
    ek: { issuerKey: testKey("rsa4096-8") },
  }),
  path("the last bit of the key's certificate", "certificate-signature-invalid", {
    ek: { signature: (bytes) => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)) },
  }),
  path("a signature of 511 bytes", "certificate-signature-invalid", {
    ek: { signature: (bytes) => bytes.subarray(1) },
  }),
  issuer("1, S25: an ASK that another ARK issued", "certificate-signature-invalid", {
    issuerKey: testKey("rsa4096-8"),
  }),
  {
    name: "1, S25: a whole self-made chain in AMD's names",
    check: "certificate-path",
    code: "certificate-signature-invalid",
    also: ["supplied-certificates"],
    bad: () => {
      const [own, made] = [testKey("rsa4096-8"), testKey("rsa4096-7")];
      return aboutWith({ ek: { issuerKey: made }, issuer: { key: made, issuerKey: own } }, ({ endorsements }) => ({
        endorsements: [...endorsements, forgeArk("Milan", { key: own })],
      }));
    },
  },
  {
    name: "1: the forged chain under AMD's own anchors",
    check: "certificate-path",
    code: "certificate-signature-invalid",
    also: ["supplied-certificates"],
    bad: () => {
      const { evidence, options } = about();
      const { trustAnchors: _, ...pinned } = options;
      return { evidence, options: pinned };
    },
  },
  {
    name: "1: a key issued by nobody of AMD",
    check: "certificate-path",
    code: "issuer-unknown",
    bad: () => about({ ek: { issuer: amdDistinguishedName("SEV-Naples"), issuerKey: testKey("rsa4096-8") } }),
  },
  {
    name: "1: a key without the certificate of its issuer",
    check: "certificate-path",
    code: "issuer-unknown",
    bad: () => aboutWith({}, ({ ek }) => ({ endorsements: [ek] })),
  },
  {
    name: "S28: a key issued by itself",
    check: "certificate-path",
    code: "issuer-unknown",
    bad: () =>
      about({
        ek: {
          issuer: amdDistinguishedName("SEV-VCEK"),
          issuerKey: testKey("p384-1"),
          algorithm: { name: "ECDSA", hash: "SHA-384" },
        },
      }),
  },
  {
    name: "6, S32: the issuer's name in another string type",
    check: "certificate-path",
    code: "issuer-unknown",
    bad: () => {
      const other = amdDistinguishedName("SEV-Milan").slice();
      other[other.length - 11] = 0x13;
      return about({ ek: { issuer: other } });
    },
  },
  {
    name: "an issuer without a name",
    check: "certificate-path",
    code: "certificate-name-mismatch",
    also: ["product"],
    bad: () =>
      aboutWith({ ek: { issuer: sequence(), issuerKey: arkKey("Milan") } }, ({ ek }) => ({
        endorsements: [ek],
        trustAnchors: { amd: [forgeArk("Milan", { subject: sequence() })] },
      })),
  },
];

const withExtensions = (...changed: readonly Uint8Array[]): { extensions: readonly Uint8Array[] } => ({
  extensions: changed,
});
const [subjectKey, authorityKey, constraints, usage, crlPoint] = issuerExtensions("Milan", "VCEK", ASK) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const { raw } = extension;

const extensionCases: readonly Case[] = [
  issuer(
    "S16: an ASK without basic constraints",
    "certificate-not-a-ca",
    withExtensions(subjectKey, authorityKey, usage),
  ),
  issuer(
    "S16: an ASK with CA:FALSE",
    "certificate-not-a-ca",
    withExtensions(subjectKey, authorityKey, extension.basicConstraints(false), usage),
  ),
  issuer(
    "an ASK that may not sign certificates",
    "certificate-key-usage",
    withExtensions(constraints, extension.keyUsage(["digitalSignature", "cRLSign"])),
  ),
  issuer("an ASK without key usage", "certificate-key-usage", withExtensions(constraints, authorityKey)),
  issuer(
    "an ASK that names another key as its issuer's",
    "certificate-key-identifier",
    withExtensions(constraints, usage, extension.authorityKeyId(testKey("rsa4096-8"))),
    { issuer: withExtensions(constraints, usage, authorityKey) },
  ),
  issuer(
    "an ASK with an extension that AMD does not use",
    "certificate-extension",
    withExtensions(constraints, usage, extension.extendedKeyUsage(["1.3.6.1.5.5.7.3.1"])),
    {
      issuer: withExtensions(subjectKey, authorityKey, constraints, usage, crlPoint),
    },
  ),
  issuer(
    "S18: an ASK with a critical extension that nobody knows",
    "certificate-extension",
    withExtensions(constraints, usage, raw("1.2.3.4", integer(1), true)),
  ),
  issuer(
    "an ASK with name constraints",
    "certificate-extension",
    withExtensions(constraints, usage, extension.nameConstraints("amd.com")),
  ),
  issuer("an ASK with serial number zero", "certificate-serial", { serial: 0 }),
  issuer("S30: an ASK with a negative serial number", "certificate-serial", { serial: -1n }),
  issuer(
    "S30: an ASK with a serial number of 21 bytes",
    "certificate-serial",
    { serial: new Uint8Array(21).fill(1) },
    {
      issuer: { serial: new Uint8Array(20).fill(1) },
    },
  ),
  path(
    "S30: a key with a negative serial number",
    "certificate-serial",
    { ek: { serial: -1n } },
    { ek: { serial: 5 } },
  ),
  path(
    "S15: a key that is an authority",
    "certificate-is-a-ca",
    { ek: { more: [extension.basicConstraints(true)] } },
    {
      ek: { more: [extension.basicConstraints(false)] },
    },
  ),
  path(
    "a key that may sign certificates alone",
    "certificate-key-usage",
    { ek: { more: [extension.keyUsage(["keyCertSign"])] } },
    {
      ek: { more: [extension.keyUsage(["digitalSignature"])] },
    },
  ),
  path(
    "a key that names another key as its issuer's",
    "certificate-key-identifier",
    { ek: { more: [extension.authorityKeyId(testKey("rsa4096-8"))] } },
    {
      ek: { more: [extension.authorityKeyId(ASK)] },
    },
  ),
  path("6: a key with an extension of AMD's arc that does not exist", "certificate-extension", {
    ek: { more: [raw(amdOid("6"), integer(1))] },
  }),
  path("S33: a key with an extension whose arc is AMD's plus 2^32", "certificate-extension", {
    ek: { more: [raw("1.3.6.1.4.1.4294971000.1.5", text("CN=x", "ia5"))] },
  }),
  path("S18: a key whose hwID is critical", "certificate-extension", { ek: { critical: ["4"] } }),
  path("S18: a key with a critical extension that nobody knows", "certificate-extension", {
    ek: { more: [raw("1.2.3.4", integer(1), true)] },
  }),
  path(
    "basic constraints that are no DER",
    "malformed",
    { ek: { more: [raw("2.5.29.19", Uint8Array.of(0x30))] } },
    {},
    [],
  ),
];

const SECOND = 1000;
const at = FORGED_AT.getTime();
const ends: readonly (readonly [who: "ek" | "issuer" | "ark", words: string])[] = [
  ["ek", "the key"],
  ["issuer", "the ASK"],
  ["ark", "the ARK"],
];

const dateCases: readonly Case[] = ends.flatMap(([who, words]): readonly Case[] => [
  {
    name: `7, S24: ${words} ran out a second ago`,
    check: "certificate-validity",
    code: "certificate-expired",
    bad: () => about({ [who]: { notAfter: at - SECOND } }),
    good: () => about({ [who]: { notAfter: at } }),
  },
  {
    name: `7, S24: ${words} becomes valid in a second`,
    check: "certificate-validity",
    code: "certificate-not-yet-valid",
    bad: () => about({ [who]: { notBefore: at + SECOND } }),
    good: () => about({ [who]: { notBefore: at } }),
  },
]);

const vlekDates: readonly Case[] = [
  {
    name: "7: the ARK above an ASK that is itself an anchor ran out a second ago",
    check: "certificate-validity",
    code: "certificate-expired",
    bad: () =>
      aboutWith({ ark: { notAfter: at - SECOND } }, ({ ek, issuer: ask, ark }) => ({
        endorsements: [ek],
        trustAnchors: { amd: [ask, ark] },
      })),
    good: () =>
      aboutWith({ ark: { notAfter: at } }, ({ ek, issuer: ask, ark }) => ({
        endorsements: [ek],
        trustAnchors: { amd: [ask, ark] },
      })),
  },
  {
    name: "7: a VLEK of one year, judged after it",
    check: "certificate-validity",
    code: "certificate-expired",
    bad: () => about({ key: "VLEK", ek: { notBefore: daysFrom(-400), notAfter: daysFrom(-35) } }),
    good: () =>
      about({ key: "VLEK", ek: { notBefore: daysFrom(-400), notAfter: daysFrom(-35) } }, undefined, {
        at: daysFrom(-36),
      }),
  },
];

const SUPPLIED = { check: "supplied-certificates", code: "authority-not-pinned" } as const;

const OWN_ROOT = { subject: amdDistinguishedName("Our Root"), key: testKey("rsa4096-8") };

const suppliedCases: readonly Case[] = [
  {
    ...SUPPLIED,
    name: "2, S25: an ARK with the right key and another body",
    bad: () =>
      aboutWith({}, ({ endorsements }) => ({ endorsements: [...endorsements, forgeArk("Milan", { serial: 99 })] })),
    good: () => aboutWith({}, ({ endorsements, ark }) => ({ endorsements: [...endorsements, ark] })),
  },
  {
    ...SUPPLIED,
    name: "2: an ARK with the right body and another signature",
    bad: () =>
      aboutWith({}, ({ endorsements }) => ({
        endorsements: [...endorsements, forgeArk("Milan", { signature: (bytes) => bytes.map((byte) => byte ^ 1) })],
      })),
  },
  {
    ...SUPPLIED,
    name: "1: a self-made ARK beside a good chain",
    bad: () =>
      aboutWith({}, ({ endorsements }) => ({
        endorsements: [...endorsements, forgeArk("Milan", { key: testKey("rsa4096-8") })],
      })),
  },
  {
    ...SUPPLIED,
    name: "1: a self-signed ASK beside a good chain",
    bad: () =>
      aboutWith({}, ({ endorsements }) => ({
        endorsements: [
          ...endorsements,
          forgeIssuer("Milan", "VCEK", { issuer: amdDistinguishedName("SEV-Milan"), issuerKey: ASK }),
        ],
      })),
  },
  {
    ...SUPPLIED,
    name: "1: a certificate in the name of an anchor of the caller's own",
    bad: () =>
      aboutWith({}, ({ endorsements, ark }) => ({
        endorsements: [...endorsements, forgeArk("Milan", { ...OWN_ROOT, serial: 7 })],
        trustAnchors: { amd: [ark, forgeArk("Milan", OWN_ROOT)] },
      })),
    good: () =>
      aboutWith({}, ({ endorsements, ark }) => ({
        endorsements: [...endorsements, forgeArk("Milan", OWN_ROOT)],
        trustAnchors: { amd: [ark, forgeArk("Milan", OWN_ROOT)] },
      })),
  },
  {
    ...SUPPLIED,
    name: "1: a root of a line that the anchors do not have",
    bad: () => aboutWith({}, ({ endorsements }) => ({ endorsements: [...endorsements, forgeArk("Genoa")] })),
    good: () =>
      aboutWith({}, ({ endorsements }) => ({ endorsements: [...endorsements, forgeIssuer("Milan", "VLEK")] })),
  },
];

export const chainCases: readonly Case[] = [
  ...algorithmCases,
  ...signatureCases,
  ...extensionCases,
  ...dateCases,
  ...vlekDates,
  ...suppliedCases,
];
