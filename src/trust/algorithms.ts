/** AlgorithmIdentifiers and SubjectPublicKeyInfos to the terms of the crypto seam (RFC 5280, 4.1.1.2 and 4.1.2.7; RFC 4055; RFC 5480; RFC 8410). */

import type { CurveName, HashName, PublicKey, SignatureAlgorithm } from "../crypto/crypto.js";
import { COORDINATE_BYTES } from "../crypto/crypto.js";
import {
  contextTag,
  type Der,
  derNull,
  inner,
  octetsOfBitString,
  oid,
  positiveInteger,
  readDer,
  sequence,
  smallInteger,
  TAG,
} from "../encoding/der.js";
import { demand } from "../encoding/malformed.js";

const HASHES: Readonly<Record<string, HashName>> = {
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
};
const CURVES: Readonly<Record<string, CurveName>> = {
  "1.2.840.10045.3.1.7": "P-256",
  "1.3.132.0.34": "P-384",
  "1.3.132.0.35": "P-521",
};
const ECDSA_WITH: Readonly<Record<string, HashName>> = {
  "1.2.840.10045.4.3.2": "SHA-256",
  "1.2.840.10045.4.3.3": "SHA-384",
  "1.2.840.10045.4.3.4": "SHA-512",
};
const PKCS1_WITH: Readonly<Record<string, HashName>> = {
  "1.2.840.113549.1.1.11": "SHA-256",
  "1.2.840.113549.1.1.12": "SHA-384",
  "1.2.840.113549.1.1.13": "SHA-512",
};
const RSASSA_PSS = "1.2.840.113549.1.1.10";
const MGF1 = "1.2.840.113549.1.1.8";
const ED25519 = "1.3.101.112";
const RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
const EC_PUBLIC_KEY = "1.2.840.10045.2.1";

/** The algorithm of a signature, or `undefined` for one that this library does not verify (SHA-1, DSA, ...). */
export function signatureAlgorithm(identifier: Der): SignatureAlgorithm | undefined {
  const fields = sequence(identifier, "AlgorithmIdentifier");
  const name = oid(fields.next(TAG.oid, "algorithm"));
  if (name === RSASSA_PSS) {
    const parameters = fields.optional(TAG.sequence);
    fields.end("AlgorithmIdentifier");
    // Absent parameters stand for the defaults, which are SHA-1.
    return parameters === undefined ? undefined : pssParameters(parameters);
  }
  const pkcs1 = PKCS1_WITH[name];
  if (pkcs1 !== undefined) {
    derNull(fields.any("RSA parameters"));
    fields.end("AlgorithmIdentifier");
    return { name: "RSASSA-PKCS1-v1_5", hash: pkcs1 };
  }
  const ecdsa = ECDSA_WITH[name];
  if (ecdsa === undefined && name !== ED25519) return undefined;
  fields.end("AlgorithmIdentifier");
  return ecdsa === undefined ? { name: "Ed25519" } : { name: "ECDSA", hash: ecdsa };
}

/**
 * RSASSA-PSS-params (RFC 4055, section 3.1). The defaults are SHA-1 and therefore refused; MGF1 must use the same hash.
 * AMD's certificates of before autumn 2024 write the default trailerField out, which DER forbids: tolerated, if it is 1.
 */
function pssParameters(parameters: Der): SignatureAlgorithm | undefined {
  const fields = sequence(parameters, "RSASSA-PSS parameters");
  const hashField = fields.optional(contextTag(0));
  const mgfField = fields.optional(contextTag(1));
  const saltField = fields.optional(contextTag(2));
  const trailerField = fields.optional(contextTag(3));
  fields.end("RSASSA-PSS parameters");
  if (trailerField !== undefined)
    demand(
      smallInteger(explicit(trailerField, TAG.integer), 255, "trailerField") === 1,
      "RSASSA-PSS trailerField is not 1",
      trailerField.start,
    );
  if (hashField === undefined || mgfField === undefined || saltField === undefined) return undefined;
  const hash = hashAlgorithm(explicit(hashField, TAG.sequence));
  const mgf = sequence(explicit(mgfField, TAG.sequence), "MGF");
  if (oid(mgf.next(TAG.oid, "MGF algorithm")) !== MGF1) return undefined;
  const mgfHash = hashAlgorithm(mgf.next(TAG.sequence, "MGF1 hash"));
  mgf.end("MGF");
  const saltLength = smallInteger(explicit(saltField, TAG.integer), 512, "salt length");
  return hash === undefined || mgfHash !== hash ? undefined : { name: "RSA-PSS", hash, saltLength };
}

/** The single element in an explicitly tagged field. */
function explicit(field: Der, tag: number): Der {
  const fields = sequence({ ...field, tag: TAG.sequence }, "explicitly tagged field");
  const value = fields.next(tag, "tagged value");
  fields.end("explicitly tagged field");
  return value;
}

function hashAlgorithm(identifier: Der): HashName | undefined {
  const fields = sequence(identifier, "hash AlgorithmIdentifier");
  const name = oid(fields.next(TAG.oid, "hash algorithm"));
  if (fields.more) derNull(fields.any("hash parameters"));
  fields.end("hash AlgorithmIdentifier");
  return HASHES[name];
}

/** The key of a SubjectPublicKeyInfo, or `undefined` for a kind of key that this library does not verify with. */
export function publicKey(spki: Der): PublicKey | undefined {
  const fields = sequence(spki, "SubjectPublicKeyInfo");
  const algorithm = sequence(fields.next(TAG.sequence, "key algorithm"), "key algorithm");
  const bits = octetsOfBitString(fields.next(TAG.bitString, "subjectPublicKey"), "subjectPublicKey");
  fields.end("SubjectPublicKeyInfo");
  const name = oid(algorithm.next(TAG.oid, "key algorithm"));
  if (name === RSA_ENCRYPTION) {
    derNull(algorithm.any("RSA key parameters"));
    algorithm.end("key algorithm");
    return rsaKey(bits);
  }
  if (name === EC_PUBLIC_KEY) {
    const parameters = algorithm.any("EC parameters");
    algorithm.end("key algorithm");
    // RFC 5480, section 2.1.1: namedCurve alone; explicit parameters let the sender choose the curve.
    return parameters.tag === TAG.oid ? ecKey(CURVES[oid(parameters)], bits) : undefined;
  }
  if (name !== ED25519) return undefined;
  algorithm.end("key algorithm");
  demand(bits.length === 32, "Ed25519 key is not 32 bytes", spki.start);
  return { type: "ed25519", point: bits };
}

function rsaKey(bits: Uint8Array): PublicKey | undefined {
  const fields = sequence(inner(bits), "RSAPublicKey");
  const modulus = positiveInteger(fields.next(TAG.integer, "modulus"), "modulus");
  const exponentBytes = positiveInteger(fields.next(TAG.integer, "publicExponent"), "publicExponent");
  fields.end("RSAPublicKey");
  // NIST SP 800-56B bounds e by 2^256; every attestation vendor uses 65537, and a large one is only slow.
  if (exponentBytes.length > 4) return undefined;
  return { type: "rsa", modulus, exponent: exponentBytes.reduce((value, byte) => value * 256 + byte, 0) };
}

function ecKey(curve: CurveName | undefined, point: Uint8Array): PublicKey | undefined {
  if (curve === undefined) return undefined;
  // Compressed and hybrid points (SEC 1, section 2.3.3) appear in no vendor's certificates.
  if (point[0] !== 4 || point.length !== 1 + 2 * COORDINATE_BYTES[curve]) return undefined;
  return { type: "ec", curve, point };
}

/** The key of a SubjectPublicKeyInfo that stands alone. @throws MalformedError */
export function publicKeyFromSpki(spki: Uint8Array): PublicKey | undefined {
  return publicKey(readDer(spki));
}
