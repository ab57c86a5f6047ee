/** From arguments to the options of `verify`: what it must be, that it is fresh, and how to judge. */

import type { Binding } from "../expected/binding.js";
import { BINDING_LAYOUTS, type BindingLayoutName } from "../expected/layouts.js";
import type { sevSnp, verify } from "../index.js";
import type { OptionsOf } from "../verifier.js";
import type { Arguments, OptionSpec } from "./args.js";
import { BUILD_OPTIONS, namesBuild } from "./build-options.js";
import { UsageError } from "./exit.js";
import { bytesArgument, dateArgument, hexArgument, keyArgument, readFile, readJsonFile } from "./files.js";
import type { Io } from "./io.js";
import { policyFromJson } from "./policy.js";

/** What the front door takes. */
export type Options = Parameters<typeof verify>[1];

export const REQUEST_OPTIONS: readonly OptionSpec[] = [
  {
    name: "expect",
    short: "e",
    value: "WHAT",
    help: "what it must be: a digest in hex, build:sha256:..., a JSON file of reference values per kind, or a build manifest",
  },
  ...BUILD_OPTIONS,
  {
    name: "manifest",
    short: "m",
    value: "FILE",
    repeatable: true,
    help: "a build manifest; it counts if it hashes to the build that --expect names",
  },
  { name: "nonce", short: "n", value: "HEX", help: "the nonce that you sent: is it an answer to your question?" },
  {
    name: "public-key",
    short: "k",
    value: "FILE",
    help: "the key of the channel that you talk over (PEM or DER of the key or its certificate; 0xHEX for raw bytes)",
  },
  { name: "report-data", value: "HEX", help: "the exact report data, where you made it yourself" },
  { name: "user-data", value: "HEX", help: "the exact user data of a Nitro document" },
  { name: "layout", value: "NAME", help: `how the platform binds nonce and key: ${BINDING_LAYOUTS.join(", ")}` },
  { name: "data", value: "FILE", help: "what a layout binds beside those (0xHEX for bytes)" },
  {
    name: "endorsement",
    short: "c",
    value: "FILE",
    repeatable: true,
    help: "certificates, revocation lists, collateral, or the auxblob of configfs-tsm: PEM, DER (also as hex or base64), JSON",
  },
  { name: "fetch", help: "get missing endorsements from the vendor; else nothing is ever sent or asked" },
  { name: "at", value: "DATE", help: "judge as of this time (2026-11-24 or 2026-11-24T10:00:00Z), not now" },
  { name: "policy", value: "FILE", help: "JSON of demands per kind (docs/policy.md)" },
  {
    name: "corim",
    value: "FILE",
    repeatable: true,
    help: "keys of Arm devices that you vouch for: an unsigned CoRIM (docs/arm.md)",
  },
  {
    name: "gpu-nonce",
    value: "PLACE",
    help: "the machine's evidence holds its GPUs' too, and binds them: first-half or second-half of its report data, or caller, your own nonce (docs/nvidia.md)",
  },
  { name: "covers", value: "firmware", help: "be content if only the firmware is pinned" },
  { name: "accept", value: "KINDS", help: "take these kinds of evidence alone, separated by commas" },
  { name: "crypto", value: "NAME", help: "webcrypto (the default) or noble, in pure JavaScript" },
  { name: "no-cross-check", help: "do not read every certificate a second time with another reader" },
];

export async function readOptions(args: Arguments, io: Io): Promise<Options> {
  const at = args.one("at");
  const accept = args.one("accept");
  const options = {
    expected: await readExpected(args, io),
    binding: await readBinding(args, io),
    manifests: await readManifests(args, io),
    endorsements: await Promise.all(args.all("endorsement").map((path) => readFile(io, path))),
    ...(args.flag("fetch") ? { fetch: io.fetch } : {}),
    ...(at === undefined ? {} : { at: dateArgument(at, "at") }),
    ...(await readPolicy(args, io)),
    ...(accept === undefined ? {} : { accept: accept.split(",").map((name) => name.trim()) }),
    ...(args.one("covers") === undefined ? {} : { covers: args.one("covers") }),
    ...(await backEnds(args)),
  };
  // Names and values are for `verify` to check: it does so for callers without types as well.
  return options as Options;
}

/** Beside a build hash an envelope counts for what it holds, since an unsigned manifest would count too; a publisher's signature is over the envelope. */
async function readManifests(args: Arguments, io: Io): Promise<readonly Uint8Array[]> {
  const files = await Promise.all(
    args.all("manifest").map(async (path) => ({ path, bytes: await readFile(io, path) })),
  );
  if (files.length === 0 || args.one("expect")?.startsWith("build:") !== true) return files.map(({ bytes }) => bytes);
  const { payloadOf } = await import("./expected-build.js");
  return files.map(payloadOf);
}

async function readPolicy(args: Arguments, io: Io): Promise<{ policy?: Readonly<Record<string, unknown>> }> {
  const path = args.one("policy");
  const policy = path === undefined ? undefined : policyFromJson(await readJsonFile(io, path));
  const files = args.all("corim");
  if (files.length === 0) return policy === undefined ? {} : { policy };
  const corims = await Promise.all(files.map((file) => readFile(io, file)));
  const at = args.one("at");
  const { withCorims } = await import("./gpus-and-keys.js");
  return { policy: withCorims(policy ?? {}, corims, at === undefined ? new Date() : dateArgument(at, "at")) };
}

const HEX_DIGEST = /^(?:0x)?(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})$/;
/** No name of a file: a digest that lost some of its digits. */
const LONG_HEX = /^(?:0x)?[0-9a-fA-F]{32,}$/;

async function readExpected(args: Arguments, io: Io): Promise<unknown> {
  const text = args.one("expect");
  if (namesBuild(args)) {
    const file = text === undefined ? undefined : { path: text, bytes: await readFile(io, text) };
    return (await import("./expected-build.js")).readBuild(args, file, io);
  }
  if (text === undefined || text === "any-build") return "any-build";
  if (text.startsWith("build:")) return text;
  if (HEX_DIGEST.test(text)) return text.replace(/^0x/, "").toLowerCase();
  if (LONG_HEX.test(text))
    throw new UsageError(
      `--expect: a digest has 64, 96 or 128 hex digits, and this has ${text.replace(/^0x/, "").length}`,
    );
  const json = await readJsonFile(io, text);
  if (["_type", "payload", "dsseEnvelope"].some((name) => Object.hasOwn(json, name)))
    throw new UsageError(
      `${text} is a build manifest: say who may sign it with --publisher or --sigstore-root, or that it is --trusted`,
    );
  return json;
}

async function readBinding(args: Arguments, io: Io): Promise<Binding> {
  const [nonce, key, data, layout] = ["nonce", "public-key", "data", "layout"].map((name) => args.one(name));
  const exact = (["report-data", "user-data"] as const).filter((name) => args.one(name) !== undefined);
  const parts = [nonce, key, data, layout].filter((value) => value !== undefined).length;
  if (exact.length > 1 || (exact.length === 1 && parts > 0))
    throw new UsageError(`--${exact[0]} is the whole binding: give nothing beside it`);
  const [name] = exact;
  if (name === "report-data") return { reportData: hexArgument(args.one(name) as string, name) };
  if (name === "user-data") return { userData: hexArgument(args.one(name) as string, name) };
  if (parts === 0) return "unbound";
  if (layout === undefined && nonce === undefined)
    throw new UsageError("a key alone can be replayed: give --nonce with it, or the --layout that binds it");
  if (layout === undefined && data !== undefined) throw new UsageError("--data belongs to a --layout");
  return {
    ...(nonce === undefined ? {} : { nonce: hexArgument(nonce, "nonce") }),
    ...(key === undefined ? {} : { publicKey: await keyArgument(io, key, "public-key") }),
    ...(data === undefined ? {} : { data: await bytesArgument(io, data, "data") }),
    ...(layout === undefined ? {} : { layout: layout as BindingLayoutName }),
  } as Binding;
}

/** Both are large and not always wanted: loaded when they are. */
async function backEnds(args: Arguments): Promise<Pick<OptionsOf<readonly [typeof sevSnp]>, "crypto" | "crossCheck">> {
  const name = args.one("crypto") ?? "webcrypto";
  if (name !== "webcrypto" && name !== "noble") throw new UsageError("--crypto must be webcrypto or noble");
  return {
    ...(name === "noble" ? { crypto: (await import("../crypto/noble.js")).noble } : {}),
    ...(args.flag("no-cross-check") ? {} : { crossCheck: (await import("../cross-check.js")).crossCheck }),
  };
}
