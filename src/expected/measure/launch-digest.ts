/** The SEV-SNP launch digest, page by page (AMD 56860, section 8.17.2, PAGE_INFO). */

import { PAGE_BYTES } from "./firmware.js";
import { type CreateHash, digestOf } from "./hash.js";

/** Page types of PAGE_INFO. */
const PAGE_TYPE = { normal: 1, vmsa: 2, zero: 3, unmeasured: 4, secrets: 5, cpuid: 6 } as const;
type UnhashedType = "zero" | "unmeasured" | "secrets" | "cpuid";

const PAGE_INFO_BYTES = 0x70;
const DIGEST_BYTES = 48;
/** The RMP holds a VMSA at the highest page below 2^48 (QEMU, EC2 and GCE alike in real reports). */
const VMSA_GPA = 0xffff_ffff_f000n;

/** A launch digest that grows. */
export interface LaunchDigest {
  /** NORMAL pages of `data`, a whole number of them, from guest physical address `gpa` on. */
  normal(gpa: number, data: Uint8Array): void;
  /** One page of `size` bytes each that is measured without its contents. */
  unhashed(type: UnhashedType, gpa: number, size: number): void;
  /** The register state of one vCPU. */
  vmsa(page: Uint8Array): void;
  /** The 48 bytes so far. */
  value(): Uint8Array;
}

/** Starts from zero, or from the digest that the firmware pages alone give. */
export function launchDigest(createHash: CreateHash, start: Uint8Array = new Uint8Array(DIGEST_BYTES)): LaunchDigest {
  const info = new Uint8Array(PAGE_INFO_BYTES);
  const view = new DataView(info.buffer);
  info.set(start);
  view.setUint16(96, PAGE_INFO_BYTES, true);

  function extend(type: keyof typeof PAGE_TYPE, gpa: bigint, contents: Uint8Array | undefined): void {
    if (contents === undefined) info.fill(0, DIGEST_BYTES, 2 * DIGEST_BYTES);
    else info.set(contents, DIGEST_BYTES);
    info[98] = PAGE_TYPE[type];
    view.setBigUint64(104, gpa, true);
    info.set(digestOf(createHash, "SHA-384", info));
  }

  return {
    normal(gpa, data) {
      for (let at = 0; at < data.length; at += PAGE_BYTES) {
        extend("normal", BigInt(gpa + at), digestOf(createHash, "SHA-384", data.subarray(at, at + PAGE_BYTES)));
      }
    },
    unhashed(type, gpa, size) {
      for (let at = 0; at < size; at += PAGE_BYTES) extend(type, BigInt(gpa + at), undefined);
    },
    vmsa: (page) => extend("vmsa", VMSA_GPA, digestOf(createHash, "SHA-384", page)),
    value: () => info.slice(0, DIGEST_BYTES),
  };
}
