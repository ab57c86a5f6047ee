/** `BuildSource`: how a relying party says which manifest it trusts. The build hash is one; signatures are others, in subpaths of their own. */

import type { Crypto } from "../../crypto/crypto.js";
import { toHex } from "../../encoding/text.js";

/** Why a manifest does not count. */
export type ManifestCode =
  /** No manifest came with the evidence and none was given. */
  | "manifest-missing"
  /** The bytes are no manifest, no envelope or no bundle. */
  | "manifest-malformed"
  /** The manifest does not hash to the build hash. */
  | "manifest-hash-mismatch"
  /** None of the publishers that the caller named has signed it. */
  | "manifest-signer"
  /** It is the manifest of something else. */
  | "manifest-name"
  | "manifest-expired"
  | "manifest-not-yet-valid"
  /** Its publisher has withdrawn this version. */
  | "manifest-revoked"
  /** It is older than the oldest version that is still accepted. */
  | "manifest-rollback"
  /** It says that it must not be used without understanding something that is not understood here. */
  | "manifest-critical"
  /** It says nothing about this kind of evidence. */
  | "manifest-no-platform";

export interface ManifestFault {
  readonly code: ManifestCode;
  readonly params?: Readonly<Record<string, string | number | readonly string[]>>;
}

/** Where manifests come from: what came with the evidence (from anybody), and what the caller gave. */
export interface Offered {
  readonly came: Uint8Array | undefined;
  readonly given: readonly Uint8Array[];
}

/** The exact bytes of a manifest and what vouches for them, in words. */
export interface Vouched {
  readonly bytes: Uint8Array;
  readonly by: string;
  /** It is not among the expected ones, and may withdraw them: the caller named others, and an older release must not take their place. */
  readonly withdraws?: true;
}

export interface VouchContext {
  readonly crypto: Crypto;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** An `expected` that names a build by its manifest. Made by `trustedBuild`, `signedBuild` and `sigstoreBuild`, and by a build hash. */
export interface BuildSource {
  /** Whose word counts: `hash`, `trusted`, `signed` or `sigstore`. */
  readonly build: string;
  /** The only product that is accepted, where the source can vouch for several. */
  readonly name?: string;
  /** The oldest version that is accepted. */
  readonly minimumVersion?: string;
  /** Tells which manifests count. @throws CryptoUnavailableError */
  vouch(offered: Offered, context: VouchContext): Promise<readonly (Vouched | ManifestFault)[]>;
}

/**
 * The source of `build:sha256:<hex>`: any manifest counts if and only if its exact bytes hash to this. Whoever gives others of the same name
 * knows them: those may withdraw it.
 */
export function hashedBuild(sha256: string): BuildSource {
  return {
    build: "hash",
    async vouch({ came, given }, { crypto }) {
      for (const bytes of came === undefined ? given : [came, ...given])
        if (toHex(await crypto.digest("SHA-256", bytes)) === sha256)
          return [
            { bytes, by: "the build hash" },
            ...given.flatMap((other) =>
              other === bytes ? [] : [{ bytes: other, by: "the caller", withdraws: true } as const],
            ),
          ];
      if (came === undefined) return [{ code: "manifest-missing", params: { wanted: `build:sha256:${sha256}` } }];
      return [
        { code: "manifest-hash-mismatch", params: { sha256, found: toHex(await crypto.digest("SHA-256", came)) } },
      ];
    },
  };
}

export function isBuildSource(value: unknown): value is BuildSource {
  return typeof value === "object" && value !== null && "vouch" in value && typeof value.vouch === "function";
}
