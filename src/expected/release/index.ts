/** `tee-verify/release`: what an OpenClaw release is, as bytes: its npm package, its image, its manifest; and whether a launch configuration names them (docs/openclaw.md). */

export type { Artifact } from "../build/manifest.js";
export {
  artifactsNamed,
  imageArtifacts,
  type OpenClawRelease,
  openClawManifest,
  type PlatformEntry,
  packageArtifacts,
} from "./artifacts.js";
export { readCommandLine } from "./command-line.js";
export {
  type LaunchFinding,
  type LaunchFindingId,
  type LaunchReading,
  readAppCompose,
  readCompose,
} from "./compose.js";
export type { Decompress } from "./gzip.js";
export { type ImageOptions, type ImagePlatform, type ImageRelease, readImage } from "./image.js";
export {
  compareInventories,
  type InventoryDifference,
  inventoryText,
  type PackageFile,
  readInventory,
} from "./inventory.js";
export { type PackageOptions, type PackageRelease, readPackage } from "./package.js";
