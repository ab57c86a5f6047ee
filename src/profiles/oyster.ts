/** Marlin Oyster: image ids and user registers (marlinprotocol/oyster-monorepo, cli/oyster-cvm, image_id.rs, and sdks/rs, attestation). */

import type { Crypto } from "../crypto/crypto.js";
import { toHex } from "../encoding/text.js";
import { extended } from "../evidence/nitro/registers.js";
import type { NitroReference, NitroTpmReference } from "../evidence/nitro/settings.js";

/** PCR16 holds what an enclave was started with; without that it is not locked, not in the document, and counts as zero. */
const ENCLAVE_REGISTERS: readonly number[] = [0, 1, 2, 16];
const INSTANCE_REGISTERS: readonly number[] = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/** Which registers an image id is made of: a mask of 32 bits, big-endian, in front of them. */
function maskOf(registers: readonly number[]): string {
  const mask = registers.reduce((bits, index) => (bits | (1 << index)) >>> 0, 0);
  return toHex(Uint8Array.of(mask >>> 24, mask >>> 16, mask >>> 8, mask));
}

/**
 * What to expect of an enclave with this image id (32 bytes, or hex): SHA-256 of `00010007`, PCR0, PCR1, PCR2 and PCR16.
 *
 * @example
 * await verify(document, { expected: { nitro: oysterEnclave(imageId) }, binding: { nonce } });
 */
export function oysterEnclave(imageId: Uint8Array | string): NitroReference {
  return {
    registersSha256: {
      registers: ENCLAVE_REGISTERS,
      absentAsZero: [16],
      prefix: maskOf(ENCLAVE_REGISTERS),
      sha256: imageId,
    },
  };
}

/** What to expect of an Oyster instance with NitroTPM and this image id: SHA-256 of `0000fff0` and PCR4 to PCR15. */
export function oysterInstance(imageId: Uint8Array | string): NitroTpmReference {
  return { registersSha256: { registers: INSTANCE_REGISTERS, prefix: maskOf(INSTANCE_REGISTERS), sha256: imageId } };
}

/**
 * PCR16 (48 bytes) of an enclave that was started with init parameters of this digest (32 bytes, as the parameters' `digest` field has it).
 * Expect it beside PCR0 to PCR2.
 */
export function oysterUserRegister(digest: Uint8Array, crypto: Pick<Crypto, "digest">): Promise<Uint8Array> {
  return extended(digest, crypto);
}
