/** The files of a tar archive, one after the other, in bounded memory (POSIX.1-2017, pax; ustar). Only what an npm package holds is read: anything else is refused. */

import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromUtf8 } from "../../encoding/text.js";
import type { ByteSource } from "../measure/source.js";
import { type StreamReader, streamReader } from "../measure/stream.js";

/** A regular file in the archive. */
export interface TarFile {
  /** As the archive has it. */
  readonly path: string;
  readonly size: number;
  /** Whether its owner may run it. */
  readonly executable: boolean;
}

/** Takes the contents of a file, piece by piece; the pieces are views that live for the call alone. */
export type TarSink = (piece: Uint8Array) => void;

const BLOCK = 512;
/** Most entries, bytes of a path, and bytes of an extended header. */
const MAX_ENTRIES = 200_000;
const MAX_PATH = 1024;
const MAX_PAX = 65_536;
/** Most bytes behind the end: writers fill a record of up to 1 MiB with zeros. */
const MAX_PADDING = 1_048_576;

/**
 * Calls `open` for each regular file, and what it returns with the file's bytes. Folders are passed over.
 * @throws MalformedError for links, devices, sparse files, wrong checksums, unknown headers, and what is cut short or too much
 */
export async function readTar(source: ByteSource, open: (file: TarFile) => TarSink): Promise<void> {
  const stream = streamReader(source);
  let extended: Pax = NONE;
  for (let entries = 0; ; entries++) {
    demand(entries <= MAX_ENTRIES, `archive with more than ${MAX_ENTRIES} entries`, stream.offset);
    const header = await stream.take(BLOCK, "tar header");
    if (header.every((byte) => byte === 0)) return endOf(stream);
    const { type, ...entry } = readHeader(header, stream.offset - BLOCK);
    const size = extended.size ?? entry.size;
    const path = extended.path ?? entry.path;
    const padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (type === "x" || type === "g") {
      // Readers differ in whether a header is for the header behind it.
      demand(extended === NONE, "pax header behind a pax header", stream.offset);
      demand(size <= MAX_PAX, "pax header is too long", stream.offset);
      const pax = readPax(await stream.take(size, "pax header"));
      demand(type === "x" || (pax.path ?? pax.size) === undefined, "global pax header changes paths or sizes");
      if (type === "x") extended = pax;
    } else {
      extended = NONE;
      demand(type === "0" || type === "5", `archive holds ${JSON.stringify(path)}, which is neither file nor folder`);
      if (type === "5") demand(size === 0, "folder with contents");
      else await stream.pass(size, path, open({ path, size, executable: entry.executable }));
    }
    await stream.pass(padding, "tar padding", noBytes);
  }
}

const noBytes: TarSink = (piece) => demand(!piece.some((byte) => byte !== 0), "tar padding is not zero");

/** A second block of zeros, and more of them to the end of the record. */
async function endOf(stream: StreamReader): Promise<void> {
  await stream.pass(BLOCK, "end of the archive", noBytes);
  for (let padding = 0; await stream.more(); padding += BLOCK) {
    demand(padding < MAX_PADDING, "bytes follow the archive", stream.offset);
    await stream.pass(BLOCK, "end of the archive", noBytes);
  }
}

interface Header {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
}

/** ustar: name 100, mode 8, uid 8, gid 8, size 12, mtime 12, checksum 8, type 1, link 100, magic 6, ... prefix 155 at 345. */
function readHeader(block: Uint8Array, at: number): Header {
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  demand(sum === octal(block.subarray(148, 156), "checksum"), "tar header has a wrong checksum", at);
  demand(text(block.subarray(257, 262)) === "ustar", "tar header is not ustar", at);
  const name = text(block.subarray(0, 100));
  const prefix = prefixOf(block);
  const type = String.fromCharCode(block[156] as number);
  return {
    type: type === "\0" ? "0" : type,
    path: prefix === "" ? name : `${prefix}/${name}`,
    size: octal(block.subarray(124, 136), "size"),
    executable: (octal(block.subarray(100, 108), "mode") & 0o100) !== 0,
  };
}

/** The folder, which POSIX has there; in GNU's own format other fields lie there, and only some readers take them for a folder. */
function prefixOf(block: Uint8Array): string {
  const magic = String.fromCharCode(...block.subarray(257, 265));
  const prefix = text(block.subarray(345, 500));
  demand(magic === "ustar\u000000" || prefix === "", "tar header that is not of POSIX has a prefix");
  return prefix;
}

/** Digits, then blanks or zero bytes. Base-256 numbers, for files beyond 8 GiB, are refused. */
function octal(field: Uint8Array, what: string): number {
  const digits = /^ *([0-7]{1,12})[ \0]*$/.exec(String.fromCharCode(...field))?.[1];
  if (digits === undefined) throw new MalformedError(`tar header has no ${what}`);
  return Number.parseInt(digits, 8);
}

/** Up to the first zero byte, behind which there must be no others: some readers go on at a line feed. */
function text(field: Uint8Array): string {
  const end = field.indexOf(0);
  demand(end < 0 || field.subarray(end).every((byte) => byte === 0), "tar header has text behind its end");
  return fromUtf8(end < 0 ? field : field.subarray(0, end));
}

interface Pax {
  readonly path?: string;
  readonly size?: number;
}

const NONE: Pax = {};

/** Records `LENGTH SP NAME=VALUE LF`; of their names `path` and `size` count, and those that make another file of it are refused. */
function readPax(bytes: Uint8Array): Pax {
  const found = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const digits = fromUtf8(bytes.subarray(at, Math.max(at, space)));
    const end = at + Number(digits);
    demand(/^[1-9]\d{0,6}$/.test(digits) && end <= bytes.length && bytes[end - 1] === 0x0a, "pax record has no length");
    const record = fromUtf8(bytes.subarray(space + 1, end - 1));
    const equals = record.indexOf("=");
    demand(equals > 0, "pax record without a name");
    const name = record.slice(0, equals);
    demand(
      !found.has(name) && !/^(?:GNU\.sparse|linkpath|hdrcharset)/.test(name),
      `pax record ${JSON.stringify(name)}`,
    );
    // npm's reader takes each line for a record.
    demand(!record.includes("\n"), "pax record of more than one line");
    found.set(name, record.slice(equals + 1));
    at = end;
  }
  const path = found.get("path");
  const size = found.get("size");
  demand(path === undefined || path.length <= MAX_PATH, "path is too long");
  demand(size === undefined || /^\d{1,15}$/.test(size), "pax size is no number");
  return { ...(path === undefined ? {} : { path }), ...(size === undefined ? {} : { size: Number(size) }) };
}
