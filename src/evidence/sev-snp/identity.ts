/** Whose machine and whose guest: id block, report ids, product, chip and cloud, each only where the caller demands it. */

import { allBytes, equalBytes } from "../../encoding/bytes.js";
import { toHex } from "../../encoding/text.js";
import type { AppraiseContext } from "../kind.js";
import type { SnpTrusted } from "./authenticate.js";
import type { SnpReport } from "./report.js";
import type { SnpReference, SnpSettings } from "./settings.js";

type Context = AppraiseContext<SnpSettings, SnpReference>;

export function appraiseIdentity(report: SnpReport, trusted: SnpTrusted | undefined, context: Context): void {
  appraiseIdBlock(report, context);
  appraiseReportIds(report, context);
  appraiseProduct(trusted, context);
  appraiseChip(report, trusted, context);
  appraiseCsp(trusted, context);
}

function contains(set: readonly Uint8Array[], value: Uint8Array): boolean {
  return set.some((item) => equalBytes(item, value));
}

function appraiseIdBlock(report: SnpReport, { ledger, settings }: Context): void {
  if (!settings.requireIdBlock && !settings.requireAuthorKey) return;
  const id = "sev-snp/id-block";
  const params = { idKeyDigest: toHex(report.idKeyDigest), authorKeyDigest: toHex(report.authorKeyDigest) };
  if (allBytes(report.idKeyDigest)) ledger.failed(id, "id-block-missing", params);
  else ledger.judge(id, !settings.requireAuthorKey || report.authorKeyEnabled, "author-key-missing", params);
}

function appraiseReportIds(report: SnpReport, { ledger, settings }: Context): void {
  const { reportId, reportIdMa } = settings;
  if (reportId === undefined && reportIdMa === undefined) return;
  const matches =
    (reportId === undefined || contains(reportId, report.reportId)) &&
    (reportIdMa === undefined || contains(reportIdMa, report.reportIdMa));
  ledger.judge("sev-snp/report-ids", matches, "report-id-mismatch", {
    reportId: toHex(report.reportId),
    reportIdMa: toHex(report.reportIdMa),
  });
}

function appraiseProduct(trusted: SnpTrusted | undefined, { ledger, settings }: Context): void {
  const { products } = settings;
  if (products === undefined) return;
  const product = trusted?.product;
  if (product === undefined) ledger.undetermined("sev-snp/product-accepted", "product-unknown", {}, true);
  else
    ledger.judge("sev-snp/product-accepted", products.includes(product), "product-not-accepted", {
      product,
      accepted: products,
    });
}

/** A chip id of zeros is masked: it identifies no chip and matches no list, whatever the list holds. */
function appraiseChip(report: SnpReport, trusted: SnpTrusted | undefined, { ledger, settings }: Context): void {
  const { chipIds, deniedChipIds } = settings;
  if (chipIds === undefined && deniedChipIds === undefined) return;
  const id = "sev-snp/chip-accepted";
  const chipId = toHex(report.chipId);
  const unidentified = allBytes(report.chipId) || trusted?.key?.type === "VLEK";
  if (unidentified) ledger.failed(id, "chip-not-identified", { chipId });
  else if (deniedChipIds !== undefined && contains(deniedChipIds, report.chipId))
    ledger.failed(id, "chip-denied", { chipId });
  else ledger.judge(id, chipIds === undefined || contains(chipIds, report.chipId), "chip-not-accepted", { chipId });
}

function appraiseCsp(trusted: SnpTrusted | undefined, { ledger, settings }: Context): void {
  const { cspIds } = settings;
  if (cspIds === undefined) return;
  const id = "sev-snp/csp-accepted";
  if (trusted?.key === undefined)
    ledger.undetermined(
      id,
      "certificate-missing",
      { what: "the VLEK certificate", addresses: [], where: "", tried: "" },
      true,
    );
  else
    ledger.judge(id, trusted.key.cspId !== undefined && cspIds.includes(trusted.key.cspId), "csp-not-accepted", {
      cspId: trusted.key.cspId ?? "none",
      accepted: cspIds,
    });
}
