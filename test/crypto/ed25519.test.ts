import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import type { Ed25519PublicKey } from "../../src/crypto/crypto.js";
import { isUsableKey } from "../../src/crypto/usable.js";
import { backends, digest, edPrivate, type Signed, signed, toBigInt, verifies } from "./backends.js";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const littleEndian = (value: bigint, sign = 0): Uint8Array => {
  const bytes = Uint8Array.from(Buffer.from(value.toString(16).padStart(64, "0"), "hex")).reverse();
  bytes[31] = (bytes[31] as number) | (sign << 7);
  return bytes;
};
const edKey = (point: Uint8Array): Ed25519PublicKey => ({ type: "ed25519", point });

/** The eight points whose order divides 8: a generator of them, found from any point, and its multiples. */
function smallOrderPoints(): readonly Uint8Array[] {
  const { Point } = ed25519;
  for (let y = 2n; ; y++) {
    const candidate = tryPoint(littleEndian(y));
    const torsion = candidate?.multiplyUnsafe(L - 1n).add(candidate);
    if (torsion === undefined || torsion.double().double().is0()) continue;
    const points = [Point.ZERO];
    for (let i = 1; i < 8; i++) points.push((points[i - 1] as typeof torsion).add(torsion));
    return points.map((point) => point.toBytes());
  }
}

function tryPoint(bytes: Uint8Array): ReturnType<typeof ed25519.Point.fromBytes> | undefined {
  try {
    return ed25519.Point.fromBytes(bytes);
  } catch {
    return undefined;
  }
}

describe("isUsableKey of Ed25519", () => {
  it("agrees with noble on which bytes are a point of large order", () => {
    const samples = Array.from({ length: 300 }, (_, i) => digest("SHA-256", Uint8Array.of(i & 255, i >> 8)));
    const small = Array.from({ length: 40 }, (_, i) => littleEndian(BigInt(i)));
    const usable = [...samples, ...small].map((point) => {
      const theirs = tryPoint(point);
      expect(isUsableKey(edKey(point))).toBe(theirs !== undefined && !theirs.isSmallOrder());
      return theirs !== undefined;
    });
    expect(usable.filter(Boolean).length).toBeGreaterThan(100);
    expect(usable.filter((yes) => !yes).length).toBeGreaterThan(100);
  });

  it("refuses all eight points of small order, and y written above p", () => {
    const points = smallOrderPoints();
    expect(new Set(points.map((point) => Buffer.from(point).toString("hex"))).size).toBe(8);
    for (const point of points) expect(isUsableKey(edKey(point))).toBe(false);
    for (let above = 0n; above < 19n; above++) {
      for (const sign of [0, 1]) expect(isUsableKey(edKey(littleEndian(P + above, sign)))).toBe(false);
    }
  });
});

describe.each(backends)("$name", (crypto) => {
  it("refuses an R that is written above p, which the key's owner alone can make", async () => {
    const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(new Uint8Array(32).fill(7));
    const message = Uint8Array.of(1, 2, 3);
    // R is the neutral point, so S is the challenge times the key.
    const forge = (r: Uint8Array): Signed => {
      const hash = digest("SHA-512", Uint8Array.of(...r, ...pointBytes, ...message));
      const challenge = toBigInt(hash.slice().reverse()) % L;
      const signature = Uint8Array.of(...r, ...littleEndian((challenge * scalar) % L));
      return { algorithm: { name: "Ed25519" }, key: edKey(pointBytes), signature, message };
    };
    expect(await verifies(crypto, forge(littleEndian(1n)))).toBe(true);
    expect(await verifies(crypto, forge(littleEndian(P + 1n)))).toBe(false);
  });

  const item = signed({ name: "Ed25519" }, edPrivate) as Signed<Ed25519PublicKey>;
  const accepts = (change: Partial<Signed>): Promise<boolean> => verifies(crypto, { ...item, ...change });

  it("accepts the first test vector of RFC 8032, section 7.1", async () => {
    const key = edKey(
      Uint8Array.from(Buffer.from("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "hex")),
    );
    const signature = Uint8Array.from(
      Buffer.from(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        "hex",
      ),
    );
    expect(await accepts({ key, signature, message: new Uint8Array(0) })).toBe(true);
    expect(await accepts({ key, signature })).toBe(false);
  });

  it("rejects S not below the order (RFC 8032, section 5.1.7, step 1)", async () => {
    expect(await accepts({})).toBe(true);
    const s = toBigInt(item.signature.slice(32).reverse());
    for (const other of [s + L, L, 2n ** 256n - 1n]) {
      const signature = Uint8Array.of(...item.signature.subarray(0, 32), ...Buffer.from(littleEndian(other)));
      expect(await accepts({ signature })).toBe(false);
    }
  });

  it("rejects a key of small order, under which one signature holds for every message", async () => {
    const identity = littleEndian(1n);
    // R = identity and S = 0: [S]B = R + [k]A holds for every k where A is the identity too.
    const signature = Uint8Array.of(...identity, ...new Uint8Array(32));
    for (const point of smallOrderPoints()) expect(await accepts({ key: edKey(point), signature })).toBe(false);
  });

  it("rejects bytes that are no point, or of another length", async () => {
    const { point } = item.key;
    expect(tryPoint(littleEndian(2n))).toBeUndefined();
    for (const other of [
      littleEndian(2n),
      littleEndian(P + 1n),
      point.subarray(1),
      Uint8Array.of(...point, 0),
      new Uint8Array(0),
    ]) {
      expect(await accepts({ key: edKey(other) })).toBe(false);
    }
  });
});
