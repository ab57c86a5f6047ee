/** Is the report genuine: the endorsement key's chain to AMD, its revocation, what binds key and report, and the signature. */

import type { Crypto, PublicKey } from "../../crypto/crypto.js";
import { beside, started } from "../../crypto/started.js";
import { allBytes, equalBytes } from "../../encoding/bytes.js";
import { MalformedError } from "../../encoding/malformed.js";
import { toHex } from "../../encoding/text.js";
import type { AmdProduct } from "../../endorsements/amd-kds.js";
import { type Certificate, commonName } from "../../trust/certificate.js";
import { differences } from "../../trust/cross-check.js";
import { type PathFault, pathFaults, validityFaults } from "../../trust/path.js";
import { AMD_PROFILE } from "../../trust/profiles.js";
import type { AuthenticateContext, Authenticated } from "../kind.js";
import { type AmdAuthority, authorities, type Chain, chainsOf, issuerNameOf, suppliedAuthorities } from "./chain.js";
import { chooseKey, hwidMatches, inFixedOrder } from "./choose.js";
import { type EndorsementKey, readEndorsementKey } from "./ek.js";
import type { SnpReport } from "./report.js";
import { checkRevocation } from "./revocation.js";
import type { SnpSettings } from "./settings.js";
import { TCB_COMPONENTS } from "./tcb.js";

/** What the appraisal may build on. Nothing here is trusted unless the checks of this stage passed. */
export interface SnpTrusted {
  readonly product: AmdProduct | undefined;
  readonly key: EndorsementKey | undefined;
  readonly revocationChecked: boolean;
}

type Context = AuthenticateContext<SnpSettings>;

export async function authenticate(report: SnpReport, given: Context): Promise<Authenticated<SnpTrusted>> {
  const { certificates, crls } = given.endorsements;
  const endorsements = { ...given.endorsements, certificates: inFixedOrder(certificates), crls: inFixedOrder(crls) };
  const context: Context = { ...given, endorsements };
  const known = authorities(context.anchors);
  const certificate = chooseKey(report, certificates);
  if (certificate === undefined) {
    missingKey(report, context);
    await Promise.all([checkSupplied(known, context), checkRevocation(report, undefined, known, context)]);
    return { trusted: { product: report.product, key: undefined, revocationChecked: false }, validUntil: undefined };
  }
  // The signatures are what verification costs: each starts as soon as it can, the longest first, and everything else runs beside them.
  const signature = beside(checkSignature(report, certificate, context));
  await started();
  const path = beside(checkChain(certificate, known, context));
  const supplied = beside(checkSupplied(known, context));
  await started();
  const key = checkProfile(certificate, context);
  checkKeyType(report, key, context);
  checkBinding(report, key, context);
  crossCheck(certificate, context);
  const product = report.product ?? key?.product;
  const settled = Promise.all([path.then((chain) => settle(report, key, chain, known, context)), signature, supplied]);
  // Without a list there is nothing to wait for that the appraisal has to know.
  if (crls.length === 0)
    return {
      trusted: { product, key, revocationChecked: false },
      settled: settled.then(([{ validUntil }]) => validUntil),
    };
  const [{ revocationChecked, validUntil }] = await settled;
  return { trusted: { product, key, revocationChecked }, validUntil };
}

/** What can only be said once the path is known. */
async function settle(
  report: SnpReport,
  key: EndorsementKey | undefined,
  chain: Chain | undefined,
  known: readonly AmdAuthority[],
  context: Context,
): Promise<{ readonly revocationChecked: boolean; readonly validUntil: number | undefined }> {
  if (key !== undefined) checkProduct(report, key, chain?.authority, context);
  const { checked, validUntil } = await checkRevocation(report, chain, known, context);
  return { revocationChecked: checked, validUntil: endOf(chain, validUntil) };
}

/** What ties this certificate to this report. */
function checkBinding(report: SnpReport, key: EndorsementKey | undefined, context: Context): void {
  if (key === undefined) {
    for (const name of ["product", "certificate-tcb", "certificate-chip"])
      context.ledger.skipped(`sev-snp/${name}`, "sev-snp/certificate-profile");
    return;
  }
  checkTcb(report, key, context);
  checkChip(report, key, context);
}

function missingKey(report: SnpReport, { ledger, unmet }: Context): void {
  const found = unmet.find(({ need }) => need.id === "vcek" || need.id === "vlek");
  if (report.signingKey === "none") ledger.failed("sev-snp/endorsement-key", "not-signed");
  else {
    const { what = "the endorsement key's certificate", candidates = [], obtain = "" } = found?.need ?? {};
    const tried = found?.failures ?? [];
    const where = candidates.length > 0 ? `Fetch it from ${candidates.join(" or ")}` : obtain;
    ledger.undetermined("sev-snp/endorsement-key", "certificate-missing", {
      what,
      addresses: candidates,
      where,
      tried: tried.length === 0 ? "" : ` Tried: ${tried.join("; ")}.`,
    });
  }
  for (const name of [
    "certificate-profile",
    "certificate-path",
    "certificate-validity",
    "product",
    "certificate-tcb",
    "certificate-chip",
    "report-signature",
  ]) {
    ledger.skipped(`sev-snp/${name}`, "sev-snp/endorsement-key");
  }
}

async function checkSignature(report: SnpReport, certificate: Certificate, { ledger, crypto }: Context): Promise<void> {
  const id = "sev-snp/report-signature";
  const valid = await ledger.attempt(id, () => verifyReport(report, certificate.publicKey, crypto));
  if (valid !== undefined) ledger.judge(id, valid, "signature-invalid");
}

async function verifyReport(report: SnpReport, key: PublicKey | undefined, crypto: Crypto): Promise<boolean> {
  if (key?.type !== "ec" || key.curve !== "P-384") return false;
  return crypto.verify({ name: "ECDSA", hash: "SHA-384" }, key, report.signature, report.signed);
}

/** Path and dates. Where several chains are possible, one that holds is enough: the anchor is pinned in each. */
async function checkChain(
  certificate: Certificate,
  known: readonly AmdAuthority[],
  context: Context,
): Promise<Chain | undefined> {
  const { ledger, crypto, at, endorsements } = context;
  const chains = chainsOf(certificate, endorsements.certificates, known);
  const judged = await ledger.attempt("sev-snp/certificate-path", () =>
    firstValid(chains, (chain) =>
      pathFaults({ chain: chain.certificates, anchor: chain.authority.anchor, profile: AMD_PROFILE, crypto }),
    ),
  );
  if (chains.length === 0) ledger.failed("sev-snp/certificate-path", "issuer-unknown");
  if (judged === undefined) {
    ledger.skipped("sev-snp/certificate-validity", "sev-snp/certificate-path");
    return undefined;
  }
  const { chain, faults } = judged;
  const names = [
    ...chain.certificates.slice(1).map(() => "an intermediate"),
    chain.authority.anchor.name,
    ...(chain.authority.root === undefined ? [] : [chain.authority.root.name]),
  ];
  ledger.path("sev-snp/certificate-path", faults, { chain: names, anchors: chain.authority.anchor.origin });
  const { anchor, root } = chain.authority;
  const dates = [
    ...validityFaults(chain.certificates, anchor, at),
    ...(root === undefined ? [] : validityFaults([], root, at)),
  ];
  ledger.path("sev-snp/certificate-validity", dates, {
    from: iso(certificate.notBefore),
    until: iso(certificate.notAfter),
    at: iso(at),
  });
  return chain;
}

async function firstValid(
  chains: readonly Chain[],
  judge: (chain: Chain) => Promise<readonly PathFault[]>,
): Promise<{ chain: Chain; faults: readonly PathFault[] } | undefined> {
  let first: { chain: Chain; faults: readonly PathFault[] } | undefined;
  for (const chain of chains) {
    const faults = await judge(chain);
    if (faults.length === 0) return { chain, faults };
    first ??= { chain, faults };
  }
  return first;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

/**
 * A certificate that came under the name of one of AMD's authorities must be that authority: pinned byte for byte, or issued by
 * a pinned root. A root that arrives is never an anchor (design, rule 1).
 */
async function checkSupplied(known: readonly AmdAuthority[], context: Context): Promise<void> {
  const { ledger, crypto, endorsements } = context;
  const named = suppliedAuthorities(endorsements.certificates, known);
  ledger.passed("sev-snp/supplied-certificates", { count: named.length });
  await ledger.attempt("sev-snp/supplied-certificates", async () => {
    for (const certificate of named) {
      const sha256 = toHex(await crypto.digest("SHA-256", certificate.der));
      if (known.some(({ anchor }) => anchor.sha256 === sha256)) continue;
      const chains = equalBytes(certificate.issuer, certificate.subject)
        ? []
        : known.filter(({ anchor }) => equalBytes(anchor.subject, certificate.issuer));
      const judged = await Promise.all(
        chains.map(({ anchor }) =>
          pathFaults({ chain: [certificate], anchor, profile: AMD_PROFILE, crypto, first: "issuer" }),
        ),
      );
      if (!judged.some((faults) => faults.length === 0))
        ledger.failed("sev-snp/supplied-certificates", "authority-not-pinned", { sha256 });
    }
  });
}

function checkProfile(certificate: Certificate, { ledger }: Context): EndorsementKey | undefined {
  try {
    const key = readEndorsementKey(certificate);
    ledger.passed("sev-snp/certificate-profile", { type: key.type, product: key.product });
    return key;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    ledger.failed("sev-snp/certificate-profile", "certificate-profile", { reason: error.reason });
    return undefined;
  }
}

/** The report says which kind of key signed it; a certificate of the other kind is never taken for it. */
function checkKeyType(evidence: SnpReport, key: EndorsementKey | undefined, { ledger }: Context): void {
  const { signingKey } = evidence;
  if (signingKey === "none") ledger.failed("sev-snp/endorsement-key", "not-signed");
  else if (key === undefined) ledger.skipped("sev-snp/endorsement-key", "sev-snp/certificate-profile");
  else
    ledger.judge("sev-snp/endorsement-key", key.type === signingKey, "signing-key-mismatch", {
      signingKey,
      type: key.type,
    });
}

function checkProduct(
  evidence: SnpReport,
  key: EndorsementKey,
  authority: AmdAuthority | undefined,
  { ledger }: Context,
): void {
  const issuer = commonName(key.certificate.issuer) ?? "unknown";
  // Version 2 reports do not name their product and only Milan and Genoa made them.
  const fits = evidence.product === undefined ? key.product !== "Turin" : evidence.product === key.product;
  const issued = issuer === issuerNameOf(key.product, key.type) && authority?.product === key.product;
  // Without a chain there is no authority to compare: the path says so.
  ledger.judge("sev-snp/product", fits && (authority === undefined || issued), "product-mismatch", {
    certificate: key.product,
    report: evidence.product ?? "not named (version 2)",
    authority: issuer,
  });
}

/** AMD 57230: the key is derived from the reported TCB, so every level of the certificate equals it. */
function checkTcb(evidence: SnpReport, key: EndorsementKey, { ledger }: Context): void {
  const differing = TCB_COMPONENTS[key.product]
    .filter(({ byte }) => key.tcb[byte] !== evidence.reportedTcb[byte])
    .map(({ name }) => name);
  const params = { certificate: toHex(key.tcb), report: toHex(evidence.reportedTcb), components: differing };
  ledger.judge("sev-snp/certificate-tcb", differing.length === 0, "tcb-mismatch", params);
}

function checkChip(evidence: SnpReport, key: EndorsementKey, { ledger }: Context): void {
  const id = "sev-snp/certificate-chip";
  if (key.hwid === undefined) ledger.passed(id, { holder: `the cloud ${key.cspId ?? ""}` }, "vlek");
  else if (allBytes(evidence.chipId)) ledger.failed(id, "chip-id-masked");
  else
    ledger.judge(id, hwidMatches(key.hwid, evidence.chipId), "chip-mismatch", {
      holder: `chip ${toHex(key.hwid).slice(0, 16)}`,
      certificate: toHex(key.hwid),
      report: toHex(evidence.chipId),
    });
}

function crossCheck(certificate: Certificate, { ledger, crossCheck: second, endorsements }: Context): void {
  if (second === undefined) return;
  const fields = differences(
    second,
    [certificate, ...endorsements.certificates.filter((other) => other !== certificate)],
    endorsements.crls,
  );
  ledger.judge("sev-snp/cross-check", fields.length === 0, "cross-check-disagrees", { reader: second.name, fields });
}

function endOf(chain: Chain | undefined, lists: readonly number[]): number | undefined {
  if (chain === undefined) return undefined;
  const { anchor, root = anchor } = chain.authority;
  return Math.min(...chain.certificates.map(({ notAfter }) => notAfter), anchor.notAfter, root.notAfter, ...lists);
}
