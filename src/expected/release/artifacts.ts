/** The artifacts of an OpenClaw release as a build manifest names them, and the manifest itself. */

import { MalformedError } from "../../encoding/malformed.js";
import { toHex, toUtf8 } from "../../encoding/text.js";
import { type Artifact, PREDICATE_TYPE, parseManifest, STATEMENT_TYPE } from "../build/manifest.js";
import { digestOf, type HashOptions, nobleHash } from "../measure/hash.js";
import { type ImageRelease, OCI_DIGEST } from "./image.js";
import { inventoryText } from "./inventory.js";
import type { PackageRelease } from "./package.js";

/**
 * The tarball (`pkg:npm/NAME@VERSION`, SHA-512 and SHA-256) and the inventory of its files (the same with `#files`, SHA-256 of `inventoryText`).
 *
 * @example
 * const subject = packageArtifacts(await readPackage({ tarball }));
 */
export function packageArtifacts(release: PackageRelease, options: HashOptions = {}): readonly Artifact[] {
  const { createHash = nobleHash } = options;
  const name = `pkg:npm/${release.name.replace(/^@/, "%40")}@${release.version}`;
  const inventory = digestOf(createHash, "SHA-256", toUtf8(inventoryText(release.files)));
  return [
    { name, digest: { sha512: release.sha512, sha256: release.sha256 } },
    { name: `${name}#files`, digest: { sha256: toHex(inventory) } },
  ];
}

/**
 * An image by its index (`NAME`), and the image of each architecture (`NAME (linux/amd64)`).
 *
 * @throws TypeError for a digest that is none
 * @example
 * const subject = imageArtifacts("ghcr.io/openclaw/openclaw", readImage({ manifest }));
 */
export function imageArtifacts(name: string, { digest, platforms }: ImageRelease): readonly Artifact[] {
  return [
    { name, digest: { sha256: hexOf(digest) } },
    ...platforms.map((item) => ({ name: `${name} (${item.platform})`, digest: { sha256: hexOf(item.digest) } })),
  ];
}

function hexOf(digest: string): string {
  if (!OCI_DIGEST.test(digest)) throw new TypeError("an image digest is sha256: and 64 lowercase hex digits");
  return digest.slice("sha256:".length);
}

/** One entry of `platforms`, as the format has it (docs/manifest.md). */
export interface PlatformEntry {
  readonly kind: string;
  readonly within?: string;
  readonly label: string;
  /** Reference values, bytes as hex. */
  readonly values: object;
  /** Names of artifacts below. */
  readonly contains?: readonly string[];
  readonly binding?: { readonly layout: string };
  readonly inputs?: object;
  readonly critical?: readonly string[];
}

export interface OpenClawRelease extends HashOptions {
  /** The npm tarball, read. Its name must be `openclaw`. */
  readonly package?: PackageRelease;
  /** The image, read, or its digest alone. */
  readonly image?: { readonly name: string; readonly release: ImageRelease | string };
  /** The commit that both were built from, 40 or 64 hex digits. */
  readonly commit?: string;
  /** Required without a package. */
  readonly version?: string;
  readonly platforms: readonly PlatformEntry[];
  /** `2026-06-01T00:00:00Z`. */
  readonly validFrom?: string;
  readonly validUntil?: string;
  readonly supersedes?: readonly { readonly version: string; readonly build?: string }[];
  readonly revoked?: readonly string[];
  readonly minimumVersion?: string;
}

/**
 * The text of OpenClaw's build manifest: its artifacts from a package and an image, and what each platform measures. Its build hash is `buildHash(text)`.
 *
 * @throws TypeError when it would be no manifest of an OpenClaw release
 * @example
 * const text = openClawManifest({ package: await readPackage({ tarball }), platforms });
 */
export function openClawManifest(release: OpenClawRelease): string {
  const { package: tarball, image, commit, platforms, createHash = nobleHash } = release;
  if (tarball !== undefined && tarball.name !== "openclaw")
    throw new TypeError(`the package is ${JSON.stringify(tarball.name)}, and not openclaw`);
  const version = release.version ?? tarball?.version;
  if (version === undefined || (tarball !== undefined && tarball.version !== version))
    throw new TypeError("version must be that of the package, and is required without one");
  const subject = [
    ...(tarball === undefined ? [] : packageArtifacts(tarball, { createHash })),
    ...(image === undefined ? [] : imageArtifacts(image.name, imageOf(image.release))),
    ...(commit === undefined
      ? []
      : [{ name: "git+https://github.com/openclaw/openclaw", digest: { gitCommit: commit } }]),
  ];
  const { validFrom, validUntil, supersedes, revoked, minimumVersion } = release;
  const predicate = {
    name: "openclaw",
    version,
    validFrom,
    validUntil,
    supersedes,
    revoked,
    minimumVersion,
    platforms,
  };
  const statement = { _type: STATEMENT_TYPE, subject, predicateType: PREDICATE_TYPE, predicate };
  const text = `${JSON.stringify(statement, null, 2)}\n`;
  try {
    parseManifest(toUtf8(text));
  } catch (error) {
    if (error instanceof MalformedError) throw new TypeError(`this would be no manifest: ${error.reason}`);
    throw error;
  }
  return text;
}

const imageOf = (release: ImageRelease | string): ImageRelease =>
  typeof release === "string" ? { digest: release, platforms: [] } : release;

/**
 * The artifacts of a manifest whose digests a launch configuration names: none means that it starts something else.
 *
 * @example
 * const names = artifactsNamed(readCompose(text), parseManifest(bytes).artifacts);
 */
export function artifactsNamed(
  { digests }: { readonly digests: readonly string[] },
  artifacts: readonly Artifact[],
): readonly string[] {
  return artifacts
    .filter(({ digest }) => digest["sha256"] !== undefined && digests.includes(`sha256:${digest["sha256"]}`))
    .map(({ name }) => name);
}
