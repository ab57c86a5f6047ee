/** Revocation of the authorities above an endorsement key (RFC 5280, section 6.3; AMD 57230, section 4). */

import { equalBytes } from "../../encoding/bytes.js";
import type { TrustAnchor } from "../../trust/anchors.js";
import { type Crl, issuerHolds } from "../../trust/crl.js";
import { AMD_PROFILE } from "../../trust/profiles.js";
import { type RevocationFault, revocationFaults } from "../../trust/revocation.js";
import type { AuthenticateContext, Vouching } from "../kind.js";
import { type AmdAuthority, authorities, type Chain, signsCrls } from "./chain.js";
import type { SnpReport } from "./report.js";
import type { SnpSettings } from "./settings.js";

type Context = AuthenticateContext<SnpSettings>;

export interface Revocation {
  /** Whether a valid list of the chain's own root was looked into. */
  readonly checked: boolean;
  /** Ends of the lists that were relied on, milliseconds since 1970. */
  readonly validUntil: readonly number[];
}

const ID = "sev-snp/revocation";
/** In the names of all of AMD's authorities. */
const AMD = "Advanced Micro Devices";

/**
 * Whatever list of AMD's is supplied must be valid (other vendors' lists belong to other evidence of the same call); only one of the chain's own root clears the chain. AMD revokes authorities and not single keys:
 * every VCEK has serial number 0, and a list that names 0 must neither clear nor condemn by it.
 */
export async function checkRevocation(
  evidence: SnpReport,
  chain: Chain | undefined,
  known: readonly AmdAuthority[],
  context: Context,
): Promise<Revocation> {
  const { ledger, at, endorsements } = context;
  const validUntil: number[] = [];
  await ledger.attempt(ID, async () => {
    for (const crl of endorsements.crls) {
      const { fault, clears } = await judge(crl, chain, known, context);
      if (fault !== undefined) ledger.failed(ID, fault.code, { found: fault.found, at: new Date(at).toISOString() });
      else if (clears) validUntil.push(crl.nextUpdate);
    }
  });
  if (validUntil.length > 0) ledger.passed(ID, { product: chain?.authority.product ?? evidence.product ?? "" });
  else missing(context);
  return { checked: validUntil.length > 0, validUntil };
}

interface Judgement {
  readonly fault: RevocationFault | undefined;
  readonly clears: boolean;
}

async function judge(
  crl: Crl,
  chain: Chain | undefined,
  known: readonly AmdAuthority[],
  { at, crypto }: Pick<Context, "at" | "crypto">,
): Promise<Judgement> {
  const issuers = known.filter((authority) => signsCrls(authority) && equalBytes(authority.anchor.subject, crl.issuer));
  if (issuers.length === 0 && !issuerHolds(crl, AMD)) return { fault: undefined, clears: false };
  let judgement: Judgement = {
    fault: { code: "crl-issuer-mismatch", found: "its issuer is none of AMD's roots" },
    clears: false,
  };
  for (const { anchor: issuer } of issuers) {
    const clears = chain !== undefined && rootOf(chain) === issuer;
    const certificates = clears ? revocable(chain) : [];
    const [fault] = await revocationFaults({ crl, issuer, certificates, at, profile: AMD_PROFILE, crypto });
    judgement = { fault, clears };
    if (fault === undefined) break;
  }
  return judgement;
}

/** Whether it is a valid list of one of AMD's roots, whatever it says. */
export async function isList(crl: Crl, by: Vouching): Promise<boolean> {
  return (await judge(crl, undefined, authorities(by.anchors), by)).fault === undefined;
}

function rootOf({ authority: { anchor, root } }: Chain): TrustAnchor {
  return root ?? anchor;
}

/** The authorities in the chain. Others of the same root may be revoked without a word on this one. */
function revocable(chain: Chain): readonly { readonly name: string; readonly serial: Uint8Array }[] {
  const { anchor, root } = chain.authority;
  const between = chain.certificates.slice(1).map(({ serial }) => ({ name: "an intermediate", serial }));
  return [...between, anchor, ...(root === undefined ? [] : [root])];
}

function missing({ ledger, endorsements, settings, unmet }: Context): void {
  const need = unmet.find((item) => item.need.id === "amd-crl");
  const failures = need === undefined || need.failures.length === 0 ? "" : ` Tried: ${need.failures.join("; ")}.`;
  const foreign =
    endorsements.crls.length === 0 ? "" : " The lists that were supplied are not of the root that this chain leads to.";
  ledger.undetermined(
    ID,
    "crl-missing",
    { addresses: need?.need.candidates ?? [], tried: foreign + failures },
    settings.revocation === "required",
  );
}
