/** Integers from and to byte strings (RFC 8017, section 4), and the one modular power that verification needs. */

const WORD_BYTES = 8;

/** OS2IP: big-endian bytes as a non-negative integer. */
export function fromBigEndian(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let value = 0n;
  let offset = 0;
  for (; offset < bytes.length % WORD_BYTES; offset++) value = (value << 8n) | BigInt(bytes[offset] as number);
  for (; offset < bytes.length; offset += WORD_BYTES) value = (value << 64n) | view.getBigUint64(offset);
  return value;
}

/** The integers of RFC 8032 are little-endian. */
export function fromLittleEndian(bytes: Uint8Array): bigint {
  return fromBigEndian(bytes.slice().reverse());
}

/** I2OSP: `value` as `length` big-endian bytes, or `undefined` where it is too large for them. */
export function toBigEndian(value: bigint, length: number): Uint8Array | undefined {
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return rest === 0n ? bytes : undefined;
}

/** `base ** exponent mod modulus`. Neither constant in time nor in need of it: everything here is public. */
export function powMod(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
