/** What CCA and PSA tokens are judged by alike: the signer's key, the lifecycle, the measured software. */

import type { PublicKey } from "../../crypto/crypto.js";
import { equalBytes } from "../../encoding/bytes.js";
import { toHex } from "../../encoding/text.js";
import { type CoseSign1, verifyCoseSign1 } from "../../trust/cose.js";
import type { AppraiseContext, AuthenticateContext } from "../kind.js";
import type { Lifecycle, SoftwareComponent } from "./claims.js";
import { keysFor, testKeyName } from "./keys.js";
import type { ArmSettings, ComponentValues, PlatformValues } from "./settings.js";

/** Whose key is asked for. */
export interface Device {
  readonly instanceId: Uint8Array;
  readonly implementationId: Uint8Array;
}

interface KeyChecks {
  /** Check of the key, and of the signature under it. */
  readonly key: string;
  readonly signature: string;
}

/** The caller's keys, and those of certificates given as trust anchors. */
function candidates(
  { instanceId, implementationId }: Device,
  context: AuthenticateContext<ArmSettings>,
): readonly PublicKey[] {
  const anchors = context.anchors.get("arm") ?? [];
  return [
    ...keysFor(context.settings.keys, instanceId, implementationId),
    ...anchors.flatMap(({ key }) => (key === undefined ? [] : [key])),
  ];
}

const MAX_KEYS = 16;

/** Verifies under the first key that fits. Keys that are none of this device's are an answer; no keys at all are a gap. */
export async function verifyDevice(
  message: CoseSign1,
  device: Device,
  ids: KeyChecks,
  context: AuthenticateContext<ArmSettings>,
): Promise<void> {
  const { ledger, crypto, settings, anchors } = context;
  const keys = candidates(device, context).slice(0, MAX_KEYS);
  const params = { instanceId: toHex(device.instanceId), implementationId: toHex(device.implementationId) };
  if (keys.length === 0) {
    const given = settings.keys.length > 0 || anchors.has("arm");
    if (given) ledger.failed(ids.key, "device-key-unknown", params);
    else ledger.undetermined(ids.key, "device-key-missing", params);
    ledger.skipped(ids.signature, ids.key);
    return;
  }
  const valid = await ledger.attempt(ids.signature, () =>
    Promise.all(keys.map((key) => verifyCoseSign1(message, key, crypto))),
  );
  const signer = keys.find((_, index) => valid?.[index]) ?? (keys[0] as PublicKey);
  const test = testKeyName(signer);
  if (test === undefined) ledger.passed(ids.key, params);
  else if (settings.allow.includes("test-key")) ledger.waived(ids.key, "allowed", { ...params, key: test });
  else ledger.failed(ids.key, "test-key", { ...params, key: test });
  if (valid !== undefined) ledger.judge(ids.signature, valid.includes(true), "signature-invalid");
}

export function appraiseLifecycle(id: string, lifecycle: Lifecycle, context: AppraiseContext<ArmSettings>): void {
  const { ledger, settings } = context;
  const params = { lifecycle, accepted: settings.lifecycle };
  if (!settings.lifecycle.includes(lifecycle)) ledger.failed(id, "lifecycle-not-accepted", params);
  // A device that can be debugged, taken by policy: it shows like everything else that the defaults reject.
  else if (lifecycle !== "secured") ledger.waived(id, "allowed", params);
  else ledger.passed(id, params);
}

/** What differs from the closest of the alternatives; empty where one of them fits as a whole. */
export function platformDifferences(
  device: Pick<Device, "implementationId"> & {
    readonly config?: Uint8Array;
    readonly components: readonly SoftwareComponent[];
  },
  alternatives: readonly PlatformValues[],
): readonly string[] {
  const judged = alternatives.map((values) => differences(device, values));
  return judged.reduce((best, next) => (next.length < best.length ? next : best));
}

function differences(
  { implementationId, config, components }: Parameters<typeof platformDifferences>[0],
  values: PlatformValues,
): readonly string[] {
  const among = (accepted: readonly Uint8Array[] | undefined, found: Uint8Array | undefined): boolean =>
    accepted === undefined || accepted.some((value) => found !== undefined && equalBytes(value, found));
  const foreign = components.filter((component) => !values.components.some((wanted) => isComponent(wanted, component)));
  const lacking = values.components.filter((wanted) => !components.some((component) => isComponent(wanted, component)));
  return [
    ...(among(values.implementationId, implementationId) ? [] : ["implementation id"]),
    ...(among(values.config, config) ? [] : ["configuration"]),
    ...foreign.map(
      ({ type, measurement }) => `${type ?? "component"} ${toHex(measurement).slice(0, 16)} is not expected`,
    ),
    ...lacking.map(({ type, measurement }) => `${type ?? "component"} ${toHex(measurement).slice(0, 16)} is missing`),
  ];
}

function isComponent(wanted: ComponentValues, found: SoftwareComponent): boolean {
  return (
    equalBytes(wanted.measurement, found.measurement) &&
    (wanted.signerId === undefined || equalBytes(wanted.signerId, found.signerId)) &&
    (wanted.type === undefined || wanted.type === found.type) &&
    (wanted.version === undefined || wanted.version === found.version)
  );
}

/** The alternatives of an expectation that holds values for this kind; else `undefined`, and the check says why. */
export function alternativesIn<Values>(
  id: string,
  { expected, ledger }: Pick<AppraiseContext<ArmSettings, Values>, "expected" | "ledger">,
): readonly { readonly source: string; readonly values: Values }[] | undefined {
  if (expected.form === "values") return expected.alternatives;
  if (expected.form === "any-build") ledger.waived(id, "any-build");
  else if (expected.form === "manifest-missing")
    ledger.undetermined(id, "manifest-missing", { sha256: expected.sha256 });
  else ledger.failed(id, "no-reference-values");
  return undefined;
}
