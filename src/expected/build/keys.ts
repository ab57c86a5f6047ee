/** Publishers' keys, as callers write them, and whether one of them signed (RFC 8410; RFC 5480; DSSE, protocol.md). */

import type { Crypto, PublicKey, SignatureAlgorithm } from "../../crypto/crypto.js";
import { readDer } from "../../encoding/der.js";
import { MalformedError } from "../../encoding/malformed.js";
import { fromPem, toHex } from "../../encoding/text.js";
import { publicKey } from "../../trust/algorithms.js";
import { ecdsaSignatureFromDer } from "../../trust/signature.js";
import { copyBytes } from "../read.js";

/** PEM (`PUBLIC KEY`), SubjectPublicKeyInfo (DER), 32 bytes of Ed25519, or an uncompressed point of P-256 or P-384. */
export type PublisherKey = string | Uint8Array;

/** @throws TypeError */
export function readPublisherKey(value: unknown, what: string): PublicKey {
  try {
    const key = typeof value === "string" ? fromPublicPem(value) : fromKeyBytes(copyBytes(value, what));
    if (key !== undefined && algorithmOf(key) !== undefined) return key;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
  }
  throw new TypeError(`${what} must be a public key of Ed25519, P-256 or P-384: PEM, SubjectPublicKeyInfo or raw`);
}

function fromPublicPem(text: string): PublicKey | undefined {
  const [block, second] = fromPem(text, 2);
  return block?.label === "PUBLIC KEY" && second === undefined ? publicKey(readDer(block.bytes)) : undefined;
}

function fromKeyBytes(bytes: Uint8Array): PublicKey | undefined {
  if (bytes.length === 32) return { type: "ed25519", point: bytes };
  if (bytes.length === 65 && bytes[0] === 4) return { type: "ec", curve: "P-256", point: bytes };
  if (bytes.length === 97 && bytes[0] === 4) return { type: "ec", curve: "P-384", point: bytes };
  return publicKey(readDer(bytes));
}

/** The one algorithm that a key of this kind signs with; `undefined` where it signs no manifests. */
function algorithmOf(key: PublicKey | undefined): SignatureAlgorithm | undefined {
  if (key?.type === "ed25519") return { name: "Ed25519" };
  if (key?.type !== "ec" || key.curve === "P-521") return undefined;
  return { name: "ECDSA", hash: key.curve === "P-384" ? "SHA-384" : "SHA-256" };
}

/** Whether `signature` (Ed25519 raw, ECDSA as DER) is one of `key` over `message`. @throws CryptoUnavailableError */
export async function signedBy(
  key: PublicKey | undefined,
  signature: Uint8Array,
  message: Uint8Array,
  crypto: Crypto,
): Promise<boolean> {
  const algorithm = algorithmOf(key);
  if (key === undefined || algorithm === undefined) return false;
  try {
    const raw = key.type === "ec" ? ecdsaSignatureFromDer(signature, key.curve) : signature;
    return await crypto.verify(algorithm, key, raw, message);
  } catch (error) {
    // A signature that is none is an invalid one.
    if (error instanceof MalformedError) return false;
    throw error;
  }
}

/** For messages and digests: `Ed25519 key 1f2e...`, in full. */
export function keyText(key: PublicKey): string {
  if (key.type === "rsa") return "RSA key";
  return `${key.type === "ec" ? key.curve : "Ed25519"} key ${toHex(key.point)}`;
}
