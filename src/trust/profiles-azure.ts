/** Who signs the endorsements of Azure's utility VMs: Microsoft's supply chain certificates, of which the root is pinned by its hash. */

import { EXTENSION } from "./certificate.js";
import type { PinnedHash } from "./pinned.js";
import type { CertificateProfile, PathProfile } from "./profiles.js";

const SIGNATURE = ["RSASSA-PKCS1-v1_5/SHA-256", "RSASSA-PKCS1-v1_5/SHA-384", "RSASSA-PKCS1-v1_5/SHA-512"];

const authority: CertificateProfile = {
  signedWith: SIGNATURE,
  keys: ["RSA-2048", "RSA-3072", "RSA-4096"],
  basicConstraints: "required",
  keyUsage: "required",
  keyIdentifiers: "required",
  zeroSerial: false,
  otherExtensions: "any",
};

/** Signer under an authority under the root. What the signer may do, its extended key usage says, which `did:x509` names; nothing else is promised of it. */
export const UVM_PROFILE: PathProfile = {
  name: "Microsoft supply chain",
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
  maxLength: 2,
};

/** Microsoft Supply Chain RSA Root CA 2022, as `did:x509` in genuine endorsements names it. */
export const uvmRoot: PinnedHash = {
  name: "microsoft-supply-chain-rsa-root-ca-2022",
  sha256: "23ffe2b8bdb9a1711515d4cffda04bc7f793d513c76c243f1020507d8669b7db",
};
