/** Pinned certificates of AWS (design, section 3, rule 1). Written by scripts/roots/generate.mjs from roots/: do not edit. */

import type { PinnedCertificate } from "../pinned.js";

/** Roots and intermediates of AWS; where each was obtained is in `roots/roots.json`. */
export const awsRoots: readonly PinnedCertificate[] = [
  {
    name: "aws-nitro-enclaves-root-g1",
    sha256: "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b",
    key: {
      curve: "P-384",
      point:
        "BPwCVOumCMHzaHDimtqQvkY4MpJzbolL//Zy2YlES1BR5TSksfbb48C8WBoyt7F2Bw7eEtaaP+ohG2bnUs990d0JX28TcPQXCEPZ3BABIeTPYwEoCWZEh8l5YoQwTcU/9A==",
    },
    subject: "MEkxCzAJBgNVBAYTAlVTMQ8wDQYDVQQKDAZBbWF6b24xDDAKBgNVBAsMA0FXUzEbMBkGA1UEAwwSYXdzLm5pdHJvLWVuY2xhdmVz",
    serial: "00f93175681b90afe11d46ccb4e4e7f856",
    notBefore: 1_572_269_285_000,
    notAfter: 2_519_044_085_000,
  },
];
