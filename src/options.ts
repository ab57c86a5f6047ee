/** The front door's options, checked and copied before anything else happens (design, section 2). */

import type { Crypto } from "./crypto/crypto.js";
import { MalformedError } from "./encoding/malformed.js";
import { toHex, toUtf8 } from "./encoding/text.js";
import type { EndorsementCache } from "./endorsements/cache.js";
import { addEndorsements, MAX_GIVEN_BYTES, MAX_ITEM_BYTES, NO_ENDORSEMENTS } from "./endorsements/endorsements.js";
import { type Fetch, type Network, VENDOR_ORIGINS } from "./endorsements/transport.js";
import { copySource, type EvidenceSource } from "./evidence/envelope.js";
import type { EvidenceKind, KindExpectation } from "./evidence/kind.js";
import { type Binding, type BindingRequest, MINIMUM_NONCE_BYTES } from "./expected/binding.js";
import { BUILD_HASH, MAX_MANIFEST_BYTES } from "./expected/build/manifest.js";
import { type BuildSource, hashedBuild, isBuildSource } from "./expected/build/source.js";
import { BINDING_LAYOUTS, type BindingLayout, bindingLayout, type LayoutInputs } from "./expected/layouts.js";
import {
  copyBytes,
  copyData,
  hexOption,
  readChoice,
  readMembers,
  readMirrors,
  readObject,
  readSet,
  readTime,
} from "./expected/read.js";
import type { Vendor } from "./trust/anchors.js";
import type { Certificate } from "./trust/certificate.js";
import type { CrossCheck } from "./trust/cross-check.js";

/** Options of `verify`. `Expected` and `Policy` are narrowed by the kinds of the verifier. */
export interface VerifyOptions<Expected = unknown, Policy = unknown, Name extends string = string> {
  /** What it must be: a build hash, reference values per kind, a digest, or `"any-build"`. */
  readonly expected: Expected;
  /** Build manifests that are known, exact text: one that hashes to the expected build hash counts, others name what was found instead. */
  readonly manifests?: readonly (Uint8Array | ArrayBuffer | string)[];
  /** That it is fresh, and whose channel it is; or `"unbound"`. */
  readonly binding: Binding;
  /** Certificates, CRLs and collateral: DER, PEM or exact text. */
  readonly endorsements?: readonly (Uint8Array | ArrayBuffer | string)[];
  /** May get missing endorsements; absent means fully offline. */
  readonly fetch?: Fetch;
  /** Time of judgement; the clock unless told. */
  readonly at?: Date;
  /** Demands per kind; every default is the safe one. */
  readonly policy?: Policy;
  /** `"firmware"` where the caller wants to know of the firmware alone. */
  readonly covers?: "firmware" | "launch";
  /** Kinds that the caller takes; all of the verifier's unless told. */
  readonly accept?: readonly Name[];
  /** Cryptographic back end; WebCrypto unless told. */
  readonly crypto?: Crypto;
  /** The second reader of certificates and CRLs, from `tee-verify/cross-check`. */
  readonly crossCheck?: CrossCheck;
  /** Keeps what was fetched. */
  readonly cache?: EndorsementCache;
  readonly signal?: AbortSignal;
  /** Mirrors of vendor services, by vendor origin: `{ "https://kdsintf.amd.com": "https://kds.example" }`. */
  readonly mirrors?: Readonly<Record<string, string>>;
  /** Root certificates in place of a vendor's pinned ones (PEM or DER), for tests; shown in the verdict. */
  readonly trustAnchors?: Partial<Readonly<Record<Vendor, readonly (Uint8Array | string)[]>>>;
}

/** Options after checking and copying. */
export interface Request {
  readonly evidence: Uint8Array;
  readonly expected: ExpectedRequest;
  readonly manifests: readonly Uint8Array[];
  readonly binding: BindingRequest;
  readonly endorsements: readonly Uint8Array[];
  readonly network: Network | undefined;
  readonly at: number;
  readonly crypto: Crypto | undefined;
  /** By kind name: what the kind's `readPolicy` made. */
  readonly settings: ReadonlyMap<string, unknown>;
  readonly covers: "firmware" | "launch";
  readonly accept: readonly string[] | undefined;
  readonly crossCheck: CrossCheck | undefined;
  readonly trustAnchors: ReadonlyMap<Vendor, readonly Certificate[]>;
  /** What was expected and demanded, copied: `canonical` makes the text that the digests in `meta` are of. */
  readonly demanded: { readonly expected: unknown; readonly policy: unknown };
}

const OPTIONS = [
  "expected",
  "manifests",
  "binding",
  "endorsements",
  "fetch",
  "at",
  "policy",
  "covers",
  "accept",
  "crypto",
  "crossCheck",
  "cache",
  "signal",
  "mirrors",
  "trustAnchors",
];
const VENDORS: readonly Vendor[] = ["amd", "intel", "aws", "nvidia", "google", "microsoft", "arm"];

/** @throws TypeError */
export function readRequest(evidence: EvidenceSource, options: VerifyOptions, kinds: readonly EvidenceKind[]): Request {
  try {
    return read(evidence, options, kinds);
  } catch (error) {
    if (error instanceof TypeError) throw error;
    // A getter or proxy of the caller's threw.
    throw new TypeError("the evidence or the options could not be read", { cause: error });
  }
}

function read(evidence: unknown, options: unknown, kinds: readonly EvidenceKind[]): Request {
  const given = definedOptions(options);
  const names = kinds.map(({ name }) => name);
  const policy = readObject(given.policy === undefined ? {} : given.policy, names, "policy");
  for (const [name, value] of Object.entries(policy))
    if (value === null) throw new TypeError(`policy: ${name} is null; leave it out or give it a value`);
  const accept =
    given.accept === undefined
      ? undefined
      : readSet(given.accept, "accept", (item, what) => readChoice(item, names, what));
  return {
    evidence: copySource(evidence),
    expected: readExpected(given.expected, kinds),
    manifests: readManifests(given.manifests),
    binding: readBinding(given.binding as Binding | undefined),
    endorsements: readEndorsements(given.endorsements),
    network: readNetwork(given),
    at: given.at === undefined ? Date.now() : readTime(given.at, "at"),
    crypto: readCrypto(given.crypto),
    settings: new Map(kinds.map((kind) => [kind.name, settingsOf(kind, policy[kind.name])])),
    covers: given.covers === undefined ? "launch" : readChoice(given.covers, ["firmware", "launch"], "covers"),
    accept,
    crossCheck: readCrossCheck(given.crossCheck),
    trustAnchors: readAnchors(given.trustAnchors),
    demanded: {
      expected: given.expected,
      policy: { policy, covers: given.covers ?? "launch", accept: accept ?? null },
    },
  };
}

const defaults = new WeakMap<EvidenceKind, unknown>();

/** Most calls leave the policy of most kinds out: their defaults are made once. */
function settingsOf(kind: EvidenceKind, policy: unknown): unknown {
  if (policy !== undefined) return kind.readPolicy(policy);
  if (!defaults.has(kind)) defaults.set(kind, kind.readPolicy(undefined));
  return defaults.get(kind);
}

/** Options that are plain data, and are copied as a whole. */
const DATA = ["expected", "binding", "policy", "mirrors"];

/** Unlike in demands, an option that is `undefined` is one that was left out. */
function definedOptions(options: unknown): Readonly<Record<string, unknown>> {
  if (options === undefined) throw new TypeError("options are required: at least { expected, binding }");
  const given = Object.entries(readMembers(options, OPTIONS, "options")).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, DATA.includes(name) ? copyData(value, name) : value]));
}

function readCrypto(value: unknown): Crypto | undefined {
  const crypto = value as Crypto | undefined;
  // WebCrypto itself has these functions too, and takes other arguments.
  const named = typeof crypto?.name === "string";
  if (crypto === undefined || (named && typeof crypto.verify === "function" && typeof crypto.digest === "function"))
    return crypto;
  throw new TypeError("crypto must be a back end, such as `noble` from tee-verify/noble");
}

function readEndorsements(value: unknown): readonly Uint8Array[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError("endorsements must be a list");
  // Of what is too much, no more is copied than tells so.
  let left = MAX_GIVEN_BYTES;
  return Array.from(value, (item: unknown, index) => {
    const most = Math.min(MAX_ITEM_BYTES, left) + 1;
    const copy =
      typeof item === "string" ? toUtf8(item.slice(0, most)) : copyBytes(item, `endorsements[${index}]`, most);
    left = Math.max(0, left - copy.length);
    return copy;
  });
}

function readCrossCheck(value: unknown): CrossCheck | undefined {
  const second = value as CrossCheck | undefined;
  if (second === undefined || (typeof second?.certificate === "function" && typeof second.crl === "function"))
    return second;
  throw new TypeError("crossCheck must be a second reader, such as `crossCheck` from tee-verify/cross-check");
}

function readManifests(value: unknown): readonly Uint8Array[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError("manifests must be a list");
  return Array.from(value, (item: unknown, index) =>
    typeof item === "string" ? toUtf8(item) : copyBytes(item, `manifests[${index}]`, MAX_MANIFEST_BYTES + 1),
  );
}

function readNetwork({ fetch, cache, signal, mirrors }: Readonly<Record<string, unknown>>): Network | undefined {
  const keeps = cache as EndorsementCache | undefined;
  if (keeps !== undefined && (typeof keeps?.get !== "function" || typeof keeps.set !== "function"))
    throw new TypeError("cache must have the functions get and set");
  const stops = signal as AbortSignal | undefined;
  if (stops !== undefined && (typeof stops?.aborted !== "boolean" || typeof stops.addEventListener !== "function"))
    throw new TypeError("signal must be an AbortSignal");
  const replaced = readMirrors(mirrors, VENDOR_ORIGINS);
  if (fetch === undefined) return undefined;
  if (typeof fetch !== "function") throw new TypeError("fetch must be a function");
  return {
    fetch: fetch as Fetch,
    cache: keeps,
    signal: stops,
    mirrors: replaced,
  };
}

function readAnchors(value: unknown): ReadonlyMap<Vendor, readonly Certificate[]> {
  const given = readObject(value === undefined ? {} : value, VENDORS, "trustAnchors");
  return new Map(
    Object.entries(given).map(([vendor, list]): [Vendor, readonly Certificate[]] => {
      const what = `trustAnchors.${vendor}`;
      const items = readSet(list, what, (item) => (typeof item === "string" ? toUtf8(item) : copyBytes(item, what)));
      return [vendor as Vendor, readCertificates(items, what)];
    }),
  );
}

function readCertificates(items: readonly Uint8Array[], what: string): readonly Certificate[] {
  try {
    const { certificates, ...rest } = addEndorsements(NO_ENDORSEMENTS, items);
    if (certificates.length === 0 || Object.values(rest).some((list) => list.length > 0))
      throw new TypeError(`${what} holds something other than certificates`);
    return certificates;
  } catch (error) {
    if (error instanceof MalformedError) throw new TypeError(`${what} is not a certificate: ${error.reason}`);
    throw error;
  }
}

/** JSON with sorted names and bytes as lowercase hex: the same demand gives the same text. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_name, item: unknown) => {
      if (ArrayBuffer.isView(item)) return toHex(new Uint8Array(item.buffer, item.byteOffset, item.byteLength));
      if (item instanceof ArrayBuffer) return toHex(new Uint8Array(item));
      if (typeof item === "bigint") return String(item);
      if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
      return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
    }) ?? ""
  );
}

/** The binding, which is required so that nobody forgets it. */
export function readBinding(value: Binding | undefined): BindingRequest {
  if (value === "unbound") return value;
  if (value === undefined)
    throw new TypeError(
      'binding is required: { nonce, publicKey }, { layout, ... }, { reportData }, { userData } or "unbound"',
    );
  const given = readObject(value, ["nonce", "publicKey", "layout", "data", "reportData", "userData"], "binding");
  const bytes = (name: string): Uint8Array | undefined =>
    given[name] === undefined ? undefined : copyBytes(given[name], `binding.${name}`);
  const only = (...names: readonly string[]): void => {
    for (const name of Object.keys(given))
      if (!names.includes(name)) throw new TypeError(`binding mixes ${names[0]} with ${name}`);
  };
  const reportData = bytes("reportData");
  const userData = bytes("userData");
  if (reportData !== undefined) {
    only("reportData");
    if (reportData.length === 0 || reportData.length > 64)
      throw new TypeError("binding.reportData must have 1 to 64 bytes (64 for report data)");
    return { form: "exact", values: { reportData } };
  }
  if (userData !== undefined) {
    only("userData");
    return { form: "exact", values: { userData } };
  }
  if (given.layout !== undefined)
    return readLayout(given.layout, { nonce: bytes("nonce"), publicKey: bytes("publicKey"), data: bytes("data") });
  only("nonce", "publicKey");
  const nonce = bytes("nonce");
  if (nonce === undefined || nonce.length < MINIMUM_NONCE_BYTES)
    throw new TypeError(`binding.nonce must have at least ${MINIMUM_NONCE_BYTES} bytes`);
  const publicKey = bytes("publicKey");
  if (publicKey?.length === 0) throw new TypeError("binding.publicKey must not be empty; leave it out");
  return { form: "nonce", nonce, publicKey };
}

function readLayout(
  value: unknown,
  inputs: Readonly<Record<"nonce" | "publicKey" | "data", Uint8Array | undefined>>,
): BindingRequest {
  const layout = typeof value === "string" ? bindingLayout(value) : (value as BindingLayout);
  if (typeof layout?.values !== "function")
    throw new TypeError(`binding.layout must be one of ${BINDING_LAYOUTS.join(", ")}, or a layout of a profile`);
  const copied: { -readonly [Name in keyof LayoutInputs]: Uint8Array } = {};
  for (const name of ["nonce", "publicKey", "data"] as const) {
    const length = layout.takes[name];
    const given = inputs[name];
    if ((length === undefined) !== (given === undefined))
      throw new TypeError(`layout ${layout.name} ${length === undefined ? "does not take" : "needs"} binding.${name}`);
    if (given === undefined) continue;
    if (given.length === 0 || (typeof length === "number" && given.length !== length))
      throw new TypeError(`layout ${layout.name} needs binding.${name} of ${length} bytes`);
    copied[name] = given;
  }
  return { form: "layout", layout, inputs: copied };
}

/** The expectation, before it is known which kind arrives. */
export type ExpectedRequest =
  | { readonly form: "any-build" }
  | { readonly form: "digest"; readonly digest: Uint8Array }
  | { readonly form: "build"; readonly source: BuildSource }
  | { readonly form: "references"; readonly byKind: ReadonlyMap<string, KindExpectation> };

function readExpected(value: unknown, kinds: readonly EvidenceKind[]): ExpectedRequest {
  if (value === undefined)
    throw new TypeError('expected is required: a build hash, reference values per kind, a digest, or "any-build"');
  if (value === "any-build") return { form: "any-build" };
  if (typeof value === "string") return readExpectedText(value, kinds);
  if (isBuildSource(value)) return { form: "build", source: value };
  const names = kinds.map(({ name }) => name);
  const given = readObject(value, names, "expected");
  if (Object.keys(given).length === 0) throw new TypeError("expected must name reference values for at least one kind");
  const byKind = new Map<string, KindExpectation>();
  for (const kind of kinds) {
    const reference = given[kind.name];
    if (reference === undefined) continue;
    byKind.set(kind.name, {
      form: "values",
      alternatives: [{ source: "the reference values given", values: kind.readReference(reference) }],
    });
  }
  return { form: "references", byKind };
}

function readExpectedText(text: string, kinds: readonly EvidenceKind[]): ExpectedRequest {
  const build = BUILD_HASH.exec(text)?.[1];
  if (build !== undefined) return { form: "build", source: hashedBuild(build) };
  if (text.startsWith("build:"))
    throw new TypeError("expected: a build hash is build:sha256: and 64 lowercase hex digits");
  const digest = hexOption(text, "expected");
  const lengths = [...new Set(kinds.flatMap(({ digestBytes }) => (digestBytes === undefined ? [] : [digestBytes])))];
  if (!lengths.includes(digest.length))
    throw new TypeError(`expected: a digest has ${lengths.join(" or ")} bytes and this has ${digest.length}`);
  return { form: "digest", digest };
}

/** Whether `expected` has reference values for the kind of this name. */
export function demandsOf(expected: ExpectedRequest, name: string): boolean {
  return expected.form === "references" && expected.byKind.has(name);
}

/** What `expected` says to `kind`. */
export function expectationFor(expected: ExpectedRequest, kind: EvidenceKind): KindExpectation {
  switch (expected.form) {
    case "any-build":
      return expected;
    case "digest":
      return kind.digestBytes === expected.digest.length ? expected : { form: "none" };
    case "build":
      return { form: "none" };
    case "references":
      return expected.byKind.get(kind.name) ?? { form: "none" };
  }
}
