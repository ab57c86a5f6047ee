/** Evidence of SEV-SNP and TDX guests from configfs-tsm (Linux, Documentation/ABI/testing/configfs-tsm-report), kernel 6.7 and later. */

import { randomBytes } from "node:crypto";
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { toBase64 } from "../encoding/text.js";
import { type AttestRequest, type Provider, ProviderError, type RawEvidence } from "./provider.js";

/** The four calls that are made; `node:fs/promises` unless told. */
export interface TsmFileSystem {
  mkdir(path: string): Promise<unknown>;
  rmdir(path: string): Promise<void>;
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, data: Uint8Array | string): Promise<void>;
}

export interface ConfigfsTsmOptions {
  /** `/sys/kernel/config/tsm/report` unless told. */
  readonly path?: string;
  /** The VM privilege level to ask for, where the kernel lets one choose: 0 to 3. */
  readonly privilegeLevel?: number;
  /** How often to ask a device that is busy, and how long to wait before the second time (doubled each time), in milliseconds. */
  readonly attempts?: number;
  readonly pause?: number;
  readonly fileSystem?: TsmFileSystem;
}

const REPORTS = "/sys/kernel/config/tsm/report";
const MAX_BLOB_BYTES = 262_144;

// `writeFile` opens with O_CREAT|O_TRUNC, which configfs takes for files that are there; nothing can be created in it.
const nodeFileSystem: TsmFileSystem = {
  mkdir: (path) => mkdir(path),
  rmdir,
  readFile: (path) => readFile(path),
  writeFile: (path, data) => writeFile(path, data, { flag: "w" }),
};

/**
 * Each question gets a report directory of its own, removed whatever happens, so that concurrent questions (of other processes too) never
 * share one; the generation is checked all the same.
 *
 * @example
 * const attester = await createAttester({ provider: configfsTsm() });
 */
export function configfsTsm(options: ConfigfsTsmOptions = {}): Provider {
  const { path = REPORTS, privilegeLevel, attempts = 5, pause = 50, fileSystem = nodeFileSystem } = options;
  if (privilegeLevel !== undefined && ![0, 1, 2, 3].includes(privilegeLevel))
    throw new TypeError("privilegeLevel must be 0, 1, 2 or 3");
  return {
    name: "configfs-tsm",
    async attest(request) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await report(path, privilegeLevel, request, fileSystem);
        } catch (error) {
          const failure = providerError(error);
          if (failure.failure !== "busy" || attempt >= attempts || request.signal.aborted) throw failure;
          await new Promise((resolve) => setTimeout(resolve, pause * 2 ** (attempt - 1)));
        }
      }
    },
  };
}

async function report(
  reports: string,
  privilegeLevel: number | undefined,
  { reportData }: AttestRequest,
  files: TsmFileSystem,
): Promise<RawEvidence> {
  const directory = `${reports}/tee-verify-${randomBytes(12).toString("hex")}`;
  await files.mkdir(directory);
  try {
    const before = await generation(directory, files);
    let writes = 1;
    if (privilegeLevel !== undefined) {
      await files.writeFile(`${directory}/privlevel`, String(privilegeLevel));
      writes++;
    }
    await files.writeFile(`${directory}/inblob`, reportData);
    const outblob = await blob(files, `${directory}/outblob`);
    const provider = text(await files.readFile(`${directory}/provider`));
    // Only some providers have it, and not every host fills it.
    const auxblob = await blob(files, `${directory}/auxblob`).catch(absent);
    const after = await generation(directory, files);
    // Somebody else wrote: the report may answer their question.
    if (after - before !== BigInt(writes)) throw new ProviderError("busy", "the report's generation is not ours");
    if (outblob.length === 0) throw new ProviderError("failed", "the report is empty");
    return {
      evidence: JSON.stringify({
        provider,
        outblob: toBase64(outblob),
        ...(auxblob.length === 0 ? {} : { auxblob: toBase64(auxblob) }),
      }),
    };
  } finally {
    // A directory that stays costs kernel memory; that it could not be removed says nothing about the report.
    await files.rmdir(directory).catch(() => undefined);
  }
}

async function generation(directory: string, files: TsmFileSystem): Promise<bigint> {
  const value = text(await files.readFile(`${directory}/generation`));
  if (!/^\d{1,20}$/.test(value)) throw new ProviderError("failed", "the report's generation is no number");
  return BigInt(value);
}

async function blob(files: TsmFileSystem, path: string): Promise<Uint8Array> {
  const bytes = await files.readFile(path);
  if (bytes.length > MAX_BLOB_BYTES) throw new ProviderError("failed", "the report is impossibly long");
  return new Uint8Array(bytes);
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).trim();

function absent(error: unknown): Uint8Array {
  if (codeOf(error) === "ENOENT") return new Uint8Array();
  throw error;
}

/** EBUSY: generation or device; EAGAIN, EINTR, ETIMEDOUT: a throttled or slow quoting service; EEXIST: our random name, once in 2^96. */
const BUSY: readonly string[] = ["EBUSY", "EAGAIN", "EWOULDBLOCK", "EINTR", "ETIMEDOUT", "EEXIST"];
/** No configfs-tsm, no provider in this kernel, or no right to use it. */
const UNAVAILABLE: readonly string[] = ["ENOENT", "ENXIO", "ENODEV", "EACCES", "EPERM", "EROFS", "ENOTDIR"];

function providerError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  const code = codeOf(error);
  const failure = BUSY.includes(code) ? "busy" : UNAVAILABLE.includes(code) ? "unavailable" : "failed";
  return new ProviderError(failure, `configfs-tsm: ${code}`, { cause: error });
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "unknown error";
}
