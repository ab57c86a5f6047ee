/** The JSON stores of trust anchors and reference values that the open verifiers of CCA tokens share (rust-ccatoken, Trustee). */

import { isJsonObject, type JsonObject, type JsonValue, member, parseJson, stringMember } from "../../encoding/json.js";
import { MalformedError } from "../../encoding/malformed.js";
import type { ArmKey, EcJwk } from "./keys.js";
import { readKey } from "./keys.js";
import type { ArmCcaReference, ComponentReference, PlatformReference } from "./settings.js";
import { readCcaReference } from "./settings.js";

/**
 * Keys of a trust anchor store: `[{ "instance-id", "implementation-id", "pkey": JWK }]`. The caller vouches for the store.
 *
 * @throws TypeError for a text that is no such store
 * @example
 * const policy = { "arm-cca": { keys: keysFromStore(await readFile("tastore.json", "utf8")) } };
 */
export function keysFromStore(text: string): readonly ArmKey[] {
  return read(text, (store) =>
    list(store).map((entry) => {
      const jwk = member(entry, "pkey");
      if (!isJsonObject(jwk)) throw new MalformedError("pkey is not a JWK");
      const key: ArmKey = {
        key: jwk as unknown as EcJwk,
        instanceId: stringMember(entry, "instance-id"),
        implementationId: stringMember(entry, "implementation-id"),
      };
      readKey(key, "trust anchor store");
      return key;
    }),
  );
}

/**
 * Reference values of a store (`{ platform: [...], realm: [...] }`): one for each realm in it, each with all of its platforms as alternatives.
 *
 * @throws TypeError for a text that is no such store
 * @example
 * const [reference] = referencesFromStore(await readFile("rvstore.json", "utf8"));
 */
export function referencesFromStore(text: string): readonly ArmCcaReference[] {
  return read(text, (store) => {
    if (!isJsonObject(store)) throw new MalformedError("the store is not an object");
    const platform = list(member(store, "platform") ?? []).map(platformOf);
    return list(member(store, "realm") ?? []).map((realm) => {
      const rems = member(realm, "extensible-measurements");
      const reference: ArmCcaReference = {
        rim: stringMember(realm, "initial-measurement"),
        personalizationValue: stringMember(realm, "personalization-value"),
        ...(rems === undefined ? {} : { rems: rems as readonly string[] }),
        ...(platform.length === 0 ? {} : { platform }),
      };
      readCcaReference(reference);
      return reference;
    });
  });
}

function platformOf(entry: JsonObject): PlatformReference {
  return {
    implementationId: stringMember(entry, "implementation-id"),
    config: stringMember(entry, "platform-configuration"),
    components: list(member(entry, "sw-components")).map(componentOf),
  };
}

function componentOf(entry: JsonObject): ComponentReference {
  const version = member(entry, "version");
  return {
    type: stringMember(entry, "component-type"),
    measurement: stringMember(entry, "measurement-value"),
    signerId: stringMember(entry, "signer-id"),
    ...(typeof version === "string" ? { version } : {}),
  };
}

function list(value: JsonValue | undefined): readonly JsonObject[] {
  if (!Array.isArray(value) || !value.every(isJsonObject)) throw new MalformedError("a list of objects is missing");
  return value;
}

/** A store is given by the caller: what is wrong with it is misuse. */
function read<T>(text: string, take: (store: JsonValue) => T): T {
  try {
    return take(parseJson(text));
  } catch (error) {
    if (error instanceof MalformedError) throw new TypeError(`the store cannot be read: ${error.reason}`);
    throw error;
  }
}
