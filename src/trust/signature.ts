/** ECDSA signatures from DER (`ECDSA-Sig-Value`, RFC 5480 appendix A and SEC 1, section C.5) to the raw r || s of the crypto seam. */

import { COORDINATE_BYTES, type CurveName } from "../crypto/crypto.js";
import { concatBytes } from "../encoding/bytes.js";
import { positiveInteger, readDer, sequence, TAG } from "../encoding/der.js";
import { demand } from "../encoding/malformed.js";

/**
 * r || s, each as long as a coordinate of `curve`.
 * @throws MalformedError for anything but a SEQUENCE of two positive, minimal INTEGERs that fit
 */
export function ecdsaSignatureFromDer(der: Uint8Array, curve: CurveName): Uint8Array {
  const fields = sequence(readDer(der), "ECDSA-Sig-Value");
  const r = positiveInteger(fields.next(TAG.integer, "r"), "r");
  const s = positiveInteger(fields.next(TAG.integer, "s"), "s");
  fields.end("ECDSA-Sig-Value");
  return concatBytes(padded(r, COORDINATE_BYTES[curve]), padded(s, COORDINATE_BYTES[curve]));
}

function padded(value: Uint8Array, length: number): Uint8Array {
  demand(value.length <= length, "ECDSA-Sig-Value with an integer longer than the curve's coordinates");
  const bytes = new Uint8Array(length);
  bytes.set(value, length - value.length);
  return bytes;
}
