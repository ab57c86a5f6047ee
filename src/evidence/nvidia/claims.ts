/** A report as normalised claims, and its byte map. */

import { toHex } from "../../encoding/text.js";
import type { Claims } from "../../verdict.js";
import type { MappedStructure } from "../kind.js";
import type { NvidiaTrusted } from "./authenticate.js";
import { architectureOf } from "./chain.js";
import {
  BLOCK_BYTES,
  BLOCKS_AT,
  blockLayout,
  nonceLayout,
  opaqueLayout,
  REQUEST_BYTES,
  requestLayout,
  responseLayout,
  signatureLayout,
} from "./layout.js";
import { opaqueClaims } from "./opaque.js";
import type { NvidiaReport } from "./report.js";

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
    ...[...report.opaque.values()].map(({ name, offset, length }) => ({ layout: opaqueLayout(name, length), offset })),
    { layout: signatureLayout, offset: report.signed.length },
  ];
}
