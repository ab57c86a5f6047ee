/** npm packages as arguments name them: a tarball, an inventory, or the folder where one is installed. */

import { MalformedError } from "../encoding/malformed.js";
import { fromUtf8, toHex } from "../encoding/text.js";
import { type PackageFile, readInventory } from "../expected/release/inventory.js";
import { type PackageRelease, readPackage } from "../expected/release/package.js";
import { isUsageError, UsageError } from "./exit.js";
import type { Io } from "./io.js";
import { nodeHash } from "./measure/inputs.js";

/** Node's own decompression, which is faster than its web stream. */
export const inNode = (compressed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> => {
  const { Readable } = process.getBuiltinModule("node:stream");
  const { createGunzip } = process.getBuiltinModule("node:zlib");
  const gunzip = createGunzip();
  const source = Readable.from(compressed, { objectMode: false });
  source.on("error", (error) => gunzip.destroy(error));
  return source.pipe(gunzip);
};

/** @throws MalformedError, UsageError */
export function packageIn(io: Io, path: string, integrity?: string): Promise<PackageRelease> {
  return readPackage({
    tarball: io.chunks(path),
    createHash: nodeHash,
    decompress: inNode,
    ...(integrity === undefined ? {} : { integrity }),
  });
}

/** Longest inventory. */
const MAX_INVENTORY = 67_108_864;

/** The files of a tarball, of an inventory, or below a folder, told by what it is. @throws MalformedError, UsageError */
export async function filesIn(io: Io, path: string): Promise<readonly PackageFile[]> {
  const start = await io.read(path, 2).catch((error: unknown) => {
    if (isUsageError(error) && /it is a folder/.test(error.message)) return undefined;
    throw error;
  });
  if (start === undefined) return filesBelow(io, path);
  if (start[0] === 0x1f && start[1] === 0x8b) return (await packageIn(io, path)).files;
  return readInventory(fromUtf8(await io.read(path, MAX_INVENTORY)));
}

/** A link, or anything else that is no file, is there under its name and has the contents of none. */
async function filesBelow(io: Io, folder: string): Promise<readonly PackageFile[]> {
  const files: PackageFile[] = [];
  for (const { path, isFile } of await io.list(folder)) {
    if (!isFile) {
      files.push({ path, sha256: "" });
      continue;
    }
    const hash = nodeHash("SHA-256");
    for await (const piece of io.chunks(`${folder}/${path}`)) hash.update(piece);
    files.push({ path, sha256: toHex(new Uint8Array(hash.digest())) });
  }
  return files;
}

/** What a file's own fault is called. @throws UsageError for it, and whatever else it was */
export async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof MalformedError) throw new UsageError(`${path}: ${error.reason}`);
    throw error;
  }
}
