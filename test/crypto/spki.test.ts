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

/** Where DER takes another form: a first byte of 0x80, and lengths of 0x7f, 0x80, 0xff and 0x100. */
const moduli: readonly [string, number, number][] = [
  ["that begins with 0x80", 256, 0x80],
  ["that begins with 0x7f", 256, 0x7f],
  ["of 127 bytes", 127, 0x7f],
  ["of 128 bytes", 128, 0x7f],
  ["of 255 bytes", 255, 0x7f],
];

it.each(moduli)("writes a modulus %s as OpenSSL does", (_, length, first) => {
  const modulus = Uint8Array.of(first, ...new Uint8Array(length - 2).fill(0x5a), 1);
  const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
  const jwk = { kty: "RSA", n: base64url(modulus), e: base64url(Uint8Array.of(1, 0, 1)) };
  const theirs = createPublicKey({ key: jwk, format: "jwk" }).export({ format: "der", type: "spki" });
  const ours = rsaSpki({ type: "rsa", modulus, exponent: 65537 });
  expect(Buffer.from(ours).toString("hex")).toBe(theirs.toString("hex"));
});
