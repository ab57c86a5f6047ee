/** MRCONFIGID of a dstack guest: what its host committed to before the guest ran (Dstack-TEE/dstack, dstack-types, mr_config.rs). */

import { keccak_256 } from "@noble/hashes/sha3.js";
import { allBytes, concatBytes, equalBytes } from "../../encoding/bytes.js";
import { isJsonObject, member, parseJson } from "../../encoding/json.js";
import { fromHex, toHex, toUtf8 } from "../../encoding/text.js";
import type { Claims } from "../../verdict.js";
import type { AppraiseContext } from "../kind.js";
import { readProvider } from "./certificate.js";

type Context = Pick<AppraiseContext, "ledger" | "crypto">;
type Events = ReadonlyMap<string, Uint8Array>;

const ID = "dstack/mr-config-id";
/** None, local, KMS, TPM, derived: which one is not always told by the log's name for it. */
const PROVIDERS: readonly number[] = [0, 1, 2, 3, 4];

/** Version 1 is `01` and the compose hash; version 2 hashes it with app id and key provider; version 3 a document; old images leave zero. */
export async function checkConfigId(
  quote: Claims,
  events: Events,
  document: string | undefined,
  context: Context,
): Promise<void> {
  const { ledger, crypto } = context;
  const text = member(quote, "mrConfigId");
  const value = typeof text === "string" ? fromHex(text) : undefined;
  const compose = events.get("compose-hash");
  if (value !== undefined && allBytes(value))
    ledger.passed(ID, { how: "zero, as old images leave it" }, "not-compared");
  else if (value === undefined || compose === undefined) ledger.skipped(ID, "dstack/events");
  else if (value[0] === 1) judge(value, [padded(1, compose)], context);
  else if (value[0] === 2) judge(value, versionTwo(compose, events), context);
  // The log vouches for the same facts, where the document does not come along.
  else if (value[0] === 3 && document === undefined)
    ledger.passed(ID, { how: "of version 3, which hashes a document that did not come along" }, "not-compared");
  else if (value[0] === 3) {
    const hash = await crypto.digest(
      "SHA-256",
      concatBytes(toUtf8("dstack-mr-config-v3:"), Uint8Array.of(0), toUtf8(document as string)),
    );
    judge(value, fits(document as string, events) ? [padded(3, hash)] : [], context);
  } else judge(value, [], context);
}

function judge(found: Uint8Array, accepted: readonly Uint8Array[], { ledger }: Context): void {
  const good = accepted.some((expected) => equalBytes(found, expected));
  ledger.judge(ID, good, "config-id-mismatch", { found: toHex(found) });
}

function padded(version: number, digest: Uint8Array): Uint8Array {
  const value = new Uint8Array(48);
  value[0] = version;
  value.set(digest.subarray(0, 47), 1);
  return value;
}

function versionTwo(compose: Uint8Array, events: Events): readonly Uint8Array[] {
  const app = events.get("app-id") ?? new Uint8Array();
  const { key = new Uint8Array() } = readProvider(events.get("key-provider"));
  return PROVIDERS.map((kind) => padded(2, keccak_256(concatBytes(compose, app, Uint8Array.of(kind), key))));
}

/** The document names what the log does. @throws MalformedError */
function fits(document: string, events: Events): boolean {
  const json = parseJson(document);
  if (!isJsonObject(json)) return false;
  const names = [
    ["compose_hash", "compose-hash"],
    ["app_id", "app-id"],
    ["instance_id", "instance-id"],
  ] as const;
  return names.every(([name, event]) => {
    const stated = member(json, name);
    if (stated === undefined) return name !== "compose_hash";
    const measured = events.get(event);
    return typeof stated === "string" && measured !== undefined && stated === toHex(measured);
  });
}
