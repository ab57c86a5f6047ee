/** `tee-verify release show|files|compare|launch`: what a release is, as bytes, and whether a launch configuration names it (docs/openclaw.md). */

import { MalformedError } from "../../encoding/malformed.js";
import { fromUtf8 } from "../../encoding/text.js";
import { parseManifest } from "../../expected/build/manifest.js";
import { artifactsNamed, imageArtifacts, packageArtifacts } from "../../expected/release/artifacts.js";
import { readCommandLine } from "../../expected/release/command-line.js";
import { type LaunchReading, readAppCompose, readCompose } from "../../expected/release/compose.js";
import { readImage } from "../../expected/release/image.js";
import { compareInventories, inventoryText } from "../../expected/release/inventory.js";
import type { Arguments } from "../args.js";
import type { Command } from "../command.js";
import { EXIT, UsageError } from "../exit.js";
import { payloadOf } from "../expected-build.js";
import { readFile } from "../files.js";
import type { Io } from "../io.js";
import { nodeHash } from "../measure/inputs.js";
import { launchNotes } from "../measure/launch-notes.js";
import { filesIn, packageIn } from "../package-file.js";
import { safe } from "../text.js";

export const releaseCommand: Command = {
  usage: "show FILE | files PACKAGE.tgz | compare EXPECTED FOUND | launch FILE",
  about: [
    "show says what an npm package (.tgz) or an image index (JSON) is, by digests. files prints the package's inventory, for sha256sum -c. compare names each file that differs, is missing or was added; both are a package, an inventory or the folder of an installed package. launch says whether a compose file, an app-compose.json or a kernel command line (--append) names what it starts by digest.",
    "Exit code 1 says that a file is not well-formed, that files differ, or that a launch configuration does not identify what it starts.",
  ],
  options: [
    { name: "integrity", value: "SHA512-...", help: "show: the integrity that the registry has; another is an error" },
    { name: "digest", value: "SHA256:HEX", help: "show: the digest by which the index was asked for" },
    { name: "append", value: "TEXT", help: "launch: a kernel command line" },
    { name: "manifest", value: "FILE", help: "launch: what is named must be among the artifacts of this manifest" },
  ],
  run: runRelease,
};

type Action = (args: Arguments, paths: readonly string[], io: Io) => Promise<number>;
const ACTIONS: ReadonlyMap<string, readonly [files: readonly number[], options: readonly string[], run: Action]> =
  /* @__PURE__ */ new Map([
    ["show", [[1], ["integrity", "digest"], show]],
    ["files", [[1], [], files]],
    ["compare", [[2], [], compare]],
    ["launch", [[0, 1], ["append", "manifest"], launch]],
  ] as const);

async function runRelease(args: Arguments, io: Io): Promise<number> {
  const [name = "", ...paths] = args.positionals;
  const action = ACTIONS.get(name);
  if (action === undefined) throw new UsageError("say what to do: release show, files, compare or launch");
  const [counts, options, run] = action;
  if (!counts.includes(paths.length)) throw new UsageError(`release ${name} takes ${counts.join(" or ")} files`);
  const other = releaseCommand.options.find((option) => args.flag(option.name) && !options.includes(option.name));
  if (other !== undefined) throw new UsageError(`release ${name} takes no --${other.name}`);
  try {
    return await run(args, paths, io);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    io.err(`tee-verify: ${safe(error.message)}\n`);
    return EXIT.rejected;
  }
}

async function show(args: Arguments, [path = ""]: readonly string[], io: Io): Promise<number> {
  const start = await io.read(path, 2);
  if (start[0] === 0x1f) {
    if (args.flag("digest")) throw new UsageError("--digest is of an image index");
    const release = await packageIn(io, path, args.one("integrity"));
    const { files: listed, sha512: _, ...facts } = release;
    const artifacts = packageArtifacts(release, { createHash: nodeHash });
    io.out(`${JSON.stringify({ ...facts, files: listed.length, artifacts }, null, 2)}\n`);
    if (release.dependencies.length > 0)
      io.err(
        `note: ${release.dependencies.length} packages are fetched when it is installed and are not in the tarball: only an image, or a lockfile, pins them.\n`,
      );
    if (release.installScripts.length > 0)
      io.err(`note: scripts run when it is installed: ${release.installScripts.join(", ")}.\n`);
    return EXIT.verified;
  }
  if (args.flag("integrity")) throw new UsageError("--integrity is of an npm package");
  const digest = args.one("digest");
  const image = readImage({
    manifest: await readFile(io, path),
    createHash: nodeHash,
    ...(digest === undefined ? {} : { digest }),
  });
  io.out(`${JSON.stringify({ ...image, artifacts: imageArtifacts("image", image) }, null, 2)}\n`);
  return EXIT.verified;
}

async function files(_args: Arguments, [path = ""]: readonly string[], io: Io): Promise<number> {
  io.out(inventoryText((await packageIn(io, path)).files));
  return EXIT.verified;
}

/** Most names that are printed of each kind. */
const MAX_NAMES = 100;

async function compare(_args: Arguments, [expected = "", found = ""]: readonly string[], io: Io): Promise<number> {
  const difference = compareInventories(await filesIn(io, expected), await filesIn(io, found));
  for (const [what, paths] of Object.entries(difference) as [string, readonly string[]][]) {
    for (const path of paths.slice(0, MAX_NAMES)) io.out(`${what}: ${safe(path)}\n`);
    if (paths.length > MAX_NAMES) io.out(`${what}: ${paths.length - MAX_NAMES} more\n`);
  }
  const same = Object.values(difference).every((paths: readonly string[]) => paths.length === 0);
  if (same) io.out("THE SAME: every file is as expected, and there is no other.\n");
  return same ? EXIT.verified : EXIT.rejected;
}

async function launch(args: Arguments, [path]: readonly string[], io: Io): Promise<number> {
  const reading = await readingOf(args, path, io);
  const manifestPath = args.one("manifest");
  const named = manifestPath === undefined ? undefined : artifactsNamed(reading, await artifactsIn(io, manifestPath));
  const identifies = reading.identifies && named?.length !== 0;
  io.out(
    identifies
      ? "IDENTIFIES: everything that it starts is named by digest.\n"
      : "DOES NOT IDENTIFY what it starts, whatever its hash.\n",
  );
  for (const digest of reading.digests) io.out(`names: ${digest}\n`);
  for (const name of named ?? []) io.out(`artifact: ${safe(name)}\n`);
  if (named?.length === 0) io.out(`nothing that it names is an artifact of ${safe(manifestPath ?? "")}\n`);
  for (const note of launchNotes(reading.findings)) io.out(`note: ${safe(note)}\n`);
  return identifies ? EXIT.verified : EXIT.rejected;
}

async function readingOf(args: Arguments, path: string | undefined, io: Io): Promise<LaunchReading> {
  const commandLine = args.one("append");
  if ((path === undefined) === (commandLine === undefined))
    throw new UsageError("release launch takes a file, or a command line with --append");
  if (commandLine !== undefined) return readCommandLine(commandLine);
  const text = fromUtf8(await readFile(io, path as string));
  return text.trimStart().startsWith("{") ? readAppCompose(text) : readCompose(text);
}

async function artifactsIn(io: Io, path: string): Promise<ReturnType<typeof parseManifest>["artifacts"]> {
  return parseManifest(payloadOf({ path, bytes: await readFile(io, path) })).artifacts;
}
