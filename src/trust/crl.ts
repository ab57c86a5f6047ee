/** X.509 version 2 certificate revocation lists (RFC 5280, section 5), complete direct ones only, read strictly. */

import type { SignatureAlgorithm } from "../crypto/crypto.js";
import { equalBytes } from "../encoding/bytes.js";
import {
  contextTag,
  cursor,
  type Der,
  encoded,
  integerBytes,
  octetsOfBitString,
  readDer,
  sequence,
  smallInteger,
  TAG,
  time,
} from "../encoding/der.js";
import { demand } from "../encoding/malformed.js";
import { toHex, toUtf8 } from "../encoding/text.js";
import { signatureAlgorithm } from "./algorithms.js";
import { type Extension, extensionsIn, readExtensionList } from "./certificate.js";

export interface Crl {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  /** Raw DER of the Name. */
  readonly issuer: Uint8Array;
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  /** RFC 5280, section 5.1.2.5, demands it; a list without an end date is not read. */
  readonly nextUpdate: number;
  /** INTEGER contents of the revoked serial numbers. */
  readonly revoked: readonly Uint8Array[];
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly signature: Uint8Array;
  readonly extensions: ReadonlyMap<string, Extension>;
}

/** Longest CRL that is read, in bytes: 100,000 entries with serial numbers of three bytes fit. The vendors' have at most a few thousand bytes. */
export const MAX_CRL_BYTES = 2_359_296;

/** Whether the issuer's Name holds these words anywhere: enough to tell a vendor's list from another vendor's, before anything is proved. */
export function issuerHolds({ issuer }: Pick<Crl, "issuer">, words: string): boolean {
  return toHex(issuer).includes(toHex(toUtf8(words)));
}

/** @throws MalformedError */
export function parseCrl(der: Uint8Array): Crl {
  demand(der.length <= MAX_CRL_BYTES, `CRL longer than ${MAX_CRL_BYTES} bytes`);
  const outer = sequence(readDer(der), "CertificateList");
  const tbs = outer.next(TAG.sequence, "TBSCertList");
  const algorithm = outer.next(TAG.sequence, "signatureAlgorithm");
  const signature = octetsOfBitString(outer.next(TAG.bitString, "signatureValue"), "signatureValue");
  outer.end("CertificateList");

  const fields = cursor(tbs);
  demand(smallInteger(fields.next(TAG.integer, "version"), 255, "version") === 1, "CRL is not version 2", tbs.start);
  const signedAlgorithm = fields.next(TAG.sequence, "signature");
  demand(
    equalBytes(encoded(signedAlgorithm), encoded(algorithm)),
    "signature algorithms inside and outside differ",
    algorithm.start,
  );
  const issuer = encoded(fields.next(TAG.sequence, "issuer"));
  const thisUpdate = time(fields.any("thisUpdate"));
  const nextField = fields.optional(TAG.utcTime) ?? fields.optional(TAG.generalizedTime);
  demand(nextField !== undefined, "CRL without nextUpdate", tbs.start);
  const list = fields.optional(TAG.sequence);
  const extensionField = fields.optional(contextTag(0));
  fields.end("TBSCertList");

  return {
    der,
    tbs: encoded(tbs),
    issuer,
    thisUpdate,
    nextUpdate: time(nextField),
    revoked: list === undefined ? [] : revokedSerials(list),
    signatureAlgorithm: signatureAlgorithm(algorithm),
    signature,
    extensions: extensionField === undefined ? new Map() : extensionsIn(extensionField),
  };
}

/** Whether `der` has the outline of a CRL rather than of a certificate: the first field of the signed part tells. */
export function looksLikeCrl(der: Uint8Array): boolean {
  const tbs = sequence(readDer(der), "signed object").next(TAG.sequence, "signed part");
  const fields = cursor(tbs);
  return (
    fields.optional(TAG.integer) !== undefined &&
    fields.optional(TAG.sequence) !== undefined &&
    fields.optional(TAG.sequence) !== undefined &&
    !fields.optional(TAG.sequence)
  );
}

function revokedSerials(list: Der): readonly Uint8Array[] {
  const entries = cursor(list);
  // RFC 5280, section 5.1.2.6: an empty list is left out.
  demand(entries.more, "revokedCertificates without an entry", list.start);
  const serials: Uint8Array[] = [];
  // Nearly all entries of a list carry the same extension, byte for byte: it is read once.
  let harmless: Uint8Array | undefined;
  while (entries.more) {
    const entry = sequence(entries.any("revoked certificate"), "revoked certificate");
    serials.push(integerBytes(entry.next(TAG.integer, "revoked serial number")));
    time(entry.any("revocationDate"));
    const extensions = entry.optional(TAG.sequence);
    entry.end("revoked certificate");
    if (extensions === undefined || (harmless !== undefined && equalBytes(encoded(extensions), harmless))) continue;
    refuseCriticalEntryExtension(extensions);
    harmless = encoded(extensions);
  }
  return serials;
}

/** A critical entry extension (certificateIssuer of an indirect CRL, say) changes whom the entry revokes: RFC 5280, section 5.3. */
function refuseCriticalEntryExtension(extensions: Der): void {
  for (const [name, extension] of readExtensionList(cursor(extensions))) {
    demand(!extension.critical, `CRL entry with critical extension ${name}`, extensions.start);
  }
}
