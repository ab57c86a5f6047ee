/** The files of a package by name and digest, as text in the form of `sha256sum`, and what differs between two of them. */

import { demand, MalformedError } from "../../encoding/malformed.js";

/** One file of a package. */
export interface PackageFile {
  /** Relative to the package, with `/`. */
  readonly path: string;
  /** Lowercase hex. */
  readonly sha256: string;
}

/** Paths, each in the order of the inventory. */
export interface InventoryDifference {
  /** In both, with other contents. */
  readonly changed: readonly string[];
  /** Expected and not there. */
  readonly missing: readonly string[];
  /** There and not expected. */
  readonly added: readonly string[];
}

/** Longest text, and most files in it. */
const MAX_TEXT = 67_108_864;
const MAX_FILES = 200_000;
const LINE = /^([0-9a-f]{64}) {2}(.+)$/;

/**
 * Lines `SHA-256, two spaces, path`, sorted by path: what `sha256sum -c` checks inside an unpacked package.
 *
 * @example
 * const text = inventoryText(release.files);
 */
export function inventoryText(files: readonly PackageFile[]): string {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return sorted.map(({ path, sha256 }) => `${sha256}  ${demandPath(path)}\n`).join("");
}

/** Reads what `inventoryText` wrote. @throws MalformedError */
export function readInventory(text: string): readonly PackageFile[] {
  demand(text.length <= MAX_TEXT, `inventory longer than ${MAX_TEXT} characters`);
  demand(text.endsWith("\n"), "inventory does not end with a line feed");
  const lines = text.slice(0, -1).split("\n");
  demand(lines.length <= MAX_FILES, `inventory of more than ${MAX_FILES} files`);
  const files = lines.map((line, index) => {
    const [, sha256, path] = LINE.exec(line) ?? [];
    if (sha256 === undefined || path === undefined) throw new MalformedError(`line ${index + 1} names no file`);
    return { path: demandPath(path), sha256 };
  });
  demandUnique(files);
  return files;
}

/**
 * What an installed or downloaded package has otherwise than the release.
 *
 * @example
 * const { changed, missing, added } = compareInventories(release.files, found);
 */
export function compareInventories(
  expected: readonly PackageFile[],
  found: readonly PackageFile[],
): InventoryDifference {
  const there = new Map(found.map(({ path, sha256 }) => [path, sha256]));
  const wanted = new Set(expected.map(({ path }) => path));
  return {
    changed: expected
      .filter(({ path, sha256 }) => there.has(path) && there.get(path) !== sha256)
      .map(({ path }) => path),
    missing: expected.filter(({ path }) => !there.has(path)).map(({ path }) => path),
    added: found.filter(({ path }) => !wanted.has(path)).map(({ path }) => path),
  };
}

/** A path that means the same file everywhere: relative, without `.` and `..`, backslashes and control characters. @throws MalformedError */
export function demandPath(path: string): string {
  const parts = path.split("/");
  const plain = !/[\\\u0000-\u001f\u007f]/.test(path) && path.length <= 1024;
  demand(
    plain && parts.every((part) => part !== "" && part !== "." && part !== ".."),
    `${JSON.stringify(path)} is no path inside a package`,
  );
  return path;
}

/**
 * Each file by itself wherever it is unpacked: macOS and Windows take names that differ in case, or in how a letter is composed, for one, and
 * nowhere is one name a file and a folder. @throws MalformedError
 */
export function demandUnique(files: readonly PackageFile[]): void {
  // With zeros for slashes, what lies in a folder follows the folder's own name.
  const folded = files.map(({ path }) => ({
    path,
    key: path.normalize("NFC").toLowerCase().replaceAll("/", "\0"),
  }));
  folded.sort((a, b) => (a.key < b.key ? -1 : 1));
  folded.forEach(({ path, key }, index) => {
    const before = folded[index - 1];
    if (before === undefined) return;
    const [first, second] = [before.path, path].map((name) => JSON.stringify(name));
    demand(before.path !== path, `${second} stands twice`);
    demand(before.key !== key, `${first} and ${second} are one file where case does not count`);
    demand(!key.startsWith(`${before.key}\0`), `${first} is a file, and a folder in ${second}`);
  });
}
