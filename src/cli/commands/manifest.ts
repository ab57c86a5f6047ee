/** `tee-verify manifest create|sign|verify|show`: build manifests on both sides (docs/manifest.md). */

import { CryptoUnavailableError } from "../../crypto/crypto.js";
import { defaultCrypto } from "../../crypto/webcrypto.js";
import { MalformedError } from "../../encoding/malformed.js";
import { IN_TOTO_TYPE, manifestEnvelope, preAuthEncoding } from "../../expected/build/dsse.js";
import { buildHash } from "../../expected/build/hash.js";
import { BUILD_HASH, type BuildManifest, parseManifest } from "../../expected/build/manifest.js";
import { resolveBuild } from "../../expected/build/resolve.js";
import { type BuildSource, hashedBuild } from "../../expected/build/source.js";
import { fill } from "../../messages/catalogue.js";
import { houseMessages } from "../../messages/house.js";
import type { Arguments } from "../args.js";
import { BUILD_OPTIONS } from "../build-options.js";
import type { Command } from "../command.js";
import { EXIT, UsageError } from "../exit.js";
import { type NamedFile, payloadOf, readBuild } from "../expected-build.js";
import { dateArgument, readFile } from "../files.js";
import type { Io } from "../io.js";
import { createManifest } from "../manifest-create.js";
import { safe } from "../text.js";

export const manifestCommand: Command = {
  usage: "create|sign|verify|show [options] [FILE]",
  about: [
    "create prints a manifest, and its build hash on standard error. sign prints an envelope (DSSE) around the exact bytes of FILE, signed with --key. verify says whether FILE, a manifest, an envelope or a Sigstore bundle, is of the build or the publisher that you name, and holds now. show says what FILE holds, whoever wrote it.",
  ],
  options: [
    {
      name: "artifact",
      short: "a",
      value: "NAME=DIGEST",
      repeatable: true,
      help: "create: sha512-... of npm, sha256:HEX, gitCommit:HEX, or a file",
    },
    {
      name: "package",
      value: "FILE.tgz",
      help: "create: the npm package of the release; its name and version, unless --name and --release say so",
    },
    {
      name: "image",
      value: "NAME=INDEX",
      repeatable: true,
      help: "create: an image by its index (a JSON file, with each architecture's image) or sha256:HEX",
    },
    {
      name: "platform",
      value: "LABEL=FILE",
      repeatable: true,
      help: "create: reference values by kind for a machine shape; or a file of whole platforms",
    },
    {
      name: "contains",
      value: "NAME",
      repeatable: true,
      help: "create: an artifact that the measured launch includes",
    },
    { name: "release", value: "VERSION", help: "create: the version of the release" },
    { name: "valid-from", value: "DATE", help: "create: when it begins to hold" },
    { name: "valid-until", value: "DATE", help: "create: when it ceases to" },
    { name: "supersedes", value: "VERSION[=BUILD]", repeatable: true, help: "create: a release that this one follows" },
    {
      name: "revoke",
      value: "VERSION",
      repeatable: true,
      help: "create: a version or build:sha256:... that is withdrawn",
    },
    {
      name: "key",
      short: "k",
      value: "FILE",
      repeatable: true,
      help: "sign: a private key (PEM, PKCS #8): Ed25519, P-256 or P-384",
    },
    { name: "expect", short: "e", value: "BUILD", help: "verify: the build hash, build:sha256:..." },
    { name: "at", value: "DATE", help: "verify: judge as of this time, not now" },
    ...BUILD_OPTIONS,
  ],
  run: runManifest,
};

async function runManifest(args: Arguments, io: Io): Promise<number> {
  const [action, path, third] = args.positionals;
  if (third !== undefined) throw new UsageError(`one file at a time: ${third} is one too many`);
  if (action === "create") return create(args, path, io);
  const run = action === undefined ? undefined : ACTIONS.get(action);
  if (run === undefined) throw new UsageError("say what to do: manifest create, sign, verify or show");
  if (path === undefined) throw new UsageError(`manifest ${action} needs a file, or - for standard input`);
  return run(args, path, io);
}

type Action = (args: Arguments, path: string, io: Io) => Promise<number>;
const ACTIONS: ReadonlyMap<string, Action> = /* @__PURE__ */ new Map<string, Action>([
  ["sign", signFile],
  ["verify", verifyFile],
  ["show", showFile],
]);

async function create(args: Arguments, path: string | undefined, io: Io): Promise<number> {
  if (path !== undefined) throw new UsageError(`manifest create takes options alone, and ${path} is none`);
  const text = await createManifest(args, io);
  io.out(text);
  io.err(`${await buildHash(text)}\n`);
  return EXIT.verified;
}

async function signFile(args: Arguments, path: string, io: Io): Promise<number> {
  const bytes = await readFile(io, path);
  reading(path, () => parseManifest(bytes));
  const keys = args.all("key");
  if (keys.length === 0) throw new UsageError("manifest sign needs a private key: --key");
  const message = preAuthEncoding(IN_TOTO_TYPE, bytes);
  const signatures = await Promise.all(keys.map(async (key) => signWith(await readFile(io, key), key, message)));
  io.out(`${manifestEnvelope(bytes, signatures)}\n`);
  io.err(`${await buildHash(bytes)}\n`);
  return EXIT.verified;
}

const HASHES: Readonly<Record<string, string>> = { prime256v1: "sha256", secp384r1: "sha384" };

function signWith(pem: Uint8Array, path: string, message: Uint8Array): Uint8Array {
  const { createPrivateKey, sign } = process.getBuiltinModule("node:crypto");
  const key = privateKey(
    () => createPrivateKey({ key: process.getBuiltinModule("node:buffer").Buffer.from(pem), format: "pem" }),
    path,
  );
  const hash = HASHES[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (key.asymmetricKeyType !== "ed25519" && hash === undefined)
    throw new UsageError(`${path}: manifests are signed with Ed25519, P-256 or P-384`);
  return new Uint8Array(sign(hash ?? null, message, key));
}

/** Node's own error may quote the key. */
function privateKey<T>(read: () => T, path: string): T {
  try {
    return read();
  } catch {
    throw new UsageError(`${path} is no private key in PEM without a passphrase`);
  }
}

async function verifyFile(args: Arguments, path: string, io: Io): Promise<number> {
  const crypto = defaultCrypto();
  if (crypto === undefined) throw new CryptoUnavailableError("there is no WebCrypto here");
  const at = args.one("at");
  const file = { path, bytes: await readFile(io, path) };
  const source = await sourceOf(args, file, io);
  const offered = { came: args.flag("expect") ? file.bytes : undefined, given: [] };
  const { builds, fault } = await resolveBuild(source, offered, {
    crypto,
    at: at === undefined ? Date.now() : dateArgument(at, "at").getTime(),
  });
  const texts = houseMessages["evidence/manifest"];
  for (const { manifest, hash, by } of builds) {
    io.out(`HOLDS: ${safe(manifest.name)} ${manifest.version}, vouched for by ${safe(by)}\n${hash}\n`);
  }
  if (fault === undefined) return EXIT.verified;
  io.out(`DOES NOT HOLD: ${safe(fill(texts?.codes[fault.code] ?? fault.code, fault.params ?? {}))}\n`);
  return fault.code === "manifest-missing" ? EXIT.undetermined : EXIT.rejected;
}

/** The build hash, or who vouches for it; the file itself says which product that is. */
async function sourceOf(args: Arguments, file: NamedFile, io: Io): Promise<BuildSource> {
  const expect = args.one("expect");
  if (expect === undefined) return readBuild(args, file, io);
  const sha256 = BUILD_HASH.exec(expect)?.[1];
  if (sha256 === undefined) throw new UsageError("--expect must be build:sha256: and 64 lowercase hex digits");
  return hashedBuild(sha256);
}

async function showFile(_args: Arguments, path: string, io: Io): Promise<number> {
  const bytes = payloadOf({ path, bytes: await readFile(io, path) });
  const manifest = reading(path, () => parseManifest(bytes));
  io.out(
    `${linesOf(manifest, await buildHash(bytes))
      .map(safe)
      .join("\n")}\n`,
  );
  return EXIT.verified;
}

function linesOf(manifest: BuildManifest, hash: string): readonly string[] {
  const {
    name,
    version,
    artifacts,
    platforms,
    validFrom,
    validUntil,
    supersedes,
    revoked,
    minimumVersion,
    unknownCritical,
    ignored,
  } = manifest;
  const time = (at: number | undefined): string =>
    at === undefined ? "ever" : new Date(at).toISOString().replace(".000Z", "Z");
  return [
    "NOT VERIFIED: this is what the file says, whoever wrote it.",
    `${name} ${version}`,
    hash,
    `valid: ${time(validFrom)} to ${time(validUntil)}`,
    ...artifacts.map(
      (item) =>
        `artifact: ${item.name} ${Object.entries(item.digest)
          .map((pair) => pair.join(":"))
          .join(" ")}`,
    ),
    ...platforms.map(({ kind, within, label, contains }) => {
      const inside = within === undefined ? "" : ` inside ${within}`;
      return `platform: ${kind}${inside}, ${label}${contains.length === 0 ? "" : `, contains ${contains.join(", ")}`}`;
    }),
    ...supersedes.map((item) => `supersedes: ${item.version}${item.build === undefined ? "" : ` ${item.build}`}`),
    ...revoked.map((item) => `revoked: ${item}`),
    ...(minimumVersion === undefined ? [] : [`minimum version: ${minimumVersion}`]),
    ...unknownCritical.map((item) => `CRITICAL AND UNKNOWN: ${item}`),
    ...ignored.filter((item) => !unknownCritical.includes(item)).map((item) => `ignored: ${item}`),
  ];
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedError) throw new UsageError(`${path}: ${error.reason}`);
    throw error;
  }
}
