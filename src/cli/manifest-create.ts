/** The text of a build manifest from arguments: artifacts by their digests, platforms from files, and the life of the release. */

import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../encoding/json.js";
import { MalformedError } from "../encoding/malformed.js";
import { fromBase64, fromUtf8, toHex, toUtf8 } from "../encoding/text.js";
import { type Artifact, PREDICATE_TYPE, parseManifest, STATEMENT_TYPE } from "../expected/build/manifest.js";
import { imageArtifacts, packageArtifacts } from "../expected/release/artifacts.js";
import { OCI_DIGEST, readImage } from "../expected/release/image.js";
import type { Arguments } from "./args.js";
import { UsageError } from "./exit.js";
import { dateArgument, readFile } from "./files.js";
import type { Io } from "./io.js";
import { nodeHash } from "./measure/inputs.js";
import { packageIn, reading } from "./package-file.js";

/** The manifest, two spaces deep, with a line feed at its end. It was read back: what is written is a manifest. */
export async function createManifest(args: Arguments, io: Io): Promise<string> {
  const tarball = args.one("package");
  const release = tarball === undefined ? undefined : await reading(tarball, () => packageIn(io, tarball));
  const subject = [
    ...(release === undefined ? [] : packageArtifacts(release, { createHash: nodeHash })),
    ...(await Promise.all(args.all("image").map((text) => readImageArtifacts(text, io)))).flat(),
    ...(await Promise.all(args.all("artifact").map((text) => readArtifact(text, io)))),
  ];
  const platforms = (
    await Promise.all(args.all("platform").map((text) => readPlatforms(text, args.all("contains"), io)))
  ).flat();
  const [from, until, minimumVersion] = ["valid-from", "valid-until", "minimum-version"].map((name) => args.one(name));
  const statement = {
    _type: STATEMENT_TYPE,
    subject,
    predicateType: PREDICATE_TYPE,
    predicate: {
      name: args.one("name") ?? release?.name ?? needed(args, "name"),
      version: args.one("release") ?? release?.version ?? needed(args, "release"),
      ...(from === undefined ? {} : { validFrom: timeOf(from, "valid-from") }),
      ...(until === undefined ? {} : { validUntil: timeOf(until, "valid-until") }),
      ...listed("supersedes", args.all("supersedes").map(readSuperseded)),
      ...listed("revoked", args.all("revoke")),
      ...(minimumVersion === undefined ? {} : { minimumVersion }),
      platforms,
    },
  };
  const text = `${JSON.stringify(statement, null, 2)}\n`;
  try {
    parseManifest(toUtf8(text));
    return text;
  } catch (error) {
    if (error instanceof MalformedError) throw new UsageError(`this would be no manifest: ${error.reason}`);
    throw error;
  }
}

function needed(args: Arguments, name: string): string {
  const value = args.one(name);
  if (value === undefined) throw new UsageError(`--${name} is missing`);
  return value;
}

const listed = <T>(name: string, items: readonly T[]): Readonly<Record<string, readonly T[]>> =>
  items.length === 0 ? {} : { [name]: items };

const timeOf = (text: string, option: string): string =>
  dateArgument(text, option)
    .toISOString()
    .replace(/\.\d+Z$/, "Z");

/** `VERSION` or `VERSION=build:sha256:...`. */
function readSuperseded(text: string): { readonly version: string; readonly build?: string } {
  const at = text.indexOf("=");
  return at < 0 ? { version: text } : { version: text.slice(0, at), build: text.slice(at + 1) };
}

interface Subject {
  readonly name: string;
  readonly digest: Readonly<Record<string, string>>;
}

/** `NAME=sha512-<base64>` (npm), `NAME=sha256:<hex>` (OCI), `NAME=gitCommit:<hex>`, or a file, which is hashed. */
async function readArtifact(text: string, io: Io): Promise<Subject> {
  const at = text.indexOf("=");
  const [name, value] = at < 0 ? [text.replace(/^.*[/\\]/, ""), text] : [text.slice(0, at), text.slice(at + 1)];
  const integrity = /^(sha(?:256|384|512))-([A-Za-z0-9+/]+={0,2})$/.exec(value);
  if (integrity !== null) return { name, digest: { [integrity[1] as string]: hexOf(integrity[2] as string, text) } };
  const digest = /^(sha256|sha384|sha512|gitCommit):([0-9a-f]+)$/.exec(value);
  if (digest !== null) return { name, digest: { [digest[1] as string]: digest[2] as string } };
  return { name, digest: await hashFile(value, io) };
}

/** `NAME=FILE` with an image index, or `NAME=sha256:HEX`: the index, and the image of each architecture. */
async function readImageArtifacts(text: string, io: Io): Promise<readonly Artifact[]> {
  const at = text.indexOf("=");
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1) throw new UsageError(`--image ${text}: give NAME=FILE or NAME=sha256:HEX`);
  if (OCI_DIGEST.test(value)) return imageArtifacts(name, { digest: value, platforms: [] });
  const manifest = await readFile(io, value);
  return imageArtifacts(name, await reading(value, async () => readImage({ manifest, createHash: nodeHash })));
}

function hexOf(base64: string, what: string): string {
  try {
    return toHex(fromBase64(base64));
  } catch (error) {
    if (error instanceof MalformedError) throw new UsageError(`${what}: ${error.reason}`);
    throw error;
  }
}

/** Of any size, in pieces. */
async function hashFile(path: string, io: Io): Promise<Subject["digest"]> {
  const { createHash } = process.getBuiltinModule("node:crypto");
  const hashes = ["sha256", "sha512"].map((name) => [name, createHash(name)] as const);
  for await (const chunk of io.chunks(path)) for (const [, hash] of hashes) hash.update(chunk);
  return Object.fromEntries(hashes.map(([name, hash]) => [name, hash.digest("hex")]));
}

/** A file of whole platforms (one or a list), or `LABEL=FILE` with reference values by kind, as `measure --expected` prints them. */
async function readPlatforms(text: string, contains: readonly string[], io: Io): Promise<readonly JsonObject[]> {
  const at = text.indexOf("=");
  const path = text.slice(at + 1);
  const json = await readJson(path, io);
  if (at < 0) {
    const platforms = Array.isArray(json) ? (json as readonly JsonValue[]) : [json];
    if (platforms.every(isJsonObject)) return platforms;
    throw new UsageError(`${path} holds no platforms`);
  }
  if (!isJsonObject(json)) throw new UsageError(`${path} holds no reference values by kind`);
  return Object.entries(json).map(([kind, values]) => ({
    kind,
    label: text.slice(0, at),
    values,
    ...(contains.length === 0 ? {} : { contains }),
  }));
}

async function readJson(path: string, io: Io): Promise<JsonValue> {
  try {
    return parseJson(fromUtf8(await readFile(io, path)));
  } catch (error) {
    if (error instanceof MalformedError) throw new UsageError(`${path}: ${error.reason}`);
    throw error;
  }
}
