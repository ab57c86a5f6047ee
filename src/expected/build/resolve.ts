/** From manifests that somebody vouches for to the ones that hold now: name, validity, revocation, rollback (in-toto Statement v1, issue of our predicate). */

import type { Crypto } from "../../crypto/crypto.js";
import { MalformedError } from "../../encoding/malformed.js";
import { toHex } from "../../encoding/text.js";
import { type BuildManifest, parseManifest } from "./manifest.js";
import type { BuildSource, ManifestFault, Offered, VouchContext, Vouched } from "./source.js";
import { compareVersions } from "./version.js";

export interface Build {
  readonly manifest: BuildManifest;
  /** `build:sha256:<hex>` of its exact bytes. */
  readonly hash: string;
  /** What vouches for it. */
  readonly by: string;
  readonly withdraws?: true | undefined;
}

export interface Resolution {
  /** Manifests that hold now. Their platforms are the accepted ones. */
  readonly builds: readonly Build[];
  /** Manifests that somebody vouches for and that do not hold, and others that are known: good for hints alone. */
  readonly others: readonly (Omit<Build, "by"> & { readonly why: string })[];
  /** Why there are no builds. */
  readonly fault: ManifestFault | undefined;
}

/** @throws CryptoUnavailableError */
export async function resolveBuild(source: BuildSource, offered: Offered, context: VouchContext): Promise<Resolution> {
  const answers = await source.vouch(offered, context);
  const read = await Promise.all(answers.map((answer) => ("code" in answer ? answer : readBuild(answer, context))));
  const vouched = read.filter((item): item is Build => "manifest" in item);
  const judged = vouched.map((build) => ({ ...build, fault: faultOf(build, vouched, source, context.at) }));
  const wanted = judged.filter(({ withdraws }) => withdraws === undefined);
  const builds = wanted.filter(({ fault }) => fault === undefined);
  const withheld = judged
    .filter((build) => !builds.includes(build))
    .map(({ fault, ...build }) => ({ ...build, why: WHY[fault?.code ?? ""] ?? "not expected" }));
  const faults = [...wanted.flatMap(({ fault }) => fault ?? []), ...read.filter((item) => "code" in item)];
  return {
    builds,
    others: [...withheld, ...(await knownBuilds(offered.given, vouched, context.crypto))],
    fault: builds.length > 0 ? undefined : (faults[0] ?? { code: "manifest-missing" }),
  };
}

/** How a manifest that does not hold is called in a hint. */
const WHY: Readonly<Record<string, string>> = {
  "manifest-expired": "expired",
  "manifest-not-yet-valid": "not yet valid",
  "manifest-revoked": "revoked",
  "manifest-rollback": "too old",
};

async function readBuild(
  { bytes, by, withdraws }: Vouched,
  { crypto }: Pick<VouchContext, "crypto">,
): Promise<Build | ManifestFault> {
  try {
    const manifest = parseManifest(bytes);
    return { manifest, hash: `build:sha256:${toHex(await crypto.digest("SHA-256", bytes))}`, by, withdraws };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return { code: "manifest-malformed", params: { reason: error.reason } };
  }
}

/** Manifests that the caller knows and does not expect: they can only name what was found. */
export async function knownBuilds(
  given: readonly Uint8Array[],
  vouched: readonly Build[],
  crypto: Crypto,
): Promise<Resolution["others"]> {
  const read = await Promise.all(given.map((bytes) => readBuild({ bytes, by: "" }, { crypto })));
  return read.flatMap((item) =>
    "code" in item || vouched.some(({ hash }) => hash === item.hash)
      ? []
      : [{ manifest: item.manifest, hash: item.hash, why: "not expected" }],
  );
}

/** Every manifest that the same source vouches for may withdraw others of its name, also one that has itself expired. */
function faultOf(
  { manifest, hash }: Build,
  vouched: readonly Build[],
  source: BuildSource,
  at: number,
): ManifestFault | undefined {
  const { name, version, validFrom, validUntil, unknownCritical } = manifest;
  const params = { name, version };
  const siblings = vouched.flatMap((build) => (build.manifest.name === name ? [build.manifest] : []));
  if (unknownCritical.length > 0) return { code: "manifest-critical", params: { ...params, unknown: unknownCritical } };
  if (source.name !== undefined && source.name !== name)
    return { code: "manifest-name", params: { ...params, wanted: source.name } };
  const revokes = (entry: string): boolean =>
    entry.startsWith("build:") ? entry === hash : compareVersions(entry, version) === 0;
  if (siblings.some(({ revoked }) => revoked.some(revokes))) return { code: "manifest-revoked", params };
  const minimum = [source.minimumVersion, ...siblings.map(({ minimumVersion }) => minimumVersion)].find(
    (lowest) => lowest !== undefined && compareVersions(version, lowest) < 0,
  );
  if (minimum !== undefined) return { code: "manifest-rollback", params: { ...params, minimum } };
  if (validFrom !== undefined && at < validFrom)
    return { code: "manifest-not-yet-valid", params: { ...params, validFrom: iso(validFrom), at: iso(at) } };
  if (validUntil !== undefined && at > validUntil)
    return { code: "manifest-expired", params: { ...params, validUntil: iso(validUntil), at: iso(at) } };
  return undefined;
}

const iso = (time: number): string => new Date(time).toISOString();
