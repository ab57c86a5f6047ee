/** CRC-32/ISO-HDLC (ITU-T V.42, section 8.1.1.6.2; polynomial EDB88320 reflected), fed piece by piece. */

let table: Uint32Array | undefined;

function crcTable(): Uint32Array {
  if (table !== undefined) return table;
  const entries = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    let entry = i;
    for (let bit = 0; bit < 8; bit++) entry = entry & 1 ? (entry >>> 1) ^ 0xedb88320 : entry >>> 1;
    entries[i] = entry;
  }
  table = entries;
  return table;
}

/** The checksum of all bytes so far, that of what came before being `crc` (0 at the start). */
export function crc32(bytes: Uint8Array, crc = 0): number {
  const entries = crcTable();
  let state = ~crc;
  for (let i = 0; i < bytes.length; i++)
    state = (entries[(state ^ (bytes[i] as number)) & 255] as number) ^ (state >>> 8);
  return ~state >>> 0;
}
