/** dstack in Nitro enclaves and on instances with NitroTPM (Dstack-TEE/dstack, dstack-attest, attestation.rs, and the verifier). */

import type { NitroReference, NitroTpmReference } from "../evidence/nitro/settings.js";
import { type BindingLayout, type BindingLayoutName, bindingLayout } from "../expected/layouts.js";

/**
 * What to expect of an enclave with this OS image hash (32 bytes, or hex): SHA-256 of PCR0, PCR1 and PCR2.
 *
 * @example
 * await verify(document, { expected: { nitro: dstackEnclave(osImageHash) }, binding: { layout: inUserData("dstack-app-data"), data } });
 */
export function dstackEnclave(osImageHash: Uint8Array | string): NitroReference {
  return { registersSha256: { registers: [0, 1, 2], sha256: osImageHash } };
}

/** What to expect of an instance with this `boot_pcr_digest` (32 bytes, or hex): SHA-256 of PCR4, PCR7 and PCR12. */
export function dstackInstance(bootPcrDigest: Uint8Array | string): NitroTpmReference {
  return { registersSha256: { registers: [4, 7, 12], sha256: bootPcrDigest } };
}

/**
 * A layout for 64 bytes of report data, in the `user_data` of a Nitro document: where dstack puts them.
 * @throws TypeError for a name that is no layout
 */
export function inUserData(name: BindingLayoutName): BindingLayout {
  const layout = bindingLayout(name);
  if (layout === undefined) throw new TypeError(`there is no layout ${JSON.stringify(name)}`);
  return {
    name: `${layout.name} in user_data`,
    takes: layout.takes,
    async values(inputs, digest) {
      const { reportData, ...others } = await layout.values(inputs, digest);
      return reportData === undefined ? others : { ...others, userData: reportData };
    },
  };
}
