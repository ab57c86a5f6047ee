/** `tee-verify/profiles/dstack`: report data of dstack beyond its defaults (Dstack-TEE/dstack, dstack-attest, `to_report_data_with_hash`). */

import { keccak_256, keccak_384, keccak_512, sha3_256, sha3_384, sha3_512 } from "@noble/hashes/sha3.js";
import { concatBytes } from "../encoding/bytes.js";
import { toUtf8 } from "../encoding/text.js";
import type { BindingLayout, Digest } from "../expected/layouts.js";

/** What the content is, which dstack puts in front of it. */
export type DstackContent = "app-data" | "ratls-cert" | "kms-root-ca";

type Hash = (message: Uint8Array, digest: Digest) => Uint8Array | Promise<Uint8Array>;

/** By dstack's names. `raw` is no hash: the content itself, which must have 64 bytes. */
export type DstackHash = HashedBy | "raw";

type HashedBy =
  | "sha256"
  | "sha384"
  | "sha512"
  | "sha3-256"
  | "sha3-384"
  | "sha3-512"
  | "keccak256"
  | "keccak384"
  | "keccak512";

const HASHES: Readonly<Record<HashedBy, Hash>> = {
  sha256: (message, digest) => digest("SHA-256", message),
  sha384: (message, digest) => digest("SHA-384", message),
  sha512: (message, digest) => digest("SHA-512", message),
  "sha3-256": (message) => sha3_256(message),
  "sha3-384": (message) => sha3_384(message),
  "sha3-512": (message) => sha3_512(message),
  keccak256: (message) => keccak_256(message),
  keccak384: (message) => keccak_384(message),
  keccak512: (message) => keccak_512(message),
};

const CONTENTS: Readonly<Record<DstackContent, "data" | "publicKey">> = {
  "app-data": "data",
  "ratls-cert": "publicKey",
  "kms-root-ca": "data",
};

/**
 * The layout of a quote that was asked for with this hash: it is of the content's name, a colon and the content, and zeros stand behind one
 * that is shorter than 64 bytes. `ratls-cert` takes `publicKey` (SubjectPublicKeyInfo, DER), the others `data`. With `sha512` the layouts
 * `dstack-app-data` and `dstack-ratls-cert` are the same.
 *
 * @throws TypeError for a content or hash that dstack does not have
 * @example
 * const binding = { layout: dstackReportData("app-data", "keccak256"), data };
 */
export function dstackReportData(content: DstackContent, hash: DstackHash = "sha512"): BindingLayout {
  if (!Object.hasOwn(CONTENTS, content)) throw new TypeError(`dstack has no content ${JSON.stringify(content)}`);
  if (hash !== "raw" && !Object.hasOwn(HASHES, hash)) throw new TypeError(`dstack has no hash ${JSON.stringify(hash)}`);
  const input = CONTENTS[content];
  const name = `dstack-${content}, ${hash}`;
  // Without a tag nothing says what the content is: a key there would be whatever the guest asked for as data.
  if (hash === "raw") {
    if (content !== "app-data") throw new TypeError("raw report data is the application's: only app-data has it");
    return { name, takes: { data: 64 }, values: async ({ data }) => ({ reportData: data }) };
  }
  return {
    name,
    takes: { [input]: "any" },
    async values(inputs, digest) {
      const reportData = new Uint8Array(64);
      reportData.set(await HASHES[hash](concatBytes(toUtf8(`${content}:`), inputs[input]), digest));
      return { reportData };
    },
  };
}
