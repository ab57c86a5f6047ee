/** What can be wrong with a VCEK or VLEK and with what ties it to the report. */
import {
  amdDistinguishedName,
  arkKey,
  arkName,
  issuerExtensions,
  issuerKeyOf,
  issuerName,
} from "../../../../fixtures/amd/certificates.js";
import { type AmdLine, levelBytes, pattern } from "../../../../fixtures/amd/report.js";
import type { SnpRequest } from "../../../../fixtures/amd/snp.js";
import { integer, octetString, sequence, text } from "../../../../fixtures/der.js";
import { extension } from "../../../../fixtures/extensions.js";
import { sign, testKey } from "../../../../fixtures/keys.js";
import { name } from "../../../../fixtures/x509.js";
import { CryptoUnavailableError } from "../../../../src/crypto/crypto.js";
import { defaultCrypto } from "../../../../src/crypto/webcrypto.js";
import { parseCertificate } from "../../../../src/trust/certificate.js";
import { certificateReading } from "../../../../src/trust/cross-check.js";
import { about, aboutWith, type Case } from "../support.js";

type Ek = NonNullable<SnpRequest["ek"]>;

/** A certificate that is not of AMD's form says nothing on product, levels or chip. */
function profile(title: string, ek: Ek, request: SnpRequest = {}, good: SnpRequest = {}): Case {
  const { product, version, key } = request;
  const same = {
    ...(product === undefined ? {} : { product }),
    ...(version === undefined ? {} : { version }),
    ...(key === undefined ? {} : { key }),
  };
  return {
    name: title,
    check: "certificate-profile",
    code: "certificate-profile",
    bad: () => about({ ...request, ek: { ...request.ek, ...ek } }),
    good: () => about({ ...same, ...good }),
  };
}

const without = (tail: string): Ek => ({ amd: { [tail]: null } });
const TURIN: SnpRequest = { product: "Turin", version: 5 };
const VLEK: SnpRequest = { key: "VLEK" };

const profileCases: readonly Case[] = [
  profile("5: a VCEK without hwID", without("4")),
  profile("5: a VCEK with csp_id", { amd: { "5": text("CN=cloud", "ia5") } }),
  profile("5: a VCEK with csp_id in place of hwID", { amd: { "4": null, "5": text("CN=cloud", "ia5") } }),
  profile("5: a VLEK with hwID", { amd: { "4": pattern(64, 4) } }, VLEK),
  profile("5: a VLEK without csp_id", without("5"), VLEK),
  profile("6: a subject that is no VCEK", { subject: amdDistinguishedName("SEV-VCEK2") }),
  profile("6: a subject in other case", { subject: amdDistinguishedName("sev-vcek") }),
  // The AMD extensions still mark it as meant.
  profile("6: a VCEK by its name alone", { extensions: [] }),
  profile("6: a VCEK by AMD's extensions alone, beside others", {
    subject: amdDistinguishedName("SEV-OTHER"),
    more: [extension.subjectKeyId(testKey("p384-1"))],
  }),
  profile("6: an empty subject", { subject: sequence() }),
  profile("6: the commonName alone, without AMD's organisation", { subject: name([["CN", "SEV-VCEK"]]) }),
  profile("6: a commonName in another string type", {
    subject: otherStringType(),
  }),
  ...["1", "2", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8"].map((tail) =>
    profile(`9, S34: without extension ${tail}`, without(tail)),
  ),
  ...["3.9", "3.1", "3.2", "3.3", "3.5", "3.6", "3.7", "3.8"].map((tail) =>
    profile(`9, S34: Turin without extension ${tail}`, without(tail), TURIN),
  ),
  profile("9: a level that is negative", { amd: { "3.3": integer(-1) } }),
  profile("9: a level above 255", { amd: { "3.8": integer(0x1db) } }),
  profile("9: a level with an INTEGER that is not minimal", { amd: { "3.8": Uint8Array.of(2, 3, 0, 0, 0xdb) } }),
  profile("9: a level with bytes behind it", { amd: { "3.1": Uint8Array.of(2, 1, 4, 0) } }),
  profile("S34: a level that is an OCTET STRING", { amd: { "3.1": Uint8Array.of(4, 1, 4) } }),
  profile("S34: a level that is no DER", { amd: { "3.1": Uint8Array.of(4) } }),
  profile("10: Milan with Turin's FMC level", { amd: { "3.9": integer(1) } }),
  profile("10: Turin with the level that it does not have", { amd: { "3.4": integer(0) } }, TURIN),
  profile("structVersion 2", { amd: { "1": integer(2) } }),
  profile("structVersion that is no INTEGER", { amd: { "1": octetString(Uint8Array.of(0)) } }),
  profile("3: productName that no line has", { amd: { "2": text("Venice", "ia5") } }),
  profile("3: productName with more behind it", { amd: { "2": text("Milan-B0 or Genoa", "ia5") } }),
  profile("3: productName in another string type", { amd: { "2": text("Milan-B0", "utf8") } }),
  profile("3: empty productName", { amd: { "2": text("", "ia5") } }),
  profile("8: empty hwID", { amd: { "4": new Uint8Array() } }),
  profile("8: hwID of 63 bytes", { hwid: pattern(63, 4) }),
  profile("8: hwID of 65 bytes", { hwid: pattern(65, 4) }),
  profile("8: Turin with hwID of 64 bytes", { hwid: pattern(64, 4) }, TURIN),
  profile("8: Milan with hwID of 8 bytes", { hwid: pattern(8, 4) }),
  profile(
    "8: hwID in an OCTET STRING of a wrong length",
    { amd: { "4": Uint8Array.of(4, 63, ...pattern(64, 4)) } },
    {},
    { ek: { amd: { "4": octetString(pattern(64, 4)) } } },
  ),
  profile("5: empty csp_id", { cspId: "" }, VLEK),
  profile("5: csp_id of 129 characters", { cspId: "x".repeat(129) }, VLEK, { ek: { cspId: "x".repeat(128) } }),
  profile("5: csp_id with a control character", { cspId: "CN=cloud\n" }, VLEK),
  profile("5: csp_id in another string type", { amd: { "5": text("CN=cloud", "utf8") } }, VLEK),
];

/** The right words, the commonName as PrintableString. */
function otherStringType(): Uint8Array {
  const name = amdDistinguishedName("SEV-VCEK");
  const changed = name.slice();
  changed[name.length - 10] = 0x13;
  return changed;
}

const chip = (bytes: Uint8Array): Uint8Array => {
  const id = new Uint8Array(64);
  id.set(bytes);
  return id;
};

const chipCases: readonly Case[] = [
  {
    name: "8, 33, S35: the certificate of another chip",
    check: "certificate-chip",
    code: "chip-mismatch",
    bad: () => about({ ek: { hwid: pattern(64, 5) } }),
  },
  {
    name: "8: another chip by its last bit",
    check: "certificate-chip",
    code: "chip-mismatch",
    bad: () => about({ ek: { hwid: Uint8Array.of(...pattern(63, 4), 0x42) } }),
  },
  {
    name: "8: Turin whose chip id goes on behind the 8 bytes of hwID",
    check: "certificate-chip",
    code: "chip-mismatch",
    bad: () => about({ ...TURIN, report: { chipId: chip(pattern(9, 4)) } }),
    good: () => about(TURIN),
  },
  {
    name: "8: Turin of another chip",
    check: "certificate-chip",
    code: "chip-mismatch",
    bad: () => about({ ...TURIN, ek: { hwid: pattern(8, 5) } }),
    // Begins with 02, as a DER INTEGER would: hwID is raw octets.
    good: () => about({ ...TURIN, report: { chipId: chip(Uint8Array.of(2, 6, 1, 2, 3, 4, 5, 6)) } }),
  },
  {
    name: "8: a masked chip id with a VCEK",
    check: "certificate-chip",
    code: "chip-id-masked",
    bad: () => about({ report: { chipId: new Uint8Array(64) }, ek: { hwid: pattern(64, 4) } }),
    good: () => about({ key: "VLEK" }),
  },
  {
    name: "8: a masked chip id with a VCEK for the chip of zeros",
    check: "certificate-chip",
    code: "chip-id-masked",
    bad: () => about({ report: { chipId: new Uint8Array(64) } }),
  },
];

const COMPONENTS: Readonly<Record<AmdLine, readonly (readonly [name: string, byte: number])[]>> = {
  Milan: [
    ["bl", 0],
    ["tee", 1],
    ["reserved 4", 2],
    ["reserved 5", 3],
    ["reserved 6", 4],
    ["reserved 7", 5],
    ["snp", 6],
    ["ucode", 7],
  ],
  Genoa: [
    ["bl", 0],
    ["snp", 6],
    ["ucode", 7],
  ],
  Turin: [
    ["fmc", 0],
    ["bl", 1],
    ["tee", 2],
    ["snp", 3],
    ["reserved 5", 4],
    ["reserved 6", 5],
    ["reserved 7", 6],
    ["ucode", 7],
  ],
};

/** The certificate's level is one above the report's. */
function otherLevel(product: AmdLine, byte: number): Uint8Array {
  const levels = levelBytes(product, {}).slice();
  levels[byte] = (levels[byte] as number) + 1;
  return levels;
}

const tcbCases: readonly Case[] = [
  ...Object.entries(COMPONENTS).flatMap(([product, components]) =>
    components.map(([name, byte]): Case => {
      const line = product as AmdLine;
      const version = line === "Turin" ? 5 : 3;
      return {
        name: `9, 33, S36: ${product}'s ${name} level differs from REPORTED_TCB`,
        check: "certificate-tcb",
        code: "tcb-mismatch",
        bad: () => about({ product: line, version, ek: { levels: otherLevel(line, byte) } }),
        good: () => about({ product: line, version }),
      };
    }),
  ),
  {
    name: "10: the certificate is for CURRENT_TCB",
    check: "certificate-tcb",
    code: "tcb-mismatch",
    bad: () => about({ report: { currentTcb: { ucode: 0xdc } }, ek: { levels: { ucode: 0xdc } } }),
    good: () => about({ report: { currentTcb: { ucode: 0xdc } } }),
  },
  {
    name: "10: the certificate is for COMMITTED_TCB",
    check: "certificate-tcb",
    code: "tcb-mismatch",
    bad: () => about({ report: { reportedTcb: { bl: 3 } }, ek: { levels: {} } }),
    good: () => about({ report: { reportedTcb: { bl: 3 } } }),
  },
  {
    name: "10, S57: Turin's levels read in Milan's layout",
    check: "certificate-tcb",
    code: "tcb-mismatch",
    bad: () =>
      about({ ...TURIN, report: { reportedTcb: Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 0x51) }, ek: { levels: {} } }),
    good: () => about(TURIN),
  },
];

const keyTypeCases: readonly Case[] = [
  {
    name: "4, S27: a VLEK's report with the VCEK of the same levels",
    check: "endorsement-key",
    code: "signing-key-mismatch",
    bad: () => about({ report: { keyInfo: 1 << 2 } }),
    good: () => about({ key: "VLEK" }),
  },
  {
    name: "4, S27: a VCEK's report with the VLEK of the same levels",
    check: "endorsement-key",
    code: "signing-key-mismatch",
    bad: () => about({ key: "VLEK", report: { keyInfo: 0 } }),
  },
  {
    name: "4, S14: SIGNING_KEY NONE, well signed",
    check: "endorsement-key",
    code: "not-signed",
    bad: () => about({ report: { keyInfo: 7 << 2 } }),
  },
  {
    name: "4, S14: SIGNING_KEY NONE without a certificate",
    check: "endorsement-key",
    code: "not-signed",
    bad: () => about({ report: { keyInfo: 7 << 2 } }, undefined, { endorsements: [] }),
  },
  {
    name: "33: no certificate",
    check: "endorsement-key",
    code: "certificate-missing",
    status: "undetermined",
    bad: () => about({}, undefined, { endorsements: [] }),
  },
  {
    name: "a certificate of the authority alone",
    check: "endorsement-key",
    code: "certificate-missing",
    status: "undetermined",
    bad: () => aboutWith({}, ({ issuer, ark }) => ({ endorsements: [issuer, ark] })),
  },
];

const productCases: readonly Case[] = [
  {
    name: "3, S58: Genoa's certificate for Milan's report",
    check: "product",
    code: "product-mismatch",
    bad: () => {
      const genoa = about({ product: "Genoa" });
      const { evidence } = about({
        report: {
          reportedTcb: levelBytes("Genoa", {}),
          committedTcb: levelBytes("Genoa", {}),
          currentTcb: levelBytes("Genoa", {}),
        },
      });
      return { ...genoa, evidence };
    },
    good: () => about({ product: "Genoa" }),
  },
  {
    name: "3, S26: Milan's certificate issued by Genoa's authority",
    check: "product",
    code: "product-mismatch",
    bad: () =>
      aboutWith({ ek: { issuer: issuerName("Genoa", "VCEK"), issuerKey: issuerKeyOf("Genoa", "VCEK") } }, ({ ek }) => {
        const { options } = about({ product: "Genoa" });
        return {
          ...options,
          expected: "any-build",
          binding: "unbound",
          endorsements: [ek, ...(options.endorsements ?? []).slice(1)],
        };
      }),
  },
  {
    name: "3: Milan's authority under Genoa's root",
    check: "product",
    code: "product-mismatch",
    bad: () => {
      const genoa = about({ product: "Genoa" });
      return aboutWith(
        {
          issuer: {
            issuer: arkName("Genoa"),
            issuerKey: arkKey("Genoa"),
            extensions: issuerExtensions("Genoa", "VCEK", issuerKeyOf("Milan", "VCEK")),
          },
        },
        () => ({ trustAnchors: genoa.options.trustAnchors as NonNullable<typeof genoa.options.trustAnchors> }),
      );
    },
  },
  {
    name: "4: a VCEK issued by the ASVK",
    check: "product",
    code: "product-mismatch",
    bad: () =>
      aboutWith({ ek: { issuer: issuerName("Milan", "VLEK"), issuerKey: issuerKeyOf("Milan", "VLEK") } }, ({ ek }) => ({
        endorsements: [ek, ...(about({ key: "VLEK" }).options.endorsements ?? []).slice(1)],
      })),
  },
  {
    name: "4: a VLEK issued by the ASK",
    check: "product",
    code: "product-mismatch",
    bad: () =>
      aboutWith(
        { key: "VLEK", ek: { issuer: issuerName("Milan", "VCEK"), issuerKey: issuerKeyOf("Milan", "VCEK") } },
        ({ ek }) => ({
          endorsements: [ek, ...(about().options.endorsements ?? []).slice(1)],
        }),
      ),
    good: () => about({ key: "VLEK" }),
  },
  {
    name: "4: a VCEK issued by the ARK",
    check: "product",
    code: "product-mismatch",
    bad: () => about({ ek: { issuer: amdDistinguishedName("ARK-Milan"), issuerKey: testKey("rsa4096-1") } }),
  },
  {
    name: "10: a version 2 report of Turin",
    check: "product",
    code: "product-mismatch",
    bad: () => about({ product: "Turin", version: 2 }),
    good: () => about({ product: "Genoa", version: 2 }),
  },
];

const R_ZERO = (signature: Uint8Array): Uint8Array => Uint8Array.of(...new Uint8Array(48), ...signature.subarray(48));
const S_ZERO = (signature: Uint8Array): Uint8Array =>
  Uint8Array.of(...signature.subarray(0, 48), ...new Uint8Array(48));
/** The order of P-384, big-endian. */
const ORDER = Uint8Array.from(
  Buffer.from(
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    "hex",
  ),
);
const plusOrder = (signature: Uint8Array, at: number): Uint8Array => {
  const changed = signature.slice();
  changed.set(ORDER, at);
  return changed;
};

function signature(name: string, bad: SnpRequest, good: SnpRequest = {}): Case {
  return { name, check: "report-signature", code: "signature-invalid", bad: () => about(bad), good: () => about(good) };
}

const withoutP384 = () => {
  const real = defaultCrypto();
  if (real === undefined) throw new Error("these tests need WebCrypto");
  return {
    ...real,
    verify: (...[algorithm, ...rest]: Parameters<typeof real.verify>) =>
      algorithm.name === "ECDSA"
        ? Promise.reject(new CryptoUnavailableError("no ECDSA"))
        : real.verify(algorithm, ...rest),
  };
};

const signatureCases: readonly Case[] = [
  signature("12: signed by another key", { signer: testKey("p384-3") }, { signature: { half: "high" } }),
  signature("12: signed over one byte less", { signature: { range: [0, 0x29f] } }, { signature: { half: "low" } }),
  signature("12: signed over the whole report", { signature: { range: [0, 1184] } }),
  signature("12: r and s big-endian", { signature: { bigEndian: true } }),
  signature("12, S14: no signature at all", { signature: { change: () => new Uint8Array(96) } }),
  signature("12, S3: r is zero", { signature: { change: R_ZERO } }),
  signature("12, S3: s is zero", { signature: { change: S_ZERO } }),
  signature("12, S3: r is n", { signature: { change: (raw) => plusOrder(raw, 0) } }),
  signature("12, S3: s is n", { signature: { change: (raw) => plusOrder(raw, 48) } }),
  signature("12, S3: r and s are above n", { signature: { change: () => new Uint8Array(96).fill(0xff) } }),
  signature("12: r and s exchanged", {
    signature: { change: (raw) => Uint8Array.of(...raw.subarray(48), ...raw.subarray(0, 48)) },
  }),
  signature("S12: SHA-256 in place of SHA-384", {
    afterSigning: (report) => {
      const raw = sign(testKey("p384-1"), { name: "ECDSA", hash: "SHA-256" }, report.subarray(0, 0x2a0), {
        format: "raw",
      });
      report.set(raw.slice(0, 48).reverse(), 0x2a0);
      report.set(raw.slice(48).reverse(), 0x2e8);
    },
  }),
  {
    name: "a back end without P-384",
    check: "report-signature",
    code: "crypto-unavailable",
    status: "undetermined",
    bad: () => about({}, undefined, { crypto: withoutP384() }),
  },
];

const SECOND_READER = { name: "another reader" };

const crossCheckCases: readonly Case[] = [
  {
    name: "a second reader that reads the serial number otherwise",
    check: "cross-check",
    code: "cross-check-disagrees",
    bad: () =>
      about({}, undefined, {
        crossCheck: { ...SECOND_READER, certificate: () => ({ serial: "01" }), crl: () => ({}) },
      }),
  },
  {
    name: "a second reader that cannot read a certificate",
    check: "cross-check",
    code: "cross-check-disagrees",
    bad: () =>
      about({}, undefined, {
        crossCheck: {
          ...SECOND_READER,
          certificate: () => {
            throw new RangeError("too deep");
          },
          crl: () => ({}),
        },
      }),
  },
  {
    name: "a second reader that reads another certificate than the key's otherwise",
    check: "cross-check",
    code: "cross-check-disagrees",
    bad: () =>
      aboutWith({}, ({ ek }) => ({
        crossCheck: {
          ...SECOND_READER,
          certificate: (der) => (Buffer.compare(der, ek) === 0 ? readAs(der) : { ...readAs(der), notAfter: "0" }),
          crl: () => ({}),
        },
      })),
  },
  {
    name: "a second reader that cannot read a list that was supplied",
    check: "cross-check",
    code: "cross-check-disagrees",
    bad: () =>
      aboutWith({}, ({ endorsements, crl }) => ({
        endorsements: [...endorsements, crl()],
        crossCheck: { ...SECOND_READER, certificate: (der) => readAs(der), crl: () => ({}) },
      })),
    good: () =>
      about({}, undefined, { crossCheck: { ...SECOND_READER, certificate: (der) => readAs(der), crl: () => ({}) } }),
  },
];

/** Agrees with the first reader, because it is the first reader. */
function readAs(der: Uint8Array): Readonly<Record<string, string>> {
  return certificateReading(parseCertificate(der));
}

export const keyCases: readonly Case[] = [
  ...keyTypeCases,
  ...profileCases,
  ...productCases,
  ...tcbCases,
  ...chipCases,
  ...signatureCases,
  ...crossCheckCases,
];
