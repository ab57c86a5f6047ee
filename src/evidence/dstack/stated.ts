/** What a dstack answer says beside the quote and its log: each statement is compared with what was measured, so that nobody reads the one and trusts the other. */

import type { Crypto } from "../../crypto/crypto.js";
import { allBytes, concatBytes, equalBytes } from "../../encoding/bytes.js";
import { type JsonObject, member } from "../../encoding/json.js";
import { MalformedError } from "../../encoding/malformed.js";
import { fromHex, toUtf8 } from "../../encoding/text.js";
import type { Claims } from "../../verdict.js";

export interface Statement {
  /** Where it stands, for people. */
  readonly name: string;
  /** The event of the log, or the claim of the quote, that it must equal. */
  readonly of: string;
  readonly value: Uint8Array;
}

/** Members of answers, and what each of them repeats. */
const OF: Readonly<Record<string, string>> = {
  app_id: "app-id",
  compose_hash: "compose-hash",
  instance_id: "instance-id",
  os_image_hash: "os-image-hash",
  key_provider_info: "key-provider",
  mrtd: "mrtd",
  rtmr0: "rtmr0",
  rtmr1: "rtmr1",
  rtmr2: "rtmr2",
  rtmr3: "rtmr3",
  mr_aggregated: "mr_aggregated",
  device_id: "device_id",
};

/** Those of `names` that are there; what is empty says nothing. @throws MalformedError */
export function readStatements(
  json: JsonObject | undefined,
  prefix: string,
  names: readonly string[],
): readonly Statement[] {
  if (json === undefined) return [];
  return names.flatMap((name) => {
    const value = member(json, name);
    if (value === undefined || value === null || value === "") return [];
    if (typeof value !== "string") throw new MalformedError(`${prefix}${name} is not text`);
    const bytes = name === "key_provider_info" ? toUtf8(value) : fromHex(value);
    return [{ name: `${prefix}${name}`, of: OF[name] as string, value: bytes }];
  });
}

/** Names of the statements that are not what was measured. What nothing measures must at least be the same wherever it stands. */
export async function differingStatements(
  statements: readonly Statement[],
  events: ReadonlyMap<string, Uint8Array>,
  quote: Claims,
  crypto: Pick<Crypto, "digest">,
): Promise<readonly string[]> {
  const measured = new Map<string, Uint8Array | undefined>(events);
  for (const name of ["mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3"]) measured.set(name, claimed(quote, name));
  measured.set("mr_aggregated", await aggregated(quote, crypto));
  measured.set("device_id", statements.find(({ of }) => of === "device_id")?.value);
  return statements
    .filter(({ of, value }) => {
      const found = measured.get(of);
      return found === undefined || !equalBytes(found, value);
    })
    .map(({ name }) => name);
}

function claimed(quote: Claims, name: string): Uint8Array | undefined {
  const text = member(quote, name);
  return typeof text === "string" ? fromHex(text) : undefined;
}

/** SHA-256 of MRTD and the four RTMRs, and of MRCONFIGID, MROWNER and MROWNERCONFIG where one of these is not zero. */
async function aggregated(quote: Claims, crypto: Pick<Crypto, "digest">): Promise<Uint8Array | undefined> {
  const fields = (names: readonly string[]): readonly (Uint8Array | undefined)[] =>
    names.map((name) => claimed(quote, name));
  const registers = fields(["mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3"]);
  const launch = fields(["mrConfigId", "mrOwner", "mrOwnerConfig"]);
  const parts = launch.every((value) => value === undefined || allBytes(value)) ? registers : [...registers, ...launch];
  if (parts.some((part) => part === undefined)) return undefined;
  return crypto.digest("SHA-256", concatBytes(...(parts as readonly Uint8Array[])));
}
