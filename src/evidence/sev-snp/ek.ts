/** VCEK and VLEK: what AMD's extensions bind the key to (AMD 57230, section 3, tables of X.509 extensions). */

import { equalBytes } from "../../encoding/bytes.js";
import { contents, type Der, readDer, smallInteger, TAG } from "../../encoding/der.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromLatin1 } from "../../encoding/text.js";
import type { AmdProduct } from "../../endorsements/amd-kds.js";
import type { Certificate } from "../../trust/certificate.js";
import { AMD_EXTENSION } from "../../trust/profiles.js";
import { amdName } from "../../trust/roots/amd-name.js";
import { TCB_COMPONENTS } from "./tcb.js";

/** An endorsement key's certificate, as its extensions have it. */
export interface EndorsementKey {
  readonly certificate: Certificate;
  readonly type: "VCEK" | "VLEK";
  /** The product line that productName names. */
  readonly product: AmdProduct;
  /** Security patch levels, 8 bytes, in the layout of the product. */
  readonly tcb: Uint8Array;
  /** 64 bytes, on Turin 8; of a VCEK alone. */
  readonly hwid: Uint8Array | undefined;
  /** The cloud that holds the key; of a VLEK alone. */
  readonly cspId: string | undefined;
}

const SUBJECTS: ReadonlyMap<string, "VCEK" | "VLEK"> = new Map([
  ["SEV-VCEK", "VCEK"],
  ["SEV-VLEK", "VLEK"],
]);

/**
 * Whether this could be meant as a VCEK or VLEK: any of its marks will do, so that a damaged one is refused rather than overlooked.
 */
export function isEndorsementKeyCandidate(certificate: Certificate): boolean {
  const marked = [...certificate.extensions.keys()].some((name) => name.startsWith(`${AMD_EXTENSION}.`));
  return marked || SUBJECTS.has(certificate.commonName ?? "");
}

/** @throws MalformedError for a certificate that has not exactly the form of a VCEK or VLEK */
export function readEndorsementKey(certificate: Certificate): EndorsementKey {
  const type = SUBJECTS.get(certificate.commonName ?? "");
  if (type === undefined) throw new MalformedError("the certificate's subject is neither SEV-VCEK nor SEV-VLEK");
  demand(
    equalBytes(certificate.subject, amdName(`SEV-${type}`)),
    "the certificate's subject is not written as AMD writes it",
  );
  const version = smallInteger(extensionInteger(certificate, "1"), 255, "structVersion");
  demand(version <= 1, `structVersion ${version} is not known`);
  const product = readProductName(certificate);
  const hwidValue = certificate.extensions.get(`${AMD_EXTENSION}.4`)?.value;
  const cspValue = certificate.extensions.get(`${AMD_EXTENSION}.5`)?.value;
  demand((hwidValue !== undefined) === (type === "VCEK"), type === "VCEK" ? "a VCEK without hwID" : "a VLEK with hwID");
  demand(
    (cspValue !== undefined) === (type === "VLEK"),
    type === "VCEK" ? "a VCEK with csp_id" : "a VLEK without csp_id",
  );
  return {
    certificate,
    type,
    product,
    tcb: readLevels(certificate, product),
    hwid: hwidValue === undefined ? undefined : readHwid(hwidValue, product),
    cspId: cspValue === undefined ? undefined : readText(cspValue, "csp_id"),
  };
}

function extension(certificate: Certificate, tail: string): Uint8Array {
  const found = certificate.extensions.get(`${AMD_EXTENSION}.${tail}`);
  if (found === undefined) throw new MalformedError(`the certificate lacks AMD's extension ${tail}`);
  return found.value;
}

function extensionInteger(certificate: Certificate, tail: string): Der {
  const element = readDer(extension(certificate, tail));
  demand(element.tag === TAG.integer, `AMD's extension ${tail} is not an INTEGER`);
  return element;
}

function readText(value: Uint8Array, what: string): string {
  const element = readDer(value);
  const bytes = contents(element);
  demand(
    element.tag === TAG.ia5String && bytes.length > 0 && bytes.length <= 128,
    `${what} is not an IA5String of 1 to 128 characters`,
  );
  demand(
    bytes.every((byte) => byte >= 0x20 && byte < 0x7f),
    `${what} holds control characters`,
  );
  return fromLatin1(bytes);
}

/** A VCEK of Milan says `Milan-B0`; all others name the line alone (and a stepping may follow). */
function readProductName(certificate: Certificate): AmdProduct {
  const text = readText(extension(certificate, "2"), "productName");
  const line = /^(Milan|Genoa|Turin)(-[A-Z][0-9])?$/.exec(text)?.[1];
  if (line === undefined) throw new MalformedError(`productName ${JSON.stringify(text)} is not known`);
  return line as AmdProduct;
}

function readLevels(certificate: Certificate, product: AmdProduct): Uint8Array {
  const levels = new Uint8Array(8);
  for (const { name, byte, extension: tail } of TCB_COMPONENTS[product])
    levels[byte] = smallInteger(extensionInteger(certificate, tail), 255, `${name}SPL`);
  const known = TCB_COMPONENTS[product].map((component) => component.extension);
  for (const tail of ["3.4", "3.9"]) {
    const foreign = !known.includes(tail) && certificate.extensions.has(`${AMD_EXTENSION}.${tail}`);
    demand(!foreign, `the certificate carries level ${tail}, which ${product} does not have`);
  }
  return levels;
}

/** Raw octets without DER around them; an OCTET STRING is unwrapped only where the length leaves no other reading. */
function readHwid(value: Uint8Array, product: AmdProduct): Uint8Array {
  const length = product === "Turin" ? 8 : 64;
  if (value.length === length) return value;
  const wrapped = value.length === length + 2 && value[0] === TAG.octetString && value[1] === length;
  demand(wrapped, `hwID has ${value.length} bytes where ${product} has ${length}`);
  return value.subarray(2);
}
