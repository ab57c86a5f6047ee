/** Chooses the damage by what bytes look like, and finds structures inside others. */
import { BYTE_MUTATORS, join, type Mutator } from "./bytes.js";
import { mutateCbor, readCborTree } from "./cbor.js";
import { mutateDer, readDerTree } from "./der.js";
import type { Dice } from "./dice.js";
import { mutateJson, mutatePem, mutateXml, rewrap } from "./text.js";

const MAX_OUTPUT = 400_000;

function looksLikeText(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, 64);
  return (
    sample.length > 0 && sample.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127))
  );
}

function looksLike(bytes: Uint8Array): "json" | "pem" | "xml" | "text" | "der" | "cbor" | "bytes" {
  const first = bytes[0];
  if (looksLikeText(bytes)) {
    if (first === 0x7b || first === 0x5b) return "json";
    if (first === 0x3c) return "xml";
    return Buffer.from(bytes.subarray(0, 64)).includes("-----BEGIN") ? "pem" : "text";
  }
  if (first === 0x30 && readDerTree(bytes) !== undefined) return "der";
  if (first !== undefined && first >= 0x80 && first < 0xe0 && readCborTree(bytes) !== undefined) return "cbor";
  return "bytes";
}

const damageBytes: Mutator = (bytes, dice, donor) => dice.pick(BYTE_MUTATORS)(bytes, dice, donor);

/** A PEM chain or a DER certificate in the middle of binary evidence, changed where it is. */
const damageInside: Mutator = (bytes, dice, donor) => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const pem = buffer.indexOf("-----BEGIN");
  if (pem > 0) {
    const end = buffer.lastIndexOf("-----") + 5;
    return join(bytes.subarray(0, pem), mutate(bytes.subarray(pem, end), dice, donor), bytes.subarray(end));
  }
  const starts: number[] = [];
  for (
    let at = buffer.indexOf("3082", 0, "hex");
    at >= 0 && starts.length < 50;
    at = buffer.indexOf("3082", at + 1, "hex")
  )
    starts.push(at);
  const start = dice.pick(starts);
  if (start === undefined) return damageBytes(bytes, dice, donor);
  const end = start + 4 + buffer.readUInt16BE(Math.min(start + 2, buffer.length - 2));
  if (end > bytes.length) return damageBytes(bytes, dice, donor);
  return join(bytes.subarray(0, start), mutate(bytes.subarray(start, end), dice, donor), bytes.subarray(end));
};

/** A token or other dotted or encoded text: the parts decoded, changed and encoded again. */
const damageText: Mutator = (bytes, dice, donor) => {
  const text = JSON.stringify([Buffer.from(bytes).toString("latin1")]);
  const changed = mutateJson(mutate)(new TextEncoder().encode(text), dice, donor);
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(changed));
    const inner: unknown = Array.isArray(value) ? value[0] : value;
    return typeof inner === "string" ? new TextEncoder().encode(inner) : changed;
  } catch {
    return changed;
  }
};

/** One change of one structure, or of a structure inside it. */
function mutate(bytes: Uint8Array, dice: Dice, donor: Uint8Array): Uint8Array {
  if (bytes.length === 0) return dice.bytes(dice.below(80));
  if (dice.chance(12)) return damageBytes(bytes, dice, donor);
  const changed = byLooks(bytes)(bytes, dice, donor);
  return changed.length > MAX_OUTPUT ? changed.subarray(0, MAX_OUTPUT) : changed;
}

function byLooks(bytes: Uint8Array): Mutator {
  switch (looksLike(bytes)) {
    case "json":
      return mutateJson(mutate);
    case "pem":
      return mutatePem(mutate);
    case "xml":
      return mutateXml;
    case "text":
      return damageText;
    case "der":
      return mutateDer;
    case "cbor":
      return mutateCbor(mutate);
    case "bytes":
      return (inner, dice, donor) => (dice.chance(30) ? damageInside : damageBytes)(inner, dice, donor);
  }
}

/** An input of the verifier that an attacker controls. */
export interface HostileInput {
  readonly evidence: Uint8Array;
  readonly endorsements: readonly Uint8Array[];
  readonly manifests: readonly Uint8Array[];
}

/** One to four changes of any of the attacker's inputs. */
export function mutateInput(input: HostileInput, dice: Dice, donors: readonly Uint8Array[]): HostileInput {
  let { evidence } = input;
  let endorsements = [...input.endorsements];
  let manifests = [...input.manifests];
  for (let count = 1 + dice.below(dice.chance(70) ? 1 : 4); count > 0; count--) {
    const donor = dice.pick(donors) ?? evidence;
    const roll = dice.below(100);
    if (roll < 4) evidence = rewrap(evidence, dice, donor);
    else if (roll >= 90 && manifests.length > 0) manifests = mutateList(manifests, dice, donor);
    else if (roll >= 45 && endorsements.length > 0) endorsements = mutateList(endorsements, dice, donor);
    else evidence = mutate(evidence, dice, donor);
  }
  return { evidence, endorsements, manifests };
}

function mutateList(items: readonly Uint8Array[], dice: Dice, donor: Uint8Array): Uint8Array[] {
  const list = [...items];
  const at = dice.below(list.length);
  const chosen = list[at] as Uint8Array;
  switch (dice.below(12)) {
    case 0:
      list.splice(at, 1);
      break;
    case 1:
      list.push(chosen);
      break;
    case 2:
      list.reverse();
      break;
    case 3:
      list[at] = donor;
      break;
    case 4:
      list.push(donor);
      break;
    case 5:
      list.unshift(mutate(chosen, dice, donor));
      break;
    default:
      list[at] = mutate(chosen, dice, donor);
  }
  return list;
}
