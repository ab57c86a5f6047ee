/** The opaque data of NVIDIA's reports: type, length and value, each a fact about the device that its signature covers (NVIDIA nvtrust). */

import { demand, MalformedError } from "../../encoding/malformed.js";
import { reader } from "../../encoding/reader.js";
import { toHex } from "../../encoding/text.js";
import type { Claims } from "../../verdict.js";

type Form = "bytes" | "text" | "flag" | "u16le" | "counts" | "identifiers";

/** Form, bytes unless told, and, where it is fixed, length of each field. */
type Row = readonly [name: string, form?: Form, length?: number];

/** By type. On a switch, 22 is its own identifier alone. */
const FIELDS: Readonly<Record<number, Row>> = {
  1: ["certificateIssuerName"],
  2: ["authorityKeyIdentifier"],
  3: ["driverVersion", "text"],
  4: ["gpuInfo"],
  5: ["sku"],
  6: ["vbiosVersion"],
  7: ["manufacturerId"],
  8: ["tamperDetection"],
  9: ["smc"],
  10: ["vpr"],
  11: ["nvdec0", "flag", 1],
  12: ["measurementCounts", "counts"],
  13: ["cprInfo"],
  14: ["boardId"],
  15: ["chipSku", "text"],
  16: ["chipSkuModifier", "text"],
  17: ["project", "text"],
  18: ["projectSku", "text"],
  19: ["projectSkuModifier", "text"],
  20: ["fwid", "bytes", 48],
  21: ["protectedPcie", "flag", 1],
  22: ["switchPdis", "identifiers"],
  23: ["disabledPorts"],
  24: ["positionId", "u16le", 2],
  25: ["lockStatus", "u16le", 2],
  // On a switch: eight GPUs of eight bytes, then what its ports are connected to.
  26: ["gpuPdis", "bytes", 128],
  27: ["ports"],
  32: ["gpuLinkConnections"],
  33: ["systemEnableStatus"],
  34: ["opaqueDataVersion", "u16le", 2],
  35: ["chipInfo"],
  36: ["featureFlag", "u16le", 2],
};

export type OpaqueValue = string | boolean | number | Uint8Array | readonly number[] | readonly Uint8Array[];

export interface OpaqueField {
  readonly type: number;
  readonly name: string;
  /** Where the field starts in the report. */
  readonly offset: number;
  /** With type and length. */
  readonly length: number;
  readonly value: OpaqueValue;
}

export type Opaque = ReadonlyMap<string, OpaqueField>;

const MAX_VERSION = 1;

/** Fields in the order of the report, which differs by driver. @throws MalformedError */
export function readOpaque(bytes: Uint8Array, start: number): Opaque {
  const r = reader(bytes);
  const fields = new Map<string, OpaqueField>();
  while (r.remaining > 0) {
    const offset = start + r.offset;
    const type = r.u16le("opaque field type");
    const raw = r.take(r.u16le("opaque field length"), "opaque field");
    const [name, form = "bytes", length] = FIELDS[type] ?? [`field${type}`];
    demand(length === undefined || raw.length === length, `opaque field ${name} is not of ${length} bytes`, offset);
    demand(!fields.has(name), `opaque field ${name} stands twice`, offset);
    fields.set(name, { type, name, offset, length: 4 + raw.length, value: decode(raw, form, name, offset) });
  }
  const version = fields.get("opaqueDataVersion")?.value ?? 0;
  demand(
    Number(version) <= MAX_VERSION,
    `opaque data of version ${version}, and ${MAX_VERSION} is the newest known here`,
  );
  return fields;
}

function decode(raw: Uint8Array, form: Form, name: string, offset: number): OpaqueValue {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  switch (form) {
    case "bytes":
      return raw.slice();
    case "text":
      return textValue(raw, name, offset);
    case "flag":
      demand(raw[0] === 0x55 || raw[0] === 0xaa, `opaque field ${name} is neither 55 nor AA`, offset);
      return raw[0] === 0xaa;
    case "u16le":
      return view.getUint16(0, true);
    case "counts":
      demand(raw.length % 4 === 0, `opaque field ${name} is not a list of 32-bit numbers`, offset);
      return Array.from({ length: raw.length / 4 }, (_, i) => view.getUint32(4 * i, true));
    case "identifiers":
      demand(raw.length % 8 === 0, `opaque field ${name} is not a list of 8-byte identifiers`, offset);
      return Array.from({ length: raw.length / 8 }, (_, i) => raw.slice(8 * i, 8 * i + 8));
  }
}

/** ASCII, filled up with zeros. */
export function textValue(raw: Uint8Array, name: string, offset = 0): string {
  const end = raw.indexOf(0);
  const text = end < 0 ? raw : raw.subarray(0, end);
  const clean =
    raw.subarray(text.length).every((byte) => byte === 0) && text.every((byte) => byte > 0x20 && byte < 0x7f);
  if (!clean) throw new MalformedError(`opaque field ${name} is not ASCII text`, offset);
  return String.fromCharCode(...text);
}

/** Every field as a claim. */
export function opaqueClaims(opaque: Opaque): Claims {
  return Object.fromEntries([...opaque.values()].map(({ name, value }) => [name, claim(value)]));
}

function claim(value: OpaqueValue): Claims[string] {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value !== "object") return value;
  return value.map((item) => (item instanceof Uint8Array ? toHex(item) : item));
}
