/** An ideal signature scheme, so that many thousand changes cost no verification: what verified while it recorded verifies, and nothing else. */
import { createHash } from "node:crypto";
import type { Crypto } from "../../src/crypto/crypto.js";
import { defaultCrypto } from "../../src/crypto/webcrypto.js";

/** That real back ends are as strict is for their own tests (test/crypto). */
export function idealCrypto(): { readonly record: Crypto; readonly ideal: Crypto } {
  const real = defaultCrypto();
  if (real === undefined) throw new Error("these tests need WebCrypto");
  const good = new Set<string>();
  const nameOf = (...[algorithm, key, signature, message]: Parameters<Crypto["verify"]>): string => {
    const hash = createHash("sha256").update(JSON.stringify([algorithm, key.type]));
    for (const bytes of [key.type === "rsa" ? key.modulus : key.point, signature, message])
      hash.update(`|${bytes.length}|`).update(bytes);
    return hash.digest("hex");
  };
  const digest: Crypto["digest"] = async (name, message) =>
    new Uint8Array(createHash(name.replace("-", "").toLowerCase()).update(message).digest());
  return {
    record: {
      name: real.name,
      digest,
      async verify(...request) {
        const valid = await real.verify(...request);
        if (valid) good.add(nameOf(...request));
        return valid;
      },
    },
    ideal: { name: real.name, digest, verify: async (...request) => good.has(nameOf(...request)) },
  };
}
