/** From arguments to an expected build: a manifest in hand, a publisher's key, or a Sigstore identity. Loaded where one of them is given. */

import { isJsonObject, type JsonObject, member, parseJson } from "../encoding/json.js";
import { MalformedError } from "../encoding/malformed.js";
import { fromUtf8 } from "../encoding/text.js";
import { readEnvelope } from "../expected/build/dsse.js";
import { parseManifest } from "../expected/build/manifest.js";
import { signedBuild, trustedBuild } from "../expected/build/publisher.js";
import type { BuildSource } from "../expected/build/source.js";
import { type SignerIdentity, sigstoreBuild } from "../expected/sigstore/index.js";
import type { Arguments } from "./args.js";
import { UsageError } from "./exit.js";
import { keyArgument, readFile } from "./files.js";
import type { Io } from "./io.js";

/** The file that was named, and what it holds. */
export interface NamedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** @throws UsageError */
export async function readBuild(args: Arguments, file: NamedFile | undefined, io: Io): Promise<BuildSource> {
  const publishers = args.all("publisher");
  const rootPath = args.one("sigstore-root");
  const ways = [publishers.length > 0, args.flag("trusted"), rootPath !== undefined].filter(Boolean).length;
  if (ways !== 1)
    throw new UsageError(
      "say who vouches for the manifest: --publisher, --sigstore-root with an identity, or --trusted",
    );
  if (args.flag("trusted")) {
    if (file === undefined) throw new UsageError("--trusted needs the manifest: name its file with --expect");
    return trustedBuild(payloadOf(file));
  }
  const minimumVersion = args.one("minimum-version");
  const common = {
    name: args.one("name") ?? nameIn(file),
    ...(file === undefined ? {} : { manifests: [file.bytes] }),
    ...(minimumVersion === undefined ? {} : { minimumVersion }),
  };
  return misuse(async () => {
    if (rootPath === undefined) {
      const keys = publishers.map((publisher) => keyArgument(io, publisher, "publisher"));
      return signedBuild({ ...common, publishers: await Promise.all(keys) });
    }
    const trustedRoot = fromUtf8(await readFile(io, rootPath));
    return sigstoreBuild({ ...common, identity: identityIn(args), trustedRoot });
  });
}

/** Members that were not given are left out: what is missing is said by the library. */
function identityIn(args: Arguments): SignerIdentity {
  const names = ["repository", "workflow", "ref", "subject", "issuer"];
  const given = names.flatMap((name) => (args.one(name) === undefined ? [] : [[name, args.one(name)] as const]));
  return Object.fromEntries(given) as unknown as SignerIdentity;
}

async function misuse<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    if (error instanceof MalformedError) throw new UsageError(error.reason);
    throw error;
  }
}

/** The product that the file in hand is of: whoever gives a file has said which. */
function nameIn(file: NamedFile | undefined): string {
  if (file === undefined) throw new UsageError("a publisher may sign more than one product: say which with --name");
  try {
    return parseManifest(payloadOf(file)).name;
  } catch (error) {
    if (error instanceof MalformedError) throw new UsageError(`${file.path}: ${error.reason}`);
    throw error;
  }
}

/** The bytes of the manifest in a file: itself, what an envelope holds, or what a Sigstore bundle's envelope does. */
export function payloadOf(file: NamedFile): Uint8Array {
  try {
    const json = parseJson(fromUtf8(file.bytes));
    const envelope = isJsonObject(json) ? (member(json, "dsseEnvelope") ?? json) : undefined;
    return isJsonObject(envelope) && isEnvelope(envelope) ? readEnvelope(envelope).payload : file.bytes;
  } catch (error) {
    if (error instanceof MalformedError) throw new UsageError(`${file.path}: ${error.reason}`);
    throw error;
  }
}

const isEnvelope = (json: JsonObject): boolean => member(json, "payload") !== undefined;
