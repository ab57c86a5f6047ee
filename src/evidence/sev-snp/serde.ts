/** Reports as the JSON of virtee's `sev` crate, field by field, as Confidential Containers send them (trustee, SnpEvidence): back to the bytes that were signed. */

import { isJsonObject, type JsonObject, type JsonValue, member } from "../../encoding/json.js";
import { demand } from "../../encoding/malformed.js";
import { REPORT_BYTES } from "./layout.js";

/** Offset and length: an unsigned number in little-endian order where it has up to 8 bytes and stands as a number, else a list of bytes. */
type Place = readonly [offset: number, length: number];

/** Names of all versions of the crate: the reserved parts have names up to version 5, and members of their own within objects from 6 on. */
const PLACES: Readonly<Record<string, Place>> = {
  version: [0x000, 4],
  guest_svn: [0x004, 4],
  policy: [0x008, 8],
  family_id: [0x010, 16],
  image_id: [0x020, 16],
  vmpl: [0x030, 4],
  sig_algo: [0x034, 4],
  current_tcb: [0x038, 8],
  plat_info: [0x040, 8],
  key_info: [0x048, 4],
  _author_key_en: [0x048, 4],
  _reserved_0: [0x04c, 4],
  report_data: [0x050, 64],
  measurement: [0x090, 48],
  host_data: [0x0c0, 32],
  id_key_digest: [0x0e0, 48],
  author_key_digest: [0x110, 48],
  report_id: [0x140, 32],
  report_id_ma: [0x160, 32],
  reported_tcb: [0x180, 8],
  _reserved_1: [0x188, 24],
  cpuid_fam_id: [0x188, 1],
  cpuid_mod_id: [0x189, 1],
  cpuid_step: [0x18a, 1],
  chip_id: [0x1a0, 64],
  committed_tcb: [0x1e0, 8],
  current: [0x1e8, 3],
  current_build: [0x1e8, 1],
  current_minor: [0x1e9, 1],
  current_major: [0x1ea, 1],
  _reserved_2: [0x1eb, 1],
  committed: [0x1ec, 3],
  committed_build: [0x1ec, 1],
  committed_minor: [0x1ed, 1],
  committed_major: [0x1ee, 1],
  _reserved_3: [0x1ef, 1],
  launch_tcb: [0x1f0, 8],
  _reserved_4: [0x1f8, 168],
  launch_mit_vector: [0x1f8, 8],
  current_mit_vector: [0x200, 8],
  signature: [0x2a0, 512],
};

type Parts = Readonly<Record<string, Place>>;
const VERSION: Parts = { build: [0, 1], minor: [1, 1], major: [2, 1] };
const SIGNATURE: Parts = { r: [0, 72], s: [72, 72], _reserved: [144, 368] };
const TCB: Parts = { bootloader: [0, 1], tee: [1, 1], _reserved: [2, 4], snp: [6, 1], microcode: [7, 1] };
/** Where the field names a version of the FMC. */
const TURIN_TCB: Parts = { fmc: [0, 1], bootloader: [1, 1], tee: [2, 1], snp: [3, 1], microcode: [7, 1] };

/** Whether `json` has the members of such a report. */
export function looksLikeFields(json: JsonValue | undefined): json is JsonObject {
  return isJsonObject(json) && ["reported_tcb", "chip_id", "signature"].every((name) => Object.hasOwn(json, name));
}

/** The 1184 bytes. What is wrong in them, their signature shows. @throws MalformedError for a member that is unknown or does not fit */
export function reportOfFields(json: JsonObject): Uint8Array {
  const report = new Uint8Array(REPORT_BYTES);
  write(report, json, PLACES, "");
  return report;
}

function write(into: Uint8Array, json: JsonObject, places: Parts, parent: string): void {
  for (const name of Object.keys(json)) {
    const value = member(json, name);
    // Absent in this version of the report.
    if (value === null) continue;
    const what = `${parent}${name}`;
    const place = Object.hasOwn(places, name) ? places[name] : undefined;
    demand(place !== undefined && value !== undefined, `the report's ${what} is not known`);
    const field = into.subarray(place[0], place[0] + place[1]);
    if (isJsonObject(value)) write(field, value, partsOf(name, value), `${what}.`);
    else field.set(Array.isArray(value) ? listed(value, field.length, what) : number(value, field.length, what));
  }
}

function partsOf(name: string, value: JsonObject): Parts {
  if (name === "signature") return SIGNATURE;
  if (!name.endsWith("_tcb")) return name === "current" || name === "committed" ? VERSION : {};
  return typeof member(value, "fmc") === "number" ? TURIN_TCB : TCB;
}

function listed(value: readonly JsonValue[], length: number, what: string): readonly number[] {
  demand(value.length === length, `the report's ${what} has not ${length} bytes`);
  return value.map((item) => number(item, 1, what)[0] as number);
}

function number(value: JsonValue, length: number, what: string): readonly number[] {
  const fits =
    length <= 8 && Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 256 ** length;
  demand(fits, `the report's ${what} is no number of ${length} bytes`);
  return Array.from({ length }, (_, index) => Math.floor((value as number) / 256 ** index) % 256);
}
