import { describe, expect, it } from "vitest";
import type { HashName, RsaPublicKey, SignatureAlgorithm } from "../../src/crypto/crypto.js";
import {
  backends,
  digest,
  flipped,
  hashes,
  message,
  type PssFaults,
  pssEncoding,
  publicKeyOf,
  rawRsaSignature,
  rsaPrivate,
  type Signed,
  signed,
  toBigInt,
  verifies,
} from "./backends.js";

const pkcs1 = (hash: HashName): SignatureAlgorithm => ({ name: "RSASSA-PKCS1-v1_5", hash });
const PKCS1 = pkcs1("SHA-256");
const pss = (hash: HashName, saltLength: number): SignatureAlgorithm => ({ name: "RSA-PSS", hash, saltLength });

/** DigestInfo of SHA-256 (RFC 8017, section 9.2, note 1), by hand. */
const DIGEST_INFO = Buffer.from("3031300d060960864801650304020105000420", "hex");
const DIGEST_INFO_WITHOUT_NULL = Buffer.from("302f300b0609608648016503040201" + "0420", "hex");
const DIGEST_INFO_SHA384 = Buffer.from("3041300d060960864801650304020205000430", "hex");

/** 00 01 FF.. 00 and `info`, to the length of the modulus; `extra` behind it takes the place of padding. */
function pkcs1Encoding(info: Uint8Array, bytes: number, extra = new Uint8Array(0), block = 1, fill = 0xff): Uint8Array {
  const padding = new Uint8Array(bytes - info.length - extra.length - 3).fill(fill);
  return Uint8Array.of(0, block, ...padding, 0, ...info, ...extra);
}

const bitsOf = ({ modulus }: RsaPublicKey): number => toBigInt(modulus).toString(2).length;

describe.each(backends)("$name", (crypto) => {
  const accepts = (item: Signed): Promise<boolean> => verifies(crypto, item);

  // 1 modulo 8 makes emLen a byte shorter than the modulus; the others leave 1 to 7 bits of the first byte unused.
  it.each([2049, 2050, 2055, 2056])("verifies with a modulus of %i bits", async (bits) => {
    const key = rsaPrivate(bits);
    expect(bitsOf(publicKeyOf(key) as RsaPublicKey)).toBe(bits);
    for (const algorithm of [PKCS1, pss("SHA-256", 32), pss("SHA-384", 48), pss("SHA-512", 0)]) {
      const item = signed(algorithm, key);
      expect(await accepts(item)).toBe(true);
      expect(await accepts({ ...item, signature: flipped(item.signature, 100) })).toBe(false);
      expect(await accepts({ ...item, message: flipped(message, 1) })).toBe(false);
    }
  });

  it.each([3, 17, 4294967291])("verifies with the public exponent %i", async (exponent) => {
    const key = rsaPrivate(2048, exponent);
    for (const algorithm of [PKCS1, pss("SHA-384", 48)]) {
      const item = signed(algorithm, key);
      expect((item.key as RsaPublicKey).exponent).toBe(exponent);
      expect(await accepts(item)).toBe(true);
      expect(await accepts({ ...item, message: flipped(message, 1) })).toBe(false);
    }
  });

  it("takes the longest salt that there is room for, and none that is longer", async () => {
    const most = 256 - 32 - 2;
    const item = signed(pss("SHA-256", most), rsaPrivate());
    expect(await accepts(item)).toBe(true);
    for (const saltLength of [most - 1, most + 1, 512, 2 ** 31, -1, 1.5, Number.NaN]) {
      expect(await accepts({ ...item, algorithm: pss("SHA-256", saltLength) }), String(saltLength)).toBe(false);
    }
    // emLen counts the bits of the modulus less one: 2049 of them leave room for no more than 2048 do.
    const odd = signed(pss("SHA-256", most), rsaPrivate(2049));
    expect(await accepts(odd)).toBe(true);
    expect(await accepts({ ...odd, algorithm: pss("SHA-256", most + 1) })).toBe(false);
  });

  it("rejects a signature that is congruent to the right one, or not below the modulus", async () => {
    // Behind a modulus with a byte to spare, s + n fits in as many bytes as the modulus has.
    const item = signed(PKCS1, rsaPrivate(2049)) as Signed<RsaPublicKey>;
    const { modulus } = item.key;
    const shifted = (toBigInt(item.signature) + toBigInt(modulus)).toString(16).padStart(2 * modulus.length, "0");
    expect(await accepts({ ...item, signature: Uint8Array.from(Buffer.from(shifted, "hex")) })).toBe(false);
    expect(await accepts({ ...item, signature: modulus })).toBe(false);
    expect(await accepts({ ...item, signature: new Uint8Array(modulus.length).fill(0xff) })).toBe(false);
    expect(await accepts({ ...item, signature: new Uint8Array(modulus.length) })).toBe(false);
  });

  describe("a key out of bounds is none", () => {
    const item = signed(PKCS1, rsaPrivate()) as Signed<RsaPublicKey>;
    const { modulus } = item.key;
    const info = Buffer.concat([DIGEST_INFO, digest("SHA-256", message)]);
    const withKey = (change: Partial<RsaPublicKey>, signature = item.signature): Signed => {
      return { ...item, key: { ...item.key, ...change }, signature };
    };

    it("takes the key as it is", async () => expect(await accepts(withKey({}))).toBe(true));

    it.each([0, 1, 2, 4, 65536, 65537.5, -3, Number.NaN, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1])(
      "exponent %d",
      async (exponent) => {
        expect(await accepts(withKey({ exponent }))).toBe(false);
      },
    );

    it("exponent 1, with which every encoding is its own signature", async () => {
      expect(await accepts(withKey({ exponent: 1 }, pkcs1Encoding(info, 256)))).toBe(false);
    });

    it("modulus even, empty, with a leading zero, of 1024 or 16384 bits", async () => {
      const zero = Uint8Array.of(0, ...modulus);
      const huge = new Uint8Array(2048).fill(0xff);
      expect(await accepts(withKey({ modulus: flipped(modulus, 255) }))).toBe(false);
      expect(await accepts(withKey({ modulus: new Uint8Array(0) }, new Uint8Array(0)))).toBe(false);
      expect(await accepts(withKey({ modulus: zero }))).toBe(false);
      expect(await accepts(withKey({ modulus: zero }, Uint8Array.of(0, ...item.signature)))).toBe(false);
      expect(
        await accepts(
          withKey(
            { modulus: huge },
            huge.map((byte, i) => (i === 0 ? 1 : byte)),
          ),
        ),
      ).toBe(false);
      expect(await accepts(signed(PKCS1, rsaPrivate(1024)))).toBe(false);
      expect(await accepts(signed(pss("SHA-256", 32), rsaPrivate(2040)))).toBe(false);
    });
  });

  describe("PKCS #1 v1.5 encodings made by hand", () => {
    const privateKey = rsaPrivate();
    const hashed = digest("SHA-256", message);
    const info = Buffer.concat([DIGEST_INFO, hashed]);
    const judge = (encoded: Uint8Array, algorithm = PKCS1): Promise<boolean> =>
      accepts({ algorithm, key: publicKeyOf(privateKey), signature: rawRsaSignature(privateKey, encoded), message });

    it("accepts the right one", async () => expect(await judge(pkcs1Encoding(info, 256))).toBe(true));

    it("rejects one without NULL, with another hash, or with the digest alone", async () => {
      expect(await judge(pkcs1Encoding(Buffer.concat([DIGEST_INFO_WITHOUT_NULL, hashed]), 256))).toBe(false);
      const sha384 = Buffer.concat([DIGEST_INFO_SHA384, digest("SHA-384", message)]);
      expect(await judge(pkcs1Encoding(sha384, 256))).toBe(false);
      expect(await judge(pkcs1Encoding(sha384, 256), pkcs1("SHA-384"))).toBe(true);
      expect(await judge(pkcs1Encoding(hashed, 256))).toBe(false);
    });

    it("rejects bytes behind the digest and other paddings", async () => {
      expect(await judge(pkcs1Encoding(info, 256, new Uint8Array(100)))).toBe(false);
      expect(await judge(pkcs1Encoding(info, 256, new Uint8Array(1)))).toBe(false);
      expect(await judge(pkcs1Encoding(info, 256, new Uint8Array(0), 2))).toBe(false);
      expect(await judge(pkcs1Encoding(info, 256, new Uint8Array(0), 0, 0))).toBe(false);
      expect(await judge(flipped(pkcs1Encoding(info, 256), 100))).toBe(false);
      expect(await judge(flipped(pkcs1Encoding(info, 256), 256 - info.length - 1))).toBe(false);
    });
  });

  describe.each([2048, 2049, 2055])("PSS encodings made by hand, modulus of %i bits", (bits) => {
    const privateKey = rsaPrivate(bits);
    const key = publicKeyOf(privateKey) as RsaPublicKey;
    const judge = (encoded: Uint8Array, algorithm: SignatureAlgorithm): Promise<boolean> =>
      accepts({ algorithm, key, signature: rawRsaSignature(privateKey, encoded), message });

    it.each(hashes)("accepts the right one of %s", async (hash) => {
      expect(await judge(pssEncoding(hash, 20, bits), pss(hash, 20))).toBe(true);
    });

    const faults: readonly [string, PssFaults][] = [
      ["trailer field of X9.31", { trailer: 0xcc }],
      ["padding that is not zero", { padding: 1 }],
      ["no separator", { separator: 0 }],
      ["another separator", { separator: 2 }],
      ["mask made with another hash", { mgfHash: "SHA-384" }],
      ["prefix that is not zero", { prefix: 1 }],
    ];
    it.each(faults)("rejects %s", async (_what, fault) => {
      expect(await judge(pssEncoding("SHA-256", 32, bits, fault), pss("SHA-256", 32))).toBe(false);
    });

    it("rejects a salt of another length than the one asked for", async () => {
      const algorithm = pss("SHA-256", 31);
      expect(await judge(pssEncoding("SHA-256", 32, bits), algorithm)).toBe(false);
      expect(await judge(pssEncoding("SHA-256", 31, bits), algorithm)).toBe(true);
    });
  });

  it("rejects a PSS encoding with one of the bits set that emBits leaves out (RFC 8017, section 9.1.2, step 6)", async () => {
    const judged: boolean[] = [];
    for (const [bits, leadingBits] of [
      [2050, 0x02],
      [2055, 0x40],
      [2048, 0x80],
      [2049, 0x01],
    ] as const) {
      const privateKey = rsaPrivate(bits);
      const key = publicKeyOf(privateKey) as RsaPublicKey;
      // The salt moves the masked block until the number with the added bit is still below the modulus.
      for (let saltLength = 0; saltLength < 200; saltLength++) {
        const right = pssEncoding("SHA-256", saltLength, bits);
        const wrong =
          bits === 2049 ? Uint8Array.of(1, ...right) : pssEncoding("SHA-256", saltLength, bits, { leadingBits });
        if (toBigInt(wrong) >= toBigInt(key.modulus)) continue;
        const algorithm = pss("SHA-256", saltLength);
        const make = (encoded: Uint8Array): Signed => ({
          algorithm,
          key,
          signature: rawRsaSignature(privateKey, encoded),
          message,
        });
        expect(await accepts(make(right))).toBe(true);
        judged.push(await accepts(make(wrong)));
        break;
      }
    }
    expect(judged).toEqual([false, false, false, false]);
  });
});
