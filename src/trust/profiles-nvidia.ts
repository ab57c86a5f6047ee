/** What NVIDIA's certificates must and may look like: device identity, reference manifests (RIM), OCSP responders. All as found in genuine chains. */

import type { CertificateProfile, PathProfile } from "./profiles.js";

const SIGNATURE = ["ECDSA/SHA-384"];
const KEYS = ["P-384"];
/** authorityInfoAccess (RFC 5280, section 4.2.2.1): where the OCSP service is. */
const AIA = "1.3.6.1.5.5.7.1.1";

const authority: CertificateProfile = {
  signedWith: SIGNATURE,
  keys: KEYS,
  basicConstraints: "required",
  keyUsage: "required",
  keyIdentifiers: "required",
  zeroSerial: false,
  otherExtensions: [AIA],
};

/** Firmware key (FMC LF) under the chip's BROM key, a provisioner, the architecture's identity, and the device identity root. */
export const NVIDIA_DEVICE_PROFILE: PathProfile = {
  name: "NVIDIA device identity",
  leaf: {
    ...authority,
    basicConstraints: "absent-allowed",
    // TCG DICE, section 6.1: TcbInfo (2.23.133.5.4.1 and, on Blackwell, .1 below it); subjectAltName names model and serial number.
    otherExtensions: "any",
  },
  issuer: authority,
  crlSignedWith: SIGNATURE,
  crlExtensions: "absent-allowed",
  maxLength: 4,
};

/** Signer of reference manifests under two authorities and the CoRIM signing root. */
export const NVIDIA_RIM_PROFILE: PathProfile = {
  name: "NVIDIA reference manifests",
  leaf: { ...authority, otherExtensions: [AIA] },
  issuer: authority,
  crlSignedWith: SIGNATURE,
  crlExtensions: "absent-allowed",
  maxLength: 3,
};

/** A delegate of the authority whose certificates it speaks for (RFC 6960, section 4.2.2.2). */
export const NVIDIA_OCSP_PROFILE: PathProfile = {
  name: "NVIDIA OCSP responders",
  leaf: {
    ...authority,
    signedWith: ["ECDSA/SHA-384", "ECDSA/SHA-256"],
    keys: ["P-384", "P-256"],
    basicConstraints: "absent-allowed",
    keyIdentifiers: "absent-allowed",
    otherExtensions: "any",
  },
  issuer: authority,
  crlSignedWith: [],
  crlExtensions: "required",
  maxLength: 1,
};
