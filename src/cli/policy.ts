/** Policies from JSON: as `verify` takes them, but masks, which JSON numbers cannot hold, are text. */

import type { JsonObject, JsonValue } from "../encoding/json.js";
import { isJsonObject } from "../encoding/json.js";
import { UsageError } from "./exit.js";

/** 64-bit masks by kind: `"0x..."` in the file, a bigint in the policy. */
const MASKS: Readonly<Record<string, readonly string[]>> = {
  "sev-snp": ["launchMitigations", "currentMitigations"],
};

/** The policy that `verify` takes; whether its members exist and fit is for `verify` to say. */
export function policyFromJson(json: JsonObject): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(json).map(([kind, policy]) => [kind, isJsonObject(policy) ? withMasks(kind, policy) : policy]),
  );
}

function withMasks(kind: string, policy: JsonObject): Readonly<Record<string, unknown>> {
  const names = MASKS[kind] ?? [];
  return Object.fromEntries(
    Object.entries(policy).map(([name, value]) => [
      name,
      names.includes(name) ? readMask(value, `${kind}.${name}`) : value,
    ]),
  );
}

function readMask(value: JsonValue, what: string): bigint {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{1,16}$/.test(value))
    throw new UsageError(`policy: ${what} is a mask and must be written as "0x" and up to 16 hex digits`);
  return BigInt(value);
}
