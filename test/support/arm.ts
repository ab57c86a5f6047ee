/** Forged CCA and PSA tokens through the front door, and what came of their checks. */
import {
  type CcaRequest,
  CHALLENGE,
  COMPONENTS,
  CONFIG,
  DEVICE_KEY,
  forgeCca,
  forgePsa,
  IMPLEMENTATION,
  INSTANCE,
  NONCE,
  PLATFORM_KEY,
  type PsaRequest,
  RIM,
} from "../../fixtures/arm/token.js";
import type { TestKey } from "../../fixtures/keys.js";
import { verify } from "../../src/arm.js";
import type { EvidenceSource } from "../../src/evidence/envelope.js";
import type { Check, Verdict } from "../../src/verdict.js";

export type ArmOptions = Partial<Parameters<typeof verify>[1]>;

export const jwk = (key: TestKey) => {
  const { kty, crv, x, y } = key.privateKey.export({ format: "jwk" });
  return { kty, crv, x, y } as { kty: "EC"; crv: string; x: string; y: string };
};

export const PLATFORM = { components: COMPONENTS, implementationId: IMPLEMENTATION, config: CONFIG };
const BASE: Parameters<typeof verify>[1] = {
  expected: { "arm-cca": { rim: RIM, platform: PLATFORM }, "arm-psa": { platform: { components: COMPONENTS } } },
  binding: { reportData: CHALLENGE },
  policy: {
    "arm-cca": { keys: { key: jwk(PLATFORM_KEY), instanceId: INSTANCE } },
    "arm-psa": { keys: { key: jwk(DEVICE_KEY), instanceId: INSTANCE, implementationId: IMPLEMENTATION } },
  },
};

export const judgeToken = (token: EvidenceSource, options: ArmOptions = {}): Promise<Verdict> =>
  verify(token, { ...BASE, ...options });
export const judgeCca = (request: CcaRequest = {}, options: ArmOptions = {}): Promise<Verdict> =>
  judgeToken(forgeCca(request), options);
export const judgePsa = (request: PsaRequest = {}, options: ArmOptions = {}): Promise<Verdict> =>
  judgeToken(forgePsa(request), { binding: { nonce: NONCE }, ...options });

/** `check code` of all that failed, without the kind in front. */
export function failures({ checks }: Verdict): readonly string[] {
  return checks
    .filter(({ status }) => status === "failed")
    .map(({ id, code }) => `${id.slice(id.indexOf("/") + 1)} ${code}`);
}

export function checkNamed({ checks }: Verdict, name: string): Check | undefined {
  return checks.find(({ id }) => id.endsWith(`/${name}`));
}

export function malformedReason({ checks }: Verdict): string {
  return String(checks.find(({ code }) => code === "malformed")?.params.reason ?? "");
}
