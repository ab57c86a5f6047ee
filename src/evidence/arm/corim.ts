/** Attestation keys from CoRIM endorsements (draft-ietf-rats-corim): the attest-key triples of the CoMIDs in an unsigned CoRIM, as Veraison's profiles for CCA and PSA write them. */

import { type CborMap, type CborValue, isCborArray, isCborMap, isCborTag, readCbor } from "../../encoding/cbor.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { looksLikePem } from "../../encoding/text.js";
import { copyBytes } from "../../expected/read.js";
import { fromBase64Any } from "../envelope.js";
import { type ArmKey, readKey } from "./keys.js";

const TAG = {
  time: 1,
  sign1: 18,
  corim: 501,
  comid: 506,
  ueid: 550,
  pkixKey: 554,
  bytes: 560,
  implementationId: 600,
} as const;
/** Tags of values that are there and are not read: URIs, UUIDs, OIDs, versions, other identifiers, other keys and digests. */
const OTHER_TAGS = [32, 37, 111, 505, 508, 552, 553, 555, 556, 557, 558, 559, 561, 562, 563, 564, 601, 602];
const TAGS: readonly number[] = [...Object.values(TAG), ...OTHER_TAGS];

/**
 * Keys of devices, from the CoRIM of whoever vouches for them. Its signature is not looked at: give the payload of a signed one, once you have
 * verified that. `at` must be within its validity, where it names one.
 *
 * @throws TypeError for what is no such CoRIM, or holds a key that cannot be told to be of one device
 * @example
 * const policy = { "arm-cca": { keys: keysFromCorim(corim, new Date()) } };
 */
export function keysFromCorim(corim: Uint8Array, at: Date): readonly ArmKey[] {
  const bytes = copyBytes(corim, "corim");
  const time = at.getTime();
  if (!Number.isFinite(time)) throw new TypeError("at must be a valid date");
  try {
    const outer = readCbor(bytes, { tags: TAGS });
    demand(!isCborTag(outer) || outer.tag !== TAG.sign1, "it is signed: verify its signature and give its payload");
    const manifest = mapOf(tagged(outer, TAG.corim), "CoRIM");
    demandValid(manifest.get(4), time);
    return arrayOf(manifest.get(1), "tags").flatMap((tag) =>
      isCborTag(tag) && tag.tag === TAG.comid ? keysOfComid(tag.content) : [],
    );
  } catch (error) {
    if (error instanceof MalformedError) throw new TypeError(`the CoRIM cannot be read: ${error.reason}`);
    throw error;
  }
}

/** `{ 0: not before, 1: not after }`, seconds since 1970. */
function demandValid(validity: CborValue | undefined, time: number): void {
  if (validity === undefined) return;
  const bounds = mapOf(validity, "validity");
  const bound = (key: number): number | undefined => {
    const value = bounds.get(key);
    const seconds = value === undefined ? undefined : tagged(value, TAG.time);
    demand(seconds === undefined || typeof seconds === "number", "its validity holds no time");
    return seconds === undefined ? undefined : seconds * 1000;
  };
  const [notBefore, notAfter] = [bound(0), bound(1)];
  demand(notBefore === undefined || notBefore <= time, "it is not yet valid");
  demand(notAfter !== undefined && notAfter >= time, "it is no longer valid");
}

function keysOfComid(content: CborValue): readonly ArmKey[] {
  demand(content instanceof Uint8Array, "a CoMID is no byte string");
  const triples = mapOf(mapOf(readCbor(content, { tags: TAGS }), "CoMID").get(4), "triples");
  const listed = triples.get(3);
  return listed === undefined ? [] : arrayOf(listed, "attest-key triples").map(keyOfTriple);
}

/** Environment and keys; a third element would be conditions that nobody here checks. */
function keyOfTriple(triple: CborValue): ArmKey {
  const [environment, keys, ...conditions] = arrayOf(triple, "attest-key triple");
  demand(conditions.length === 0, "a key has conditions");
  const device = mapOf(environment, "environment");
  demand(!device.has(2), "a key is of a group of devices");
  const instance = tagged(device.get(1), TAG.ueid);
  demand(instance instanceof Uint8Array, "a key names no instance");
  const [text, second] = arrayOf(keys, "keys").map((key) => tagged(key, TAG.pkixKey));
  demand(typeof text === "string" && second === undefined, "a triple does not hold one key");
  const implementationId = classId(device.get(0));
  const key: ArmKey = {
    key: looksLikePem(text) ? text : fromBase64Any(text),
    instanceId: instance,
    ...(implementationId === undefined ? {} : { implementationId }),
  };
  readKey(key, "CoRIM");
  return key;
}

/** `{ 0: tagged implementation id }`; names of vendor and model beside it say nothing that a token says. */
function classId(value: CborValue | undefined): Uint8Array | undefined {
  if (value === undefined) return undefined;
  const id = mapOf(value, "class").get(0);
  demand(
    isCborTag(id) && (id.tag === TAG.implementationId || id.tag === TAG.bytes),
    "a class has no implementation id",
  );
  demand(id.content instanceof Uint8Array, "an implementation id is no byte string");
  return id.content;
}

function tagged(value: CborValue | undefined, tag: number): CborValue {
  demand(isCborTag(value) && value.tag === tag, `tag ${tag} is missing`);
  return value.content;
}

function mapOf(value: CborValue | undefined, what: string): CborMap {
  demand(isCborMap(value), `${what} is no map`);
  return value;
}

function arrayOf(value: CborValue | undefined, what: string): readonly CborValue[] {
  demand(isCborArray(value), `${what} is no array`);
  return value;
}
