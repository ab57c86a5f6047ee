/** Damage to DER that keeps the lengths around it right: elements left out, doubled, swapped, retyped, encoded otherwise (X.690). */
import { join, type Mutator } from "./bytes.js";
import type { Dice } from "./dice.js";

interface Node {
  readonly tag: number;
  readonly contents: Uint8Array;
  /** Present where the contents are elements themselves. */
  readonly children?: readonly Node[];
  /** Bytes as they are, instead of tag, length and contents. */
  readonly raw?: Uint8Array;
}

function headerOf(bytes: Uint8Array, at: number): { readonly start: number; readonly end: number } | undefined {
  const first = bytes[at + 1];
  if (first === undefined || (bytes[at] as number) % 32 === 31) return undefined;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const count = first & 0x7f;
  if (count === 0 || count > 3 || at + 2 + count > bytes.length) return undefined;
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + 2 + i] as number);
  return { start: at + 2 + count, end: at + 2 + count + length };
}

function readAll(bytes: Uint8Array, depth: number): readonly Node[] | undefined {
  const nodes: Node[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = headerOf(bytes, at);
    if (header === undefined || header.end > bytes.length || depth > 40) return undefined;
    const tag = bytes[at] as number;
    const contents = bytes.subarray(header.start, header.end);
    // Octet and bit strings often hold DER again.
    const inner = tag === 3 ? undefined : tag & 0x20 || (tag === 4 && contents.length > 1);
    const children = inner ? readAll(contents, depth + 1) : undefined;
    nodes.push(children === undefined || children.length === 0 ? { tag, contents } : { tag, contents, children });
    at = header.end;
  }
  return nodes;
}

/** One element that fills `bytes`, or `undefined`. */
export function readDerTree(bytes: Uint8Array): Node | undefined {
  const nodes = readAll(bytes, 0);
  return nodes?.length === 1 ? nodes[0] : undefined;
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  return length < 0x10000
    ? [0x82, length >> 8, length & 0xff]
    : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
}

function write(node: Node): Uint8Array {
  if (node.raw !== undefined) return node.raw;
  const contents = node.children === undefined ? node.contents : join(...node.children.map(write));
  return join(Uint8Array.of(node.tag, ...lengthOf(contents.length)), contents);
}

const TAGS = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x17, 0x18, 0x30, 0x31, 0x80, 0x81, 0xa0, 0xa1, 0xa3];

/** A change of one node; several nodes, or none, may take its place. */
function change(node: Node, dice: Dice, donor: Node | undefined): readonly Node[] {
  const whole = write(node);
  const contents = node.children === undefined ? node.contents : join(...node.children.map(write));
  const rest = { tag: node.tag, contents };
  const raw = (bytes: Uint8Array): readonly Node[] => [{ ...rest, raw: bytes }];
  switch (dice.below(13)) {
    case 0:
      return [];
    case 1:
      return [node, node];
    case 2:
      return [{ tag: dice.pick(TAGS), contents }];
    case 3:
      return raw(join(Uint8Array.of(node.tag, 0x80), contents, new Uint8Array(2)));
    case 4:
      return raw(join(Uint8Array.of(node.tag, 0x83, 0, contents.length >> 8, contents.length & 0xff), contents));
    case 5:
      return [{ tag: node.tag, contents: join(new Uint8Array(1), contents) }];
    case 6:
      return [{ tag: node.tag, contents: contents.subarray(0, dice.below(contents.length)) }];
    case 7:
      return [{ tag: node.tag, contents: dice.bytes(dice.below(40)) }];
    case 8:
      return raw(join(whole, dice.bytes(1 + dice.below(4))));
    case 9:
      return [{ tag: 0x30, contents: whole }];
    case 10:
      return donor === undefined ? [node] : [randomNode(donor, dice)];
    case 11: {
      const copy = contents.slice();
      if (copy.length > 0) copy[dice.below(copy.length)] = dice.below(256);
      return [{ tag: node.tag, contents: copy }];
    }
    default:
      return node.children === undefined ? [{ tag: node.tag, contents: new Uint8Array() }] : [shuffled(node, dice)];
  }
}

function shuffled(node: Node, dice: Dice): Node {
  const children = [...(node.children ?? [])];
  const [a, b] = [dice.below(children.length), dice.below(children.length)];
  [children[a], children[b]] = [children[b] as Node, children[a] as Node];
  return { ...node, children };
}

function randomNode(node: Node, dice: Dice): Node {
  if (node.children === undefined || dice.chance(25)) return node;
  return randomNode(dice.pick(node.children), dice);
}

function changeSomewhere(node: Node, dice: Dice, donor: Node | undefined): readonly Node[] {
  if (node.children === undefined || dice.chance(15)) return change(node, dice, donor);
  const chosen = dice.below(node.children.length);
  return [
    {
      ...node,
      children: node.children.flatMap((child, i) => (i === chosen ? changeSomewhere(child, dice, donor) : [child])),
    },
  ];
}

/** Bytes that are one DER element. */
export const mutateDer: Mutator = (bytes, dice, donor) => {
  const tree = readDerTree(bytes);
  if (tree === undefined) return bytes.slice();
  return join(...changeSomewhere(tree, dice, readDerTree(donor)).map(write));
};
