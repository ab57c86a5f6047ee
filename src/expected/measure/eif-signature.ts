/** The signature section of an Enclave Image File (aws-nitro-enclaves-image-format, PcrSignature and PcrInfo; reference nitro.md, section 1.4). */

import type { Crypto } from "../../crypto/crypto.js";
import { equalBytes } from "../../encoding/bytes.js";
import { type CborValue, isCborArray, isCborMap, readCbor } from "../../encoding/cbor.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromPem, fromUtf8 } from "../../encoding/text.js";
import { parseCertificate } from "../../trust/certificate.js";
import { readCoseSign1, verifyCoseSign1 } from "../../trust/cose.js";

/** As the image format has it. */
export const MAX_SIGNATURE_BYTES = 32_768;

/** Bytes and arrays as serde_cbor writes a `Vec<u8>`: an array of integers. */
const FORM = { indefinite: true, depth: 6, length: MAX_SIGNATURE_BYTES };

/**
 * Reads the section and checks that the key of its certificate signed `pcr0`. AWS's tools look at the first signature alone, so a second one is
 * refused. Returns the certificate's DER, of which PCR8 is made. Neither the certificate's dates nor its issuer are judged: PCR8 pins its bytes.
 * @throws MalformedError
 * @throws CryptoUnavailableError
 */
export async function checkEifSignature(section: Uint8Array, pcr0: Uint8Array, crypto: Crypto): Promise<Uint8Array> {
  const list = readCbor(section, FORM);
  if (!isCborArray(list) || list.length !== 1)
    throw new MalformedError("EIF signature section does not hold exactly one signature");
  const { signing_certificate: pem, signature } = readStruct(list[0], "signing_certificate", "signature");
  const der = certificateIn(octets(pem, "signing_certificate"));
  const message = readCoseSign1(octets(signature, "signature"));
  const { register_index: index, register_value: value } = readStruct(
    readCbor(message.payload, FORM),
    "register_index",
    "register_value",
  );
  demand(index === 0, "EIF signature is not over PCR0");
  demand(
    equalBytes(octets(value, "register_value"), pcr0),
    "EIF signature is over another PCR0 than that of the image",
  );
  const valid = await verifyCoseSign1(message, parseCertificate(der).publicKey, crypto);
  demand(valid, "EIF signature does not verify with the key of its certificate");
  return der;
}

/** A map of exactly these text keys. */
function readStruct<Name extends string>(
  value: CborValue | undefined,
  ...names: readonly Name[]
): Readonly<Record<Name, CborValue | undefined>> {
  if (!isCborMap(value) || value.size !== names.length)
    throw new MalformedError(`EIF signature section has no map of ${names.join(" and ")}`);
  return Object.fromEntries(names.map((name) => [name, value.get(name)])) as Record<Name, CborValue | undefined>;
}

function octets(value: CborValue | undefined, what: string): Uint8Array {
  if (!isCborArray(value)) throw new MalformedError(`EIF ${what} is not an array of bytes`);
  return Uint8Array.from(value, (byte) => {
    if (typeof byte !== "number" || byte < 0 || byte > 255)
      throw new MalformedError(`EIF ${what} holds what is no byte`);
    return byte;
  });
}

function certificateIn(pem: Uint8Array): Uint8Array {
  const [block, ...others] = fromPem(fromUtf8(pem), 2);
  if (block?.label !== "CERTIFICATE" || others.length > 0)
    throw new MalformedError("EIF signing certificate is not one PEM certificate");
  return block.bytes;
}
