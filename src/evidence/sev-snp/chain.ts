/** The way from an endorsement key to AMD: pinned ARK, ASK and ASVK by product, or anchors that the caller gave in their place. */

import { equalBytes } from "../../encoding/bytes.js";
import type { AmdProduct } from "../../endorsements/amd-kds.js";
import { type CustomAnchors, pinnedAnchor, type TrustAnchor } from "../../trust/anchors.js";
import type { Certificate } from "../../trust/certificate.js";
import { pathFaults, validityFaults } from "../../trust/path.js";
import type { PinnedCertificate } from "../../trust/pinned.js";
import { AMD_PROFILE } from "../../trust/profiles.js";
import { amdRoots } from "../../trust/roots/amd.js";
import { amdName } from "../../trust/roots/amd-name.js";
import type { Vouching } from "../kind.js";

/** An authority of AMD (or one in its place) that chains may end at. */
export interface AmdAuthority {
  readonly anchor: TrustAnchor;
  readonly product: AmdProduct | undefined;
  /** The ARK above an ASK or ASVK, where it is an authority too. */
  readonly root: TrustAnchor | undefined;
}

/** The commonName of the authority that issues such keys: a VCEK's ASK never stands in for a VLEK's ASVK, nor an ARK for either. */
export function issuerNameOf(product: AmdProduct, type: "VCEK" | "VLEK"): string {
  return type === "VCEK" ? `SEV-${product}` : `SEV-VLEK-${product}`;
}

/** Whether this authority signs CRLs: an ARK does, an ASK or ASVK may not (their keyUsage is keyCertSign alone). */
export function signsCrls({ anchor }: AmdAuthority): boolean {
  return !anchor.name.startsWith("SEV-");
}

export interface Chain {
  /** Endorsement key first, then an intermediate that is not itself pinned. */
  readonly certificates: readonly Certificate[];
  readonly authority: AmdAuthority;
}

const AUTHORITY_NAME = /^(?:ARK|SEV(?:-VLEK)?)-(Milan|Genoa|Turin)$/;

/** The line that an authority's commonName names: `ARK-Milan`, `SEV-Genoa`, `SEV-VLEK-Turin`. */
function productOfAuthority(name: string): AmdProduct | undefined {
  return AUTHORITY_NAME.exec(name)?.[1] as AmdProduct | undefined;
}

function pinned(entry: PinnedCertificate): TrustAnchor {
  return pinnedAnchor(entry, amdName);
}

let pinnedAuthorities: readonly AmdAuthority[] | undefined;

/** Every authority that may end a chain, those pinned or those given. */
export function authorities(custom: CustomAnchors): readonly AmdAuthority[] {
  const given = custom.get("amd");
  if (given !== undefined) return related(given);
  pinnedAuthorities ??= related(amdRoots.map(pinned));
  return pinnedAuthorities;
}

/** Each with its product and, where it is there, the root above it. */
function related(anchors: readonly TrustAnchor[]): readonly AmdAuthority[] {
  return anchors.map((anchor) => {
    const product = productOfAuthority(anchor.name);
    const root = anchors.find(({ name }) => name !== anchor.name && name === `ARK-${product}`);
    return { anchor, product, root };
  });
}

/** Every chain from `key` to an authority: directly, or over one supplied intermediate that is not itself pinned. */
export function chainsOf(
  key: Certificate,
  supplied: readonly Certificate[],
  known: readonly AmdAuthority[],
): readonly Chain[] {
  const named = (subject: Uint8Array): readonly AmdAuthority[] =>
    known.filter(({ anchor }) => equalBytes(anchor.subject, subject));
  const direct = named(key.issuer).map((authority): Chain => ({ certificates: [key], authority }));
  const over = supplied
    .filter(
      (certificate) =>
        equalBytes(certificate.subject, key.issuer) && !equalBytes(certificate.issuer, certificate.subject),
    )
    .flatMap((certificate) =>
      named(certificate.issuer).map((authority): Chain => ({ certificates: [key, certificate], authority })),
    );
  return [...direct, ...over];
}

/** Whether a chain without fault, of certificates that are valid then, leads from `key` to one of AMD's authorities. */
export async function isIssued(
  key: Certificate,
  supplied: readonly Certificate[],
  { crypto, anchors, at }: Vouching,
): Promise<boolean> {
  for (const { certificates, authority } of chainsOf(key, supplied, authorities(anchors))) {
    const { anchor } = authority;
    const faults = await pathFaults({ chain: certificates, anchor, profile: AMD_PROFILE, crypto });
    if (faults.length + validityFaults(certificates, anchor, at).length === 0) return true;
  }
  return false;
}

/** Supplied certificates that carry the name of one of AMD's authorities: each must be what it says it is. */
export function suppliedAuthorities(
  supplied: readonly Certificate[],
  known: readonly AmdAuthority[],
): readonly Certificate[] {
  return supplied.filter((certificate) => {
    const name = certificate.commonName ?? "";
    return AUTHORITY_NAME.test(name) || known.some(({ anchor }) => equalBytes(anchor.subject, certificate.subject));
  });
}
