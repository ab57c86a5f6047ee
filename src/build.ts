/** The build that was named, on its way through the house: from a manifest to reference values, to what is closest, to the claim that was reached. */

import type { Crypto } from "./crypto/crypto.js";
import { member } from "./encoding/json.js";
import { MalformedError } from "./encoding/malformed.js";
import type { EvidenceKind, KindExpectation } from "./evidence/kind.js";
import { createLedger, type Ledger } from "./evidence/ledger.js";
import type { BindingRequest } from "./expected/binding.js";
import type { BuildManifest, BuildPlatform } from "./expected/build/manifest.js";
import { type Build, knownBuilds, type Resolution, resolveBuild } from "./expected/build/resolve.js";
import type { BuildSource } from "./expected/build/source.js";
import { type Closest, flatten, type OpenPart } from "./part.js";
import type { Reached, Verdict } from "./verdict.js";

/** What became of the build that the caller named. */
export interface OpenBuild {
  readonly builds: readonly Build[];
  readonly others: Resolution["others"];
  /** Alternatives of the builds that hold, by kind and what it lies within. */
  expectationFor(kind: EvidenceKind, within: string | undefined): KindExpectation;
}

const CHECK = "evidence/manifest";

/** Finds the manifest, and writes down under `evidence/manifest` whether it holds and what it says of this evidence. */
export async function openBuild(
  source: BuildSource,
  given: readonly Uint8Array[],
  root: OpenPart,
  house: Ledger,
  context: { readonly crypto: Crypto; readonly at: number },
): Promise<OpenBuild> {
  const came = root.recognition.companions?.get("manifest");
  const offered = { came: came instanceof Uint8Array ? came : undefined, given };
  const resolution = (await house.attempt(CHECK, () => resolveBuild(source, offered, context))) ?? NOTHING;
  const { builds, fault } = resolution;
  const alternatives = platformsOf(builds, root.kind.name, undefined);
  if (fault?.code === "manifest-missing") house.undetermined(CHECK, fault.code, { ...fault.params });
  else if (fault !== undefined) house.failed(CHECK, fault.code, { ...fault.params });
  else if (builds.length > 0) {
    const kinds = [...new Set(builds.flatMap(({ manifest }) => manifest.platforms.map(({ kind }) => kind)))];
    const params = {
      build: builds.map(({ hash }) => hash),
      name: builds.map(nameOf),
      by: builds.map(({ by }) => by),
      published: builds.flatMap(({ manifest }) => manifest.artifacts.map(({ name }) => name)),
      artifacts: artifactsOf(builds),
      kinds,
    };
    house.judge(CHECK, alternatives.length > 0, "manifest-no-platform", { ...params, kind: root.kind.name });
  }
  return {
    builds,
    others: resolution.others,
    expectationFor: (kind, within) => expectationOf(builds, kind, within, house),
  };
}

const NOTHING: Resolution = { builds: [], others: [], fault: undefined };

const nameOf = ({ manifest }: { readonly manifest: BuildManifest }): string => `${manifest.name} ${manifest.version}`;

function artifactsOf(builds: readonly Build[]): readonly string[] {
  return builds.flatMap(({ manifest }) =>
    manifest.artifacts.map(
      ({ name, digest }) =>
        `${name} (${Object.entries(digest)
          .map((pair) => pair.join(":"))
          .join(", ")})`,
    ),
  );
}

interface Alternative extends BuildPlatform {
  readonly source: string;
}

function platformsOf(
  builds: readonly { readonly manifest: BuildManifest }[],
  kind: string | undefined,
  within: string | undefined,
): readonly Alternative[] {
  return builds.flatMap((build) =>
    build.manifest.platforms
      .filter((platform) => (kind === undefined || platform.kind === kind) && platform.within === within)
      .map((platform) => ({ ...platform, source: `${nameOf(build)}, ${platform.label}` })),
  );
}

/** Values that the kind refuses make the manifest malformed: what it demands is not known. */
function expectationOf(
  builds: readonly Build[],
  kind: EvidenceKind,
  within: string | undefined,
  house: Ledger,
): KindExpectation {
  if (builds.length === 0) return { form: "manifest-missing", sha256: "" };
  try {
    return asValues(kind, platformsOf(builds, kind.name, within));
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof MalformedError)) throw error;
    house.failed(CHECK, "manifest-malformed", { reason: error.message });
    return { form: "manifest-missing", sha256: "" };
  }
}

function asValues(kind: EvidenceKind, platforms: readonly Alternative[]): KindExpectation {
  if (platforms.length === 0) return { form: "none" };
  return {
    form: "values",
    alternatives: platforms.map(({ source, values }) => ({ source, values: kind.readReference(values) })),
  };
}

/**
 * Whether the platform that matched says which artifact it contains; then `launch` becomes `workload`. Firmware alone never does.
 * Where a platform has values for evidence inside evidence, all of one platform must match: the outside of one release around the inside of
 * another is neither.
 */
export async function tieArtifact({ builds }: OpenBuild, root: OpenPart, house: Ledger): Promise<boolean> {
  const matched = await matchedPlatforms(builds, root);
  if (matched.length > 0) {
    const layouts = matched.map((platform) => layoutFault(platform, root.binding));
    if (!layouts.includes(undefined))
      house.failed(CHECK, "manifest-layout", { name: builds.map(nameOf), ...(layouts[0] as LayoutFault) });
    // Two manifests of one version may give one machine shape the same name: then all of them must say so.
    const tied = root.appraisal?.identifies !== false && matched.every(({ contains }) => contains.length > 0);
    if (tied && root.appraisal?.covers === "launch") root.appraisal = { ...root.appraisal, covers: "workload" };
    return tied;
  }
  const parts = flatten(root);
  const apart = parts.every(({ kind, ledger }) => !ledger.has(`${kind.name}/build`, "failed"));
  if (apart && matchedSource(root.kind, root.ledger) !== undefined)
    house.failed(CHECK, "manifest-mixed", { name: builds.map(nameOf) });
  return false;
}

interface LayoutFault {
  readonly layout: string;
  readonly binding: string;
}

/** What the platform's machines bind in another way than the caller asked for. A caller who makes the bytes, or wants none, is told by `critical` alone. */
function layoutFault({ layout, layoutRequired }: Alternative, binding: BindingRequest): LayoutFault | undefined {
  if (layout === undefined) return undefined;
  const form = binding === "unbound" ? binding : binding.form;
  const asked = typeof binding === "object" && binding.form === "layout" ? binding.layout.name : "tee-verify";
  const compared = form === "nonce" || form === "layout";
  if (compared ? asked === layout : !layoutRequired) return undefined;
  return { layout, binding: compared ? asked : form === "exact" ? "exact bytes" : form };
}

async function matchedPlatforms(builds: readonly Build[], root: OpenPart): Promise<readonly Alternative[]> {
  const own = platformsOf(builds, root.kind.name, undefined);
  const inside = platformsOf(builds, undefined, root.kind.name);
  const matched = matchedSource(root.kind, root.ledger);
  if (inside.length === 0 || matched === undefined) return own.filter(({ source }) => source === matched);
  const parts = flatten(root)
    .slice(1)
    .filter(({ kind }) => inside.some((platform) => platform.kind === kind.name));
  const whole: Alternative[] = [];
  for (const platform of own) {
    const wanted = inside.filter(({ source }) => source === platform.source);
    // What the platform says of its inside must be there to be compared.
    const there = wanted.every((item) => parts.some((part) => part.kind.name === item.kind));
    const each = [there, await shows(root, [platform])];
    for (const part of parts) {
      const ofKind = wanted.filter(({ kind }) => kind === part.kind.name);
      each.push(ofKind.length > 0 && (await shows(part, ofKind)));
    }
    if (each.every(Boolean)) whole.push(platform);
  }
  return whole;
}

/** Whether the part is one of these platforms, by the kind's own comparison on a ledger that is thrown away. */
async function shows({ kind, again }: OpenPart, platforms: readonly Alternative[]): Promise<boolean> {
  const scratch = createLedger(kind.checks);
  await again?.(asValues(kind, platforms), scratch);
  return matchedSource(kind, scratch) !== undefined;
}

/** By its contract every kind names the alternative that matched as `source` of its build check. */
function matchedSource({ name }: EvidenceKind, ledger: Ledger): unknown {
  const finding = ledger.findings.get(`${name}/build`);
  return finding?.status === "passed" ? finding.params.source : undefined;
}

/**
 * What evidence with a wrong build shows instead: a known build, or what a platform has of that which differs. The kind compares, on a ledger
 * that is thrown away: nothing that is found here changes an outcome.
 */
export async function closestBuild(
  opened: Pick<OpenBuild, "builds" | "others"> | undefined,
  given: readonly Uint8Array[],
  part: OpenPart,
  within: string | undefined,
  crypto: Crypto,
): Promise<Closest | undefined> {
  const { kind, ledger } = part;
  const finding = ledger.findings.get(`${kind.name}/build`);
  if (finding?.code !== "build-mismatch") return undefined;
  const { builds = [], others = await knownBuilds(given, [], crypto) } = opened ?? {};
  for (const other of others)
    for (const platform of platformsOf([other], kind.name, within))
      if (await resembles(part, platform)) {
        const same = builds.some((build) => nameOf(build) === nameOf(other));
        return { how: same ? "shape" : "known", closest: `${describe(platform)} (${other.why})` };
      }
  const { source, differing, compared } = finding.params;
  const names = Array.isArray(differing) ? differing.map(String) : [];
  for (const platform of platformsOf([...builds, ...others], kind.name, within)) {
    const values = picked(platform.values, names);
    if (values !== undefined && platform.source !== source && (await resembles(part, { ...platform, values })))
      return { how: "value", closest: describe(platform) };
  }
  return onlyRtmr0(names, compared) ? { how: "guess", closest: "" } : undefined;
}

/** What `values` say of all these names; `undefined` where they do not. */
function picked(values: Alternative["values"], names: readonly string[]): Alternative["values"] | undefined {
  const found = Object.entries(values).filter(([name]) => names.includes(name));
  return found.length > 0 && found.length === names.length ? Object.fromEntries(found) : undefined;
}

/** RTMR0 holds what the VMM gives the firmware: ACPI tables, memory, boot variables. The guest is in RTMR1 and RTMR2. */
function onlyRtmr0(differing: readonly string[], compared: unknown): boolean {
  const guest = Array.isArray(compared) && ["rtmr1", "rtmr2"].every((name) => compared.includes(name));
  return guest && differing.join() === "rtmr0";
}

/** A hint that cannot be had is none. */
async function resembles(part: OpenPart, platform: Alternative): Promise<boolean> {
  try {
    return await shows(part, [platform]);
  } catch {
    return false;
  }
}

/** A platform, with the inputs that make its machine shape where the manifest records them. */
function describe({ source, inputs }: Alternative): string {
  const shape = ["vcpus", "vcpuType", "memory"].flatMap((name) => {
    const value = inputs === undefined ? undefined : member(inputs, name);
    return typeof value === "number" || typeof value === "string" ? `${name} ${String(value).slice(0, 64)}` : [];
  });
  return shape.length === 0 ? source : `${source}, computed from ${shape.join(", ")}`;
}

/** The three nested claims about a published artifact. Only a verified verdict reaches more than the artifact itself. */
export function reachedBy(
  { outcome, covers, freshness, channel }: Pick<Verdict, "outcome" | "covers" | "freshness" | "channel">,
  house: Ledger,
  tied: boolean,
): Reached {
  if (!house.has(CHECK, "passed")) return "none";
  if (outcome !== "verified" || covers !== "workload" || !tied) return "artifact";
  return freshness === "nonce" && channel !== "none" ? "instance" : "deployment";
}
