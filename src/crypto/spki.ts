/** An RSA key as SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7; RFC 8017, appendix A.1.1), the form in which WebCrypto takes it. */

import { concatBytes } from "../encoding/bytes.js";
import { TAG } from "../encoding/der.js";
import { toBigEndian } from "./bigint.js";
import type { RsaPublicKey } from "./crypto.js";

/** AlgorithmIdentifier { rsaEncryption, NULL } (RFC 3279, section 2.3.1). */
const RSA_ENCRYPTION = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/** DER of the SubjectPublicKeyInfo of a usable key. */
export function rsaSpki({ modulus, exponent }: RsaPublicKey): Uint8Array<ArrayBuffer> {
  const exponentBytes = toBigEndian(BigInt(exponent), 4) as Uint8Array;
  const key = element(TAG.sequence, unsigned(modulus), unsigned(exponentBytes));
  return element(TAG.sequence, Uint8Array.from(RSA_ENCRYPTION), element(TAG.bitString, Uint8Array.of(0), key));
}

/** INTEGER of a magnitude: minimal, with a zero octet where the sign bit would be set (X.690, section 8.3). */
function unsigned(magnitude: Uint8Array): Uint8Array {
  const digits = magnitude.subarray(magnitude.findIndex((byte) => byte !== 0));
  const sign = (digits[0] as number) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0);
  return element(TAG.integer, sign, digits);
}

/** One element of up to 65535 bytes, tag and length before its contents. */
function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const octets = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.of(tag, ...octets), ...parts) as Uint8Array<ArrayBuffer>;
}
