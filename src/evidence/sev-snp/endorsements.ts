/** Which endorsements a report still needs, and where they can be had (AMD 57230, sections 4 and 5). */

import { allBytes, equalBytes } from "../../encoding/bytes.js";
import { demand } from "../../encoding/malformed.js";
import { toHex } from "../../encoding/text.js";
import { type AmdProduct, crlAddress, vcekAddress } from "../../endorsements/amd-kds.js";
import type { EndorsementSet } from "../../endorsements/endorsements.js";
import { type Certificate, parseCertificate } from "../../trust/certificate.js";
import { type Crl, parseCrl } from "../../trust/crl.js";
import { amdName } from "../../trust/roots/amd-name.js";
import type { FetchedAnswer, Need, Vouching } from "../kind.js";
import { isIssued } from "./chain.js";
import { chooseKey, fits } from "./choose.js";
import { readEndorsementKey } from "./ek.js";
import type { SnpReport } from "./report.js";
import { isList } from "./revocation.js";
import type { SnpSettings } from "./settings.js";
import { TCB_COMPONENTS } from "./tcb.js";

export function needs(report: SnpReport, endorsements: EndorsementSet, settings: SnpSettings): readonly Need[] {
  const key = chooseKey(report, endorsements.certificates);
  const wanted: Need[] = [];
  // One that does not fit is stale or another machine's: it is what gets judged only where nothing better comes.
  if ((key === undefined || !fits(report, key)) && report.signingKey !== "none")
    wanted.push(endorsementKeyNeed(report, endorsements.certificates));
  // Without a demand for it nobody is asked: AMD's service is slow, and the question tells it which machine is being judged.
  if (settings.revocation === "required") wanted.push(...crlNeed(report, key, endorsements.crls));
  return wanted;
}

function endorsementKeyNeed(report: SnpReport, supplied: readonly Certificate[]): Need {
  const accept = async ({ body }: FetchedAnswer, by?: Vouching): Promise<readonly Uint8Array[]> => {
    const key = parseCertificate(body);
    demand(fits(report, key), "it is not the certificate of this report's key");
    demand(by === undefined || (await isIssued(key, supplied, by)), "AMD did not issue it, or not for this time");
    return [body];
  };
  if (report.signingKey === "VLEK") {
    const what = "the VLEK certificate of the cloud that runs this machine";
    return {
      id: "vlek",
      what,
      candidates: [],
      obtain: "AMD gives it to that cloud alone: ask the operator, whose host hands it out with the extended report",
      accept,
    };
  }
  const what = "the VCEK certificate of this chip at its reported TCB";
  if (allBytes(report.chipId)) {
    return {
      id: "vcek",
      what,
      candidates: [],
      obtain:
        "the host masks its chip id, so nobody can look it up: ask the operator for the certificate or for an extended report",
      accept,
    };
  }
  return { id: "vcek", what, candidates: vcekCandidates(report), accept };
}

/** Exact where the report names its product; version 2 does not, and Turin never made such a report. */
function vcekCandidates(report: SnpReport): readonly string[] {
  const products: readonly AmdProduct[] = report.product === undefined ? ["Milan", "Genoa"] : [report.product];
  return products.map((product) => {
    const hwid = toHex(product === "Turin" ? report.chipId.subarray(0, 8) : report.chipId);
    const levels = TCB_COMPONENTS[product].flatMap(({ byte, parameter }) =>
      parameter === undefined ? [] : [[parameter, report.reportedTcb[byte] as number] as const],
    );
    return vcekAddress(product, hwid, levels);
  });
}

/** A list of the product's own root: lists of other roots say nothing about this chain. */
function crlNeed(report: SnpReport, key: Certificate | undefined, crls: readonly Crl[]): readonly Need[] {
  const product = report.product ?? productOfKey(key);
  if (product === undefined) return [];
  const issuer = amdName(`ARK-${product}`);
  if (crls.some((crl) => equalBytes(crl.issuer, issuer))) return [];
  const what = `the certificate revocation list of AMD's ${product} line`;
  const accept = async ({ body }: FetchedAnswer, by?: Vouching): Promise<readonly Uint8Array[]> => {
    const crl = parseCrl(body);
    demand(equalBytes(crl.issuer, issuer), `it is not a list of ARK-${product}`);
    demand(by === undefined || (await isList(crl, by)), `ARK-${product} did not sign it, or not for this time`);
    return [body];
  };
  return [
    { id: "amd-crl", what, candidates: [crlAddress(product, report.signingKey === "VLEK" ? "vlek" : "vcek")], accept },
  ];
}

function productOfKey(key: Certificate | undefined): AmdProduct | undefined {
  try {
    return key === undefined ? undefined : readEndorsementKey(key).product;
  } catch {
    // The key is judged where it is authenticated; here it merely names no product.
    return undefined;
  }
}
