/** SPDM GET_MEASUREMENTS and MEASUREMENTS, byte by byte (DMTF DSP0274 1.1, sections 10.11.1 and 10.11.2, as NVIDIA's devices speak it). */

import type { Field, Layout } from "../../encoding/layout.js";

export const REQUEST_BYTES = 37;
export const NONCE_BYTES = 32;
export const SIGNATURE_BYTES = 96;
export const MEASUREMENT_BYTES = 48;
export const BLOCK_BYTES = 55;
/** Where the measurement blocks start. */
export const BLOCKS_AT = 45;

/** Length and form, by name, one behind the other; a byte each unless told. */
type Rows = Readonly<Record<string, readonly [length: number, form: Field["form"]]>>;
const BYTE = [1, "u8"] as const;
const SHORT = [2, "u16le"] as const;
const bytes = (length: number) => [length, "bytes"] as const;

/** A structure of DSP0274, or with its own `spec`. */
function layoutOf(name: string, clause: string, rows: Rows): Layout {
  let end = 0;
  const fields = Object.entries(rows).map(([field, [length, form]]): Field => {
    end += length;
    return { name: field, offset: end - length, length, form };
  });
  return { name, spec: clause.startsWith("10") ? `DMTF DSP0274 1.1, section ${clause}` : clause, length: end, fields };
}

export const requestLayout: Layout = /* @__PURE__ */ layoutOf("GET_MEASUREMENTS request", "10.11.1", {
  requestVersion: BYTE,
  requestCode: BYTE,
  requestAttributes: BYTE,
  requestOperation: BYTE,
  requesterNonce: bytes(NONCE_BYTES),
  slotId: BYTE,
});

/** The record length is 24 bits wide: low 16 and high 8. */
export const responseLayout: Layout = /* @__PURE__ */ layoutOf("MEASUREMENTS response", "10.11.2", {
  responseVersion: BYTE,
  responseCode: BYTE,
  responseParam1: BYTE,
  responseParam2: BYTE,
  numberOfBlocks: BYTE,
  recordLengthLow: SHORT,
  recordLengthHigh: BYTE,
});

/** One block in DMTF form, as all of NVIDIA's are: a SHA-384 digest. */
export const blockLayout: Layout = /* @__PURE__ */ layoutOf("measurement block", "10.11.3", {
  index: BYTE,
  specification: BYTE,
  size: SHORT,
  valueType: BYTE,
  valueSize: SHORT,
  value: bytes(MEASUREMENT_BYTES),
});

/** What follows the blocks. */
export const nonceLayout: Layout = /* @__PURE__ */ layoutOf("responder nonce and opaque length", "10.11.2", {
  responderNonce: bytes(NONCE_BYTES),
  opaqueLength: SHORT,
});

/** What follows the opaque data. */
export const signatureLayout: Layout = /* @__PURE__ */ layoutOf("signature", "10.11.2", {
  signature: bytes(SIGNATURE_BYTES),
});

/** One field of the opaque data, type and length included in `length`. */
export function opaqueLayout(name: string, length: number): Layout {
  const rows = { type: SHORT, length: SHORT, [name]: bytes(length - 4) };
  return layoutOf(`opaque field ${name}`, "NVIDIA nvtrust, opaque data", rows);
}
