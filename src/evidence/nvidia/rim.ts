/** Reference integrity manifests (ISO/IEC 19770-2:2015 SWID tags, as NVIDIA's RIM service hands them out): golden measurements by index. */

import { isJsonObject, member, parseJson } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromBase64, fromUtf8 } from "../../encoding/text.js";
import { attribute, childElements, parseXml, type XmlElement } from "../../encoding/xml.js";
import type { EndorsementSet } from "../../endorsements/endorsements.js";

/** A manifest as its bytes have it. */
export interface Rim {
  /** The driver or VBIOS version that it is for. */
  readonly version: string;
  readonly product: string;
  /** Alternatives by index, lowercase hex; active indices alone. */
  readonly golden: ReadonlyMap<number, readonly string[]>;
}

const SWID = "http://standards.iso.org/iso/19770/-2/2015/schema.xsd";
const SHA384 = "http://www.w3.org/2001/04/xmlenc#sha384";
const MAX_INDEX = 254;
const MAX_ALTERNATIVES = 16;

/** The measurements of a root element whose signature covers all of it. @throws MalformedError */
export function readRim(root: XmlElement): Rim {
  demand(root.namespace === SWID && root.local === "SoftwareIdentity", "the manifest is not a SWID tag");
  const [meta, payload] = ["Meta", "Payload"].map((name) => {
    const found = childElements(root).filter(({ namespace, local }) => namespace === SWID && local === name);
    demand(found.length === 1, `the manifest has not exactly one ${name}`);
    return found[0] as XmlElement;
  }) as [XmlElement, XmlElement];
  return { version: required(meta, "colloquialVersion"), product: required(meta, "product"), golden: golden(payload) };
}

function required(element: XmlElement, name: string): string {
  const value = attribute(element, name);
  if (value === undefined || value === "") throw new MalformedError(`the manifest's ${element.local} has no ${name}`);
  return value;
}

function golden(payload: XmlElement): ReadonlyMap<number, readonly string[]> {
  const seen = new Set<number>();
  const active = new Map<number, readonly string[]>();
  for (const resource of childElements(payload)) {
    demand(
      resource.namespace === SWID && resource.local === "Resource" && attribute(resource, "type") === "Measurement",
      "the manifest's Payload holds more than measurements",
    );
    const index = decimal(required(resource, "index"), MAX_INDEX);
    demand(!seen.has(index), `the manifest has index ${index} twice`);
    seen.add(index);
    const values = alternatives(resource);
    const flag = required(resource, "active");
    demand(flag === "True" || flag === "False", `index ${index} of the manifest is neither active nor inactive`);
    if (flag === "True") active.set(index, values);
  }
  demand(active.size > 0, "the manifest has no active measurement");
  return active;
}

function alternatives(resource: XmlElement): readonly string[] {
  const count = decimal(required(resource, "alternatives"), MAX_ALTERNATIVES);
  const hashes = resource.attributes.filter(({ namespace }) => namespace === SHA384);
  demand(count > 0 && hashes.length === count, "the manifest announces another number of alternatives than it has");
  return Array.from({ length: count }, (_, index) => {
    const value = attribute(resource, `Hash${index}`, SHA384)?.toLowerCase();
    if (value === undefined || !/^[0-9a-f]{96}$/.test(value))
      throw new MalformedError("the manifest's alternative is not a SHA-384 digest");
    return value;
  });
}

function decimal(text: string, max: number): number {
  demand(/^(?:0|[1-9]\d{0,3})$/.test(text) && Number(text) <= max, "the manifest's number is out of bounds");
  return Number(text);
}

/** A manifest among the endorsements, not yet read. */
export interface RimText {
  readonly text: string;
  /** The version that it seems to be for: for choosing, never for judging. */
  readonly version: string;
  /** What the service calls it. Nobody has signed that, and the manifest itself does not say for which project's boards it is. */
  readonly id: string | undefined;
}

const VERSION = /colloquialVersion="([^"]{1,40})"/;

/** By list of endorsements: every device of a list asks for them, and they are the same for all. */
const FOUND = /* @__PURE__ */ new WeakMap<readonly (Uint8Array | string)[], readonly RimText[]>();

/** XML files, and the RIM service's JSON with such a file in it. What cannot be a manifest is left for others. */
export function rimTexts({ others, texts }: Pick<EndorsementSet, "others" | "texts">): readonly RimText[] {
  return [
    ...found(others, (bytes) => (bytes[0] === 0x3c ? rimText(bytes) : undefined)),
    ...found(texts, (text) => (text.includes('"rim"') ? rimFromService(text) : undefined)),
  ];
}

function found<T extends Uint8Array | string>(
  list: readonly T[],
  read: (item: T) => RimText | undefined,
): readonly RimText[] {
  const known = FOUND.get(list);
  if (known !== undefined) return known;
  const texts = list.flatMap((item) => {
    try {
      return read(item) ?? [];
    } catch {
      return [];
    }
  });
  FOUND.set(list, texts);
  return texts;
}

function rimText(bytes: Uint8Array, id?: string): RimText {
  demand(bytes[0] === 0x3c, "the answer's manifest is not XML");
  const text = fromUtf8(bytes);
  return { text, version: VERSION.exec(text)?.[1] ?? "", id };
}

/** `{"id": ..., "rim": base64, ...}`, as `GET /v1/rim/<id>` answers. @throws MalformedError */
export function rimFromService(text: string): RimText {
  const answer = parseJson(text);
  const [rim, id] = isJsonObject(answer) ? [member(answer, "rim"), member(answer, "id")] : [];
  if (typeof rim !== "string") throw new MalformedError("the answer holds no manifest");
  return rimText(fromBase64(rim), typeof id === "string" ? id : undefined);
}

/** @throws MalformedError */
export function rimRoot(text: string): XmlElement {
  return parseXml(text);
}

/** Which manifests a report needs. */
export type RimSlot = "driver" | "vbios";
