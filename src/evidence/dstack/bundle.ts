/** What dstack guests hand out (Dstack-TEE/dstack): the Info answer with its RA-TLS certificate, or a quote with log and compose file. */

import { contents, readDer, TAG } from "../../encoding/der.js";
import { isJsonObject, type JsonObject, type JsonValue, member, parseJson, stringMember } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromHex, fromPem, toUtf8 } from "../../encoding/text.js";
import { type Certificate, parseCertificate } from "../../trust/certificate.js";
import { fromBase64Any } from "../envelope.js";
import type { EvidenceInput, Recognition } from "../kind.js";

/** Everything here is the sender's word until the quote's log vouches for it. */
export interface DstackBundle {
  readonly quote: Uint8Array;
  readonly eventLog: JsonValue;
  /** Exact text of app-compose.json. */
  readonly appCompose: string | undefined;
  /** The certificate that the agent presents, whose key report data binds. */
  readonly certificate: Certificate | undefined;
  /** What the answer states beside the log, as bytes. */
  readonly stated: ReadonlyMap<
    "app-id" | "compose-hash" | "instance-id" | "os-image-hash" | "key-provider",
    Uint8Array
  >;
}

/** `1.3.6.1.4.1.62397.1.1`: the quote in an RA-TLS certificate. */
const QUOTE_EXTENSION = "1.3.6.1.4.1.62397.1.1";

/** The members that make it dstack's, and not a bare quote with a log. */
export function recognises(input: EvidenceInput): Recognition | undefined {
  if (!("json" in input) || !isJsonObject(input.json)) return undefined;
  const { json, text } = input;
  const info = Object.hasOwn(json, "app_cert") && Object.hasOwn(json, "tcb_info");
  const quoted = typeof member(json, "quote") === "string" && Object.hasOwn(json, "app_compose");
  if (!info && !quoted) return undefined;
  return {
    bytes: toUtf8(text),
    form: info ? "dstack information" : "dstack quote",
    endorsements: [],
    companions: new Map([["bundle", json]]),
  };
}

/** @throws MalformedError */
export function parseBundle(_bytes: Uint8Array, recognition: Recognition): DstackBundle {
  const json = recognition.companions?.get("bundle") as JsonObject;
  const tcbInfo = embedded(json, "tcb_info");
  const certificate = leafOf(json);
  const quote = certificate === undefined ? quoteText(json) : quoteIn(certificate);
  const eventLog = member(json, "event_log") ?? (tcbInfo === undefined ? undefined : member(tcbInfo, "event_log"));
  demand(eventLog !== undefined, "dstack bundle without an event log");
  const stated = new Map<"app-id" | "compose-hash" | "instance-id" | "os-image-hash" | "key-provider", Uint8Array>();
  for (const [name, event] of STATED) {
    const value = member(json, name);
    if (typeof value === "string" && value !== "") stated.set(event, fromHex(value));
  }
  const provider = member(json, "key_provider_info");
  if (typeof provider === "string" && provider !== "") stated.set("key-provider", toUtf8(provider));
  const compose = member(json, "app_compose") ?? (tcbInfo === undefined ? undefined : member(tcbInfo, "app_compose"));
  demand(compose === undefined || typeof compose === "string", "app_compose is not text");
  return { quote, eventLog, appCompose: compose, certificate, stated };
}

const STATED = [
  ["app_id", "app-id"],
  ["compose_hash", "compose-hash"],
  ["instance_id", "instance-id"],
  ["os_image_hash", "os-image-hash"],
] as const;

/** dstack sends JSON inside JSON as text. */
function embedded(json: JsonObject, name: string): JsonObject | undefined {
  const value = member(json, name);
  if (value === undefined) return undefined;
  const inner = typeof value === "string" ? parseJson(value) : value;
  if (!isJsonObject(inner)) throw new MalformedError(`${name} is not an object`);
  return inner;
}

function leafOf(json: JsonObject): Certificate | undefined {
  const pem = member(json, "app_cert");
  if (pem === undefined) return undefined;
  demand(typeof pem === "string", "app_cert is not PEM");
  const [leaf] = fromPem(pem);
  if (leaf === undefined) throw new MalformedError("app_cert holds no certificate");
  return parseCertificate(leaf.bytes);
}

function quoteText(json: JsonObject): Uint8Array {
  const text = stringMember(json, "quote");
  return /^(?:0x)?[0-9a-f]+$/i.test(text) ? fromHex(text.replace(/^0x/, "")) : fromBase64Any(text);
}

/** One or two OCTET STRINGs around the quote. A v4 quote starts `04 00`, which reads as an empty one: unwrap by exact length alone. */
function quoteIn(certificate: Certificate): Uint8Array {
  const value = certificate.extensions.get(QUOTE_EXTENSION)?.value;
  if (value === undefined) throw new MalformedError("the certificate carries no quote");
  return unwrapped(value) ?? value;
}

function unwrapped(value: Uint8Array): Uint8Array | undefined {
  try {
    const element = readDer(value);
    return element.tag === TAG.octetString && contents(element).length > 0 ? contents(element) : undefined;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
