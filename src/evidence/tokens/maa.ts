/** Microsoft Azure Attestation: claims of its tokens, read from the prefixed names alone (learn.microsoft.com, Azure Attestation claim sets). */

import { isJsonObject, type JsonObject, type JsonValue } from "../../encoding/json.js";
import { MalformedError } from "../../encoding/malformed.js";
import { fromBase64 } from "../../encoding/text.js";
import { at, type Refusal, type Service, unless } from "./service.js";

const TYPE = "x-ms-attestation-type";
const TEE = "x-ms-isolation-tee";

/** The claims of the hardware: for a VM those stand one level down, and nowhere else. */
function hardware(claims: JsonObject): JsonObject {
  if (at(claims, TYPE) !== "azurevm") return claims;
  const inner = at(claims, TEE);
  return isJsonObject(inner) ? inner : {};
}

const ofHardware =
  (name: string) =>
  (claims: JsonObject): JsonValue | undefined =>
    at(hardware(claims), name);

const VM_SWITCHES_OFF = ["bootdebug-enabled", "kerneldebug-enabled", "hypervisordebug-enabled", "testsigning-enabled"];
/** Registers that a VM's token must be over for its claims on boot to mean anything. */
const ATTESTED = [0, 1, 2, 3, 4, 5, 6, 7];

function vmRefusals(claims: JsonObject): readonly Refusal[] {
  const attested = at(claims, "x-ms-azurevm-attested-pcrs");
  const missing = ATTESTED.filter((index) => !(Array.isArray(attested) && attested.includes(index)));
  return [
    ...(isJsonObject(at(claims, TEE)) ? [] : [{ claim: `${TEE} is absent` }]),
    ...unless(claims, ["secureboot"], [true], "secure-boot-off"),
    ...VM_SWITCHES_OFF.flatMap((name) => unless(claims, [`x-ms-azurevm-${name}`], [false], "vm-debug")),
    ...(missing.length === 0 ? [] : [{ claim: `x-ms-azurevm-attested-pcrs lacks ${missing.join(", ")}` }]),
  ];
}

function refusals(claims: JsonObject): readonly Refusal[] {
  const type = at(claims, TYPE);
  const inner = hardware(claims);
  const found: Refusal[] = type === "azurevm" ? [...vmRefusals(claims)] : [];
  const tee = at(inner, TYPE);
  if (tee === "sgx") found.push(...unless(inner, ["x-ms-sgx-is-debuggable"], [false], "debug"));
  else if (tee === "sevsnpvm")
    found.push(
      ...unless(inner, ["x-ms-sevsnpvm-is-debuggable"], [false], "debug"),
      ...unless(inner, ["x-ms-sevsnpvm-migration-allowed"], [false], "migration"),
      ...unless(inner, ["x-ms-sevsnpvm-vmpl"], [0]),
      ...unless(inner, ["x-ms-compliance-status"], ["azure-compliant-cvm", "azure-compliant-uvm"], "non-compliant"),
    );
  else if (tee === "tdxvm")
    found.push(
      ...unless(inner, ["tdx_td_attributes_debug"], [false], "debug"),
      ...unless(inner, ["attester_tcb_status"], ["UpToDate"], "tcb"),
      ...unless(inner, ["x-ms-compliance-status"], ["azure-compliant-cvm"], "non-compliant"),
    );
  else found.push({ claim: `${TYPE} is ${JSON.stringify(tee ?? type ?? null)}` });
  return [...found, ...contradictions(claims)];
}

/** The deprecated names without prefix are never read, and must not say something else. */
const DEPRECATED: readonly (readonly [string, string])[] = [
  ["is-debuggable", "x-ms-sgx-is-debuggable"],
  ["sgx-mrenclave", "x-ms-sgx-mrenclave"],
  ["sgx-mrsigner", "x-ms-sgx-mrsigner"],
  ["product-id", "x-ms-sgx-product-id"],
  ["svn", "x-ms-sgx-svn"],
  ["tee", TYPE],
];

function contradictions(claims: JsonObject): readonly Refusal[] {
  return DEPRECATED.filter(([old, name]) => at(claims, old) !== undefined && at(claims, old) !== at(claims, name)).map(
    ([old, name]) => ({ claim: `${old} contradicts ${name}` }),
  );
}

/** Base64 of what the client gave; an empty one binds nothing. */
function nonces(claims: JsonObject): readonly Uint8Array[] {
  const text = at(claims, "x-ms-runtime", "client-payload", "nonce");
  if (typeof text !== "string" || text === "") return [];
  try {
    return [fromBase64(text)];
  } catch (error) {
    if (error instanceof MalformedError) return [];
    throw error;
  }
}

export const maa: Service = {
  name: "maa",
  issuedBy: "Microsoft Azure Attestation",
  algorithms: ["RS256"],
  issuers: [],
  maxLifetime: 8 * 3600,
  recognises: (claims) => at(claims, TYPE) !== undefined && at(claims, "x-ms-ver") !== undefined,
  fields: {
    type: (claims) => at(claims, TYPE),
    mrenclave: ofHardware("x-ms-sgx-mrenclave"),
    mrsigner: ofHardware("x-ms-sgx-mrsigner"),
    launchMeasurement: ofHardware("x-ms-sevsnpvm-launchmeasurement"),
    hostData: ofHardware("x-ms-sevsnpvm-hostdata"),
    idKeyDigest: ofHardware("x-ms-sevsnpvm-idkeydigest"),
    mrtd: ofHardware("tdx_mrtd"),
    policyHash: (claims) => at(claims, "x-ms-policy-hash"),
    vmId: (claims) => at(claims, "x-ms-azurevm-vmid"),
  },
  covers: (names, claims) => {
    if (names.has("mrenclave")) return "launch";
    // A container group's utility VM enforces the policy whose digest is the host data; below an ordinary VM there is a paravisor alone.
    if (at(claims, TYPE) === "sevsnpvm" && names.has("launchMeasurement") && names.has("hostData")) return "launch";
    return names.has("launchMeasurement") || names.has("mrtd") || names.has("idKeyDigest") ? "firmware" : "nothing";
  },
  refusals,
  allowances: ["debug", "migration", "non-compliant", "secure-boot-off", "vm-debug", "tcb"],
  nonces,
  reportData: (claims) =>
    at(claims, TYPE) === "azurevm"
      ? undefined
      : (at(claims, "x-ms-sgx-report-data") ?? at(claims, "x-ms-sevsnpvm-reportdata")),
};
