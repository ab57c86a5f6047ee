/** The endorsement of a utility VM (UVM): COSE_Sign1 over its launch measurement, issued under a did:x509 (microsoft/hcsshim, uvm endorsements; did:x509 method 0). */

import { isCborArray, isCborTag } from "../../encoding/cbor.js";
import { isJsonObject, parseJson, stringMember } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromHex, fromUtf8 } from "../../encoding/text.js";
import { type Certificate, parseCertificate } from "../../trust/certificate.js";
import { type CoseSign1, readCoseSign1 } from "../../trust/cose.js";

export interface UvmEndorsement {
  readonly message: CoseSign1;
  /** Signer first, root last. */
  readonly chain: readonly Certificate[];
  readonly issuer: string;
  readonly feed: string;
  /** Milliseconds since 1970. */
  readonly signedAt: number;
  readonly svn: number;
  readonly measurement: Uint8Array;
}

/** Header label of x5chain (RFC 9360, section 2). */
const X5CHAIN = 33;
const EPOCH_TAG = 1;

/** @throws MalformedError */
export function parseUvm(bytes: Uint8Array): UvmEndorsement {
  const message = readCoseSign1(bytes, [0, EPOCH_TAG]);
  const { protectedHeader } = message;
  const text = (label: string): string => {
    const value = protectedHeader.get(label);
    if (typeof value !== "string") throw new MalformedError(`UVM endorsement without ${label}`);
    return value;
  };
  const certificates = protectedHeader.get(X5CHAIN);
  if (!isCborArray(certificates) || certificates.length !== 3)
    throw new MalformedError("UVM endorsement without its three certificates");
  const payload = parseJson(fromUtf8(message.payload));
  if (!isJsonObject(payload)) throw new MalformedError("payload of the UVM endorsement is no object");
  const svn = stringMember(payload, "x-ms-sevsnpvm-guestsvn");
  demand(/^\d{1,9}$/.test(svn), "security version of the UVM is no number");
  const measurement = fromHex(stringMember(payload, "x-ms-sevsnpvm-launchmeasurement"));
  demand(measurement.length === 48, "measurement of the UVM is not of 48 bytes");
  return {
    message,
    chain: certificates.map((item) => {
      if (!(item instanceof Uint8Array)) throw new MalformedError("x5chain holds something other than bytes");
      return parseCertificate(item);
    }),
    issuer: text("iss"),
    feed: text("feed"),
    signedAt: timeOf(protectedHeader.get("signingtime")),
    svn: Number(svn),
    measurement,
  };
}

/** Seconds since 1970, with tag 1 or without, or RFC 3339 text with tag 0. */
function timeOf(value: unknown): number {
  const content = isCborTag(value as never) ? (value as { readonly content: unknown }).content : value;
  if (typeof content === "number" && content >= 0 && content < 2 ** 40) return content * 1000;
  const time =
    typeof content === "string" &&
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/.test(content)
      ? Date.parse(content)
      : Number.NaN;
  if (!Number.isFinite(time)) throw new MalformedError("UVM endorsement without its signing time");
  return time;
}

/** `did:x509:0:sha256:<root>::eku:<oid>`. */
const DID = /^did:x509:0:sha256:([\w-]{43})::eku:([\d.]{3,100})$/;

export function readDid(issuer: string): { readonly root: string; readonly usage: string } | undefined {
  const [, root, usage] = DID.exec(issuer) ?? [];
  return root === undefined || usage === undefined ? undefined : { root, usage };
}
