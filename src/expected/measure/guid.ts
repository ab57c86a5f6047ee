/** GUIDs as firmware stores them: the first three fields little-endian (UEFI Specification 2.10, appendix A). */

import { concatBytes } from "../../encoding/bytes.js";
import { fromHex, toHex } from "../../encoding/text.js";

/** The 16 bytes of a GUID written as `8-4-4-4-12` hex digits. */
export function guidBytes(text: string): Uint8Array {
  const [first = "", second = "", third = "", fourth = "", fifth = ""] = text.split("-");
  return concatBytes(
    fromHex(first).reverse(),
    fromHex(second).reverse(),
    fromHex(third).reverse(),
    fromHex(fourth),
    fromHex(fifth),
  );
}

/** The text of 16 bytes, lowercase. */
export function guidText(bytes: Uint8Array): string {
  const field = (start: number, end: number): string => toHex(bytes.slice(start, end).reverse());
  return [field(0, 4), field(4, 6), field(6, 8), toHex(bytes.slice(8, 10)), toHex(bytes.slice(10, 16))].join("-");
}
