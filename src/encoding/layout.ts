/** Fixed layouts as data: one table (name, offset, length, form, clause) reads the bytes and draws the byte map. */

import { allBytes } from "./bytes.js";
import { MalformedError } from "./malformed.js";
import { shapeOf } from "./shape.js";

/** `u*le` and `u*be` are integers, `bytes` is copied as it is, `zero` is reserved and must be zero. */
export type FieldForm = "u8" | "u16le" | "u32le" | "u64le" | "u16be" | "u32be" | "u64be" | "bytes" | "zero";

export interface Field {
  readonly name: string;
  /** From the start of the structure, in bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  readonly form: FieldForm;
  /** In words; better kept in `messages/fields.ts`, out of the way of verification. */
  readonly meaning?: string;
}

/** A structure of fixed size. `fields` cover it without a gap or an overlap (a test holds that). */
export interface Layout {
  readonly name: string;
  readonly spec: string;
  readonly length: number;
  readonly fields: readonly Field[];
}

export type FieldValue = number | bigint | Uint8Array;

/** Reads every field of `layout`; `bytes` must have exactly its length. Reserved fields are checked and left out. */
export function readLayout(layout: Layout, bytes: Uint8Array): Readonly<Record<string, FieldValue>> {
  if (bytes.length !== layout.length) {
    throw new MalformedError(`${layout.name} has ${bytes.length} bytes where its layout has ${layout.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const record = recordFor(layout) as Record<string, FieldValue>;
  for (const field of layout.fields) {
    const value = readField(view, bytes, field);
    if (value !== undefined) record[field.name] = value;
  }
  return record;
}

const shapes = new WeakMap<Layout, () => Record<string, unknown>>();

function recordFor(layout: Layout): Record<string, unknown> {
  let shape = shapes.get(layout);
  if (shape === undefined) {
    shape = shapeOf(layout.fields.filter(({ form }) => form !== "zero").map(({ name }) => name));
    shapes.set(layout, shape);
  }
  return shape();
}

function readField(view: DataView, bytes: Uint8Array, field: Field): FieldValue | undefined {
  const { offset, length, form } = field;
  switch (form) {
    case "u8":
      return view.getUint8(offset);
    case "u16le":
    case "u16be":
      return view.getUint16(offset, form === "u16le");
    case "u32le":
    case "u32be":
      return view.getUint32(offset, form === "u32le");
    case "u64le":
    case "u64be":
      return view.getBigUint64(offset, form === "u64le");
    case "bytes":
      return bytes.slice(offset, offset + length);
    case "zero":
      if (!allBytes(bytes.subarray(offset, offset + length)))
        throw new MalformedError(`${field.name} must be zero`, offset);
      return undefined;
  }
}
