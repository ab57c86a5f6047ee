/** `tee-verify/sigstore`: builds whose manifest was signed with Sigstore, verified offline (Sigstore client specification). */

import type { Crypto } from "../../crypto/crypto.js";
import { MalformedError } from "../../encoding/malformed.js";
import { IN_TOTO_TYPE, preAuthEncoding } from "../build/dsse.js";
import { signedBy } from "../build/keys.js";
import { type ManifestText, readCommon, vouchForAll } from "../build/publisher.js";
import type { BuildSource, ManifestFault, Vouched } from "../build/source.js";
import { readObject, readString } from "../read.js";
import { parseBundle, type SigstoreBundle } from "./bundle.js";
import { verifyCertificate } from "./certificate.js";
import {
  readIdentity,
  type SignerIdentity,
  type SubjectIdentity,
  verifyIdentity,
  type WorkflowIdentity,
} from "./identity.js";
import { verifyEntry } from "./log.js";
import { expectThat, RefusedError } from "./refused.js";
import { verifyTimestamp } from "./timestamp.js";
import { during, readTrustedRoot, type TrustedRoot } from "./trusted-root.js";

export type { SignerIdentity, SubjectIdentity, WorkflowIdentity } from "./identity.js";

export interface SigstoreBuildOptions {
  /** Whose release it must be, as the manifest's `name` says. */
  readonly name: string;
  /** Who may sign. */
  readonly identity: SignerIdentity;
  /** Text of the instance's `trusted_root.json`, got from a source that the caller trusts. */
  readonly trustedRoot: string;
  /** Bundles that the caller has: then these alone are accepted, as with `signedBuild`. */
  readonly manifests?: readonly ManifestText[];
  /** The oldest version that is accepted. */
  readonly minimumVersion?: string;
}

/**
 * A build whose manifest was signed with Sigstore by this identity. Nothing is fetched: authorities and logs are those of `trustedRoot`.
 *
 * @throws TypeError
 * @example
 * const expected = sigstoreBuild({
 *   name: "openclaw",
 *   identity: { repository: "https://github.com/openclaw/openclaw", workflow: ".github/workflows/release.yml", ref: "refs/tags/*" },
 *   trustedRoot,
 * });
 * const verdict = await verify(bundle, { expected, binding });
 */
export function sigstoreBuild(
  options: SigstoreBuildOptions,
): BuildSource & { readonly identity: SignerIdentity; readonly trustedRoot: string } {
  const given = readObject(
    options,
    ["name", "identity", "trustedRoot", "manifests", "minimumVersion"],
    "sigstoreBuild",
  );
  const identity = readIdentity(given.identity);
  const trustedRoot = readString(given.trustedRoot, "trustedRoot");
  const root = readTrustedRoot(trustedRoot);
  const common = readCommon(given);
  return {
    build: "sigstore",
    ...common.source,
    identity,
    trustedRoot,
    vouch: (offered, { crypto }) => vouchForAll(common, offered, (bytes) => vouchFor(bytes, identity, root, crypto)),
  };
}

async function vouchFor(
  bytes: Uint8Array,
  identity: Required<WorkflowIdentity> | SubjectIdentity,
  root: TrustedRoot,
  crypto: Crypto,
): Promise<Vouched | ManifestFault> {
  try {
    const bundle = parseBundle(bytes);
    await verifyBundle(bundle, root, crypto);
    const by = verifyIdentity(bundle.certificate, identity);
    expectThat(bundle.envelope.payloadType === IN_TOTO_TYPE, `what is signed is of another type than ${IN_TOTO_TYPE}`);
    return { bytes: bundle.envelope.payload, by };
  } catch (error) {
    if (error instanceof RefusedError) return { code: "manifest-signer", params: { reason: error.message } };
    if (error instanceof MalformedError) return { code: "manifest-malformed", params: { reason: error.reason } };
    throw error;
  }
}

/**
 * Whether the bundle's certificate is genuine and signed its envelope while it was valid: some trusted clock saw the signature in that time,
 * and a log has it. Everything that the bundle carries must hold; who signed is for `verifyIdentity` to say. @throws RefusedError, MalformedError
 */
export async function verifyBundle(bundle: SigstoreBundle, root: TrustedRoot, crypto: Crypto): Promise<void> {
  const { certificate, envelope, signature, entries, timestamps } = bundle;
  const seen = await Promise.all(
    timestamps.map((timestamp) => verifyTimestamp(timestamp, signature, root.clocks, crypto)),
  );
  const logged = await Promise.all(entries.map((entry) => verifyEntry(entry, bundle, root, crypto)));
  expectThat(logged.length > 0, "it is in no transparency log");
  const times = [...seen, ...logged.flatMap(({ time }) => time ?? [])];
  expectThat(times.length > 0, "no trusted clock says when it was signed");
  // The second version of Rekor keeps no time of its own.
  const trusted = logged.every(({ log }) => times.every((time) => during(log.period, time)));
  expectThat(trusted, "it was logged when the log was not yet or no longer trusted");
  await verifyCertificate(certificate, times, root, crypto);
  const message = preAuthEncoding(envelope.payloadType, envelope.payload);
  expectThat(
    await signedBy(certificate.publicKey, signature, message, crypto),
    "its signature is not of its certificate's key",
  );
}
