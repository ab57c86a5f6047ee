/** Sealed messages: HPKE base mode (RFC 9180, 5.1.1) to the attested key; the answer under a secret exported from it, as RFC 9458, 4.4 has it. */

import {
  AEAD_AES_256_GCM,
  CipherSuite,
  KDF_HKDF_SHA256,
  KEM_DHKEM_P256_HKDF_SHA256,
  type Key,
  type KeyPair,
} from "hpke";
import { concatBytes } from "../encoding/bytes.js";
import { demand, MalformedError } from "../encoding/malformed.js";
import { toUtf8 } from "../encoding/text.js";
import { POINT_BYTES, pointOf, spkiOf } from "./key.js";
import { MAX_MESSAGE_BYTES, SESSION_BYTES } from "./protocol.js";

const VERSION = 1;
const HEADER_BYTES: number = 1 + SESSION_BYTES + 4;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const REQUEST = "tee-verify/live/request/v1";
const ANSWER = "tee-verify/live/answer/v1";

/** Longest sealed message on the wire. */
export const MAX_SEALED_BYTES: number = HEADER_BYTES + POINT_BYTES + MAX_MESSAGE_BYTES + 1 + TAG_BYTES;

// One suite and no negotiation: nothing to downgrade.
const suite = (): CipherSuite => new CipherSuite(KEM_DHKEM_P256_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM);

/** The agent's key pair; the private part cannot be exported. */
export interface SealingKey {
  readonly pair: KeyPair<Key>;
  /** SubjectPublicKeyInfo, DER: what evidence binds. */
  readonly spki: Uint8Array;
}

export async function createSealingKey(): Promise<SealingKey> {
  const pair = await suite().GenerateKeyPair(false);
  return { pair, spki: spkiOf(await suite().SerializePublicKey(pair.publicKey)) };
}

/** Opens the one answer that belongs to a message. @throws MalformedError for every other bytes */
export type OpenAnswer = (sealed: Uint8Array) => Promise<SealedAnswer>;

export interface SealedAnswer {
  /** What the agent itself did with the message; unless it was `accepted`, `body` is empty. */
  readonly status: AnswerStatus;
  readonly body: Uint8Array;
}

/** By the first byte of the plain answer. */
const STATUSES = ["accepted", "refused", "failed"] as const;
export type AnswerStatus = (typeof STATUSES)[number];

/** @param spki the attested key @param sequence unique in the session, below 2^32 @throws MalformedError for a key that is none of ours */
export async function sealMessage(
  spki: Uint8Array,
  session: Uint8Array,
  sequence: number,
  message: Uint8Array,
): Promise<{ readonly sealed: Uint8Array; readonly open: OpenAnswer }> {
  const point = pointOf(spki);
  const header = concatBytes(Uint8Array.of(VERSION), session, u32be(sequence));
  const key = await suite()
    .DeserializePublicKey(point)
    .catch(() => {
      throw new MalformedError("the attested key is no point of P-256");
    });
  const { encapsulatedSecret, ctx } = await suite().SetupSender(key, { info: infoOf(header) });
  const sealed = concatBytes(header, encapsulatedSecret, await ctx.Seal(message));
  const secret = await ctx.Export(toUtf8(ANSWER), KEY_BYTES);
  return { sealed, open: (answer) => openAnswer(secret, encapsulatedSecret, answer) };
}

/** Who sends it is not shown: base mode authenticates the receiver alone. */
export interface OpenedMessage {
  readonly message: Uint8Array;
  seal(answer: SealedAnswer): Promise<Uint8Array>;
}

/** The part of a sealed message that is readable by everybody. @throws MalformedError */
export function headerOf(sealed: Uint8Array): { readonly session: Uint8Array; readonly sequence: number } {
  demand(sealed[0] === VERSION, "sealed message of another version");
  demand(sealed.length >= HEADER_BYTES + POINT_BYTES + TAG_BYTES, "sealed message cut short");
  demand(sealed.length <= MAX_SEALED_BYTES, "sealed message too long");
  const at = 1 + SESSION_BYTES;
  return {
    session: sealed.slice(1, at),
    sequence: new DataView(sealed.buffer, sealed.byteOffset + at, 4).getUint32(0),
  };
}

/** @throws MalformedError for what was not sealed to this key, whole and unchanged */
export async function openMessage(key: SealingKey, sealed: Uint8Array): Promise<OpenedMessage> {
  headerOf(sealed);
  const encapsulated = sealed.slice(HEADER_BYTES, HEADER_BYTES + POINT_BYTES);
  try {
    const info = infoOf(sealed.subarray(0, HEADER_BYTES));
    const context = await suite().SetupRecipient(key.pair, encapsulated, { info });
    const message = await context.Open(sealed.slice(HEADER_BYTES + POINT_BYTES));
    const secret = await context.Export(toUtf8(ANSWER), KEY_BYTES);
    return { message, seal: (answer) => sealAnswer(secret, encapsulated, answer) };
  } catch {
    throw new MalformedError("not sealed to this key");
  }
}

async function sealAnswer(secret: Uint8Array, encapsulated: Uint8Array, answer: SealedAnswer): Promise<Uint8Array> {
  const salt = globalThis.crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const { key, nonce } = await answerKeys(secret, encapsulated, salt);
  const plain = concatBytes(Uint8Array.of(STATUSES.indexOf(answer.status)), answer.body);
  return concatBytes(Uint8Array.of(VERSION), salt, await AEAD_AES_256_GCM().Seal(key, nonce, new Uint8Array(), plain));
}

async function openAnswer(secret: Uint8Array, encapsulated: Uint8Array, sealed: Uint8Array): Promise<SealedAnswer> {
  demand(sealed[0] === VERSION, "sealed answer of another version");
  demand(sealed.length > KEY_BYTES + TAG_BYTES + 1, "sealed answer cut short");
  const { key, nonce } = await answerKeys(secret, encapsulated, sealed.slice(1, 1 + KEY_BYTES));
  const plain = await AEAD_AES_256_GCM()
    .Open(key, nonce, new Uint8Array(), sealed.slice(1 + KEY_BYTES))
    .catch(() => {
      throw new MalformedError("the answer is not from the holder of the attested key");
    });
  const status = STATUSES[plain[0] as number];
  if (status === undefined) throw new MalformedError("sealed answer of an unknown form");
  return { status, body: plain.slice(1) };
}

/** RFC 9458, section 4.4: salt is enc and a random nonce, so that no key is used twice. */
async function answerKeys(
  secret: Uint8Array,
  encapsulated: Uint8Array,
  random: Uint8Array,
): Promise<{ readonly key: Uint8Array; readonly nonce: Uint8Array }> {
  const kdf = KDF_HKDF_SHA256();
  const prk = await kdf.Extract(concatBytes(encapsulated, random), secret);
  const [key, nonce] = await Promise.all([
    kdf.Expand(prk, toUtf8("key"), KEY_BYTES),
    kdf.Expand(prk, toUtf8("nonce"), NONCE_BYTES),
  ]);
  return { key, nonce };
}

function infoOf(header: Uint8Array): Uint8Array {
  return concatBytes(toUtf8(REQUEST), Uint8Array.of(0), header);
}

function u32be(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
