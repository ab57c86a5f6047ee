/** A second HPKE, written on node:crypto from RFC 9180 alone: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, base mode. */
import { createCipheriv, createDecipheriv, createECDH, createHmac, type ECDH } from "node:crypto";

const KEM_SUITE = Buffer.from("4b454d0010", "hex"); // "KEM", 0x0010
const HPKE_SUITE = Buffer.from("48504b45001000010002", "hex"); // "HPKE", 0x0010, 0x0001, 0x0002

const hmac = (key: Uint8Array, ...data: readonly Uint8Array[]): Buffer =>
  createHmac("sha256", key).update(Buffer.concat(data)).digest();

export const extract = (salt: Uint8Array, ikm: Uint8Array): Buffer =>
  hmac(salt.length === 0 ? Buffer.alloc(32) : salt, ikm);

export function expand(prk: Uint8Array, info: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let i = 1; blocks.length * 32 < length; i++)
    blocks.push(hmac(prk, blocks.at(-1) ?? Buffer.alloc(0), info, Uint8Array.of(i)));
  return Buffer.concat(blocks).subarray(0, length);
}

const V1 = Buffer.from("HPKE-v1");
const labeledExtract = (suite: Buffer, salt: Uint8Array, label: string, ikm: Uint8Array): Buffer =>
  extract(salt, Buffer.concat([V1, suite, Buffer.from(label), ikm]));
const labeledExpand = (suite: Buffer, prk: Uint8Array, label: string, info: Uint8Array, length: number): Buffer =>
  expand(prk, Buffer.concat([Uint8Array.of(length >> 8, length & 255), V1, suite, Buffer.from(label), info]), length);

export interface Context {
  readonly enc: Buffer;
  seal(plain: Uint8Array): Buffer;
  open(sealed: Uint8Array): Buffer;
  exported(label: string, length: number): Buffer;
}

function context(shared: Buffer, enc: Buffer, info: Uint8Array): Context {
  const none = Buffer.alloc(0);
  const schedule = Buffer.concat([
    Uint8Array.of(0),
    labeledExtract(HPKE_SUITE, none, "psk_id_hash", none),
    labeledExtract(HPKE_SUITE, none, "info_hash", info),
  ]);
  const secret = labeledExtract(HPKE_SUITE, shared, "secret", none);
  const key = labeledExpand(HPKE_SUITE, secret, "key", schedule, 32);
  const nonce = labeledExpand(HPKE_SUITE, secret, "base_nonce", schedule, 12);
  const exporter = labeledExpand(HPKE_SUITE, secret, "exp", schedule, 32);
  return {
    enc,
    seal: (plain) => gcmSeal(key, nonce, plain),
    open: (sealed) => gcmOpen(key, nonce, sealed),
    exported: (label, length) => labeledExpand(HPKE_SUITE, exporter, "sec", Buffer.from(label), length),
  };
}

export function gcmSeal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

export function gcmOpen(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, nonce);
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

const sharedSecret = (dh: Buffer, enc: Buffer, receiver: Buffer): Buffer =>
  labeledExpand(
    KEM_SUITE,
    labeledExtract(KEM_SUITE, Buffer.alloc(0), "eae_prk", dh),
    "shared_secret",
    Buffer.concat([enc, receiver]),
    32,
  );

export function sender(receiver: Buffer, info: Uint8Array): Context {
  const ephemeral = createECDH("prime256v1");
  const enc = ephemeral.generateKeys();
  return context(sharedSecret(ephemeral.computeSecret(receiver), enc, receiver), enc, info);
}

export function receiver(key: ECDH, enc: Buffer, info: Uint8Array): Context {
  return context(sharedSecret(key.computeSecret(enc), enc, key.getPublicKey()), enc, info);
}
