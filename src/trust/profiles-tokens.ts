/** What the certificates of token-signing services must and may look like: Google's Confidential Space, Microsoft Azure Attestation. As found in genuine chains. */

import { EXTENSION } from "./certificate.js";
import type { CertificateProfile, PathProfile } from "./profiles.js";

const SIGNATURE = ["RSASSA-PKCS1-v1_5/SHA-256"];

const authority: CertificateProfile = {
  signedWith: SIGNATURE,
  keys: ["RSA-2048", "RSA-3072", "RSA-4096"],
  basicConstraints: "required",
  keyUsage: "required",
  keyIdentifiers: "required",
  zeroSerial: false,
  otherExtensions: "any",
};

/** Leaf under the intermediate under the root; genuine leaves have no keyUsage. */
export const CONFIDENTIAL_SPACE_PROFILE: PathProfile = {
  name: "Google Confidential Space",
  leaf: { ...authority, keyUsage: "absent-allowed" },
  issuer: authority,
  crlSignedWith: SIGNATURE,
  crlExtensions: "required",
  maxLength: 2,
};

/** Signing certificate under the PCA 2019, which is pinned. Its purpose is told by its extended key usage, which whoever asks for the path reads. */
export const MAA_PROFILE: PathProfile = {
  name: "Microsoft Azure Attestation",
  leaf: {
    ...authority,
    basicConstraints: "absent-allowed",
    keyUsage: "absent-allowed",
    keyIdentifiers: "absent-allowed",
    interpreted: [EXTENSION.extendedKeyUsage],
  },
  issuer: authority,
  crlSignedWith: SIGNATURE,
  crlExtensions: "required",
  maxLength: 1,
};
