/** Protocol Buffers, wire format, read strictly (protobuf.dev, Encoding): known fields alone, shortest varints, no groups, nothing twice that must stand once. */

import { demand, MalformedError } from "./malformed.js";

export type ProtoValue = bigint | Uint8Array;
/** By field number: varints as bigint, length-delimited fields as views of the input. */
export type ProtoMessage = ReadonlyMap<number, readonly ProtoValue[]>;

/** What a message may hold: field number to wire type, and whether it may repeat. */
export type ProtoFields = Readonly<Record<number, "varint" | "bytes" | "repeated">>;

const MAX_FIELDS = 65_536;

/** @throws MalformedError */
export function readProto(bytes: Uint8Array, fields: ProtoFields, what: string): ProtoMessage {
  const found = new Map<number, ProtoValue[]>();
  let at = 0;
  let count = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new MalformedError(`${what} is cut short`, at - 1);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      demand(shift === 0n || byte !== 0, `${what} has a varint not in its shortest form`, at - 1);
      demand(value < 1n << 64n, `${what} has a varint of more than 64 bits`, at - 1);
      return value;
    }
    throw new MalformedError(`${what} has a varint without an end`, at);
  };
  while (at < bytes.length) {
    demand(++count <= MAX_FIELDS, `${what} has too many fields`, at);
    const tag = Number(varint());
    const [number, wire] = [Math.floor(tag / 8), tag & 7];
    const form = Object.hasOwn(fields, number) ? fields[number] : undefined;
    demand(form !== undefined && wire === (form === "varint" ? 0 : 2), `${what} has an unknown field ${number}`, at);
    const values = found.get(number) ?? [];
    demand(values.length === 0 || form === "repeated", `${what} has field ${number} twice`, at);
    if (wire === 0) values.push(varint());
    else {
      const length = Number(varint());
      demand(length <= bytes.length - at, `${what} is cut short`, at);
      values.push(bytes.subarray(at, at + length));
      at += length;
    }
    found.set(number, values);
  }
  return found;
}

/** The bytes of field `number`, or `undefined`. */
export function protoBytes(message: ProtoMessage, number: number): Uint8Array | undefined {
  const value = message.get(number)?.[0];
  return value instanceof Uint8Array ? value : undefined;
}

/** The integer of field `number`; zero where it is absent, as proto3 has it. @throws MalformedError beyond 2^53 */
export function protoInteger(message: ProtoMessage, number: number): number {
  const value = message.get(number)?.[0] ?? 0n;
  if (typeof value !== "bigint" || value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new MalformedError("protobuf integer beyond 2^53");
  return Number(value);
}
