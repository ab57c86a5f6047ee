/** Pinned certificates of NVIDIA (design, section 3, rule 1). Written by scripts/roots/generate.mjs from roots/: do not edit. */

import type { PinnedCertificate, PinnedHash } from "../pinned.js";

/** Roots and intermediates of NVIDIA; where each was obtained is in `roots/roots.json`. */
export const nvidiaRoots: readonly PinnedCertificate[] = [
  {
    name: "nvidia-device-identity-ca",
    sha256: "102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48",
    key: {
      curve: "P-384",
      point:
        "BA5MFKM7+KViZljbQSlgfky/RRnEQScW9NDZF8SXgAW96r6u/Ve8ZggtcYpPi2BS4VFu6KfEIrhN6FcHG7WP05W+oM+hxj7nyA1r1jkB2Ry70YfThX3Ba1zOryOP+MJ9vQ==",
    },
    subject: "MDUxIjAgBgNVBAMMGU5WSURJQSBEZXZpY2UgSWRlbnRpdHkgQ0ExDzANBgNVBAoMBk5WSURJQQ==",
    serial: "2d3670b1ca100411c1fec0e82a065b54",
    notBefore: 1_636_070_400_000,
    notAfter: 253_402_300_799_000,
  },
  {
    name: "nvidia-corim-signing-root-ca",
    sha256: "12977b5115acb0381179279fffeb5a8c4d264971ebb32298023a465fa41df5d1",
    key: {
      curve: "P-384",
      point:
        "BLhAsovbzTPiMNpX1M8gZXRwMGgtRxe0woKddkHBMlE5t02oMcK+PHeefitlSJVmCA5OzZQCEHXFfxX+3rhiyPkGro/dx7EiOFl9vfD6VueEU4M/bQvkOvOHGkfwV1hHmQ==",
    },
    subject: "MEUxCzAJBgNVBAYTAlVTMQ8wDQYDVQQKDAZOVklESUExJTAjBgNVBAMMHE5WSURJQSBDb1JJTSBzaWduaW5nIFJvb3QgQ0E=",
    serial: "45dae3a00e5037bddf875375ecb5e270",
    notBefore: 1_678_981_054_000,
    notAfter: 2_625_061_054_000,
  },
];

/** Certificates of NVIDIA that are pinned by their hash alone. */
export const nvidiaHashes: readonly PinnedHash[] = [
  {
    name: "nvidia-nras-gpu-intermediate-004",
    sha256: "2df8907cf4d6c277b855d407ec178a649930a8e73f7294e8fce66e6ee27c5175",
  },
];
