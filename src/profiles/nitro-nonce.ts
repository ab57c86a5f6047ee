/** Conventions for the fields of Nitro documents that are nobody's alone. */

import { toHex, toUtf8 } from "../encoding/text.js";
import type { BindingLayout } from "../expected/layouts.js";

/** The nonce as lowercase hex text, as AWS's NitroTPM samples send it (aws/nitrotpm-attestation-samples): 64 characters for 32 bytes. */
export const hexNonce: BindingLayout = {
  name: "hex-nonce",
  takes: { nonce: "any" },
  values: async ({ nonce }) => ({ nonce: toUtf8(toHex(nonce)) }),
};

/** The same, and the channel's key in `public_key` (SubjectPublicKeyInfo, DER). */
export const hexNonceAndKey: BindingLayout = {
  ...hexNonce,
  name: "hex-nonce-and-key",
  takes: { nonce: "any", publicKey: "any" },
  values: async ({ nonce, publicKey }) => ({ nonce: toUtf8(toHex(nonce)), publicKey }),
};

/** `user_data` is the SHA-256 of what you give as `data`, for content that is too long for it. */
export const userDataSha256: BindingLayout = {
  name: "user-data-sha256",
  takes: { data: "any" },
  values: async ({ data }, digest) => ({ userData: await digest("SHA-256", data) }),
};
