/** What the certificate that signs Google's firmware endorsements must look like (google/gce-tcb-verifier). */

import type { CertificateProfile, PathProfile } from "./profiles.js";

const SIGNATURE = ["RSA-PSS/SHA-256/32", "RSASSA-PKCS1-v1_5/SHA-256"];

const authority: CertificateProfile = {
  signedWith: SIGNATURE,
  keys: ["RSA-4096"],
  basicConstraints: "absent-allowed",
  keyUsage: "absent-allowed",
  keyIdentifiers: "absent-allowed",
  zeroSerial: false,
  otherExtensions: "any",
};

/** One certificate under the root, whose hash is pinned. */
export const GCE_PROFILE: PathProfile = {
  name: "Google firmware endorsements",
  leaf: authority,
  issuer: authority,
  crlSignedWith: SIGNATURE,
  crlExtensions: "required",
  maxLength: 1,
};
