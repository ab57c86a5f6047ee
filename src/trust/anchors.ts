/** Trust anchors: pinned vendor certificates, or those that a caller gives in their place, which shows everywhere (design, rule 1). */

import { type Crypto, CryptoUnavailableError, type PublicKey } from "../crypto/crypto.js";
import { fromBase64, fromHex, toHex } from "../encoding/text.js";
import { type Certificate, subjectKeyIdentifier } from "./certificate.js";
import type { PinnedCertificate } from "./pinned.js";

export interface TrustAnchor {
  readonly name: string;
  /** Raw DER of the Name. */
  readonly subject: Uint8Array;
  readonly key: PublicKey | undefined;
  readonly keyIdentifier?: Uint8Array | undefined;
  /** INTEGER contents. */
  readonly serial: Uint8Array;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SHA-256 of the whole certificate, lowercase hex. */
  readonly sha256: string;
  readonly origin: "pinned" | "custom";
}

/** Vendors whose anchors can be replaced. */
export type Vendor = "amd" | "intel" | "aws" | "nvidia" | "google" | "microsoft" | "arm";

/** Anchors given by the caller, by vendor; a vendor that is named here is judged by these alone. */
export type CustomAnchors = ReadonlyMap<Vendor, readonly TrustAnchor[]>;

/** Calls of this module with the same pinned entry give the same object, whose key may stay imported. */
const opened = new WeakMap<PinnedCertificate, TrustAnchor>();

/** The anchor that a pinned entry stands for. `nameOf` rebuilds the raw DER of names that are not carried (AMD's). */
export function pinnedAnchor(entry: PinnedCertificate, nameOf?: (name: string) => Uint8Array): TrustAnchor {
  const known = opened.get(entry);
  if (known !== undefined) return known;
  let key: PublicKey | undefined;
  const anchor: TrustAnchor = {
    name: entry.name,
    subject: entry.subject === undefined && nameOf !== undefined ? nameOf(entry.name) : fromBase64(entry.subject ?? ""),
    // Decoded when it is used: a chain needs one of a vendor's pins, and decoding all took a tenth of the command line's start.
    get key() {
      key ??= pinnedKey(entry);
      return key;
    },
    serial: fromHex(entry.serial),
    notBefore: entry.notBefore,
    notAfter: entry.notAfter,
    sha256: entry.sha256,
    origin: "pinned",
  };
  opened.set(entry, anchor);
  return anchor;
}

function pinnedKey({ key }: PinnedCertificate): PublicKey {
  return "modulus" in key
    ? { type: "rsa", modulus: fromBase64(key.modulus), exponent: 65537, pinned: true }
    : { type: "ec", curve: key.curve, point: fromBase64(key.point), pinned: true };
}

/** The anchor that a caller's certificate stands for. */
export async function customAnchor(certificate: Certificate, crypto: Crypto): Promise<TrustAnchor> {
  return anchorOf(certificate, await digestHex(certificate.der, crypto));
}

/**
 * The anchor that a root stands for which arrived and is one if it hashes to a pin.
 *
 * @throws CryptoUnavailableError without SHA-256: whether it does is open
 */
export async function arrivedAnchor(certificate: Certificate, crypto: Crypto): Promise<TrustAnchor> {
  return anchorOf(certificate, toHex(await crypto.digest("SHA-256", certificate.der)));
}

function anchorOf(certificate: Certificate, sha256: string): TrustAnchor {
  return {
    name: certificate.commonName ?? "custom anchor",
    subject: certificate.subject,
    key: certificate.publicKey,
    keyIdentifier: subjectKeyIdentifier(certificate),
    serial: certificate.serial,
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    sha256,
    origin: "custom",
  };
}

/** Without a back end nothing is verified under this anchor anyway. */
async function digestHex(bytes: Uint8Array, crypto: Crypto): Promise<string> {
  try {
    return toHex(await crypto.digest("SHA-256", bytes));
  } catch (error) {
    if (error instanceof CryptoUnavailableError) return "";
    throw error;
  }
}
