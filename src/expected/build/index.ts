/** `tee-verify/manifest`: build manifests for both sides, those who publish a release and those who expect one (docs/manifest.md). */

export { IN_TOTO_TYPE, manifestEnvelope, preAuthEncoding } from "./dsse.js";
export { buildHash } from "./hash.js";
export type { PublisherKey } from "./keys.js";
export {
  type Artifact,
  type BuildManifest,
  type BuildPlatform,
  PREDICATE_TYPE,
  parseManifest,
  STATEMENT_TYPE,
} from "./manifest.js";
export { type ManifestText, type SignedBuildOptions, signedBuild, trustedBuild } from "./publisher.js";
export type { BuildSource, ManifestCode, ManifestFault } from "./source.js";
export { compareVersions } from "./version.js";
