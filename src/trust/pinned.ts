/** The shape of a pinned vendor certificate: what verification needs of it and nothing more (design, section 3, rule 1). */

/**
 * A vendor certificate that ships with the library. Neither its signature, its issuer nor its extensions are carried: the pin replaces them. `roots/` holds
 * the whole certificates and `scripts/roots/generate.mjs` writes these values from them.
 */
export interface PinnedCertificate {
  /** Unique among all pins. For AMD the commonName of the subject, e.g. `SEV-VLEK-Milan`; else the name of the file in `roots/`. */
  readonly name: string;
  /** SHA-256 of the whole certificate (DER): 64 lowercase hex digits. */
  readonly sha256: string;
  /**
   * RSA (algorithm identifier `rsaEncryption`, exponent 65537 always): base64 of the modulus, big-endian, without a leading zero (512 bytes).
   * EC: base64 of the uncompressed point (65 bytes for P-256, 97 for P-384).
   */
  readonly key: { readonly modulus: string } | { readonly curve: "P-256" | "P-384"; readonly point: string };
  /** Base64 of the subject Name as raw DER. Absent for AMD: `amdName(name)` rebuilds it, byte for byte. */
  readonly subject?: string;
  /** Contents of the serialNumber INTEGER, lowercase hex, leading `00` included where the DER has it. */
  readonly serial: string;
  /** Milliseconds since 1970. Both ends belong to the validity. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * A vendor certificate of which only the hash is known here: a certificate that arrives may become the anchor if and only if it hashes to this
 * (design, section 3, rule 1).
 */
export interface PinnedHash {
  readonly name: string;
  /** SHA-256 of the whole certificate (DER): 64 lowercase hex digits. */
  readonly sha256: string;
}
