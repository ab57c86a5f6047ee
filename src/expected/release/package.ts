/** An npm package from its tarball: name, version, integrity, and every file in it by name and digest (npm pack; Subresource Integrity, section 3.1). */

import { joinBytes } from "../../encoding/bytes.js";
import { isJsonObject, member, parseJson, stringMember } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromUtf8, toBase64, toHex } from "../../encoding/text.js";
import { finish, type HashOptions, type IncrementalHash, nobleHash } from "../measure/hash.js";
import type { ByteSource } from "../measure/source.js";
import { type Decompress, gunzip } from "./gzip.js";
import { demandPath, demandUnique, type PackageFile } from "./inventory.js";
import { readTar } from "./tar.js";

export interface PackageOptions extends HashOptions {
  /** The `.tgz` as published. */
  readonly tarball: ByteSource;
  /** `sha512-<base64>` as the registry and lockfiles have it: a tarball with another is refused. */
  readonly integrity?: string;
  /** In place of the engine's `DecompressionStream`. */
  readonly decompress?: Decompress;
  /** Most bytes that the package may unpack to; 2 GiB unless told. */
  readonly maxBytes?: number;
}

/** What a tarball is. */
export interface PackageRelease {
  readonly name: string;
  readonly version: string;
  /** `sha512-<base64>` of the tarball. */
  readonly integrity: string;
  /** Digests of the tarball, lowercase hex. */
  readonly sha512: string;
  readonly sha256: string;
  /** Sorted by path. */
  readonly files: readonly PackageFile[];
  /**
   * Packages that `package.json` has fetched when it is installed, and that are not in the tarball: the tarball's digest says nothing of them.
   */
  readonly dependencies: readonly string[];
  /** Names of scripts that npm runs when the package is installed; `binding.gyp` for the compilation that such a file brings about. */
  readonly installScripts: readonly string[];
}

const DEFAULT_MAX_BYTES = 2_147_483_648;
const MAX_PACKAGE_JSON = 1_048_576;
const NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepare"];

/**
 * Reads a tarball once, in bounded memory but for the list of its files.
 *
 * @throws MalformedError when it is no npm package, has links, two files of one name or paths that lead elsewhere, or not the `integrity`
 * @example
 * const { name, version, integrity, files } = await readPackage({ tarball });
 */
export async function readPackage(options: PackageOptions): Promise<PackageRelease> {
  const { tarball, integrity, decompress, maxBytes = DEFAULT_MAX_BYTES, createHash = nobleHash } = options;
  const [sha512, sha256] = [createHash("SHA-512"), createHash("SHA-256")];
  const contents = gunzip(tarball, {
    maxBytes,
    decompress,
    onCompressed: (piece) => {
      sha512.update(piece);
      sha256.update(piece);
    },
  });
  const files: PackageFile[] = [];
  let current: { readonly path: string; readonly hash: IncrementalHash } | undefined;
  const close = (): void => {
    if (current !== undefined) files.push({ path: current.path, sha256: toHex(finish(current.hash)) });
    current = undefined;
  };
  const packageJson: Uint8Array[] = [];
  await readTar(contents, ({ path, size }) => {
    const hash = createHash("SHA-256");
    const inside = insideOf(path);
    close();
    current = { path: inside, hash };
    if (inside !== "package.json") return (piece) => void hash.update(piece);
    demand(size <= MAX_PACKAGE_JSON, "package.json is too long");
    return (piece) => {
      hash.update(piece);
      packageJson.push(piece.slice());
    };
  });
  close();
  demandUnique(files);
  const digest = finish(sha512);
  const found = `sha512-${toBase64(digest)}`;
  demand(integrity === undefined || integrity === found, `tarball has the integrity ${found}`);
  return {
    ...readPackageJson(packageJson, new Set(files.map(({ path }) => path))),
    integrity: found,
    sha512: toHex(digest),
    sha256: toHex(finish(sha256)),
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

/** npm drops the first folder, which is `package` for what `npm pack` wrote: one name for all, or two files could become one. */
function insideOf(path: string): string {
  demand(path.startsWith("package/"), `${JSON.stringify(path)} is not under package/`);
  return demandPath(path.slice("package/".length));
}

function readPackageJson(
  pieces: readonly Uint8Array[],
  paths: ReadonlySet<string>,
): Pick<PackageRelease, "name" | "version" | "dependencies" | "installScripts"> {
  demand(pieces.length > 0, "there is no package.json");
  const json = parseJson(fromUtf8(joinBytes(pieces)));
  if (!isJsonObject(json)) throw new MalformedError("package.json is not an object");
  const name = stringMember(json, "name");
  const version = stringMember(json, "version");
  demand(name.length <= 214 && NAME.test(name), "package.json has no name");
  demand(/^\d[0-9A-Za-z.+-]{0,127}$/.test(version), "package.json has no version");
  // npm 7 and later fetch peers too. What lies in the package is not fetched, whatever `bundleDependencies` says.
  const outside = ["dependencies", "optionalDependencies", "peerDependencies"]
    .flatMap((kind) => namesOf(member(json, kind)))
    .filter((item) => !paths.has(`node_modules/${item}/package.json`));
  const scripts = namesOf(member(json, "scripts"));
  const runs = INSTALL_SCRIPTS.filter((item) => scripts.includes(item));
  return {
    name,
    version,
    dependencies: [...new Set(outside)].sort(),
    installScripts: paths.has("binding.gyp") ? [...runs, "binding.gyp"] : runs,
  };
}

const namesOf = (value: unknown): readonly string[] =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
