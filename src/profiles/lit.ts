/** Lit Protocol's node attestations: data beside a SEV-SNP report, bound by its report data (LIT-Protocol/lit-peer, lit-attestation, and js-sdk, wasm). */

import { joinBytes } from "../encoding/bytes.js";
import { isJsonObject, type JsonObject, type JsonValue, member, parseJson, stringMember } from "../encoding/json.js";
import { demand } from "../encoding/malformed.js";
import { fromBase64, fromLatin1, toUtf8 } from "../encoding/text.js";
import type { BindingLayout } from "../expected/layouts.js";

/**
 * How the node hashed what it binds. `length-prefixed`: every part with its length before it, and all signatures. `concatenated`, as nodes did
 * before: no lengths, and the last signature left out. The caller chooses: were it the sender, it could move bytes from one part to the next.
 */
export type LitHash = "length-prefixed" | "concatenated";

export interface LitNode {
  /** The report data of this attestation with your nonce. */
  readonly layout: BindingLayout;
  /** What the node says of itself, by name: true if the verdict is `verified` with this layout, and only then. */
  readonly data: ReadonlyMap<string, Uint8Array>;
}

/** In a hash without lengths, only names that are known in advance tell where one part ends. */
const CONCATENATED_NAMES = ["EXTERNAL_ADDR", "INSTANCE_ID", "RELEASE_ID", "UNIX_TIME"];
const UNIX_TIME_BYTES = 8;
const MAX_SIGNATURES = 16;

/**
 * The layout of a node's attestation (its JSON, or the text of it), which is also the evidence. Its signatures are bound and not verified:
 * they are of keys that Lit's contracts know.
 *
 * @throws MalformedError for what is no such attestation
 * @example
 * const { layout, data } = litNode(attestation);
 * const verdict = await verify(attestation, { expected: { "sev-snp": { measurement } }, binding: { layout, nonce } });
 * if (verdict.ok && new TextDecoder().decode(data.get("RELEASE_ID")) === release) send(secret);
 */
export function litNode(attestation: string | object, hash: LitHash = "length-prefixed"): LitNode {
  if (hash !== "length-prefixed" && hash !== "concatenated")
    throw new TypeError('hash must be "length-prefixed" or "concatenated"');
  const json = parseJson(typeof attestation === "string" ? attestation : (JSON.stringify(attestation) ?? ""));
  demand(isJsonObject(json) && member(json, "type") === "AMD_SEV_SNP", "no attestation of a Lit node on SEV-SNP");
  const data = readData(json);
  const signatures = readSignatures(json);
  if (hash === "concatenated") demandUnambiguous(data);
  const prefixed = hash === "length-prefixed";
  return {
    data,
    layout: {
      name: `lit-${hash}`,
      takes: { nonce: "any" },
      async values({ nonce }, digest) {
        const message = prefixed ? prefixedParts(nonce, data, signatures) : plainParts(nonce, data, signatures);
        return { reportData: await digest("SHA-512", joinBytes(message)) };
      },
    },
  };
}

function readData(json: JsonObject): ReadonlyMap<string, Uint8Array> {
  const data = member(json, "data");
  demand(isJsonObject(data), "the attestation's data is no object");
  const names = Object.keys(data).sort();
  for (const name of names) demand(/^[\w.-]{1,64}$/.test(name), "the attestation's data has a name that is none");
  return new Map(names.map((name) => [name, fromBase64(stringMember(data, name))]));
}

function readSignatures(json: JsonObject): readonly Uint8Array[] {
  const listed: JsonValue | undefined = member(json, "signatures");
  demand(
    Array.isArray(listed) && listed.length <= MAX_SIGNATURES,
    "the attestation's signatures are no list of at most 16",
  );
  return listed.map((value: JsonValue) => {
    demand(typeof value === "string", "a signature of the attestation is no text");
    return fromBase64(value);
  });
}

/** Names that are known, the last of them of fixed length, and none of them inside a value: then there is one reading. */
function demandUnambiguous(data: ReadonlyMap<string, Uint8Array>): void {
  const names = [...data.keys()];
  for (const name of names) demand(CONCATENATED_NAMES.includes(name), `data ${name} in a hash that has no lengths`);
  demand(data.get("UNIX_TIME")?.length === UNIX_TIME_BYTES, "data UNIX_TIME of another length than 8 bytes");
  for (const [name, value] of data)
    demand(
      !CONCATENATED_NAMES.some((other) => fromLatin1(value).includes(other)),
      `data ${name} holds a name, in a hash that has no lengths`,
    );
}

function plainParts(
  nonce: Uint8Array,
  data: ReadonlyMap<string, Uint8Array>,
  signatures: readonly Uint8Array[],
): Uint8Array[] {
  const parts = [toUtf8("noonce"), nonce, toUtf8("data")];
  for (const [name, value] of data) parts.push(toUtf8(name), value);
  if (signatures.length > 0) parts.push(toUtf8("signatures"), ...signatures.slice(0, -1));
  return parts;
}

function prefixedParts(
  nonce: Uint8Array,
  data: ReadonlyMap<string, Uint8Array>,
  signatures: readonly Uint8Array[],
): Uint8Array[] {
  const parts = [toUtf8("noonce"), ...sized(nonce), toUtf8("data"), u64be(data.size)];
  for (const [name, value] of data) parts.push(...sized(toUtf8(name)), ...sized(value));
  if (signatures.length > 0) parts.push(toUtf8("signatures"), u64be(signatures.length), ...signatures.flatMap(sized));
  return parts;
}

const sized = (part: Uint8Array): Uint8Array[] => [u64be(part.length), part];

function u64be(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
