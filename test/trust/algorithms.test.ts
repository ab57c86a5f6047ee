import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compressedPoint, ecSpki, explicitParametersSpki, hybridPoint, rsaSpki } from "../../fixtures/algorithms.js";
import * as write from "../../fixtures/der.js";
import { type Algorithm, algorithmIdentifier, testKey } from "../../fixtures/x509.js";
import { readDer } from "../../src/encoding/der.js";
import { publicKeyFromSpki, signatureAlgorithm } from "../../src/trust/algorithms.js";
import { describeAlgorithm, describeKey } from "../../src/trust/profiles.js";
import { expectMalformed, readsOrMalformed } from "../support/malformed.js";

const read = (identifier: Uint8Array) => signatureAlgorithm(readDer(identifier));
const readForged = (algorithm: Algorithm) => read(algorithmIdentifier(algorithm));
const PSS = "1.2.840.113549.1.1.10";
const SHA384 = write.sequence(write.oid("2.16.840.1.101.3.4.2.2"), write.nullValue());
const MGF1 = "1.2.840.113549.1.1.8";
const pss = (...fields: readonly Uint8Array[]): Uint8Array => write.sequence(write.oid(PSS), write.sequence(...fields));
const hashField = write.explicit(0, SHA384);
const mgfField = write.explicit(1, write.sequence(write.oid(MGF1), SHA384));
const saltField = write.explicit(2, write.integer(48));

describe("signatureAlgorithm", () => {
  it.each<Algorithm>([
    { name: "ECDSA", hash: "SHA-256" },
    { name: "ECDSA", hash: "SHA-384" },
    { name: "ECDSA", hash: "SHA-512" },
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" },
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" },
    { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 },
    { name: "RSA-PSS", hash: "SHA-384", saltLength: 48 },
    { name: "RSA-PSS", hash: "SHA-384", saltLength: 32 },
    { name: "RSA-PSS", hash: "SHA-512", saltLength: 0 },
    { name: "Ed25519" },
  ])("reads %j", (algorithm) => {
    expect(readForged(algorithm)).toEqual(algorithm);
  });

  it.each<[string, Uint8Array]>([
    ["ECDSA with SHA-1", algorithmIdentifier({ name: "ECDSA", hash: "SHA-1" })],
    ["RSA PKCS#1 with SHA-1", write.sequence(write.oid("1.2.840.113549.1.1.5"), write.nullValue())],
    ["RSA PKCS#1 with MD5", write.sequence(write.oid("1.2.840.113549.1.1.4"), write.nullValue())],
    ["DSA", write.sequence(write.oid("1.2.840.10040.4.3"))],
    ["Ed448", write.sequence(write.oid("1.3.101.113"))],
    ["ECDSA with SHA3-256", write.sequence(write.oid("2.16.840.1.101.3.4.3.10"))],
    ["an arc 2^32 above that of ECDSA with SHA-384", write.sequence(write.oid(`1.2.840.10045.4.3.${2 ** 32 + 3}`))],
    ["RSA-PSS without parameters, which means SHA-1", write.sequence(write.oid(PSS))],
    ["RSA-PSS with empty parameters, which mean SHA-1", pss()],
    ["RSA-PSS with SHA-1", algorithmIdentifier({ name: "RSA-PSS", hash: "SHA-1" })],
    ["RSA-PSS whose MGF uses SHA-1", algorithmIdentifier({ name: "RSA-PSS", hash: "SHA-384", mgfHash: "SHA-1" })],
    [
      "RSA-PSS whose MGF uses another hash",
      algorithmIdentifier({ name: "RSA-PSS", hash: "SHA-384", mgfHash: "SHA-256" }),
    ],
    ["RSA-PSS without a hash", pss(mgfField, saltField)],
    ["RSA-PSS without an MGF", pss(hashField, saltField)],
    ["RSA-PSS without a salt length, which means 20", pss(hashField, mgfField)],
    [
      "RSA-PSS with another mask function",
      pss(hashField, write.explicit(1, write.sequence(write.oid("1.2.3"), SHA384)), saltField),
    ],
  ])("does not know %s", (_, identifier) => {
    expect(read(identifier)).toBeUndefined();
  });

  it("takes both spellings of the hashes' parameters", () => {
    const algorithm = { name: "RSA-PSS", hash: "SHA-384", saltLength: 48 } as const;
    expect(readForged({ ...algorithm, hashParameters: "absent" })).toEqual(algorithm);
  });

  it("tolerates trailerField 1 written out, as AMD does, and no other", () => {
    const algorithm = { name: "RSA-PSS", hash: "SHA-384", saltLength: 48 } as const;
    expect(readForged({ ...algorithm, trailerField: 1 })).toEqual(algorithm);
    for (const trailerField of [0, 2, 255]) {
      expectMalformed(() => readForged({ ...algorithm, trailerField }), "trailerField is not 1");
    }
    for (const trailerField of [-1, 256])
      expectMalformed(() => readForged({ ...algorithm, trailerField }), "trailerField");
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["ECDSA with NULL parameters", write.sequence(write.oid("1.2.840.10045.4.3.3"), write.nullValue()), /too many/],
    ["Ed25519 with NULL parameters", write.sequence(write.oid("1.3.101.112"), write.nullValue()), /too many/],
    ["RSA PKCS#1 without parameters", write.sequence(write.oid("1.2.840.113549.1.1.11")), /RSA parameters is missing/],
    [
      "RSA PKCS#1 with other parameters than NULL",
      write.sequence(write.oid("1.2.840.113549.1.1.11"), write.sequence()),
      /NULL expected/,
    ],
    [
      "RSA PKCS#1 with an element too many",
      write.sequence(write.oid("1.2.840.113549.1.1.11"), write.nullValue(), write.nullValue()),
      /too many/,
    ],
    ["RSA-PSS with NULL parameters", write.sequence(write.oid(PSS), write.nullValue()), /too many/],
    [
      "RSA-PSS with an element behind its parameters",
      write.sequence(write.oid(PSS), write.sequence(hashField, mgfField, saltField), write.nullValue()),
      /too many/,
    ],
    ["RSA-PSS parameters in another order", pss(mgfField, hashField, saltField), /too many/],
    ["a RSA-PSS parameter twice", pss(hashField, hashField, mgfField, saltField), /too many/],
    [
      "a RSA-PSS parameter of an unknown number",
      pss(hashField, mgfField, saltField, write.explicit(4, write.integer(1))),
      /too many/,
    ],
    [
      "a negative salt length",
      pss(hashField, mgfField, write.explicit(2, write.integer(-1))),
      /salt length is negative/,
    ],
    [
      "a salt length of 513",
      pss(hashField, mgfField, write.explicit(2, write.integer(513))),
      /salt length is above 512/,
    ],
    ["two salt lengths", pss(hashField, mgfField, write.explicit(2, write.integer(48), write.integer(48))), /too many/],
    [
      "a salt length that is no INTEGER",
      pss(hashField, mgfField, write.explicit(2, write.boolean(true))),
      /tagged value has DER tag/,
    ],
    [
      "a hash with other parameters than NULL",
      pss(
        write.explicit(0, write.sequence(write.oid("2.16.840.1.101.3.4.2.2"), write.integer(1))),
        mgfField,
        saltField,
      ),
      /NULL expected/,
    ],
    [
      "a hash with an element too many",
      pss(
        write.explicit(0, write.sequence(write.oid("2.16.840.1.101.3.4.2.2"), write.nullValue(), write.nullValue())),
        mgfField,
        saltField,
      ),
      /too many/,
    ],
    [
      "a mask function without a hash",
      pss(hashField, write.explicit(1, write.sequence(write.oid(MGF1))), saltField),
      /MGF1 hash is missing/,
    ],
    [
      "a mask function with an element too many",
      pss(hashField, write.explicit(1, write.sequence(write.oid(MGF1), SHA384, SHA384)), saltField),
      /MGF has an element too many/,
    ],
    ["no algorithm", write.sequence(), /algorithm is missing/],
    ["an algorithm that is no OBJECT IDENTIFIER", write.sequence(write.nullValue()), /algorithm has DER tag/],
  ])("refuses %s", (_, identifier, reason) => {
    expectMalformed(() => read(identifier), reason);
  });
});

describe("publicKey", () => {
  it("reads EC keys on the three curves, RSA keys and Ed25519 keys", () => {
    for (const name of ["p256-1", "p384-1", "p521-1"] as const) {
      const key = testKey(name);
      expect(publicKeyFromSpki(key.spki)).toEqual({ type: "ec", curve: key.curve, point: key.raw });
    }
    const rsa = testKey("rsa4096-1");
    expect(publicKeyFromSpki(rsa.spki)).toEqual({ type: "rsa", modulus: rsa.raw, exponent: 65537 });
    const ed25519 = testKey("ed25519-1");
    expect(publicKeyFromSpki(ed25519.spki)).toEqual({ type: "ed25519", point: ed25519.raw });
  });

  const p256 = testKey("p256-1");
  const rsa = testKey("rsa2048-1");

  it.each<[string, Uint8Array]>([
    ["a compressed point", ecSpki("P-256", compressedPoint(p256))],
    ["a hybrid point", ecSpki("P-256", hybridPoint(p256))],
    ["the point at infinity", ecSpki("P-256", Uint8Array.of(0))],
    ["no point", ecSpki("P-256", new Uint8Array())],
    ["a point that is a byte short", ecSpki("P-256", p256.raw.subarray(0, -1))],
    ["a point that is a byte long", ecSpki("P-256", Uint8Array.of(...p256.raw, 0))],
    ["a P-256 point under the name of P-384", ecSpki("P-384", p256.raw)],
    ["another curve", ecSpki("secp256k1", p256.raw)],
    ["explicit curve parameters", explicitParametersSpki(p256)],
    [
      "implicit curve parameters",
      write.sequence(write.sequence(write.oid("1.2.840.10045.2.1"), write.nullValue()), write.bitString(p256.raw)),
    ],
    ["an RSA exponent of five bytes", rsaSpki(rsa.raw, Uint8Array.of(1, 0, 0, 0, 1))],
    ["a DSA key", write.sequence(write.sequence(write.oid("1.2.840.10040.4.1")), write.bitString(write.integer(5)))],
    ["an RSASSA-PSS key", write.sequence(write.sequence(write.oid(PSS)), write.bitString(write.integer(5)))],
    ["an X25519 key", write.sequence(write.sequence(write.oid("1.3.101.110")), write.bitString(new Uint8Array(32)))],
  ])("does not know %s", (_, spki) => {
    expect(publicKeyFromSpki(spki)).toBeUndefined();
  });

  it("keeps odd RSA numbers as they are: the crypto seam refuses what is unusable", () => {
    const exponent = (bytes: Uint8Array) => {
      const key = publicKeyFromSpki(rsaSpki(rsa.raw, bytes));
      return key?.type === "rsa" ? key.exponent : undefined;
    };
    expect([
      exponent(Uint8Array.of(3)),
      exponent(Uint8Array.of(1, 0, 1)),
      exponent(new Uint8Array(4).fill(0xff)),
    ]).toEqual([3, 65537, 2 ** 32 - 1]);
  });

  const rsaBits = (...numbers: readonly Uint8Array[]): Uint8Array =>
    write.sequence(
      write.sequence(write.oid("1.2.840.113549.1.1.1"), write.nullValue()),
      write.bitString(write.sequence(...numbers)),
    );

  it.each<[string, Uint8Array, RegExp]>([
    [
      "an RSA key without parameters",
      write.sequence(write.sequence(write.oid("1.2.840.113549.1.1.1")), write.bitString(write.sequence())),
      /RSA key parameters is missing/,
    ],
    [
      "an RSA key with other parameters",
      write.sequence(
        write.sequence(write.oid("1.2.840.113549.1.1.1"), write.integer(0)),
        write.bitString(write.sequence()),
      ),
      /NULL expected/,
    ],
    [
      "an RSA key with a parameter too many",
      write.sequence(
        write.sequence(write.oid("1.2.840.113549.1.1.1"), write.nullValue(), write.nullValue()),
        write.bitString(write.sequence()),
      ),
      /too many/,
    ],
    ["a negative modulus", rsaBits(write.integer(-5), write.integer(3)), /modulus is negative/],
    ["a zero modulus", rsaBits(write.integer(0), write.integer(3)), /modulus is zero/],
    ["a negative exponent", rsaBits(write.integer(5), write.integer(-3)), /publicExponent is negative/],
    ["a zero exponent", rsaBits(write.integer(5), write.integer(0)), /publicExponent is zero/],
    ["a modulus that is not minimal", rsaBits(write.integer(Uint8Array.of(0, 5)), write.integer(3)), /not minimal/],
    [
      "an RSA key of three numbers",
      rsaBits(write.integer(5), write.integer(3), write.integer(3)),
      /RSAPublicKey has an element too many/,
    ],
    [
      "an RSA key that is no DER",
      write.sequence(
        write.sequence(write.oid("1.2.840.113549.1.1.1"), write.nullValue()),
        write.bitString(Uint8Array.of(1)),
      ),
      /cut short/,
    ],
    [
      "an EC key without parameters",
      write.sequence(write.sequence(write.oid("1.2.840.10045.2.1")), write.bitString(p256.raw)),
      /EC parameters is missing/,
    ],
    [
      "an EC key with a parameter too many",
      write.sequence(
        write.sequence(write.oid("1.2.840.10045.2.1"), write.oid("1.2.840.10045.3.1.7"), write.nullValue()),
        write.bitString(p256.raw),
      ),
      /too many/,
    ],
    [
      "an Ed25519 key of 31 bytes",
      write.sequence(write.sequence(write.oid("1.3.101.112")), write.bitString(new Uint8Array(31))),
      /not 32 bytes/,
    ],
    [
      "an Ed25519 key with parameters",
      write.sequence(write.sequence(write.oid("1.3.101.112"), write.nullValue()), write.bitString(new Uint8Array(32))),
      /too many/,
    ],
    [
      "a key with unused bits",
      write.sequence(write.sequence(write.oid("1.3.101.112")), write.bitString(new Uint8Array(32), 3)),
      /whole octets/,
    ],
    [
      "an element behind the key",
      write.sequence(write.sequence(write.oid("1.3.101.112")), write.bitString(new Uint8Array(32)), write.nullValue()),
      /SubjectPublicKeyInfo has an element too many/,
    ],
    ["a byte behind the SubjectPublicKeyInfo", write.concat(p256.spki, Uint8Array.of(0)), /follow/],
  ])("refuses %s", (_, spki, reason) => {
    expectMalformed(() => publicKeyFromSpki(spki), reason);
  });

  it("gives a key, nothing or a MalformedError for any change of one byte", () => {
    for (const { spki } of [p256, rsa, testKey("ed25519-1")]) {
      fc.assert(
        fc.property(fc.nat({ max: spki.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
          readsOrMalformed(() => publicKeyFromSpki(spki.map((byte, i) => (i === at ? value : byte))));
        }),
        { numRuns: 500 },
      );
    }
  });
});

describe("the words of profiles", () => {
  it("describe algorithms with all that matters", () => {
    expect(describeAlgorithm({ name: "RSA-PSS", hash: "SHA-384", saltLength: 48 })).toBe("RSA-PSS/SHA-384/48");
    expect(describeAlgorithm({ name: "ECDSA", hash: "SHA-256" })).toBe("ECDSA/SHA-256");
    expect(describeAlgorithm({ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" })).toBe("RSASSA-PKCS1-v1_5/SHA-256");
    expect(describeAlgorithm({ name: "Ed25519" })).toBe("Ed25519");
    expect(describeAlgorithm(undefined)).toBe("unknown");
  });

  it("describe keys by curve and by exact bits", () => {
    const described = (spki: Uint8Array) => describeKey(publicKeyFromSpki(spki));
    expect(described(testKey("p384-1").spki)).toBe("P-384");
    expect(described(testKey("rsa4096-1").spki)).toBe("RSA-4096");
    expect(described(testKey("ed25519-1").spki)).toBe("Ed25519");
    expect(described(rsaSpki(Uint8Array.of(0x7f, ...new Uint8Array(255))))).toBe("RSA-2047");
    expect(described(rsaSpki(Uint8Array.of(0x01, ...new Uint8Array(255))))).toBe("RSA-2041");
    expect(described(ecSpki("secp256k1", testKey("p256-1").raw))).toBe("unknown");
  });
});
