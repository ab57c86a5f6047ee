/** A chain of three of the test PKI, leaf under intermediate under root, and a strict profile for it: the good neighbour of every path test. */
import {
  type CertificateRequest,
  caExtensions,
  forgeCertificate,
  leafExtensions,
  name,
  testKey,
} from "../../fixtures/x509.js";
import type { Crypto } from "../../src/crypto/crypto.js";
import { defaultCrypto } from "../../src/crypto/webcrypto.js";
import type { TrustAnchor } from "../../src/trust/anchors.js";
import { customAnchor } from "../../src/trust/anchors.js";
import { type Certificate, parseCertificate } from "../../src/trust/certificate.js";
import type { CertificateProfile, PathProfile } from "../../src/trust/profiles.js";

export const crypto: Crypto = (() => {
  const found = defaultCrypto();
  if (found === undefined) throw new Error("these tests need WebCrypto");
  return found;
})();

export const rootKey = testKey("p384-1");
export const intermediateKey = testKey("p384-2");
export const leafKey = testKey("p256-1");

export const ROOT = name([["CN", "Test Root"]]);
export const INTERMEDIATE = name([["CN", "Test CA"]]);
export const LEAF = name([["CN", "Test Leaf"]]);

/** Inside the validity of every certificate that the forge writes by default. */
export const NOW: number = Date.UTC(2026, 0, 1);

const RULES: CertificateProfile = {
  signedWith: ["ECDSA/SHA-384"],
  keys: ["P-384"],
  basicConstraints: "required",
  keyUsage: "required",
  keyIdentifiers: "required",
  zeroSerial: false,
  otherExtensions: [],
};

/** As strict as profiles get. */
export const STRICT: PathProfile = {
  name: "test",
  leaf: { ...RULES, keys: ["P-256"] },
  issuer: RULES,
  crlSignedWith: ["ECDSA/SHA-384"],
  crlExtensions: "required",
  maxLength: 3,
};

/** `STRICT` with other rules for the leaf and the issuers. */
export function profile(rules: Partial<CertificateProfile>): PathProfile {
  return { ...STRICT, leaf: { ...STRICT.leaf, ...rules }, issuer: { ...STRICT.issuer, ...rules } };
}

type Changes = Partial<CertificateRequest>;

export function root(changes: Changes = {}): Certificate {
  return parseCertificate(
    forgeCertificate({ subject: ROOT, key: rootKey, extensions: caExtensions(rootKey, rootKey), ...changes }),
  );
}

export function intermediate(changes: Changes = {}): Certificate {
  const extensions = caExtensions(intermediateKey, rootKey, 0);
  const request = {
    subject: INTERMEDIATE,
    issuer: ROOT,
    key: intermediateKey,
    issuerKey: rootKey,
    serial: 2,
    extensions,
  };
  return parseCertificate(forgeCertificate({ ...request, ...changes }));
}

export function leaf(changes: Changes = {}): Certificate {
  const extensions = leafExtensions(leafKey, intermediateKey);
  const request = {
    subject: LEAF,
    issuer: INTERMEDIATE,
    key: leafKey,
    issuerKey: intermediateKey,
    serial: 3,
    extensions,
  };
  return parseCertificate(forgeCertificate({ ...request, ...changes }));
}

export function anchor(changes: Changes = {}): Promise<TrustAnchor> {
  return customAnchor(root(changes), crypto);
}

/** A `Crypto` that counts what it is asked to verify. */
export function counting(inner: Crypto = crypto): Crypto & { readonly verified: () => number } {
  let count = 0;
  return {
    name: inner.name,
    digest: inner.digest.bind(inner),
    verify: (...input) => {
      count++;
      return inner.verify(...input);
    },
    verified: () => count,
  };
}
