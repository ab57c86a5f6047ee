/** A report as normalised claims: plain JSON under the specification's names. */

import { toHex } from "../../encoding/text.js";
import type { AmdProduct } from "../../endorsements/amd-kds.js";
import type { Slot } from "../../expected/binding.js";
import type { Claims } from "../../verdict.js";
import type { MappedStructure } from "../kind.js";
import type { SnpTrusted } from "./authenticate.js";
import { PLATFORM_BITS, POLICY_BITS, readBits } from "./bits.js";
import { reportLayout } from "./layout.js";
import { type SnpReport, versionText } from "./report.js";
import { readTcb } from "./tcb.js";

/** The one place where a SEV-SNP report can carry a binding. */
export function slots(report: SnpReport): readonly Slot[] {
  return [{ name: "reportData", size: 64, value: report.reportData }];
}

export function map(report: SnpReport): readonly MappedStructure[] {
  const layout = reportLayout(report.version);
  return layout === undefined ? [] : [{ layout, offset: 0 }];
}

export function claims(report: SnpReport, trusted: SnpTrusted | undefined): Claims {
  const product = trusted?.product ?? report.product;
  const { key } = trusted ?? {};
  return {
    version: report.version,
    product: product ?? null,
    cpuid: report.cpuid === undefined ? null : { ...report.cpuid },
    guestSvn: report.guestSvn,
    policy: {
      raw: `0x${report.policy.toString(16)}`,
      abiMajor: Number((report.policy >> 8n) & 0xffn),
      abiMinor: Number(report.policy & 0xffn),
      ...readBits(report.policy, POLICY_BITS),
    },
    platformInfo: { raw: `0x${report.platformInfo.toString(16)}`, ...readBits(report.platformInfo, PLATFORM_BITS) },
    vmpl: report.vmpl,
    signingKey: report.signingKey,
    chipKeyMasked: report.chipKeyMasked,
    cspId: key?.cspId ?? null,
    measurement: toHex(report.measurement),
    reportData: toHex(report.reportData),
    hostData: toHex(report.hostData),
    familyId: toHex(report.familyId),
    imageId: toHex(report.imageId),
    idKeyDigest: toHex(report.idKeyDigest),
    authorKeyEnabled: report.authorKeyEnabled,
    authorKeyDigest: toHex(report.authorKeyDigest),
    reportId: toHex(report.reportId),
    reportIdMa: toHex(report.reportIdMa),
    chipId: toHex(report.chipId),
    tcb: {
      reported: tcbClaim(product, report.reportedTcb),
      committed: tcbClaim(product, report.committedTcb),
      current: tcbClaim(product, report.currentTcb),
      launch: tcbClaim(product, report.launchTcb),
    },
    currentVersion: versionText(report.currentVersion),
    committedVersion: versionText(report.committedVersion),
    launchMitVector: report.launchMitVector === undefined ? null : `0x${report.launchMitVector.toString(16)}`,
    currentMitVector: report.currentMitVector === undefined ? null : `0x${report.currentMitVector.toString(16)}`,
  };
}

function tcbClaim(product: AmdProduct | undefined, bytes: Uint8Array): Claims {
  return { raw: toHex(bytes), ...(product === undefined ? {} : { ...readTcb(product, bytes) }) };
}
