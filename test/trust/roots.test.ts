/** Pinned roots: the certificates, what is said of them, and what the library carries of them must be one and the same. */
import { createHash, createPublicKey, X509Certificate } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generate, OUTPUT } from "../../scripts/roots/generate.mjs";
import { parseCertificate } from "../../src/trust/certificate.js";
import type { PinnedCertificate, PinnedHash } from "../../src/trust/pinned.js";
import { amdRoots } from "../../src/trust/roots/amd.js";
import { amdName } from "../../src/trust/roots/amd-name.js";
import { awsRoots } from "../../src/trust/roots/aws.js";
import { googleHashes, googleRoots } from "../../src/trust/roots/google.js";
import { intelRoots } from "../../src/trust/roots/intel.js";
import { microsoftRoots } from "../../src/trust/roots/microsoft.js";
import { nvidiaHashes, nvidiaRoots } from "../../src/trust/roots/nvidia.js";
import { describeShared, readSharedText, repositoryRoot } from "../support/shared.js";

/** From the reference, by hand: name, SHA-256 of the DER, SHA-256 of the SPKI where the reference has it. */
const KNOWN: [name: string, sha256: string, spkiSha256: string | undefined][] = [
  [
    "ARK-Milan",
    "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd",
    "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9",
  ],
  [
    "SEV-Milan",
    "67d303bd3905fd38db8b20e0793699870e7fa612eaad5dec358293fd8c0bac1b",
    "42491669ccb851d627ea9846cd24eccbeb7de7c2a62740120fff88001d38ebb6",
  ],
  [
    "SEV-VLEK-Milan",
    "c5e081f59b7efab1fe2f8b505e159704e72f29cab7ef7cf628a05a42439082f5",
    "66450a123ea5876206df67f2514a4fea224c0f63b18313423078b0edc4535e33",
  ],
  [
    "ARK-Genoa",
    "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1",
    "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831",
  ],
  [
    "SEV-Genoa",
    "5464738c1546aed5f2cecf1dc98c5c960a92e8913238a61711bc90ec6e828521",
    "0324d55bcd48ba877a8fd87c0e1b4934dec8448e3807a24384a34dc6a6c9ebb8",
  ],
  [
    "SEV-VLEK-Genoa",
    "197e610743a917d6b9bb982a5a9226ccc0a15b611be0619e626aca9151457372",
    "7d1633252ebbadaa75f96e9b4e6f7d43a90ceb3f843937482630f8da2459264e",
  ],
  [
    "ARK-Turin",
    "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a",
    "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08",
  ],
  [
    "SEV-Turin",
    "5b77ef5fe7a7a004fd9032668fba9d0fda22f88c4442069a479636a6ae3b3185",
    "0000ead352025f208bf55297c4192c34cd1b878002107366d8f2065a9ae7d3a9",
  ],
  [
    "SEV-VLEK-Turin",
    "104e10a8bd060a3c20a434261a57d0588fd65a88915b4f65b08bdecaf8df1a3c",
    "bfc441408b2f806c5dbf180bd8920e6e60dd404d82141780d85dbf962954d386",
  ],
  [
    "intel-sgx-root-ca",
    "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3",
    "a0af031289f5d5d4132f9186068a7fc13628633ba235777472e29b6b6c67a49e",
  ],
  [
    "intel-sgx-root-ca-2033",
    "fc64f8076d79a4fee9d1d473d74c89eb8d8fd55c5abafeabeba7366d20429404",
    "a0af031289f5d5d4132f9186068a7fc13628633ba235777472e29b6b6c67a49e",
  ],
  ["aws-nitro-enclaves-root-g1", "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b", undefined],
  ["nvidia-device-identity-ca", "102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48", undefined],
  ["nvidia-corim-signing-root-ca", "12977b5115acb0381179279fffeb5a8c4d264971ebb32298023a465fa41df5d1", undefined],
  ["gcp-confidential-space-root-ca", "148b293821bb0c6a317f413c8ba475814091cb22d49b9e3c94198db8e8f86c39", undefined],
  ["microsoft-root-ca-2011", "847df6a78497943f27fc72eb93f9a637320a02b561d0a91b09e87a7807ed7c61", undefined],
  [
    "microsoft-azure-attestation-pca-2019",
    "d8a4236a2bd59061d008139d2071ea7bef642e1b959a0ce6626666b43bd2c095",
    undefined,
  ],
];

/** Pinned by hash alone. */
const KNOWN_HASHES: ReadonlyMap<string, string> = new Map([
  ["nvidia-nras-gpu-intermediate-004", "2df8907cf4d6c277b855d407ec178a649930a8e73f7294e8fce66e6ee27c5175"],
  ["GCE-cc-tcb-root_1", "e876bc6978bf4f3da445f98a0a82363c8c0bae5a1fc033c6df65846a6cb0f18c"],
]);

interface Described {
  readonly name: string;
  readonly file: string;
  readonly sha256: string;
  readonly spkiSha256: string;
  readonly role: string;
  readonly product?: string;
  readonly issuer?: string;
  readonly obtainedFrom: { readonly registry: string; readonly package: string; readonly licence: string };
}

const folder = join(repositoryRoot, "roots");
const rootsText = readFileSync(join(folder, "roots.json"), "utf8");
const described = JSON.parse(rootsText) as { certificates: Described[]; hashOnly: { name: string; sha256: string }[] };
const pins: readonly PinnedCertificate[] = [
  amdRoots,
  intelRoots,
  awsRoots,
  nvidiaRoots,
  googleRoots,
  microsoftRoots,
].flat();
const hashPins: readonly PinnedHash[] = [nvidiaHashes, googleHashes].flat();

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const certificate = (name: string): X509Certificate => new X509Certificate(readFileSync(join(folder, `${name}.pem`)));
const spki = (name: string): Buffer => certificate(name).publicKey.export({ type: "spki", format: "der" });
const pin = (name: string): PinnedCertificate => pins.find((entry) => entry.name === name) as PinnedCertificate;
const said = (name: string): Described => described.certificates.find((entry) => entry.name === name) as Described;
const isRoot = (name: string): boolean => said(name).issuer === undefined;
const subjectOf = (entry: PinnedCertificate): Buffer =>
  Buffer.from(entry.subject === undefined ? amdName(entry.name) : Buffer.from(entry.subject, "base64"));

/** The key as Node reads it from the pinned numbers alone. */
function keyOf(entry: PinnedCertificate): Buffer {
  const { key } = entry;
  const url = (bytes: Buffer): string => bytes.toString("base64url");
  if ("modulus" in key) {
    const jwk = { kty: "RSA", n: url(Buffer.from(key.modulus, "base64")), e: "AQAB" };
    return createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "der" });
  }
  const point = Buffer.from(key.point, "base64");
  const half = (point.length - 1) / 2;
  expect(point[0]).toBe(4);
  const jwk = { kty: "EC", crv: key.curve, x: url(point.subarray(1, 1 + half)), y: url(point.subarray(1 + half)) };
  return createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "der" });
}

describe("the certificates in roots/", () => {
  it("are the 17 of the reference, no more and no less", () => {
    const names = KNOWN.map(([name]) => name).sort();
    expect(names).toHaveLength(17);
    expect(described.certificates.map((entry) => entry.name).sort()).toEqual(names);
    expect(pins.map((entry) => entry.name).sort()).toEqual(names);
    const files = readdirSync(folder).filter((file) => file !== "roots.json");
    expect(files.sort()).toEqual(names.map((name) => `${name}.pem`).sort());
  });

  it.each(KNOWN)("%s hashes to what the reference, roots.json and the pin say", (name, hash, spkiHash) => {
    const entry = described.certificates.find((item) => item.name === name);
    expect(sha256(certificate(name).raw)).toBe(hash);
    expect(entry?.sha256).toBe(hash);
    expect(pin(name).sha256).toBe(hash);
    const actual = sha256(spki(name));
    expect(actual).toBe(spkiHash ?? actual);
    expect(entry?.spkiSha256).toBe(actual);
    expect(sha256(keyOf(pin(name)))).toBe(actual);
  });

  it.each(KNOWN)("%s is one PEM block, read to its last byte", (name) => {
    const text = readFileSync(join(folder, `${name}.pem`), "utf8");
    const body = certificate(name)
      .raw.toString("base64")
      .replace(/(.{64})(?=.)/g, "$1\n");
    expect(text).toBe(`-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`);
  });

  it("say where they were obtained, and name no registry's host", () => {
    for (const { obtainedFrom: from } of described.certificates) {
      expect(["npm", "crates.io", "go", "pypi"]).toContain(from.registry);
      expect(from.licence).toMatch(/^(Apache-2\.0|MIT|MPL-2\.0)$/);
    }
    expect(rootsText).not.toMatch(
      /registry\.npmjs|static\.crates|proxy\.golang|files\.pythonhosted|pypi\.org|\/work\/|\/tmp\//,
    );
  });

  it("are joined by hashes alone where the bytes were not to be had", () => {
    expect(new Map(described.hashOnly.map((entry) => [entry.name, entry.sha256]))).toEqual(KNOWN_HASHES);
    expect(new Map(hashPins.map((entry) => [entry.name, entry.sha256]))).toEqual(KNOWN_HASHES);
  });
});

describe("the pinned values", () => {
  it("are what the generator writes from roots/ now", () => {
    const files = generate();
    expect([...files.keys()].sort()).toEqual([
      "amd.ts",
      "aws.ts",
      "google.ts",
      "intel.ts",
      "microsoft.ts",
      "nvidia.ts",
    ]);
    for (const [name, text] of files) expect(readFileSync(join(repositoryRoot, OUTPUT, name), "utf8")).toBe(text);
    // Beside the generated files there is only the rule that rebuilds AMD's names.
    expect(readdirSync(join(repositoryRoot, OUTPUT)).sort()).toEqual([...files.keys(), "amd-name.ts"].sort());
  });

  it.each(KNOWN)("%s: key, with the exponent 65537, is the certificate's", (name) => {
    const actual = certificate(name);
    if (actual.publicKey.asymmetricKeyType !== "ec") {
      expect(actual.publicKey.asymmetricKeyType).toBe("rsa");
      expect(actual.publicKey.asymmetricKeyDetails).toMatchObject({ publicExponent: 65_537n, modulusLength: 4096 });
    }
    expect(keyOf(pin(name)).equals(spki(name))).toBe(true);
    // The SPKI as it stands in the certificate, and not only as Node would write it.
    expect(actual.raw.includes(keyOf(pin(name)))).toBe(true);
  });

  it.each(KNOWN)("%s: validity and serial number are the certificate's", (name) => {
    const entry = pin(name);
    const actual = certificate(name);
    expect(entry.notBefore).toBe(Date.parse(actual.validFrom));
    expect(entry.notAfter).toBe(Date.parse(actual.validTo));
    // Node drops the leading zero byte; the INTEGER of X.509 has it if the next bit is set.
    const minimal = actual.serialNumber.toLowerCase();
    expect(entry.serial).toBe(Number.parseInt(minimal.slice(0, 2), 16) >= 128 ? `00${minimal}` : minimal);
    const integer = Buffer.from(entry.serial, "hex");
    expect(actual.raw.includes(Buffer.concat([Buffer.of(2, integer.length), integer]))).toBe(true);
  });

  it.each(KNOWN)("%s: subject is the certificate's, byte for byte", (name) => {
    const subject = subjectOf(pin(name));
    const { raw } = certificate(name);
    // RFC 5280, section 4.1: subject and subjectPublicKeyInfo are neighbours.
    const end = raw.indexOf(spki(name));
    expect(raw.subarray(end - subject.length, end).equals(subject)).toBe(true);
    const headerLength = (subject[1] as number) < 128 ? 2 : 3;
    expect(subject[0]).toBe(0x30);
    expect(subject[headerLength - 1]).toBe(subject.length - headerLength);
    // Subject, in a root, twice: it is its own issuer.
    const first = raw.indexOf(subject);
    expect(first === end - subject.length).toBe(!isRoot(name));
  });

  it.each(KNOWN)("%s: the library's own reader finds the same", (name) => {
    const read = parseCertificate(new Uint8Array(certificate(name).raw));
    const entry = pin(name);
    expect(Buffer.from(read.subject).equals(subjectOf(entry))).toBe(true);
    expect(Buffer.from(read.issuer).equals(subjectOf(pin(said(name).issuer ?? name)))).toBe(true);
    expect(Buffer.from(read.serial).toString("hex")).toBe(entry.serial);
    expect([read.notBefore, read.notAfter]).toEqual([entry.notBefore, entry.notAfter]);
    expect(sha256(read.spki)).toBe(said(name).spkiSha256);
  });

  it("has AMD's names rebuilt from the commonName for all nine, in both forms of length", () => {
    expect(amdRoots).toHaveLength(9);
    expect(amdRoots.every((entry) => entry.subject === undefined)).toBe(true);
    const lengths = amdRoots.map((entry) => amdName(entry.name)[1]);
    expect(lengths.filter((byte) => byte === 0x7b)).toHaveLength(6);
    expect(lengths.filter((byte) => byte === 0x81)).toHaveLength(3);
    expect(Buffer.from(amdName("ARK-Milan")).equals(subjectOf(pin("ARK-Genoa")))).toBe(false);
  });

  it("tells AMD's certificates apart by product, role and issuer", () => {
    const shape = amdRoots.map(({ name }) => [name, said(name).product, said(name).role, said(name).issuer]);
    const expected = ["Milan", "Genoa", "Turin"].flatMap((product) => [
      [`ARK-${product}`, product, "ARK", undefined],
      [`SEV-${product}`, product, "ASK", `ARK-${product}`],
      [`SEV-VLEK-${product}`, product, "ASVK", `ARK-${product}`],
    ]);
    expect(shape).toEqual(expected);
  });

  it("has two certificates of the Intel root with one name and one key", () => {
    const [current, old] = intelRoots;
    expect(intelRoots).toHaveLength(2);
    expect(old?.key).toEqual(current?.key);
    expect(old?.subject).toBe(current?.subject);
    expect(old?.serial).toBe(current?.serial);
    expect(old?.sha256).not.toBe(current?.sha256);
    expect(old?.notAfter).not.toBe(current?.notAfter);
  });
});

describe("the generator", () => {
  const alter = (change: (text: string) => string, file = "roots.json"): (() => void) => {
    return () => {
      const root = mkdtempSync(join(tmpdir(), "roots-"));
      try {
        cpSync(folder, join(root, "roots"), { recursive: true });
        const path = join(root, "roots", file);
        writeFileSync(path, change(readFileSync(path, "utf8")));
        generate(root);
      } finally {
        rmSync(root, { recursive: true });
      }
    };
  };
  const replace = (from: string, to: string): (() => void) => {
    expect(rootsText).toContain(from);
    return alter((text) => text.replace(from, to));
  };

  it("accepts an unaltered copy", () => {
    expect(alter((text) => text)).not.toThrow();
  });

  it.each([
    ["a hash", "69d063b4", "69d063b5", "ARK-Milan: SHA-256"],
    ["a key's hash", "9f056bee", "9f056bef", "ARK-Milan: SPKI"],
    ["a serial number", '"serial": "010000"', '"serial": "010001"', "ARK-Milan: serial"],
    ["a beginning", "2020-10-22T17:23:05Z", "2020-10-22T17:23:06Z", "ARK-Milan: notBefore"],
    ["an end", "2045-10-22T17:23:05Z", "2046-10-22T17:23:05Z", "ARK-Milan: notAfter"],
    ["a subject", "CN=ARK-Milan,", "CN=ARK-Genoa,", "ARK-Milan: subject"],
    ["an issuer", '"issuer": "ARK-Milan"', '"issuer": "ARK-Genoa"', "SEV-Milan: issuer name"],
    [
      "an issuer that is missing",
      '"issuer": "ARK-Milan"',
      '"issuer": "ARK-Rome"',
      "SEV-Milan: its issuer is pinned too",
    ],
    ["a role", '"role": "ASK"', '"role": "ARK"', "SEV-Milan: intermediates, and they alone"],
    ["a file", '"file": "ARK-Milan.pem"', '"file": "ARK-Genoa.pem"', "ARK-Milan: SHA-256"],
  ])("stops at %s that is not the certificate's", (_, from, to, message) => {
    expect(replace(from, to)).toThrow(message);
  });

  it("stops at a certificate whose bytes were altered", () => {
    // A character of the signature: the certificate still parses.
    const at = -120;
    const flip = (text: string): string => text.slice(0, at) + (text.at(at) === "A" ? "B" : "A") + text.slice(at + 1);
    expect(alter(flip, "ARK-Milan.pem")).toThrow("ARK-Milan: SHA-256");
  });
});

describe("the issuers", () => {
  it.each(KNOWN)("%s verifies under its own issuer and no other root", (name) => {
    const issuer = said(name).issuer ?? name;
    expect(isRoot(name)).toBe(["ARK", "root"].includes(said(name).role));
    expect(isRoot(issuer)).toBe(true);
    const actual = certificate(name);
    expect(actual.ca).toBe(true);
    expect(actual.checkIssued(certificate(issuer))).toBe(true);
    const under = pins.filter((root) => isRoot(root.name) && actual.verify(certificate(root.name).publicKey));
    expect(new Set(under.map((root) => said(root.name).spkiSha256))).toEqual(new Set([said(issuer).spkiSha256]));
  });
});

describeShared("the reference beside the repository", () => {
  const tables = ["roots.md", "sev-snp.md", "dcap.md"].map((file) => readSharedText(`reference/${file}`)).join("\n");
  const rows = tables.split("\n").filter((line) => line.startsWith("|"));
  const cells = rows.map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));

  it("has the SHA-256 of every pin in its tables", () => {
    const hashes = new Set(cells.flat().flatMap((cell) => cell.match(/\b[0-9a-f]{64}\b/g) ?? []));
    const all = [...pins, ...hashPins].map((entry) => entry.sha256);
    expect(all).toHaveLength(19);
    expect(all.filter((hash) => !hashes.has(hash))).toEqual([]);
  });

  it("has AMD's nine with the same SPKI, serial and days", () => {
    const amd = cells.filter((row) => /^(ARK-|ASK SEV-|ASVK SEV-)/.test(row[1] ?? ""));
    expect(amd).toHaveLength(9);
    for (const [, title, hash, spkiHash, serial, validity] of amd) {
      const entry = pin((title as string).replace(/^(ASK|ASVK) /, ""));
      expect([entry.sha256, sha256(keyOf(entry)), entry.serial]).toEqual([hash, spkiHash, serial]);
      const [from, to] = (validity as string).split("→");
      if (from) expect(new Date(entry.notBefore).toISOString().slice(0, 10)).toBe(from);
      expect(new Date(entry.notAfter).toISOString().slice(0, 10)).toBe(to);
    }
  });

  it("has the other pins by name, and the one Intel key", () => {
    const named = new Map(cells.filter((row) => row.length === 4).map((row) => [row[1]?.split(" ")[0], row[2]]));
    const others = [...pins, ...hashPins].filter((entry) => /^(aws|gcp|microsoft|nvidia|GCE)-/.test(entry.name));
    expect(others).toHaveLength(8);
    for (const entry of others) expect([entry.name, named.get(entry.name)]).toEqual([entry.name, entry.sha256]);
    const intel = cells.find((row) => row[1]?.includes("SPKI SHA-256 of both"));
    expect(intelRoots.map((entry) => sha256(keyOf(entry)))).toEqual([intel?.[2], intel?.[2]]);
    const key = intelRoots[0]?.key as { point: string };
    expect(intel?.[3]).toContain(Buffer.from(key.point, "base64").toString("hex"));
  });
});
