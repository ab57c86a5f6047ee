/** SPDM GET_MEASUREMENTS and MEASUREMENTS, byte by byte (DMTF DSP0274 1.1, sections 10.11.1 and 10.11.2, as NVIDIA's devices speak it). */

import type { Layout } from "../../encoding/layout.js";

const SPEC = "DMTF DSP0274 1.1";

export const REQUEST_BYTES = 37;
export const NONCE_BYTES = 32;
export const SIGNATURE_BYTES = 96;
export const MEASUREMENT_BYTES = 48;
export const BLOCK_BYTES = 55;
/** Where the measurement blocks start. */
export const BLOCKS_AT = 45;

export const requestLayout: Layout = {
  name: "GET_MEASUREMENTS request",
  spec: `${SPEC}, section 10.11.1`,
  length: REQUEST_BYTES,
  fields: [
    { name: "requestVersion", offset: 0, length: 1, form: "u8" },
    { name: "requestCode", offset: 1, length: 1, form: "u8" },
    { name: "requestAttributes", offset: 2, length: 1, form: "u8" },
    { name: "requestOperation", offset: 3, length: 1, form: "u8" },
    { name: "requesterNonce", offset: 4, length: NONCE_BYTES, form: "bytes" },
    { name: "slotId", offset: 36, length: 1, form: "u8" },
  ],
};

/** The record length is 24 bits wide: low 16 and high 8. */
export const responseLayout: Layout = {
  name: "MEASUREMENTS response",
  spec: `${SPEC}, section 10.11.2`,
  length: 8,
  fields: [
    { name: "responseVersion", offset: 0, length: 1, form: "u8" },
    { name: "responseCode", offset: 1, length: 1, form: "u8" },
    { name: "responseParam1", offset: 2, length: 1, form: "u8" },
    { name: "responseParam2", offset: 3, length: 1, form: "u8" },
    { name: "numberOfBlocks", offset: 4, length: 1, form: "u8" },
    { name: "recordLengthLow", offset: 5, length: 2, form: "u16le" },
    { name: "recordLengthHigh", offset: 7, length: 1, form: "u8" },
  ],
};

/** One block in DMTF form, as all of NVIDIA's are: a SHA-384 digest. */
export const blockLayout: Layout = {
  name: "measurement block",
  spec: `${SPEC}, section 10.11.3`,
  length: BLOCK_BYTES,
  fields: [
    { name: "index", offset: 0, length: 1, form: "u8" },
    { name: "specification", offset: 1, length: 1, form: "u8" },
    { name: "size", offset: 2, length: 2, form: "u16le" },
    { name: "valueType", offset: 4, length: 1, form: "u8" },
    { name: "valueSize", offset: 5, length: 2, form: "u16le" },
    { name: "value", offset: 7, length: MEASUREMENT_BYTES, form: "bytes" },
  ],
};

/** What follows the opaque data. */
export const signatureLayout: Layout = {
  name: "signature",
  spec: `${SPEC}, section 10.11.2`,
  length: SIGNATURE_BYTES,
  fields: [{ name: "signature", offset: 0, length: SIGNATURE_BYTES, form: "bytes" }],
};
