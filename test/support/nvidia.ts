/** Forged GPU and switch reports with all that they need, through the front door, and what came of their checks. */
import { forgeChain, goodAnswers, OCSP_TIME } from "../../fixtures/nvidia/chain.js";
import { DRIVER, forgeReport, NONCE, type ReportRequest, VBIOS } from "../../fixtures/nvidia/report.js";
import { forgeRim, forgeRimChain, goldenFor } from "../../fixtures/nvidia/rim.js";
import { pem } from "../../fixtures/x509.js";
import { toHex, toUtf8 } from "../../src/encoding/text.js";
import { verify } from "../../src/nvidia.js";
import type { Check, Verdict } from "../../src/verdict.js";

export type NvidiaOptions = Partial<Parameters<typeof verify>[1]>;

/** Inside the validity of every forged certificate and answer. */
export const AT: Date = new Date(OCSP_TIME + 3_600_000);

export const driverRim: Uint8Array = toUtf8(forgeRim({ version: DRIVER, golden: goldenFor(7, 38, 40) }));
export const vbiosRim: Uint8Array = toUtf8(forgeRim({ version: VBIOS, golden: goldenFor(0, 1, 2, 9) }));
export const switchRim: Uint8Array = toUtf8(
  forgeRim({ version: "96.10.55.00.01", product: "LS10", golden: goldenFor(0, 3, 30) }),
);

const roots = (): Uint8Array[] => [forgeChain().root, forgeRimChain()[3] as Uint8Array];
export const ANCHORS: { readonly nvidia: readonly Uint8Array[] } = { nvidia: roots() };

/** Certificates of a chain, in the order in which a device hands them out. */
export function certificatesOf(chain: ReturnType<typeof forgeChain> = forgeChain()): readonly Uint8Array[] {
  return [chain.leaf, chain.brom, chain.provisioner, chain.identity, chain.root];
}

/** All that a forged GPU needs. */
export function complete(): readonly Uint8Array[] {
  return [...certificatesOf(), ...goodAnswers(), driverRim, vbiosRim];
}

export function judgeGpu(
  report: ReportRequest | Uint8Array = {},
  options: NvidiaOptions = {},
  endorsements: readonly Uint8Array[] = complete(),
): Promise<Verdict> {
  return verify(report instanceof Uint8Array ? report : forgeReport(report), {
    expected: { "nvidia-gpu": { driverVersion: DRIVER, vbiosVersion: VBIOS } },
    covers: "firmware",
    binding: { nonce: NONCE },
    at: AT,
    trustAnchors: ANCHORS,
    endorsements,
    ...options,
  });
}

export function judgeSwitch(
  report: ReportRequest = {},
  options: NvidiaOptions = {},
  endorsements: readonly Uint8Array[] = [
    ...certificatesOf(forgeChain({ chip: "LS_10" })),
    ...goodAnswers("LS_10"),
    switchRim,
  ],
): Promise<Verdict> {
  return verify(forgeReport({ device: "switch", ...report }), {
    expected: { "nvidia-switch": { vbiosVersion: "96.10.55.00.01" } },
    covers: "firmware",
    binding: { nonce: NONCE },
    at: AT,
    trustAnchors: ANCHORS,
    endorsements,
    ...options,
  });
}

const chains = new Map<string, ReturnType<typeof forgeChain>>();
/** The chain of the device of this serial number, made once. */
export function chainFor(chip: string, serial: number): ReturnType<typeof forgeChain> {
  const key = `${chip} ${serial}`;
  const made = chains.get(key) ?? forgeChain({ chip, changes: { leaf: { serial } } });
  chains.set(key, made);
  return made;
}

export type Item = Readonly<Record<string, unknown>>;
interface DeviceRequest {
  readonly report?: ReportRequest;
  readonly serial?: number;
  readonly labels?: Item;
}

/** One device of a list, as NVIDIA's tools write it. */
export function item(device: "gpu" | "switch", { report = {}, serial = 5, labels = {} }: DeviceRequest = {}): Item {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  const chain = device === "gpu" ? chainFor("GH100", serial) : chainFor("LS_10", 100 + serial);
  return {
    arch: device === "gpu" ? "HOPPER" : "LS10",
    nonce: toHex(NONCE),
    evidence: base64(forgeReport({ device, ...report })),
    certificate: base64(toUtf8(pem("CERTIFICATE", ...certificatesOf(chain)))),
    ...labels,
  };
}

/** All that a forged list needs beside its chains. */
export function listEndorsements(): readonly Uint8Array[] {
  return [...goodAnswers("GH100"), ...goodAnswers("LS_10"), driverRim, vbiosRim, switchRim];
}

/** `check code` of all that failed, without the kind in front. */
export function failures({ checks }: Verdict): readonly string[] {
  return checks
    .filter(({ status }) => status === "failed")
    .map(({ id, code }) => `${id.slice(id.indexOf("/") + 1)} ${code}`);
}

/** `check code` of all required checks that neither passed nor failed. */
export function open({ checks }: Verdict): readonly string[] {
  return checks
    .filter(({ status, required }) => required && (status === "undetermined" || status === "skipped"))
    .map(({ id, code, blockedBy }) => `${id.slice(id.indexOf("/") + 1)} ${code ?? `after ${blockedBy}`}`);
}

export function checkNamed({ checks }: Verdict, name: string): Check | undefined {
  return checks.find(({ id }) => id === name || id.endsWith(`/${name}`));
}

/** The reason of the check that found bytes malformed. */
export function malformedReason({ checks }: Verdict): string {
  return String(checks.find(({ code }) => code === "malformed")?.params.reason ?? "");
}
