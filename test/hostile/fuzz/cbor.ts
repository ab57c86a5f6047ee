/** Damage to CBOR that keeps what is around it right: pairs left out, doubled, other types, other encodings (RFC 8949). */
import { join, type Mutator } from "./bytes.js";
import type { Dice } from "./dice.js";

interface Node {
  readonly major: number;
  readonly argument: number;
  /** Payload of strings and simple values; items of arrays, maps (key, value, key, ...) and tags. */
  readonly payload?: Uint8Array;
  readonly items?: readonly Node[];
  readonly raw?: Uint8Array;
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function read(cursor: Cursor, depth: number): Node | undefined {
  const { bytes } = cursor;
  const start = cursor.at;
  const first = bytes[cursor.at++];
  if (first === undefined || depth > 60) return undefined;
  const [major, info] = [first >> 5, first & 31];
  if (info > 27) return undefined;
  const size = info < 24 ? 0 : 1 << (info - 24);
  if (cursor.at + size > bytes.length) return undefined;
  let argument = info < 24 ? info : 0;
  for (let i = 0; i < size; i++) argument = argument * 256 + (bytes[cursor.at++] as number);
  if (major < 2 || major === 7) return { major, argument, raw: bytes.subarray(start, cursor.at) };
  if (major < 4) {
    const payload = bytes.subarray(cursor.at, cursor.at + argument);
    cursor.at += argument;
    return cursor.at > bytes.length ? undefined : { major, argument, payload };
  }
  const count = major === 4 ? argument : major === 5 ? argument * 2 : 1;
  if (count > bytes.length) return undefined;
  const items: Node[] = [];
  for (let i = 0; i < count; i++) {
    const item = read(cursor, depth + 1);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return { major, argument, items };
}

export function readCborTree(bytes: Uint8Array): Node | undefined {
  const cursor = { bytes, at: 0 };
  const node = read(cursor, 0);
  return cursor.at === bytes.length && node?.raw === undefined ? node : undefined;
}

function head(major: number, argument: number, size = 0): Uint8Array {
  const info = size || (argument < 24 ? 0 : argument < 0x100 ? 1 : argument < 0x10000 ? 2 : 4);
  if (info === 0) return Uint8Array.of((major << 5) | argument);
  const bytes = Array.from({ length: info }, (_, i) => Math.floor(argument / 256 ** (info - 1 - i)) % 256);
  return Uint8Array.of((major << 5) | (24 + Math.log2(info)), ...bytes);
}

function body(node: Node): Uint8Array {
  return node.items === undefined ? (node.payload ?? new Uint8Array()) : join(...node.items.map(write));
}

function argumentOf(node: Node): number {
  if (node.major === 6 || node.major < 2) return node.argument;
  if (node.items === undefined) return node.payload?.length ?? node.argument;
  return node.major === 5 ? node.items.length >> 1 : node.items.length;
}

function write(node: Node): Uint8Array {
  return node.raw ?? join(head(node.major, argumentOf(node)), body(node));
}

const raw = (...values: readonly number[]): Node => ({ major: 7, argument: 0, raw: Uint8Array.of(...values) });
const ODD: readonly Node[] = [
  raw(0xf6),
  raw(0xf7),
  raw(0xf5),
  raw(0xf9, 0x7e, 0),
  raw(0xfb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0),
  raw(0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
  raw(0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
  raw(0x80),
  raw(0xa0),
  raw(0x9f, 0xff),
  raw(0xbf, 0xff),
  raw(0x5f, 0x41, 0, 0xff),
  raw(0x61, 0xff),
  raw(0xc2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0),
  raw(0xd8, 28, 0xd8, 29, 0),
  raw(0x69, 0x5f, 0x5f, 0x70, 0x72, 0x6f, 0x74, 0x6f, 0x5f, 0x5f),
];

function change(node: Node, dice: Dice, donor: Node | undefined): Node {
  const bytes = write(node);
  switch (dice.below(11)) {
    case 0:
      return dice.pick(ODD);
    case 1:
      return { ...node, raw: join(head(node.major, argumentOf(node), dice.pick([1, 2, 4, 8])), body(node)) };
    case 2:
      return { ...node, raw: join(Uint8Array.of((node.major << 5) | 31), body(node), Uint8Array.of(0xff)) };
    case 3:
      return { ...node, raw: join(head(6, dice.pick([0, 2, 3, 18, 24, 28, 97, 98, 55799])), bytes) };
    case 4:
      return { major: 2, argument: 0, payload: bytes };
    case 5:
      return { ...node, raw: join(...Array.from({ length: 1 + dice.below(200) }, () => head(4, 1)), bytes) };
    case 6:
      return donor === undefined ? node : randomNode(donor, dice);
    case 7:
      return node.payload === undefined
        ? node
        : { ...node, payload: node.payload.slice(0, dice.below(argumentOf(node))) };
    case 8:
      return node.payload === undefined
        ? node
        : { ...node, payload: join(node.payload, dice.bytes(1 + dice.below(32))) };
    case 9:
      return { ...node, raw: join(head(dice.below(8), argumentOf(node)), body(node)) };
    default:
      return {
        ...node,
        raw: join(head(node.major, dice.pick([0, 23, 24, 255, 65535, 2 ** 31, 2 ** 32 - 1])), body(node)),
      };
  }
}

function randomNode(node: Node, dice: Dice): Node {
  return node.items === undefined || node.items.length === 0 || dice.chance(25)
    ? node
    : randomNode(dice.pick(node.items), dice);
}

function changeItems(node: Node, dice: Dice): Node {
  const items = [...(node.items ?? [])];
  const step = node.major === 5 ? 2 : 1;
  const at = dice.below(Math.max(1, items.length / step)) * step;
  const some = items.slice(at, at + step);
  switch (dice.below(4)) {
    case 0:
      items.splice(at, step);
      break;
    case 1:
      items.splice(at, 0, ...some);
      break;
    case 2:
      items.splice(at, step);
      items.unshift(...some);
      break;
    default:
      items.push(...some.slice(0, 1), ...(step === 2 ? [dice.pick(ODD)] : []));
  }
  return { ...node, items };
}

function changeSomewhere(
  node: Node,
  dice: Dice,
  donor: Node | undefined,
  inner: Mutator,
  donorBytes: Uint8Array,
): Node {
  if (node.payload !== undefined && node.payload.length > 40 && dice.chance(75))
    return { ...node, payload: inner(node.payload, dice, donorBytes) };
  if (node.items === undefined || node.items.length === 0) return change(node, dice, donor);
  const roll = dice.below(100);
  if (roll < 10) return change(node, dice, donor);
  if (roll < 30 && node.major !== 6) return changeItems(node, dice);
  const chosen = dice.below(node.items.length);
  return {
    ...node,
    items: node.items.map((item, i) => (i === chosen ? changeSomewhere(item, dice, donor, inner, donorBytes) : item)),
  };
}

/** Bytes that are one CBOR item; `inner` changes what longer strings hold. */
export function mutateCbor(inner: Mutator): Mutator {
  return (bytes, dice, donor) => {
    const tree = readCborTree(bytes);
    return tree === undefined ? bytes.slice() : write(changeSomewhere(tree, dice, readCborTree(donor), inner, donor));
  };
}
