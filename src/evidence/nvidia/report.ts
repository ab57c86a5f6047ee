/** From bytes to a typed report: the request with its nonce, the response with its measurements, opaque data, signature (DSP0274 1.1). */

import { allBytes } from "../../encoding/bytes.js";
import { readLayout } from "../../encoding/layout.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { reader } from "../../encoding/reader.js";
import { toHex } from "../../encoding/text.js";
import {
  BLOCK_BYTES,
  BLOCKS_AT,
  blockLayout,
  MEASUREMENT_BYTES,
  NONCE_BYTES,
  REQUEST_BYTES,
  requestLayout,
  responseLayout,
  SIGNATURE_BYTES,
} from "./layout.js";
import { type Opaque, readOpaque, textValue } from "./opaque.js";

export type DeviceType = "gpu" | "switch";

/** The confidential mode that the report's feature flag names (NVIDIA attestation-sdk, OpaqueDataFeatureFlag). */
export type Mode = "mpt" | "spt" | "ppcie";

export interface NvidiaReport {
  readonly device: DeviceType;
  /** The requester's, 32 bytes: bytes 4 to 35. The responder's own proves nothing to anybody. */
  readonly nonce: Uint8Array;
  readonly responderNonce: Uint8Array;
  /** By RIM index, which is the block's index less one; 48 bytes each. */
  readonly measurements: readonly Uint8Array[];
  readonly opaque: Opaque;
  /** Of GPUs alone. */
  readonly driverVersion: string | undefined;
  /** `96.00.5E.00.01`. */
  readonly vbiosVersion: string;
  /** SHA-384 of the firmware that holds the signing key; older drivers leave it out. */
  readonly fwid: Uint8Array | undefined;
  readonly mode: Mode | undefined;
  /** What the signature covers: request and response without the signature, as received. */
  readonly signed: Uint8Array;
  /** r || s. */
  readonly signature: Uint8Array;
  /** Where the responder's nonce starts. */
  readonly nonceAt: number;
}

const MIN_BYTES = BLOCKS_AT + NONCE_BYTES + 2 + SIGNATURE_BYTES;
/** NVML's buffer for a report. */
const MAX_BYTES = 8192;
const MODES: readonly Mode[] = ["mpt", "spt", "ppcie"];

/** Whether `bytes` start as a request and a response of SPDM measurements do. */
export function looksLikeReport(bytes: Uint8Array): boolean {
  const code = (at: number, value: number): boolean => bytes[at]! >> 4 === 1 && bytes[at + 1] === value;
  return bytes.length >= MIN_BYTES && bytes.length <= MAX_BYTES && code(0, 0xe0) && code(REQUEST_BYTES, 0x60);
}

/** Where the report ends by its own lengths; `undefined` where they do not fit. */
export function reportLength(bytes: Uint8Array): number | undefined {
  const record = recordLength(bytes);
  const at = BLOCKS_AT + record + NONCE_BYTES;
  if (at + 2 > bytes.length) return undefined;
  const length = at + 2 + (bytes[at]! | (bytes[at + 1]! << 8)) + SIGNATURE_BYTES;
  return length <= bytes.length ? length : undefined;
}

function recordLength(bytes: Uint8Array): number {
  return bytes[BLOCKS_AT - 3]! | (bytes[BLOCKS_AT - 2]! << 8) | (bytes[BLOCKS_AT - 1]! << 16);
}

/** @throws MalformedError */
export function parseReport(bytes: Uint8Array): NvidiaReport {
  demand(looksLikeReport(bytes), "no SPDM measurement request and response");
  const nonce = readRequest(bytes.subarray(0, REQUEST_BYTES));
  demand(
    !endsInManifest(bytes),
    "a measurement manifest, as GPUs newer than Blackwell send: those cannot be verified here",
  );
  const blocks = readResponse(bytes.subarray(REQUEST_BYTES, BLOCKS_AT), bytes[REQUEST_BYTES - 1]!);
  const r = reader(bytes);
  r.take(BLOCKS_AT, "request and response header");
  const measurements = Array.from({ length: blocks }, (_, index) => readBlock(r.take(BLOCK_BYTES, "block"), index));
  const nonceAt = r.offset;
  const responderNonce = r.take(NONCE_BYTES, "responder nonce").slice();
  const opaqueBytes = r.take(r.u16le("opaque length"), "opaque data");
  const signed = bytes.slice(0, r.offset);
  const signature = r.take(SIGNATURE_BYTES, "signature").slice();
  r.end("report");
  const opaque = readOpaque(opaqueBytes, nonceAt + NONCE_BYTES + 2);
  const driverVersion = opaque.get("driverVersion")?.value as string | undefined;
  return {
    device: driverVersion === undefined ? "switch" : "gpu",
    nonce,
    responderNonce,
    measurements,
    opaque,
    driverVersion,
    vbiosVersion: vbiosOf(opaque),
    fwid: opaque.get("fwid")?.value as Uint8Array | undefined,
    mode: modeOf(opaque),
    signed,
    signature,
    nonceAt,
  };
}

/** Index 253, behind blocks of the usual length (DSP0274, section 10.11.2). */
function endsInManifest(bytes: Uint8Array): boolean {
  const end = (bytes[REQUEST_BYTES + 4]! - 1) * BLOCK_BYTES;
  return recordLength(bytes) > end + BLOCK_BYTES && bytes[BLOCKS_AT + end] === 0xfd;
}

function readRequest(bytes: Uint8Array): Uint8Array {
  const fields = readLayout(requestLayout, bytes);
  demand(fields["requestVersion"] === 0x11, "SPDM request of another version than 1.1");
  demand(fields["requestAttributes"] === 1, "the request asks for no signature", 2);
  demand(fields["requestOperation"] === 0xff, "the request does not ask for all measurements", 3);
  demand((fields["slotId"] as number) <= 7, "slot above 7", 36);
  return fields["requesterNonce"] as Uint8Array;
}

/** The number of blocks. */
function readResponse(bytes: Uint8Array, slot: number): number {
  const fields = readLayout(responseLayout, bytes);
  demand(fields["responseVersion"] === 0x11, "SPDM response of another version than 1.1", REQUEST_BYTES);
  demand(fields["responseParam1"] === 0 && fields["responseParam2"] === slot, "response to another request", 39);
  const blocks = fields["numberOfBlocks"] as number;
  const record = (fields["recordLengthLow"] as number) + 0x10000 * (fields["recordLengthHigh"] as number);
  demand(blocks > 0 && record === blocks * BLOCK_BYTES, `${blocks} blocks do not fill ${record} bytes`, 41);
  return blocks;
}

function readBlock(bytes: Uint8Array, index: number): Uint8Array {
  const at = BLOCKS_AT + index * BLOCK_BYTES;
  const fields = readLayout(blockLayout, bytes);
  demand(fields["index"] === index + 1, `block ${index + 1} has another index`, at);
  demand(fields["specification"] === 1, `block ${index + 1} is not in DMTF form`, at + 1);
  demand(fields["size"] === BLOCK_BYTES - 4, `block ${index + 1} is not of ${BLOCK_BYTES - 4} bytes`, at + 2);
  // The high bit says raw data in place of a digest.
  demand((fields["valueType"] as number) < 0x80, `block ${index + 1} is not a digest`, at + 4);
  demand(fields["valueSize"] === MEASUREMENT_BYTES, `block ${index + 1} is not a SHA-384 digest`, at + 5);
  return fields["value"] as Uint8Array;
}

/** A switch writes its version out; a GPU as eight bytes, little-endian: `0074009620000000` is 96.00.74.00.20. */
function vbiosOf(opaque: Opaque): string {
  const field = opaque.get("vbiosVersion");
  if (field === undefined) throw new MalformedError("report without a VBIOS version");
  const raw = field.value as Uint8Array;
  if (raw.length !== 8) return textValue(raw, "vbiosVersion", field.offset);
  demand(allBytes(raw.subarray(5)), "VBIOS version of an unknown form", field.offset);
  const order = [3, 2, 1, 0, 4].map((at) => toHex(raw.subarray(at, at + 1)).toUpperCase());
  return order.join(".");
}

function modeOf(opaque: Opaque): Mode | undefined {
  const flag = opaque.get("featureFlag");
  const protectedPcie = opaque.get("protectedPcie")?.value as boolean | undefined;
  if (flag === undefined) return protectedPcie === true ? "ppcie" : undefined;
  const mode = MODES[flag.value as number];
  demand(mode !== undefined, "feature flag of an unknown value", flag.offset);
  demand(
    protectedPcie === undefined || protectedPcie === (mode === "ppcie"),
    "feature flag and protected PCIe status contradict each other",
    flag.offset,
  );
  return mode;
}
