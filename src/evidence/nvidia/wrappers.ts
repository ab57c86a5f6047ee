/** The outer forms of reports: bare, in NVML's buffer, and in the JSON lists and CMW collections of NVIDIA's tools. */

import { allBytes } from "../../encoding/bytes.js";
import { isJsonObject, type JsonObject, type JsonValue, member, parseJson, stringMember } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromBase64Url, fromHex, fromUtf8, looksLikePem, toUtf8 } from "../../encoding/text.js";
import { fromBase64Any } from "../envelope.js";
import type { EvidenceInput, Recognition } from "../kind.js";
import { NONCE_BYTES } from "./layout.js";
import { type DeviceType, looksLikeReport, parseReport, reportLength } from "./report.js";

/** A bare report of this device, or one in a buffer that is zero behind it. */
export function recogniserOf(device: DeviceType): (input: EvidenceInput) => Recognition | undefined {
  return (input) => {
    if (!("bytes" in input) || !looksLikeReport(input.bytes)) return undefined;
    const bytes = trimmed(input.bytes);
    if (deviceOf(bytes) !== device) return undefined;
    const form = bytes.length === input.bytes.length ? "report" : "report in a buffer";
    return { bytes, form, endorsements: [] };
  };
}

/** Some collectors hand out more of NVML's buffer than the report: zeros behind its own end carry nothing. */
function trimmed(bytes: Uint8Array): Uint8Array {
  const end = reportLength(bytes);
  return end !== undefined && allBytes(bytes.subarray(end)) ? bytes.subarray(0, end) : bytes;
}

/** Switches report no driver. What cannot be read counts as a GPU's, so that one kind says what is wrong with it. */
export function deviceOf(bytes: Uint8Array): DeviceType {
  try {
    return parseReport(trimmed(bytes)).device;
  } catch (error) {
    if (error instanceof MalformedError) return "gpu";
    throw error;
  }
}

/** One device of a list, as its labels have it: none of them is signed. */
export interface ListedDevice {
  readonly device: DeviceType;
  readonly report: Uint8Array;
  /** PEM. */
  readonly certificates: Uint8Array;
  /** `HOPPER`, `BLACKWELL`, `LS10`. */
  readonly architecture: string | undefined;
  readonly nonce: Uint8Array | undefined;
}

export interface NvidiaList {
  /** What every report must answer: the list's label, or what the first report answers. */
  readonly nonce: Uint8Array;
  readonly devices: readonly ListedDevice[];
}

const CMW_TYPE = "tag:nvidia.com,2026:verifier-input/";
const MAX_DEVICES = 64;
/** A device's chain has five. Each that signs nothing is tried as the signer, for each of the devices. */
const MAX_CHAIN = 8;

/** JSON, or its bytes where the list was inside other evidence. */
export function recogniseList(input: EvidenceInput): Recognition | undefined {
  if ("bytes" in input) {
    if (input.bytes[0] !== 0x5b && input.bytes[0] !== 0x7b) return undefined;
    return recogniseList(jsonOf(input.bytes));
  }
  const form = formOf(input.json);
  return form === undefined ? undefined : { bytes: toUtf8(input.text), form, endorsements: [] };
}

function jsonOf(bytes: Uint8Array): { json: JsonValue; text: string } {
  const text = fromUtf8(bytes);
  return { json: parseJson(text), text };
}

function formOf(json: JsonValue): string | undefined {
  if (isList(json)) return "evidence list";
  if (!isJsonObject(json)) return undefined;
  const [requested, collected] = ["evidence_list", "evidences"].map((name) => member(json, name));
  // Whoever reads the other of two lists would be shown what nobody judged.
  if (requested !== undefined && collected !== undefined) return undefined;
  if (Array.isArray(requested)) return "attestation request";
  if (isList(collected)) return "collected evidence";
  const type = member(json, "__cmwc_t");
  if (typeof type === "string") return type.startsWith(CMW_TYPE) ? "CMW collection" : undefined;
  return isDevice(json) && Object.hasOwn(json, "arch") ? "evidence" : undefined;
}

function isList(json: JsonValue | undefined): boolean {
  return Array.isArray(json) && json.length > 0 && json.every(isDevice);
}

function isDevice(item: JsonValue): boolean {
  const has = (name: string): boolean => isJsonObject(item) && typeof member(item, name) === "string";
  return has("evidence") && has("certificate");
}

/** @throws MalformedError */
export function parseList(bytes: Uint8Array): NvidiaList {
  const { json } = jsonOf(bytes);
  const form = formOf(json);
  const devices =
    form === "CMW collection" ? cmwDevices(json as JsonObject) : itemsOf(json, form).map((item) => listed(item));
  demand(devices.length > 0 && devices.length <= MAX_DEVICES, `a list of NVIDIA devices has 1 to ${MAX_DEVICES}`);
  const label = form === "attestation request" ? nonceLabel(json as JsonObject) : undefined;
  const nonce = label ?? devices[0]?.nonce ?? (devices[0] as ListedDevice).report.slice(4, 4 + NONCE_BYTES);
  return { nonce, devices };
}

function itemsOf(json: JsonValue, form: string | undefined): readonly JsonObject[] {
  if (form === "evidence list") return json as readonly JsonObject[];
  // What `nvattest collect-evidence` prints.
  if (form === "collected evidence") return member(json as JsonObject, "evidences") as readonly JsonObject[];
  if (form !== "attestation request") return [json as JsonObject];
  const request = json as JsonObject;
  const arch = member(request, "arch");
  // The request names architecture and nonce once for all.
  return (member(request, "evidence_list") as readonly JsonValue[]).map((item) => {
    demand(isDevice(item), "the list's item has no evidence and certificate");
    return { ...(arch === undefined ? {} : { arch }), ...(item as JsonObject) };
  });
}

function listed(item: JsonObject): ListedDevice {
  const report = fromBase64Any(stringMember(item, "evidence"));
  const certificate = stringMember(item, "certificate");
  return device(
    report,
    looksLikePem(certificate) ? toUtf8(certificate) : fromBase64Any(certificate.replace(/[\r\n]+/g, "")),
    member(item, "arch"),
    nonceLabel(item),
  );
}

function device(
  report: Uint8Array,
  certificates: Uint8Array,
  architecture: JsonValue | undefined,
  nonce: Uint8Array | undefined,
): ListedDevice {
  demand(architecture === undefined || typeof architecture === "string", "the list's arch is no text");
  demand(looksLikeReport(report), "the list's evidence is no SPDM measurement report");
  demand(chainLength(certificates) <= MAX_CHAIN, `the list's certificate chain has more than ${MAX_CHAIN}`);
  return { device: deviceOf(report), report, certificates, architecture: architecture?.toUpperCase(), nonce };
}

function chainLength(certificates: Uint8Array): number {
  return certificates[0] === 0x30 ? 1 : fromUtf8(certificates).split("-----BEGIN ").length - 1;
}

function nonceLabel(item: JsonObject): Uint8Array | undefined {
  const label = member(item, "nonce");
  if (label === undefined) return undefined;
  if (typeof label !== "string") throw new MalformedError("the list's nonce is no text");
  const nonce = fromHex(label.replace(/^0x/, ""));
  demand(nonce.length === NONCE_BYTES, `the list's nonce is not of ${NONCE_BYTES} bytes`);
  return nonce;
}

/** Conceptual message wrappers (draft-ietf-rats-msg-wrap, section 3): records of media type and base64url value, by name. */
function cmwDevices(collection: JsonObject): readonly ListedDevice[] {
  const nonce = record(collection, "nonce", "application/octet-stream");
  return Object.entries(collection).flatMap(([name, item]) => {
    if (name === "__cmwc_t" || name === "nonce") return [];
    if (!isJsonObject(item)) throw new MalformedError("the collection holds more than devices");
    const report = record(item, "evidence", "application/vnd.nvidia.spdm-measurement-transcript");
    const certificates = record(item, "certificate", "application/vnd.nvidia.pem-cert-chain");
    demand(report !== undefined && certificates !== undefined, `${name} has no evidence and certificate`);
    return [device(report, certificates, undefined, record(item, "nonce", "application/octet-stream") ?? nonce)];
  });
}

function record(collection: JsonObject, name: string, type: string): Uint8Array | undefined {
  const entry = member(collection, name);
  if (entry === undefined) return undefined;
  const [media, value] = Array.isArray(entry) ? (entry as readonly JsonValue[]) : [];
  if (media !== type || typeof value !== "string") throw new MalformedError(`${name} is no record of ${type}`);
  return fromBase64Url(value);
}
