/** What dstack guests hand out (Dstack-TEE/dstack): the Info answer, a quote with log and compose file, an attestation, or an RA-TLS certificate alone. */

import { contents, readDer, TAG } from "../../encoding/der.js";
import { isJsonObject, type JsonObject, type JsonValue, member, parseJson, stringMember } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromHex, fromPem, fromUtf8, toHex, toUtf8 } from "../../encoding/text.js";
import { type Certificate, MAX_CERTIFICATE_BYTES, parseCertificate } from "../../trust/certificate.js";
import { fromBase64Any } from "../envelope.js";
import type { EvidenceInput, Recognition } from "../kind.js";
import { isLite, looksLikeAttestation, openAttestation } from "./attestation.js";
import { readStatements, type Statement } from "./stated.js";

/** Everything here is the sender's word until the quote's log vouches for it. */
export interface DstackBundle {
  readonly quote: Uint8Array;
  readonly eventLog: JsonValue;
  /** Exact text of app-compose.json. */
  readonly appCompose: string | undefined;
  /** The certificate that the agent presents, whose key report data binds, and those that came behind it. */
  readonly chain: readonly Certificate[];
  /** Exact text of the document that MRCONFIGID of version 3 hashes. */
  readonly mrConfig: string | undefined;
  readonly statements: readonly Statement[];
}

/** Extensions of RA-TLS certificates, under `1.3.6.1.4.1.62397.1`. */
const EXTENSION = {
  quote: "1.3.6.1.4.1.62397.1.1",
  eventLog: "1.3.6.1.4.1.62397.1.2",
  appId: "1.3.6.1.4.1.62397.1.3",
  attestation: "1.3.6.1.4.1.62397.1.8",
} as const;
const MAX_CHAIN = 8;
/** Longest hex or base64: a quote has a thirtieth of it, an attestation carries its event log. */
const MAX_HEX = 2_097_152;

/** The members that make it dstack's, and not a bare quote with a log. */
export function recognises(input: EvidenceInput): Recognition | undefined {
  if ("bytes" in input) return recognisesAttestation(input.bytes, {}) ?? recognisesCertificate(input.bytes);
  if (!isJsonObject(input.json)) return undefined;
  const { json, text } = input;
  const attestation = attestationText(json);
  const opened = attestation === undefined ? undefined : recognisesAttestation(attestation, json);
  if (opened !== undefined) return opened;
  const info = Object.hasOwn(json, "app_cert") && Object.hasOwn(json, "tcb_info");
  const quoted = typeof member(json, "quote") === "string" && Object.hasOwn(json, "app_compose");
  if (!info && !quoted) return undefined;
  // Else a reader of the one could be shown the other.
  demand(
    (member(json, "attestation") ?? "") === "",
    "an attestation of an unknown form beside an answer that must say the same",
  );
  return {
    bytes: toUtf8(text),
    form: info ? "dstack information" : "dstack quote",
    endorsements: [],
    companions: new Map([["bundle", json]]),
  };
}

/** Hex under `attestation`; the compose file may stand beside it. */
function attestationText(json: JsonObject): Uint8Array | undefined {
  const text = member(json, "attestation");
  if (typeof text !== "string" || text.length > MAX_HEX) return undefined;
  return /^(?:[0-9a-f]{2})+$/i.test(text) ? fromHex(text) : undefined;
}

function recognisesAttestation(bytes: Uint8Array, beside: JsonObject): Recognition | undefined {
  if (!looksLikeAttestation(bytes)) return undefined;
  const bundle = withBeside(openAttestation(bytes), beside);
  return { bytes, form: "dstack attestation", endorsements: [], companions: new Map([["bundle", bundle]]) };
}

function recognisesCertificate(bytes: Uint8Array): Recognition | undefined {
  if (bytes[0] !== 0x30 || bytes.length > MAX_CERTIFICATE_BYTES) return undefined;
  try {
    const { extensions } = parseCertificate(bytes);
    if (!extensions.has(EXTENSION.quote) && !extensions.has(EXTENSION.attestation)) return undefined;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
  return { bytes, form: "dstack RA-TLS certificate", endorsements: [] };
}

/** @throws MalformedError */
export function parseBundle(bytes: Uint8Array, recognition: Recognition): DstackBundle {
  const json = recognition.companions?.get("bundle") as JsonObject | undefined;
  return json === undefined ? parseAlone(parseCertificate(bytes)) : parseAnswer(json);
}

function parseAnswer(given: JsonObject): DstackBundle {
  const chain = chainOf(given);
  const [leaf] = chain;
  demand(
    leaf === undefined || !Object.hasOwn(given, "quote"),
    "a quote beside that of the certificate: give one of them",
  );
  const carried = leaf === undefined ? undefined : attestationIn(leaf);
  const json = carried === undefined ? given : withBeside(carried, given);
  const tcbInfo = embedded(json, "tcb_info");
  const vmConfig = embedded(json, "vm_config");
  const eventLog = onceOf("event_log", json, tcbInfo);
  demand(eventLog !== undefined, "dstack bundle without an event log");
  const compose = onceOf("app_compose", json, tcbInfo);
  demand(compose === undefined || typeof compose === "string", "app_compose is not text");
  const mrConfig = vmConfig === undefined ? undefined : member(vmConfig, "mr_config");
  return {
    quote: leaf === undefined || carried !== undefined ? quoteText(json) : quoteIn(leaf),
    eventLog,
    appCompose: compose,
    chain,
    mrConfig: typeof mrConfig === "string" ? mrConfig : undefined,
    statements: [
      ...readStatements(json, "", ["app_id", "compose_hash", "instance_id", "os_image_hash", "key_provider_info"]),
      ...readStatements(json, "", ["mr_aggregated", "device_id"]),
      ...readStatements(tcbInfo, "tcb_info.", ["mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3", "mr_aggregated"]),
      ...readStatements(tcbInfo, "tcb_info.", ["app_id", "compose_hash", "os_image_hash", "device_id"]),
      ...(isLite(vmConfig) ? [] : readStatements(vmConfig, "vm_config.", ["os_image_hash"])),
      ...(leaf === undefined ? [] : certificateStatements(leaf)),
    ],
  };
}

/** The answer has it at its top or in `tcb_info`; in both it must be one: a reader may show the other. */
function onceOf(name: string, json: JsonObject, tcbInfo: JsonObject | undefined): JsonValue | undefined {
  const [outer, inner] = [json, tcbInfo].map((object) => (object && member(object, name)) ?? undefined);
  demand(
    outer === undefined || inner === undefined || JSON.stringify(outer) === JSON.stringify(inner),
    `two ${name} that differ`,
  );
  return outer ?? inner;
}

/** A server's certificate carries quote and log, and not the compose file. */
function parseAlone(leaf: Certificate): DstackBundle {
  const carried = attestationIn(leaf);
  if (carried !== undefined) {
    const answer = parseAnswer(carried);
    return { ...answer, chain: [leaf], statements: [...answer.statements, ...certificateStatements(leaf)] };
  }
  const log = leaf.extensions.get(EXTENSION.eventLog)?.value;
  if (log === undefined) throw new MalformedError("the certificate carries no event log");
  return {
    quote: quoteIn(leaf),
    eventLog: fromUtf8(unwrapped(log) ?? log),
    appCompose: undefined,
    chain: [leaf],
    mrConfig: undefined,
    statements: certificateStatements(leaf),
  };
}

function certificateStatements({ extensions }: Certificate): readonly Statement[] {
  const value = extensions.get(EXTENSION.appId)?.value;
  if (value === undefined) return [];
  return [{ name: "the certificate's app id", of: "app-id", value: unwrapped(value) ?? value }];
}

/** dstack sends JSON inside JSON as text; an empty text says nothing. */
function embedded(json: JsonObject, name: string): JsonObject | undefined {
  const value = member(json, name);
  if (value === undefined || value === "") return undefined;
  const inner = typeof value === "string" ? parseJson(value) : value;
  if (!isJsonObject(inner)) throw new MalformedError(`${name} is not an object`);
  return inner;
}

function chainOf(json: JsonObject): readonly Certificate[] {
  const pem = member(json, "app_cert");
  if (pem === undefined) return [];
  demand(typeof pem === "string", "app_cert is not PEM");
  const blocks = fromPem(pem);
  demand(blocks.length > 0 && blocks.length <= MAX_CHAIN, `app_cert holds ${blocks.length} certificates`);
  return blocks.map(({ bytes }) => parseCertificate(bytes));
}

function quoteText(json: JsonObject): Uint8Array {
  const text = stringMember(json, "quote");
  demand(text.length <= MAX_HEX, `quote text longer than ${MAX_HEX} characters`);
  return /^(?:0x)?[0-9a-f]+$/i.test(text) ? fromHex(text.replace(/^0x/i, "")) : fromBase64Any(text);
}

/** One or two OCTET STRINGs around the quote. A v4 quote starts `04 00`, which reads as an empty one: unwrap by exact length alone. */
function quoteIn({ extensions }: Certificate): Uint8Array {
  const value = extensions.get(EXTENSION.quote)?.value;
  if (value === undefined) throw new MalformedError("the certificate carries no quote");
  return unwrapped(value) ?? value;
}

/** Opened, where there is one. Quote and log for older readers may stand beside it. */
function attestationIn({ extensions }: Certificate): JsonObject | undefined {
  const [attestation, quote, log] = [EXTENSION.attestation, EXTENSION.quote, EXTENSION.eventLog].map((oid) => {
    const value = extensions.get(oid)?.value;
    return value && (unwrapped(value) ?? value);
  });
  if (attestation === undefined) return undefined;
  const opened = openAttestation(attestation);
  return withBeside(opened, {
    ...(quote === undefined ? {} : { quote: toHex(quote) }),
    ...(log === undefined ? {} : { event_log: fromUtf8(log) }),
  });
}

/** The attestation, with what came beside it and it does not say. What both say must be one: a reader may be shown the other. */
function withBeside(opened: JsonObject, beside: JsonObject): JsonObject {
  const tcbInfo = embedded(beside, "tcb_info");
  const readers: Readonly<Record<string, (object: JsonObject) => string>> = {
    quote: (object) => toHex(quoteText(object)),
    event_log: (object) => runtimeEvents(member(object, "event_log")),
    vm_config: (object) => JSON.stringify(embedded(object, "vm_config")),
  };
  for (const [name, read] of Object.entries(readers))
    for (const object of [beside, tcbInfo ?? {}]) {
      const silent = ["", null].includes((member(object, name) ?? null) as string | null);
      demand(silent || read(object) === read(opened), `an attestation beside another ${name} than its own`);
    }
  const { event_log: log = null } = opened;
  return { ...beside, ...(tcbInfo === undefined ? {} : { tcb_info: { ...tcbInfo, event_log: log } }), ...opened };
}

/** Name and payload of each event in RTMR3: the lite variant leaves out others, and what those are their registers say. */
function runtimeEvents(log: JsonValue | undefined): string {
  const list = typeof log === "string" ? parseJson(log) : log;
  const events = Array.isArray(list) ? list.filter(isJsonObject) : [];
  return JSON.stringify(
    events
      .filter((event) => member(event, "imr") === 3)
      .map((event) => [member(event, "event"), member(event, "event_payload")]),
  );
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
