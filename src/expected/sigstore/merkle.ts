/** Merkle inclusion proofs (RFC 9162, section 2.1.3.2; RFC 6962, section 2.1). */

import type { Crypto } from "../../crypto/crypto.js";
import { concatBytes } from "../../encoding/bytes.js";

/** Integers beyond 2^32 do not survive JavaScript's bitwise operators. */
const isOdd = (value: number): boolean => value % 2 === 1;
const half = (value: number): number => Math.floor(value / 2);

/** The root that follows from a leaf at `index` of a tree of `size`; `undefined` where the path is not of such a tree. */
export async function rootOf(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  crypto: Pick<Crypto, "digest">,
): Promise<Uint8Array | undefined> {
  if (index >= size) return undefined;
  let [at, last] = [index, size - 1];
  let hash = await crypto.digest("SHA-256", concatBytes(Uint8Array.of(0), leaf));
  for (const sibling of path) {
    if (last === 0 || sibling.length !== 32) return undefined;
    const onTheRight = isOdd(at) || at === last;
    const pair = onTheRight ? [sibling, hash] : [hash, sibling];
    hash = await crypto.digest("SHA-256", concatBytes(Uint8Array.of(1), ...pair));
    // On the right border, levels without a sibling are passed over.
    if (onTheRight) while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    [at, last] = [half(at), half(last)];
  }
  return last === 0 ? hash : undefined;
}
