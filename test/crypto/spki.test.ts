import { createPublicKey } from "node:crypto";
import { expect, it } from "vitest";
import type { RsaPublicKey } from "../../src/crypto/crypto.js";
import { rsaSpki } from "../../src/crypto/spki.js";
import { publicKeyOf, rsaPrivate } from "./backends.js";

const keys: readonly [number, number][] = [
  [2048, 65537],
  [2048, 3],
  [2048, 4294967291],
  [2049, 65537],
  [2055, 65537],
  [1024, 129],
  [520, 65537],
];

it.each(keys)("writes a key of %i bits and exponent %i as OpenSSL does", (bits, exponent) => {
  const privateKey = rsaPrivate(bits, exponent);
  const spki = rsaSpki(publicKeyOf(privateKey) as RsaPublicKey);
  const theirs = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  expect(Buffer.from(spki).toString("hex")).toBe(theirs.toString("hex"));
});
