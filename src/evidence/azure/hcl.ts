/** The report that Azure's paravisor (HCL) keeps at NV index 0x01400001: header, hardware report, runtime claims (openvmm, igvm_attest/get.rs). */

import type { HashName } from "../../crypto/crypto.js";
import { allBytes } from "../../encoding/bytes.js";
import { isJsonObject, type JsonObject, member, parseJson } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { reader } from "../../encoding/reader.js";
import { fromHex, fromUtf8 } from "../../encoding/text.js";

export const HCL_MAGIC = 0x414c4348;
const HEADER_BYTES = 32;
/** The slot of the hardware report, whatever fills it. */
const HARDWARE_BYTES = 1184;
const REQUEST_BYTES = 20;
const MAX_HCL_BYTES = 65_536;

/** `sev-snp`: an attestation report; `tdx`: a TDREPORT, which nobody but its own machine can check. */
export type Hardware = "sev-snp" | "tdx";

const HARDWARE: ReadonlyMap<number, Hardware> = new Map([
  [2, "sev-snp"],
  [4, "tdx"],
]);
const HASHES: ReadonlyMap<number, HashName> = new Map<number, HashName>([
  [1, "SHA-256"],
  [2, "SHA-384"],
  [3, "SHA-512"],
]);
/** Where each hardware report has its 64 bytes of report data. */
const REPORT_DATA_AT: Readonly<Record<Hardware, number>> = { "sev-snp": 0x50, tdx: 0x80 };

export interface HclReport {
  readonly bytes: Uint8Array;
  readonly version: number;
  /** Version of the request: 2 puts a capability bitmap before the claims. */
  readonly requestVersion: number;
  readonly hardware: Hardware;
  /** The slot of 1184 bytes. */
  readonly hardwareReport: Uint8Array;
  /** Report data of the hardware report, 64 bytes. */
  readonly reportData: Uint8Array;
  /** Declared by the header, which no signature covers: a wrong one gives a digest that is not in the report data. */
  readonly hash: HashName;
  /** Exact bytes of the claims: what is hashed. */
  readonly claimsBytes: Uint8Array;
  readonly claims: JsonObject;
  /** `user-data` of the claims, the 64 bytes of NV index 0x01400002; `undefined` in old reports. */
  readonly userData: Uint8Array | undefined;
}

/** @throws MalformedError */
export function parseHcl(bytes: Uint8Array): HclReport {
  demand(bytes.length <= MAX_HCL_BYTES, `HCL report longer than ${MAX_HCL_BYTES} bytes`);
  const r = reader(bytes);
  demand(r.u32le("signature") === HCL_MAGIC, "HCL report does not start with HCLA");
  const version = r.u32le("version");
  demand(version === 1 || version === 2, `HCL report of version ${version}`, 4);
  const reportSize = r.u32le("report size");
  r.u32le("request type");
  demand(r.u32le("status") === 0, "HCL report carries an error status", 16);
  r.zero(12, "reserved part of the header");
  const hardwareReport = r.take(HARDWARE_BYTES, "hardware report");
  const dataSize = r.u32le("data size");
  const requestVersion = r.u32le("request version");
  demand(requestVersion === 1 || requestVersion === 2, `HCL request of version ${requestVersion}`, r.offset - 4);
  const type = r.u32le("report type");
  const hardware = HARDWARE.get(type);
  if (hardware === undefined)
    throw new MalformedError(`HCL report type ${type} is neither SEV-SNP nor TDX`, r.offset - 4);
  const hashType = r.u32le("hash type");
  const hash = HASHES.get(hashType);
  if (hash === undefined) throw new MalformedError(`HCL hash type ${hashType} is unknown`, r.offset - 4);
  const size = r.u32le("variable data size");
  if (requestVersion === 2) r.u32le("capability bitmap");
  demand(dataSize === REQUEST_BYTES + (requestVersion === 2 ? 4 : 0) + size, "HCL data size does not fit its parts");
  demand(reportSize === HEADER_BYTES + HARDWARE_BYTES + dataSize, "HCL report size does not fit its parts", 8);
  const claimsBytes = r.take(size, "runtime claims");
  r.zero(r.remaining, "padding of the HCL report");
  const claims = parseJson(fromUtf8(claimsBytes));
  if (!isJsonObject(claims)) throw new MalformedError("HCL runtime claims are not an object");
  const at = REPORT_DATA_AT[hardware];
  const reportData = hardwareReport.subarray(at, at + 64);
  return {
    bytes,
    version,
    requestVersion,
    hardware,
    hardwareReport,
    reportData,
    hash,
    claimsBytes,
    claims,
    userData: userDataOf(claims),
  };
}

function userDataOf(claims: JsonObject): Uint8Array | undefined {
  const value = member(claims, "user-data");
  if (value === undefined) return undefined;
  demand(typeof value === "string" && value.length === 128, "user-data is not the hex of 64 bytes");
  return fromHex(value);
}

/** The TDREPORT fills 1024 of the 1184 bytes; the rest is zero. @throws MalformedError */
export function demandSlotFilled({ hardware, hardwareReport }: HclReport): void {
  if (hardware === "tdx") demand(allBytes(hardwareReport.subarray(1024)), "bytes follow the TDREPORT in its slot");
}

/** `vm-configuration` of the claims. */
export function vmConfiguration({ claims }: HclReport): JsonObject {
  const value = member(claims, "vm-configuration");
  return isJsonObject(value) ? value : {};
}
