/** Google's firmware endorsement, VMLaunchEndorsement (google/gce-tcb-verifier, proto/endorsement.proto). */

import { demand, MalformedError } from "../../encoding/malformed.js";
import { type ProtoMessage, protoBytes, protoInteger, readProto } from "../../encoding/protobuf.js";
import { fromPem, fromUtf8, looksLikePem, toHex } from "../../encoding/text.js";
import { type Certificate, parseCertificate } from "../../trust/certificate.js";

export interface LaunchEndorsement {
  /** `serialized_uefi_golden`: what is signed. */
  readonly golden: Uint8Array;
  readonly signature: Uint8Array;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** Where the firmware was built from: a changelist of Google's, or a commit. */
  readonly changelist: number;
  readonly commit: string;
  readonly certificate: Certificate;
  /** Certificates that came along, untrusted. */
  readonly bundle: readonly Certificate[];
  /** SHA-384 of the firmware file. */
  readonly firmwareDigest: Uint8Array;
  /** MEASUREMENT by number of virtual processors. */
  readonly snp: { readonly svn: number; readonly byVmsas: ReadonlyMap<number, Uint8Array> } | undefined;
  /** MRTD by memory and mode. */
  readonly tdx: { readonly svn: number; readonly measurements: readonly TdxMeasurement[] } | undefined;
}

export interface TdxMeasurement {
  /** GiB; zero where the measurement holds for any. */
  readonly ram: number;
  readonly earlyAccept: boolean;
  readonly mrtd: Uint8Array;
}

const MAX_ENDORSEMENT_BYTES = 262_144;

/** @throws MalformedError */
export function parseEndorsement(bytes: Uint8Array): LaunchEndorsement {
  demand(bytes.length <= MAX_ENDORSEMENT_BYTES, `endorsement longer than ${MAX_ENDORSEMENT_BYTES} bytes`);
  const outer = readProto(bytes, { 1: "bytes", 2: "bytes" }, "VMLaunchEndorsement");
  const golden = needed(outer, 1, "golden measurement");
  const inner = readProto(
    golden,
    { 1: "bytes", 2: "varint", 3: "bytes", 4: "bytes", 5: "bytes", 6: "bytes", 7: "bytes", 8: "bytes" },
    "VMGoldenMeasurement",
  );
  const time = readProto(needed(inner, 1, "timestamp"), { 1: "varint", 2: "varint" }, "timestamp");
  const [snp, tdx, bundle] = [protoBytes(inner, 7), protoBytes(inner, 8), protoBytes(inner, 6)];
  const firmwareDigest = needed(inner, 5, "firmware digest");
  demand(firmwareDigest.length === 48, "firmware digest is not of 48 bytes");
  return {
    golden,
    signature: needed(outer, 2, "signature"),
    timestamp: protoInteger(time, 1) * 1000,
    changelist: protoInteger(inner, 2),
    commit: toHex(protoBytes(inner, 3) ?? new Uint8Array()),
    certificate: parseCertificate(needed(inner, 4, "certificate")),
    bundle: bundle === undefined ? [] : certificatesIn(bundle),
    firmwareDigest,
    snp: snp === undefined ? undefined : readSnp(snp),
    tdx: tdx === undefined ? undefined : readTdx(tdx),
  };
}

function needed(message: ProtoMessage, number: number, what: string): Uint8Array {
  const value = protoBytes(message, number);
  if (value === undefined) throw new MalformedError(`firmware endorsement without its ${what}`);
  return value;
}

function certificatesIn(bytes: Uint8Array): readonly Certificate[] {
  if (bytes.length === 0) return [];
  const text = fromUtf8(bytes);
  demand(looksLikePem(text), "ca_bundle of the endorsement is no PEM");
  return fromPem(text, 8).map((block) => parseCertificate(block.bytes));
}

function readSnp(bytes: Uint8Array): LaunchEndorsement["snp"] {
  const fields = { 1: "varint", 2: "repeated", 3: "bytes", 4: "bytes", 5: "varint", 6: "bytes", 7: "bytes" } as const;
  const message = readProto(bytes, fields, "VMSevSnp");
  const byVmsas = new Map<number, Uint8Array>();
  for (const entry of message.get(2) ?? []) {
    const pair = readProto(entry as Uint8Array, { 1: "varint", 2: "bytes" }, "measurement");
    const vmsas = protoInteger(pair, 1);
    demand(!byVmsas.has(vmsas), `endorsement with two measurements of ${vmsas} processors`);
    byVmsas.set(vmsas, measurement(pair, 2));
  }
  return { svn: protoInteger(message, 1), byVmsas };
}

function readTdx(bytes: Uint8Array): LaunchEndorsement["tdx"] {
  const message = readProto(bytes, { 1: "varint", 2: "repeated" }, "VMTdx");
  const measurements = (message.get(2) ?? []).map((entry): TdxMeasurement => {
    const fields = readProto(entry as Uint8Array, { 1: "varint", 2: "varint", 3: "bytes" }, "measurement");
    return { ram: protoInteger(fields, 1), earlyAccept: protoInteger(fields, 2) !== 0, mrtd: measurement(fields, 3) };
  });
  return { svn: protoInteger(message, 1), measurements };
}

function measurement(message: ProtoMessage, number: number): Uint8Array {
  const value = needed(message, number, "measurement");
  demand(value.length === 48, "endorsed measurement is not of 48 bytes");
  return value;
}
