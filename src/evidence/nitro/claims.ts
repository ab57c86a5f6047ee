/** A document as normalised claims, its places for a binding, and the map of its bytes. */

import type { Field, Layout } from "../../encoding/layout.js";
import { toHex } from "../../encoding/text.js";
import type { Slot } from "../../expected/binding.js";
import type { Claims } from "../../verdict.js";
import type { MappedStructure } from "../kind.js";
import { instanceOf, iso, type NitroTrusted } from "./authenticate.js";
import { type NitroDocument, REGISTERS } from "./document.js";
import { isSet } from "./registers.js";

export function slots({ nonce, publicKey, userData }: NitroDocument): readonly Slot[] {
  return [
    { name: "nonce", size: 512, value: nonce },
    { name: "publicKey", size: 1024, value: publicKey },
    { name: "userData", size: 512, value: userData },
  ];
}

export function claims(document: NitroDocument, trusted: NitroTrusted | undefined): Claims {
  const { type, moduleId, timestamp, registers, certificate, publicKey, userData, nonce } = document;
  const hexOrNull = (value: Uint8Array | undefined): string | null => (value === undefined ? null : toHex(value));
  return {
    moduleId,
    instanceId: instanceOf(document) ?? null,
    region: trusted?.region ?? null,
    timestamp: iso(timestamp),
    digest: "SHA384",
    [type === "nitro" ? "pcrs" : "nitrotpmPcrs"]: Object.fromEntries(
      [...registers].map(([index, value]) => [index, toHex(value)]),
    ),
    ...(type === "nitro" ? { debug: ![0, 1, 2].every((index) => isSet(registers, index)) } : {}),
    publicKey: hexOrNull(publicKey),
    userData: hexOrNull(userData),
    nonce: hexOrNull(nonce),
    certificate: {
      subject: certificate.commonName ?? null,
      notBefore: iso(certificate.notBefore),
      notAfter: iso(certificate.notAfter),
    },
  };
}

/** The envelope and every byte string of the payload, in the order of the bytes; what lies between them is the CBOR around them. */
export function map(document: NitroDocument): readonly MappedStructure[] {
  const { message, certificate, caBundle, registers, publicKey, userData, nonce, type, bytes } = document;
  const parts: readonly (readonly [string, Uint8Array | undefined])[] = [
    ["protected", message.protectedBytes],
    ...[...registers].map(([index, value]) => [`${REGISTERS[type].field} ${index}`, value] as const),
    ["certificate", certificate.der],
    ...caBundle.map(({ der }, index) => [`cabundle ${index}`, der] as const),
    ["public_key", publicKey],
    ["user_data", userData],
    ["nonce", nonce],
    ["signature", message.signature],
  ];
  const placed = parts.flatMap(([name, value]) =>
    value === undefined || value.length === 0
      ? []
      : [{ name, offset: value.byteOffset - bytes.byteOffset, length: value.length }],
  );
  const fields = placed
    .sort((a, b) => a.offset - b.offset)
    .flatMap((part, index, all) => {
      const before = all[index - 1];
      const from = before === undefined ? 0 : before.offset + before.length;
      return [
        ...(part.offset > from ? [field("cbor", from, part.offset - from)] : []),
        field(part.name, part.offset, part.length),
      ];
    });
  const last = fields[fields.length - 1] as Field;
  return [
    {
      layout: {
        name: "attestation document",
        spec: "RFC 9052, section 4.2",
        length: last.offset + last.length,
        fields,
      } satisfies Layout,
      offset: 0,
    },
  ];
}

function field(name: string, offset: number, length: number): Field {
  return { name, offset, length, form: "bytes", meaning: name === "cbor" ? "CBOR between the byte strings" : name };
}
