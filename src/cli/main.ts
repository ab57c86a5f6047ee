#!/usr/bin/env node
/** `tee-verify`, the program: hands the process to `run`. */

import { EXIT, UsageError } from "./exit.js";
import { type Io, terminalOf } from "./io.js";
import { run } from "./run.js";
import { VERSION } from "./version.js";

// An import statement would load Node's streams with it, for longer than a verification takes.
const { closeSync, fstatSync, openSync, readSync, writeSync } = process.getBuiltinModule("node:fs");

/** Reads no more than it must: a file may be endless. Node's streams would cost as much time to load as a verification takes. */
function readPath(path: string, limit: number): Uint8Array {
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(limit);
    let length = 0;
    for (;;) {
      const count = readSync(file, buffer, length, limit - length, null);
      length += count;
      if (count === 0 || length === limit) return new Uint8Array(buffer.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
}

async function readStdin(limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= limit) break;
  }
  return new Uint8Array(Buffer.concat(chunks).subarray(0, limit));
}

let stdinWasRead = false;

async function read(path: string, limit: number): Promise<Uint8Array> {
  if (path === "-" && stdinWasRead) throw new UsageError("standard input can be named once");
  stdinWasRead ||= path === "-";
  try {
    return path === "-" ? await readStdin(limit) : readPath(path, limit);
  } catch (error) {
    throw new UsageError(`cannot read ${path === "-" ? "standard input" : path} (${reasonOf(error)})`);
  }
}

const PIECE_BYTES = 1_048_576;

async function* chunks(path: string): AsyncGenerator<Uint8Array> {
  if (path === "-") {
    yield* process.stdin as AsyncIterable<Uint8Array>;
    return;
  }
  try {
    yield* piecesOf(path);
  } catch (error) {
    throw new UsageError(`cannot read ${path} (${reasonOf(error)})`);
  }
}

/** One buffer for all pieces: whoever takes them is done with one before asking for the next. */
function* piecesOf(path: string): Generator<Uint8Array> {
  const file = openSync(path, "r");
  try {
    const buffer = new Uint8Array(PIECE_BYTES);
    for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer)) yield buffer.subarray(0, count);
  } finally {
    closeSync(file);
  }
}

/** Depth first, in the order of the names. */
async function list(folder: string): Promise<readonly { readonly path: string; readonly isFile: boolean }[]> {
  const { readdirSync } = process.getBuiltinModule("node:fs");
  const walk = (below: string): readonly { readonly path: string; readonly isFile: boolean }[] =>
    readdirSync(`${folder}/${below}`, { withFileTypes: true }).flatMap((entry) => {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      return entry.isDirectory() ? walk(path) : [{ path, isFile: entry.isFile() }];
    });
  try {
    return walk("");
  } catch (error) {
    throw new UsageError(`cannot read ${folder} (${reasonOf(error)})`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "it is no folder",
};

function reasonOf(error: unknown): string {
  const { code = "unknown error" } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? code;
}

/** Whoever reads our output may close it early (`| head`): the exit code still says what the verdict was. */
function onStreamError(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") process.exitCode = EXIT.internal;
}

/** Whether all that was said has been taken: nothing is left that the process has to wait for. */
let written = true;

/** Straight to a file or pipe, as far as it takes it at once; Node's stream objects, which are slow to load, for the rest. */
function write(descriptor: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  const rest = bytes.subarray(writeAtOnce(descriptor, bytes));
  if (rest.length === 0) return;
  written = false;
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  if (stream.listenerCount("error") === 0) stream.on("error", onStreamError);
  stream.write(rest);
}

/** How many bytes were taken. A pipe that is full or closed says so, and its stream deals with that. */
function writeAtOnce(descriptor: 1 | 2, bytes: Uint8Array): number {
  let length = 0;
  try {
    while (length < bytes.length) length += writeSync(descriptor, bytes, length);
  } catch {
    // What was not written goes through the stream, whose error says why.
  }
  return length;
}

/** Only a terminal has a width and colours, and only for one is its stream worth loading. */
function stdoutFacts(): { isTTY?: boolean; columns?: number } {
  try {
    return fstatSync(1).isCharacterDevice() ? process.stdout : {};
  } catch {
    // No standard output at all: whatever is written there fails on its own.
    return {};
  }
}

const io: Io = {
  read,
  chunks,
  list,
  version: VERSION,
  out: (text) => write(1, text),
  err: (text) => write(2, text),
  terminal: terminalOf(process.env, stdoutFacts(), process.platform),
  fetch: (...request) => globalThis.fetch(...request),
};

// No await at the top: the program is built as CommonJS, which starts a tenth faster.
void run(process.argv.slice(2), io).then((code) => {
  process.exitCode = code;
  // Without a word left to write, taking the engine down in order is time that nobody has use for.
  if (written) process.exit();
});
