/** Google Confidential Space, Intel Trust Authority, NVIDIA NRAS and EAR: what their tokens say and must say. */

import { isJsonObject, type JsonObject, type JsonValue } from "../../encoding/json.js";
import { fromHex, toUtf8 } from "../../encoding/text.js";
import { at, type Refusal, type Service, unless } from "./service.js";

/** Of text: hex digits as the bytes that they are, anything else as UTF-8. */
function nonceBytes(text: JsonValue | undefined): readonly Uint8Array[] {
  if (typeof text !== "string" || text === "") return [];
  return [/^(?:[0-9a-fA-F]{2})+$/.test(text) ? fromHex(text) : toUtf8(text)];
}

const eatNonces = (claims: JsonObject): readonly Uint8Array[] => {
  const nonce = at(claims, "eat_nonce");
  return Array.isArray(nonce) ? nonce.flatMap(nonceBytes) : nonceBytes(nonce);
};

/** At most six, of 8 to 88 characters each (Confidential Space, token claims). */
function nonceRefusals(claims: JsonObject): readonly Refusal[] {
  const nonce = at(claims, "eat_nonce");
  const list = nonce === undefined ? [] : Array.isArray(nonce) ? nonce : [nonce];
  const fits =
    list.length <= 6 && list.every((item) => typeof item === "string" && item.length >= 8 && item.length <= 88);
  return fits ? [] : [{ claim: "eat_nonce is not one to six texts of 8 to 88 characters" }];
}

const CONTAINER = ["submods", "container"] as const;
const IMAGE_DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Members that must be absent or empty: what the operator changed at start. */
function overridden(claims: JsonObject, name: string): readonly Refusal[] {
  const value = at(claims, ...CONTAINER, name);
  const empty = value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);
  return empty ? [] : [{ claim: `${CONTAINER.join(".")}.${name} is set`, allowance: "overrides" }];
}

function spaceRefusals(claims: JsonObject): readonly Refusal[] {
  const attributes = at(claims, "submods", "confidential_space", "support_attributes");
  const supported = Array.isArray(attributes) && attributes.includes("STABLE");
  const digest = at(claims, ...CONTAINER, "image_digest");
  const reference = at(claims, ...CONTAINER, "image_reference");
  const named = typeof reference === "string" ? /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1] : undefined;
  return [
    ...unless(claims, ["swname"], ["CONFIDENTIAL_SPACE"]),
    ...unless(claims, ["dbgstat"], ["disabled-since-boot"], "debug"),
    ...unless(claims, ["secboot"], [true]),
    ...unless(claims, ["hwmodel"], ["GCP_INTEL_TDX", "GCP_AMD_SEV", "GCP_AMD_SEV_SNP", "GCP_AMD_SEV_ES"], "vtpm-only"),
    ...(supported ? [] : [{ claim: "support_attributes lacks STABLE", allowance: "unsupported-image" }]),
    ...(typeof digest === "string" && IMAGE_DIGEST.test(digest)
      ? []
      : [{ claim: "image_digest is no SHA-256 digest" }]),
    ...(named !== undefined && named !== digest
      ? [{ claim: "image_reference names another digest than image_digest" }]
      : []),
    ...overridden(claims, "cmd_override"),
    ...overridden(claims, "env_override"),
    ...unless(
      claims,
      ["submods", "confidential_space", "monitoring_enabled", "memory"],
      [false, undefined],
      "memory-monitoring",
    ),
    ...unless(claims, [...CONTAINER, "restart_policy"], ["Never"], "restart"),
    ...(at(claims, "hwmodel") === "GCP_INTEL_TDX"
      ? unless(claims, ["tdx", "gcp_attester_tcb_status"], ["UpToDate", undefined], "tcb")
      : []),
    ...nonceRefusals(claims),
  ];
}

export const confidentialSpace: Service = {
  name: "confidential-space",
  issuedBy: "Google Cloud Attestation",
  algorithms: ["RS256"],
  issuers: ["https://confidentialcomputing.googleapis.com"],
  maxLifetime: 3600,
  recognises: (claims) => at(claims, "submods", "container") !== undefined && at(claims, "swname") !== undefined,
  fields: {
    imageDigest: (claims) => at(claims, ...CONTAINER, "image_digest"),
    imageId: (claims) => at(claims, ...CONTAINER, "image_id"),
    hwmodel: (claims) => at(claims, "hwmodel"),
    projectId: (claims) => at(claims, "submods", "gce", "project_id"),
    zone: (claims) => at(claims, "submods", "gce", "zone"),
    instanceId: (claims) => at(claims, "submods", "gce", "instance_id"),
  },
  covers: (names) => (names.has("imageDigest") ? "launch" : "nothing"),
  refusals: spaceRefusals,
  allowances: ["debug", "vtpm-only", "unsupported-image", "overrides", "memory-monitoring", "restart", "tcb"],
  nonces: eatNonces,
};

function itaRefusals(claims: JsonObject): readonly Refusal[] {
  const unmatched = at(claims, "policy_ids_unmatched");
  const none = unmatched === undefined || (Array.isArray(unmatched) && unmatched.length === 0);
  const debug = ["sgx_is_debuggable", "tdx_is_debuggable", "sevsnp_is_debuggable", "amber_sgx_is_debuggable"];
  const status = at(claims, "attester_tcb_status") === undefined ? "amber_tcb_status" : "attester_tcb_status";
  const held = at(claims, "attester_held_data") ?? at(claims, "amber_tee_held_data");
  const nonce = at(claims, "verifier_nonce", "val");
  return [
    ...unless(claims, [status], ["UpToDate", "UP_TO_DATE"], "tcb"),
    ...debug.flatMap((name) => unless(claims, [name], [false, undefined], "debug")),
    ...unless(claims, ["dbgstat"], ["disabled", undefined], "debug"),
    ...(none ? [] : [{ claim: "policy_ids_unmatched is not empty", allowance: "policy-unmatched" }]),
    ...(typeof held === "string" && typeof nonce === "string"
      ? []
      : [{ claim: "verifier_nonce or attester_held_data is absent", allowance: "no-held-data" }]),
  ];
}

const itaField =
  (name: string) =>
  (claims: JsonObject): JsonValue | undefined =>
    at(claims, name);

export const ita: Service = {
  name: "ita",
  issuedBy: "Intel Trust Authority",
  algorithms: ["PS384"],
  issuers: ["Intel Trust Authority", "https://portal.trustauthority.intel.com"],
  maxLifetime: 300,
  recognises: (claims) =>
    ["attester_type", "amber_evidence_type", "attester_tcb_status"].some(
      (name) => at(claims, name) !== undefined && at(claims, "x-ms-ver") === undefined,
    ),
  fields: {
    mrenclave: (claims) => at(claims, "sgx_mrenclave") ?? at(claims, "amber_sgx_mrenclave"),
    mrsigner: (claims) => at(claims, "sgx_mrsigner") ?? at(claims, "amber_sgx_mrsigner"),
    mrtd: itaField("tdx_mrtd"),
    rtmr0: itaField("tdx_rtmr0"),
    rtmr1: itaField("tdx_rtmr1"),
    rtmr2: itaField("tdx_rtmr2"),
    rtmr3: itaField("tdx_rtmr3"),
    mrseam: itaField("tdx_mrseam"),
  },
  covers: (names) => {
    if (names.has("mrenclave")) return "launch";
    if (!names.has("mrtd")) return "nothing";
    return ["rtmr0", "rtmr1", "rtmr2", "rtmr3"].every((name) => names.has(name)) ? "launch" : "firmware";
  },
  refusals: itaRefusals,
  allowances: ["tcb", "debug", "policy-unmatched", "no-held-data"],
  nonces: () => [],
  reportData: (claims) =>
    at(claims, "sgx_report_data") ?? at(claims, "tdx_report_data") ?? at(claims, "amber_report_data"),
};

export const nras: Service = {
  name: "nras",
  issuedBy: "NVIDIA Remote Attestation Service",
  algorithms: ["ES384"],
  issuers: ["https://nras.attestation.nvidia.com"],
  maxLifetime: 3600,
  recognises: (claims) => at(claims, "x-nvidia-overall-att-result") !== undefined,
  fields: { version: (claims) => at(claims, "x-nvidia-ver") },
  covers: () => "firmware",
  refusals: (claims) => unless(claims, ["x-nvidia-overall-att-result"], [true]),
  allowances: ["debug"],
  nonces: eatNonces,
};

/** Of one device's token. */
export function deviceRefusals(claims: JsonObject, name: string): readonly Refusal[] {
  const found = [
    ...unless(claims, ["measres"], ["success", "comparison-successful"]),
    ...unless(claims, ["secboot"], [true]),
    ...unless(claims, ["dbgstat"], ["disabled"], "debug"),
    ...["gpu", "switch"].flatMap((device) =>
      ["attestation-report-signature-verified", "attestation-report-nonce-match"].flatMap((check) =>
        unless(claims, [`x-nvidia-${device}-${check}`], [true, undefined]),
      ),
    ),
  ];
  return found.map((refusal) => ({ ...refusal, claim: `${name}: ${refusal.claim}` }));
}

const PROFILES = ["tag:github.com,2023:veraison/ear", "tag:github.com,2024:confidential-containers/Trustee"];
/** AR4SI, section 2.3.2: the tiers in their order. */
const TIERS = ["none", "affirming", "warning", "contraindicated"] as const;

function tierOf(value: JsonValue | undefined): number {
  if (typeof value !== "number") return 3;
  const size = value < 0 ? -value : value;
  if (value === 0) return 0;
  if (size < 2) return 0;
  return size < 32 ? 1 : size < 96 ? 2 : 3;
}

function statusOf(value: JsonValue | undefined): number {
  const numbers: readonly (JsonValue | undefined)[] = [0, 2, 32, 96];
  const index = typeof value === "string" ? (TIERS as readonly string[]).indexOf(value) : numbers.indexOf(value);
  return index < 0 ? 3 : index;
}

function earRefusals(claims: JsonObject): readonly Refusal[] {
  const submods = at(claims, "submods");
  const entries = isJsonObject(submods) ? Object.entries(submods) : [];
  return [
    ...unless(claims, ["eat_profile"], PROFILES),
    ...(entries.length === 0 ? [{ claim: "submods is absent" }] : []),
    ...entries.flatMap(([name, value]) => submodRefusals(name, isJsonObject(value) ? value : {})),
  ];
}

function submodRefusals(name: string, submod: JsonObject): readonly Refusal[] {
  const status = statusOf(at(submod, "ear.status"));
  const vector = at(submod, "ear.trustworthiness-vector");
  const worst = isJsonObject(vector) ? Math.max(0, ...Object.values(vector).map(tierOf)) : 0;
  const odd = isJsonObject(vector) && Object.values(vector).some((value) => value === -1 || value === 1);
  return [
    ...(status === 1
      ? []
      : [
          {
            claim: `${name}: ear.status is ${TIERS[status] ?? "none"}`,
            ...(status === 2 ? { allowance: "warning" } : {}),
          },
        ]),
    ...(worst > status ? [{ claim: `${name}: ear.status is better than its trustworthiness vector` }] : []),
    ...(odd ? [{ claim: `${name}: the verifier could not appraise everything` }] : []),
  ];
}

const earField =
  (name: string) =>
  (claims: JsonObject): JsonValue | undefined => {
    const submods = at(claims, "submods");
    const values = isJsonObject(submods)
      ? Object.values(submods).map((value) => (isJsonObject(value) ? at(value, name) : undefined))
      : [];
    // Of several parts all must have it.
    return values.length > 0 && values.every((value) => value === values[0]) ? values[0] : undefined;
  };

export const ear: Service = {
  name: "ear",
  issuedBy: "the verifier that signed it",
  algorithms: ["ES256", "ES384"],
  issuers: [],
  maxLifetime: 24 * 3600,
  recognises: (claims) =>
    at(claims, "ear.verifier-id") !== undefined ||
    at(claims, "veraison.processed-evidence") !== undefined ||
    PROFILES.some((profile) => at(claims, "eat_profile") === profile),
  fields: {
    policyId: earField("ear.appraisal-policy-id"),
    developer: (claims) => at(claims, "ear.verifier-id", "developer"),
    build: (claims) => at(claims, "ear.verifier-id", "build"),
  },
  covers: (names, claims) => {
    if (!names.has("policyId")) return "nothing";
    const submods = at(claims, "submods");
    const parts = isJsonObject(submods) ? Object.values(submods) : [];
    const approved = parts.every(
      (part) => isJsonObject(part) && [2, 3].includes(at(part, "ear.trustworthiness-vector", "executables") as number),
    );
    return parts.length > 0 && approved ? "launch" : "nothing";
  },
  refusals: earRefusals,
  allowances: ["warning", "no-expiry"],
  nonces: eatNonces,
};
