/** From bytes to a DCAP quote, versions 3 to 5 (Intel SGX/TDX DCAP Quoting Library API, appendix A.3 and A.4): form alone, no judgement. */

import { readLayout } from "../../encoding/layout.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { type Reader, reader } from "../../encoding/reader.js";
import { fromPem, fromUtf8, toHex } from "../../encoding/text.js";
import { type Certificate, parseCertificate } from "../../trust/certificate.js";
import { type BodyType, bodyLayout, HEADER_BYTES, headerLayout, SGX_REPORT_BYTES } from "./layout.js";
import { parseSgxReport, type SgxReport } from "./sgx-report.js";

export type Tee = "sgx" | "tdx";

/** How the quote says which key certified its quoting enclave. */
export type Certification = NamedPck | EmbeddedPck;

/** Names the PCK certificate by platform and TCB. */
export interface NamedPck {
  readonly type: 1 | 2 | 3;
  /** 16 bytes in the clear (1); 256 or 384 bytes encrypted to Intel's provisioning service (2 and 3). */
  readonly ppid: Uint8Array;
  /** 16 bytes. */
  readonly cpuSvn: Uint8Array;
  readonly pceSvn: number;
  /** 2 bytes, as in the certificate. */
  readonly pceId: Uint8Array;
}

/** Carries the PCK certificate alone (4), or with its chain (5). */
export interface EmbeddedPck {
  readonly type: 4 | 5;
  readonly certificates: readonly Certificate[];
}

export interface DcapQuote {
  readonly version: 3 | 4 | 5;
  readonly bodyType: BodyType;
  /** Version 3 alone fills these two. */
  readonly qeSvn: number;
  readonly pceSvn: number;
  /** 20 bytes. */
  readonly userData: Uint8Array;
  /** The report, as received, and where it starts in the quote. */
  readonly body: Uint8Array;
  readonly bodyOffset: number;
  /** What the quote signature covers, as received. */
  readonly signed: Uint8Array;
  /** r || s, 64 bytes. */
  readonly signature: Uint8Array;
  /** x || y, 64 bytes. */
  readonly attestationKey: Uint8Array;
  readonly qeReport: SgxReport;
  /** The 384 bytes that the PCK signed. */
  readonly qeReportBytes: Uint8Array;
  readonly qeReportSignature: Uint8Array;
  /** Of any length. */
  readonly authData: Uint8Array;
  readonly certification: Certification;
  /** Bytes after the declared end: buffers are handed on whole in the field. */
  readonly trailing: number;
}

const INTEL_VENDOR_ID = "939a7233f79c4ca9940a0db3957f0607";
/** Genuine quotes stay below 6 kB; the buffers around them below 10 kB. */
const MAX_QUOTE_BYTES = 65_536;
const TEE_TYPES: Readonly<Record<Tee, number>> = { sgx: 0, tdx: 0x81 };

/** Which TEE quoted, by the outline of the header; `undefined` for what is no DCAP quote. */
export function teeOf(bytes: Uint8Array): Tee | "unknown" | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const r = reader(bytes);
  const version = r.u16le("version");
  const keyType = r.u16le("key type");
  const tee = r.u32le("TEE type");
  // Either half of the outline is enough: what is wrong with the other, `parseQuote` says.
  const outlined = version >= 3 && version <= 5 && (keyType === 2 || keyType === 3);
  if (!outlined && toHex(bytes.subarray(12, 28)) !== INTEL_VENDOR_ID) return undefined;
  return tee === TEE_TYPES.tdx ? "tdx" : tee === TEE_TYPES.sgx ? "sgx" : "unknown";
}

/** @throws MalformedError */
export function parseQuote(bytes: Uint8Array, tee: Tee): DcapQuote {
  demand(bytes.length <= MAX_QUOTE_BYTES, `quote longer than ${MAX_QUOTE_BYTES} bytes`);
  const r = reader(bytes);
  const header = readLayout(headerLayout(), r.take(HEADER_BYTES, "quote header"));
  const number = (name: string): number => header[name] as number;
  const version = number("version");
  if (version !== 3 && version !== 4 && version !== 5)
    throw new MalformedError(`quote version ${version} is not supported (3, 4 and 5 are)`);
  demand(number("attestationKeyType") === 2, "attestation key type is not 2 (ECDSA P-256)", 2);
  demand(number("teeType") === TEE_TYPES[tee] && (version > 3 || tee === "sgx"), "TEE type is of another quote", 4);
  demand(toHex(header["qeVendorId"] as Uint8Array) === INTEL_VENDOR_ID, "QE vendor is not Intel", 12);
  const bodyType = version === 5 ? describedBody(r, tee) : tee === "tdx" ? 2 : 1;
  const bodyOffset = r.offset;
  const body = r.take(bodyLayout(bodyType).length, "report");
  const signed = bytes.subarray(0, r.offset);
  const data = reader(r.take(r.u32le("length of the signature data"), "signature data"));
  const signature = data.take(64, "quote signature");
  const attestationKey = data.take(64, "attestation key");
  const certified = version === 3 ? data : nested(data);
  return {
    version,
    bodyType,
    qeSvn: number("qeSvn"),
    pceSvn: number("pceSvn"),
    userData: header["userData"] as Uint8Array,
    body,
    bodyOffset,
    signed,
    signature,
    attestationKey,
    ...readCertified(certified),
    trailing: r.remaining,
  };
}

/** Version 5 describes its body: a type, and a size that must be that type's. */
function describedBody(r: Reader, tee: Tee): BodyType {
  const type = r.u16le("body type") as BodyType;
  const size = r.u32le("body size");
  demand(tee === "sgx" ? type === 1 : type >= 2 && type <= 4, `body type ${type} is not of this TEE`, HEADER_BYTES);
  demand(size === bodyLayout(type).length, `body of type ${type} with a size of ${size} bytes`, HEADER_BYTES + 2);
  return type;
}

/** Versions 4 and 5 put everything after the attestation key into certification data of type 6. */
function nested(data: Reader): Reader {
  demand(data.u16le("certification data type") === 6, "outer certification data is not of type 6", data.offset - 2);
  const inner = reader(data.take(data.u32le("length of the certification data"), "certification data"));
  data.end("certification data");
  return inner;
}

function readCertified(
  r: Reader,
): Pick<DcapQuote, "qeReport" | "qeReportBytes" | "qeReportSignature" | "authData" | "certification"> {
  const qeReportBytes = r.take(SGX_REPORT_BYTES, "QE report");
  const qeReport = parseSgxReport(qeReportBytes);
  const qeReportSignature = r.take(64, "QE report signature");
  const authData = r.take(r.u16le("length of the QE authentication data"), "QE authentication data");
  const type = r.u16le("certification data type");
  const data = r.take(r.u32le("length of the certification data"), "certification data");
  r.end("certification data");
  return { qeReport, qeReportBytes, qeReportSignature, authData, certification: readCertification(type, data) };
}

const PPID_BYTES: Readonly<Record<1 | 2 | 3, number>> = { 1: 16, 2: 256, 3: 384 };
const MOST_CERTIFICATES = 4;

function readCertification(type: number, data: Uint8Array): Certification {
  if (type === 1 || type === 2 || type === 3) {
    const r = reader(data);
    const ppid = r.take(PPID_BYTES[type], "PPID");
    const cpuSvn = r.take(16, "CPUSVN");
    const pceSvn = r.u16le("PCESVN");
    const pceId = r.take(2, "PCEID");
    r.end("certification data");
    return { type, ppid, cpuSvn, pceSvn, pceId };
  }
  if (type !== 4 && type !== 5) throw new MalformedError(`certification data of type ${type} where 1 to 5 belong`);
  const blocks = fromPem(fromUtf8(withoutPadding(data)), MOST_CERTIFICATES);
  demand(type === 5 || blocks.length === 1, "certification data of type 4 with more than one certificate");
  const certificates = blocks.map(({ label, bytes }) => {
    demand(label === "CERTIFICATE", "certification data with PEM that is no certificate");
    return parseCertificate(bytes);
  });
  return { type, certificates };
}

/** Some quoting services end the PEM text with NUL bytes. */
function withoutPadding(data: Uint8Array): Uint8Array {
  let end = data.length;
  while (data[end - 1] === 0) end--;
  return data.subarray(0, end);
}
