/** The build hash: one short value that names a release on every platform and machine shape (design, section 2). */

import { type Crypto, CryptoUnavailableError } from "../../crypto/crypto.js";
import { defaultCrypto } from "../../crypto/webcrypto.js";
import { toHex, toUtf8 } from "../../encoding/text.js";

/**
 * `build:sha256:<hex>` of a manifest's exact bytes.
 *
 * @throws CryptoUnavailableError without WebCrypto and without `crypto`
 * @example
 * const expected = await buildHash(manifestText);
 */
export async function buildHash(manifest: string | Uint8Array, crypto?: Crypto): Promise<`build:sha256:${string}`> {
  const backEnd = crypto ?? defaultCrypto();
  if (backEnd === undefined)
    throw new CryptoUnavailableError("there is no WebCrypto here: pass `noble` from tee-verify/noble");
  const bytes = typeof manifest === "string" ? toUtf8(manifest) : manifest;
  return `build:sha256:${toHex(await backEnd.digest("SHA-256", bytes))}`;
}
