/** Is the report genuine: chain to NVIDIA's device root, revocation, chip, firmware identifier, signature, and the manifests to compare with. */

import { beside } from "../../crypto/started.js";
import { equalBytes } from "../../encoding/bytes.js";
import { toHex } from "../../encoding/text.js";
import type { Certificate } from "../../trust/certificate.js";
import { differences } from "../../trust/cross-check.js";
import { pathFaults, validityFaults } from "../../trust/path.js";
import { NVIDIA_DEVICE_PROFILE } from "../../trust/profiles-nvidia.js";
import type { AuthenticateContext, Authenticated } from "../kind.js";
import {
  anchorsFor,
  buildChain,
  type Chain,
  chipOf,
  chooseLeaf,
  firmwareId,
  nvidiaCertificates,
  signedBy,
  ueidOf,
} from "./chain.js";
import { checkId } from "./checks.js";
import { authenticateRims, type TrustedRim } from "./manifests.js";
import type { NvidiaReport } from "./report.js";
import { checkRevocation } from "./revocation.js";
import type { RimSlot } from "./rim.js";
import type { NvidiaSettings } from "./settings.js";

type Context = AuthenticateContext<NvidiaSettings>;

/** What the signatures vouch for beside the report. */
export interface NvidiaTrusted {
  readonly chip: string | undefined;
  readonly ueid: string | undefined;
  readonly rims: ReadonlyMap<RimSlot, readonly TrustedRim[]>;
  readonly revocationChecked: boolean;
}

export async function authenticate(report: NvidiaReport, context: Context): Promise<Authenticated<NvidiaTrusted>> {
  const id = checkId(report, "certificate-chain");
  const certificates = nvidiaCertificates(context.endorsements.certificates);
  const leaf = await context.ledger.attempt(id, () => chooseLeaf(report, certificates, context.crypto));
  const chip = leaf === undefined ? undefined : chipOf(leaf);
  const [rims, chain] = await Promise.all([
    authenticateRims(report, chip, context),
    leaf === undefined ? noLeaf(report, certificates, context) : checkLeaf(report, leaf, certificates, context),
    checkSupplied(report, certificates, context),
  ]);
  const all = [...rims.values()].flat();
  const revocationChecked = chain === undefined ? false : await checkRevocation(report, chain, all, context);
  crossCheck(report, [...certificates, ...all.flatMap((rim) => rim.chain)], context);
  const trusted = { chip, ueid: leaf === undefined ? undefined : ueidOf(leaf), rims, revocationChecked };
  return { trusted, validUntil: endOf(chain, all) };
}

const OF_THE_LEAF = [
  "certificate-path",
  "certificate-validity",
  "revocation",
  "chip",
  "firmware-id",
  "report-signature",
];

function noLeaf(report: NvidiaReport, certificates: readonly Certificate[], { ledger }: Context): undefined {
  const id = checkId(report, "certificate-chain");
  // A device hands its chain out whole: a part of it without the signer is not what a device gave.
  if (certificates.length === 0) ledger.undetermined(id, "certificate-missing");
  else ledger.failed(id, "certificate-chain-incomplete", { missing: "the signer's certificate" });
  for (const name of OF_THE_LEAF) ledger.skipped(checkId(report, name), id);
  return undefined;
}

async function checkLeaf(
  report: NvidiaReport,
  leaf: Certificate,
  certificates: readonly Certificate[],
  context: Context,
): Promise<Chain | undefined> {
  const { ledger, crypto, anchors } = context;
  const signature = beside(ledger.attempt(checkId(report, "report-signature"), () => signedBy(report, leaf, crypto)));
  const id = checkId(report, "certificate-chain");
  const chain = await ledger.attempt(id, () => buildChain(leaf, certificates, anchorsFor("device", anchors)));
  checkChip(report, leaf, context);
  await checkFirmware(report, leaf, context);
  if (chain !== undefined) await checkPath(report, chain, context);
  else for (const name of OF_THE_LEAF.slice(0, 3)) ledger.skipped(checkId(report, name), id);
  const valid = await signature;
  if (valid !== undefined) ledger.judge(checkId(report, "report-signature"), valid, "signature-invalid");
  return chain;
}

async function checkPath(report: NvidiaReport, chain: Chain, context: Context): Promise<void> {
  const { ledger, crypto, at } = context;
  const { certificates, anchor, end } = chain;
  const ids = ["certificate-chain", "certificate-path", "certificate-validity"].map((name) => checkId(report, name));
  const [chainId, pathId, validityId] = ids as [string, string, string];
  if (anchor === undefined) {
    if (end === "foreign") ledger.failed(chainId, "issuer-unknown");
    else
      ledger.failed(chainId, "certificate-chain-incomplete", {
        missing: `the issuer of certificate ${certificates.length}`,
      });
    ledger.skipped(pathId, chainId);
    ledger.skipped(validityId, chainId);
    return;
  }
  ledger.passed(chainId, { count: certificates.length, anchor: anchor.name });
  const faults = await ledger.attempt(pathId, () =>
    pathFaults({ chain: certificates, anchor, profile: NVIDIA_DEVICE_PROFILE, crypto }),
  );
  if (faults !== undefined) ledger.path(pathId, faults, { anchor: anchor.name, anchors: anchor.origin });
  ledger.path(validityId, validityFaults(certificates, anchor, at), { at: iso(at) });
}

/** The certificate's name says which chip signed; the report, whether it is a GPU's or a switch's. */
function checkChip(report: NvidiaReport, leaf: Certificate, { ledger }: Context): void {
  const chip = chipOf(leaf);
  const id = checkId(report, "chip");
  const isSwitch = chip?.startsWith("LS") === true;
  if (chip === undefined) ledger.failed(id, "chip-unknown");
  else ledger.judge(id, isSwitch === (report.device === "switch"), "chip-mismatch", { chip, device: report.device });
}

/** A leaf from another GPU is as genuine as this one's: the firmware that holds its key is what ties both. */
async function checkFirmware(report: NvidiaReport, leaf: Certificate, { ledger }: Context): Promise<void> {
  const id = checkId(report, "firmware-id");
  const { fwid } = report;
  if (fwid === undefined) return ledger.passed(id, { fwid: "none" }, "absent");
  await ledger.attempt(id, () => {
    const certified = firmwareId(leaf);
    const equal = certified !== undefined && equalBytes(certified, fwid);
    const params = { fwid: toHex(fwid), certified: certified === undefined ? "none" : toHex(certified) };
    ledger.judge(id, equal, "firmware-id-mismatch", params);
  });
}

/** A certificate under the name of one of NVIDIA's roots must be that root, byte for byte (design, rule 1). */
async function checkSupplied(
  report: NvidiaReport,
  certificates: readonly Certificate[],
  context: Context,
): Promise<void> {
  const { ledger, crypto, anchors } = context;
  const id = checkId(report, "supplied-certificates");
  const known = [...anchorsFor("device", anchors), ...anchorsFor("rim", anchors)];
  const roots = certificates.filter(({ subject }) => known.some((anchor) => equalBytes(anchor.subject, subject)));
  ledger.passed(id, { count: roots.length });
  await ledger.attempt(id, async () => {
    for (const root of roots) {
      const sha256 = toHex(await crypto.digest("SHA-256", root.der));
      if (!known.some((anchor) => anchor.sha256 === sha256)) ledger.failed(id, "authority-not-pinned", { sha256 });
    }
  });
}

function crossCheck(
  report: NvidiaReport,
  certificates: readonly Certificate[],
  { ledger, crossCheck: second, endorsements }: Context,
): void {
  if (second === undefined) return;
  const fields = differences(second, certificates, endorsements.crls);
  const params = { reader: second.name, fields };
  ledger.judge(checkId(report, "cross-check"), fields.length === 0, "cross-check-disagrees", params);
}

function endOf(chain: Chain | undefined, rims: readonly TrustedRim[]): number | undefined {
  const ends = [
    ...(chain?.certificates ?? []).map(({ notAfter }) => notAfter),
    ...rims.map(({ validUntil }) => validUntil),
  ];
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
