/** Incremental hashes for the measurement calculators (FIPS 180-4): WebCrypto's digest is one-shot and would need a whole image in memory. */

import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import type { HashName } from "../../crypto/crypto.js";

/** A hash that is fed piece by piece. Node's `crypto.createHash(...)` has this form, so a command line can inject the native one. */
export interface IncrementalHash {
  /** Adds bytes; what it returns is ignored. */
  update(bytes: Uint8Array): unknown;
  /** The digest of all that was added. Called once. */
  digest(): Uint8Array;
}

/** Starts a hash. */
export type CreateHash = (name: HashName) => IncrementalHash;

/** What every calculator accepts besides its inputs. */
export interface HashOptions {
  /** Where hashes come from; pure JavaScript unless told. */
  readonly createHash?: CreateHash;
}

/** The pure JavaScript hashes, which run everywhere. */
export const nobleHash: CreateHash = (name) =>
  name === "SHA-256" ? sha256.create() : name === "SHA-384" ? sha384.create() : sha512.create();

/** Digest of the parts, one after the other. A copy of its own, never a view of a pool (Node's `Buffer`). */
export function digestOf(createHash: CreateHash, name: HashName, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(name);
  for (const part of parts) hash.update(part);
  return finish(hash);
}

/** Ends `hash`, as a plain `Uint8Array`. */
export function finish(hash: IncrementalHash): Uint8Array {
  return Uint8Array.from(hash.digest());
}
