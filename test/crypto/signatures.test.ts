import { p256, p384, p521 } from "@noble/curves/nist.js";
import { describe, expect, it } from "vitest";
import {
  COORDINATE_BYTES,
  type CurveName,
  type EcPublicKey,
  type SignatureAlgorithm,
} from "../../src/crypto/crypto.js";
import {
  backends,
  bigEndian,
  curves,
  digest,
  ecPrivate,
  everyAlgorithm,
  flipped,
  hashes,
  message,
  type Signed,
  signed,
  toBigInt,
  verifies,
} from "./backends.js";

const NOBLE = { "P-256": p256, "P-384": p384, "P-521": p521 };
const all = everyAlgorithm();
const name = ({ algorithm, key }: Signed): string =>
  [algorithm.name, "hash" in algorithm && algorithm.hash, key.type === "ec" && key.curve].filter(Boolean).join(" ");
const named = all.map((item) => ({ ...item, label: name(item) }));

/** r || s with other values in their places. */
function scalars(
  curve: CurveName,
  { signature }: Signed,
  change: (r: bigint, s: bigint, n: bigint) => [bigint, bigint],
): Uint8Array {
  const size = COORDINATE_BYTES[curve];
  const r = toBigInt(signature.subarray(0, size));
  const s = toBigInt(signature.subarray(size));
  return Uint8Array.from(change(r, s, NOBLE[curve].Point.Fn.ORDER).flatMap((value) => [...bigEndian(value, size)]));
}

/** Every way to ask for a digest of another kind, or a salt of another length. */
function otherParameters(algorithm: SignatureAlgorithm): readonly SignatureAlgorithm[] {
  if (algorithm.name === "Ed25519") return [];
  const others = hashes.filter((hash) => hash !== algorithm.hash).map((hash) => ({ ...algorithm, hash }));
  if (algorithm.name !== "RSA-PSS") return others;
  return [...others, ...[0, 31, 33, 64].map((saltLength) => ({ ...algorithm, saltLength }))];
}

describe.each(backends)("$name", (crypto) => {
  const accepts = (item: Signed): Promise<boolean> => verifies(crypto, item);

  it("covers nine ECDSA pairs, six RSA ones and Ed25519", () => expect(named).toHaveLength(16));

  it.each(hashes)("digests with %s, views into larger buffers included", async (hash) => {
    for (const view of [new Uint8Array(0), message, message.subarray(3, 9)]) {
      expect(await crypto.digest(hash, view)).toEqual(digest(hash, view));
    }
  });

  describe.each(named)("$label", (item) => {
    const { algorithm, key, signature } = item;

    it("accepts what OpenSSL signed", async () => expect(await accepts(item)).toBe(true));

    it("reads views and leaves its input alone", async () => {
      const shifted = (bytes: Uint8Array): Uint8Array => Uint8Array.of(0xaa, ...bytes, 0xbb).subarray(1, -1);
      const copy: Signed = { ...item, signature: shifted(signature), message: shifted(message) };
      expect(await accepts(copy)).toBe(true);
      expect(copy.signature).toEqual(signature);
      expect(copy.message).toEqual(message);
    });

    it("rejects another message", async () => {
      for (const other of [flipped(message, 0), message.subarray(1), new Uint8Array(0), Uint8Array.of(...message, 0)]) {
        expect(await accepts({ ...item, message: other })).toBe(false);
      }
    });

    it("rejects a signature with one bit changed, wherever it is", async () => {
      const last = signature.length - 1;
      for (const byte of [0, 1, last >> 1, (last >> 1) + 1, last]) {
        for (const bit of [0, 7])
          expect(await accepts({ ...item, signature: flipped(signature, byte, bit) })).toBe(false);
      }
    });

    it("rejects a signature of another length", async () => {
      const longer = Uint8Array.of(...signature, 0);
      const padded = Uint8Array.of(0, ...signature);
      for (const other of [new Uint8Array(0), signature.subarray(1), signature.subarray(0, -1), longer, padded]) {
        expect(await accepts({ ...item, signature: other })).toBe(false);
      }
    });

    it("rejects other parameters", async () => {
      for (const other of otherParameters(algorithm)) expect(await accepts({ ...item, algorithm: other })).toBe(false);
    });

    it("rejects keys of another type or curve and algorithms of another key", async () => {
      const strangers = all.filter((other) => other.key.type !== key.type);
      expect(strangers.length).toBeGreaterThan(6);
      for (const other of strangers) {
        expect(await accepts({ ...item, key: other.key })).toBe(false);
        expect(await accepts({ ...item, algorithm: other.algorithm })).toBe(false);
      }
    });
  });

  describe.each(curves)("ECDSA on %s", (curve) => {
    const item = signed({ name: "ECDSA", hash: "SHA-384" }, ecPrivate[curve]) as Signed<EcPublicKey>;
    const size = COORDINATE_BYTES[curve];

    it("accepts the low and the high s (design, rule 7)", async () => {
      const low = scalars(curve, item, (r, s, n) => [r, s > n / 2n ? n - s : s]);
      expect(await accepts({ ...item, signature: low })).toBe(true);
      const high = scalars(curve, item, (r, s, n) => [r, s > n / 2n ? s : n - s]);
      expect(await accepts({ ...item, signature: high })).toBe(true);
    });

    it("rejects r and s outside 1 to n - 1", async () => {
      const top = (1n << BigInt(size * 8)) - 1n;
      for (const bad of [0n, top]) {
        expect(await accepts({ ...item, signature: scalars(curve, item, (r) => [r, bad]) })).toBe(false);
        expect(await accepts({ ...item, signature: scalars(curve, item, (_r, s) => [bad, s]) })).toBe(false);
        expect(await accepts({ ...item, signature: scalars(curve, item, () => [bad, bad]) })).toBe(false);
      }
      for (const above of [0n, 1n]) {
        expect(await accepts({ ...item, signature: scalars(curve, item, (r, _s, n) => [r, n + above]) })).toBe(false);
        expect(await accepts({ ...item, signature: scalars(curve, item, (_r, s, n) => [n + above, s]) })).toBe(false);
      }
    });

    it("rejects a point of another form, off the curve or of another curve", async () => {
      const { point } = item.key;
      const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
      const parity = (y[size - 1] as number) & 1;
      const bad: Record<string, Uint8Array> = {
        compressed: Uint8Array.of(2 + parity, ...x),
        hybrid: Uint8Array.of(6 + parity, ...x, ...y),
        infinity: Uint8Array.of(0),
        "infinity at full length": new Uint8Array(1 + 2 * size),
        "zero coordinates": Uint8Array.of(4, ...new Uint8Array(2 * size)),
        "x changed": flipped(point, size),
        "y changed": flipped(point, 2 * size),
        "coordinates swapped": Uint8Array.of(4, ...y, ...x),
        "all ones": new Uint8Array(1 + 2 * size).fill(0xff).fill(4, 0, 1),
        "cut short": point.subarray(0, -1),
        longer: Uint8Array.of(...point, 0),
        empty: new Uint8Array(0),
      };
      for (const [what, other] of Object.entries(bad)) {
        expect(await accepts({ ...item, key: { ...item.key, point: other } }), what).toBe(false);
      }
      for (const other of curves.filter((one) => one !== curve)) {
        expect(await accepts({ ...item, key: { ...item.key, curve: other } })).toBe(false);
      }
    });
  });

  it("rejects numbers that are only congruent to the right ones, where there is room to write them (P-521)", async () => {
    const item = signed({ name: "ECDSA", hash: "SHA-512" }, ecPrivate["P-521"]) as Signed<EcPublicKey>;
    expect(await accepts({ ...item, signature: scalars("P-521", item, (r, s, n) => [r, s + n]) })).toBe(false);
    expect(await accepts({ ...item, signature: scalars("P-521", item, (r, s, n) => [r + n, s]) })).toBe(false);
    const x = bigEndian(toBigInt(item.key.point.subarray(1, 67)) + p521.Point.Fp.ORDER, 66);
    const point = Uint8Array.of(4, ...x, ...item.key.point.subarray(67));
    expect(await accepts({ ...item, key: { ...item.key, point } })).toBe(false);
  });

  it.each(curves)("accepts the smallest and the largest s on %s", async (curve) => {
    const { Point } = NOBLE[curve];
    const { Fn } = Point;
    const h = Fn.create(toBigInt(digest("SHA-256", message)));
    for (const s of [1n, Fn.ORDER - 1n]) {
      // A key made to fit: Q = (s R - h G) / r, for an R of our choice.
      const big = Point.BASE.multiply(7n);
      const r = Fn.create(big.toAffine().x);
      const point = big.multiply(s).subtract(Point.BASE.multiply(h)).multiply(Fn.inv(r)).toBytes(false);
      const size = COORDINATE_BYTES[curve];
      const signature = Uint8Array.of(...bigEndian(r, size), ...bigEndian(s, size));
      const key: EcPublicKey = { type: "ec", curve, point };
      expect(await accepts({ algorithm: { name: "ECDSA", hash: "SHA-256" }, key, signature, message })).toBe(true);
    }
  });
});
