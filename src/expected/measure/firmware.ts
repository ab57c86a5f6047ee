/** The table of GUIDed entries at the end of an OVMF image, read backwards (reference sev-snp.md, section 2.11; OvmfPkg ResetVectorVtf0.asm). */

import { demand, MalformedError } from "../../encoding/malformed.js";
import { guidText } from "./guid.js";

/** GUID text to the entry's data, without its size and GUID. */
export type FooterTable = ReadonlyMap<string, Uint8Array>;

const FOOTER_GUID = "96b582de-1fb2-45f7-baea-a366c55a082d";
/** Size and GUID that end every entry. */
const TRAILER = 18;
/** The reset vector code behind the table. */
const AFTER_TABLE = 32;

/** The largest firmware image that is read: they end at 4 GiB, and real ones have 2 to 16 MiB. */
export const MAX_FIRMWARE_BYTES = 0x400_0000;
export const PAGE_BYTES = 0x1000;
export const FOUR_GIB = 0x1_0000_0000;

/**
 * Reads the table of `image`.
 * @throws MalformedError without a footer, on a size that does not fit, on left-over bytes, and on a GUID that occurs twice:
 * two readers might then take different entries.
 */
export function readFooterTable(image: Uint8Array): FooterTable {
  const tableEnd = image.length - AFTER_TABLE;
  demand(tableEnd >= TRAILER, "firmware is too short for its footer table");
  const footer = trailerAt(image, tableEnd);
  demand(footer.guid === FOOTER_GUID, "firmware has no footer table", tableEnd - 16);
  demand(footer.size >= TRAILER && footer.size <= tableEnd, "firmware footer has a wrong size", tableEnd - TRAILER);
  const tableStart = tableEnd - footer.size;
  const table = new Map<string, Uint8Array>();
  for (let end = tableEnd - TRAILER; end > tableStart; ) {
    demand(end - tableStart >= TRAILER, "firmware table entry cut short", tableStart);
    const { size, guid } = trailerAt(image, end);
    demand(size >= TRAILER && size <= end - tableStart, `firmware table entry ${guid} has a wrong size`, end - TRAILER);
    demand(!table.has(guid), `firmware table has the entry ${guid} twice`, end - 16);
    table.set(guid, image.subarray(end - size, end - TRAILER));
    end -= size;
  }
  return table;
}

function trailerAt(image: Uint8Array, end: number): { readonly size: number; readonly guid: string } {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  return { size: view.getUint16(end - TRAILER, true), guid: guidText(image.subarray(end - 16, end)) };
}

/** The u32 at the start of an entry, or `undefined` when the table lacks it. Entries may be longer than they need. */
export function entryU32(table: FooterTable, guid: string, what: string): number | undefined {
  const data = table.get(guid);
  if (data === undefined) return undefined;
  demand(data.length >= 4, `${what} is shorter than 4 bytes`);
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0, true);
}

/** Where metadata starts that an entry places `fromEnd` bytes before the end of the image. */
export function offsetFromEnd(image: Uint8Array, fromEnd: number, what: string): number {
  if (fromEnd === 0 || fromEnd > image.length) throw new MalformedError(`${what} lies outside the firmware`);
  return image.length - fromEnd;
}

/** Refuses an image that cannot be mapped page by page. */
export function demandWholePages(image: Uint8Array, what: string): void {
  demand(
    image.length > 0 && image.length % PAGE_BYTES === 0,
    `${what} is not a whole number of 4 KiB pages`,
    image.length,
  );
}
