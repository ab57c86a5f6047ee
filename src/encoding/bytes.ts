/** Small operations on byte strings that every room needs. */

/** Full-length equality; the time taken depends on the lengths alone (design, rule 6). */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

/** Whether every byte is `value` (zero unless told). */
export function allBytes(bytes: Uint8Array, value = 0): boolean {
  return bytes.every((byte) => byte === value);
}

/** Below zero where `a` comes first: by the first byte that differs, else the shorter. No secret is compared so. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return a.length - b.length;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return joinBytes(parts);
}

/** Like `concatBytes`, for lists whose length somebody else chooses: arguments are limited in number. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
