import { describe, expect, it } from "vitest";
import { ecSpki, rsaSpki } from "../../fixtures/algorithms.js";
import * as write from "../../fixtures/der.js";
import {
  type CertificateRequest,
  caExtensions,
  extension,
  leafExtensions,
  name,
  testKey,
} from "../../fixtures/x509.js";
import { type Crypto, CryptoUnavailableError } from "../../src/crypto/crypto.js";
import { MalformedError } from "../../src/encoding/malformed.js";
import type { Certificate } from "../../src/trust/certificate.js";
import { type PathInput, pathFaults, validityFaults, verifyIssued } from "../../src/trust/path.js";
import {
  anchor,
  counting,
  crypto,
  INTERMEDIATE,
  intermediate,
  intermediateKey,
  LEAF,
  leaf,
  leafKey,
  NOW,
  profile,
  ROOT,
  root,
  rootKey,
  STRICT,
} from "../support/pki.js";

type Changes = Partial<CertificateRequest>;

/** `code: certificate` of every fault. */
async function faults(chain: readonly Certificate[], input: Partial<PathInput> = {}): Promise<readonly string[]> {
  const found = await pathFaults({ chain, anchor: await anchor(), profile: STRICT, crypto, ...input });
  return found.map(({ code, certificate }) => `${code}: ${certificate}`);
}

const leafFaults = (changes: Changes, input?: Partial<PathInput>) => faults([leaf(changes), intermediate()], input);
const issuerFaults = (changes: Changes, input?: Partial<PathInput>) => faults([leaf(), intermediate(changes)], input);

const LEAF_EXTENSIONS = leafExtensions(leafKey, intermediateKey);
const [leafConstraints, leafUsage, leafId, leafAuthority] = LEAF_EXTENSIONS as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const [, issuerUsage, issuerId, issuerAuthority] = caExtensions(intermediateKey, rootKey, 0) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const issuerConstraints = extension.basicConstraints(true, 0);

describe("a path", () => {
  it("is valid when every rule of the strict profile holds", async () => {
    expect(await faults([leaf(), intermediate()])).toEqual([]);
  });

  it("is valid directly under the anchor", async () => {
    const direct = leaf({ issuer: ROOT, issuerKey: rootKey, extensions: leafExtensions(leafKey, rootKey) });
    expect(await faults([direct])).toEqual([]);
  });

  it("of no certificate is none", async () => {
    expect(await faults([])).toEqual(["certificate-path-length: chain"]);
  });

  it("is as long as its profile allows and no longer; a longer one costs no verification", async () => {
    const second = testKey("p384-3");
    const third = testKey("p384-4");
    const chain = [
      leaf(),
      intermediate({
        issuer: name([["CN", "B"]]),
        issuerKey: second,
        extensions: caExtensions(intermediateKey, second),
      }),
      intermediate({ subject: name([["CN", "B"]]), key: second, extensions: caExtensions(second, rootKey) }),
    ];
    expect(await faults(chain)).toEqual([]);
    const counter = counting();
    const longer = [
      ...chain.slice(0, 2),
      intermediate({
        subject: name([["CN", "B"]]),
        key: second,
        issuer: name([["CN", "C"]]),
        issuerKey: third,
        extensions: caExtensions(second, third),
      }),
      intermediate({ subject: name([["CN", "C"]]), key: third, extensions: caExtensions(third, rootKey) }),
    ];
    expect(await faults(longer, { profile: { ...STRICT, maxLength: 4 } })).toEqual([]);
    expect(await faults(longer, { crypto: counter })).toEqual(["certificate-path-length: chain"]);
    expect(
      await faults(
        Array.from({ length: 1000 }, () => leaf()),
        { crypto: counter },
      ),
    ).toEqual(["certificate-path-length: chain"]);
    expect(counter.verified()).toBe(0);
  });

  it("costs one verification a certificate", async () => {
    const counter = counting();
    await faults([leaf(), intermediate()], { crypto: counter });
    expect(counter.verified()).toBe(2);
  });

  it("reports every fault, forged signatures first and from the leaf up", async () => {
    const chain = [
      leaf({ issuerKey: testKey("p384-9"), serial: 0 }),
      intermediate({ issuerKey: testKey("p384-9"), serial: -1 }),
    ];
    expect(await faults(chain)).toEqual([
      "certificate-signature-invalid: Test Leaf",
      "certificate-signature-invalid: Test CA",
      "certificate-serial: Test Leaf",
      "certificate-serial: Test CA",
    ]);
  });

  it("names a certificate without a commonName by its place", async () => {
    expect(await leafFaults({ subject: name([["O", "x"]]), serial: 0 })).toEqual(["certificate-serial: certificate 0"]);
  });

  it("may start with an authority where the caller says so", async () => {
    expect(await faults([intermediate()], { first: "issuer" })).toEqual([]);
    expect(await faults([intermediate()])).toEqual([
      "certificate-key: Test CA",
      "certificate-is-a-ca: Test CA",
      "certificate-key-usage: Test CA",
    ]);
    const direct = leaf({ issuer: ROOT, issuerKey: rootKey, extensions: leafExtensions(leafKey, rootKey) });
    expect(await faults([direct], { first: "issuer" })).toEqual([
      "certificate-key: Test Leaf",
      "certificate-not-a-ca: Test Leaf",
      "certificate-key-usage: Test Leaf",
    ]);
  });
});

describe("signatures", () => {
  it("by another key of the same name are invalid, at each level", async () => {
    expect(await leafFaults({ issuerKey: testKey("p384-9") })).toEqual(["certificate-signature-invalid: Test Leaf"]);
    expect(await issuerFaults({ issuerKey: testKey("p384-9") })).toEqual(["certificate-signature-invalid: Test CA"]);
  });

  it("under a root of the same name that is not the anchor are invalid", async () => {
    const impostor = testKey("p384-9");
    const found = await faults([leaf(), intermediate()], {
      anchor: await anchor({ key: impostor, extensions: caExtensions(rootKey, impostor) }),
    });
    expect(found).toEqual(["certificate-signature-invalid: Test CA"]);
  });

  it.each<[string, (signature: Uint8Array) => Uint8Array]>([
    ["one bit changed", (signature) => signature.map((byte, i) => (i === signature.length - 1 ? byte ^ 1 : byte))],
    ["nothing in it", () => new Uint8Array()],
    ["raw r || s in place of DER", (signature) => signature.subarray(-96)],
    ["a trailing byte", (signature) => write.concat(signature, Uint8Array.of(0))],
    ["a length that is not minimal", (signature) => write.overlongLength(signature)],
    ["r and s zero", () => write.sequence(write.integer(0), write.integer(0))],
    ["a negative s", () => write.sequence(write.integer(1), write.integer(-1))],
    ["three integers", () => write.sequence(write.integer(1), write.integer(1), write.integer(1))],
    ["integers longer than the curve", () => write.sequence(write.integer(1n << 400n), write.integer(1))],
  ])("with %s are invalid", async (_, signature) => {
    expect(await leafFaults({ signature })).toEqual(["certificate-signature-invalid: Test Leaf"]);
    expect(await issuerFaults({ signature })).toEqual(["certificate-signature-invalid: Test CA"]);
  });

  it("over another certificate's bytes are invalid", async () => {
    const other = leaf({ serial: 4 });
    expect(await faults([{ ...leaf(), tbs: other.tbs }, intermediate()])).toEqual([
      "certificate-signature-invalid: Test Leaf",
    ]);
  });

  it("of an algorithm that does not fit the issuer's key are invalid", async () => {
    const { signatureAlgorithm: _, ...rest } = leaf();
    const check = (algorithm: Certificate["signatureAlgorithm"], key = intermediate().publicKey) =>
      verifyIssued({ ...rest, signatureAlgorithm: algorithm }, key, crypto);
    expect(await check({ name: "ECDSA", hash: "SHA-384" })).toBe(true);
    expect(await check({ name: "ECDSA", hash: "SHA-256" })).toBe(false);
    expect(await check({ name: "RSA-PSS", hash: "SHA-384", saltLength: 48 })).toBe(false);
    expect(await check({ name: "Ed25519" })).toBe(false);
    expect(await check(undefined)).toBe(false);
    expect(
      await check(
        { name: "ECDSA", hash: "SHA-384" },
        { type: "rsa", modulus: testKey("rsa2048-1").raw, exponent: 65537 },
      ),
    ).toBe(false);
    expect(await verifyIssued(leaf(), undefined, crypto)).toBe(false);
  });

  it("are verified with RSA-PSS, RSA PKCS#1 and Ed25519 as well", async () => {
    const rsa = testKey("rsa4096-1");
    const extensions = leafExtensions(leafKey, rsa);
    const key = { type: "rsa", modulus: rsa.raw, exponent: 65537 } as const;
    const pss = leaf({
      issuerKey: rsa,
      extensions,
      algorithm: { name: "RSA-PSS", hash: "SHA-384", saltLength: 48, trailerField: 1 },
    });
    const pkcs1 = leaf({ issuerKey: rsa, extensions, algorithm: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } });
    expect(await Promise.all([verifyIssued(pss, key, crypto), verifyIssued(pkcs1, key, crypto)])).toEqual([true, true]);
    const wrongMask = leaf({
      issuerKey: rsa,
      extensions,
      algorithm: { name: "RSA-PSS", hash: "SHA-384", mgfHash: "SHA-1" },
    });
    expect(await verifyIssued({ ...wrongMask, signatureAlgorithm: pss.signatureAlgorithm }, key, crypto)).toBe(false);
    const shortSalt = leaf({
      issuerKey: rsa,
      extensions,
      algorithm: { name: "RSA-PSS", hash: "SHA-384", saltLength: 32 },
    });
    expect(await verifyIssued({ ...shortSalt, signatureAlgorithm: pss.signatureAlgorithm }, key, crypto)).toBe(false);
  });
});

describe("a back end that cannot verify", () => {
  const unavailable: Crypto = {
    name: "none",
    digest: crypto.digest.bind(crypto),
    verify: async () => Promise.reject(new CryptoUnavailableError("no such algorithm")),
  };

  it("throws, so that nobody takes cannot for no", async () => {
    await expect(faults([leaf(), intermediate()], { crypto: unavailable })).rejects.toThrow(CryptoUnavailableError);
  });

  it("leaves no rejection unhandled beside a malformed extension", async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): unknown => unhandled.push(reason);
    process.on("unhandledRejection", listen);
    const malformed = leaf({
      extensions: [leafConstraints, extension.raw("2.5.29.15", write.integer(1), true), leafId, leafAuthority],
    });
    await expect(faults([malformed, intermediate()], { crypto: unavailable })).rejects.toThrow(MalformedError);
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off("unhandledRejection", listen);
    expect(unhandled).toEqual([]);
  });
});

describe("names", () => {
  it.each<[string, Uint8Array]>([
    ["another value", name([["CN", "Other CA"]])],
    ["another case", name([["CN", "TEST CA"]])],
    ["another string type", name([["CN", "Test CA", "printable"]])],
    [
      "an attribute more",
      name([
        ["CN", "Test CA"],
        ["O", "x"],
      ]),
    ],
    ["another attribute", name([["OU", "Test CA"]])],
    ["white space added", name([["CN", "Test CA "]])],
  ])("of issuer and subject that differ by %s do not match: bytes are compared", async (_, issuer) => {
    expect(await leafFaults({ issuer })).toEqual(["certificate-name-mismatch: Test Leaf"]);
  });

  it("match the anchor's as well", async () => {
    expect(await issuerFaults({ issuer: name([["CN", "Other Root"]]) })).toEqual([
      "certificate-name-mismatch: Test CA",
    ]);
  });

  it("of issuers are not empty, even where both are", async () => {
    const empty = name([]);
    const found = await faults([leaf({ issuer: empty }), intermediate({ subject: empty })]);
    expect(found).toEqual(["certificate-name-mismatch: Test Leaf"]);
  });
});

describe("key identifiers", () => {
  const other = Uint8Array.of(1, 2, 3);

  it("that name another key are a fault, against a certificate and against the anchor", async () => {
    const strange = extension.authorityKeyId(other);
    expect(await leafFaults({ extensions: [leafConstraints, leafUsage, leafId, strange] })).toEqual([
      "certificate-key-identifier: Test Leaf",
    ]);
    expect(await issuerFaults({ extensions: [issuerConstraints, issuerUsage, issuerId, strange] })).toEqual([
      "certificate-key-identifier: Test CA",
    ]);
  });

  it("that are missing are a fault where the profile demands them, and none where it does not", async () => {
    const relaxed = { profile: profile({ keyIdentifiers: "absent-allowed" }) };
    const withoutSubject = [leafConstraints, leafUsage, leafAuthority];
    const withoutAuthority = [leafConstraints, leafUsage, leafId];
    expect(await leafFaults({ extensions: withoutSubject })).toEqual(["certificate-key-identifier: Test Leaf"]);
    expect(await leafFaults({ extensions: withoutAuthority })).toEqual(["certificate-key-identifier: Test Leaf"]);
    expect(await leafFaults({ extensions: withoutSubject }, relaxed)).toEqual([]);
    expect(await leafFaults({ extensions: withoutAuthority }, relaxed)).toEqual([]);
  });

  it("that differ are a fault even where they may be absent", async () => {
    const extensions = [leafConstraints, leafUsage, leafId, extension.authorityKeyId(other)];
    expect(await leafFaults({ extensions }, { profile: profile({ keyIdentifiers: "absent-allowed" }) })).toEqual([
      "certificate-key-identifier: Test Leaf",
    ]);
  });

  it("are compared only where the issuer has one", async () => {
    const bare = intermediate({ extensions: [issuerConstraints, issuerUsage, issuerAuthority] });
    expect(await faults([leaf(), bare])).toEqual(["certificate-key-identifier: Test CA"]);
    const anonymous = { ...(await anchor()), keyIdentifier: undefined };
    expect(await faults([leaf(), intermediate()], { anchor: anonymous })).toEqual([]);
  });
});

describe("algorithms and keys", () => {
  it("outside the profile are faults, at each level", async () => {
    const only = (rules: Parameters<typeof profile>[0]) =>
      faults([leaf(), intermediate()], { profile: profile(rules) });
    expect(await only({ signedWith: ["ECDSA/SHA-256"] })).toEqual([
      "certificate-algorithm: Test Leaf",
      "certificate-algorithm: Test CA",
    ]);
    expect(await only({ keys: ["P-256"] })).toEqual(["certificate-key: Test CA"]);
    expect(await only({ keys: ["P-384"] })).toEqual(["certificate-key: Test Leaf"]);
    expect(await only({ keys: [] })).toEqual(["certificate-key: Test Leaf", "certificate-key: Test CA"]);
  });

  it("that are weaker than they look are faults: SHA-256 under P-384", async () => {
    expect(await leafFaults({ algorithm: { name: "ECDSA", hash: "SHA-256" } })).toEqual([
      "certificate-algorithm: Test Leaf",
    ]);
  });

  it("that are not verified here are faults, and their signatures invalid", async () => {
    expect(await leafFaults({ algorithm: { name: "ECDSA", hash: "SHA-1" } })).toEqual([
      "certificate-signature-invalid: Test Leaf",
      "certificate-algorithm: Test Leaf",
    ]);
  });

  it.each<[string, Uint8Array]>([
    ["P-384", testKey("p384-1").spki],
    ["secp256k1", testKey("secp256k1-1").spki],
    ["RSA-1024", testKey("rsa1024-1").spki],
    ["RSA-4095", rsaSpki(Uint8Array.of(0x7f, ...testKey("rsa4096-1").raw.subarray(1)))],
    ["a compressed point", ecSpki("P-256", Uint8Array.of(2, ...leafKey.raw.subarray(1, 33)))],
    ["Ed25519", testKey("ed25519-1").spki],
  ])("refuse a leaf's key that is %s where P-256 belongs", async (_, key) => {
    expect(await leafFaults({ key })).toEqual(["certificate-key: Test Leaf"]);
  });
});

describe("serial numbers", () => {
  it.each<[string, number | Uint8Array, readonly string[]]>([
    ["of 20 bytes", new Uint8Array(20).fill(0x7f), []],
    ["of 21 bytes", new Uint8Array(21).fill(0x7f), ["certificate-serial: Test Leaf"]],
    ["that are zero", 0, ["certificate-serial: Test Leaf"]],
    ["that are negative", -5, ["certificate-serial: Test Leaf"]],
    ["with a sign octet", 0x80, []],
  ])("%s", async (_, serial, expected) => {
    expect(await leafFaults({ serial })).toEqual(expected);
  });

  it("that are zero pass where the profile allows them (AMD); negative ones never do", async () => {
    const amd = { profile: profile({ zeroSerial: true }) };
    expect(await leafFaults({ serial: 0 }, amd)).toEqual([]);
    expect(await leafFaults({ serial: -5 }, amd)).toEqual(["certificate-serial: Test Leaf"]);
  });
});

describe("extensions", () => {
  const plus = (more: Uint8Array): Changes => ({ extensions: [...LEAF_EXTENSIONS, more] });
  const any = { profile: profile({ otherExtensions: "any" }) };
  const value = Uint8Array.of(5, 0);

  it("that are critical and not interpreted never pass", async () => {
    const critical = [
      extension.raw("1.2.3", value, true),
      extension.extendedKeyUsage(["1.3.6.1.5.5.7.3.1"], true),
      extension.nameConstraints("example.com"),
      extension.raw("2.5.29.32", value, true),
      extension.raw("2.5.29.31", value, true),
    ];
    for (const more of critical)
      expect(await leafFaults(plus(more), any)).toEqual(["certificate-extension: Test Leaf"]);
    const named = { profile: profile({ otherExtensions: ["1.2.3"] }) };
    expect(await leafFaults(plus(extension.raw("1.2.3", value, true)), named)).toEqual([
      "certificate-extension: Test Leaf",
    ]);
  });

  it("that are critical key identifiers never pass", async () => {
    const extensions = [
      leafConstraints,
      leafUsage,
      extension.subjectKeyId(leafKey, true),
      extension.authorityKeyId(intermediateKey, true),
    ];
    expect(await leafFaults({ extensions }, any)).toEqual([
      "certificate-extension: Test Leaf",
      "certificate-extension: Test Leaf",
    ]);
  });

  it("that are name or policy constraints never pass, critical or not", async () => {
    const policy = extension.raw("2.5.29.36", write.sequence(write.implicit(0, Uint8Array.of(0))));
    expect(await leafFaults(plus(policy), any)).toEqual(["certificate-extension: Test Leaf"]);
    expect(await leafFaults(plus(extension.nameConstraints("example.com", false)), any)).toEqual([
      "certificate-extension: Test Leaf",
    ]);
  });

  it("that nobody named are faults where the profile lists what may occur", async () => {
    const more = plus(extension.raw("1.2.3", value));
    expect(await leafFaults(more)).toEqual(["certificate-extension: Test Leaf"]);
    expect(await leafFaults(more, any)).toEqual([]);
    expect(await leafFaults(more, { profile: profile({ otherExtensions: ["1.2.3"] }) })).toEqual([]);
    expect(await leafFaults(more, { profile: profile({ otherExtensions: ["1.2.30"] }) })).toEqual([
      "certificate-extension: Test Leaf",
    ]);
  });

  it("of issuers are judged alike", async () => {
    const extensions = [issuerConstraints, issuerUsage, issuerId, issuerAuthority];
    expect(await issuerFaults({ extensions: [...extensions, extension.raw("1.2.3", value, true)] }, any)).toEqual([
      "certificate-extension: Test CA",
    ]);
    expect(
      await issuerFaults({ extensions: [...extensions, extension.crlDistributionPoint("http://crl.test/")] }),
    ).toEqual([]);
  });
});

describe("basic constraints and key usage", () => {
  it("of a leaf: no CA, no missing extension, digitalSignature", async () => {
    const without = (index: number): Changes => ({ extensions: LEAF_EXTENSIONS.filter((_, i) => i !== index) });
    const relaxed = { profile: profile({ basicConstraints: "absent-allowed", keyUsage: "absent-allowed" }) };
    expect(
      await leafFaults({ extensions: [extension.basicConstraints(true), leafUsage, leafId, leafAuthority] }),
    ).toEqual(["certificate-is-a-ca: Test Leaf"]);
    expect(
      await leafFaults({ extensions: [extension.basicConstraints(true), leafUsage, leafId, leafAuthority] }, relaxed),
    ).toEqual(["certificate-is-a-ca: Test Leaf"]);
    expect(await leafFaults(without(0))).toEqual(["certificate-extension: Test Leaf"]);
    expect(await leafFaults(without(0), relaxed)).toEqual([]);
    expect(await leafFaults(without(1))).toEqual(["certificate-key-usage: Test Leaf"]);
    expect(await leafFaults(without(1), relaxed)).toEqual([]);
    for (const usage of [
      [],
      ["keyCertSign"],
      ["nonRepudiation", "keyAgreement"],
      ["digitalSignature", "keyCertSign"],
    ] as const) {
      const extensions = [leafConstraints, extension.keyUsage(usage), leafId, leafAuthority];
      expect(await leafFaults({ extensions })).toEqual(["certificate-key-usage: Test Leaf"]);
      expect(await leafFaults({ extensions }, relaxed)).toEqual(["certificate-key-usage: Test Leaf"]);
    }
    const both = [leafConstraints, extension.keyUsage(["digitalSignature", "nonRepudiation"]), leafId, leafAuthority];
    expect(await leafFaults({ extensions: both })).toEqual([]);
  });

  it("of an issuer: CA and keyCertSign, whatever the profile allows", async () => {
    const relaxed = { profile: profile({ basicConstraints: "absent-allowed", keyUsage: "absent-allowed" }) };
    const noConstraints = [issuerUsage, issuerId, issuerAuthority];
    const noAuthority = [extension.basicConstraints(false), issuerUsage, issuerId, issuerAuthority];
    const noUsage = [issuerConstraints, issuerId, issuerAuthority];
    const noSigning = [
      issuerConstraints,
      extension.keyUsage(["digitalSignature", "cRLSign"]),
      issuerId,
      issuerAuthority,
    ];
    for (const input of [{}, relaxed]) {
      expect(await issuerFaults({ extensions: noConstraints }, input)).toEqual(["certificate-not-a-ca: Test CA"]);
      expect(await issuerFaults({ extensions: noAuthority }, input)).toEqual(["certificate-not-a-ca: Test CA"]);
      expect(await issuerFaults({ extensions: noSigning }, input)).toEqual(["certificate-key-usage: Test CA"]);
    }
    expect(await issuerFaults({ extensions: noUsage })).toEqual(["certificate-key-usage: Test CA"]);
    expect(await issuerFaults({ extensions: noUsage }, relaxed)).toEqual([]);
  });

  it("refuse a leaf that issues another leaf", async () => {
    const second = testKey("p256-2");
    const chain = [
      leaf({
        subject: name([["CN", "Second"]]),
        key: second,
        issuer: LEAF,
        issuerKey: leafKey,
        extensions: leafExtensions(second, leafKey),
      }),
      leaf(),
      intermediate(),
    ];
    const found = await faults(chain, {
      profile: profile({ keys: ["P-256", "P-384"], signedWith: ["ECDSA/SHA-256", "ECDSA/SHA-384"] }),
    });
    expect(found).toEqual([
      "certificate-not-a-ca: Test Leaf",
      "certificate-key-usage: Test Leaf",
      "certificate-path-length: Test CA",
    ]);
  });
});

describe("path length", () => {
  const middleKey = testKey("p384-3");
  const MIDDLE = name([["CN", "Middle CA"]]);
  const authority = (limit: number | undefined) => [
    extension.basicConstraints(true, limit),
    issuerUsage,
    extension.subjectKeyId(middleKey),
    extension.authorityKeyId(rootKey),
  ];
  /** leaf < Test CA < Middle CA < root. */
  const chain = (limit: number | undefined, selfIssued = false) => {
    const issuer = selfIssued ? INTERMEDIATE : MIDDLE;
    return [
      leaf(),
      intermediate({ issuer, issuerKey: middleKey, extensions: caExtensions(intermediateKey, middleKey, 0) }),
      intermediate({ subject: issuer, key: middleKey, extensions: authority(limit) }),
    ];
  };

  it("counts the intermediates below, the leaf not among them", async () => {
    expect(await faults(chain(undefined))).toEqual([]);
    expect(await faults(chain(5))).toEqual([]);
    expect(await faults(chain(1))).toEqual([]);
    expect(await faults(chain(0))).toEqual(["certificate-path-length: Middle CA"]);
    expect(
      await issuerFaults({ extensions: [extension.basicConstraints(true, 0), issuerUsage, issuerId, issuerAuthority] }),
    ).toEqual([]);
  });

  it("does not count self-issued certificates (RFC 5280, section 4.2.1.9)", async () => {
    expect(await faults(chain(0, true))).toEqual([]);
  });

  it("is malformed beyond 255 or below zero", async () => {
    for (const limit of [256, -1, 2n ** 32n]) {
      const extensions = [extension.basicConstraints(true, limit), issuerUsage, issuerId, issuerAuthority];
      await expect(issuerFaults({ extensions })).rejects.toThrow(MalformedError);
    }
  });
});

describe("validity", () => {
  const from = Date.UTC(2025, 5, 1, 12, 0, 0);
  const to = Date.UTC(2027, 5, 1, 12, 0, 0);
  const dates = { notBefore: from, notAfter: to };

  async function found(at: number, level: 0 | 1 | 2): Promise<readonly string[]> {
    const chain = [leaf(level === 0 ? dates : {}), intermediate(level === 1 ? dates : {})];
    const above = await anchor(level === 2 ? dates : {});
    return validityFaults(chain, above, at).map(({ code, certificate, found }) => `${code}: ${certificate}: ${found}`);
  }

  it.each([
    [0, "Test Leaf"],
    [1, "Test CA"],
    [2, "Test Root"],
  ] as const)("has both ends in it and not a millisecond more, at level %i", async (level, certificate) => {
    expect(await found(from, level)).toEqual([]);
    expect(await found(to, level)).toEqual([]);
    for (const early of [1, 1000]) {
      expect(await found(from - early, level)).toEqual([
        `certificate-not-yet-valid: ${certificate}: 2025-06-01T12:00:00.000Z`,
      ]);
    }
    for (const late of [1, 1000]) {
      expect(await found(to + late, level)).toEqual([`certificate-expired: ${certificate}: 2027-06-01T12:00:00.000Z`]);
    }
  });

  it("is never there when it ends before it starts", async () => {
    const backwards = leaf({ notBefore: to, notAfter: from });
    for (const at of [from - 1, from, NOW, to, to + 1]) {
      expect(validityFaults([backwards, intermediate()], await anchor(), at)).toHaveLength(1);
    }
  });

  it("is a fault at every level at once", async () => {
    const codes = validityFaults([leaf(), intermediate()], await anchor(), 0).map(({ code }) => code);
    expect(codes).toEqual(["certificate-not-yet-valid", "certificate-not-yet-valid", "certificate-not-yet-valid"]);
  });

  it("is judged by the caller's time alone", async () => {
    expect(validityFaults([leaf(), intermediate()], await anchor(), NOW)).toEqual([]);
  });
});

describe("the anchor", () => {
  it("is the caller's: name, key and key identifier, with the digest of its bytes", async () => {
    const made = await anchor();
    const certificate = root();
    expect(made).toMatchObject({
      name: "Test Root",
      subject: certificate.subject,
      key: certificate.publicKey,
      origin: "custom",
    });
    expect(Buffer.from(await crypto.digest("SHA-256", certificate.der)).toString("hex")).toBe(made.sha256);
  });

  it("without a key that is verified with never verifies anything", async () => {
    const unusable = await anchor({ key: testKey("secp256k1-1"), extensions: caExtensions(rootKey, rootKey) });
    expect(await faults([leaf(), intermediate()], { anchor: unusable })).toEqual([
      "certificate-signature-invalid: Test CA",
    ]);
  });
});
