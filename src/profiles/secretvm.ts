/** SecretVM (Secret Network): RTMR3 of a guest from its compose file (scrtlabs/secretvm-verify, calculateRtmr3; the registers of images are in its registry). */

import type { Crypto } from "../crypto/crypto.js";
import { concatBytes } from "../encoding/bytes.js";
import { children, contextTag, encoded, expectTag, readDer, sequence, TAG } from "../encoding/der.js";
import { MalformedError } from "../encoding/malformed.js";
import { toUtf8 } from "../encoding/text.js";
import type { TdxReference } from "../evidence/tdx/settings.js";
import type { LayoutBinding } from "../expected/binding.js";
import { copyBytes, readBytes, readDigest } from "../expected/read.js";

type BytesOrHex = Uint8Array | string;

export interface SecretVm {
  /** Registers of the image, 48 bytes each, as SecretVM's registry has them. */
  readonly image: Required<Pick<TdxReference, "mrtd" | "rtmr0" | "rtmr1" | "rtmr2">>;
  /** `rootfs_data` of the same row: 32 or 48 bytes, or hex. */
  readonly rootfsData: BytesOrHex;
  /** The exact docker-compose.yaml. What it leaves open (images by tag), `readCompose` of tee-verify/release says. */
  readonly compose: Uint8Array | string;
  /** SHA-256 of the archive of further files, where there is one. */
  readonly dockerFilesSha256?: BytesOrHex;
  /**
   * 20 bytes, for images that measure dstack's events; leave it out for those that measure bare digests. It may be what the guest's `/info`
   * says: a wrong one gives another RTMR3.
   */
  readonly appId?: BytesOrHex;
}

/**
 * What to expect of a guest that runs this compose file on this image: all four RTMRs.
 *
 * @throws TypeError
 * @example
 * const tdx = await secretVm({ image, rootfsData, compose }, noble);
 * const verdict = await verify(quote, { expected: { tdx }, binding: { layout: "secretvm", publicKey, nonce }, fetch });
 */
export async function secretVm(vm: SecretVm, crypto: Pick<Crypto, "digest">): Promise<TdxReference> {
  const text = typeof vm.compose === "string" ? toUtf8(vm.compose) : copyBytes(vm.compose, "compose");
  const rootfs = readBytes(vm.rootfsData, "rootfsData");
  if (rootfs.length !== 32 && rootfs.length !== REGISTER_BYTES)
    throw new TypeError(`rootfsData must have 32 or 48 bytes and has ${rootfs.length}`);
  const files =
    vm.dockerFilesSha256 === undefined ? undefined : readDigest(vm.dockerFilesSha256, 32, "dockerFilesSha256");
  const appId = vm.appId === undefined ? undefined : readDigest(vm.appId, 20, "appId");
  const { mrtd, rtmr0, rtmr1, rtmr2 } = vm.image;
  const named: readonly (readonly [string, Uint8Array | undefined])[] = [
    ["app-id", appId],
    ["compose-hash", await crypto.digest("SHA-256", text)],
    ["os-image-hash", rootfs],
    ["docker-files-hash", files],
  ];
  let rtmr3: Uint8Array = new Uint8Array(REGISTER_BYTES);
  for (const [name, value] of named) {
    if (value === undefined) continue;
    const entry = appId === undefined ? padded(value) : await eventDigest(name, value, crypto);
    rtmr3 = await crypto.digest("SHA-384", concatBytes(rtmr3, entry));
  }
  return { mrtd, rtmr0, rtmr1, rtmr2, rtmr3 };
}

const REGISTER_BYTES = 48;

function padded(value: Uint8Array): Uint8Array {
  const entry = new Uint8Array(REGISTER_BYTES);
  entry.set(value);
  return entry;
}

/** As dstack does: `SHA-384(01000008 ":" name ":" payload)`. */
function eventDigest(name: string, payload: Uint8Array, crypto: Pick<Crypto, "digest">): Promise<Uint8Array> {
  return crypto.digest("SHA-384", concatBytes(Uint8Array.of(1, 0, 0, 8), toUtf8(`:${name}:`), payload));
}

/**
 * Binds a quote of SecretVM's old form, whose report data is SHA-256 of the whole TLS certificate and then the nonce given to the GPU. The
 * channel is the certificate's key. Newer guests hash the key alone: layout `secretvm`.
 *
 * @param certificate DER, as your own connection got it
 * @param nonce 32 bytes
 * @throws TypeError for what is no certificate
 * @example
 * const verdict = await verify(quote, { expected: { tdx }, binding: secretVmCertificate(certificate, nonce), fetch });
 */
export function secretVmCertificate(certificate: Uint8Array, nonce: Uint8Array): LayoutBinding {
  const der = copyBytes(certificate, "certificate");
  return {
    publicKey: keyOf(der),
    nonce: readDigest(nonce, 32, "nonce"),
    layout: {
      name: "secretvm-certificate",
      takes: { publicKey: "any", nonce: 32 },
      values: async (inputs, digest) => ({
        reportData: concatBytes(await digest("SHA-256", der), inputs.nonce),
      }),
    },
  };
}

/** The SubjectPublicKeyInfo of a certificate (RFC 5280, section 4.1): behind version, serial, algorithm, issuer, validity and subject. */
function keyOf(der: Uint8Array): Uint8Array {
  try {
    const outer = sequence(readDer(der), "Certificate");
    const fields = children(outer.next(TAG.sequence, "TBSCertificate"));
    const key = fields[0]?.tag === contextTag(0) ? fields[6] : undefined;
    return encoded(expectTag(key, TAG.sequence, "subjectPublicKeyInfo"));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new TypeError("certificate must be an X.509 certificate, DER");
  }
}
