/** OCI images by digest: the index of a release and the image of each architecture in it (OCI Image Format, image-index.md and manifest.md; Docker manifest lists). */

import { isJsonObject, type JsonObject, type JsonValue, member, parseJson, stringMember } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromUtf8, toHex } from "../../encoding/text.js";
import { digestOf, type HashOptions, nobleHash } from "../measure/hash.js";

export interface ImageOptions extends HashOptions {
  /** The index or manifest, byte for byte as the registry serves it. */
  readonly manifest: Uint8Array;
  /** `sha256:<hex>` by which it was asked for: another is refused. */
  readonly digest?: string;
}

/** What an image digest names. */
export interface ImageRelease {
  /** `sha256:<hex>` of the bytes. */
  readonly digest: string;
  /** One entry an architecture; none for the manifest of a single image. */
  readonly platforms: readonly ImagePlatform[];
}

export interface ImagePlatform {
  /** `linux/amd64`, `linux/arm64/v8`. */
  readonly platform: string;
  /** `sha256:<hex>` of that image's manifest. */
  readonly digest: string;
}

const INDEXES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const IMAGES = ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];
const MAX_BYTES = 4_194_304;
const MAX_PLATFORMS = 64;
export const OCI_DIGEST: RegExp = /^sha256:[0-9a-f]{64}$/;

/**
 * Reads an image index, or the manifest of a single image.
 *
 * @throws MalformedError when it is neither, does not hash to `digest`, or names an architecture twice
 * @example
 * const { digest, platforms } = readImage({ manifest: bytes, digest: "sha256:..." });
 */
export function readImage({ manifest, digest, createHash = nobleHash }: ImageOptions): ImageRelease {
  demand(manifest.length <= MAX_BYTES, `image manifest longer than ${MAX_BYTES} bytes`);
  const found = `sha256:${toHex(digestOf(createHash, "SHA-256", manifest))}`;
  demand(digest === undefined || digest === found, `image manifest has the digest ${found}`);
  const json = parseJson(fromUtf8(manifest), { depth: 16, length: MAX_BYTES });
  if (!isJsonObject(json)) throw new MalformedError("image manifest is not an object");
  demand(member(json, "schemaVersion") === 2, "image manifest is not of schema version 2");
  // OCI leaves `mediaType` to the writer; an index has `manifests`, an image has `config` and `layers`, and nothing has both.
  const type = member(json, "mediaType");
  const [isIndex, isImage] = [Array.isArray(member(json, "manifests")), isJsonObject(member(json, "config"))];
  demand(isIndex !== isImage, "image manifest is neither an index nor an image");
  demand(
    type === undefined || (typeof type === "string" && (isIndex ? INDEXES : IMAGES).includes(type)),
    "image manifest is not of the type that it says",
  );
  return { digest: found, platforms: isIndex ? platformsIn(member(json, "manifests") as readonly JsonValue[]) : [] };
}

function platformsIn(entries: readonly JsonValue[]): readonly ImagePlatform[] {
  demand(entries.length <= 2 * MAX_PLATFORMS, `index of more than ${2 * MAX_PLATFORMS} manifests`);
  const platforms = entries.flatMap((entry) => {
    if (!isJsonObject(entry)) throw new MalformedError("index entry is not an object");
    const platform = platformOf(entry);
    return platform === undefined ? [] : [{ platform, digest: digestIn(entry) }];
  });
  demand(
    new Set(platforms.map(({ platform }) => platform)).size === platforms.length,
    "index names an architecture twice",
  );
  return platforms;
}

function digestIn(entry: JsonObject): string {
  const digest = stringMember(entry, "digest");
  demand(OCI_DIGEST.test(digest), "index entry has no SHA-256 digest");
  return digest;
}

/** `undefined` for what BuildKit hangs on an index: provenance and SBOM stand there as an image for `unknown/unknown`. */
function platformOf(entry: JsonObject): string | undefined {
  const platform = member(entry, "platform");
  if (!isJsonObject(platform)) throw new MalformedError("index entry without a platform");
  const parts = ["os", "architecture", "variant"].flatMap((name) => {
    const part = member(platform, name);
    demand(part === undefined || (typeof part === "string" && /^[a-z0-9._-]{1,32}$/.test(part)), `platform.${name}`);
    return part === undefined ? [] : [part as string];
  });
  demand(parts.length >= 2, "index entry without system and architecture");
  return parts.join("/") === "unknown/unknown" ? undefined : parts.join("/");
}
