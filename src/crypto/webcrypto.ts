/** The default back end: the engine's own Web Cryptography API (W3C; Ed25519 as in its secure-curves revision). */

import { type Crypto, CryptoUnavailableError, type PublicKey, type SignatureAlgorithm } from "./crypto.js";
import { rsaSpki } from "./spki.js";
import { isUsableKey, isUsableSignature } from "./usable.js";

/** Imported keys of one public key, by algorithm: WebCrypto binds an RSA key to a padding and a hash. */
type Imported = Map<string, Promise<CryptoKey>>;

/**
 * A back end over `subtle`. Keeps what it imported of pinned keys for as long as the key object lives, and of any other key while
 * a verification with it runs: one key may sign several things of one evidence, and importing it costs as much as verifying with it.
 */
export function webcrypto(subtle: SubtleCrypto): Crypto {
  const kept = new WeakMap<PublicKey, Imported>();
  return {
    name: "webcrypto",
    async digest(hash, message) {
      try {
        return new Uint8Array(await subtle.digest(hash, message as BufferSource));
      } catch (cause) {
        throw unavailable(hash, cause);
      }
    },
    async verify(algorithm, key, signature, message) {
      if (!isUsableSignature(algorithm, key, signature)) return false;
      const use = useOf(algorithm);
      const known = kept.get(key)?.get(use);
      if (known === undefined && !isUsableKey(key)) return false;
      try {
        const imported = await (known ?? obtain(algorithm, use, key));
        return await subtle.verify(algorithm, imported, signature as BufferSource, message as BufferSource);
      } catch (cause) {
        // Signature and key are well-formed: an engine that throws now, whatever it throws, lacks the algorithm.
        throw unavailable(describe(algorithm, key), cause);
      } finally {
        if (key.pinned !== true) kept.delete(key);
      }
    },
  };

  function obtain(algorithm: SignatureAlgorithm, use: string, key: PublicKey): Promise<CryptoKey> {
    const importing = importKey(subtle, algorithm, key);
    const uses: Imported = kept.get(key) ?? new Map();
    kept.set(key, uses.set(use, importing));
    // What failed is tried again, not remembered.
    importing.catch(() => uses.delete(use));
    return importing;
  }
}

/** EC and Ed25519 as raw points, RSA as SubjectPublicKeyInfo: the forms that every engine takes. */
function importKey(subtle: SubtleCrypto, algorithm: SignatureAlgorithm, key: PublicKey): Promise<CryptoKey> {
  const usages: KeyUsage[] = ["verify"];
  switch (key.type) {
    case "ec": {
      const curve = { name: "ECDSA", namedCurve: key.curve };
      return subtle.importKey("raw", key.point as BufferSource, curve, false, usages);
    }
    case "rsa":
      return subtle.importKey("spki", rsaSpki(key), algorithm, false, usages);
    case "ed25519":
      return subtle.importKey("raw", key.point as BufferSource, algorithm, false, usages);
  }
}

function useOf(algorithm: SignatureAlgorithm): string {
  return algorithm.name === "Ed25519" ? algorithm.name : `${algorithm.name} ${algorithm.hash}`;
}

function describe(algorithm: SignatureAlgorithm, key: PublicKey): string {
  if (key.type === "ec") return `${useOf(algorithm)} on ${key.curve}`;
  return key.type === "rsa" ? `${useOf(algorithm)} with ${key.modulus.length * 8} bits` : useOf(algorithm);
}

function unavailable(what: string, cause: unknown): CryptoUnavailableError {
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new CryptoUnavailableError(`this engine's WebCrypto cannot do ${what} (${reason})`, { cause });
}

let ambient: { readonly subtle: SubtleCrypto; readonly crypto: Crypto } | undefined;

/** WebCrypto of this realm, or `undefined` where there is none: pages without https, hardened compartments, old engines. */
export function defaultCrypto(): Crypto | undefined {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (subtle === undefined) return undefined;
  // One back end for all calls, or pinned keys would be imported anew by each of them.
  if (ambient?.subtle !== subtle) ambient = { subtle, crypto: webcrypto(subtle) };
  return ambient.crypto;
}
