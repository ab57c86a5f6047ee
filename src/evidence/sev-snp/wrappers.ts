/** The outer forms of a report: bare, with certificate table, as the kernel's response, from configfs-tsm, and in JSON of the field. */

import { allBytes } from "../../encoding/bytes.js";
import { isJsonObject, type JsonObject, type JsonValue, member, parseJson, stringMember } from "../../encoding/json.js";
import { demand } from "../../encoding/malformed.js";
import { reader } from "../../encoding/reader.js";
import { fromUtf8, looksLikePem, toHex, toUtf8 } from "../../encoding/text.js";
import { fromBase64Any } from "../envelope.js";
import type { EvidenceInput, Recognition } from "../kind.js";
import { REPORT_BYTES } from "./layout.js";
import { looksLikeFields, reportOfFields } from "./serde.js";

/** `struct snp_report_resp` of Linux: status, size, 24 reserved bytes, then the report. */
const RESPONSE_HEADER_BYTES = 32;
/** The kernel's response buffer is 4000 bytes, and some senders keep all of it. */
const RESPONSE_BYTES = 4000;

/** @throws MalformedError for a certificate table or response that is broken */
export function recognises(input: EvidenceInput): Recognition | undefined {
  return "bytes" in input ? fromBytes(input.bytes) : fromJson(input.json);
}

function fromBytes(bytes: Uint8Array): Recognition | undefined {
  if (isResponse(bytes)) return fromResponse(bytes);
  if (!looksLikeReport(bytes)) return undefined;
  if (bytes.length === REPORT_BYTES) return plain(bytes, "report");
  // For `parse` to refuse by its length.
  if (bytes.length < REPORT_BYTES) return plain(bytes, "report cut short");
  const report = bytes.subarray(0, REPORT_BYTES);
  const rest = bytes.subarray(REPORT_BYTES);
  if (bytes.length === RESPONSE_BYTES - RESPONSE_HEADER_BYTES && allBytes(rest))
    return plain(report, "report in a response buffer");
  return { bytes: report, form: "extended report", endorsements: certificateTable(rest) };
}

function plain(bytes: Uint8Array, form: string): Recognition {
  return { bytes, form, endorsements: [] };
}

/**
 * A small version number in four bytes. Everything behind it is for `parse` to refuse by name. Open Enclave's header, which gives the length of
 * the rest in the place of the policy, starts so too.
 */
function looksLikeReport(bytes: Uint8Array): boolean {
  if (bytes.length < 16 || (bytes[0] as number) >= 16 || !allBytes(bytes.subarray(1, 4))) return false;
  return bytes[0] !== 1 || reader(bytes.subarray(8)).u32le("policy") !== bytes.length - 16;
}

function isResponse(bytes: Uint8Array): boolean {
  if (bytes.length !== RESPONSE_BYTES && bytes.length !== RESPONSE_HEADER_BYTES + REPORT_BYTES) return false;
  return (
    reader(bytes.subarray(4)).u32le("report size") === REPORT_BYTES &&
    allBytes(bytes.subarray(8, RESPONSE_HEADER_BYTES))
  );
}

function fromResponse(bytes: Uint8Array): Recognition {
  const r = reader(bytes);
  demand(r.u32le("status") === 0, "the firmware's response carries an error status");
  r.u32le("report size");
  r.zero(24, "reserved part of the response");
  const report = r.take(REPORT_BYTES, "report");
  r.zero(r.remaining, "padding of the response");
  return plain(report, "kernel response");
}

const ENTRY_BYTES = 24;
const MAX_ENTRIES = 16;
const MAX_TABLE_BYTES = 262_144;

/** GUIDs in RFC 4122 order, as the table has them (GHCB specification, SNP Extended Guest Request). */
const CERTIFICATE_GUIDS: ReadonlyMap<string, "certificate" | "crl" | "unsigned"> = new Map([
  ["63da758de6644564adc5f4b93be8accd", "certificate"],
  ["a8074bc2a25a483eaae639c045a0b8a1", "certificate"],
  ["4ab7b379bbac4fe4a02f05aef327c782", "certificate"],
  ["c0b406a4a803495297433fb6014cd0ae", "certificate"],
  ["92f81bc358114d3d97ffd19f88dc67ea", "crl"],
  // ExtraPlatformInfo: an unsigned CPUID, which the signed report has from version 3 on.
  ["ecae0c0f950243b1afa20ae2e0d565b6", "unsigned"],
  // GCE's firmware endorsement, for the kind that knows it.
  ["9f4116cdc5034f5a8f6ffb68882f4ce2", "unsigned"],
]);

interface TableEntry {
  readonly guid: string;
  readonly contents: Uint8Array;
}

/** A GUID that is known when its first three fields are read little-endian, as Microsoft writes GUIDs. */
function isLittleEndian(guid: string): boolean {
  const [a, b, c] = [guid.slice(0, 8), guid.slice(8, 12), guid.slice(12, 16)].map((field) =>
    (field.match(/../g) ?? []).reverse().join(""),
  );
  return CERTIFICATE_GUIDS.has(`${a}${b}${c}${guid.slice(16)}`);
}

/** The entries of a certificate table: GUID, offset and length each, closed by an entry of zeros; offsets from the table's start. */
export function readCertificateTable(table: Uint8Array): readonly TableEntry[] {
  demand(table.length <= MAX_TABLE_BYTES, `certificate table longer than ${MAX_TABLE_BYTES} bytes`);
  const r = reader(table);
  const listed: { guid: string; start: number; end: number }[] = [];
  for (;;) {
    const guid = toHex(r.take(16, "certificate table entry"));
    const start = r.u32le("offset of a certificate");
    const length = r.u32le("length of a certificate");
    if (/^0+$/.test(guid)) {
      demand(
        start === 0 && length === 0,
        "certificate table ends in an entry that is not zero",
        r.offset - ENTRY_BYTES,
      );
      break;
    }
    demand(listed.length < MAX_ENTRIES, `certificate table with more than ${MAX_ENTRIES} entries`, r.offset);
    demand(!isLittleEndian(guid), `certificate table with GUID ${guid} in little-endian order`, r.offset - ENTRY_BYTES);
    demand(
      !listed.some((entry) => entry.guid === guid),
      `certificate table names ${guid} twice`,
      r.offset - ENTRY_BYTES,
    );
    demand(start + length <= table.length, "certificate lies outside its table", r.offset - ENTRY_BYTES);
    listed.push({ guid, start, end: start + length });
  }
  for (const entry of listed) {
    const { start, end } = entry;
    demand(start >= r.offset, "certificate overlaps the entries of its table", start);
    demand(
      !listed.some((other) => other !== entry && other.start < end && start < other.end),
      "certificates overlap in their table",
      start,
    );
  }
  demandZeroBetween(table, r.offset, listed);
  return listed.map(({ guid, start, end }) => ({ guid, contents: table.subarray(start, end) }));
}

/** Hosts round tables up to whole pages; bytes of no entry may carry nothing. */
function demandZeroBetween(
  table: Uint8Array,
  from: number,
  entries: readonly { readonly start: number; readonly end: number }[],
): void {
  const gapAt = (start: number, end: number): void =>
    demand(allBytes(table.subarray(start, end)), "certificate table holds bytes of no entry", start);
  let at = from;
  for (const { start, end } of [...entries].sort((a, b) => a.start - b.start)) {
    gapAt(at, start);
    at = Math.max(at, end);
  }
  gapAt(at, table.length);
}

function certificateTable(table: Uint8Array): readonly Uint8Array[] {
  const entries = readCertificateTable(table);
  return (
    entries
      // Hosts add entries of their own: nothing signs the table, so an unknown one means nothing here.
      .filter(({ guid, contents }) => (CERTIFICATE_GUIDS.get(guid) ?? "unsigned") !== "unsigned" && contents.length > 0)
      .map(({ contents }) => contents)
  );
}

/**
 * What comes as an endorsement and holds certificates: a table (`auxblob` of configfs-tsm, which is a file of its own), or the answer of Azure's
 * host, in base64 where a container group has it as a file.
 */
export function unpacks(item: Uint8Array): readonly Uint8Array[] | undefined {
  if (item[0] === 0x7b) return fromThim(fromUtf8(item));
  if (BASE64_OF_JSON.every((byte, at) => item[at] === byte)) return fromThim(fromUtf8(fromBase64Any(fromUtf8(item))));
  const guid = toHex(item.subarray(0, 16));
  const empty = item.length >= ENTRY_BYTES && allBytes(item);
  return empty || CERTIFICATE_GUIDS.has(guid) || isLittleEndian(guid) ? certificateTable(item) : undefined;
}

/** `eyJ`: base64 of an object. */
const BASE64_OF_JSON = [0x65, 0x79, 0x4a];

/** Azure's instance metadata service, `THIM/amd/certification`: PEM of the VCEK and of those above it. */
function fromThim(text: string): readonly Uint8Array[] | undefined {
  // Collateral of other vendors is JSON too, and long.
  if (!text.includes('"vcekCert"')) return undefined;
  const json = parseJson(text, { length: MAX_TABLE_BYTES }) as JsonObject;
  return ["vcekCert", "certificateChain"].map((name) => toUtf8(stringMember(json, name)));
}
/** `reported_tcb` stands for a report's fields. */
const REPORT_MEMBERS = ["outblob", "attestation_report", "reported_tcb"];

function fromJson(json: unknown): Recognition | undefined {
  if (!isJsonObject(json as JsonObject)) return undefined;
  const object = json as JsonObject;
  const inner = member(object, "evidence");
  const holders = [object, ...(isJsonObject(inner) ? [inner] : [])];
  const held = holders.flatMap((holder) => REPORT_MEMBERS.filter((name) => Object.hasOwn(holder, name)));
  // Of two, whoever reads the other would be shown what nobody judged.
  demand(held.length < 2, "reports under two names");
  if (Object.hasOwn(object, "outblob")) return fromTsm(object);
  // Under the name of the platform, and often with what binds a channel beside it.
  if (isJsonObject(inner) && Object.hasOwn(inner, "attestation_report")) return fromChain(inner);
  if (Object.hasOwn(object, "attestation_report")) return fromChain(object);
  if (looksLikeFields(object)) return plain(reportOfFields(object), "report's fields");
  if (isJsonObject(member(object, "attestation"))) return fromLit(member(object, "attestation") as JsonObject);
  return fromLit(object);
}

/** configfs-tsm (Linux, Documentation/ABI/testing/configfs-tsm): `outblob` is the report, `auxblob` the certificate table. */
function fromTsm(object: JsonObject): Recognition | undefined {
  const provider = member(object, "provider");
  if (typeof provider === "string" && provider.trim() !== "sev_guest") return undefined;
  const report = fromBase64Any(stringMember(object, "outblob"));
  if (provider === undefined && report.length !== REPORT_BYTES) return undefined;
  const auxblob = member(object, "auxblob") ?? "";
  demand(typeof auxblob === "string", "auxblob is not text");
  const table = auxblob === "" ? [] : certificateTable(fromBase64Any(auxblob));
  return { bytes: report, form: "configfs-tsm", endorsements: table };
}

/** `attestation_report` with `cert_chain` beside it: base64 of both (attestation-rs), or the fields and a list of entries (Confidential Containers). */
function fromChain(object: JsonObject): Recognition | undefined {
  const report = member(object, "attestation_report");
  const chain = member(object, "cert_chain") ?? null;
  if (looksLikeFields(report)) {
    demand(chain === null || Array.isArray(chain), "cert_chain is no list");
    const endorsements = (chain ?? []).flatMap((entry: JsonValue) => listedCertificate(entry));
    return { bytes: reportOfFields(report), form: "report's fields with certificates", endorsements };
  }
  const bytes = typeof report === "string" ? fromBase64Any(report) : new Uint8Array();
  if (!looksLikeReport(bytes)) return undefined;
  demand(chain === null || isJsonObject(chain), "cert_chain is no object");
  const texts = Object.values(chain ?? {}).filter((value) => value !== null);
  return {
    bytes,
    form: "report with certificates",
    endorsements: texts.map((text) => {
      demand(typeof text === "string", "cert_chain holds something other than text");
      return looksLikePem(text) ? toUtf8(text) : fromBase64Any(text);
    }),
  };
}

const CERTIFICATE_TYPES: readonly (JsonValue | undefined)[] = ["ARK", "ASK", "VCEK", "VLEK"];

/** An entry of a certificate table as serde writes it. What is no certificate means nothing here. */
function listedCertificate(entry: JsonValue): readonly Uint8Array[] {
  demand(isJsonObject(entry), "cert_chain holds something other than entries");
  if (!CERTIFICATE_TYPES.includes(member(entry, "cert_type"))) return [];
  const data = member(entry, "data");
  demand(Array.isArray(data) && data.length > 0 && data.length <= MAX_TABLE_BYTES, "certificate without its bytes");
  return [Uint8Array.from(data, byteOf)];
}

function byteOf(item: JsonValue): number {
  demand(Number.isInteger(item) && (item as number) >= 0 && (item as number) < 256, "certificate of other than bytes");
  return item as number;
}

/** Lit Protocol's node attestation: `type` names the hardware and `report` is base64, often of the whole response buffer. */
function fromLit(object: JsonObject): Recognition | undefined {
  if (member(object, "type") !== "AMD_SEV_SNP") return undefined;
  const inner = fromBytes(fromBase64Any(stringMember(object, "report")));
  demand(inner !== undefined, "the JSON's report is no SEV-SNP report");
  return { ...inner, form: "node attestation" };
}
