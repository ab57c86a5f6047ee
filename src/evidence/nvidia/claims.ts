/** A report as normalised claims, its slot for a binding, and its byte map. */

import { toHex } from "../../encoding/text.js";
import type { Slot } from "../../expected/binding.js";
import type { Claims } from "../../verdict.js";
import type { MappedStructure } from "../kind.js";
import type { NvidiaTrusted } from "./authenticate.js";
import { architectureOf } from "./chain.js";
import {
  BLOCK_BYTES,
  BLOCKS_AT,
  blockLayout,
  NONCE_BYTES,
  REQUEST_BYTES,
  requestLayout,
  responseLayout,
  signatureLayout,
} from "./layout.js";
import { type OpaqueField, opaqueClaims } from "./opaque.js";
import type { NvidiaReport } from "./report.js";

/** The requester's nonce is the one place for a binding. */
export function slots(report: NvidiaReport): readonly Slot[] {
  return [{ name: "nonce", size: NONCE_BYTES, value: report.nonce }];
}

export function claims(report: NvidiaReport, trusted: NvidiaTrusted | undefined): Claims {
  const { device, nonce, responderNonce, driverVersion, vbiosVersion, fwid, mode } = report;
  const chip = trusted?.chip;
  return {
    device,
    chip: chip ?? null,
    architecture: (chip === undefined ? undefined : architectureOf(chip)) ?? null,
    ueid: trusted?.ueid ?? null,
    nonce: toHex(nonce),
    responderNonce: toHex(responderNonce),
    driverVersion: driverVersion ?? null,
    vbiosVersion,
    mode: mode ?? null,
    fwid: fwid === undefined ? null : toHex(fwid),
    measurements: report.measurements.map(toHex),
    opaque: opaqueClaims(report.opaque),
  };
}

/** Every byte of the report belongs to one structure. */
export function map(report: NvidiaReport): readonly MappedStructure[] {
  const blocks = report.measurements.map((_, index) => ({
    layout: blockLayout,
    offset: BLOCKS_AT + index * BLOCK_BYTES,
  }));
  return [
    { layout: requestLayout, offset: 0 },
    { layout: responseLayout, offset: REQUEST_BYTES },
    ...blocks,
    { layout: nonceLayout, offset: report.nonceAt },
    ...[...report.opaque.values()].map(opaqueStructure),
    { layout: signatureLayout, offset: report.signed.length },
  ];
}

const nonceLayout: MappedStructure["layout"] = {
  name: "responder nonce and opaque length",
  spec: signatureLayout.spec,
  length: NONCE_BYTES + 2,
  fields: [
    { name: "responderNonce", offset: 0, length: NONCE_BYTES, form: "bytes" },
    { name: "opaqueLength", offset: NONCE_BYTES, length: 2, form: "u16le" },
  ],
};

function opaqueStructure({ name, offset, length }: OpaqueField): MappedStructure {
  const layout = {
    name: `opaque field ${name}`,
    spec: "NVIDIA nvtrust, opaque data",
    length,
    fields: [
      { name: "type", offset: 0, length: 2, form: "u16le" },
      { name: "length", offset: 2, length: 2, form: "u16le" },
      { name, offset: 4, length: length - 4, form: "bytes" },
    ],
  } as const;
  return { layout, offset };
}
