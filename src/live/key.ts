/** The key of sealed messages: P-256, as SubjectPublicKeyInfo (RFC 5480) where it is attested, as a point (SEC 1, 2.3.3) where it is used. */

import { concatBytes, equalBytes } from "../encoding/bytes.js";
import { MalformedError } from "../encoding/malformed.js";
import { fromHex } from "../encoding/text.js";

/** DER of everything before the point: id-ecPublicKey, prime256v1, BIT STRING without unused bits. */
const PREFIX = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
export const POINT_BYTES = 65;

/** SubjectPublicKeyInfo of an uncompressed point. */
export function spkiOf(point: Uint8Array): Uint8Array {
  return concatBytes(fromHex(PREFIX), point);
}

/** The point of a key. One spelling alone: a second would be another key to the binding and the same to the cipher. @throws MalformedError */
export function pointOf(spki: Uint8Array): Uint8Array {
  const prefix = fromHex(PREFIX);
  const point = spki.subarray(prefix.length);
  if (!equalBytes(spki.subarray(0, prefix.length), prefix) || point.length !== POINT_BYTES || point[0] !== 4)
    throw new MalformedError("the attested key is no uncompressed P-256 key");
  return point;
}
