#!/usr/bin/env node
/** `tee-verify`, the program: hands the process to `run`. */

import { createReadStream, readFileSync } from "node:fs";
import { EXIT, UsageError } from "./exit.js";
import { type Io, terminalOf } from "./io.js";
import { run } from "./run.js";

let stdinWasRead = false;

/** Reads no more than it must: a file may be endless. */
async function read(path: string, limit: number): Promise<Uint8Array> {
  if (path === "-" && stdinWasRead) throw new UsageError("standard input can be named once");
  stdinWasRead ||= path === "-";
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const stream = path === "-" ? process.stdin : createReadStream(path);
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= limit) break;
    }
  } catch (error) {
    throw new UsageError(`cannot read ${path === "-" ? "standard input" : path} (${reasonOf(error)})`);
  }
  return new Uint8Array(Buffer.concat(chunks).subarray(0, limit));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
};

function reasonOf(error: unknown): string {
  const { code = "unknown error" } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? code;
}

/** The same way from `src/cli` and from `dist/cli`. */
function version(): string {
  return (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string })
    .version;
}

const io: Io = {
  read,
  version,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  terminal: terminalOf(process.env, process.stdout, process.platform),
  fetch: (...request) => globalThis.fetch(...request),
};

// Whoever reads our output may close it early (`| head`): the exit code still says what the verdict was.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") process.exitCode = EXIT.internal;
  });
}

process.exitCode = await run(process.argv.slice(2), io);
