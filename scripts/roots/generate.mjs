/**
 * Writes src/trust/roots/*.ts from roots/*.pem and roots/roots.json: the least that verification needs of each pinned certificate.
 * `node scripts/roots/generate.mjs` writes; with `--check` it only tells whether the files are what it would write.
 * It stops at any difference between a certificate and what roots.json says of it.
 */
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} Entry One certificate of roots.json.
 * @property {string} name
 * @property {string} vendor
 * @property {"ARK" | "ASK" | "ASVK" | "root" | "intermediate"} role
 * @property {string} [product]
 * @property {string} [issuer]
 * @property {string} file
 * @property {string} sha256
 * @property {string} spkiSha256
 * @property {string} subject
 * @property {string} serial
 * @property {string} notBefore
 * @property {string} notAfter
 */
/** @typedef {{ name: string, vendor: string, role: string, sha256: string }} HashOnly */
/** @typedef {{ certificates: Entry[], hashOnly: HashOnly[] }} Roots */

const repository = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** The folder that the files go to, seen from the repository. */
export const OUTPUT = "src/trust/roots";

const EC_POINT_BYTES = new Map([
  ["P-256", 65],
  ["P-384", 97],
]);

/** Milliseconds from "2020-10-22T17:23:05Z". @param {string} text */
const milliseconds = (text) => Date.parse(text);

/** @param {Uint8Array} bytes */
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** @param {Entry | HashOnly} entry */
const isRoot = (entry) => entry.role === "root" || entry.role === "ARK";

/**
 * The elements within one DER element, each with its tag and length.
 *
 * @param {Buffer} der
 * @returns {{ tag: number, contents: Buffer, encoded: Buffer }[]}
 */
function elements(der) {
  const found = [];
  for (let at = 0; at < der.length; ) {
    const first = der.readUInt8(at + 1);
    const lengthBytes = first < 128 ? 0 : first & 127;
    const start = at + 2 + lengthBytes;
    const end = start + (lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes));
    found.push({ tag: der.readUInt8(at), contents: der.subarray(start, end), encoded: der.subarray(at, end) });
    at = end;
  }
  return found;
}

/**
 * Fields that node:crypto does not give as bytes (RFC 5280, section 4.1: version, serialNumber, signature, issuer, validity, subject).
 *
 * @param {X509Certificate} certificate
 */
function rawFields(certificate) {
  const [outer] = elements(certificate.raw);
  const [tbs] = elements(/** @type {Buffer} */ (outer?.contents));
  const [, serial, , issuer, , subject] = elements(/** @type {Buffer} */ (tbs?.contents));
  assert.ok(serial?.tag === 0x02 && issuer?.tag === 0x30 && subject?.tag === 0x30);
  return { serial: serial.contents.toString("hex"), issuer: issuer.encoded, subject: subject.encoded };
}

/**
 * The key in the form of PinnedCertificate. All RSA keys have the exponent 65537, so that it need not be carried.
 *
 * @param {X509Certificate} certificate
 */
function keyOf(certificate) {
  const jwk = certificate.publicKey.export({ format: "jwk" });
  if (jwk.kty === "RSA") {
    const modulus = Buffer.from(String(jwk.n), "base64url");
    assert.equal(jwk.e, "AQAB", "exponent is 65537");
    assert.equal(modulus.length, 512, "modulus is 512 bytes");
    return { modulus: modulus.toString("base64") };
  }
  const point = Buffer.concat([
    Buffer.of(4),
    Buffer.from(String(jwk.x), "base64url"),
    Buffer.from(String(jwk.y), "base64url"),
  ]);
  assert.equal(point.length, EC_POINT_BYTES.get(String(jwk.crv)), `point of ${jwk.crv}`);
  return { curve: String(jwk.crv), point: point.toString("base64") };
}

/**
 * Stops unless the certificate is what roots.json says it is.
 *
 * @param {Entry} entry
 * @param {X509Certificate} certificate
 * @param {X509Certificate} issuer
 */
function check(entry, certificate, issuer) {
  const raw = rawFields(certificate);
  assert.equal(sha256(certificate.raw), entry.sha256, `${entry.name}: SHA-256`);
  assert.equal(
    sha256(certificate.publicKey.export({ type: "spki", format: "der" })),
    entry.spkiSha256,
    `${entry.name}: SPKI`,
  );
  assert.equal(raw.serial, entry.serial, `${entry.name}: serial`);
  assert.equal(Date.parse(certificate.validFrom), milliseconds(entry.notBefore), `${entry.name}: notBefore`);
  assert.equal(Date.parse(certificate.validTo), milliseconds(entry.notAfter), `${entry.name}: notAfter`);
  // RFC 4514 writes a name from its end.
  assert.equal(certificate.subject.split("\n").reverse().join(","), entry.subject, `${entry.name}: subject`);
  assert.equal(certificate.ca, true, `${entry.name}: is a CA`);
  assert.equal(
    entry.issuer === undefined,
    isRoot(entry),
    `${entry.name}: intermediates, and they alone, name their issuer`,
  );
  assert.ok(raw.issuer.equals(rawFields(issuer).subject), `${entry.name}: issuer name`);
  assert.ok(certificate.verify(issuer.publicKey), `${entry.name}: signature`);
}

/**
 * One value of type PinnedCertificate.
 *
 * @param {Entry} entry
 * @param {X509Certificate} certificate
 */
function pinned(entry, certificate) {
  return {
    name: entry.name,
    sha256: entry.sha256,
    key: keyOf(certificate),
    ...(entry.vendor === "AMD" ? {} : { subject: rawFields(certificate).subject.toString("base64") }),
    serial: entry.serial,
    notBefore: milliseconds(entry.notBefore),
    notAfter: milliseconds(entry.notAfter),
  };
}

const WIDTH = 120;

/**
 * TypeScript in the style that the formatter leaves alone.
 *
 * @param {unknown} value
 * @param {string} indent
 * @returns {string}
 */
function literal(value, indent) {
  if (typeof value === "number") return String(value).replace(/\B(?=(\d{3})+$)/g, "_");
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((item) => `${inner}${literal(item, inner)},\n`).join("")}${indent}]`;
  const lines = Object.entries(value).map(([key, item]) => {
    const text = literal(item, inner);
    const fits = inner.length + key.length + 2 + text.length + 1 <= WIDTH || typeof item === "object";
    return fits ? `${inner}${key}: ${text},\n` : `${inner}${key}:\n${inner}  ${text},\n`;
  });
  return `{\n${lines.join("")}${indent}}`;
}

/**
 * @param {string} vendor
 * @param {readonly object[]} certificates
 * @param {readonly HashOnly[]} hashes
 */
function moduleText(vendor, certificates, hashes) {
  const id = vendor.toLowerCase();
  const types = hashes.length > 0 ? "PinnedCertificate, PinnedHash" : "PinnedCertificate";
  const pins = hashes.map(({ name, sha256 }) => ({ name, sha256 }));
  return [
    `/** Pinned certificates of ${vendor} (design, section 3, rule 1). Written by scripts/roots/generate.mjs from roots/: do not edit. */\n`,
    `import type { ${types} } from "../pinned.js";\n`,
    `/** Roots and intermediates of ${vendor}; where each was obtained is in \`roots/roots.json\`. */`,
    `export const ${id}Roots: readonly PinnedCertificate[] = ${literal(certificates, "")};\n`,
    ...(pins.length > 0
      ? [
          `/** Certificates of ${vendor} that are pinned by their hash alone. */`,
          `export const ${id}Hashes: readonly PinnedHash[] = ${literal(pins, "")};\n`,
        ]
      : []),
  ].join("\n");
}

/**
 * The files to write, by name, with their text.
 *
 * @param {string} [root] the repository
 * @returns {Map<string, string>}
 */
export function generate(root = repository) {
  /** @type {Roots} */
  const roots = JSON.parse(readFileSync(join(root, "roots", "roots.json"), "utf8"));
  const read = new Map(
    roots.certificates.map((entry) => [entry.name, new X509Certificate(readFileSync(join(root, "roots", entry.file)))]),
  );
  assert.equal(read.size, roots.certificates.length, "names are unique");
  for (const entry of roots.certificates) {
    const [certificate, issuer] = [read.get(entry.name), read.get(entry.issuer ?? entry.name)];
    assert.ok(certificate && issuer, `${entry.name}: its issuer is pinned too`);
    check(entry, certificate, issuer);
  }
  const vendors = new Set(roots.certificates.map((entry) => entry.vendor));
  for (const entry of roots.hashOnly)
    assert.ok(vendors.has(entry.vendor) && /^[0-9a-f]{64}$/.test(entry.sha256), entry.name);
  return new Map(
    [...vendors].map((vendor) => {
      const own = roots.certificates.filter((entry) => entry.vendor === vendor);
      const pins = own.map((entry) => pinned(entry, /** @type {X509Certificate} */ (read.get(entry.name))));
      return [
        `${vendor.toLowerCase()}.ts`,
        moduleText(
          vendor,
          pins,
          roots.hashOnly.filter((entry) => entry.vendor === vendor),
        ),
      ];
    }),
  );
}

function main() {
  const folder = join(repository, OUTPUT);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of generate()) {
    if (!process.argv.includes("--check")) writeFileSync(join(folder, name), text);
    else
      assert.equal(readFileSync(join(folder, name), "utf8"), text, `${name} is not what roots/ gives: npm run roots`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
