/** Builds that the caller trusts: a manifest in hand, or one that a publisher's pinned key has signed (DSSE 1.0.2, protocol.md). */

import type { Crypto, PublicKey } from "../../crypto/crypto.js";
import { isJsonObject, member, parseJson } from "../../encoding/json.js";
import { MalformedError } from "../../encoding/malformed.js";
import { fromUtf8, toUtf8 } from "../../encoding/text.js";
import { copyBytes, readInteger, readObject, readSet, readString } from "../read.js";
import { IN_TOTO_TYPE, preAuthEncoding, readEnvelope } from "./dsse.js";
import { keyText, type PublisherKey, readPublisherKey, signedBy } from "./keys.js";
import type { BuildSource, ManifestFault, Offered, Vouched } from "./source.js";
import { demandVersion } from "./version.js";

/** Exact text of a manifest, an envelope or a bundle. */
export type ManifestText = string | Uint8Array;

export interface SignedBuildOptions {
  /** Whose release it must be, as the manifest's `name` says: a publisher may sign more than one product. */
  readonly name: string;
  /** Keys that may sign; at least one. */
  readonly publishers: readonly PublisherKey[];
  /** How many of them must have signed; 1 unless told. */
  readonly threshold?: number;
  /**
   * Envelopes that the caller has: then these alone are accepted. Without them any that comes with the evidence (or in the `manifests` of
   * `verify`) is, if it is signed. All that are signed may withdraw others, accepted or not.
   */
  readonly manifests?: readonly ManifestText[];
  /** The oldest version that is accepted. */
  readonly minimumVersion?: string;
}

/** Room for the base64 of the longest manifest, and signatures. */
export const MAX_ENVELOPE_BYTES = 2_097_152;
const MAX_KEYS = 16;

/**
 * A build whose manifest the caller trusts as it is, unsigned: it was built here, or was checked otherwise.
 *
 * @throws TypeError
 * @example
 * const verdict = await verify(evidence, { expected: trustedBuild(manifestText), binding });
 */
export function trustedBuild(
  manifest: ManifestText | readonly ManifestText[],
): BuildSource & { readonly manifests: readonly Uint8Array[] } {
  const manifests = readSet(manifest, "manifest", readText);
  return {
    build: "trusted",
    manifests,
    vouch: async () => manifests.map((bytes) => ({ bytes, by: "the caller" })),
  };
}

/**
 * A build whose manifest one of these publishers has signed, whether it comes with the evidence or is given here.
 *
 * @throws TypeError
 * @example
 * const expected = signedBuild({ name: "openclaw", publishers: [publisherPem], minimumVersion: "2026.6.1" });
 * const verdict = await verify(bundle, { expected, binding });
 */
export function signedBuild(
  options: SignedBuildOptions,
): BuildSource & { readonly publishers: readonly string[]; readonly threshold: number } {
  const given = readObject(options, ["name", "publishers", "threshold", "manifests", "minimumVersion"], "signedBuild");
  const keys = readSet(given.publishers, "publishers", readPublisherKey);
  // A key that stands twice would be counted twice.
  if (new Set(keys.map(keyText)).size !== keys.length) throw new TypeError("publishers names a key twice");
  if (keys.length > MAX_KEYS) throw new TypeError(`publishers must be at most ${MAX_KEYS}`);
  const threshold = given.threshold === undefined ? 1 : readInteger(given.threshold, "threshold", keys.length);
  if (threshold === 0) throw new TypeError("threshold must be at least 1");
  const common = readCommon(given);
  return {
    build: "signed",
    ...common.source,
    publishers: keys.map(keyText),
    threshold,
    vouch: (offered, { crypto }) => vouchForAll(common, offered, (bytes) => vouchFor(bytes, keys, threshold, crypto)),
  };
}

/** The caller's own manifests, or else all that are offered; what was not asked for may withdraw others and no more. */
export async function vouchForAll(
  { manifests, source }: ReturnType<typeof readCommon>,
  { came, given }: Offered,
  vouch: (bytes: Uint8Array) => Promise<Vouched | ManifestFault>,
): Promise<readonly (Vouched | ManifestFault)[]> {
  const offered = came === undefined ? given : [came, ...given];
  const judged = await Promise.all([...manifests, ...offered].map(vouch));
  if (judged.length === 0) return [{ code: "manifest-missing", params: { wanted: source.name } }];
  if (manifests.length === 0) return judged;
  return judged.flatMap((item, index): (Vouched | ManifestFault)[] => {
    if (index < manifests.length) return [item];
    return "code" in item ? [] : [{ ...item, withdraws: true }];
  });
}

/** What `signedBuild` and `sigstoreBuild` have in common. @throws TypeError */
export function readCommon(given: Readonly<Record<string, unknown>>): {
  readonly source: { readonly name: string; readonly minimumVersion?: string };
  readonly manifests: readonly Uint8Array[];
} {
  const { minimumVersion } = given;
  return {
    source: {
      name: readString(given.name, "name"),
      ...(minimumVersion === undefined ? {} : { minimumVersion: readVersion(minimumVersion, "minimumVersion") }),
    },
    manifests: given.manifests === undefined ? [] : readSet(given.manifests, "manifests", readText),
  };
}

function readVersion(value: unknown, what: string): string {
  try {
    return demandVersion(readString(value, what), what);
  } catch (error) {
    if (error instanceof MalformedError) throw new TypeError(error.reason);
    throw error;
  }
}

function readText(value: unknown, what: string): Uint8Array {
  return typeof value === "string" ? toUtf8(value) : copyBytes(value, what, MAX_ENVELOPE_BYTES + 1);
}

async function vouchFor(
  bytes: Uint8Array,
  keys: readonly PublicKey[],
  threshold: number,
  crypto: Crypto,
): Promise<Vouched | ManifestFault> {
  try {
    const json = parseJson(fromUtf8(bytes), { depth: 16, length: MAX_ENVELOPE_BYTES });
    if (isJsonObject(json) && member(json, "payload") === undefined) return signer("it is not signed");
    const envelope = readEnvelope(json);
    if (envelope.payloadType !== IN_TOTO_TYPE) return signer(`what is signed is of another type than ${IN_TOTO_TYPE}`);
    const message = preAuthEncoding(envelope.payloadType, envelope.payload);
    const signers = await signersOf(keys, envelope.signatures, message, crypto);
    if (signers.length < threshold)
      return signer(`${signers.length} of ${threshold} signatures are of keys that were named`);
    return { bytes: envelope.payload, by: signers.map(keyText).join(" and ") };
  } catch (error) {
    if (error instanceof MalformedError) return { code: "manifest-malformed", params: { reason: error.reason } };
    throw error;
  }
}

/** Keys, not signatures, are counted: one key that signs twice is one publisher. */
async function signersOf(
  keys: readonly PublicKey[],
  signatures: readonly Uint8Array[],
  message: Uint8Array,
  crypto: Crypto,
): Promise<readonly PublicKey[]> {
  const signed = await Promise.all(
    keys.map(async (key) =>
      (await Promise.all(signatures.map((signature) => signedBy(key, signature, message, crypto)))).includes(true),
    ),
  );
  return keys.filter((_, index) => signed[index]);
}

const signer = (reason: string): ManifestFault => ({ code: "manifest-signer", params: { reason } });
