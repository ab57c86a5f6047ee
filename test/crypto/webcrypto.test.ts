import { afterEach, describe, expect, it, vi } from "vitest";
import { type Crypto, CryptoUnavailableError, type EcPublicKey, type RsaPublicKey } from "../../src/crypto/crypto.js";
import { defaultCrypto, webcrypto } from "../../src/crypto/webcrypto.js";
import { ecPrivate, everyAlgorithm, flipped, message, rsaPrivate, type Signed, signed, verifies } from "./backends.js";

const real = globalThis.crypto.subtle;

interface FakeSubtle {
  readonly crypto: Crypto;
  readonly calls: string[];
}

/** The engine's own `subtle`, its calls written down; `fault` may throw in place of the answer to a call. */
function fakeSubtle(fault: (call: string, count: number) => void = () => undefined): FakeSubtle {
  const calls: string[] = [];
  const note = (call: string): void => {
    calls.push(call);
    fault(call, calls.filter((one) => one === call).length);
  };
  const fake = {
    digest: async (...args: Parameters<SubtleCrypto["digest"]>) => {
      note("digest");
      return real.digest(...args);
    },
    importKey: async (...args: Parameters<SubtleCrypto["importKey"]>) => {
      note("importKey");
      return real.importKey(...args);
    },
    verify: async (...args: Parameters<SubtleCrypto["verify"]>) => {
      note("verify");
      return real.verify(...args);
    },
  };
  return { crypto: webcrypto(fake as SubtleCrypto), calls };
}

const count = (calls: readonly string[], call: string): number => calls.filter((one) => one === call).length;
const ecdsa = signed({ name: "ECDSA", hash: "SHA-384" }, ecPrivate["P-384"]) as Signed<EcPublicKey>;
const pss = signed({ name: "RSA-PSS", hash: "SHA-384", saltLength: 48 }, rsaPrivate()) as Signed<RsaPublicKey>;
const pinned = <Item extends Signed>(item: Item): Item => ({ ...item, key: { ...item.key, pinned: true } });

describe("what the engine lacks", () => {
  const errors = ["NotSupportedError", "DataError", "OperationError", "SyntaxError"];

  it.each(errors)("%s from importKey or verify is no verdict on a signature", async (error) => {
    for (const lacking of ["importKey", "verify"]) {
      const { crypto } = fakeSubtle((call) => {
        if (call === lacking) throw new DOMException("not here", error);
      });
      for (const item of everyAlgorithm()) {
        const asked = await verifies(crypto, item).catch((reason: unknown) => reason);
        expect(asked).toBeInstanceOf(CryptoUnavailableError);
        expect((asked as Error).message).toContain(item.algorithm.name);
        expect((asked as Error).message).toContain(error);
      }
    }
  });

  it("says so of a digest too", async () => {
    const { crypto } = fakeSubtle(() => {
      throw new DOMException("no SHA", "NotSupportedError");
    });
    await expect(crypto.digest("SHA-384", message)).rejects.toThrow(CryptoUnavailableError);
  });

  it("says so where a call throws at once, and of what is no Error", async () => {
    const thrower = (): never => {
      throw "engine without a word";
    };
    const crypto = webcrypto({ digest: thrower, importKey: thrower, verify: thrower } as unknown as SubtleCrypto);
    await expect(verifies(crypto, ecdsa)).rejects.toThrow("ECDSA SHA-384 on P-384 (engine without a word)");
    await expect(verifies(crypto, pss)).rejects.toThrow("RSA-PSS SHA-384 with 2048 bits");
  });

  it("still answers no to what is no key and no signature, without asking the engine", async () => {
    const { crypto, calls } = fakeSubtle(() => {
      throw new DOMException("not here", "NotSupportedError");
    });
    const offCurve = { ...ecdsa.key, point: flipped(ecdsa.key.point, 20) };
    expect(await verifies(crypto, { ...ecdsa, key: offCurve })).toBe(false);
    expect(await verifies(crypto, { ...ecdsa, signature: new Uint8Array(96) })).toBe(false);
    expect(await verifies(crypto, { ...ecdsa, key: pss.key })).toBe(false);
    expect(await verifies(crypto, { ...pss, key: { ...pss.key, exponent: 1 } })).toBe(false);
    expect(await verifies(crypto, { ...pss, signature: pss.signature.subarray(1) })).toBe(false);
    expect(calls).toEqual([]);
  });
});

describe("imported keys", () => {
  it("are kept for a pinned key", async () => {
    const { crypto, calls } = fakeSubtle();
    for (const item of [pinned(ecdsa), pinned(pss)]) {
      for (let i = 0; i < 3; i++) expect(await verifies(crypto, item)).toBe(true);
      expect(await verifies(crypto, { ...item, message: flipped(message, 0) })).toBe(false);
    }
    expect([count(calls, "importKey"), count(calls, "verify")]).toEqual([2, 8]);
  });

  it("are made anew for every other key", async () => {
    const { crypto, calls } = fakeSubtle();
    for (let i = 0; i < 3; i++) expect(await verifies(crypto, ecdsa)).toBe(true);
    expect([count(calls, "importKey"), count(calls, "verify")]).toEqual([3, 3]);
  });

  it("of any other key serve what is verified at one time", async () => {
    const { crypto, calls } = fakeSubtle();
    const forged = { ...ecdsa, message: flipped(message, 0) };
    expect(await Promise.all([ecdsa, forged, ecdsa].map((item) => verifies(crypto, item)))).toEqual([
      true,
      false,
      true,
    ]);
    expect(count(calls, "importKey")).toBe(1);
    expect(await verifies(crypto, ecdsa)).toBe(true);
    expect(count(calls, "importKey")).toBe(2);
  });

  it("belong to one key object, not to equal bytes", async () => {
    const { crypto, calls } = fakeSubtle();
    expect(await verifies(crypto, pinned(ecdsa))).toBe(true);
    expect(await verifies(crypto, pinned(ecdsa))).toBe(true);
    expect(count(calls, "importKey")).toBe(2);
  });

  it("are imported once where two verifications start together", async () => {
    const { crypto, calls } = fakeSubtle();
    const item = pinned(pss);
    expect(await Promise.all([verifies(crypto, item), verifies(crypto, item)])).toEqual([true, true]);
    expect(count(calls, "importKey")).toBe(1);
  });

  it("serve the algorithm that they were imported for alone", async () => {
    const { crypto, calls } = fakeSubtle();
    const item = pinned(pss);
    const pkcs1 = signed({ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, rsaPrivate());
    for (let i = 0; i < 2; i++) {
      expect(await verifies(crypto, item)).toBe(true);
      expect(await verifies(crypto, { ...pkcs1, key: item.key })).toBe(true);
      expect(await verifies(crypto, { ...item, algorithm: pkcs1.algorithm })).toBe(false);
      expect(await verifies(crypto, { ...item, algorithm: { ...item.algorithm, saltLength: 47 } as never })).toBe(
        false,
      );
      expect(await verifies(crypto, { ...item, algorithm: { ...item.algorithm, hash: "SHA-256" } as never })).toBe(
        false,
      );
    }
    expect(count(calls, "importKey")).toBe(3);
  });

  it("are not remembered when the import failed", async () => {
    const { crypto, calls } = fakeSubtle((call, times) => {
      if (call === "importKey" && times === 1) throw new DOMException("out of memory", "OperationError");
    });
    const item = pinned(ecdsa);
    await expect(verifies(crypto, item)).rejects.toThrow(CryptoUnavailableError);
    expect(await verifies(crypto, item)).toBe(true);
    expect(await verifies(crypto, item)).toBe(true);
    expect(count(calls, "importKey")).toBe(2);
  });

  it("of a pinned key do not make a bad signature or a bad pinned key good", async () => {
    const { crypto } = fakeSubtle();
    const item = pinned(ecdsa);
    expect(await verifies(crypto, item)).toBe(true);
    expect(await verifies(crypto, { ...item, signature: flipped(item.signature, 5) })).toBe(false);
    const offCurve = { ...item.key, point: flipped(item.key.point, 20) };
    for (let i = 0; i < 2; i++) expect(await verifies(crypto, { ...item, key: offCurve })).toBe(false);
  });
});

describe("defaultCrypto", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("is one back end over this realm's WebCrypto", async () => {
    const crypto = defaultCrypto();
    expect(crypto?.name).toBe("webcrypto");
    expect(defaultCrypto()).toBe(crypto);
    expect(await crypto?.verify(ecdsa.algorithm, ecdsa.key, ecdsa.signature, ecdsa.message)).toBe(true);
  });

  it("is undefined where there is none", () => {
    vi.stubGlobal("crypto", undefined);
    expect(defaultCrypto()).toBeUndefined();
    vi.stubGlobal("crypto", { getRandomValues: () => undefined });
    expect(defaultCrypto()).toBeUndefined();
  });

  it("follows the realm: another subtle is another back end", () => {
    const before = defaultCrypto();
    vi.stubGlobal("crypto", { subtle: Object.create(real) as SubtleCrypto });
    expect(defaultCrypto()).not.toBe(before);
  });
});
