/** The outer forms of Azure CVM evidence: the NV blob itself, and the JSON of Confidential Containers (versions 0 to 2) and attestation-rs. */

import { isJsonObject, type JsonObject, type JsonValue, member, stringMember } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { reader } from "../../encoding/reader.js";
import { fromHex, looksLikePem, toUtf8 } from "../../encoding/text.js";
import { fromBase64Any } from "../envelope.js";
import type { EvidenceInput, Recognition } from "../kind.js";
import { demandSlotFilled, HCL_MAGIC, type HclReport, parseHcl } from "./hcl.js";
import { parseTpmQuote, type TpmQuote } from "./quote.js";

export interface AzureEvidence {
  readonly hcl: HclReport;
  /** `undefined` where the NV blob came alone. */
  readonly quote: TpmQuote | undefined;
  readonly signature: Uint8Array;
  /** SHA-256 registers 0, 1, 2, ... as the sender lists them. */
  readonly pcrs: readonly Uint8Array[];
  /** The TD quote over the same report data; TDX alone. */
  readonly tdQuote: Uint8Array | undefined;
  readonly vcek: Uint8Array | undefined;
  /** The version that the sender wrote, and that decides nothing about what is checked. */
  readonly label: number | undefined;
}

/** Keys of `Recognition.companions`. */
const CARRIED = ["message", "signature", "pcrs", "tdQuote", "vcek", "label"] as const;
type Carried = (typeof CARRIED)[number];

/** @throws MalformedError for JSON of the known form that is broken */
export function recognises(input: EvidenceInput): Recognition | undefined {
  if ("bytes" in input) {
    const { bytes } = input;
    return bytes.length >= 4 && reader(bytes).u32le("magic") === HCL_MAGIC
      ? { bytes, form: "HCL report", endorsements: [] }
      : undefined;
  }
  return isJsonObject(input.json) ? fromJson(input.json) : undefined;
}

const PLATFORMS: readonly (JsonValue | undefined)[] = ["az-snp", "az-tdx", "az-snp-vtpm", "az-tdx-vtpm"];

function fromJson(json: JsonObject): Recognition | undefined {
  const inner = member(json, "evidence");
  if (isJsonObject(inner) && PLATFORMS.includes(member(json, "platform"))) return fromJson(inner);
  const quote = member(json, "tpm_quote") ?? member(json, "quote");
  const report = member(json, "hcl_report") ?? member(json, "report");
  if (!isJsonObject(quote) || report === undefined || !Object.hasOwn(quote, "pcrs")) return undefined;
  const label = member(json, "version");
  demand(label === undefined || label === 0 || label === 1 || label === 2, "Azure evidence of an unknown version");
  const pcrs = member(quote, "pcrs");
  demand(Array.isArray(pcrs) && pcrs.length > 0 && pcrs.length <= 24, "Azure evidence without 1 to 24 PCR values");
  const companions = new Map<Carried, Uint8Array | JsonValue>([
    ["message", bytesOf(member(quote, "message"), "quote", fromHex)],
    ["signature", bytesOf(member(quote, "signature"), "signature", fromHex)],
    ["pcrs", pcrs],
  ]);
  const tdQuote = member(json, "td_quote");
  if (tdQuote !== undefined && tdQuote !== null) companions.set("tdQuote", bytesOf(tdQuote, "TD quote", fromBase64Any));
  if (typeof member(json, "vcek") === "string") companions.set("vcek", certificateBytes(stringMember(json, "vcek")));
  if (label !== undefined) companions.set("label", label);
  const form = `Azure evidence JSON${label === undefined ? "" : `, version ${label}`}`;
  return { bytes: bytesOf(report, "HCL report", fromBase64Any), form, endorsements: [], companions };
}

/** Text, or a list of numbers as serde writes a Vec<u8>. */
function bytesOf(value: JsonValue | undefined, what: string, read: (text: string) => Uint8Array): Uint8Array {
  if (typeof value === "string") return read(value);
  if (!Array.isArray(value)) throw new MalformedError(`Azure evidence without its ${what}`);
  demand(value.length <= 65_536, `${what} is too long`);
  return Uint8Array.from(value, (item: JsonValue) => {
    const fits = typeof item === "number" && Number.isInteger(item) && item >= 0 && item <= 255;
    if (!fits) throw new MalformedError(`${what} holds something other than bytes`);
    return item;
  });
}

const certificateBytes = (text: string): Uint8Array => (looksLikePem(text) ? toUtf8(text) : fromBase64Any(text));

/** @throws MalformedError */
export function parseEvidence(bytes: Uint8Array, { companions }: Recognition): AzureEvidence {
  const carried = (name: Carried): Uint8Array | undefined => {
    const value = companions?.get(name);
    return value instanceof Uint8Array ? value : undefined;
  };
  const hcl = parseHcl(bytes);
  demandSlotFilled(hcl);
  const message = carried("message");
  const list = companions?.get("pcrs");
  const label = companions?.get("label");
  const tdQuote = carried("tdQuote");
  demand(tdQuote === undefined || hcl.hardware === "tdx", "a TD quote stands beside a SEV-SNP report");
  return {
    hcl,
    quote: message === undefined ? undefined : parseTpmQuote(message),
    signature: carried("signature") ?? new Uint8Array(),
    pcrs: Array.isArray(list) ? list.map(pcrBytes) : [],
    tdQuote,
    vcek: carried("vcek"),
    label: typeof label === "number" ? label : undefined,
  };
}

function pcrBytes(value: JsonValue, index: number): Uint8Array {
  const bytes = bytesOf(value, `PCR${index}`, fromHex);
  demand(bytes.length === 32, `PCR${index} is not the 32 bytes of the SHA-256 bank`);
  return bytes;
}
