/** The build manifest: what a release is made of and what each platform measures of it (in-toto Attestation Framework, Statement v1). */

import { isJsonObject, type JsonObject, type JsonValue, member, parseJson } from "../../encoding/json.js";
import { demand, MalformedError } from "../../encoding/malformed.js";
import { fromUtf8 } from "../../encoding/text.js";
import { demandVersion } from "./version.js";

export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
export const PREDICATE_TYPE = "urn:tee-verify:build:v1";

/** Longest manifest in bytes, and deepest nesting. */
export const MAX_MANIFEST_BYTES = 1_048_576;
const MAX_DEPTH = 16;
const MAX_ITEMS = 256;
const MAX_TEXT = 512;

/** A published artifact: npm tarball, OCI image, commit. */
export interface Artifact {
  readonly name: string;
  /** Lowercase hex by algorithm: `sha512` of an npm tarball, `sha256` of an OCI index, `gitCommit`. */
  readonly digest: Readonly<Record<string, string>>;
}

/** One machine shape on one platform, and what its evidence shows. */
export interface BuildPlatform {
  /** Kind of evidence: `sev-snp`, `tdx`, `nitro`, ... */
  readonly kind: string;
  /** Kind of the evidence that this one lies inside of; absent for evidence that stands by itself. */
  readonly within: string | undefined;
  /** The machine shape in words, unique for its kind: `4 vCPUs, EPYC-Milan, QEMU`. */
  readonly label: string;
  /** Exactly what the kind takes as reference values. */
  readonly values: JsonObject;
  /** Names of the artifacts whose bytes the measured launch includes. */
  readonly contains: readonly string[];
  /** How the build binds nonces and keys: `tee-verify` for our own layout, or the name of another. */
  readonly layout: string | undefined;
  /** Whether `critical` names `binding`: then it must be compared, and evidence that is bound otherwise, or not at all, is not of this platform. */
  readonly layoutRequired: boolean;
  /** From what the values were computed, so that anybody can compute them again. */
  readonly inputs: JsonObject | undefined;
}

/** A manifest that was read. Nothing here says who vouches for it. */
export interface BuildManifest {
  readonly artifacts: readonly Artifact[];
  readonly name: string;
  readonly version: string;
  /** Milliseconds since 1970; both ends belong to the validity. */
  readonly validFrom: number | undefined;
  readonly validUntil: number | undefined;
  readonly supersedes: readonly { readonly version: string; readonly build: string | undefined }[];
  /** Versions, or build hashes. */
  readonly revoked: readonly string[];
  readonly minimumVersion: string | undefined;
  /** Members that were named critical and that this reader does not know. */
  readonly unknownCritical: readonly string[];
  /** Members that are neither known nor critical, and so are ignored. */
  readonly ignored: readonly string[];
  readonly platforms: readonly BuildPlatform[];
}

const STATEMENT = ["_type", "subject", "predicateType", "predicate"];
const PREDICATE = [
  "name",
  "version",
  "validFrom",
  "validUntil",
  "supersedes",
  "revoked",
  "minimumVersion",
  "critical",
  "platforms",
];
const PLATFORM = ["kind", "within", "label", "values", "contains", "binding", "inputs", "critical"];

export const BUILD_HASH: RegExp = /^build:sha256:([0-9a-f]{64})$/;

/**
 * Reads the exact bytes of a manifest.
 * @throws MalformedError
 */
export function parseManifest(bytes: Uint8Array): BuildManifest {
  demand(bytes.length <= MAX_MANIFEST_BYTES, `manifest longer than ${MAX_MANIFEST_BYTES} bytes`);
  const statement = object(parseJson(fromUtf8(bytes), { depth: MAX_DEPTH, length: MAX_MANIFEST_BYTES }), "manifest");
  demand(member(statement, "_type") === STATEMENT_TYPE, "manifest is no in-toto Statement v1");
  demand(member(statement, "predicateType") === PREDICATE_TYPE, `predicateType is not ${PREDICATE_TYPE}`);
  const predicate = object(member(statement, "predicate"), "predicate");
  const artifacts = list(member(statement, "subject"), "subject", readArtifact);
  demand(artifacts.length > 0, "manifest names no artifact");
  demandUnique(
    artifacts.map(({ name }) => name),
    "artifact name",
  );
  const platforms = list(member(predicate, "platforms"), "platforms", (item, what) =>
    readPlatform(item, what, artifacts),
  );
  demandUnique(
    platforms.map(({ kind, within, label }) => `${kind} ${within ?? ""} ${label}`),
    "platform label",
  );
  const [validFrom, validUntil] = ["validFrom", "validUntil"].map((name) => optional(predicate, name, readTime));
  demand(
    validFrom === undefined || validUntil === undefined || validFrom <= validUntil,
    "validity ends before it begins",
  );
  const entries = objects(member(predicate, "platforms"));
  return {
    artifacts,
    name: text(member(predicate, "name"), "name"),
    version: version(member(predicate, "version"), "version"),
    validFrom,
    validUntil,
    supersedes: list(member(predicate, "supersedes") ?? [], "supersedes", readSuperseded),
    revoked: list(member(predicate, "revoked") ?? [], "revoked", readRevoked),
    minimumVersion: optional(predicate, "minimumVersion", version),
    unknownCritical: [...critical(predicate, PREDICATE), ...entries.flatMap((entry) => critical(entry, PLATFORM))],
    ignored: [
      ...unknown(statement, STATEMENT),
      ...unknown(predicate, PREDICATE),
      ...entries.flatMap((entry) => unknown(entry, PLATFORM)),
    ],
    platforms,
  };
}

function readArtifact(value: JsonValue, what: string): Artifact {
  const item = object(value, what);
  const digest = object(member(item, "digest"), `${what}.digest`);
  const entries = Object.entries(digest).map(([algorithm, hex]): [string, string] => {
    const length = Object.hasOwn(DIGEST_DIGITS, algorithm) ? DIGEST_DIGITS[algorithm] : undefined;
    demand(
      typeof hex === "string" && /^[0-9a-f]+$/.test(hex),
      `${what}.digest.${show(algorithm)} is not lowercase hex`,
    );
    demand(length === undefined || length.includes(hex.length), `${what}.digest.${algorithm} has not its length`);
    return [algorithm, hex];
  });
  demand(
    entries.some(([algorithm]) => Object.hasOwn(DIGEST_DIGITS, algorithm)),
    `${what} has no digest that identifies it`,
  );
  return { name: text(member(item, "name"), `${what}.name`), digest: Object.fromEntries(entries) };
}

/** Hex digits of the digests that identify bytes (in-toto DigestSet). */
const DIGEST_DIGITS: Readonly<Record<string, readonly number[] | undefined>> = {
  sha256: [64],
  sha384: [96],
  sha512: [128],
  gitCommit: [40, 64],
};

function readPlatform(value: JsonValue, what: string, artifacts: readonly Artifact[]): BuildPlatform {
  const item = object(value, what);
  const values = object(member(item, "values"), `${what}.values`);
  const contains = list(member(item, "contains") ?? [], `${what}.contains`, text);
  for (const name of contains)
    demand(
      artifacts.some((artifact) => artifact.name === name),
      `${what} contains ${show(name)}, which is no artifact of this manifest`,
    );
  const within = optional(item, "within", text);
  // What binds evidence inside other evidence, the evidence around it says.
  demand(
    within === undefined || member(item, "binding") === undefined,
    `${what} lies within other evidence and has a binding`,
  );
  return {
    kind: text(member(item, "kind"), `${what}.kind`),
    within,
    label: text(member(item, "label"), `${what}.label`),
    values,
    contains,
    layout: optional(item, "binding", (binding, path) =>
      text(member(object(binding, path), "layout"), `${path}.layout`),
    ),
    layoutRequired: list(member(item, "critical") ?? [], "critical", text).includes("binding"),
    inputs: optional(item, "inputs", object),
  };
}

function readSuperseded(value: JsonValue, what: string): BuildManifest["supersedes"][number] {
  const item = object(value, what);
  return { version: version(member(item, "version"), `${what}.version`), build: optional(item, "build", build) };
}

function readRevoked(value: JsonValue, what: string): string {
  const revoked = text(value, what);
  return revoked.startsWith("build:") ? build(revoked, what) : demandVersion(revoked, what);
}

function build(value: JsonValue, what: string): string {
  const hash = text(value, what);
  demand(BUILD_HASH.test(hash), `${what} is no build hash`);
  return hash;
}

function version(value: JsonValue | undefined, what: string): string {
  return demandVersion(text(value, what), what);
}

/** Names in `critical` must be known here: whoever wrote them says that the manifest means something else without them. */
function critical(of: JsonObject, known: readonly string[]): readonly string[] {
  const names = list(member(of, "critical") ?? [], "critical", text);
  for (const name of names) demand(Object.hasOwn(of, name), `critical names ${show(name)}, which is not there`);
  return names.filter((name) => !known.includes(name));
}

function unknown(of: JsonObject, known: readonly string[]): readonly string[] {
  return Object.keys(of).filter((name) => !known.includes(name));
}

/** `YYYY-MM-DDTHH:MM:SSZ`, the one form of RFC 3339 that in-toto's examples and we write. */
function readTime(value: JsonValue, what: string): number {
  const written = text(value, what);
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(written) ? Date.parse(written) : Number.NaN;
  // Some engines roll 30 February over: reading the date back shows it.
  demand(
    Number.isFinite(time) && new Date(time).toISOString() === written.replace("Z", ".000Z"),
    `${what} is no time in UTC`,
  );
  return time;
}

function object(value: JsonValue | undefined, what: string): JsonObject {
  if (!isJsonObject(value)) throw new MalformedError(`${what} is not an object`);
  return value;
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function list<T>(value: JsonValue | undefined, what: string, read: (item: JsonValue, what: string) => T): readonly T[] {
  demand(Array.isArray(value), `${what} is not a list`);
  demand(value.length <= MAX_ITEMS, `${what} has more than ${MAX_ITEMS} items`);
  return value.map((item: JsonValue, index) => read(item, `${what}[${index}]`));
}

function text(value: JsonValue | undefined, what: string): string {
  demand(
    typeof value === "string" && value !== "" && value.length <= MAX_TEXT,
    `${what} is no text of 1 to ${MAX_TEXT} characters`,
  );
  return value;
}

function optional<T>(of: JsonObject, name: string, read: (value: JsonValue, what: string) => T): T | undefined {
  const value = member(of, name);
  return value === undefined ? undefined : read(value, name);
}

function demandUnique(values: readonly string[], what: string): void {
  demand(new Set(values).size === values.length, `the same ${what} stands twice`);
}

const show = (name: string): string => JSON.stringify(name.slice(0, 40));
