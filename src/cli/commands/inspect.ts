/** `tee-verify inspect <file>`: what the bytes say, where they say it, and that nobody has vouched for it. */

import { MalformedError } from "../../encoding/malformed.js";
import { type Inspection, inspect } from "../../index.js";
import type { Arguments } from "../args.js";
import type { Command } from "../command.js";
import { EXIT, UsageError } from "../exit.js";
import { readEvidence } from "../files.js";
import type { Io } from "../io.js";
import { renderInspection } from "../render-inspect.js";
import { safe } from "../text.js";

export const inspectCommand: Command = {
  usage: "[options] FILE",
  about: [
    "Shows what evidence claims and the map of its bytes. Nothing is verified: anybody can write such bytes. Exit code 0 says that they could be read, 1 that they could not.",
  ],
  options: [{ name: "json", help: "print it as JSON" }],
  run: runInspect,
};

async function runInspect(args: Arguments, io: Io): Promise<number> {
  const [path, second] = args.positionals;
  if (path === undefined || second !== undefined)
    throw new UsageError("inspect takes one file, or - for standard input");
  const bytes = await readEvidence(io, path);
  const inspection = read(bytes) ?? (await readAny(bytes, io));
  if (typeof inspection === "string") {
    io.err(`tee-verify: not readable as evidence: ${safe(inspection)}\n`);
    return EXIT.rejected;
  }
  io.out(args.flag("json") ? `${JSON.stringify(inspection, null, 2)}\n` : renderInspection(inspection, io.terminal));
  return EXIT.verified;
}

async function readAny(bytes: Uint8Array, io: Io): Promise<Inspection | string> {
  const { inspectAny, openAny } = await import("../other-kinds.js");
  return inspectAny(openAny(bytes, io.err));
}

/** `undefined` where none of the front door's kinds can. */
function read(bytes: Uint8Array): Inspection | undefined {
  try {
    return inspect(bytes);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
