/** The subject name that all of AMD's ARK, ASK and ASVK certificates share but for its commonName (AMD 57230, "VCEK certificate and KDS interface"). */

import { concatBytes } from "../../encoding/bytes.js";
import { fromHex, toUtf8 } from "../../encoding/text.js";

/** OU=Engineering, C=US, L=Santa Clara, ST=CA, O=Advanced Micro Devices: in this order, each a SET of one; UTF8String, but PrintableString for C. */
const SHARED_RDNS =
  "31143012060355040b0c0b456e67696e656572696e67" +
  "310b3009060355040613025553" +
  "3114301206035504070c0b53616e746120436c617261" +
  "310b300906035504080c024341" +
  "311f301d060355040a0c16416476616e636564204d6963726f2044657669636573";

const COMMON_NAME_TYPE = "0603550403";

/**
 * The raw DER Name of AMD's certificate with this commonName.
 *
 * @param commonName ASCII, at most 80 characters, e.g. `ARK-Milan`, `SEV-Genoa`, `SEV-VLEK-Turin`.
 */
export function amdName(commonName: string): Uint8Array {
  const attribute = tlv(0x30, concatBytes(fromHex(COMMON_NAME_TYPE), tlv(0x0c, toUtf8(commonName))));
  return tlv(0x30, concatBytes(fromHex(SHARED_RDNS), tlv(0x31, attribute)));
}

/** DER with a length below 256: with `SEV-VLEK-` names the Name is 128 bytes, where X.690, section 8.1.3, changes to the long form. */
function tlv(tag: number, contents: Uint8Array): Uint8Array {
  const length = contents.length < 128 ? [contents.length] : [0x81, contents.length];
  return concatBytes(Uint8Array.of(tag, ...length), contents);
}
