/** Attestation documents of Nitro enclaves and of EC2 instances with NitroTPM (nsm-api, attestation_process.md, section 3; nitrotpm-attestation-document-content). */

import { equalBytes } from "../../encoding/bytes.js";
import { type CborMap, type CborValue, isCborArray, isCborMap, readCbor } from "../../encoding/cbor.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { type Certificate, parseCertificate } from "../../trust/certificate.js";
import { type CoseSign1, readCoseSign1 } from "../../trust/cose.js";
import type { Recognition } from "../kind.js";

/** Companion of the evidence: DER of the certificate that carried the document. */
export const CARRIER = "carrier";

/** The two kinds of document. One root signs both, and their registers mean different things: nothing may take one for the other. */
export type DocumentType = "nitro" | "nitro-tpm";

/** Name of the registers' field, and how many there can be. */
export const REGISTERS = {
  nitro: { field: "pcrs", count: 32 },
  "nitro-tpm": { field: "nitrotpm_pcrs", count: 24 },
} as const;

export interface NitroDocument {
  readonly type: DocumentType;
  /** The whole document, as it was received. */
  readonly bytes: Uint8Array;
  readonly message: CoseSign1;
  readonly moduleId: string;
  /** Milliseconds since 1970, by the clock of AWS. */
  readonly timestamp: number;
  /** By index, 48 bytes each. A register that is not there was not locked. */
  readonly registers: ReadonlyMap<number, Uint8Array>;
  readonly certificate: Certificate;
  /** Root first, the issuer of `certificate` last. */
  readonly caBundle: readonly Certificate[];
  /** Each 0 to 512 bytes (the key 1 to 1024); `undefined` where it is null or left out, which are the same. */
  readonly publicKey: Uint8Array | undefined;
  readonly userData: Uint8Array | undefined;
  readonly nonce: Uint8Array | undefined;
  /** The certificate that carried the document in its names, if one did. */
  readonly carrier: Certificate | undefined;
}

const MAX_DOCUMENT_BYTES = 20_480;
const MAX_PAYLOAD_BYTES = 16_384;
const MAX_CERTIFICATE_BYTES = 1024;
/** AWS sends four. */
const MAX_CA_BUNDLE = 8;
const MAX_MODULE_ID = 128;
const REGISTER_BYTES = 48;
const SIGNATURE_BYTES = 96;
/** `{1: -35}`, ES384: the only header that AWS writes. */
const PROTECTED = /* @__PURE__ */ Uint8Array.of(0xa1, 0x01, 0x38, 0x22);

/** @throws MalformedError */
export function parseDocument(type: DocumentType, bytes: Uint8Array, recognition: Recognition): NitroDocument {
  demand(bytes.length <= MAX_DOCUMENT_BYTES, `document longer than ${MAX_DOCUMENT_BYTES} bytes`);
  const message = readCoseSign1(bytes);
  demand(equalBytes(message.protectedBytes, PROTECTED), "protected header is not {1: -35}, which is ES384 alone");
  demand(message.unprotectedHeader.size === 0, "unprotected header is not empty");
  demand(
    message.signature.length === SIGNATURE_BYTES,
    `signature has ${message.signature.length} bytes and not ${SIGNATURE_BYTES}`,
  );
  const carrier = recognition.companions?.get(CARRIER);
  return {
    type,
    bytes,
    message,
    ...readPayload(type, readPayloadMap(message.payload)),
    carrier: carrier instanceof Uint8Array ? parseCertificate(carrier) : undefined,
  };
}

/** The payload, whose map AWS has written with an indefinite length since 2025. @throws MalformedError */
function readPayloadMap(payload: Uint8Array): CborMap {
  const map = readCbor(payload, { indefinite: true, depth: 4, length: MAX_PAYLOAD_BYTES });
  if (!isCborMap(map)) throw new MalformedError("payload is not a map");
  return map;
}

const FIELDS: readonly unknown[] = [
  "module_id",
  "digest",
  "timestamp",
  "certificate",
  "cabundle",
  "public_key",
  "user_data",
  "nonce",
];

function readPayload(type: DocumentType, map: CborMap): Omit<NitroDocument, "type" | "bytes" | "message" | "carrier"> {
  const { field } = REGISTERS[type];
  // A field that is not known here may change what the others mean, as `nitrotpm_pcrs` once did.
  for (const name of map.keys())
    demand(
      name === field || FIELDS.includes(name),
      `payload has a field that a document of this kind has not: ${String(name).slice(0, 40)}`,
    );
  const moduleId = map.get("module_id");
  if (typeof moduleId !== "string" || moduleId === "" || moduleId.length > MAX_MODULE_ID)
    throw new MalformedError("module_id is no text of 1 to 128 characters");
  demand(map.get("digest") === "SHA384", "digest is not SHA384");
  const timestamp = map.get("timestamp");
  if (typeof timestamp !== "number" || timestamp <= 0)
    throw new MalformedError("timestamp is no positive number of milliseconds");
  return {
    moduleId,
    timestamp,
    registers: readRegisters(type, map.get(field)),
    certificate: parseCertificate(byteString(map.get("certificate"), "certificate", 1, MAX_CERTIFICATE_BYTES)),
    caBundle: readBundle(map.get("cabundle")),
    publicKey: optionalBytes(map.get("public_key"), "public_key", 1, 1024),
    userData: optionalBytes(map.get("user_data"), "user_data", 0, 512),
    nonce: optionalBytes(map.get("nonce"), "nonce", 0, 512),
  };
}

function readRegisters(type: DocumentType, value: CborValue | undefined): ReadonlyMap<number, Uint8Array> {
  const { field, count } = REGISTERS[type];
  if (!isCborMap(value) || value.size === 0) throw new MalformedError(`${field} is no map with at least one register`);
  const registers = new Map<number, Uint8Array>();
  for (const [index, register] of value) {
    if (typeof index !== "number" || index < 0 || index >= count)
      throw new MalformedError(`${field} has an index that is no number from 0 to ${count - 1}`);
    registers.set(index, byteString(register, `${field} ${index}`, REGISTER_BYTES, REGISTER_BYTES));
  }
  return registers;
}

function readBundle(value: CborValue | undefined): readonly Certificate[] {
  if (!isCborArray(value) || value.length === 0 || value.length > MAX_CA_BUNDLE)
    throw new MalformedError(`cabundle is no list of 1 to ${MAX_CA_BUNDLE} certificates`);
  return value.map((item) => parseCertificate(byteString(item, "cabundle certificate", 1, MAX_CERTIFICATE_BYTES)));
}

function byteString(value: CborValue | undefined, what: string, least: number, most: number): Uint8Array {
  if (value instanceof Uint8Array && value.length >= least && value.length <= most) return value;
  throw new MalformedError(`${what} is no byte string of ${least === most ? most : `${least} to ${most}`} bytes`);
}

function optionalBytes(
  value: CborValue | undefined,
  what: string,
  least: number,
  most: number,
): Uint8Array | undefined {
  return value === undefined || value === null ? undefined : byteString(value, what, least, most);
}
