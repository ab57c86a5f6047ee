/** Arguments of the calculators: whole numbers, sizes, files by digest, and the ACPI tables of a machine. */

import { isJsonObject, type JsonObject, type JsonValue, member, parseJson } from "../../encoding/json.js";
import { MalformedError } from "../../encoding/malformed.js";
import { fromHex, fromUtf8, toHex } from "../../encoding/text.js";
import type { CreateHash } from "../../expected/measure/hash.js";
import type { KnownSha384, PlatformInputs } from "../../expected/measure/index.js";
import type { ByteSource } from "../../expected/measure/source.js";
import type { Arguments } from "../args.js";
import { UsageError } from "../exit.js";
import { readFile } from "../files.js";
import type { Io } from "../io.js";

/** Node's own hashes, which are ten times as fast as ours in JavaScript. */
export const nodeHash: CreateHash = (name) => process.getBuiltinModule("node:crypto").createHash(name.replace("-", ""));

/** @throws UsageError */
export function needed(args: Arguments, name: string): string {
  const value = args.one(name);
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  return value;
}

/** Decimal, or hexadecimal with `0x`. @throws UsageError */
export function wholeNumber(text: string, option: string): number {
  const value = /^(?:\d{1,16}|0x[0-9a-fA-F]{1,13})$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new UsageError(`--${option} must be a whole number`);
  return value;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Bytes, or with K, M, G or T (1024 each), as QEMU's `-m` has them. @throws UsageError */
export function sizeOf(text: string, option: string): number {
  const [, digits, unit = ""] = /^(\d{1,9}|\d{10,16}(?![KMGT]))([KMGT]?)$/.exec(text) ?? [];
  const size = Number(digits) * (UNITS[unit] as number);
  if (!Number.isSafeInteger(size) || size === 0) throw new UsageError(`--${option} must be a size: 2G, 4096M or bytes`);
  return size;
}

/** SHA-256 of a file of any size, for the record and in place of the file. */
export async function sha256Of(io: Io, path: string): Promise<Uint8Array> {
  const hash = nodeHash("SHA-256");
  for await (const piece of io.chunks(path)) hash.update(piece);
  return new Uint8Array(hash.digest());
}

/** A file of any size that is hashed as it passes: its digest is known once it has been read. */
export function recorded(io: Io, path: string): { readonly source: ByteSource; readonly sha256: () => string } {
  const hash = nodeHash("SHA-256");
  let digest: string | undefined;
  const source = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of io.chunks(path)) {
      hash.update(piece);
      yield piece;
    }
  };
  return {
    source: source(),
    sha256: () => {
      digest ??= toHex(new Uint8Array(hash.digest()));
      return `sha256:${digest}`;
    },
  };
}

type Acpi = PlatformInputs["acpi"];

/** QEMU's three blobs as files, or their digests from a machine's event log. `undefined` where neither is given. @throws UsageError */
export async function acpiOf(args: Arguments, io: Io): Promise<Acpi | undefined> {
  const names = ["acpi-loader", "acpi-rsdp", "acpi-tables"] as const;
  const given = names.filter((name) => args.flag(name));
  const log = args.one("acpi-log");
  if (log !== undefined && given.length > 0) throw new UsageError("--acpi-log stands for the three files");
  if (log !== undefined) return acpiInLog(await readFile(io, log), log);
  if (given.length === 0) return undefined;
  if (given.length < names.length)
    throw new UsageError(`${names.map((name) => `--${name}`).join(", ")} belong together`);
  const [loader, rsdp, tables] = await Promise.all(names.map((name) => readFile(io, needed(args, name))));
  return { loader, rsdp, tables } as Acpi;
}

/** EV_PLATFORM_CONFIG_FLAGS of RTMR0, under which OVMF logs the three blobs in this order. */
const ACPI_EVENT = 10;

function acpiInLog(bytes: Uint8Array, path: string): Acpi {
  const fail = (why: string): never => {
    throw new UsageError(`${path}: ${why}`);
  };
  try {
    const events = eventsIn(parseJson(fromUtf8(bytes)));
    if (events === undefined) return fail("no event log in the form that dstack has was found");
    const [loader, rsdp, tables, more] = events
      .filter((event) => member(event, "imr") === 0 && member(event, "event_type") === ACPI_EVENT)
      .map((event): KnownSha384 => ({ sha384: fromHex(String(member(event, "digest"))) }));
    if (loader === undefined || rsdp === undefined || tables === undefined || more !== undefined)
      return fail("the log has not the three ACPI events");
    return { loader, rsdp, tables };
  } catch (error) {
    if (error instanceof MalformedError) return fail(error.reason);
    throw error;
  }
}

/** The log itself, or the member `event_log` of a quote or of the `tcb_info` of an information answer; dstack sends JSON in JSON as text. */
function eventsIn(json: JsonValue): readonly JsonObject[] | undefined {
  const value = typeof json === "string" ? parseJson(json) : json;
  if (Array.isArray(value)) return value.every(isJsonObject) ? value : undefined;
  if (!isJsonObject(value)) return undefined;
  const inner = member(value, "event_log") ?? member(value, "tcb_info");
  return inner === undefined ? undefined : eventsIn(inner);
}
